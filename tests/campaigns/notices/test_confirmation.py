"""Every two years whoever agreed to advertising is asked whether that stands; silence keeps it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from campaigns.notices import jobs, service
from campaigns.notices.models import ConsentNotice
from campaigns.notices.rules import NoticeKind
from outreach import links
from outreach.clock import KST, kst_midnight, kst_today
from outreach.companies import confirmation, consent
from outreach.companies.models import Consent, ConsentPurpose, SuppressionReason
from outreach.db import db
from outreach.jobs.runner import JobSource
from outreach.mail.models import OutboxMessage, OutboxState
from outreach.scope import SYSTEM
from tests.outreach.companies.making import contact_of, make_company
from tests.people import NOW
from tests.reach.world import everything

TODAY = kst_today(NOW)


def at(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=KST)


@pytest.mark.parametrize(("given", "confirmed", "due"), [
    (at(2024, 3, 5), None, date(2026, 3, 5)),
    (at(2019, 3, 5), None, date(2021, 3, 5)),  # never asked: due since then
    (at(2024, 3, 5), at(2026, 2, 3), date(2028, 3, 5)),  # by the job, 30 days before
    (at(2024, 3, 5), at(2026, 3, 4, 23), date(2028, 3, 5)),  # on the last evening
    (at(2024, 3, 5), at(2026, 5, 1), date(2028, 3, 5)),  # late: the next is not put off
    (at(2019, 3, 5), at(2026, 5, 1), date(2027, 3, 5)),  # seven years late: in the present round again
    (at(2024, 2, 29), None, date(2026, 2, 28)),
    (at(2024, 2, 29), at(2026, 1, 30), date(2028, 2, 29)),
    (datetime(2024, 3, 4, 15, 30, tzinfo=KST).astimezone(), None, date(2026, 3, 4)),
    (kst_midnight(date(2024, 3, 5)), None, date(2026, 3, 5)),  # 15:00 UTC of the day before
])
def test_the_day_comes_round_every_two_years(given, confirmed, due):
    assert confirmation.due(given, confirmed) == due


def ask(writing, now=NOW, limit=100) -> int:
    return service.reconfirm(db.session, SYSTEM, writing, now=now, limit=limit)


def sent(now=NOW) -> None:
    """The outbox has sent everything."""
    db.session.execute(sa.update(OutboxMessage).values(state=OutboxState.SENT, sent_at=now))
    service.settle(db.session)


def years_ago(days: int) -> datetime:
    """Noon of the day whose second return is ``days`` from today."""
    return kst_midnight(confirmation.anniversary(TODAY + timedelta(days=days), -2)) + timedelta(hours=12)


def test_who_comes_round_within_the_lead_is_asked_once(contact, writing, consenting):
    row = consenting(years_ago(29))
    assert ask(writing) == 1 and ask(writing) == 0
    [mail] = db.session.scalars(sa.select(OutboxMessage))
    assert mail.to_address == contact.email
    told = ("구로고용센터", "동의하신 날", "그대로 유지됩니다", "철회하실 수 있습니다", "/k/", "If you do nothing")
    for words in told:
        assert words in mail.text
    assert row.confirmed_at is None, "not before it is out"
    sent()
    assert row.confirmed_at == NOW and row.withdrawn_at is None
    assert ask(writing) == 0
    assert confirmation.due(row.given_at, row.confirmed_at) == confirmation.anniversary(kst_today(row.given_at), 4)


@pytest.mark.parametrize("days", [31, 200])
def test_who_has_time_is_not_asked(app, writing, consenting, days):
    consenting(years_ago(days))
    assert ask(writing) == 0


def test_the_next_round_is_asked_again(app, writing, consenting):
    consenting(years_ago(10))
    ask(writing)
    sent()
    later = NOW + timedelta(days=731)
    assert ask(writing, later) == 1
    assert db.session.query(ConsentNotice).count() == 2


def test_who_withdrew_left_or_agreed_to_something_else_is_not_asked(app, centre, writing, consenting):
    consenting(years_ago(5)).withdrawn_at = NOW
    gone = contact_of(make_company(centre, "사라진산업", email="gone@x.example"))
    consent.suppress(db.session, gone.address_key, SuppressionReason.UNKNOWN_USER, "mailing:1", NOW)
    consenting(years_ago(5), of=gone)
    other = contact_of(make_company(centre, "소식산업", email="news@x.example"))
    consenting(years_ago(5), ConsentPurpose.NEWSLETTER, of=other)
    assert ask(writing) == 0


def test_a_confirmation_that_was_given_up_confirms_nothing(app, writing, consenting):
    row = consenting(years_ago(5))
    ask(writing)
    db.session.execute(sa.update(OutboxMessage).values(state=OutboxState.FAILED, error="554"))
    service.settle(db.session)
    assert row.confirmed_at is None and len(service.failed(db.session, SYSTEM)) == 1
    assert ask(writing) == 0, "a person decides"


def test_colleagues_behind_one_address_get_one_mail(app, centre, contact, writing, consenting):
    colleague = contact_of(make_company(centre, "같은산업", email=contact.email))
    given = years_ago(5)
    rows = [consenting(given), consenting(given, of=colleague)]
    assert ask(writing) == 1
    sent()
    assert [row.confirmed_at for row in rows] == [NOW, NOW] and ask(writing) == 0


def test_the_daily_job_asks_everyone_in_chunks(app, centre, writing, consenting, monkeypatch):
    monkeypatch.setattr(jobs, "CHUNK", 2)
    for number in range(5):
        person = contact_of(make_company(centre, f"기업{number}", email=f"p{number}@firm{number}.example"))
        consenting(years_ago(number), of=person)
    db.session.commit()
    jobs.ask_for_confirmations(app)
    jobs.ask_for_confirmations(app)
    source = JobSource(app)
    assert source.step() and not source.step()
    db.session.expire_all()
    assert db.session.query(ConsentNotice).filter_by(kind=NoticeKind.RECONFIRMATION).count() == 5
    assert db.session.query(OutboxMessage).count() == 5


# -- the link of the notice --------------------------------------------------------------------------------


@pytest.fixture
def path(app, writing, consenting):
    consenting(years_ago(5))
    ask(writing)
    notice = db.session.scalars(sa.select(ConsentNotice)).one()
    return links.consent_url("", app.extensions["outreach"].signer, notice.id)


def test_looking_withdraws_nothing_and_shows_nobody(client, contact, path):
    before = everything()
    for method in ("GET", "HEAD"):
        assert client.open(path + "?withdraw=1", method=method).status_code == 200
    page = client.get(path).text
    assert everything() == before
    assert "동의 철회 / Withdraw consent" in page and contact.email not in page and contact.name not in page


def test_the_button_withdraws_once_and_the_result_is_told(app, client, writing, path):
    app.config["WTF_CSRF_ENABLED"] = True  # the link is the right: no cookie, no token
    assert "동의를 철회했습니다" in client.post(path).text
    row = db.session.scalars(sa.select(Consent)).one()
    assert row.withdrawn_at == NOW and row.withdrawn_how.startswith("notice:")
    assert "철회했습니다" in client.post(path).text and "이미 철회된" in client.get(path).text
    assert service.tell_results(db.session, writing, now=NOW) == 1
    kinds = db.session.scalars(sa.select(ConsentNotice.kind).order_by(ConsentNotice.id)).all()
    assert kinds == [NoticeKind.RECONFIRMATION, NoticeKind.WITHDRAWAL]


@pytest.mark.parametrize("token", ["x", "AAAA", "a" * 300])
def test_another_link_opens_nothing(app, client, contact, token):
    assert client.get(f"/k/{token}").status_code == client.post(f"/k/{token}").status_code == 404
    wrong = app.extensions["outreach"].signer.sign("u", 1)
    assert client.post(f"/k/{wrong}").status_code == 404
