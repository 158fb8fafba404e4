"""From the bytes of a mail to bounded plain data (campaigns.inbound.content).

The standard library's parser builds a tree as deep and as large as the sender likes; what comes from anyone's
hand is read by this one instead: every step is linear in the bytes, depth, parts, fields and decoded text have
limits, character sets come from a list, and nothing raises.
"""

from __future__ import annotations

import binascii
import codecs
import quopri
import re
from dataclasses import dataclass, field

import nh3

from campaigns.inbound.content import Headers, Mail, Part

#: Bytes of a mail that are read and kept; its text stands at the beginning, large files behind it.
MAX_BYTES = 10 << 20
MAX_HEAD = 512 << 10  # bytes of one header block
MAX_VALUE = 16 << 10  # characters of one field
MAX_SAME = 40  # fields of one name
MAX_DEPTH = 8  # parts within parts
MAX_PARTS = 60
MAX_TEXT = 200_000  # characters of one part
MAX_TAGS = 5_000  # of a page; a mail of a newsletter has some hundreds
MAX_ALL_TEXT = 1_000_000  # characters of all parts

WANTED = frozenset({
    "from", "to", "cc", "sender", "reply-to", "return-path", "subject", "date", "message-id", "in-reply-to",
    "references", "content-type", "content-transfer-encoding", "content-disposition", "auto-submitted",
    "x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-response-suppress", "precedence", "list-id",
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-failed-recipients", "x-postfix-sender",
    "x-mailer", "feedback-id", "x-naver-ci", "mail-system-version",
})

_REPORTS = frozenset({"message/delivery-status", "message/feedback-report", "message/disposition-notification"})
_FIELD = re.compile(rb"([!-9;-~]{1,80})[ \t]*:[ \t]*(.*)", re.DOTALL)
_BLANK = re.compile(rb"\r?\n\r?\n")
_PARAMETER = re.compile(r";\s*([\w*-]{1,40})\s*=\s*(?:\"([^\"]{0,300})\"|([^\s;\"]{1,300}))")
_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]{0,4000})\?=")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

#: What mails name their character set, and the codec that reads it. CP949 holds all of EUC-KR and KS C 5601.
CHARSETS = {
    **dict.fromkeys((
        "euc-kr", "euckr", "ks_c_5601-1987", "ks_c_5601", "ksc5601", "ks_c_5601-1989", "ksc_5601", "korean", "cp949",
        "ms949", "uhc", "x-windows-949", "windows-949", "iso-ir-149",
    ), "cp949"),
    "iso-2022-kr": "iso2022_kr", "johab": "johab", "utf-8": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "us-ascii": "utf-8", "ascii": "utf-8",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252",
    "iso-8859-15": "iso8859-15", "iso-2022-jp": "iso2022_jp", "shift_jis": "cp932", "euc-jp": "euc_jp",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs",
}


def parse(raw: bytes, *, size: int | None = None) -> Mail:
    """Read a mail. ``size``: of the whole, where ``raw`` holds only its beginning."""
    total = len(raw) if size is None else size
    raw = raw[:MAX_BYTES]
    reader = _Reader(raw)
    if raw.startswith(b"From "):  # an mbox's separator
        reader.walk(raw.find(b"\n") + 1, len(raw))
    else:
        reader.walk(0, len(raw))
    kind, parameters = content_type(reader.head.first("content-type"))
    return Mail(
        reader.head, kind, parameters.get("report-type", "").lower(), tuple(reader.parts), tuple(reader.originals),
        total, total > len(raw),
    )


@dataclass
class _Reader:
    """Goes through the parts by their offsets, so that nothing is copied but what is decoded."""

    raw: bytes
    head: Headers = field(default_factory=Headers)
    parts: list[Part] = field(default_factory=list)
    originals: list[Headers] = field(default_factory=list)
    left: int = MAX_ALL_TEXT

    def walk(self, start: int, end: int, depth: int = 0, embedded: bool = False, message: bool = True) -> None:
        """A header block with what follows it; ``message``: a mail, not just a part of one."""
        body, head = self._head(start, end)
        if message:
            if depth == 0:
                self.head = head
            else:
                self.originals.append(head)
        kind, parameters = content_type(head.first("content-type"))
        if depth < MAX_DEPTH and kind.startswith("multipart/") and parameters.get("boundary"):
            self._multipart(body, end, parameters["boundary"], depth, embedded)
        elif depth < MAX_DEPTH and kind in {"message/rfc822", "message/global"}:
            self._carried(body, end, head.first("content-transfer-encoding"), depth)
        else:
            self._leaf(body, end, kind, parameters, head, embedded)

    def _head(self, start: int, end: int) -> tuple[int, Headers]:
        """Where the body begins, and the header block before it."""
        if self.raw[start:start + 1] == b"\n" or self.raw[start:start + 2] == b"\r\n":  # an empty block
            return start + (1 if self.raw[start:start + 1] == b"\n" else 2), Headers()
        blank = _BLANK.search(self.raw, start, end)
        stop, body = (blank.start(), blank.end()) if blank else (end, end)
        return body, read_headers(self.raw[start:min(stop, start + MAX_HEAD)])

    def _carried(self, start: int, end: int, encoding: str, depth: int) -> None:
        """A mail within the mail; some servers encode it, against RFC 2046 §5.2.1."""
        if encoding.strip().lower() not in {"base64", "quoted-printable"}:
            self.walk(start, end, depth + 1, embedded=True)
            return
        inner = _Reader(_decoded(self.raw[start:end], encoding), Headers(), self.parts, self.originals, self.left)
        inner.walk(0, len(inner.raw), depth + 1, embedded=True)
        self.left = inner.left

    def _multipart(self, start: int, end: int, boundary: str, depth: int, embedded: bool) -> None:
        name = re.escape(boundary.encode("utf-8", "replace"))
        delimiter = re.compile(rb"\n--" + name + rb"(--)?[ \t]*\r?(?=\n|\Z)")
        at: int | None = None
        for found in delimiter.finditer(self.raw, max(start - 1, 0), end):
            if at is not None:
                self._part(at, found.start(), depth, embedded)
            at = min(found.end() + 1, end)
            if found[1] or len(self.parts) >= MAX_PARTS:
                return
        if at is not None:  # cut short
            self._part(at, end, depth, embedded)

    def _part(self, start: int, end: int, depth: int, embedded: bool) -> None:
        if self.raw[max(end - 1, start):end] == b"\r":
            end -= 1
        self.walk(start, end, depth + 1, embedded, message=False)

    def _leaf(
        self, start: int, end: int, kind: str, parameters: dict[str, str], head: Headers, embedded: bool
    ) -> None:
        if len(self.parts) >= MAX_PARTS:
            return
        attached = head.first("content-disposition").lower().startswith("attachment")
        if not (kind.startswith("text/") or kind in _REPORTS):
            self.parts.append(Part(kind, "", embedded, attached))
            return
        allowed = max(min(MAX_TEXT, self.left), 0)
        content = _decoded(self.raw[start:min(end, start + 3 * allowed)], head.first("content-transfer-encoding"))
        text = clean(to_text(content, parameters.get("charset", "")))[:allowed]
        if kind == "text/html" and not attached:
            text = html_to_text(text)
        elif kind == "text/rfc822-headers":
            self.originals.append(read_headers(content[:MAX_HEAD]))
        self.left -= len(text)
        self.parts.append(Part(kind, text, embedded, attached))


def read_headers(block: bytes) -> Headers:
    """The wanted fields of a header block."""
    fields: list[tuple[str, str]] = []
    counts: dict[str, int] = {}
    current: list[bytes] = []
    length = 0

    def finish() -> None:
        found = _FIELD.match(b" ".join(current)) if current else None
        if not found:
            return
        name = found[1].decode("ascii").lower()
        if name in WANTED and counts.get(name, 0) < MAX_SAME:
            counts[name] = counts.get(name, 0) + 1
            fields.append((name, clean(_field_text(found[2])).replace("\n", " ").strip()[:MAX_VALUE]))

    for line in block.split(b"\n"):
        line = line.rstrip(b"\r")
        if line[:1] in (b" ", b"\t") and current:
            if length < MAX_VALUE:
                current.append(line.strip())
                length += len(line)
            continue
        finish()
        current, length = [line[:MAX_VALUE]], len(line)
    finish()
    return Headers(tuple(fields))


def _field_text(value: bytes) -> str:
    """Encoded words (RFC 2047) and raw 8-bit text, as old senders write it."""
    text = value.decode("ascii") if value.isascii() else to_text(value, "")
    if "=?" not in text:
        return text
    out: list[str] = []
    kept: tuple[str, bytes] = ("", b"")  # words that follow each other: a letter may be cut in two by them
    at = 0
    for word in _WORD.finditer(text):
        between = text[at:word.start()]
        charset, content = word[1].partition("*")[0].lower(), _word_bytes(word[2], word[3])
        if kept[0] == charset and not between.strip():
            kept = (charset, kept[1] + content)
        else:
            out.append(to_text(kept[1], kept[0]))
            out.append("" if kept[0] and not between.strip() else between)
            kept = (charset, content)
        at = word.end()
    out += [to_text(kept[1], kept[0]), text[at:]]
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("ascii", "ignore")
    if encoding in "bB":
        return _base64(raw)
    return quopri.decodestring(raw, header=True)


def _base64(raw: bytes) -> bytes:
    """What can be read of it: rubbish between the letters is passed over, a broken end left out."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return b""


def _decoded(raw: bytes, encoding: str) -> bytes:
    match encoding.strip().lower():
        case "base64":
            return _base64(raw)
        case "quoted-printable":
            return quopri.decodestring(raw)
    return raw


def to_text(raw: bytes, charset: str) -> str:
    """``raw`` in the character set it says, else in the one it seems to be in."""
    named = CHARSETS.get(charset.strip().strip("'\"").lower())
    for name in dict.fromkeys(filter(None, (named, "utf-8", "cp949"))):
        try:
            return _decode(raw, name, "strict")
        except (UnicodeError, ValueError):
            continue
    return _decode(raw, named or "cp949", "replace")


def _decode(raw: bytes, name: str, errors: str) -> str:
    """By the incremental decoder, which does not mind a letter cut in two at the end."""
    return codecs.getincrementaldecoder(name)(errors).decode(raw)


def clean(text: str) -> str:
    """Line ends as ``\\n``; without what no database takes and no page should show (NUL, other controls, marks that
    turn the reading direction)."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def content_type(value: str) -> tuple[str, dict[str, str]]:
    """Media type and parameters in lower-case names; text/plain where nothing sensible is said."""
    kind = value.partition(";")[0].strip().lower()
    if not re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,80}", kind):
        kind = "text/plain"
    parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(value[:4000])}
    return kind, parameters


_QUOTE_START = re.compile(r"<blockquote[^>]*>", re.IGNORECASE)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
_ENTITIES = {"&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}


def html_to_text(html: str) -> str:
    """The words of a page, with quotations marked as plain text marks them: everything from the first one on."""
    html = "<".join(html.split("<", MAX_TAGS + 1)[:MAX_TAGS + 1])
    safe = nh3.clean(html, tags={"br", "p", "div", "tr", "li", "blockquote", "h1", "h2", "h3"},
                     attributes={}, strip_comments=True)
    own, mark, quoted = _partition(_QUOTE_START, safe)
    text = _words(own)
    return text + "\n" + "\n".join("> " + line for line in _words(quoted).splitlines()) if mark else text


def _partition(pattern: re.Pattern[str], text: str) -> tuple[str, bool, str]:
    found = pattern.search(text)
    return (text[:found.start()], True, text[found.end():]) if found else (text, False, "")


def _words(html: str) -> str:
    text = _TAGS.sub("", _BREAKS.sub("\n", html.replace("\n", " ")))
    for entity, letter in _ENTITIES.items():
        text = text.replace(entity, letter)
    return "\n".join(" ".join(line.split()) for line in text.splitlines())
