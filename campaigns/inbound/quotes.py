"""What a person wrote themselves in an answer: without the mail it quotes.

Korean and English clients: Naver, Daum, Gmail, Outlook, Apple Mail, Hiworks and other groupware put the quoted mail
below, behind a line or a block of header fields.
"""

from __future__ import annotations

import re
from collections.abc import Collection

#: A line behind which the quoted mail stands.
_DIVIDER = re.compile(
    r"\s*[-=_*]{2,}\s*(?:original (?:message|mail|appointment)|원본 ?(?:메시지|메일|편지)|원문|forwarded message|"
    r"전달된 (?:메시지|메일)|(?:받은|이전) ?메일)\s*[-=_*]{2,}\s*|\s*_{20,}\s*|\s*={20,}\s*",
    re.IGNORECASE,
)
#: "On Mon, 23 Nov 2026 … wrote:", "2026년 11월 23일 (월) 오전 10:00, … 님이 작성:"
_INTRODUCTION = re.compile(
    r"\s*(?:on\b.{6,200}\bwrote|le\b.{6,200}\ba écrit|\d{4}\s*[년.-].{4,200}(?:작성|님이 ?씀|썼습니다|보낸 메일)"
    r"|.{2,120}님이 (?:작성|쓴 글|보낸 메일))\s*[:：]\s*",
    re.IGNORECASE,
)
_FROM = re.compile(r"[>\s*|]*(?:from|보낸 ?사람|보낸이|발신(?:인|자)?|sender)\s*\*?\s*[:：]", re.IGNORECASE)
_OTHER_FIELD = re.compile(
    r"[>\s*|]*(?:sent|date|to|cc|subject|보낸 ?(?:날짜|시간|일시)|날짜|일시|받는 ?(?:사람|이)|수신(?:인|자)?|참조|제목)"
    r"\s*\*?\s*[:：]",
    re.IGNORECASE,
)
_MOBILE = re.compile(
    r"\s*(?:sent from my .{2,40}|get outlook for .{2,40}|(?:나의|내) .{2,20}에서 보냄|"
    r".{2,20}에서 보낸 메일입니다\.?)\s*",
    re.IGNORECASE,
)
_LONGEST = 20_000


def stripped(text: str, known: Collection[str] = ()) -> str:
    """The answer without quotation, quoting lines, and "sent from my phone". ``known``: lines of the mail that was
    answered, as :func:`lines_of` gives them; where one of them stands, the quotation has begun even if its client
    marks nothing. A text that is all quotation comes back empty."""
    lines = text[:_LONGEST * 5].splitlines()
    kept: list[str] = []
    for number, line in enumerate(lines):
        if _begins_quotation(lines, number) or (kept and _plain(line) in known and len(_plain(line)) >= 10):
            break
        if line.lstrip().startswith((">", "|>")) or _MOBILE.fullmatch(line):
            continue
        kept.append(line.rstrip())
    return _squeezed(kept)[:_LONGEST]


def lines_of(text: str) -> frozenset[str]:
    """The lines of a mail of ours that are long enough to be told from anyone's words."""
    return frozenset(line for line in map(_plain, text.splitlines()) if len(line) >= 10 and "{{" not in line)


def _begins_quotation(lines: list[str], number: int) -> bool:
    line = lines[number][:400]
    if _DIVIDER.fullmatch(line) or _INTRODUCTION.fullmatch(line):
        return True
    if number + 1 < len(lines) and _INTRODUCTION.fullmatch(f"{line.strip()} {lines[number + 1][:200].strip()}"):
        return bool(re.match(r"\s*(?:on\b|\d{4}\s*[년.-])", line, re.IGNORECASE))
    if _FROM.match(line):
        return any(_OTHER_FIELD.match(following[:200]) for following in lines[number + 1:number + 5])
    return False


def _plain(line: str) -> str:
    """To compare by: clients fold blanks and put marks before quoted lines."""
    return "".join(line.split()).lstrip(">|").strip()


def _squeezed(lines: list[str]) -> str:
    """At most one empty line in a row."""
    out: list[str] = []
    for line in lines:
        if line.strip() or (out and out[-1].strip()):
            out.append(line)
    return "\n".join(out).strip()
