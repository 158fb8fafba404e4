"""Addresses of the response form, as lower areas ask for them: for printed QR codes and the cases of the gallery."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from campaigns.planning.materials import PLACES
from campaigns.responses import service
from cases.gallery.routes import FORMS
from cases.library.models import Case
from outreach import links


def init_app(app: Flask) -> None:
    """Hand planning (campaigns.planning.materials.ResponsePlaces) and the gallery the ways to make such an address."""

    def address(
        session: Session, campaign_id: int, organisation_id: int | None, material_id: int | None, label: str
    ) -> str:
        outreach = app.extensions["outreach"]
        place = service.place_for(session, campaign_id, organisation_id, material_id, label, outreach.clock.now())
        return links.place_url(outreach.settings.base_url, outreach.signer, place.id)

    def of_case(session: Session, case: Case) -> str:
        outreach = app.extensions["outreach"]
        place = service.place_for_case(session, case, outreach.clock.now())
        return links.place_url(outreach.settings.base_url, outreach.signer, place.id) + "/form"

    app.extensions[PLACES] = address
    app.extensions[FORMS] = of_case
