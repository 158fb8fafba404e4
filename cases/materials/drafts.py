"""The pages of a document that is still being written, as they will be: rendered like an edition, kept for an hour."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from cases.documents import places
from cases.documents.kinds import KINDS
from cases.documents.kinds.base import Chosen, Kind
from cases.documents.printing import missing, read_back
from cases.documents.service import NO_TITLE
from cases.library.models import Case
from cases.library.rules import ConsentScope
from cases.library.veil import Veil
from cases.materials import paper, store
from cases.materials.jobs import pdf_worker, templates_folder
from outreach.clock import kst_today
from outreach.db import db, reading
from outreach.errors import DomainError
from outreach.feature import JobKind
from outreach.jobs import service as jobs
from outreach.jobs.models import Job
from outreach.jobs.runner import JobContext
from outreach.pdf.errors import RenderError
from outreach.programmes.models import Payee, Programme, ProgrammeVersion
from outreach.regions.models import Centre, Certainty
from outreach.wording import Text

PREVIEW = "materials.preview"
FOLDER = "previews"
KEEP = timedelta(hours=1)
#: Of a page's picture in pixels: to be read, not only recognised.
PAGE_WIDTH = 960


def request(
    session: Session, kind_name: str, content: Mapping[str, Any], *, centre_id: int | None, user_id: int | None,
    now: datetime,
) -> Job:
    """Have the pages drawn that ``content`` (cases.documents.versions.snapshot) would give. Its result is
    ``{"sha256", "pages"}``, or ``{"faults"}`` (cases.documents.places.faults) when it can't be printed as it stands,
    each with ``missing``: what has to be added before it can be given out."""
    payload = {"kind": kind_name, "content": dict(content), "centre_id": centre_id}
    return jobs.enqueue(session, PREVIEW, payload, now=now, user_id=user_id)


def draw(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """One preview; what is wrong with the words is its result, no failure."""
    settings = context.app.extensions["outreach"].settings
    folder = settings.folder(FOLDER)
    sweep(folder, context.clock.now())
    kind_name, content = str(payload["kind"]), payload["content"]
    templates, lacking = templates_folder(context.app), []
    try:
        with reading():
            kind, written, shown = read_back(db.session, kind_name, content)
            lacking = missing(kind, written.texts, shown)
            if written.title == NO_TITLE:
                lacking.insert(0, Text("제목을 적어 주세요."))
            centre = db.session.get(Centre, payload["centre_id"]) if payload.get("centre_id") else None
            draft = paper.sketch(
                db.session, templates, kind, written, padded(kind, shown), centre, day=kst_today(context.clock.now())
            )
            assets = draft.assets(settings.folder("uploads"))
            db.session.rollback()
        pdf = pdf_worker(context.app).render(draft.html, assets=assets, options=draft.options)
    except RenderError as error:
        db.session.rollback()
        fault = {"place": error.place, "reason": error.reason, "slots": places.boxed(KINDS[kind_name], error.place)}
        return {"faults": [fault], "missing": lacking}
    except DomainError as error:
        db.session.rollback()
        return {"faults": places.faults(KINDS[kind_name], error), "missing": lacking}
    store.keep(folder, pdf.data, pdf.sha256, width=PAGE_WIDTH)
    return {"sha256": pdf.sha256, "pages": pdf.pages, "missing": lacking}


def padded(kind: Kind, shown: Chosen) -> Chosen:
    """``shown`` with as many stand-ins as the kind asks for at least, so that its pages can be seen from the start."""
    def fill(records: str, stand_in: Callable[[], Any]) -> tuple[Any, ...]:
        rows = getattr(shown, records)
        return (*rows, *(stand_in() for _ in range(kind.limits.get(records, (0, 0))[0] - len(rows))))

    return Chosen(fill("cases", _a_case), fill("programmes", _a_programme), shown.organisations)


def _a_case() -> Case:
    texts = dict.fromkeys(
        ("system", "effect", "quote", "quote_by", "costs", "industry", "section", "planner_name"), "",
    )
    return Case(
        headline="여기에 사례가 들어갑니다", display_name="회사 이름", problem="어려움",
        summary="위에서 사례를 고르면 그 요약이 보입니다.", figures=[], advice=[], keywords=[], fictional=False,
        steps=[{"title": "한 일", "text": "", "when": ""}], consent_scope=ConsentScope.ANONYMOUS, veil=Veil.TRADE,
        outlets=[], photos=[], **texts,
    )


def _a_programme() -> ProgrammeVersion:
    return ProgrammeVersion(
        programme=Programme(name_ko="여기에 지원제도가 들어갑니다", payee=Payee.EMPLOYER, agency=""),
        summary_ko="위에서 지원제도를 고르면 그 내용이 보입니다.", amounts=[], conditions="", apply_at="",
        legal_basis="", source="", period="", certainty=Certainty.RECALLED,
    )


def sweep(folder: Path, now: datetime) -> None:
    """Take away what was drawn more than KEEP ago."""
    before = (now - KEEP).timestamp()
    for place in folder.glob("??/*"):
        if place.is_dir() and place.stat().st_mtime < before:
            shutil.rmtree(place, ignore_errors=True)


KIND = JobKind(PREVIEW, _l("원고 미리보기"), draw)
