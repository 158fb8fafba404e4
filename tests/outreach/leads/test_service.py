"""Opening, working and closing leads."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from outreach.companies.models import Company
from outreach.db import db
from outreach.errors import Conflict, Forbidden, Invalid, NotFound, StaleEdit
from outreach.leads import queries, service
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import ActivityKind, LeadState, Respondent
from outreach.leads.service import LogEntry
from outreach.mail.models import OutboxMessage
from outreach.scope import Role, Scope
from tests.outreach.leads.making import BASE_URL, answer, make_company
from tests.people import make_centre, make_user

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def planner(centre):
    return make_user(Role.PLANNER, centre=centre, name="박플래너")


def _log(lead, planner, now, kind=ActivityKind.CALL, **values):
    entry = LogEntry(kind, values.pop("at", now), values.pop("note", "통화함"), **values)
    return service.log(db.session, planner.scope(), lead.id, entry, version=lead.version, now=now)


def test_a_response_opens_a_lead_with_a_planner_and_a_due_day(centre, planner, now):
    lead = answer(make_company(centre), wants=("visit", "flexible"))
    assert (lead.state, lead.planner_id, lead.centre_id) == (LeadState.NEW, planner.id, centre.id)
    assert lead.wants == ["flexible", "visit"]
    assert (lead.next_action, lead.next_due) == ("첫 연락", date(2026, 11, 26))
    notice = db.session.scalars(sa.select(OutboxMessage)).one()
    assert notice.to_address == planner.email
    assert f"/leads/{lead.id}" in notice.text and "이하나" not in notice.text


def test_a_second_response_completes_the_same_lead_and_overwrites_nothing(centre, planner):
    company = make_company(centre)
    first = answer(company, respondent=Respondent("이하나"))
    second = answer(company, wants=("materials",), respondent=Respondent("다른 사람", "010-0000-0000"))
    assert second.id == first.id
    assert (first.contact_name, first.contact_phone) == ("이하나", "010-0000-0000")
    assert first.wants == ["flexible", "materials"]


def test_the_same_response_twice_changes_nothing(centre, planner):
    company = make_company(centre)
    first = answer(company, source="response:1")
    version = first.version
    assert answer(company, source="response:1", wants=("visit",)) is first
    assert (first.version, first.wants) == (version, ["flexible"])
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 1


def test_leads_go_to_the_least_busy_active_planner_of_the_centre(centre, planner):
    make_user(Role.PLANNER, name="다른 센터")
    idle = make_user(Role.PLANNER, centre=centre, name="쉬는 사람")
    idle.active = False
    colleague = make_user(Role.PLANNER, centre=centre, name="정플래너")
    given = [answer(make_company(centre)).planner_id for _ in range(4)]
    assert sorted(given) == sorted([planner.id, colleague.id] * 2)


def test_without_a_planner_the_lead_waits_and_the_manager_is_told(centre):
    manager = make_user(Role.CENTRE_MANAGER, centre=centre)
    lead = answer(make_company(centre))
    assert lead.planner_id is None and lead.closed_at is None
    assert db.session.scalars(sa.select(OutboxMessage.to_address)).all() == [manager.email]


def test_without_a_planner_and_a_manager_headquarters_is_told(centre):
    headquarters = make_user(Role.HEADQUARTERS)
    answer(make_company(centre))
    assert db.session.scalars(sa.select(OutboxMessage.to_address)).all() == [headquarters.email]


def test_without_a_centre_headquarters_sees_it(now):
    answer(make_company(None))
    agenda = queries.agenda(db.session, Scope(Role.HEADQUARTERS), now.date())
    assert agenda.unassigned == 1


def test_many_responses_at_once_open_one_lead(app, centre, planner):
    company_id = make_company(centre).id
    db.session.commit()
    failures = []

    def respond(number: int) -> None:
        try:
            with app.app_context():
                answer(db.session.get(Company, company_id), source=f"response:{number}")
                db.session.commit()
        except Exception as error:  # handed to the test
            failures.append(error)

    threads = [threading.Thread(target=respond, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    lead = db.session.scalars(sa.select(Lead)).one()
    kinds = db.session.scalars(sa.select(LeadActivity.kind).where(LeadActivity.lead_id == lead.id)).all()
    assert kinds.count(ActivityKind.RESPONSE) == 8


def test_the_open_lead_is_one_even_without_the_writers_queue(centre, planner, monkeypatch):
    """As on PostgreSQL: both look, neither sees a lead, both insert."""
    company = make_company(centre)
    first = answer(company)
    real, calls = service._open_lead, []

    def blind_once(session, company_id):
        calls.append(company_id)
        return None if len(calls) == 1 else real(session, company_id)

    monkeypatch.setattr(service, "_open_lead", blind_once)
    assert answer(company).id == first.id


def test_a_first_contact_moves_the_lead_on_and_is_remembered(centre, planner, now):
    lead = answer(make_company(centre))
    _log(lead, planner, now, next_action="방문 약속", next_due=date(2026, 11, 30))
    assert (lead.state, lead.first_contact_at) == (LeadState.CONTACTED, now)
    assert (lead.next_action, lead.next_due) == ("방문 약속", date(2026, 11, 30))
    _log(lead, planner, now, at=now - timedelta(days=1))
    assert lead.first_contact_at == now - timedelta(days=1)


def test_a_note_is_no_contact(centre, planner, now):
    lead = _log(answer(make_company(centre)), planner, now, kind=ActivityKind.NOTE)
    assert (lead.state, lead.first_contact_at) == (LeadState.NEW, None)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": ActivityKind.STATE}, {"note": "  "}, {"next_action": "전화"}, {"next_due": date(2026, 12, 1)},
        {"next_action": "전화", "next_due": date(2026, 11, 22)},
    ],
)
def test_a_log_entry_that_makes_no_sense_is_refused(centre, planner, now, values):
    with pytest.raises(Invalid):
        _log(answer(make_company(centre)), planner, now, **values)


def test_the_future_is_a_plan_and_no_log(centre, planner, now):
    with pytest.raises(Invalid):
        _log(answer(make_company(centre)), planner, now, at=now + timedelta(hours=1))


def test_an_old_due_day_may_stay_as_it_is(centre, planner, now):
    lead = answer(make_company(centre))
    late = now + timedelta(days=30)
    _log(lead, planner, late, next_action="다시 전화", next_due=lead.next_due)
    assert lead.next_action == "다시 전화"


def test_moves_follow_the_table(centre, planner, now):
    lead = answer(make_company(centre))

    def move(state, **values):
        return service.move(db.session, planner.scope(), lead.id, state, version=lead.version, now=now, **values)

    move(LeadState.DIAGNOSED)
    with pytest.raises(Conflict):
        move(LeadState.NEW)
    with pytest.raises(Invalid):
        move(LeadState.WON)
    move(LeadState.WON, outcome="대체인력 지원금 신청")
    assert lead.closed_at == now and (lead.next_action, lead.next_due) == ("", None)
    move(LeadState.CONTACTED)
    assert lead.closed_at is None and lead.outcome == ""


def test_a_closed_lead_does_not_reopen_beside_an_open_one(centre, planner, now):
    company = make_company(centre)
    old = answer(company)
    service.move(db.session, planner.scope(), old.id, LeadState.LOST, version=None, now=now, outcome="거절")
    new = answer(company)
    assert new.id != old.id
    with pytest.raises(Conflict):
        service.move(db.session, planner.scope(), old.id, LeadState.CONTACTED, version=None, now=now)


def test_an_edit_on_an_old_page_is_refused(centre, planner, now):
    lead = answer(make_company(centre))
    seen = lead.version
    _log(lead, planner, now)
    with pytest.raises(StaleEdit):
        service.plan_next(db.session, planner.scope(), lead.id, "", None, version=seen, now=now)


def test_who_may_do_what(centre, planner, now):
    lead = answer(make_company(centre))
    stranger = make_user(Role.PLANNER)
    promotion = make_user(Role.PROMOTION, centre=centre)
    partner = make_user(Role.PARTNER)
    with pytest.raises(NotFound):
        _log(lead, stranger, now)
    with pytest.raises(Forbidden):
        _log(lead, promotion, now)
    with pytest.raises(Forbidden):
        queries.get(db.session, partner.scope(), lead.id)
    assert queries.get(db.session, promotion.scope(), lead.id) is lead
    lead.planner = stranger  # given from elsewhere: then also the planner sees it
    db.session.flush()
    assert queries.get(db.session, stranger.scope(), lead.id) is lead


def test_a_manager_reassigns_within_the_centre(centre, planner, now):
    lead = answer(make_company(centre))
    manager = make_user(Role.CENTRE_MANAGER, centre=centre, name="한센터장")
    colleague = make_user(Role.PLANNER, centre=centre)
    elsewhere = make_user(Role.PLANNER)

    def give(person, by):
        return service.reassign(
            db.session, by.scope(), lead.id, person.id, version=None, now=now, base_url=BASE_URL
        )

    assert give(colleague, manager).planner_id == colleague.id
    assert colleague.email in db.session.scalars(sa.select(OutboxMessage.to_address)).all()
    with pytest.raises(Invalid):
        give(elsewhere, manager)
    with pytest.raises(Forbidden):
        give(colleague, planner)
    lead = give(elsewhere, make_user(Role.HEADQUARTERS))
    assert lead.centre_id == elsewhere.centre_id


def test_a_planner_takes_what_nobody_has(centre, now):
    lead = answer(make_company(centre))
    planner = make_user(Role.PLANNER, centre=centre)
    colleague = make_user(Role.PLANNER, centre=centre)
    service.take(db.session, planner.scope(), lead.id, version=lead.version, now=now)
    assert lead.planner_id == planner.id
    with pytest.raises(Conflict):
        service.take(db.session, colleague.scope(), lead.id, version=lead.version, now=now)


def test_retracting_the_only_response_closes_an_untouched_lead(centre, planner, now):
    lead = answer(make_company(centre), source="response:7")
    service.retract(db.session, "response:7", now=now)
    assert lead.state is LeadState.LOST and lead.closed_at == now
    assert service.retract(db.session, "response:7", now=now) is lead
    assert service.retract(db.session, "response:8", now=now) is None


def test_retracting_leaves_a_lead_that_was_worked_or_answered_again(centre, planner, now):
    worked = answer(make_company(centre), source="response:1")
    _log(worked, planner, now)
    company = make_company(centre)
    twice = answer(company, source="response:2")
    answer(company, source="response:3")
    for number in (1, 2):
        service.retract(db.session, f"response:{number}", now=now)
    assert worked.closed_at is None and twice.closed_at is None
