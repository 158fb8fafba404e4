"""A partner's own edition: for the partner itself by place of use, for staff to look at before it goes out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.materials import asked, partner_editions, service, stamping
from cases.materials.models import Edition
from cases.materials.partner_editions import PARTNER_PLACES, USES
from cases.materials.rules import Format, Way
from cases.materials.sending import folder, hand_over_own, own_name, send
from cases.materials.sending import own as own_file
from outreach.clock import kst_today
from outreach.db import db, unit_of_work
from outreach.errors import NotFound
from outreach.organisations import service as organisations
from outreach.organisations.models import Organisation
from outreach.pdf.errors import RenderError
from outreach.scope import STAFF_ROLES, Role
from outreach.web import access
from outreach.web.language import translated

blueprint = Blueprint("partner_editions", __name__)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"stampable": lambda edition: bool(edition) and stamping.is_stampable(folder(), edition.sha256)}


@blueprint.get("/portal/materials/<int:material_id>/own.pdf")
@access.allow(Role.PARTNER)
def own(material_id: int) -> Any:
    """The partner's edition of what is given out now; ``use`` says where it will lie, ``fold`` asks for a booklet to
    print on A4. Raises NotFound where there is no place for a partner's mark."""
    edition, use = _edition(material_id), partner_editions.read_use(request.args.get("use", ""))
    fold = request.args.get("fold") == "1" and partner_editions.can_be_folded(edition)
    return send(
        edition, Way.PORTAL, partner=asked.partner(), use=use, fold=fold, user_id=access.scope().user_id,
        now=asked.now(),
    )


@blueprint.post("/portal/materials/<int:material_id>/own")
@access.allow(Role.PARTNER)
def choose(material_id: int) -> Any:
    """Keep where the partner's edition will lie, if that is typed, and lead to it."""
    _edition(material_id)
    typed = partner_editions.read_use(request.form.get("other", ""))
    places = current_app.extensions.get(PARTNER_PLACES)
    if typed and places is not None:
        with unit_of_work(db.session) as session:
            places.keep(session, access.scope().organisation_id or 0, material_id, typed)
    use = typed or request.form.get("use", "")
    return redirect(url_for(".own", material_id=material_id, use=use, fold=request.form.get("fold")), 303)


def _edition(material_id: int) -> Edition:
    edition = asked.given(material_id)
    if not stamping.is_stampable(folder(), edition.sha256):
        raise NotFound(stamping.NO_PLACES)
    return edition


@blueprint.get("/materials/<int:material_id>/editions/<int:number>/partners/<int:organisation_id>.pdf")
@access.allow(*STAFF_ROLES)
def preview(material_id: int, number: int, organisation_id: int) -> Any:
    """Any partner's edition, shown in the browser; not a download."""
    scope = access.scope()
    edition = service.edition_of(service.get(db.session, scope, material_id), number)
    partner = organisations.get(db.session, scope, organisation_id)
    file = own_file(edition, Format.PRINT, partner, now=asked.now())
    if file is None:
        raise NotFound(stamping.NO_PLACES)
    return hand_over_own(file, own_name(edition, partner), "application/pdf", "inline")


def portal_panel(scope: Any, material: Any) -> Any:
    """Where will it lie? For the partner's page of a material."""
    edition = service.given_edition(material, kst_today(asked.now()))
    if edition is None or not stamping.is_stampable(folder(), edition.sha256):
        return ""
    return render_template(
        "portal/_own_edition.html", material=material, uses=[(use, _(use)) for use in USES],
        organisation=asked.partner(), most=partner_editions.MAX_USE,
        foldable=partner_editions.can_be_folded(edition),
    )


def organisation_panel(_scope: Any, organisation: Organisation) -> Any:
    """Materials whose places the partner's name does not fit, for its own page: known before anyone downloads."""
    unfit = []
    for edition in partner_editions.handed_out(db.session, organisation, kst_today(asked.now())):
        try:
            own_file(edition, Format.PRINT, organisation, now=asked.now())
        except RenderError as error:
            unfit.append((edition.material.title, translated(error.message)))
    return render_template("materials/_unfit.html", unfit=unfit) if unfit else ""
