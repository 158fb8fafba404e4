"""Two companies become one: leads and responses follow."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.responses import queries, service
from campaigns.responses.models import Response
from campaigns.responses.rules import Answer
from outreach.audit.service import SERVICE
from outreach.companies import merge
from outreach.db import db
from outreach.leads.models import Lead
from outreach.leads.rules import LeadState
from outreach.scope import Role
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing, nonce
from tests.outreach.leads.making import BASE_URL, make_company
from tests.people import make_centre, make_user


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION, centre=make_centre())


@pytest.fixture
def companies(officer, now):
    """Two companies, each of which has answered."""
    centre = officer.centre
    mailing = make_mailing(make_campaign(centre))
    made = [make_company(centre, "새길산업"), make_company(centre, "새길산업(주)")]
    for company, want in zip(made, ("visit", "materials"), strict=True):
        service.submit_by_mail(
            db.session, make_delivery(mailing, company), Answer((want,)), submission=nonce(), now=now,
            base_url=BASE_URL,
        )
    return made


def _merge(app, officer, kept, gone, now):
    carry_over = app.extensions["outreach"].registry.company_merges()
    merge.merge(db.session, officer.scope(), SERVICE, kept.id, gone.id, carry_over=carry_over, now=now)


def test_two_open_leads_become_one_with_both_histories(app, officer, companies, now):
    kept, gone = companies
    kept_id = kept.id
    _merge(app, officer, kept, gone, now)
    leads = db.session.scalars(sa.select(Lead).order_by(Lead.id)).all()
    assert [lead.company_id for lead in leads] == [kept_id] * 2
    assert (leads[0].closed_at, leads[0].wants) == (None, ["visit", "materials"])
    assert (leads[1].state, leads[1].closed_at) == (LeadState.LOST, now)
    assert len(queries.of_lead(db.session, officer.scope(), leads[0].id)) == 2
    assert set(db.session.scalars(sa.select(Response.company_id))) == {kept_id}


def test_an_open_lead_follows_its_company(app, officer, companies, now):
    kept, gone = companies
    kept_id = kept.id
    first = db.session.scalars(sa.select(Lead).where(Lead.company_id == kept_id)).one()
    first.closed_at, first.state = now, LeadState.LOST
    db.session.flush()
    _merge(app, officer, kept, gone, now)
    opened = db.session.scalars(sa.select(Lead).where(Lead.closed_at.is_(None))).one()
    assert (opened.company_id, opened.wants) == (kept_id, ["materials"])


def test_the_lead_kept_is_as_far_on_as_the_further_one_and_keeps_a_planner(app, officer, companies, now):
    kept, gone = companies
    planner = make_user(Role.PLANNER, centre=officer.centre)
    lead, other = (db.session.scalars(sa.select(Lead).where(Lead.company_id == each.id)).one() for each in companies)
    assert lead.planner is None
    other.planner, other.assigned_at, other.state = planner, now, LeadState.PROPOSED
    db.session.flush()
    _merge(app, officer, kept, gone, now)
    opened = db.session.scalars(sa.select(Lead).where(Lead.closed_at.is_(None))).one()
    assert (opened.id, opened.planner_id, opened.assigned_at) == (lead.id, planner.id, now)
    assert opened.state is LeadState.PROPOSED
