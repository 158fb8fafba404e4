"""Every character of a document must exist in our fonts; otherwise print shows an empty box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element

from fontTools.ttLib import TTFont

from outreach.pdf.errors import RenderError

# Characters that draw nothing: line ends, soft hyphen, zero-width space and joiners, byte-order mark.
_INVISIBLE = frozenset("\t\n\r\x0c\u00ad\u200b\u200c\u200d\u2060\ufeff")
_NOT_PRINTED = frozenset({"script", "style", "title", "head", "template"})


@lru_cache(maxsize=8)
def _repertoire(fonts: tuple[Path, ...]) -> frozenset[int]:
    """Code points that all of ``fonts`` can draw (a bold word must not fall back either)."""
    sets = []
    for path in fonts:
        with TTFont(path, lazy=True) as font:
            sets.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*sets)


def missing_glyphs(text: str, fonts: Sequence[Path]) -> tuple[str, ...]:
    """The characters of ``text`` that at least one of ``fonts`` (TTF files) lacks, each once, in order."""
    known = _repertoire(tuple(fonts))
    return tuple(dict.fromkeys(c for c in text if ord(c) not in known and c not in _INVISIBLE))


def check_glyphs(root: Element, fonts: Sequence[Path]) -> None:
    """Look through all printed text below ``root``.

    :raises RenderError: a character is in none of our fonts; names it and the words around it.
    """
    for place, text in _printed_text(root):
        for character in missing_glyphs(text, fonts):
            at = text.index(character)
            around = " ".join(text[max(0, at - 12):at + 13].split())
            raise RenderError(
                f"글꼴에 없는 글자 ‘{character}’(U+{ord(character):04X})가 있습니다: “…{around}…”. "
                "다른 글자로 바꾸어 주세요.",
                place=place,
            )


def local_name(element: Element) -> str:
    """Tag without its namespace; an empty string for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _printed_text(element: Element, place: str = "") -> Iterator[tuple[str, str]]:
    """Text below ``element``, each piece with the name of the box it stands in (``data-fit``), else of its tag."""
    if local_name(element) in _NOT_PRINTED:
        return
    name = element.get("data-fit")
    place = f"‘{name}’" if name else place
    own = place or f"<{local_name(element)}>"
    if element.text and local_name(element):
        yield own, element.text
    for child in element:
        yield from _printed_text(child, place)
        if child.tail:
            yield own, child.tail
