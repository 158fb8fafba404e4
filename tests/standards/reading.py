"""What a finished PDF tells someone who hears it: its tags in their order.

Re-opened with two readers: pikepdf for the tree of tags, PDFium for where their content stands on the page.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pikepdf
from pypdfium2 import raw

from outreach.pdf.errors import RenderError
from outreach.pdf.inspect import opened

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


def upset(data: bytes) -> list[str]:
    """What stands on a page above what is read before it; what is drawn outside of the tags."""
    return [
        *(f"{later.page}쪽: 위에 있는 글을 나중에 읽음({later.kind})" for later in _disordered(reading_order(data))),
        *_untagged(data),
    ]


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
