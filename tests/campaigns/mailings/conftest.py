"""A campaign of one centre with an officer, an audience and a draft."""

from __future__ import annotations

import pytest

from campaigns.audience import service as audiences
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.planning import service as planning
from outreach.audit.service import Actor
from outreach.db import db
from outreach.scope import Role
from tests.people import make_user, sign_in


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION)


@pytest.fixture
def actor(officer) -> Actor:
    return Actor(officer.id, officer.email)


@pytest.fixture
def campaign(officer, actor, now):
    return planning.create(db.session, officer.scope(), actor, {"name": "시험 캠페인"}, now=now)


@pytest.fixture
def audience(campaign, actor, now):
    return audiences.save(db.session, actor, campaign, name="전체", conditions={"recent_days": 0}, now=now)


@pytest.fixture
def draft(campaign, audience, actor, now) -> Mailing:
    return mailings.create(db.session, actor, campaign, {
        "title": "첫 안내", "audience_id": audience.id, "class_reason": "무료 공공서비스 안내",
        "subject": "{{회사명}} 안내", "preheader": "무료로 찾아 드립니다", "sender_name": "시험고용센터",
        "sender_address": "centre@outreach.example", "sender_phone": "02-0000-0000",
        "blocks": [{"kind": "heading", "text": "{{회사명}} 대표님께"}, {"kind": "contact", "text": ""}],
    }, now=now)


@pytest.fixture
def browse(app):
    """A browser of someone."""
    return lambda user: sign_in(app.test_client(), user)


@pytest.fixture
def posted(draft):
    """What the editor sends for the draft as it stands; keywords change single fields."""

    def fields(**changes):
        values = {
            name: getattr(draft, name) for name in (
                "title", "subject", "preheader", "audience_id", "class_reason", "sender_name", "sender_address",
                "sender_phone", "sender_postal", "version",
            )
        }
        values["message_class"] = draft.message_class.value
        for place, block in enumerate(draft.blocks):
            values |= {f"blocks-{place}-{key}": value for key, value in block.items()}
        return {key: "" if value is None else value for key, value in (values | changes).items()}

    return fields
