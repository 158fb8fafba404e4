"""The person behind a response is forgotten a year after the consultation; the company's answer is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.responses import retention, service, tray
from campaigns.responses.models import ClickEvent, Response
from campaigns.responses.rules import Answer, ResponseState
from outreach import links
from outreach.db import db
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import ActivityKind, LeadState
from outreach.scope import Role
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing, make_place, nonce
from tests.outreach.leads.making import BASE_URL, make_company
from tests.people import make_centre, make_user, sign_in

PERSON = {"person": "이하나", "phone": "02-123-4567", "email": "hana@saegil.example", "preferred_time": "평일 오전"}
ANSWER = Answer(("visit",), **PERSON, message="저에게 전화 주세요.", company_name="새길산업", consented=True)


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def delivery(centre):
    return make_delivery(make_mailing(make_campaign(centre)), make_company(centre, "새길산업"))


@pytest.fixture
def response(delivery, now):
    """An answer by mail link: it opened a lead."""
    given = service.submit_by_mail(db.session, delivery, ANSWER, submission=nonce(), now=now, base_url=BASE_URL)
    given.lead.activities.append(LeadActivity(kind=ActivityKind.CALL, at=now, note="대체인력이 필요하다고 함"))
    db.session.commit()
    return given


def erase(app):
    result = app.test_cli_runner().invoke(args=["jobs", "run", "retention.erase"])
    assert result.exit_code == 0, result.output
    db.session.rollback()


def close(lead: Lead, at) -> None:
    lead.state, lead.closed_at = LeadState.WON, at
    db.session.commit()


def told(response: Response) -> list[str]:
    """What is left of the person."""
    return [value for name in retention.PERSONAL if (value := getattr(response, name))]


def test_a_year_after_the_consultation_the_person_is_forgotten(app, clock, response):
    clock.advance(days=400)  # a long consultation: the year begins at its end
    erase(app)
    assert len(told(response)) == 5
    close(response.lead, clock.now())
    clock.advance(days=365)
    erase(app)
    assert len(told(response)) == 5
    clock.advance(days=1)
    erase(app)
    assert told(response) == []
    lead = response.lead
    assert (lead.contact_name, lead.contact_phone, lead.contact_email) == ("", "", "")
    notes = {activity.kind: activity.note for activity in lead.activities}
    assert notes[ActivityKind.RESPONSE] == "" and notes[ActivityKind.CALL] == "대체인력이 필요하다고 함"
    assert (response.state, response.wants, response.company_name) == (ResponseState.VERIFIED, ["visit"], "새길산업")
    assert response.details["erased_on"]


def test_a_lead_that_was_reopened_keeps_its_person(app, clock, response):
    close(response.lead, clock.now())
    clock.advance(days=400)
    response.lead.state, response.lead.closed_at = LeadState.CONTACTED, None
    db.session.commit()
    erase(app)
    assert len(told(response)) == 5 and response.lead.contact_name == "이하나"


def test_what_never_became_a_consultation_counts_from_when_it_was_last_touched(app, centre, clock, now):
    officer = make_user(Role.PROMOTION, centre=centre)
    place = make_place(make_campaign(centre))
    waiting = service.submit_by_place(db.session, place, ANSWER, submission=nonce(), now=now)
    aside = service.submit_by_place(db.session, place, ANSWER, submission=nonce(), now=now)
    db.session.commit()
    clock.advance(days=300)
    tray.dismiss(db.session, officer.scope(), aside.id, "장난", now=clock.now())
    db.session.commit()
    clock.advance(days=66)
    erase(app)
    assert (told(waiting), len(told(aside))) == ([], 5)
    clock.advance(days=300)
    erase(app)
    assert told(aside) == []


def test_clicks_forget_the_device(app, clock, delivery, now):
    db.session.add_all(
        ClickEvent(
            delivery_id=delivery.id, link_position=0, at=at, method="GET", network="192.0.2.0/24", user_agent="x",
        )
        for at in (now, now + timedelta(days=10))
    )
    db.session.commit()
    clock.advance(days=366)
    erase(app)
    clicks = db.session.query(ClickEvent).order_by(ClickEvent.at).all()
    assert [(click.network, click.user_agent) for click in clicks] == [("", ""), ("192.0.2.0/24", "x")]


def test_the_form_promises_what_is_done(app, client, delivery):
    db.session.commit()
    page = client.get(links.form_url("", app.extensions["outreach"].signer, delivery.id))
    assert retention.RESPONSES.keep == timedelta(days=365)
    assert "상담이 끝난 날부터 1년. 지나면 자동으로 지웁니다." in page.text
    assert 'href="/privacy"' in page.text


def test_the_page_of_an_erased_response_says_so(app, centre, client, clock, response):
    user = make_user(Role.PROMOTION, centre=centre)
    close(response.lead, clock.now())
    clock.advance(days=366)
    erase(app)
    sign_in(client, user)
    page = client.get(f"/responses/{response.id}").text
    assert "보관 기간이 지나" in page and "이하나" not in page
