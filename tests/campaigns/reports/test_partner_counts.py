"""What a partner is told of its campaigns: its own only, and no cell under five."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.planning import materials, service
from campaigns.planning.models import Campaign
from campaigns.planning.rules import CampaignState, PartnerRole
from campaigns.reports.rules import cell
from campaigns.reports.service import partner_counts
from campaigns.responses.models import Response
from campaigns.responses.rules import Channel, ResponseState
from cases.materials import service as library
from cases.materials.rules import Way
from outreach.audit.service import SERVICE
from outreach.db import db
from outreach.scope import Role, Scope
from tests.cases.making import make_material, published
from tests.people import NOW, make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def partner(centre):
    return make_user(Role.PARTNER, organisation=make_organisation(centre, "가온산단"))


def make_campaign(centre, *partners, name="구로 산단 캠페인", state=CampaignState.ACTIVE) -> Campaign:
    values = {"name": name, "starts_on": date(2026, 10, 1), "ends_on": date(2026, 12, 31), "centre_id": centre.id}
    campaign = service.create(db.session, Scope(Role.HEADQUARTERS), SERVICE, values, now=NOW)
    campaign.state = state
    chosen = [(user.organisation_id, PartnerRole.INVITES, "") for user in partners]
    service.set_partners(db.session, SERVICE, campaign, chosen, now=NOW)
    return campaign


def deliver(campaign, states) -> None:
    mailing = Mailing(campaign=campaign, title="안내", created_at=NOW, updated_at=NOW)
    db.session.add(mailing)
    db.session.flush()
    for number, state in enumerate(states):
        address = f"c{number}@company.example"
        db.session.add(Delivery(
            mailing_id=mailing.id, contact_id=number, workplace_id=1, company_id=1, address=address,
            address_key=address, state=state,
        ))


def respond(campaign, count, state=ResponseState.VERIFIED) -> None:
    for _ in range(count):
        db.session.add(Response(
            campaign=campaign, channel=Channel.PHONE, state=state, at=NOW, company_name="새봄정밀", person="김담당",
        ))


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, None), (4, None), (5, 5), (1_000, 1_000)])
def test_small_cells_are_not_told(count, told):
    assert cell(count) == told


def test_counts_are_of_the_own_campaigns(session, centre, partner):
    campaign, other = make_campaign(centre, partner), make_campaign(centre, name="남의 캠페인")
    accepted = [DeliveryState.ACCEPTED] * 6
    deliver(campaign, [*accepted, DeliveryState.REFUSED, DeliveryState.IN_DOUBT])
    deliver(other, accepted)
    respond(campaign, 5)
    respond(campaign, 3, ResponseState.DISMISSED)
    respond(other, 9)
    (row,) = partner_counts(session, partner.organisation_id)
    assert (row.campaign, row.delivered, row.responses, row.downloads) == (campaign, 6, 5, 0)


def test_downloads_are_the_partner_s_own(app, session, centre, partner):
    rival = make_user(Role.PARTNER, organisation=make_organisation(centre))
    campaign, material = make_campaign(centre, partner, rival), make_material(app, centre)
    materials.add(session, Scope(Role.HEADQUARTERS), SERVICE, campaign, material.id, now=NOW)
    for user, times in ((partner, 2), (rival, 3)):
        for _ in range(times):
            library.count_download(
                session, published(material).id, Way.PORTAL, organisation_id=user.organisation_id, user_id=user.id,
                now=NOW,
            )
    (row,) = partner_counts(session, partner.organisation_id)
    assert row.downloads == 2


def test_drafts_are_not_shown_and_running_ones_come_first(session, centre, partner):
    make_campaign(centre, partner, name="준비", state=CampaignState.DRAFT)
    make_campaign(centre, partner, name="끝난", state=CampaignState.FINISHED)
    make_campaign(centre, partner, name="진행")
    assert [row.campaign.name for row in partner_counts(session, partner.organisation_id)] == ["진행", "끝난"]


def test_the_page_hides_small_numbers_and_all_names(client, centre, partner):
    campaign = make_campaign(centre, partner)
    deliver(campaign, [DeliveryState.ACCEPTED] * 7)
    respond(campaign, 3)
    make_campaign(centre, name="남의 캠페인")
    sign_in(client, partner)
    for path in ("/", "/portal/"):
        page = client.get(path).text
        assert "구로 산단 캠페인" in page and "5 미만" in page and "남의 캠페인" not in page
        assert "새봄정밀" not in page and "김담당" not in page
    assert client.get(f"/campaigns/{campaign.id}").status_code == 403


def test_staff_do_not_get_the_partners_panel(client, centre):
    sign_in(client, make_user(Role.PROMOTION, centre=centre))
    assert "함께하는 캠페인" not in client.get("/").text
