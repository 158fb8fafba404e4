"""What opens a material without signing in: its public link, a link with an end, the picture for other pages. Each
gives the published edition, or a page that says it is withdrawn and what to read instead."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, render_template, send_from_directory

from cases.materials import partner_editions, service
from cases.materials.models import Edition, Material
from cases.materials.rules import Format, Way
from cases.materials.sending import send, send_page
from cases.materials.share_models import MaterialShare
from cases.sheets.service import HELP_LINE
from outreach import links
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import NotFound
from outreach.organisations.models import Organisation
from outreach.pdf.errors import RenderError
from outreach.signing import BadToken
from outreach.web import access
from outreach.web.protection import limiter

blueprint = Blueprint("public_materials", __name__)

#: A briefing's audience comes through one Wi-Fi; the limit only stops machines.
REQUESTS_PER_ADDRESS = "120 per minute"
#: Readers of someone else's page, who may come through one address, too.
COVERS_PER_ADDRESS = "600 per minute"


@blueprint.get("/m/<token>")
@access.public("a published material; the signed link is all that opens it")
@limiter.limit(REQUESTS_PER_ADDRESS)
def download(token: str) -> Any:
    """The published edition; 410 with what to read instead when there is none now, 404 for no link of ours."""
    material, partner = opened(token)
    if material is None:
        return _unknown()
    edition = _given(material)
    if edition is None:
        return _withdrawn(material)
    return _send(edition, Way.LINK, Format.PRINT, partner)


@blueprint.get("/m/<token>/cover.png")
@access.public("the first page of a published material, for other people's pages; the signed link opens it")
@limiter.limit(COVERS_PER_ADDRESS)
def cover(token: str) -> Any:
    """The first page of the published edition; when there is none, a picture that says so. Whoever keeps it must ask
    whether it still holds: what is withdrawn is gone from other people's pages at once."""
    material, _partner = opened(token)
    edition = _given(material) if material is not None else None
    if edition is None:
        response: Response = send_from_directory(f"{current_app.static_folder}/img", "withdrawn.svg", max_age=0)
    else:
        response = send_page(edition, 1)
    response.headers["Cache-Control"] = "public, no-cache"
    return response


@blueprint.get("/s/<token>")
@access.public("a material until the day its share ends; the signed link is all that opens it")
@limiter.limit(REQUESTS_PER_ADDRESS)
def shared(token: str) -> Any:
    """The published edition in the share's format; 410 when the share has ended or nothing is published."""
    try:
        share = db.session.get(MaterialShare, links.read_share(_outreach().signer, token))
    except (BadToken, OverflowError):
        share = None
    if share is None:
        return _unknown()
    if not share.open_on(kst_today(_now())):
        return render_template("materials/ended.html", share=share, sender=_sender(share.material)), 410
    edition = _given(share.material)
    if edition is None:
        return _withdrawn(share.material)
    partner = partner_editions.handing_out(db.session, share.material_id, share.organisation_id)
    values = {"organisation_id": share.organisation_id, "share_id": share.id}
    try:
        return _send(edition, Way.SHARE, share.format, partner, **values)
    except NotFound:  # not made of the newest edition yet
        return _send(edition, Way.SHARE, Format.PRINT, partner, **values)


def _send(edition: Edition, way: Way, form: Format, partner: Organisation | None, **values: Any) -> Response:
    """With the mark of the partner that hands it out. Where its words do not fit, the reader gets the edition as it
    is, counted for the partner all the same; the partner is told in its settings."""
    edition_id = edition.id
    if partner is not None:
        values = {"organisation_id": partner.id, **values}
    try:
        return send(edition, way, form, partner=partner, **values, now=_now())
    except RenderError:
        return send(db.session.get_one(Edition, edition_id), way, form, **values, now=_now())


def _outreach() -> Any:
    return current_app.extensions["outreach"]


def _now() -> Any:
    return _outreach().clock.now()


def opened(token: str) -> tuple[Material | None, Organisation | None]:
    """The material behind a public link, and the partner that hands it out."""
    try:
        link = links.read_material(_outreach().signer, token)
        material = db.session.get(Material, link.material_id)
    except (BadToken, OverflowError):
        return None, None
    return material, partner_editions.handing_out(db.session, link.material_id, link.organisation_id)


def _given(material: Material) -> Edition | None:
    return service.given_edition(material, kst_today(_now()))


def _unknown() -> Any:
    return render_template("materials/unknown.html", sender=_sender(None)), 404


def _withdrawn(material: Material) -> Any:
    """What may be read instead: published now, and nobody shown in it has taken their consent back."""
    outreach = _outreach()
    others = [row for row in service.alternatives(db.session, material, limit=10) if _given(row)][:3]
    return render_template(
        "materials/withdrawn.html", material=material, sender=_sender(material),
        others=[(row, links.material_url(outreach.settings.base_url, outreach.signer, row.id)) for row in others],
    ), 410


def _sender(material: Material | None) -> dict[str, str]:
    centre = material.centre if material else None
    if centre is None:
        return {"name": HELP_LINE.centre, "phone": HELP_LINE.phone}
    return {"name": centre.name_ko, "phone": centre.phone or HELP_LINE.phone}
