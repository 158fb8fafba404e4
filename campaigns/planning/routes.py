"""Pages of campaigns: list, plan, partners, stages. What later areas know of a campaign comes in as panels
of slot 'campaign'."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from campaigns.planning import service
from campaigns.planning.forms import CampaignForm, PartnerForm, StageForm, StateForm
from campaigns.planning.models import Campaign, Stage
from campaigns.planning.rules import (
    EXIT_TESTS,
    MOVE_LABELS,
    MOVES,
    PARTNER_ROLE_LABELS,
    STAGE_LABELS,
    STAGE_STATE_LABELS,
    STATE_LABELS,
    CampaignState,
    StageState,
)
from outreach.accounts import service as accounts
from outreach.audit import labels
from outreach.audit import service as audit
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.organisations.models import Organisation
from outreach.regions import service as regions
from outreach.regions.models import Region, RegionLevel
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("campaigns", __name__, url_prefix="/campaigns")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "CAMPAIGN_STATES": STATE_LABELS, "CAMPAIGN_MOVES": MOVE_LABELS, "CAMPAIGN_TARGETS": service.TARGETS,
        "STAGES": STAGE_LABELS, "STAGE_STATES": STAGE_STATE_LABELS, "STAGE_EXIT_TESTS": EXIT_TESTS,
        "PARTNER_ROLES": PARTNER_ROLE_LABELS,
    }


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    """Campaigns, running ones first."""
    query = service.visible(access.scope()).options(selectinload(Campaign.stages), selectinload(Campaign.partners))
    chosen, text = request.args.get("state", ""), request.args.get("q", "").strip()
    if chosen in {state.value for state in CampaignState}:
        query = query.where(Campaign.state == chosen)
    if text:
        query = query.where(Campaign.name.contains(text, autoescape=True))
    running = sa.case((Campaign.state == CampaignState.ACTIVE, 0), (Campaign.state == CampaignState.DRAFT, 1), else_=2)
    page = paginate(db.session, query.order_by(running, Campaign.starts_on.desc(), Campaign.id.desc()))
    return render_template(
        "campaigns/list.html", page=page, chosen=chosen, text=text, can_edit=access.scope().role in EDITOR_ROLES,
        state_choices=[(state.value, _(label)) for state, label in STATE_LABELS.items()],
    )


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def create() -> Any:
    form = _form(CampaignForm())
    if form.validate_on_submit() and (campaign := _saved(form, None)):
        flash(_("캠페인을 만들었습니다. 협력기관을 정하고 단계별 담당과 기한을 적어 주세요."), "success")
        return redirect(url_for(".show", campaign_id=campaign.id))
    return render_template("campaigns/edit.html", form=form, campaign=None)


@blueprint.route("/<int:campaign_id>/edit", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def edit(campaign_id: int) -> Any:
    campaign = service.editable(db.session, access.scope(), campaign_id)
    form = CampaignForm(obj=campaign) if request.method == "GET" else CampaignForm()
    if request.method == "GET":
        form.region_ids.data = [region.id for region in campaign.regions]
        for name, number in campaign.targets.items():
            form.targets[name].data = number
    _form(form)
    if form.validate_on_submit() and _saved(form, campaign):
        flash(_("저장했습니다."), "success")
        return redirect(url_for(".show", campaign_id=campaign_id))
    return render_template("campaigns/edit.html", form=form, campaign=campaign)


def _form(form: CampaignForm) -> CampaignForm:
    people = accounts.colleagues(db.session, access.scope())
    form.owner_id.choices = [("", _("정하지 않음")), *((str(user.id), user.name) for user in people)]
    form.region_ids.choices = _districts(kst_today(_now()), form.region_ids.data or ())
    return form.label_targets()


def _districts(today: date, chosen: Collection[int]) -> dict[str, list[tuple[int, str]]]:
    """The districts of ``today`` and those chosen before, by province; those of the own centre first."""
    districts = db.session.scalars(
        sa.select(Region).where(Region.level == RegionLevel.DISTRICT).options(selectinload(Region.parent))
        .order_by(Region.code)
    )
    rows = regions.jurisdictions(db.session, access.scope().centre_id) if access.scope().centre_id else []
    own = {row.region_id for row in rows if row.holds_on(today)}
    grouped: dict[str, list[tuple[int, str]]] = {_("센터의 관할 지역"): []} if own else {}
    for region in districts:
        if region.holds_on(today) or region.id in chosen:
            province = region.parent.name_ko if region.parent else region.name_ko
            group = _("센터의 관할 지역") if region.id in own else province
            grouped.setdefault(group, []).append((region.id, region.name_ko))
    return grouped


def _saved(form: CampaignForm, campaign: Campaign | None) -> Campaign | None:
    """The saved campaign; None when it could not be saved and the form now says why."""
    try:
        if campaign is None:
            campaign = service.create(db.session, access.scope(), access.actor(), form.values(), now=_now())
        else:
            service.edit(
                db.session, access.actor(), campaign, form.values(), version=int(form.version.data or 0), now=_now()
            )
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        for name, reason in error.fields.items():
            if name in form:
                form[name].errors = [*form[name].errors, translated(reason)]
        flash(translated(error.message), "error")
        return None
    return campaign


@blueprint.get("/<int:campaign_id>")
@access.allow(*STAFF_ROLES)
def show(campaign_id: int) -> str:
    campaign = service.get(db.session, access.scope(), campaign_id)
    scope = access.scope()
    can_edit = scope.role in EDITOR_ROLES and (scope.centre_id is None or scope.centre_id == campaign.centre_id)
    return render_template(
        "campaigns/show.html", campaign=campaign, can_edit=can_edit, moves=MOVES[campaign.state],
        today=kst_today(_now()), partner_form=_partner_form(campaign),
        history=audit.history(db.session, "campaign", campaign_id)[:8], history_labels=_history_labels(),
        history_words=_history_words(),
        done=sum(stage.state in {StageState.DONE, StageState.SKIPPED} for stage in campaign.stages),
    )


def _history_words() -> dict[str, str]:
    """Words for the states that the change history holds."""
    return {state.value: _(label) for words in (STATE_LABELS, STAGE_STATE_LABELS) for state, label in words.items()}


def _history_labels() -> dict[str, str]:
    """Names of a stage's fields in the change history: `plan.due_on` is '계획 수립 · 기한'."""
    return {
        f"{kind.value}.{name}": f"{_(label)} · {labels.field(name)}"
        for kind, label in STAGE_LABELS.items() for name in ("state", "owner", "due_on", "note")
    }


@blueprint.post("/<int:campaign_id>/state")
@access.allow(*EDITOR_ROLES)
def move(campaign_id: int) -> Any:
    campaign = service.editable(db.session, access.scope(), campaign_id)
    form = StateForm()
    if form.validate_on_submit():
        _do(lambda: service.move(db.session, access.actor(), campaign, form.state.data, now=_now()))
    return redirect(url_for(".show", campaign_id=campaign_id))


def _do(act: Any) -> bool:
    """Do one thing and commit it; a refusal is shown above the next page. True if done."""
    try:
        act()
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return False
    flash(_("저장했습니다."), "success")
    return True


# -- partners ------------------------------------------------------------------------------------------


def _partner_form(campaign: Campaign) -> PartnerForm:
    form = PartnerForm()
    taken = {partner.organisation_id for partner in campaign.partners}
    query = sa.select(Organisation).where(Organisation.active).order_by(Organisation.name)
    if campaign.centre_id is not None:
        query = query.where(sa.or_(Organisation.centre_id == campaign.centre_id, Organisation.centre_id.is_(None)))
    form.organisation_id.choices = [(o.id, o.name) for o in db.session.scalars(query) if o.id not in taken]
    return form


def _partners(campaign: Campaign) -> list[tuple[int, Any, str]]:
    return [(partner.organisation_id, partner.role, partner.note) for partner in campaign.partners]


@blueprint.post("/<int:campaign_id>/partners")
@access.allow(*EDITOR_ROLES)
def add_partner(campaign_id: int) -> Any:
    campaign = service.editable(db.session, access.scope(), campaign_id)
    form = _partner_form(campaign)
    if form.validate_on_submit():
        chosen = [*_partners(campaign), (form.organisation_id.data, form.role.data, form.note.data or "")]
        _do(lambda: service.set_partners(db.session, access.actor(), campaign, chosen, now=_now()))
    else:
        flash(_("협력기관과 역할을 골라 주세요."), "error")
    return redirect(url_for(".show", campaign_id=campaign_id) + "#partners")


@blueprint.post("/<int:campaign_id>/partners/<int:organisation_id>/remove")
@access.allow(*EDITOR_ROLES)
def remove_partner(campaign_id: int, organisation_id: int) -> Any:
    campaign = service.editable(db.session, access.scope(), campaign_id)
    rest = [partner for partner in _partners(campaign) if partner[0] != organisation_id]
    if len(rest) == len(campaign.partners):
        raise NotFound("이 캠페인의 협력기관이 아닙니다.")
    _do(lambda: service.set_partners(db.session, access.actor(), campaign, rest, now=_now()))
    return redirect(url_for(".show", campaign_id=campaign_id) + "#partners")


# -- stages --------------------------------------------------------------------------------------------


@blueprint.route("/<int:campaign_id>/stages/<int:stage_id>", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def stage(campaign_id: int, stage_id: int) -> Any:
    campaign = service.editable(db.session, access.scope(), campaign_id)
    row = db.session.get(Stage, stage_id)
    if row is None or row.campaign_id != campaign.id:
        raise NotFound("이 캠페인의 단계가 아닙니다.")
    form = StageForm(obj=row)
    people = accounts.colleagues(db.session, access.scope())
    form.owner_id.choices = [("", _("정하지 않음")), *((str(user.id), user.name) for user in people)]
    if form.validate_on_submit():
        values = {key: form[key].data for key in ("state", "owner_id", "due_on", "note")}
        version = int(form.version.data or 0)
        if _do(lambda: service.edit_stage(
            db.session, access.actor(), campaign, stage_id, values, version=version, now=_now()
        )):
            return redirect(url_for(".show", campaign_id=campaign_id) + "#stages")
    return render_template("campaigns/stage.html", campaign=campaign, stage=row, form=form)


# -- the first page ------------------------------------------------------------------------------------


def home_panel(scope: Any, _subject: Any) -> Any:
    """Stages that are mine or my centre's and due soon, for the first page of editors."""
    today = kst_today(_now())
    query = (
        sa.select(Stage).join(Campaign)
        .where(Campaign.id.in_(service.visible(scope).with_only_columns(Campaign.id)))
        .where(Campaign.state.in_([CampaignState.ACTIVE, CampaignState.DRAFT]))
        .where(Stage.state.in_([StageState.OPEN, StageState.DOING]), Stage.due_on.is_not(None))
        .options(selectinload(Stage.campaign), selectinload(Stage.owner))
        .order_by(Stage.due_on).limit(8)
    )
    stages = db.session.scalars(query).all()
    return render_template("campaigns/home_panel.html", stages=stages, today=today) if stages else ""

