"""The frequency cap: no more than so much mail to an address and to a company, whatever the campaigns."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.audience import service as audiences
from campaigns.audience.history import KEY as HISTORY
from campaigns.audience.rules import Exclusion
from campaigns.delivery import frequency, gates, queue, service
from campaigns.delivery.models import Delivery, SendingPolicy
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from outreach.companies.models import Contact
from outreach.config import BadSetting, FrequencyCap, Settings
from outreach.db import db, unit_of_work
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.conftest import TEST_SECRET


@pytest.fixture
def more(draft, officer, now):
    """Another mailing to the same audience."""

    def make(title: str, **values) -> Mailing:
        fields = {name: getattr(draft, name) for name in mailings.FIELDS} | {"title": title, **values}
        return mailings.create(db.session, actor_of(officer), draft.campaign, fields, now=now)

    return make


def sent(mailing: Mailing, contacts: list[Contact], at, state: DeliveryState = DeliveryState.ACCEPTED) -> None:
    """As if the mailing had gone to ``contacts`` then."""
    mailing.state, mailing.started_at, mailing.finished_at = MailingState.FINISHED, at, at
    for contact in contacts:
        db.session.add(Delivery(
            mailing_id=mailing.id, contact_id=contact.id, workplace_id=contact.workplace_id,
            company_id=contact.workplace.company_id, address=contact.email, address_key=contact.address_key,
            values={}, state=state, done_at=at,
        ))
    db.session.flush()


def claimed(app, mailing: Mailing, now) -> tuple[int, int]:
    """(claimed, skipped) by a worker."""
    db.session.commit()
    with unit_of_work(db.session) as session:
        held_back = gates.standing(app, session, mailing.id, now)
        found = queue.claim(session, mailing.id, f"worker-{mailing.id}", limit=100, now=now, gates=held_back)
    return len(found.claimed), found.skipped


def counted(app, mailing: Mailing, now) -> dict[Exclusion, int]:
    return audiences.count(db.session, mailings.question(mailing, app.extensions[HISTORY], now)).excluded


def test_a_full_week_is_counted_before_approval_and_over_after_it(app, draft, more, officer, now):
    add_companies(officer.centre_id, 3, now)
    people = list(db.session.scalars(sa.select(Contact).order_by(Contact.id)))
    sent(more("첫째"), people, now - timedelta(days=6))
    assert counted(app, draft, now)[Exclusion.TOO_OFTEN] == 0
    sent(more("둘째"), people[:2], now - timedelta(days=1))
    assert counted(app, draft, now)[Exclusion.TOO_OFTEN] == 2
    assert counted(app, draft, now + timedelta(days=1, seconds=1))[Exclusion.TOO_OFTEN] == 0


def test_a_notice_that_the_law_asks_for_neither_counts_nor_is_held_back(app, draft, more, officer, now):
    add_companies(officer.centre_id, 1, now)
    people = list(db.session.scalars(sa.select(Contact)))
    for title in ("첫째", "둘째", "셋째"):
        sent(more(title, message_class=MessageClass.CONSENT_NOTICE), people, now)
    assert counted(app, draft, now)[Exclusion.TOO_OFTEN] == 0
    sent(more("넷째"), people, now)
    sent(more("다섯째"), people, now)
    assert counted(app, draft, now)[Exclusion.TOO_OFTEN] == 1
    draft.message_class = MessageClass.CONSENT_NOTICE
    assert Exclusion.TOO_OFTEN not in counted(app, draft, now)


def test_what_was_refused_does_not_count_and_the_doubtful_does(app, draft, more, officer, now):
    add_companies(officer.centre_id, 1, now)
    people = list(db.session.scalars(sa.select(Contact)))
    sent(more("첫째"), people, now, DeliveryState.REFUSED)
    sent(more("둘째"), people, now, DeliveryState.IN_DOUBT)
    assert counted(app, draft, now)[Exclusion.TOO_OFTEN] == 0
    sent(more("셋째"), people, now)
    assert counted(app, draft, now)[Exclusion.TOO_OFTEN] == 1


def test_mailings_written_down_side_by_side_are_held_back_by_the_claim(app, draft, more, officer, approve, start, now):
    add_companies(officer.centre_id, 4, now)
    three = [draft, more("둘째"), more("셋째")]
    for mailing in three:
        start(approve(mailing))
    found = [claimed(app, mailing, now) for mailing in three]
    assert found == [(4, 0), (4, 0), (0, 4)]
    assert service.statistics(db.session, three[2].id).skipped == {SkipReason.FREQUENCY: 4}


def test_a_company_counts_mailings_not_messages(app, draft, more, officer, approve, start, now):
    """One mailing to all workplaces of a firm is one; the fourth mailing of the week is held back, even for a
    colleague who got none of the three."""
    add_companies(officer.centre_id, 5, now)
    people = list(db.session.scalars(sa.select(Contact).order_by(Contact.id)))
    firm = people[0].workplace.company
    for person in people:
        person.workplace.company = firm
    db.session.flush()
    start(approve(draft))
    for number, title in enumerate(("하나", "둘", "셋")):
        sent(more(title), [people[number]], now)
    assert claimed(app, draft, now) == (0, 5)
    assert counted(app, draft, now)[Exclusion.TOO_OFTEN] == 5
    last = more("모두에게")
    db.session.execute(sa.delete(Delivery).where(Delivery.mailing_id != draft.id))
    start(approve(last))
    assert claimed(app, last, now) == (5, 0)


def test_a_claim_without_other_mailings_stays_what_it_was(app, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 2, now)
    start(approve(draft))
    with unit_of_work(db.session) as session:
        assert gates.standing(app, session, draft.id, now) == []


def test_what_headquarters_has_set_goes_before_the_setting(app, draft, more, officer, approve, start, now):
    """For the count before approval, and for the claim."""
    add_companies(officer.centre_id, 4, now)
    first = start(approve(draft))
    assert claimed(app, first, now) == (4, 0)
    second = start(approve(more("둘째")))
    policy = db.session.scalars(sa.select(SendingPolicy)).one()
    policy.cap_contact, policy.cap_company, policy.cap_days = 1, 9, 7
    db.session.commit()
    assert claimed(app, second, now) == (0, 4)


def test_two_workers_at_once_do_not_go_past_it(app, draft, more, officer, approve, start, now):
    """Two mailings are claimed at the same moment: one worker waits for the other's commit, and then sees it."""
    cap = FrequencyCap(contact=1, company=9, days=7)
    app.extensions["outreach"].settings = replace(app.extensions["outreach"].settings, frequency=cap)
    add_companies(officer.centre_id, 30, now)
    pair = [start(approve(draft)), start(approve(more("둘째")))]
    db.session.commit()
    together, found = threading.Barrier(2), {}

    def work(mailing_id: int) -> None:
        with app.app_context():
            mailing = db.session.get(Mailing, mailing_id)
            db.session.rollback()
            together.wait(30)
            found[mailing_id] = claimed(app, mailing, now)
            db.session.remove()

    threads = [threading.Thread(target=work, args=(mailing.id,)) for mailing in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found.values()) == [(0, 30), (30, 0)]


@pytest.mark.sqlite
def test_the_claim_reads_no_mailing_whole(app, draft, more, now):
    """By the address and by the company, never by the other mailings' own index."""
    for title in ("하나", "둘", "셋"):
        sent(more(title), [], now)
    text = frequency.condition(db.session, draft.id, FrequencyCap(), now)
    plan = db.session.execute(
        sa.text(f"EXPLAIN QUERY PLAN UPDATE delivery SET worker = CASE WHEN {text} THEN 'a' END WHERE id = 1"),
        {"cap_since": now.isoformat()},
    ).all()
    used = {word for row in plan for word in row.detail.split() if word.startswith(("ix_", "sqlite_auto"))}
    assert used == {"ix_delivery_address_key", "ix_delivery_company_id"}


def settings(text: str) -> Settings:
    return Settings.from_environment({
        "OUTREACH_SECRET_KEY": TEST_SECRET, "OUTREACH_LINK_KEYS": TEST_SECRET, "OUTREACH_BASE_URL": "http://localhost",
        "OUTREACH_FREQUENCY_CAP": text,
    })


@pytest.mark.parametrize("text, cap", [
    ("", FrequencyCap(2, 3, 7)), ("off", None), ("contact=1", FrequencyCap(1, 3, 7)),
    ("contact=4, company=10, days=30", FrequencyCap(4, 10, 30)),
])
def test_the_cap_is_a_setting(text, cap):
    assert settings(text).frequency == cap


@pytest.mark.parametrize("text", ["2", "contact=0", "contact=two", "people=3", "contact=1;days=3"])
def test_nonsense_is_refused(text):
    with pytest.raises(BadSetting, match="OUTREACH_FREQUENCY_CAP"):
        settings(text)
