"""Style sheets, read once in a process: a document is often laid out twice, and the next one has the same."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element

from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration

from outreach.pdf.fetcher import BASE_URL, ClosedFetcher

# What a style sheet says to the whole document; WeasyPrint takes it from the document's own ones only.
_KEPT_INSIDE = ("@counter-style", "@color-profile", "@layer")


def taken_out(root: Element, base_dir: Path, fonts: FontConfiguration) -> list[CSS]:
    """The style sheets of a document, taken out of it: all or none, since those inside outrank the others. They keep
    their order and stay below its style attributes.

    What WeasyPrint has to say of one is said again each time it is used.

    :raises FatalURLFetchingError: a style sheet asks for what lies outside.
    """
    sheets: list[CSS] = []
    elements = list(root.iter("style"))
    linked = any(element.get("rel") == "stylesheet" for element in root.iter("link"))
    if linked or any(element.get("media") or any(word in (element.text or "") for word in _KEPT_INSIDE)
                     for element in elements):
        return sheets
    for element in elements:
        sheet, said = _read(element.text or "", base_dir, fonts)
        for level, message in said:
            logging.getLogger("weasyprint").log(level, message)
        sheets.append(sheet)
        element.text = None
    return sheets


@lru_cache(maxsize=64)
def _read(text: str, base_dir: Path, fonts: FontConfiguration) -> tuple[CSS, tuple[tuple[int, str], ...]]:
    with _heard() as said:
        sheet = CSS(string=text, base_url=BASE_URL, url_fetcher=ClosedFetcher(base_dir, {}), font_config=fonts)
    return sheet, tuple(said)


@contextlib.contextmanager
def _heard() -> Iterator[list[tuple[int, str]]]:
    """What WeasyPrint logs meanwhile, kept from all other ears."""
    said: list[tuple[int, str]] = []

    def listen(record: logging.LogRecord) -> bool:
        said.append((record.levelno, record.getMessage()))
        return False

    logger = logging.getLogger("weasyprint")
    logger.addFilter(listen)
    try:
        yield said
    finally:
        logger.removeFilter(listen)
