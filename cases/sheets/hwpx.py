"""A case sheet's words, figures and picture as a HWPX document (KS X 6101), which offices in Korea edit and attach.

It is for working on, not for show: headings in outline styles, tables that can be copied, the picture with its credit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from cases.sheets.content import CaseSheet, Contact, ProgrammeCard
from outreach.lazy import lazy

if TYPE_CHECKING:
    import hwpx
else:
    hwpx = lazy("hwpx")

MEDIA_TYPE = "application/hwp+zip"
_FONT = "맑은 고딕"
ACCENT, INK, MUTED, _HEAD_FILL = "#C2431A", "#2B1B12", "#76655A", "#FBF2EA"
_MM = 7200 / 25.4  # HWPUNIT, a hundredth of a point
_WIDTH_MM = 170.0
_LARGEST_PICTURE_MM = 95.0


def to_hwpx(sheet: CaseSheet, pictures: Mapping[str, bytes]) -> bytes:
    """The sheet as one document. ``pictures``: by asset name; one that is missing is left out with its caption."""
    writer = Writer()
    writer.line(" ".join(filter(None, ("일·육아 동행 우수사례", sheet.edition))), size=9, color=MUTED)
    writer.line(" ".join(sheet.title.split()), bold=True, size=20)
    writer.line(sheet.company, bold=True, color=ACCENT)
    writer.line(sheet.lead, size=12)
    _picture(writer, sheet, pictures)
    writer.table([("구분", "내용"), *((fact.label, fact.value) for fact in sheet.facts)], (40, 130))
    _story(writer, sheet)
    if sheet.programmes:
        writer.heading("이용한 지원제도")
        for programme in sheet.programmes:
            programme_table(writer, programme, sheet.issued_on)
    if sheet.advice:
        writer.heading("다른 회사에 드리는 말")
        for text in sheet.advice:
            writer.line(f"· {text}")
    foot(writer, sheet)
    return writer.document.to_bytes()


def _picture(writer: Writer, sheet: CaseSheet, pictures: Mapping[str, bytes]) -> None:
    photo = sheet.photo
    if photo is None or photo.asset not in pictures:
        return
    body = pictures[photo.asset]
    width = min(_WIDTH_MM, _LARGEST_PICTURE_MM * photo.width / photo.height)
    writer.document.add_picture(
        body, "png" if body.startswith(b"\x89PNG") else "jpg", width_mm=width,
        height_mm=width * photo.height / photo.width, align="center",
    )
    writer.line(" · ".join(filter(None, (photo.alt, photo.credit))), size=9, color=MUTED)


def _story(writer: Writer, sheet: CaseSheet) -> None:
    writer.heading("어떤 어려움이 있었나")
    for paragraph in filter(None, map(str.strip, sheet.problem.splitlines())):
        writer.line(paragraph)
    writer.heading("무엇을 했나")
    writer.table(
        [("때", "한 일", "내용"), *((step.when or "-", step.title, step.text) for step in sheet.actions)], (28, 47, 95)
    )
    writer.heading("무엇이 달라졌나")
    rows = [(row.label, f"{row.before}{row.unit}" if row.before else "-", f"{row.value}{row.unit}", row.source or "-")
            for row in sheet.effects]
    writer.table([("항목", "전", "후", "출처"), *rows], (60, 30, 30, 50))
    if sheet.quote:
        writer.line(f"“{sheet.quote.text}”", bold=True)
        writer.line(sheet.quote.speaker, size=9, color=MUTED)


def programme_table(writer: Writer, card: ProgrammeCard, day: date) -> None:
    """A programme as a table, with what must be said of it on ``day``."""
    standing = card.standing_label(day)
    writer.line(f"{card.name}{f' [{standing}]' if standing else ''}", bold=True, color=ACCENT)
    checked = card.checked_on
    source = f"{card.source}{f', {checked.year}. {checked.month}. {checked.day}. 확인' if checked else ''}"
    amounts = "\n".join(f"{row.label} {row.value}{row.unit}".strip() for row in card.amounts)
    rows = [("받는 쪽", card.payee), ("지원 내용", card.summary), ("금액·한도", amounts),
            ("조건", "\n".join(card.conditions)), ("신청", card.apply_at), ("근거", card.basis), ("출처", source)]
    writer.table([("구분", "내용"), *((name, value) for name, value in rows if value)], (40, 130))


def foot(writer: Writer, sheet: Issued) -> None:
    """Where to turn, sources, licence, and who issued it when."""
    contact, day = sheet.contact, sheet.issued_on
    writer.heading("문의")
    writer.line(f"{contact.centre} {contact.phone} ({contact.hours})" if contact.hours else
                f"{contact.centre} {contact.phone}")
    if contact.url.startswith("http"):
        writer.line(f"상담 신청: {contact.url}")
    for text in sheet.sources:
        writer.line(text, size=9, color=MUTED)
    if sheet.licence:
        writer.line(sheet.licence, size=9, color=MUTED)
    writer.line(f"{sheet.issuer} · {day.year}. {day.month}. {day.day}.", size=9, color=MUTED)


class Issued(Protocol):
    """A paper, as far as its foot looks at it."""

    @property
    def contact(self) -> Contact: ...
    @property
    def issued_on(self) -> date: ...
    @property
    def sources(self) -> tuple[str, ...]: ...
    @property
    def licence(self) -> str: ...
    @property
    def issuer(self) -> str: ...


class Writer:
    """A document under way: lines, headings and tables in one look. ``data``: one to go on with."""

    def __init__(self, data: bytes | None = None) -> None:
        self._first = data is None
        if data is not None:
            self.document = hwpx.HwpxDocument.open(data)
            return
        self.document = hwpx.HwpxDocument.new()
        margin = round(20 * _MM)
        self.document.page.set_margins(left=margin, right=margin, top=margin, bottom=margin)

    def line(self, text: str, *, bold: bool = False, size: float = 10.5, color: str = INK) -> None:
        style = self._style(bold=bold, size=size, color=color)
        if self._first:  # a new document begins with an empty paragraph that holds its page settings
            paragraph = self.document.paragraphs[0]
            paragraph.text = text
            paragraph.char_pr_id_ref = style
            self._first = False
        else:
            self.document.add_paragraph(text, style_id_ref=0, para_pr_id_ref=0, char_pr_id_ref=style)

    def heading(self, text: str) -> None:
        """In the first outline style, which the office program numbers and lists as contents."""
        self.document.add_heading(text, 1, char_pr_id_ref=self._style(bold=True, size=14, color=INK))

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        """The first row is the heading; ``widths`` in mm."""
        table = self.document.add_table(len(rows), len(widths), width=round(sum(widths) * _MM))
        table.set_column_widths([round(width * _MM) for width in widths])
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                table.set_cell_text(y, x, text, split_paragraphs="\n" in text)
                if y == 0:
                    table.set_cell_shading(y, x, _HEAD_FILL)
                self._set_in_type(table.cell(y, x), bold=y == 0 or x == 0)

    def _set_in_type(self, cell: Any, *, bold: bool) -> None:
        style = self._style(bold=bold, size=9.5, color=INK)
        for paragraph in cell.paragraphs:
            paragraph.char_pr_id_ref = style

    def _style(self, *, bold: bool, size: float, color: str) -> str:
        return self.document.styles.ensure_run(bold=bold, size=size, color=color, font=_FONT)
