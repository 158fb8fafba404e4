"""A company's person at a centre, and the letters' application."""

from __future__ import annotations

import pytest

from campaigns.notices.letters import Writing
from outreach.companies.models import Consent, ConsentPurpose
from outreach.db import db
from tests.outreach.companies.making import contact_of, make_company
from tests.people import NOW, make_centre


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def contact(centre):
    return contact_of(make_company(centre))


@pytest.fixture
def writing(app) -> Writing:
    return Writing.of(app)


@pytest.fixture
def consenting(contact):
    """The person agreed to advertising at some time."""

    def agree(given_at=NOW, purpose=ConsentPurpose.ADVERTISING, of=None) -> Consent:
        row = Consent(contact_id=(of or contact).id, purpose=purpose, given_at=given_at, how="설명회 신청서")
        db.session.add(row)
        db.session.flush()
        return row

    return agree
