"""Milliseconds for a thousand letters as one file, drawn on one rendered base. The limit beside it: what the thousand
QR codes alone take; below, what rendering each letter by itself would take."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from campaigns.planning.models import Campaign
from campaigns.post import letter, printing
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import FOLDS, Window, letter_code
from outreach.pdf.qr import qr_code
from outreach.pdf.templates import environment
from outreach.pdf.worker import PdfWorker
from tests.bench.bench_brochure import warm
from tests.bench.table import show
from tests.cases.paper import STATIC, TEMPLATES

LETTERS = 1_000


def address(item: PostItem) -> str:
    return f"https://outreach.example/p/cAHk8sdfsdf{item.position:08}"


def main() -> None:
    run = PostRun(
        id=1, name="편지", subject=letter.FIRST_SUBJECT, salutation=letter.FIRST_SALUTATION, sender_name="고용센터",
        sender_phone="02-000-0000", sender_postal="08392 서울특별시 구로구 시험로 42", window=Window().to_json(),
    )
    run.campaign = Campaign(name="캠페인")
    items = [
        PostItem(
            position=place, code=letter_code(1, place), name=f"시험정밀{place}",
            person="김민수 과장" if place % 2 else "",
            address=f"서울특별시 구로구 시험로{place}길 30, 시험타워 {place}호", postcode=f"{place + 3000:05}",
        ) for place in range(1, LETTERS + 1)
    ]
    html = environment(TEMPLATES).get_template("pdf/letter/letter.html").render(
        run=SimpleNamespace(**{name: getattr(run, name) for name in ("subject", "sender_name", "sender_phone",
                                                                     "sender_postal")}),
        letters=[[letter._shown(dict(block), None, date(2026, 11, 28)) for block in letter.FIRST]],
        anchor=letter.anchor,
        day=date(2026, 11, 28), folds=FOLDS, sender_at=104.0, fictional=False,
    )
    worker = PdfWorker(STATIC)
    try:
        base = worker.render(html).data
        one = warm(lambda: worker.render(html))
    finally:
        worker.close()
    show([
        ("limit: a thousand QR codes", warm(lambda: [qr_code(address(item)) for item in items], 3), "ms"),
        ("a thousand letters on one base", warm(lambda: printing.letters(STATIC, run, items, base, address), 3), "ms"),
        ("each rendered by itself (one, scaled)", LETTERS * one, "ms"),
        ("a thousand labels", warm(lambda: printing.labels(STATIC, run, items, "LS-3108"), 3), "ms"),
        ("their list for the post office", warm(
            lambda: printing.hand_over(STATIC, run, items, date(2026, 11, 28)), 3), "ms"),
    ])


if __name__ == "__main__":
    main()
