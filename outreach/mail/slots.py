"""Slots ``{{name}}`` in message texts, and how a value is made harmless for the place it stands in.

The writer of a mailing never says where a slot stands: for HTML a strict scan finds out. A slot is
allowed in text and in quoted attributes; in a link it may be the whole address or a part behind the
host. Anywhere else (scripts, styles, comments, tag and attribute names, unquoted attributes) no
escaping is safe, so the template is refused.
"""

from __future__ import annotations

import enum
import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from outreach.errors import Invalid
from outreach.wording import Text

SLOT = re.compile(r"""\{\{([^{}<>"'=&\r\n]{1,60})\}\}""")  # nothing in a name can end an attribute or a tag

Parts = list["str | Slot"]


class BadTemplate(Invalid):
    """The text can't be compiled, or a value can't stand where its slot is; the message names the slot."""

    title = "메일 본문을 확인해 주세요"


class Place(enum.Enum):
    PLAIN = "text or subject"
    HTML = "HTML text or quoted attribute"
    URL = "a whole link"
    URL_PART = "a part of a link behind the host"
    MAILTO = "behind mailto: or tel:"
    HEADER = "a header field in ASCII"
    ANY = "wherever a link of ours stands"


class Slot(NamedTuple):
    name: str
    place: Place


class _Region(NamedTuple):
    """A piece of HTML source. ``refusal`` says why no slot may stand here; ``url_from``: the region is a
    link that starts at this offset."""

    end: int
    refusal: str | None = None
    url_from: int | None = None


def parse(source: str, place: Place) -> Parts:
    """Literal texts and slots of a template whose slots all stand in ``place``. Raises BadTemplate."""
    return _split(source, lambda match: place)


def parse_html(source: str) -> Parts:
    """Literal texts and slots of an HTML template, each slot with its place. Raises BadTemplate."""
    regions = _regions(source)
    region = next(regions, _Region(0))

    def place(match: re.Match[str]) -> Place:
        nonlocal region
        while region.end <= match.start():
            region = next(regions)
        return _place_in(region, source, match)

    parts = _split(source, place)
    for _ in regions:  # read to the end: the rest must be readable, too
        pass
    return parts


def _split(source: str, place: Callable[[re.Match[str]], Place]) -> Parts:
    parts: Parts = []
    at = 0
    for match in SLOT.finditer(source):
        parts += [source[at : match.start()], Slot(match[1].strip(), place(match))]
        at = match.end()
    parts.append(source[at:])
    for part in parts:
        if isinstance(part, str) and "{{" in part:
            start = part.index("{{")
            cut = part[start : start + 30]
            raise BadTemplate(Text(
                "자리표시의 짝이 맞지 않습니다: %(found)s — {{이름}} 꼴로 적어 주세요.",
                found=f"{cut!r}",
            ))
    return [part for part in parts if part != ""]


# --- where a slot stands in HTML -------------------------------------------------------------------

_COMMENT = re.compile(r"<!--.*?-->", re.S)
_DECLARATION = re.compile(r"<[!?][^>]*>")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]*)")
_ATTRIBUTE = re.compile(r"""\s+([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
_TAG_END = re.compile(r"\s*/?>")

_RAW_TEXT = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"})
_ESCAPABLE_RAW_TEXT = frozenset({"title", "textarea"})
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "formaction", "background", "cite", "poster", "longdesc"})
_CLOSED_ATTRIBUTES = frozenset({"style", "srcset", "srcdoc", "ping", "data", "xlink:href"})
_CLOSED_TAGS = frozenset({"meta", "base", "object", "embed", "param"})

_WEB_PREFIX = re.compile(r"https?://[^/?#\s]+[/?#]", re.I)
_MAILTO_PREFIX = re.compile(r"mailto:|tel:", re.I)
_WHOLE_URL = re.compile(r"(?:https?://[a-z0-9.:\[\]-]+(?=[/?#]|$)|mailto:|tel:)[!#-;=?-\[\]_a-z~]*", re.I)


def _place_in(region: _Region, source: str, match: re.Match[str]) -> Place:
    if region.refusal:
        raise BadTemplate(Text(
            "%(slot)s: %(place)s에는 자리표시를 쓸 수 없습니다.",
            slot=match[0], place=Text(region.refusal),
        ))
    if region.url_from is None:
        return Place.HTML
    before = html.unescape(source[region.url_from : match.start()])
    if not before:
        return Place.URL
    whole = SLOT.match(before)
    if _WEB_PREFIX.match(before) or (whole and before[whole.end() :].startswith(("/", "?", "#", "&"))):
        return Place.URL_PART
    if _MAILTO_PREFIX.match(before):
        return Place.MAILTO
    raise BadTemplate(Text(
        "%(slot)s: 링크는 'https://서버/…'로 시작하거나 자리표시 하나로 시작해야 합니다.",
        slot=match[0],
    ))


def _regions(source: str) -> Iterator[_Region]:
    """The regions of ``source`` in order, without gaps. Stricter than a browser: what two readers could
    understand differently is refused, not guessed."""
    at = 0
    while at < len(source):
        start = source.find("<", at)
        if start < 0:
            yield _Region(len(source))
            return
        if start > at:
            yield _Region(start)
        at = start
        if match := (_COMMENT if source.startswith("<!--", at) else _DECLARATION).match(source, at):
            at = match.end()
            yield _Region(at, Text("HTML 주석이나 선언"))
        elif _TAG.match(source, at):
            for region in _tag(source, at):
                yield region
                at = region.end
        elif source[at + 1 : at + 2].isspace():
            at += 1  # a bare less-than sign, read as text by everyone
            yield _Region(at)
        else:
            raise _unreadable(source, at)


def _tag(source: str, at: int) -> Iterator[_Region]:
    """One tag, attribute by attribute, and for raw-text elements their content, too."""
    opening = _TAG.match(source, at)
    assert opening is not None
    name, closing, at = opening[1].lower(), source[at + 1] == "/", opening.end()
    while attribute := _ATTRIBUTE.match(source, at):
        yield from _attribute(name, attribute)
        at = attribute.end()
    end = _TAG_END.match(source, at)
    if end is None:
        raise _unreadable(source, opening.start())
    yield _Region(end.end(), Text("태그 안(따옴표로 묶지 않은 곳)"))
    if not closing and name in _RAW_TEXT | _ESCAPABLE_RAW_TEXT:
        content_end = re.compile(rf"</{name}(?=[\s/>])", re.I).search(source, end.end())
        if content_end is None:
            raise BadTemplate(Text("<%(tag)s>를 닫는 태그가 없습니다.", tag=name))
        yield _Region(content_end.start(), Text("<%(tag)s> 안", tag=name) if name in _RAW_TEXT else None)


def _attribute(tag: str, match: re.Match[str]) -> Iterator[_Region]:
    name, quoted = match[1].lower(), 2 if match[2] is not None else 3
    if match[quoted] is None:
        yield _Region(match.end(), Text("따옴표로 묶지 않은 속성"))
        return
    yield _Region(match.start(quoted), Text("속성 이름"))
    if tag in _CLOSED_TAGS or name in _CLOSED_ATTRIBUTES or name.startswith("on"):
        yield _Region(match.end(), Text("<%(tag)s>의 %(name)s 속성", tag=tag, name=name))
    elif name in _URL_ATTRIBUTES:
        yield _Region(match.end(), url_from=match.start(quoted))
    else:
        yield _Region(match.end())


def _unreadable(source: str, at: int) -> BadTemplate:
    cut = source[at : at + 40]
    return BadTemplate(Text(
        "HTML 태그를 읽을 수 없습니다: %(found)s — 속성값은 따옴표로 묶고 '<'는 &lt;로 적어 주세요.",
        found=f"{cut!r}",
    ))


# --- making a value harmless -----------------------------------------------------------------------


def _whole_url(name: str, value: str) -> str:
    if not _WHOLE_URL.fullmatch(value):
        raise BadTemplate(Text(
            "{{%(name)s}}: 링크로 쓸 수 없는 값입니다: %(value)s",
            name=name, value=f"{value[:80]!r}",
        ))
    return html.escape(value)


def _header(name: str, value: str) -> str:
    if not re.fullmatch(r"[!-;=?-~]{1,900}", value):
        raise BadTemplate(Text(
            "{{%(name)s}}: 메일 헤더에 쓸 수 없는 값입니다: %(value)s",
            name=name, value=f"{value[:80]!r}",
        ))
    return value


#: By place: (slot name, one-line value) -> text. Raises BadTemplate where nothing can make it harmless.
ESCAPES: Mapping[Place, Callable[[str, str], str]] = {
    Place.PLAIN: lambda name, value: value,
    Place.HTML: lambda name, value: html.escape(value),
    Place.URL: _whole_url,
    Place.URL_PART: lambda name, value: quote(value, safe=""),
    Place.MAILTO: lambda name, value: quote(value, safe="@+"),
    Place.HEADER: _header,
    Place.ANY: lambda name, value: value,
}
