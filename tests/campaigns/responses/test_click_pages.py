"""The mailing's page counts people and machines apart; behind it every click with its verdict."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.mailings.rules import MailingState
from campaigns.responses import click_queries
from campaigns.responses.models import ClickEvent, WeakSignal
from campaigns.responses.rules import SignalKind, Verdict
from campaigns.responses.verdicts import Reason
from outreach.audit.models import AccessRecord
from outreach.db import db
from outreach.links import TRAP
from outreach.scope import Role, Scope
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing
from tests.outreach.leads.making import make_company
from tests.people import make_centre, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def mailing(centre, now):
    """Of two recipients: a person pressed three times, a machine everything in the other's mail."""
    made = make_mailing(make_campaign(centre))
    made.state, made.started_at, made.finished_at = MailingState.FINISHED, now, now
    person, scanned = (make_delivery(made, make_company(centre, name)) for name in ("한빛정밀", "이웃산업"))
    human, machine = (Verdict.HUMAN, Reason.NOTHING), (Verdict.MACHINE, Reason.WITH_TRAP)
    for delivery, link, (verdict, reason) in (
        (person, 0, human), (person, 0, human), (person, 1, human), (scanned, 0, machine), (scanned, 1, machine),
        (scanned, TRAP, (Verdict.MACHINE, Reason.TRAP)), (scanned, 1, (Verdict.PENDING, Reason.YOUNG)),
    ):
        db.session.add(ClickEvent(
            delivery_id=delivery.id, link_position=link, at=now + timedelta(minutes=link), method="GET",
            network="121.130.7.0/24", user_agent="Mozilla/5.0 (Windows NT 10.0) Chrome/140.0", verdict=verdict,
            reason=reason.value,
        ))
    db.session.add(WeakSignal(kind=SignalKind.OPEN, delivery_id=person.id, at=now, method="GET"))
    db.session.add(WeakSignal(kind=SignalKind.OPEN, delivery_id=scanned.id, at=now, method="GET", by_machine=True))
    db.session.commit()
    return made


def test_people_are_counted_as_recipients_and_machines_apart(mailing, centre):
    found = click_queries.counts(db.session, Scope(Role.HEADQUARTERS), mailing)
    assert (found.people, found.machines, found.pending, found.opens) == (1, 3, 1, None)
    assert [(row.people, row.machines, row.pending) for row in found.links] == [(1, 1, 0), (1, 1, 1)]
    assert found.reasons == [(Reason.WITH_TRAP, 2), (Reason.TRAP, 1)]
    mailing.track_opens = True
    assert click_queries.counts(db.session, Scope(Role.HEADQUARTERS), mailing).opens == 1


def test_the_page_shows_them_and_calls_opens_a_guess(client, mailing, centre):
    mailing.track_opens = True
    db.session.commit()
    page = sign_in(client, make_user(Role.PROMOTION, centre=centre)).get(f"/mailings/{mailing.id}/").text
    for words in ("링크를 누른 사람", "1명", "3번", "기계로 본 까닭", "믿을 수 없는 숫자이며, 성과로 세지 않습니다"):
        assert words in page


def test_a_mailing_without_links_shows_nothing(client, mailing, centre):
    mailing.links.clear()
    db.session.commit()
    page = sign_in(client, make_user(Role.PROMOTION, centre=centre)).get(f"/mailings/{mailing.id}/").text
    assert "링크를 누른 사람" not in page


def test_the_list_gives_the_reason_and_notes_who_looked(client, mailing, centre):
    officer = sign_in(client, make_user(Role.PROMOTION, centre=centre))
    page = officer.get(f"/mailings/{mailing.id}/clicks/").text
    for words in ("한빛정밀", "이웃산업", "보이지 않는 링크", "기계로 볼 까닭이 없음", "121.130.7.0/24",
                  "Chrome 140 (Windows)"):
        assert words in page
    assert len(db.session.query(AccessRecord).all()[-1].subject_ids) == 2
    machines = officer.get(f"/mailings/{mailing.id}/clicks/?verdict=machine").text
    assert "이웃산업" in machines and "한빛정밀" not in machines
    assert officer.get(f"/mailings/{mailing.id}/clicks/?verdict=nonsense&page=99").status_code == 200


def test_another_centre_sees_its_own_recipients_of_a_national_mailing_only(client, mailing, centre):
    mailing.campaign.centre_id = None
    db.session.commit()
    stranger = make_user(Role.PROMOTION)
    found = click_queries.counts(db.session, stranger.scope(), mailing)
    assert (found.people, found.machines) == (0, 0)
    assert "한빛정밀" not in sign_in(client, stranger).get(f"/mailings/{mailing.id}/clicks/").text
    assert click_queries.counts(db.session, Scope(Role.PROMOTION, centre_id=centre.id), mailing).people == 1


@pytest.mark.parametrize(("role", "status"), [(Role.AUDITOR, 200), (Role.PLANNER, 200), (Role.PARTNER, 403)])
def test_who_may_look(client, mailing, centre, role, status):
    user = make_user(role, centre=centre) if role is Role.PLANNER else make_user(role)
    assert sign_in(client, user).get(f"/mailings/{mailing.id}/clicks/").status_code == status


def test_another_centres_mailing_is_not_found(client, mailing):
    assert sign_in(client, make_user(Role.PROMOTION)).get(f"/mailings/{mailing.id}/clicks/").status_code == 404
