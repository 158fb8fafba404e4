"""A booklet to fold: pages two on a side, so that the sheets, printed on both sides and folded as one, read in order.

For an office printer on A4 (flip on the short edge), or with bleed and marks on SRA4 for one who cuts. The text stays
text, but tags are left behind: what is printed here is paper, and the file to read is the one it was made of.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outreach.lazy import lazy
from outreach.pdf.errors import RenderError
from outreach.wording import Text

if TYPE_CHECKING:
    import pikepdf
else:
    pikepdf = lazy("pikepdf")

_MM = 72 / 25.4
_MARK, _OFF = 4 * _MM, 4 * _MM  # length of a mark, and how far outside the cut it begins
_FOLD_TICK = 3 * _MM  # on a sheet that isn't cut
_MAX_PAGES = 64  # what can still be folded as one


@dataclass(frozen=True)
class Sheet:
    """Paper in mm, long side across; ``bleed`` is 0 on a sheet that isn't cut."""

    width: float
    height: float
    bleed: float = 0


A4 = Sheet(297, 210)
SRA4 = Sheet(320, 225, 3)
A5_MM = (148.5, 210.0)


def booklet_order(pages: int) -> list[tuple[int, int]]:
    """Left and right page (from 1; 0 is blank) of each side: front and back of the outermost sheet first.

    >>> booklet_order(8)
    [(8, 1), (2, 7), (6, 3), (4, 5)]
    """
    whole = 4 * math.ceil(pages / 4)
    sides = []
    for first in range(1, whole // 2, 2):
        last = whole + 1 - first
        sides += [(last, first), (first + 1, last - 1)]
    return [(left if left <= pages else 0, right if right <= pages else 0) for left, right in sides]


def booklet(data: bytes, *, sheet: Sheet = A4, page_mm: tuple[float, float] = A5_MM) -> bytes:
    """The document as a booklet. Its pages are made as large as ``page_mm`` (A4 becomes A5); the number of pages is
    filled up to a multiple of four with blanks at the end.

    :raises RenderError: not a readable PDF, more than 64 pages, or pages of several sizes.
    """
    try:
        with pikepdf.open(io.BytesIO(data)) as source:
            if len(source.pages) > _MAX_PAGES:
                raise RenderError(Text("접지할 수 있는 쪽수를 넘습니다(%(most)s쪽까지).", most=_MAX_PAGES))
            sizes = {tuple(round(edge) for edge in _trim(page)[2:]) for page in source.pages}
            if len(sizes) > 1:
                raise RenderError("쪽마다 크기가 달라 접지할 수 없습니다.")
            return _Booklet(source, sheet, page_mm).made()
    except pikepdf.PdfError as error:
        raise RenderError("PDF 파일을 읽을 수 없습니다.") from error


class _Booklet:
    def __init__(self, source: pikepdf.Pdf, sheet: Sheet, page_mm: tuple[float, float]):
        self._source = source
        self._width, self._height = sheet.width * _MM, sheet.height * _MM
        self._page = (page_mm[0] * _MM, page_mm[1] * _MM)
        self._bleed = sheet.bleed * _MM
        self._left = self._width / 2 - self._page[0]  # of the cut spread
        self._bottom = (self._height - self._page[1]) / 2
        self._pdf = pikepdf.new()

    def made(self) -> bytes:
        """The booklet's bytes, the same for the same document."""
        for left, right in booklet_order(len(self._source.pages)):
            self._side(left, right)
        if "/Lang" in self._source.Root:
            self._pdf.Root.Lang = pikepdf.String(str(self._source.Root.Lang))
        if "/Title" in self._source.docinfo:
            self._pdf.docinfo["/Title"] = str(self._source.docinfo["/Title"])
        out = io.BytesIO()
        self._pdf.save(out, deterministic_id=True)
        return out.getvalue()

    def _side(self, left: int, right: int) -> None:
        side = self._pdf.add_blank_page(page_size=(self._width, self._height))
        content, forms = [], {}
        for number, at_right in ((left, False), (right, True)):
            if number:
                page = self._source.pages[number - 1]
                form = self._pdf.copy_foreign(page.as_form_xobject())
                form.BBox = pikepdf.Array(list(page.mediabox))  # with what lies outside the cut
                forms[f"/P{number}"] = form
                content.append(self._placed(number, _trim(page), at_right))
        content += list(self._marks())
        side.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(forms))
        side.Contents = self._pdf.make_stream("\n".join(content).encode())
        spread = (self._left, self._bottom, self._left + 2 * self._page[0], self._bottom + self._page[1])
        side.obj.TrimBox = pikepdf.Array([round(edge, 3) for edge in spread])

    def _placed(self, number: int, trim: tuple[float, float, float, float], at_right: bool) -> str:
        """Draw a page into its half, cut at the fold, with its bleed at the outer edges."""
        x, y, width, height = trim
        scale_x, scale_y = self._page[0] / width, self._page[1] / height
        scale = min(scale_x, scale_y)
        half = self._left + self._page[0] * at_right
        clip_x = half - (0 if at_right else self._bleed)
        inset = ((self._page[0] - width * scale) / 2, (self._page[1] - height * scale) / 2)
        return (f"q {_numbers(clip_x, self._bottom - self._bleed, self._page[0] + self._bleed)} "
                f"{_numbers(self._page[1] + 2 * self._bleed)} re W n {_numbers(scale, 0, 0, scale)} "
                f"{_numbers(half + inset[0] - x * scale, self._bottom + inset[1] - y * scale)} cm /P{number} Do Q")

    def _marks(self) -> Iterator[str]:
        """Where to fold (dashed) and, outside of the bleed, where to cut."""
        middle, top, right = self._width / 2, self._bottom + self._page[1], self._left + 2 * self._page[0]
        if not self._bleed:
            for y, end in ((0.0, _FOLD_TICK), (self._height - _FOLD_TICK, self._height)):
                yield f"q 0.6 G 0.3 w [2 1.5] 0 d {_numbers(middle, y)} m {_numbers(middle, end)} l S Q"
            return
        for y in (self._bottom - _OFF - _MARK, top + _OFF):
            yield f"q 0.3 w [2 1.5] 0 d {_numbers(middle, y)} m {_numbers(middle, y + _MARK)} l S Q"
        for x in (self._left, right):
            for y in (self._bottom - _OFF - _MARK, top + _OFF):
                yield f"q 0.3 w {_numbers(x, y)} m {_numbers(x, y + _MARK)} l S Q"
        for y in (self._bottom, top):
            for x in (self._left - _OFF - _MARK, right + _OFF):
                yield f"q 0.3 w {_numbers(x, y)} m {_numbers(x + _MARK, y)} l S Q"


def _trim(page: Any) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of the finished page."""
    left, bottom, right, top = (float(edge) for edge in page.trimbox)
    return left, bottom, right - left, top - bottom


def _numbers(*values: float) -> str:
    return " ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in values)
