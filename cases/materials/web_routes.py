"""The web edition of a published material, behind the same signed link as its PDF."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from cases.blocks import cards
from cases.library import photos
from cases.library.models import Case
from cases.library.rules import Outlet
from cases.materials import partner_editions, service, web
from cases.materials.models import Edition
from cases.materials.public import opened
from cases.sheets import service as sheets
from outreach import links
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import NotFound
from outreach.organisations.models import Organisation
from outreach.pdf.qr import QUIET, qr_svg
from outreach.web import access
from outreach.web.protection import limiter

blueprint = Blueprint("web_materials", __name__)

#: A briefing's audience comes through one Wi-Fi; the limit only stops machines.
REQUESTS_PER_ADDRESS = "120 per minute"


@blueprint.get("/m/<token>/web")
@access.public("a published material as a page; the signed link is all that opens it")
@limiter.limit(REQUESTS_PER_ADDRESS)
def show(token: str) -> Any:
    """What is withdrawn answers as its PDF does; a case whose company agreed to paper alone opens as paper. Raises
    NotFound for no link of ours."""
    outreach = current_app.extensions["outreach"]
    today = kst_today(outreach.clock.now())
    material, partner = opened(token)
    if material is None:
        raise NotFound("그런 자료가 없습니다. 받으신 안내의 주소를 다시 확인해 주세요.")
    edition = service.given_edition(material, today)
    if edition is None:
        return redirect(url_for("public_materials.download", token=token))
    if material.case is not None and cards.case_problem(material.case, today, Outlet.WEB):
        return redirect(url_for("public_materials.download", token=token))
    issue = sheets.issue(db.session, material.centre, day=today, licence=material.licence)
    words = _words(edition, partner, today) if partner is not None else None
    form = words.url if words is not None and words.url.startswith("http") else edition.response_url
    here = links.material_url(outreach.settings.base_url, outreach.signer, material.id)
    page = render_template(
        "materials/web.html", material=material, edition=edition, token=token, today=today, contact=issue.contact,
        licence=issue.licence, page=web.page_of(db.session, edition, today, _photo_of(today)),
        cover=links.cover_url(outreach.settings.base_url, outreach.signer, material.id),
        partner=words, form=form, qr=qr_svg(form or f"{here}/web", material.title, QUIET),
    )
    response = current_app.make_response(page)
    response.headers["Cache-Control"] = "public, no-cache"  # kept, but asked for each time: withdrawn is gone at once
    response.vary.update(("Accept-Language", "Cookie"))  # a page of one language is not another's
    response.add_etag()
    return response.make_conditional(request)


def _words(edition: Edition, partner: Organisation, today: date) -> partner_editions.Words:
    extensions = current_app.extensions
    return partner_editions.words(
        db.session, extensions["outreach"].settings.folder("uploads"), edition, partner,
        extensions.get(partner_editions.PARTNER_PLACES), use=partner_editions.SITE, day=today,
    )


def _photo_of(today: date) -> web.PhotoOf:
    """Pictures as the gallery shows them, if their rights let them be shown."""
    def photo_of(case: Case) -> dict[str, str] | None:
        found = photos.lead(case, today)
        if found is None:
            return None
        return {"url": url_for("gallery.photo", code=case.id, place=case.photos.index(found) + 1), "alt": found.caption}

    return photo_of


def portal_panel(scope: Any, material: Any) -> Any:
    """The address of the web edition, for the partner's page of a material."""
    outreach = current_app.extensions["outreach"]
    url = links.material_url(outreach.settings.base_url, outreach.signer, material.id, scope.organisation_id)
    return render_template("portal/web_edition.html", url=f"{url}/web")
