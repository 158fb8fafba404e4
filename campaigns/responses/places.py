"""Addresses of the response form, as lower areas ask for them: for printed QR codes, partners' editions and the cases
of the gallery."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from campaigns.planning.materials import PLACE_LABEL, PLACES, leading_campaign
from campaigns.responses import service
from cases.gallery.routes import FORMS
from cases.library.models import Case
from cases.materials.partner_editions import PARTNER_PLACES
from outreach import links


def init_app(app: Flask) -> None:
    """Hand planning (campaigns.planning.materials.ResponsePlaces) and the gallery the ways to make such an address."""

    def address(
        session: Session, campaign_id: int, organisation_id: int | None, material_id: int | None, label: str
    ) -> str:
        outreach = app.extensions["outreach"]
        place = service.place_for(session, campaign_id, organisation_id, material_id, label, outreach.clock.now())
        return links.place_url(outreach.settings.base_url, outreach.signer, place.id)

    def of_partner(session: Session, organisation_id: int, material_id: int, use: str) -> str | None:
        """Through the campaign that brings the partner the material; see cases.materials.partner_editions."""
        campaign_id = leading_campaign(session, organisation_id, material_id)
        if campaign_id is None:
            return None
        return address(session, campaign_id, organisation_id, material_id, use or PLACE_LABEL)

    def of_case(session: Session, case: Case) -> str:
        outreach = app.extensions["outreach"]
        place = service.place_for_case(session, case, outreach.clock.now())
        return links.place_url(outreach.settings.base_url, outreach.signer, place.id) + "/form"

    app.extensions[PLACES] = address
    app.extensions[PARTNER_PLACES] = of_partner
    app.extensions[FORMS] = of_case
