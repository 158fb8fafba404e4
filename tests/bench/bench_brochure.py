"""Milliseconds for a brochure of eight pages, in a fresh process and in one that is warm. The limit beside it: eight
trivial pages of one line through the same renderer, fonts and settings."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from cases.documents.kinds.base import Style
from cases.documents.kinds.brochure import KIND, PAGES
from outreach.pdf.options import RenderOptions
from outreach.pdf.templates import environment
from outreach.pdf.worker import PdfWorker
from tests.bench.table import show
from tests.cases.paper import ASSETS, STATIC, TEMPLATES, brochure

LINE = "<p>육아휴직을 쓰는 직원의 자리를 채울 사람을 찾아 드립니다.</p>"
STYLESHEET = (
    "@font-face { font-family: 'Pretendard GOV'; src: url(vendor/pretendard-gov/PretendardGOV-Regular.ttf) }"
    " @page { size: A4 } body { font-family: 'Pretendard GOV' }"
    " p { break-after: page } p:last-child { break-after: auto }"
)
TRIVIAL = (
    f'<!doctype html><html lang="ko"><head><title>한 줄</title><style>{STYLESHEET}</style></head>'
    f"<body>{LINE * PAGES}</body></html>"
)


def main() -> None:
    env = environment(TEMPLATES)
    documents = {style: KIND.to_html(env, brochure(style=style)) for style in Style}
    first, options = next(iter(documents.values())), RenderOptions(pages=PAGES)
    cold = []
    for _ in range(3):
        worker = PdfWorker(STATIC)
        cold.append(timed(lambda worker=worker: worker.render(first, assets=ASSETS, options=options)))
        worker.close()
    worker = PdfWorker(STATIC)
    try:
        worker.render(first, assets=ASSETS, options=options)
        rows = [("limit: eight trivial pages, warm", warm(lambda: worker.render(TRIVIAL, options=options)), "ms")]
        for style, html in documents.items():
            seconds = warm(lambda html=html: worker.render(html, assets=ASSETS, options=options))
            rows.append((f"brochure '{style.value}', warm", seconds, "ms"))
    finally:
        worker.close()
    rows.append(("brochure, process and imports included", statistics.median(cold), "ms"))
    show(rows)


def warm(act: Callable[[], Any], times: int = 5) -> float:
    """Milliseconds, the middle one of ``times`` runs after a first."""
    act()
    return statistics.median(timed(act) for _ in range(times))


def timed(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
