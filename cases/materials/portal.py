"""The partners' reading room: what was granted to the partner and is published, and its own downloads.
What campaigns know of the partner comes in as panels of slot 'portal'."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, render_template

from cases.materials import service, stamping
from cases.materials.partner_routes import send_own
from cases.materials.rules import Way
from cases.materials.sending import folder, send_page, send_pdf
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import NotFound
from outreach.scope import Role
from outreach.web import access

blueprint = Blueprint("portal", __name__, url_prefix="/portal")

#: Materials on the first page of a partner.
SHOWN = 3


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.get("/")
@access.allow(Role.PARTNER)
def index() -> str:
    return render_template("portal/index.html", **_materials(access.scope()))


def _materials(scope: Any, limit: int | None = None) -> dict[str, Any]:
    rows, today = db.session.scalars(service.materials_query(scope)).unique(), kst_today(_now())
    materials = [row for row in rows if service.given_edition(row, today)][:limit]
    counts = service.own_downloads(db.session, scope.organisation_id, [row.id for row in materials])
    return {"materials": materials, "counts": counts}


@blueprint.get("/materials/<int:material_id>.pdf")
@access.allow(Role.PARTNER)
def download(material_id: int) -> Any:
    scope, edition = access.scope(), _edition(material_id)
    if stamping.is_stampable(folder(), edition.sha256):
        return send_own(edition)
    return send_pdf(
        edition, Way.PORTAL, organisation_id=scope.organisation_id, user_id=scope.user_id, now=_now()
    )


@blueprint.get("/materials/<int:material_id>/page-<int:page>.png")
@access.allow(Role.PARTNER)
def page(material_id: int, page: int) -> Any:
    return send_page(_edition(material_id), page)


def _edition(material_id: int) -> Any:
    """What the partner gets of a material granted to it. Raises NotFound for anything else."""
    edition = service.given_edition(service.get(db.session, access.scope(), material_id), kst_today(_now()))
    if edition is None:
        raise NotFound("지금 배포하지 않는 홍보물입니다.")
    return edition


def home_panel(scope: Any, _subject: Any) -> Any:
    """The newest materials, for the partner's first page."""
    return render_template("portal/home.html", **_materials(scope, SHOWN))
