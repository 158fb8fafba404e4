"""Open a finished PDF again and say what is in it, instead of trusting the one who made it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outreach.lazy import lazy
from outreach.pdf.errors import RenderError

if TYPE_CHECKING:
    import pikepdf
    import pypdfium2
else:
    pikepdf, pypdfium2 = lazy("pikepdf"), lazy("pypdfium2")

_POINTS_PER_MM = 72 / 25.4
_FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")


@dataclass(frozen=True)
class FontFact:
    """A font of the file: PostScript name without subset prefix, and whether its outlines are inside."""

    name: str
    embedded: bool


@dataclass(frozen=True)
class PdfFacts:
    """What a file says of itself. ``sizes`` are page width and height in mm; ``text`` is one string per page;
    ``pdf_a`` the part and level of ISO 19005, as "2A", or empty."""

    pages: int
    sizes: tuple[tuple[float, float], ...]
    title: str
    language: str
    tagged: bool
    pdf_ua: bool
    fonts: tuple[FontFact, ...]
    text: tuple[str, ...]
    pdf_a: str = ""
    output_intent: bool = False

    @property
    def all_fonts_embedded(self) -> bool:
        """True when the file prints the same everywhere."""
        return bool(self.fonts) and all(font.embedded for font in self.fonts)


def inspect(data: bytes) -> PdfFacts:
    """Read a PDF's facts.

    :raises RenderError: the bytes are not a readable PDF.
    """
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            root = pdf.Root
            metadata = pdf.open_metadata(set_pikepdf_as_editor=False)  # closed, it would change the document's own
            pdf_ua = metadata.get("pdfuaid:part") == "1"
            pdf_a = metadata.get("pdfaid:part", "") + metadata.get("pdfaid:conformance", "")
            return PdfFacts(
                pages=len(pdf.pages),
                sizes=tuple(_size(page) for page in pdf.pages),
                title=str(pdf.docinfo.get("/Title", "")),
                language=str(root.get("/Lang", "")),
                tagged="/StructTreeRoot" in root and bool(root.get("/MarkInfo", {}).get("/Marked", False)),
                pdf_ua=pdf_ua,
                fonts=tuple(sorted({*_fonts(pdf)}, key=lambda font: font.name)),
                text=_text(data), pdf_a=pdf_a, output_intent="/OutputIntents" in root,
            )
    except pikepdf.PdfError as error:
        raise RenderError("PDF 파일을 읽을 수 없습니다.") from error


def thumbnails(data: bytes, *, width: int, pages: Sequence[int] | None = None) -> list[bytes]:
    """PNG pictures of pages (0-based; all by default), ``width`` pixels wide.

    :raises RenderError: the bytes are not a readable PDF.
    """
    document = opened(data)
    try:
        return [_picture(document[number], width) for number in (range(len(document)) if pages is None else pages)]
    finally:
        document.close()


def opened(data: bytes) -> pypdfium2.PdfDocument:
    """A file in PDFium; to be closed. Raises RenderError if it is not a readable PDF."""
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise RenderError("PDF 파일을 읽을 수 없습니다.") from error


def _picture(page: pypdfium2.PdfPage, width: int) -> bytes:
    out = io.BytesIO()
    page.render(scale=width / page.get_width()).to_pil().save(out, "PNG")
    return out.getvalue()


def _text(data: bytes) -> tuple[str, ...]:
    document = opened(data)
    try:
        return tuple(page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document)
    finally:
        document.close()


def _size(page: pikepdf.Page) -> tuple[float, float]:
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    return round((right - left) / _POINTS_PER_MM, 1), round((top - bottom) / _POINTS_PER_MM, 1)


def _fonts(pdf: pikepdf.Pdf) -> Iterator[FontFact]:
    """Every font dictionary of the file; a composite font is judged by its descendant (ISO 32000-1 §9.7)."""
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Dictionary) or item.get("/Type") != "/Font":
            continue
        if item.get("/Subtype") == "/Type0":
            continue  # its descendant is in the file as an object of its own
        name = str(item.get("/BaseFont", "")).lstrip("/").partition("+")
        descriptor = item.get("/FontDescriptor", {})
        embedded = item.get("/Subtype") == "/Type3" or any(key in descriptor for key in _FONT_FILES)
        yield FontFact(name[2] or name[0], embedded)
