"""The signed public link of a material: its published edition, or a page that says it is withdrawn."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template

from cases.materials import service
from cases.materials.models import Material
from cases.materials.rules import Way
from cases.materials.sending import send_pdf
from cases.sheets.service import HELP_LINE
from outreach import links
from outreach.clock import kst_today
from outreach.db import db
from outreach.signing import BadToken
from outreach.web import access
from outreach.web.protection import limiter

blueprint = Blueprint("public_materials", __name__)

#: A briefing's audience comes through one Wi-Fi; the limit only stops machines.
REQUESTS_PER_ADDRESS = "120 per minute"


@blueprint.get("/m/<token>")
@access.public("a published material; the signed link is all that opens it")
@limiter.limit(REQUESTS_PER_ADDRESS)
def download(token: str) -> Any:
    """The published edition; 410 with what to read instead when there is none now, 404 for no link of ours."""
    outreach = current_app.extensions["outreach"]
    try:
        material = db.session.get(Material, links.read_material(outreach.signer, token))
    except (BadToken, OverflowError):
        material = None
    if material is None:
        return render_template("materials/unknown.html", sender=_sender(None)), 404
    edition = service.given_edition(material, kst_today(outreach.clock.now()))
    if edition is None:
        others = [
            (row.title, links.material_url(outreach.settings.base_url, outreach.signer, row.id))
            for row in service.alternatives(db.session, material, limit=3)
        ]
        return render_template(
            "materials/withdrawn.html", material=material, others=others, sender=_sender(material)
        ), 410
    return send_pdf(edition, Way.LINK, now=outreach.clock.now())


def _sender(material: Material | None) -> dict[str, str]:
    centre = material.centre if material else None
    if centre is None:
        return {"name": HELP_LINE.centre, "phone": HELP_LINE.phone}
    return {"name": centre.name_ko, "phone": centre.phone or HELP_LINE.phone}
