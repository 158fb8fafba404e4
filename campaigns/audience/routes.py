"""Pages of audiences: conditions with a live count, the people behind it, and the list on a campaign's page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from campaigns.audience import listing, service
from campaigns.audience.choices import Choices, choices_for, in_words, show_chosen
from campaigns.audience.forms import AudienceForm
from campaigns.audience.history import KEY, History, NoHistory
from campaigns.audience.models import Audience
from campaigns.audience.rules import EXCLUSION_HINTS, EXCLUSION_LABELS, Conditions
from campaigns.audience.service import Question
from campaigns.audience.users import KEY as USERS
from campaigns.audience.users import nobody
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db, reading
from outreach.errors import DomainError, Forbidden, NotFound
from outreach.scope import EDITOR_ROLES, Scope
from outreach.web import access, xlsx
from outreach.web.language import translated

blueprint = Blueprint("audiences", __name__, url_prefix="/campaigns/<int:campaign_id>/audiences")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _history() -> History:
    return current_app.extensions.get(KEY) or NoHistory()


def _choices(campaign: Campaign) -> Choices:
    return choices_for(db.session, campaign, _history(), kst_today(_now()))


def _question(campaign: Campaign, conditions: Conditions, advertising: bool) -> Question:
    return Question(conditions, campaign.centre_id, advertising, _history(), _now())


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"EXCLUSIONS": EXCLUSION_LABELS, "EXCLUSION_HINTS": EXCLUSION_HINTS}


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def create(campaign_id: int) -> Any:
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    return _editor(campaign, None)


@blueprint.route("/<int:audience_id>", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def edit(campaign_id: int, audience_id: int) -> Any:
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    return _editor(campaign, service.get(db.session, campaign, audience_id))


def _editor(campaign: Campaign, audience: Audience | None) -> Any:
    choices = _choices(campaign)
    form = AudienceForm()
    if audience is not None:
        stored = service.parse(audience.conditions)
        show_chosen(db.session, stored, choices)
        if request.method == "GET":
            form.show(audience, stored)
    form.offer(choices)
    if form.validate_on_submit() and (saved := _saved(campaign, audience, form)):
        flash(_("저장했습니다."), "success")
        return redirect(url_for(".edit", campaign_id=campaign.id, audience_id=saved.id))
    return render_template(
        "audiences/edit.html", campaign=campaign, audience=audience, form=form, choices=choices,
        headquarters=campaign.centre_id is None,
    )


def _saved(campaign: Campaign, audience: Audience | None, form: AudienceForm) -> Audience | None:
    voided: list[str] = []

    def changed(*what: Any) -> list[str]:
        voided.extend(current_app.extensions.get(USERS, nobody)(*what))
        return voided

    try:
        saved = service.save(
            db.session, access.actor(), campaign, name=form.name.data or "", conditions=form.conditions(),
            now=_now(), audience=audience, version=int(form.version.data or 0), changed=changed,
        )
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return None
    if voided:
        flash(_("받는 사람이 바뀌어 승인을 거두었습니다: %(mailings)s. 다시 승인을 요청해 주세요.",
                mailings=", ".join(voided)), "warning")
    return saved


@blueprint.post("/<int:audience_id>/delete")
@access.allow(*EDITOR_ROLES)
def delete(campaign_id: int, audience_id: int) -> Any:
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    audience = service.get(db.session, campaign, audience_id)
    try:
        service.delete(db.session, access.actor(), audience, now=_now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return redirect(url_for(".edit", campaign_id=campaign_id, audience_id=audience_id))
    flash(_("수신 대상을 지웠습니다."), "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id) + "#audiences")


# -- counting --------------------------------------------------------------------------------------------


@contextmanager
def _reading() -> Iterator[None]:
    """A POST that only looks (its conditions are too long for an address): without the write lock."""
    db.session.rollback()
    with reading():
        yield
    db.session.rollback()


@blueprint.post("/count")
@access.allow(*EDITOR_ROLES)
def count(campaign_id: int) -> str:
    """The numbers of the conditions in the form, saved or not."""
    with _reading():
        campaign = planning.editable(db.session, access.scope(), campaign_id)
        choices = _choices(campaign)
        form = AudienceForm().offer(choices)
        found, words, problem = None, [], " ".join(form.problems())
        if not problem:
            try:
                conditions = service.parse(form.conditions())
                found = service.count(db.session, _question(campaign, conditions, form.advertising.data))
                words = in_words(conditions, choices)
            except DomainError as error:
                problem = translated(error.message)
        return render_template("audiences/count.html", count=found, words=words, problem=problem)


@blueprint.post("/sample")
@access.allow(*EDITOR_ROLES)
def sample(campaign_id: int) -> str:
    """The first people of the conditions in the form; noted in the access records."""
    with _reading():
        campaign = planning.editable(db.session, access.scope(), campaign_id)
        form = AudienceForm().offer(_choices(campaign))
        people, problem = [], " ".join(form.problems())
        if not problem:
            conditions = service.parse(form.conditions())
            people = listing.sample(db.session, _question(campaign, conditions, form.advertising.data))
            access.log_access(AccessKind.VIEW, "contact", [person.id for person in people], campaign.name)
        return render_template(
            "audiences/sample.html", people=people, problem=problem, industry=listing.industry, limit=listing.SAMPLE
        )


@blueprint.get("/<int:audience_id>/size")
@access.allow(*EDITOR_ROLES)
def size(campaign_id: int, audience_id: int) -> str:
    """How many a stored audience reaches, for the campaign's page."""
    campaign = planning.get(db.session, access.scope(), campaign_id)
    audience = service.get(db.session, campaign, audience_id)
    found = service.count(db.session, _question(campaign, service.parse(audience.conditions), False))
    return render_template("audiences/size.html", count=found)


@blueprint.get("/<int:audience_id>/recipients.xlsx")
@access.allow(*EDITOR_ROLES)
def download(campaign_id: int, audience_id: int) -> Any:
    """Everyone the stored audience reaches; ``?advertising=1`` as for 광고."""
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    audience = service.get(db.session, campaign, audience_id)
    name, conditions = audience.name, service.parse(audience.conditions)
    question = _question(campaign, conditions, request.args.get("advertising") == "1")
    made = list(listing.rows(db.session, question))
    access.log_access(AccessKind.EXPORT, "contact", [contact_id for contact_id, _row in made], name)
    headers = [str(header) for header in listing.HEADERS]
    content = xlsx.workbook(headers, [row for _id, row in made], sheet=_("수신 대상"))
    return xlsx.attachment(content, _("수신 대상_%(name)s", name=name) + ".xlsx")


# -- the campaign's page ---------------------------------------------------------------------------------


def campaign_panel(scope: Scope, campaign: Campaign) -> Markup:
    """The campaign's audiences with their conditions in words."""
    query = sa.select(Audience).where(Audience.campaign_id == campaign.id).order_by(Audience.name, Audience.id)
    audiences = list(db.session.scalars(query))
    choices = _choices(campaign) if audiences else None
    rows = [(row, in_words(service.parse(row.conditions), choices)) for row in audiences] if choices else []
    try:
        can_edit = bool(planning.editable(db.session, scope, campaign.id))
    except Forbidden:
        can_edit = False
    html = render_template("audiences/campaign_panel.html", rows=rows, campaign=campaign, can_edit=can_edit)
    return Markup(html)  # noqa: S704 - our own template
