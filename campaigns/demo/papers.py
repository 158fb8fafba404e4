"""The demo's documents and case sheets: really rendered, published by a second person, given to partners."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from campaigns.demo.stories import Stage, version_on
from campaigns.planning import materials as planned
from campaigns.planning.materials import PLACES
from cases.documents import service as documents
from cases.documents.kinds import KINDS
from cases.documents.kinds.base import Kind
from cases.library.rules import CaseState
from cases.materials import grants, terms
from cases.materials import service as materials
from cases.materials.models import Edition, Material
from cases.materials.rules import Way
from cases.sheets.licences import Licence
from outreach.clock import kst_today
from outreach.demo import content as told
from outreach.jobs.runner import JobSource

#: The campaign whose partners get the case sheets.
SHEETS_FOR = "spring"


def order_papers(stage: Stage, app: Flask, templates: Path) -> Iterator[Edition]:
    """Documents with their campaign's QR code, and a sheet of every published case; rendered by jobs."""
    for row, kind, values in _documents(stage):
        author = stage.people[row.author]
        document = documents.create(
            stage.session, author.scope(), stage.actor(row.author), kind, values, now=stage.setting.now
        )
        material = materials.of_document(stage.session, author.scope(), document, now=stage.setting.now)
        yield _ordered(stage, app, templates, material, row.author, row.campaign)
    author = stage.people["promotion"]
    for case in stage.cases.values():
        if case.state is CaseState.PUBLISHED and case.centre_id == author.centre_id:
            material = materials.of_case(stage.session, author.scope(), case, now=stage.setting.now)
            yield _ordered(stage, app, templates, material, "promotion", SHEETS_FOR)


def _ordered(
    stage: Stage, app: Flask, templates: Path, material: Material, author: str, campaign_key: str
) -> Edition:
    """The material's edition with the code of a campaign, which uses it from now on."""
    scope, actor, campaign = stage.people[author].scope(), stage.actor(author), stage.campaigns[campaign_key]
    licence = Licence.KOGL_4 if material.case_id else Licence.KOGL_1  # a company's pictures are not for sale
    terms.set_licence(stage.session, actor, material, licence.value, now=stage.setting.now)
    planned.add(stage.session, scope, actor, campaign, material.id, now=stage.setting.now)
    return planned.request_edition(
        stage.session, scope, actor, campaign, material.id, templates, app.extensions.get(PLACES), now=stage.setting.now
    )


def _documents(stage: Stage) -> Iterator[tuple[told.Brochure | told.Document, Kind, dict[str, object]]]:
    for brochure in stage.content.brochures:
        yield brochure, KINDS["brochure"], _values(stage, brochure, _brochure_texts(brochure))
    for row in stage.content.documents:
        kind = KINDS[row.kind]
        yield row, kind, _values(stage, row, kind.opening() | row.texts)


def _values(
    stage: Stage, row: told.Brochure | told.Document, texts: Mapping[str, str]
) -> dict[str, object]:
    """A document's words by slot, and what it shows by id."""
    today = kst_today(stage.setting.now)
    shown = [stage.cases[key] for key in row.cases]
    return {
        "title": row.title, "subtitle": row.subtitle, "style": row.style, "texts": dict(texts),
        "case_ids": [case.id for case in shown if case.state is CaseState.PUBLISHED],
        "programme_ids": [version_on(stage.session, code, today).id for code in row.programmes],
        "organisation_ids": [stage.partners[key].id for key in row.partners],
    }


def _brochure_texts(brochure: told.Brochure) -> dict[str, str]:
    texts = {
        "why_title": brochure.why.title, "why_lead": brochure.why.lead,
        "why_text": "\n\n".join(brochure.why.paragraphs),
        "apply_title": brochure.apply.title, "apply_lead": brochure.apply.lead,
        "apply_text": "\n\n".join(brochure.apply.paragraphs), "audience": "\n".join(brochure.audience),
        "checklist": "\n".join(brochure.checklist), "sources": "\n".join(brochure.sources),
    }
    for number, step in enumerate(brochure.steps, 1):
        texts |= {f"step{number}_title": step.title, f"step{number}_when": step.when, f"step{number}_text": step.text}
    for number, figure in enumerate(brochure.figures, 1):
        texts |= {
            f"figure{number}_label": figure.label, f"figure{number}_value": figure.value,
            f"figure{number}_unit": figure.unit, f"figure{number}_source": figure.source,
        }
    return texts


def render_all(app: Flask) -> int:
    """Run the queued jobs here and now; how many."""
    source, done = JobSource(app), 0
    while source.step():
        done += 1
    return done


def already_made(session: Session) -> bool:
    """Whether the demo came to its last step: its papers are published, or it is known why not."""
    ended = sa.or_(Edition.published_at.is_not(None), Edition.error != "")
    return session.scalar(sa.select(Edition.id).where(ended).limit(1)) is not None


def publish(stage: Stage, editions: list[int]) -> list[str]:
    """The manager publishes what came out; the titles of what did not. Partners have downloaded the first."""
    failed, chance = [], random.Random(3)  # noqa: S311 - invented data
    for edition_id in editions:
        edition = stage.session.get_one(Edition, edition_id, populate_existing=True)
        if edition.error:
            failed.append(f"{edition.material.title}: {edition.error}")
            continue
        materials.publish(stage.session, stage.actor("manager"), edition, acknowledged=True, now=stage.setting.now)
        for grant in grants.of_material(stage.session, edition.material):
            for _ in range(chance.randrange(0, 5)):
                at = stage.setting.now - timedelta(minutes=chance.randrange(1, 600))
                materials.count_download(
                    stage.session, edition.id, Way.PORTAL, organisation_id=grant.organisation_id, user_id=None, now=at
                )
    return failed
