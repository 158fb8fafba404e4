"""The peers of `make bench-pdf`: Chromium's print of the same HTML, and Typst with the same words and pictures."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typst
from playwright.sync_api import sync_playwright

from cases.documents.kinds.brochure import Brochure
from outreach.pdf.qr import QUIET, qr_svg
from tests.cases.paper import ASSETS, STATIC

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "chromium")
_FONTS = STATIC / "vendor" / "pretendard-gov"


def for_chromium(html: str) -> str:
    """The renderer's HTML with its pictures inside and its other files found below static/."""
    for name, body in ASSETS.items():
        html = html.replace(f"asset:{name}", f"data:image;base64,{base64.b64encode(body).decode()}")
    return html.replace("<head>", f'<head><base href="{STATIC.as_uri()}/">', 1)


@contextmanager
def chromium() -> Iterator[Callable[[str], bytes]]:
    """Prints with a browser that is running, over its debugging protocol; tagged, as ours are."""
    with sync_playwright() as engine, tempfile.TemporaryDirectory() as folder:
        browser = engine.chromium.launch(executable_path=_CHROMIUM)
        page, file = browser.new_page(), Path(folder, "brochure.html")

        def render(html: str) -> bytes:
            file.write_text(html)
            page.goto(file.as_uri())
            return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)

        yield render
        browser.close()


def chromium_cold(html: str) -> None:
    """Prints with a browser started for it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "brochure.html").write_text(html)
        subprocess.run(
            [_CHROMIUM, "--headless", "--no-sandbox", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile",
             f"--print-to-pdf={folder}/out.pdf", f"{folder}/brochure.html"],
            check=True, capture_output=True)


class Typst:
    """Compiles the words of a brochure, eight pages, tagged (PDF/UA-1), in this process."""

    def __init__(self, brochure: Brochure):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "main.typ").write_text(_SOURCE)
        (folder / "photo.jpg").write_bytes(ASSETS["photo"])
        (folder / "logo.png").write_bytes(ASSETS["logo"])
        (folder / "qr.svg").write_text(qr_svg(brochure.contact.url, "QR", QUIET))
        (folder / "content.json").write_text(json.dumps(_content(brochure), ensure_ascii=False))
        self._compiler = typst.Compiler(folder / "main.typ", font_paths=[_FONTS], ignore_system_fonts=True)

    def compile(self, partner: str) -> bytes:
        """The brochure with a partner's name, so that not all is taken from its cache."""
        return self._compiler.compile(
            format="pdf", sys_inputs={"partner": partner}, pdf_standards="ua-1")  # type: ignore[return-value]


def _content(brochure: Brochure) -> dict[str, object]:
    return {
        "title": brochure.title, "subtitle": brochure.subtitle, "centre": brochure.contact.centre,
        "phone": brochure.contact.phone, "address": brochure.contact.address,
        "sections": [[part.title, part.lead, *part.paragraphs] for part in (brochure.why, brochure.apply)],
        "audience": brochure.audience, "checklist": brochure.checklist, "sources": brochure.sources,
        "steps": [[step.title, step.text] for step in brochure.steps],
        "programmes": [[card.name, card.summary, *(f"{sum.label} {sum.value}{sum.unit}" for sum in card.amounts),
                        *card.conditions, card.period, card.basis, card.source] for card in brochure.programmes],
        "cases": [[card.title, card.company, card.summary, card.quote.text if card.quote else ""]
                  for card in brochure.cases],
    }


_SOURCE = """
#let c = json("content.json")
#set document(title: c.title)
#set page(paper: "a4", margin: 18mm)
#set text(font: "Pretendard GOV", size: 9.5pt, lang: "ko")
#let band(body) = block(fill: rgb("#2340c4"), inset: 12mm, width: 100%, text(fill: white, body))
#let card(parts) = block(stroke: (top: 1.5pt + rgb("#2340c4")), inset: 8pt, width: 100%, grid(
  columns: (50mm, 1fr), text(size: 15pt, weight: "bold", parts.at(2)),
  [*#parts.at(0)* \\ #parts.slice(1).join(linebreak())]))
#band[= #c.title
  #c.subtitle]
#v(1fr) #image("logo.png", width: 40mm, alt: "로고") *#sys.inputs.partner* #c.centre #c.phone
#pagebreak()
#let section(parts) = [== #parts.at(0)
  #for part in parts.slice(1) [#part #parbreak()]]
#section(c.sections.at(0)) #list(..c.audience)
#pagebreak()
#for (number, step) in c.steps.enumerate() [#circle(radius: 12mm, fill: rgb("#a9b6f0")) == #step.at(0)
  #step.at(1)]
#pagebreak()
#for parts in c.programmes.slice(0, 2) { card(parts) }
#pagebreak()
#for parts in c.programmes.slice(2) { card(parts) }
#pagebreak()
#image("photo.jpg", width: 100%, height: 90mm, fit: "cover", alt: "작업장")
#for parts in c.cases [== #parts.at(0)
  #parts.slice(1).join(linebreak())]
#pagebreak()
#section(c.sections.at(1)) #image("qr.svg", width: 48mm, alt: "QR") #c.address #list(..c.checklist)
#pagebreak()
#band[= #c.phone
  #c.centre #c.address]
#list(..c.sources)
"""
