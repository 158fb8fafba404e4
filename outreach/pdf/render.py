"""HTML to tagged PDF (PDF/UA-1, ISO 14289-1; for archives PDF/A beside it), the same bytes for the same input.

Runs inside :mod:`outreach.pdf.worker`; tests call it directly. One document at a time per process: the shared
font configuration and WeasyPrint's logger are process-wide.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import ImageFile
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from outreach.pdf.bleed import extend_into_bleed, style_sheet
from outreach.pdf.contrast import check_contrast, coarse_pictures, dull_colours
from outreach.pdf.errors import RenderError
from outreach.pdf.fetcher import BASE_URL, ClosedFetcher
from outreach.pdf.fitting import check_inside_pages, overflows, tighten
from outreach.pdf.glyphs import check_glyphs
from outreach.pdf.hostile import check_tree
from outreach.pdf.identity import announce, link_once, sharpen
from outreach.pdf.korean import JOINER, keep_words_in
from outreach.pdf.options import RenderedPdf, RenderOptions, fingerprint, loaded_assets
from outreach.pdf.places import Settled, mark_places, stamp_places
from outreach.pdf.sheets import taken_out

# WeasyPrint switches this on to be lenient; we would rather hear that a picture is damaged.
ImageFile.LOAD_TRUNCATED_IMAGES = False

_MAX_LAYOUTS = 8
_MAX_PAGES = 500


def render(
    html: str,
    *,
    base_dir: Path,
    assets: Mapping[str, bytes | Path] | None = None,
    options: RenderOptions = RenderOptions(),
) -> RenderedPdf:
    """Print ``html``.

    :param base_dir: the ``static/`` folder; relative addresses resolve below it.
    :param assets: pictures the document names as ``asset:NAME``.
    :raises RenderError: a picture or character is missing, an address is not allowed, text overflows its box or
        the page count, text is too pale for its ground, the language or title is missing, or the style sheet holds
        something unknown.
    """
    loaded = loaded_assets(assets or {})
    fonts = [base_dir / name for name in options.fonts]
    with _complaints() as complaints:
        try:
            source = HTML(string=html, base_url=BASE_URL, url_fetcher=ClosedFetcher(base_dir, loaded))
            check_tree(source.etree_element)
            _check_identity(source)
            check_glyphs(source.etree_element, fonts)
            keep_words_in(source.etree_element)
            mark_places(source.etree_element)
            sheets = taken_out(source.etree_element, base_dir, _font_configuration())
            document = _laid_out(source, [*sheets, *style_sheet(options)], options)
            identifier = fingerprint(html, loaded, options)[:32].encode()
            settled = Settled(stamp_places(document))
            warnings = (*coarse_pictures(document), *(dull_colours(document) if options.bleed_mm else ()))
            extend_into_bleed(document, options)
            announce(document, options.variant)
            link_once(document)

            def finish(document: Document, pdf: Any) -> None:
                settled(document, pdf)
                sharpen(pdf, options.variant)

            data = document.write_pdf(
                pdf_variant=options.variant, pdf_tags=True, pdf_identifier=identifier, finisher=finish)
        except FatalURLFetchingError as error:
            raise _as_render_error(error, html) from error
        except RecursionError as error:
            raise RenderError("글이나 꾸밈 규칙이 너무 깊게 겹쳐 있습니다.") from error
    if complaints:
        raise RenderError("; ".join(dict.fromkeys(complaints))[:600])
    _check_fonts(document, options.family)
    return RenderedPdf(data, len(document.pages), hashlib.sha256(data).hexdigest(), tuple(settled.places), warnings)


@lru_cache(maxsize=1)
def _font_configuration() -> FontConfiguration:
    """One for all documents: loading the faces costs more than a page. Its unpacked fonts go when we go."""
    atexit.register(_font_configuration.cache_clear)
    return FontConfiguration()


def _check_identity(source: HTML) -> None:
    """PDF/UA-1 §7.1 and §7.2: a document says its title and its language."""
    if not (source.etree_element.get("lang") or "").strip():
        raise RenderError("문서의 언어(lang)가 없습니다.", place="<html>")
    title = source.etree_element.find("head/title")
    if title is None or not (title.text or "").strip():
        raise RenderError("문서의 제목(title)이 없습니다.", place="<head>")


def _laid_out(source: HTML, sheets: list[CSS], options: RenderOptions) -> Document:
    """Lay out, tightening overflowing boxes step by step, until everything fits."""
    for _ in range(_MAX_LAYOUTS):
        document = source.render(
            font_config=_font_configuration(), stylesheets=sheets, pdf_variant=options.variant,
            pdf_tags=True, dpi=options.image_dpi)
        full = overflows(document)
        if not full:
            break
        tighten(source.etree_element, full)
    else:
        raise RenderError("글이 칸을 넘칩니다. 내용을 줄여 주세요.", place=full[0].place)
    if len(document.pages) > _MAX_PAGES:
        raise RenderError(f"문서가 너무 깁니다({_MAX_PAGES}쪽까지 만들 수 있습니다).")
    if options.pages is not None and len(document.pages) != options.pages:
        raise RenderError(f"{options.pages}쪽이어야 하는데 {len(document.pages)}쪽이 되었습니다.")
    check_inside_pages(document)
    if options.contrast:
        check_contrast(document)
    for page in document.pages:
        page.bookmarks[:] = [(level, label.replace(JOINER, ""), *rest) for level, label, *rest in page.bookmarks]
    return document


def _check_fonts(document: Document, family: str) -> None:
    """Another family in the file means that a character fell back to a system font, another one on each machine."""
    for font in document.fonts.values():
        if font.family != family:
            raise RenderError(f"준비된 글꼴이 아닌 ‘{font.family}’이(가) 쓰였습니다.")


@contextlib.contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what WeasyPrint merely logs (unknown properties, unreadable pictures, missing alternative texts)."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger, handler = logging.getLogger("weasyprint"), Collector(logging.WARNING)
    # a logging configuration loaded elsewhere may have switched it off or down (outreach.logs does)
    level, logger.disabled = logger.level, False
    logger.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _as_render_error(error: FatalURLFetchingError, html: str) -> RenderError:
    """Turn a refused or failed address into our error, adding the line of the HTML that names it."""
    cause = error.__cause__
    if not isinstance(cause, RenderError):
        return RenderError(f"불러올 수 없습니다: {cause}")
    address = cause.place.removeprefix(BASE_URL)
    at = html.find(address)
    line = f" ({html.count(chr(10), 0, at) + 1}번째 줄)" if address and at >= 0 else ""
    return RenderError(cause.reason, place=f"{address}{line}")
