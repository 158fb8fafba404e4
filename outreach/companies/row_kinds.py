"""Which rows of a company list are no data: blank ones, totals, notes, repeated headings, units, examples."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from outreach.companies.columns import IDENTIFYING, LEVELS
from outreach.companies.headers import Header
from outreach.companies.rules import Cell, clean_text, compact

KINDS = ("blank", "total", "note", "header", "unit", "example")

_TOTALS = {
    "계", "소계", "합계", "총계", "누계", "총합계", "전체", "중간합계", "total", "subtotal", "sum", "grandtotal",
}  # fmt: skip
_TOTAL_END = re.compile(r".*(?:소계|합계|총계)")
_NOTE = re.compile(r"[※☞▷*★]|주\s?\d|주\s*[:：]|자료\s*[:：]|출처|붙임|비고\s*[:：]|[-\s]*끝[-.\s]*$|[-\s]*이하\s*여백")
_UNIT = re.compile(r"[(\[<]\s*[^()\[\]]{1,12}\s*[)\]>]|단위\s*[:：]?.{0,8}|\d{1,2}|[①-⑳㉮-㉻ⓐ-ⓩ]")
_EXAMPLES = frozenset(["예", "예시", "작성예", "작성예시", "기재예", "기재예시", "example", "sample"])
_NUMBERED = re.compile(r"\d{3}-?\d{2}-?\d{5}", re.ASCII)


_SEEN_CHARS = 200


class RowKinds:
    """Tells the kind of a row by one mapping."""

    def __init__(self, mapping: Mapping[int, str], header: Header) -> None:
        self.mapped = sorted(index for index, target in mapping.items() if target)
        by_target = {target: index for index, target in mapping.items()}
        self.name_column = by_target["company.name"]
        self.number_column = by_target.get("company.business_number")
        self.telling = sorted(by_target[target] for target in IDENTIFYING if target in by_target)
        self.headings = {
            index: compact(header.names[index].rpartition(LEVELS)[2])
            for index in self.mapped
            if index < len(header.names)
        }

    def is_numbered(self, cells: Sequence[Cell]) -> bool:
        """Whether a business number stands in its column as it should: then the row is data without a further look."""
        if self.number_column is None:
            return False
        written = cells[self.number_column]
        return type(written) is str and _NUMBERED.fullmatch(written) is not None

    def kind(self, cells: Sequence[Cell]) -> str:
        """One of :data:`KINDS`, or '' for a row of data. ``cells`` reach at least to the last mapped column."""
        texts = [text[:_SEEN_CHARS] for text in map(clean_text, cells) if text]
        if not texts:
            return "blank"
        if self._is_total(cells, texts):
            return "total"
        if _NOTE.match(texts[0]) and (len(texts) == 1 or (texts[0][0] in "※☞" and len(texts) <= 3)):
            return "note"
        if not any(clean_text(cells[index]) for index in self.mapped):
            return "blank"  # a prepared serial number and nothing else
        if compact(texts[0]) in _EXAMPLES:
            return "example"
        if self._repeats_heading(cells):
            return "header"
        return "unit" if all(map(_UNIT.fullmatch, texts)) else ""

    def _is_total(self, cells: Sequence[Cell], texts: Sequence[str]) -> bool:
        if any("@" in text for text in texts):
            return False
        name = clean_text(cells[self.name_column])
        if any(clean_text(cells[index]) for index in self.telling):  # may be a company that is called so
            texts = [text for text in texts[:3] if text != name or compact(text) in _TOTALS]
        return any(compact(text) in _TOTALS or _TOTAL_END.fullmatch("".join(text.split())) for text in texts[:3])

    def _repeats_heading(self, cells: Sequence[Cell]) -> bool:
        same = [
            index
            for index, heading in self.headings.items()
            if heading and compact(clean_text(cells[index])) == heading
        ]
        return self.name_column in same or len(same) >= 2
