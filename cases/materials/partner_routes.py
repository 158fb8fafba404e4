"""A partner's own edition: for the partner itself by place of use, for staff to look at before it goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _

from cases.materials import partner_editions, service, stamping
from cases.materials.models import Edition
from cases.materials.partner_editions import PARTNER_PLACES, USES
from cases.materials.rules import Way, counts_as_download
from cases.materials.sending import CACHE, file_name
from outreach.clock import kst_today
from outreach.db import db, unit_of_work
from outreach.errors import NotFound
from outreach.organisations import service as organisations
from outreach.organisations.models import Organisation
from outreach.scope import STAFF_ROLES, Role
from outreach.web import access
from outreach.web.xlsx import disposition

blueprint = Blueprint("partner_editions", __name__)


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _folder(name: str) -> Path:
    return current_app.extensions["outreach"].settings.folder(name)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"stampable": lambda edition: bool(edition) and stamping.is_stampable(_folder("materials"), edition.sha256)}


@blueprint.get("/portal/materials/<int:material_id>/own.pdf")
@access.allow(Role.PARTNER)
def own(material_id: int) -> Any:
    """The partner's edition of what is given out now; ``use`` (or ``other``, typed) says where it will lie."""
    material = service.get(db.session, access.scope(), material_id)
    edition = service.given_edition(material, kst_today(_now()))
    if edition is None:
        raise NotFound("지금 배포하지 않는 홍보물입니다.")
    typed, chosen = request.args.get("other", ""), request.args.get("use", "")
    return send_own(edition, partner_editions.read_use(typed) or partner_editions.read_use(chosen))


@blueprint.get("/materials/<int:material_id>/editions/<int:number>/partners/<int:organisation_id>.pdf")
@access.allow(*STAFF_ROLES)
def preview(material_id: int, number: int, organisation_id: int) -> Any:
    """Any partner's edition, shown in the browser; not a download."""
    scope = access.scope()
    edition = service.edition_of(service.get(db.session, scope, material_id), number)
    organisation = organisations.get(db.session, scope, organisation_id)
    return _answer(edition, organisation, _made(edition.id, organisation.id, ""), "inline")


def send_own(edition: Edition, use: str = "") -> Response:
    """The signed-in partner's edition as a download, counted as every one (cases.materials.sending). Raises NotFound
    if the edition has no places for a partner's mark."""
    scope = access.scope()
    organisation = organisations.get(db.session, scope, scope.organisation_id or 0)
    edition_id, organisation_id = edition.id, organisation.id
    data = _made(edition_id, organisation_id, use)
    response = _answer(
        db.session.get_one(Edition, edition_id), db.session.get_one(Organisation, organisation_id), data, "attachment"
    )
    start = request.range.ranges[0][0] if request.range and request.range.ranges else None
    if counts_as_download(request.method, response.status_code, start):
        with unit_of_work(db.session) as session:
            service.count_download(
                session, edition_id, Way.PORTAL, organisation_id=organisation_id, user_id=scope.user_id, now=_now()
            )
    return response


def own_edition(edition: Edition) -> Callable[[], bytes]:
    """How the signed-in partner's edition is made, as often as it is asked for; for a bundle."""
    return _maker(edition.id, access.scope().organisation_id or 0, "")


def _made(edition_id: int, organisation_id: int, use: str) -> bytes:
    return _maker(edition_id, organisation_id, use)()


def _maker(edition_id: int, organisation_id: int, use: str) -> Callable[[], bytes]:
    """Makes the bytes. What the code leads to is a record, made on first asking: a unit of work of its own."""
    with unit_of_work(db.session) as session:
        edition = session.get_one(Edition, edition_id)
        organisation = session.get_one(Organisation, organisation_id)
        stamping.base(_folder("materials"), edition.sha256 or "")  # nothing is recorded for what can't be made
        address = partner_editions.address_of(
            session, edition, organisation, current_app.extensions.get(PARTNER_PLACES), use=use, day=kst_today(_now())
        )
        content, sha256 = partner_editions.content(organisation, _folder("uploads"), address), edition.sha256 or ""
    folder, static = _folder("materials"), Path(current_app.static_folder or "")
    return lambda: partner_editions.made(folder, sha256, content, static)


def _answer(edition: Edition, organisation: Organisation, data: bytes, how: str) -> Response:
    response = Response(data, mimetype="application/pdf")
    name = file_name(edition).removesuffix(".pdf") + f" {organisation.name}.pdf"
    header = disposition(name, "material.pdf")
    response.headers["Content-Disposition"] = header if how == "attachment" else header.replace("attachment", how, 1)
    response.headers["Cache-Control"] = CACHE
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(hashlib.sha256(data).hexdigest())
    return response.make_conditional(request, accept_ranges=True, complete_length=len(data))


def portal_panel(scope: Any, material: Any) -> Any:
    """Where will it lie? For the partner's page of a material."""
    edition = service.given_edition(material, kst_today(_now()))
    if edition is None or not stamping.is_stampable(_folder("materials"), edition.sha256):
        return ""
    return render_template(
        "portal/_own_edition.html", material=material, uses=[(use, _(use)) for use in USES],
        organisation=organisations.get(db.session, scope, scope.organisation_id), most=partner_editions.MAX_USE,
    )
