"""A mailing with recipients, approved and ready to be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from campaigns.audience import service as audiences
from campaigns.audience.history import NoHistory
from campaigns.delivery import service as delivery
from campaigns.delivery.engine import Engine
from campaigns.mailings import service as mailings
from campaigns.mailings.compose import Addresses
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MessageClass
from campaigns.mailings.service import Setting
from campaigns.planning import service as planning
from outreach.audit.service import Actor
from outreach.companies.models import Company, Contact, Workplace
from outreach.db import db
from outreach.scope import Role
from tests.people import make_user
from tests.smtp_server import SmtpServer

BLOCKS = [
    {"kind": "heading", "text": "{{회사명}} 대표님께"},
    {"kind": "text", "text": "{{담당자|인사담당자}} 님, 육아휴직 대체인력을 무료로 찾아 드립니다."},
    {"kind": "button", "label": "상담 신청하기", "target": "form"},
    {"kind": "contact", "text": ""},
]


def add_companies(centre_id: int, count: int, now, *, start: int = 1, address: Callable[[int], str] | None = None):
    """Companies of one workplace and one contact each."""
    address = address or (lambda n: f"person{n}@company{n % 7}.example")
    for n in range(start, start + count):
        company = Company(name=f"가상기업{n}", name_key=f"가상기업{n}", created_at=now, updated_at=now, fictional=True)
        place = Workplace(centre_id=centre_id, section="C", headcount=20, created_at=now, updated_at=now)
        place.contacts = [
            Contact(name=f"김담당{n}", email=address(n), address_key=address(n), created_at=now, updated_at=now),
        ]
        company.workplaces = [place]
        db.session.add(company)
    db.session.flush()


@pytest.fixture
def setting(app, now) -> Setting:
    addresses = Addresses(picture=None, material=lambda number: f"http://localhost/m/{number}")
    return Setting(app.jinja_env, addresses, NoHistory(), now)


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION)


@pytest.fixture
def approver(app, officer):
    return make_user(Role.CENTRE_MANAGER, centre=officer.centre)


def actor_of(user) -> Actor:
    return Actor(user.id, user.email)


@pytest.fixture
def draft(officer, now) -> Mailing:
    """A complete draft for all contacts of the centre."""
    actor, everyone = actor_of(officer), {"recent_days": 0}
    campaign = planning.create(db.session, officer.scope(), actor, {"name": "시험 캠페인"}, now=now)
    audience = audiences.save(db.session, actor, campaign, name="전체", conditions=everyone, now=now)
    return mailings.create(db.session, actor, campaign, {
        "title": "첫 안내", "audience_id": audience.id, "message_class": MessageClass.PUBLIC_NOTICE,
        "class_reason": "무료 공공서비스 안내", "subject": "{{회사명}} 대체인력 안내",
        "preheader": "무료로 찾아 드립니다", "blocks": BLOCKS,
        "sender_name": "시험고용센터", "sender_address": "centre@outreach.example",
        "sender_phone": "02-0000-0000", "sender_postal": "서울 가상로 1",
    }, now=now)


@pytest.fixture
def approve(approver, setting, now) -> Callable[[Mailing], Mailing]:
    """Submit, approve and write down the recipients."""

    def act(mailing: Mailing) -> Mailing:
        mailings.submit(db.session, actor_of(approver), mailing, setting)
        found = mailings.check(db.session, mailing, setting)
        mailings.approve(
            db.session, approver.scope(), actor_of(approver), mailing, setting, content_hash=found.content_hash
        )
        delivery.freeze(db.session, mailing.id, setting.history, now=now)
        return mailing

    return act


@pytest.fixture
def start(approver, now) -> Callable[[Mailing], Mailing]:
    """Schedule for now and let the clock start it."""

    def act(mailing: Mailing) -> Mailing:
        mailings.schedule(db.session, actor_of(approver), mailing, now, now=now, smtp_ready=True)
        assert delivery.start_due(db.session, now=now) == {"started": 1, "overdue": 0}
        db.session.commit()
        db.session.refresh(mailing)
        return mailing

    return act


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A mail server that takes everything."""
    with SmtpServer() as running:
        yield running


@pytest.fixture
def engine(app, server) -> Iterator[Engine]:
    """A worker's engine that sends to it."""
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, smtp_url=server.url)
    made = Engine(app, connections=2)
    yield made
    made.close()
