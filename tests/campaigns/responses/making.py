"""A campaign with a mailing and its deliveries, as the tests of responses need them."""

from __future__ import annotations

import itertools

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing, MailingLink
from campaigns.planning.models import Campaign
from campaigns.responses import service
from campaigns.responses.models import ResponsePlace
from outreach.companies.models import Company
from outreach.db import db
from outreach.regions.models import Centre
from tests.people import NOW

TIMES = {"created_at": NOW, "updated_at": NOW}
_numbers = itertools.count(1)


def make_campaign(centre: Centre | None, name: str = "행복산단 캠페인") -> Campaign:
    campaign = Campaign(name=name, centre=centre, **TIMES)
    db.session.add(campaign)
    db.session.flush()
    return campaign


def make_mailing(campaign: Campaign) -> Mailing:
    """A sent mailing with two tracked links."""
    mailing = Mailing(
        campaign=campaign, title="안내", sender_name="구로고용센터", sender_phone="02-0000-0009",
        sender_address="guro@outreach.example", **TIMES,
    )
    mailing.links = [
        MailingLink(position=0, url="https://www.work24.example/"), MailingLink(position=1, url="https://b.example/x"),
    ]
    db.session.add(mailing)
    db.session.flush()
    return mailing


def make_delivery(mailing: Mailing, company: Company) -> Delivery:
    """The company's contact person was mailed."""
    workplace = company.workplaces[0]
    contact = workplace.contacts[0]
    delivery = Delivery(
        mailing=mailing, contact_id=contact.id, workplace_id=workplace.id, company_id=company.id,
        address=contact.email, address_key=contact.address_key, state=DeliveryState.ACCEPTED, values={},
    )
    db.session.add(delivery)
    db.session.flush()
    return delivery


def make_place(campaign: Campaign, label: str = "로비 포스터") -> ResponsePlace:
    return service.place_for(db.session, campaign.id, None, None, label, NOW)


def nonce() -> str:
    return f"nonce-{next(_numbers):08d}"
