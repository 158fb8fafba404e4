"""A campaign's materials: a panel on its page, and adding, removing and printing them with its QR code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from campaigns.planning import materials, service
from campaigns.planning.forms import MaterialForm
from campaigns.planning.models import Campaign
from campaigns.planning.routes import blueprint
from cases.documents.kinds import KINDS
from cases.documents.models import Document
from cases.materials import service as library
from cases.materials.jobs import templates_folder
from cases.materials.rules import EditionState
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.scope import EDITOR_ROLES, Scope
from outreach.web import access
from outreach.web.language import translated


def panel(scope: Scope, campaign: Campaign) -> str:
    """What partners hand out in this campaign."""
    may_edit = scope.role in EDITOR_ROLES and (scope.centre_id is None or scope.centre_id == campaign.centre_id)
    rows = materials.of_campaign(db.session, campaign)
    return render_template(
        "campaigns/materials_panel.html", campaign=campaign, materials=rows, may_edit=may_edit,
        form=_form(campaign) if may_edit else None,
        printable={row.id for row in rows if library.may_edit(scope, row)},
        seen={row.id for row in rows if scope.sees_all_centres or row.centre_id in (None, scope.centre_id)},
        places=materials.PLACES in current_app.extensions, kinds=[(name, kind.label) for name, kind in KINDS.items()],
    )


def _form(campaign: Campaign) -> MaterialForm:
    form = MaterialForm()
    choices = materials.addable(db.session, access.scope(), campaign)
    form.material_id.choices = [(row.id, row.title) for row in choices]
    return form


@blueprint.post("/<int:campaign_id>/materials")
@access.allow(*EDITOR_ROLES)
def add_material(campaign_id: int) -> Any:
    campaign = service.editable(db.session, access.scope(), campaign_id)
    form = _form(campaign)
    if not form.validate_on_submit():
        flash(_("홍보물을 골라 주세요."), "error")
        return redirect(_here(campaign_id))
    return _do(campaign_id, lambda now: materials.add(
        db.session, access.scope(), access.actor(), campaign, form.material_id.data, now=now
    ), _("홍보물을 더했습니다. 캠페인의 협력기관이 함께 받습니다."))


@blueprint.post("/<int:campaign_id>/materials/new")
@access.allow(*EDITOR_ROLES)
def new_material(campaign_id: int) -> Any:
    """Begin a document whose material belongs to the campaign; it is written in the documents' own editor."""
    campaign, kind = service.editable(db.session, access.scope(), campaign_id), KINDS.get(request.form.get("kind", ""))
    if kind is None:
        flash(_("어떤 홍보물을 만들지 골라 주세요."), "error")
        return redirect(_here(campaign_id))
    made: list[Document] = []
    answer = _do(campaign_id, lambda now: made.append(materials.begin(
        db.session, access.scope(), access.actor(), campaign, kind, current_app.extensions.get(materials.PLACES),
        now=now,
    )), _("이 캠페인의 원고를 만들었습니다. QR은 이 캠페인의 상담 신청 화면을 엽니다."))
    return redirect(url_for("documents.edit", document_id=made[0].id)) if made else answer


@blueprint.post("/<int:campaign_id>/materials/<int:material_id>/remove")
@access.allow(*EDITOR_ROLES)
def remove_material(campaign_id: int, material_id: int) -> Any:
    campaign = service.editable(db.session, access.scope(), campaign_id)
    return _do(campaign_id, lambda now: materials.remove(
        db.session, access.actor(), campaign, material_id, now=now
    ), _("홍보물을 뺐습니다."))


@blueprint.post("/<int:campaign_id>/materials/<int:material_id>/render")
@access.allow(*EDITOR_ROLES)
def render_material(campaign_id: int, material_id: int) -> Any:
    """Make an edition whose QR code leads to this campaign's response form."""
    campaign = service.editable(db.session, access.scope(), campaign_id)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    made: list[Any] = []
    answer = _do(campaign_id, lambda now: made.append(materials.request_edition(
        db.session, access.scope(), access.actor(), campaign, material_id, templates_folder(app),
        app.extensions.get(materials.PLACES), now=now,
    )), "")
    if made and made[0].state is not EditionState.RENDERING:
        flash(_("달라진 내용이 없어 제%(number)s판을 그대로 씁니다.", number=made[0].number), "info")
    return redirect(url_for("materials.show", material_id=material_id)) if made else answer


def _do(campaign_id: int, act: Callable[[Any], Any], done: str) -> Any:
    """Do one thing and commit it; a refusal is shown above the campaign's page."""
    try:
        act(current_app.extensions["outreach"].clock.now())
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        if done:
            flash(done, "success")
    return redirect(_here(campaign_id))


def _here(campaign_id: int) -> str:
    return url_for("campaigns.show", campaign_id=campaign_id, _anchor="materials")
