"""Addresses of the response form for printed QR codes, as planning's materials ask for them."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from campaigns.planning.materials import PLACES
from campaigns.responses import service
from outreach import links


def init_app(app: Flask) -> None:
    """Hand planning the way to make such an address (campaigns.planning.materials.ResponsePlaces)."""

    def address(
        session: Session, campaign_id: int, organisation_id: int | None, material_id: int | None, label: str
    ) -> str:
        outreach = app.extensions["outreach"]
        place = service.place_for(session, campaign_id, organisation_id, material_id, label, outreach.clock.now())
        return links.place_url(outreach.settings.base_url, outreach.signer, place.id)

    app.extensions[PLACES] = address
