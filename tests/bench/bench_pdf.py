"""`make bench-pdf`: how long an eight-page brochure takes, cold, warm and by the page; what 200 partners' editions cost
when each is rendered and when they are stamped onto one base; and a bundle of them as a zip.

Beside it Chromium's print of the same HTML and Typst with the same words. The base's own rendering is left out of the
editions, its preparation (once per document) and each partner's logo (once per partner) are named.
"""

from __future__ import annotations

import io
import statistics
import zipfile
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageDraw

from cases.documents.kinds.brochure import KIND, PAGES, Brochure
from outreach.pdf.base import Base, prepare
from outreach.pdf.marks import Logo, logo
from outreach.pdf.options import RenderedPdf, RenderOptions
from outreach.pdf.pictures import Purpose, check_picture
from outreach.pdf.stamp import Edition, stamp
from outreach.pdf.templates import environment
from outreach.pdf.worker import PdfWorker
from tests.bench.bench_brochure import timed, warm
from tests.bench.table import show
from tests.cases.paper import ASSETS, CONTACT, STATIC, TEMPLATES, brochure

PARTNERS = 200
RENDERED = 8  # of the 200 editions are really rendered for comparison; the rest is the same again
FIRST_NUMBERS = range(1000, 4000, 2 * PARTNERS)  # partners not met before, each time
MUST, AIM = 100, 300
WARM_SECONDS = 0.6


def main() -> None:
    env = environment(TEMPLATES)
    content = brochure(partners=(), cases=brochure().cases[:2])  # fits at once
    html, options = KIND.to_html(env, content), RenderOptions(pages=PAGES)
    cold = statistics.median(timed(lambda: _cold(html, options)) for _ in range(3))
    with PdfWorker(STATIC) as worker:
        rendered = worker.render(html, assets=ASSETS, options=options)
        eight = warm(lambda: worker.render(html, assets=ASSETS, options=options))
        tight = KIND.to_html(env, brochure(partners=()))  # a box is full: laid out twice
        tightened = warm(lambda: worker.render(tight, assets=ASSETS, options=options))
        four = warm(lambda: worker.render(_shortened(html, 4), assets=ASSETS))
        each = [KIND.to_html(env, _for_partner(content, number)) for number in range(RENDERED)]
        rerendered = statistics.median(
            timed(lambda page=page: worker.render(page, assets=ASSETS, options=options)) for page in each)
    _show_rendering(html, content, cold, eight, tightened, (eight - four) / 4)
    _show_editions(rendered, rerendered)


def _cold(html: str, options: RenderOptions) -> None:
    with PdfWorker(STATIC) as worker:
        worker.render(html, assets=ASSETS, options=options)


def _shortened(html: str, pages: int) -> str:
    """The first pages of a document."""
    head, *sections = html.split('<section class="page')
    return head + "".join(f'<section class="page{section}' for section in sections[:pages]) + "</body></html>"


def _for_partner(content: Brochure, number: int) -> Brochure:
    """What a partner's edition would have to be rendered from."""
    contact = replace(CONTACT, url=_url(number), centre=_name(number))
    return replace(content, contact=contact)


def _show_rendering(html: str, content: Brochure, cold: float, eight: float, tightened: float, page: float) -> None:
    from tests.bench.pdf_peers import Typst, chromium, chromium_cold, for_chromium  # only here: optional packages

    printable = for_chromium(html)
    with chromium() as browser:
        chromium_warm = warm(lambda: browser(printable))
    names = iter(range(1000))
    compiler = Typst(content)
    typst_cold = timed(lambda: compiler.compile("처음"))
    rows = [
        ("8 pages, warm", eight, "ms"),
        ("8 pages with a box set tighter, warm", tightened, "ms"),
        ("8 pages, process and imports included", cold, "ms"),
        ("a page more, warm", page, "ms"),
        ("Chromium's print, warm", chromium_warm, "ms"),
        ("Chromium's print, its start included", statistics.median(
            timed(lambda: chromium_cold(printable)) for _ in range(3)), "ms"),
        ("Typst, warm, another name each time", warm(lambda: compiler.compile(f"협력기관 {next(names)}")), "ms"),
        ("Typst, the first time", typst_cold, "ms"),
    ]
    show(rows)
    print(f"8 pages warm {eight / 1000:.2f} s (must be under {WARM_SECONDS:g} s)\n")


def _show_editions(rendered: RenderedPdf, rerendered: float) -> None:
    prepared = statistics.median(timed(lambda: prepare(rendered.data, rendered.stamps)) for _ in range(5))
    base = prepare(rendered.data, rendered.stamps)
    uploads = [check_picture(_logo_png(number), Purpose.LOGO).data for number in range(PARTNERS)]
    logos: list[Logo] = []
    with_logos = timed(lambda: logos.extend(logo(data) for data in uploads)) / PARTNERS
    stamp(base, _edition(0, logos[0]))  # the faces are opened once in a process
    made = statistics.median(timed(lambda first=first: _stamped(base, logos, first)) for first in FIRST_NUMBERS)
    zipped = statistics.median(timed(lambda first=first: _bundle(base, logos, first)) for first in FIRST_NUMBERS)
    rows = [
        ("rendering each of 200 editions", 1000 / rerendered, "editions/s"),
        ("stamping 200 editions", 1000 * PARTNERS / made, "editions/s"),
        ("stamping, logos made ready each time", 1000 / (made / PARTNERS + with_logos), "editions/s"),
        ("zip of 200, streamed", 1000 * PARTNERS / zipped, "editions/s"),
    ]
    show(rows)
    print(f"200 editions in {made / 1000:.2f} s against {rerendered * PARTNERS / 1000:.0f} s; "
          f"{rerendered * PARTNERS / made:.0f} x (must {MUST}, aim {AIM}); the base made ready in {prepared:.0f} ms, "
          f"a logo in {with_logos:.1f} ms; an edition adds {_added(base, logos[0]) / 1024:.0f} KB to "
          f"{len(rendered.data) / 1024:.0f}")


def _stamped(base: Base, logos: Sequence[Logo], first: int) -> None:
    """Each edition is let go when it is made, as when it is sent."""
    for number, mark in enumerate(logos, start=first):
        stamp(base, _edition(number, mark))


def _bundle(base: Base, logos: Sequence[Logo], first: int) -> None:
    """A zip written as it is made; what is written is let go."""
    with zipfile.ZipFile(_Sink(), "w", zipfile.ZIP_STORED) as archive:
        for number, mark in enumerate(logos, start=first + PARTNERS):
            archive.writestr(f"{_name(number)}.pdf", stamp(base, _edition(number, mark)))


class _Sink(io.RawIOBase):
    """Takes everything, keeps nothing, can't seek: as a connection does."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return len(data)  # type: ignore[arg-type]


def _added(base: Base, mark: Logo) -> int:
    return len(stamp(base, _edition(0, mark))) - len(base.data)


def _edition(number: int, mark: Logo) -> Edition:
    return Edition(
        _name(number), f"기업지원팀 02-{number:03}-4567", mark, f"#{number * 7919 % 0xFFFFFF:06x}", _url(number),
        f"donghaeng.example/{number:06}")


def _name(number: int) -> str:
    complexes = ("한빛", "새길", "푸른들", "온누리", "가람", "다온", "마루", "해오름", "솔빛", "은하")
    kinds = ("산업단지관리공단", "상공회의소", "중소기업협회", "경영자총협회", "여성인력개발센터")
    return f"{complexes[number % 10]}{kinds[number // 10 % 5]} 제{number % 97}지부"


def _url(number: int) -> str:
    return f"https://donghaeng.example/r/7K2M9abcdefghijklmnop-{number:09}"


def _logo_png(number: int) -> bytes:
    """A mark with round and square parts, on transparent ground."""
    picture = Image.new("RGBA", (480, 160), (0, 0, 0, 0))
    draw, colour = ImageDraw.Draw(picture), (number % 200, number * 7 % 200, number * 13 % 200, 255)
    draw.ellipse((4, 4, 152, 152), fill=colour)
    for part in range(5):
        draw.rectangle((180 + part * 58, 30 + part * 6, 220 + part * 58, 130), fill=colour)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    main()
