"""A letter that is rendered once, and a campaign whose audience holds companies without e-mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from campaigns.audience.models import Audience
from campaigns.post import letter
from campaigns.post.models import PostRun
from campaigns.post.rules import FOLDER, FOLDS, Window
from cases.materials import store
from cases.materials.jobs import WORKER
from outreach.db import db
from outreach.jobs.runner import JobSource
from outreach.pdf.options import RenderedPdf
from outreach.pdf.templates import environment
from outreach.pdf.worker import PdfWorker
from outreach.scope import Role
from tests.campaigns.post.making import Setting, make_run
from tests.campaigns.responses.making import make_campaign
from tests.people import NOW, make_centre, make_user

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "static"


@pytest.fixture(scope="session")
def pdf_worker() -> Iterator[PdfWorker]:
    with PdfWorker(STATIC) as worker:
        yield worker


@pytest.fixture(scope="session")
def base(pdf_worker: PdfWorker) -> RenderedPdf:
    """A letter of one page without its reader."""
    run = SimpleNamespace(
        subject="무료 방문 상담 안내", sender_name="서울관악고용센터", sender_phone="02-000-0000",
        sender_postal="08392 서울특별시 구로구 시험로 42",
    )
    blocks = [letter._shown(dict(block), None, date(2026, 11, 28)) for block in letter.FIRST]
    html = environment(ROOT / "templates").get_template("pdf/letter/letter.html").render(
        run=run, letters=[blocks], anchor=letter.anchor, day=date(2026, 11, 28), folds=FOLDS,
        sender_at=letter.sender_at(Window()), fictional=False,
    )
    return pdf_worker.render(html)


@pytest.fixture
def work(app: Flask, pdf_worker: PdfWorker) -> Callable[[], None]:
    """Runs what waits in the background, with the worker of all tests."""
    app.extensions[WORKER] = pdf_worker

    def run() -> None:
        db.session.commit()
        source = JobSource(app)
        while source.step():
            pass
        db.session.expire_all()

    return run


@pytest.fixture
def setting(app: Flask, base: RenderedPdf) -> Setting:
    """A centre's officer with a campaign, its audience of everyone, and a run whose letter is rendered."""
    centre = make_centre()
    centre.address = "08392 서울특별시 구로구 시험로 42"
    officer = make_user(Role.PROMOTION, centre=centre)
    campaign = make_campaign(centre)
    audience = Audience(
        campaign=campaign, name="모두", conditions={"recent_days": 0}, created_at=NOW, updated_at=NOW
    )
    db.session.add(audience)
    db.session.flush()
    store.keep(app.extensions["outreach"].settings.folder(FOLDER), base.data, base.sha256)
    run: PostRun = make_run(campaign, audience, base)
    return Setting(app, centre, officer, campaign, audience, run, base)
