"""What a finished PDF tells someone who hears it: its tags in their order, and what is wrong with them.

Re-opened with two readers: pikepdf for the tree of tags, PDFium for where their content stands on the page.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from outreach.lazy import lazy
from outreach.pdf.errors import RenderError
from outreach.pdf.inspect import inspect, opened

if TYPE_CHECKING:
    import pikepdf
    from pypdfium2 import raw
else:
    pikepdf, raw = lazy("pikepdf"), lazy("pypdfium2.raw")

Edges = tuple[float, float, float, float]  # left, bottom, right, top in pt

_SHARE = 0.5  # of the narrower one's width: more in common is one column


@dataclass(frozen=True)
class Tagged:
    """Content with its tag: page from 1, kind ('Figure', 'Span'), alternative text, and where it stands (None: it
    draws nothing, or is turned, as on a card to be folded)."""

    page: int
    kind: str
    alt: str
    edges: Edges | None


def reading_order(data: bytes) -> list[Tagged]:
    """All tagged content as it is read aloud.

    :raises RenderError: the bytes are not a readable PDF, or it has no tags.
    """
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if "/StructTreeRoot" not in pdf.Root:
                raise RenderError("PDF에 태그가 없습니다.")
            pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
            where = _positions(data)
            return [
                Tagged(page, kind, alt, where.get((page, mark)))
                for page, kind, alt, mark in _contents(pdf.Root.StructTreeRoot.get("/K"), pages, 0)
            ]
    except pikepdf.PdfError as error:
        raise RenderError("PDF 파일을 읽을 수 없습니다.") from error


def faults(data: bytes) -> tuple[str, ...]:
    """What keeps a file from being accessible and printable as it should be; empty when nothing does.

    Looked at are title, language, tags, fonts, alternative texts of figures, that all content is tagged or marked as
    an ornament, that nothing is read after what stands below it, that headings skip no level and links are tagged, and
    the colour profile that an archive needs.

    :raises RenderError: the bytes are not a readable PDF.
    """
    facts = inspect(data)
    found = [words for missing, words in (
        (not facts.title, "제목이 없습니다."), (not facts.language, "언어가 없습니다."),
        (not facts.tagged, "태그가 없습니다."), (not facts.pdf_ua, "PDF/UA-1 표시가 없습니다."),
        (not facts.all_fonts_embedded, "글꼴이 들어 있지 않습니다."),
        (facts.pdf_a and not facts.output_intent, "출력 의도(색 프로파일)가 없습니다."),
    ) if missing]
    if facts.tagged:
        order = reading_order(data)
        found += [f"{item.page}쪽: 대체 텍스트가 없는 그림" for item in order if item.kind == "Figure" and not item.alt]
        found += [f"{later.page}쪽: 위에 있는 글을 나중에 읽음({later.kind})" for later in _disordered(order)]
        found += _untagged(data)
        found += _wrong_elements(data)
    return tuple(found)


def _contents(item: Any, pages: dict[Any, int], page: int) -> Iterator[tuple[int, str, str, int]]:
    """Page, kind, alternative text and number of each marked content below ``item``, in order (§14.7.4)."""
    if item is None:
        return
    for kid in item if isinstance(item, pikepdf.Array) else [item]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            own = pages.get(kid.Pg.objgen, page) if "/Pg" in kid else page
            for inner in _kids(kid):
                if isinstance(inner, int):
                    yield own, str(kid.S).lstrip("/"), str(kid.get("/Alt", "")), inner
                else:
                    yield from _contents(inner, pages, own)


def _wrong_elements(data: bytes) -> Iterator[str]:
    """Headings that skip a level (PDF/UA-1 §7.4.2), links outside of a link's tag (§7.18.5)."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        level, tagged = 0, set()
        for element in _elements(pdf.Root.StructTreeRoot.get("/K")):
            kind = str(element.S)
            if kind[:2] == "/H" and kind[2:].isdigit():
                if int(kind[2:]) > level + 1:
                    yield f"제목 {level or '없음'} 다음에 제목 {kind[2:]}"
                level = int(kind[2:])
            elif kind == "/Link":
                tagged |= {kid.Obj.objgen for kid in _kids(element)
                           if isinstance(kid, pikepdf.Dictionary) and "/Obj" in kid}
        for number, page in enumerate(pdf.pages, start=1):
            if any(note.Subtype == "/Link" and note.objgen not in tagged for note in page.get("/Annots", [])):
                yield f"{number}쪽: 태그가 없는 링크"


def _elements(item: Any) -> Iterator[Any]:
    """The tree's elements in reading order."""
    for kid in [] if item is None else item if isinstance(item, pikepdf.Array) else [item]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from _elements(kid.get("/K"))


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K")
    return list(kids) if isinstance(kids, pikepdf.Array) else [] if kids is None else [kids]


def _positions(data: bytes) -> dict[tuple[int, int], Edges]:
    """Where each marked content of each page stands."""
    found: dict[tuple[int, int], Edges] = {}
    document = opened(data)
    try:
        for number in range(len(document)):
            for item in document[number].get_objects(max_depth=1):
                mark = raw.FPDFPageObj_GetMarkedContentID(item)
                if mark < 0:
                    continue
                edges, before = item.get_bounds(), found.get((number + 1, mark))
                if item.get_matrix().a <= 0:
                    continue
                found[number + 1, mark] = edges if before is None else (
                    min(before[0], edges[0]), min(before[1], edges[1]),
                    max(before[2], edges[2]), max(before[3], edges[3]))
    finally:
        document.close()
    return found


def _disordered(order: list[Tagged]) -> Iterator[Tagged]:
    """Content read after something that stands below it in the same column."""
    for before, after in pairwise(order):
        if before.page != after.page or before.edges is None or after.edges is None:
            continue
        common = min(before.edges[2], after.edges[2]) - max(before.edges[0], after.edges[0])
        narrow = min(before.edges[2] - before.edges[0], after.edges[2] - after.edges[0])
        if after.edges[1] > before.edges[3] and common > _SHARE * narrow:
            yield after


def _untagged(data: bytes) -> Iterator[str]:
    """Pages that draw something outside of marked content (PDF/UA-1 §7.1)."""
    document = opened(data)
    try:
        for number in range(len(document)):
            if any(raw.FPDFPageObj_CountMarks(item) < 1 for item in document[number].get_objects(max_depth=1)):
                yield f"{number + 1}쪽: 태그 밖에 그린 것이 있음"
    finally:
        document.close()
