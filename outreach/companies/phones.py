"""Korean telephone numbers as offices write them, to one canonical form: 02-1234-5678, 010-1234-5678, 1588-1234.

An extension is kept behind it (``02-1234-5678 내선 12``). Prefixes follow the numbering plan (전기통신번호관리세칙):
02, 031-064, 010-019, 070, 080, 060, 030, 050N, and 15xx/16xx/18xx without area code.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from outreach.companies.rules import Cell, Flaw, clean_text

_CANONICAL = re.compile(
    r"(?:02|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])|01[16-9]|0(?:80|60|30)|050\d)-\d{3,4}-\d{4}"
    r"|0[17]0-\d{4}-\d{4}|1[568]\d{2}-\d{4}",
    re.ASCII,
)
_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|1[016-9]|[78]0|60|30|50\d)"
_GAP = r"[\s.\-‐‑–—·]{0,3}"
_BREAK = r"[\s.\-‐‑–—·]{1,3}"
_NUMBER = re.compile(
    rf"""(?<![\d-])(?:
      (?:\(?\+?82\)?{_GAP}\(?0?\)?{_GAP}|\(?0) (?P<area>{_AREA}) \)?{_GAP}(?P<mid>\d{{3,4}}){_GAP}(?P<last>\d{{4}})
    | (?P<nation>1[568]\d{{2}}){_GAP}(?P<four>\d{{4}})
    | (?P<lost>{_AREA}) (?: {_BREAK}(?P<lmid>\d{{3,4}}){_BREAK}(?P<llast>\d{{4}})
                          | (?P<bmid>\d{{3,4}})(?P<blast>\d{{4}}) )
    )(?!\d)""",
    re.VERBOSE | re.ASCII,
)
_EXTENSION = re.compile(
    r"\s*[(\[]?\s*(?:내선(?:번호)?|교환|구내|교|ext\.?|#)\s*[.:)]?\s*(\d{1,5})\s*(?:번)?[)\]]?", re.ASCII | re.I
)
_RANGE = re.compile(r"\s*~\s*\d{1,4}(?!\d)", re.ASCII)
_LABELS = re.compile(
    r"전화번호|대표번호|대표전화|휴대전화|휴대폰|핸드폰|전화|대표|직통|사무실|회사|연락처|담당자|(?<![a-z])(?:tel|phone|mobile|cell|hp|h\.\s?p|[tmhcp])(?![a-z])",
    re.I,
)
_MARKS = re.compile(r"[\s,;/|()\[\]:.\-·~*☎☏📞]|또는|및")


_LONGEST_CELL = 300


class Phones(NamedTuple):
    """The numbers of one cell in their order, and what could not be read in it."""

    numbers: tuple[str, ...]
    flaw: Flaw | None = None


def read_phones(raw: Cell) -> Phones:
    """All numbers of a cell, canonical. Zeros a spreadsheet lost are put back and reported, as is whatever else
    the cell holds ('~9', a name) and a cell without any number."""
    if isinstance(raw, str) and _CANONICAL.fullmatch(raw):
        return Phones((raw,))
    text = unicodedata.normalize("NFKC", clean_text(raw, lines=True))
    if not text:
        return Phones(())
    if len(text) > _LONGEST_CELL:
        return Phones((), Flaw("phone_unreadable"))
    numbers: list[str] = []
    rest: list[str] = []
    flaw = None
    at = 0
    for found in _NUMBER.finditer(text):
        number = _canonical(found)
        if number is None:
            continue
        rest.append(text[at : found.start()])
        at = found.end()
        if extension := _EXTENSION.match(text, at):
            number, at = f"{number} 내선 {extension[1]}", extension.end()
        elif span := _RANGE.match(text, at):
            flaw, at = Flaw("phone_range", None, number), span.end()
        if found["lost"]:
            flaw = flaw or Flaw("phone_zero", None, number)
        if number not in numbers:
            numbers.append(number)
    rest.append(text[at:])
    left_over = _MARKS.sub("", _LABELS.sub("", " ".join(rest)))
    if not numbers:
        return Phones((), Flaw("phone_unreadable"))
    if left_over:
        flaw = Flaw("phone_partly", None, " ".join(" ".join(rest).split()))
    return Phones(tuple(numbers), flaw)


def _canonical(found: re.Match[str]) -> str | None:
    if found["nation"]:
        return f"{found['nation']}-{found['four']}"
    area = found["area"] or found["lost"]
    middle = found["mid"] or found["lmid"] or found["bmid"]
    last = found["last"] or found["llast"] or found["blast"]
    if area in ("10", "70") and len(middle) != 4:  # these two have eight digits after the prefix
        return None
    return f"0{area}-{middle}-{last}"


def is_mobile(number: str) -> bool:
    """Whether a canonical number is a mobile one (010, 011, 016-019)."""
    return number.startswith("01")
