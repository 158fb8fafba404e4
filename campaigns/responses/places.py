"""Addresses of the response form, as lower areas ask for them: for printed QR codes, partners' editions and the cases
of the gallery."""

from __future__ import annotations

from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session

from campaigns.planning.materials import PLACE_LABEL, PLACES, leading_campaign
from campaigns.planning.models import Campaign
from campaigns.responses import service
from campaigns.responses.models import ResponsePlace
from cases.gallery.routes import FORMS
from cases.library.models import Case
from cases.materials.models import Material
from cases.materials.partner_editions import PARTNER_PLACES, USES
from outreach import links
from outreach.errors import NotFound
from outreach.links import PartnerPlace
from outreach.organisations.models import Organisation

#: By their number in a code without a row.
_USES = ("", *USES)


def scanned(session: Session, place: PartnerPlace, now: datetime) -> ResponsePlace | None:
    """The row of a partner's code, made when it is first scanned: many more are made than are ever put up. None: what
    it names is gone."""
    parts = (session.get(Campaign, place.campaign_id), session.get(Organisation, place.organisation_id),
             session.get(Material, place.material_id))
    if None in parts or place.use >= len(_USES):
        return None
    label = _USES[place.use] or PLACE_LABEL
    return service.place_for(session, *place[:3], label, now)


class OfPartners:
    """cases.materials.partner_editions.PartnerPlaces."""

    def __init__(self, app: Flask):
        self._outreach = app.extensions["outreach"]

    def address(self, session: Session, organisation_id: int, material_id: int, use: str) -> str | None:
        campaign_id = leading_campaign(session, organisation_id, material_id)
        if campaign_id is None:
            return None
        base_url, signer = self._outreach.settings.base_url, self._outreach.signer
        if use in _USES:
            code = PartnerPlace(campaign_id, organisation_id, material_id, _USES.index(use))
            return links.partner_place_url(base_url, signer, code)
        place = service.find_place(session, campaign_id, organisation_id, material_id, use)
        if place is None:
            raise NotFound("아직 정하지 않은 놓을 곳입니다. 자료 화면의 ‘우리 기관판’에 적어 주세요.")
        return links.place_url(base_url, signer, place.id)

    def keep(self, session: Session, organisation_id: int, material_id: int, use: str) -> None:
        campaign_id = leading_campaign(session, organisation_id, material_id)
        if campaign_id is not None and use not in _USES:
            service.place_for(session, campaign_id, organisation_id, material_id, use, self._outreach.clock.now())


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
    app.extensions[PARTNER_PLACES] = OfPartners(app)
    app.extensions[FORMS] = of_case
