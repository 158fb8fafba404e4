"""The result of a consent, a withdrawal or a refusal is told once, at once, to whom it concerns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.notices import jobs, service
from campaigns.notices.models import ConsentNotice
from campaigns.notices.rules import NoticeKind, days_left, result_due
from campaigns.responses import optout
from outreach.audit.service import SERVICE
from outreach.clock import kst_today
from outreach.companies import consent
from outreach.companies.models import ConsentPurpose, Contact, SuppressionReason
from outreach.companies.topics import Topic
from outreach.db import db
from outreach.mail.feature import feature as mail
from outreach.mail.models import OutboxMessage, OutboxState
from outreach.scope import SYSTEM
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing
from tests.outreach.companies.making import HEADQUARTERS
from tests.outreach.leads.making import make_company
from tests.people import NOW
from tests.smtp_server import SmtpServer


def tell(writing, now=NOW) -> int:
    return service.tell_results(db.session, writing, now=now)


def notices() -> list[tuple[NoticeKind, str]]:
    rows = db.session.scalars(sa.select(ConsentNotice).order_by(ConsentNotice.id))
    return [(row.kind, row.subject) for row in rows]


def mails() -> list[OutboxMessage]:
    return list(db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


@pytest.fixture
def delivery(centre):
    return make_delivery(make_mailing(make_campaign(centre)), make_company(centre, "한빛정밀"))


def test_a_consent_is_told_with_sender_fact_date_and_result(contact, writing, consenting):
    consenting()
    assert tell(writing) == 1
    [mail] = mails()
    assert mail.to_address == contact.email and mail.subject == "[구로고용센터] 수신동의 처리 결과 안내"
    told = ("보내는 곳: 구로고용센터", "2026. 11. 23.(월)", "수신동의가 기록되었습니다", "광고성 정보 수신", "/k/")
    for words in told:
        assert words in mail.text
    assert tell(writing) == 0 and len(mails()) == 1
    [notice] = db.session.scalars(sa.select(ConsentNotice))
    assert (notice.text, notice.centre_id, notice.due_on) == (mail.text, contact.workplace.centre_id, result_due(NOW))


def test_a_withdrawal_is_told_without_promotion(contact, writing, consenting):
    consenting(NOW - timedelta(days=100))
    consent.withdraw_consent(
        db.session, HEADQUARTERS, SERVICE, contact.id, ConsentPurpose.ADVERTISING, how="전화", now=NOW
    )
    assert tell(writing) == 1 and notices() == [(NoticeKind.WITHDRAWAL, "advertising")]
    assert "http" not in mails()[0].text and "철회되었습니다" in mails()[0].text


def test_leaving_altogether_is_told_once_however_often_it_was_pressed(delivery, writing, consenting):
    """To a suppressed address lawfully, with what it ended, in one mail that links to nothing."""
    person = db.session.get(Contact, delivery.contact_id)
    consenting(NOW - timedelta(days=100), of=person)
    consenting(NOW - timedelta(days=100), ConsentPurpose.EVENTS, of=person)
    optout.unsubscribe(db.session, delivery, now=NOW)
    assert tell(writing) == 1 and notices() == [(NoticeKind.REFUSAL, "")]
    optout.unsubscribe(db.session, delivery, now=NOW + timedelta(minutes=1))
    assert tell(writing, NOW + timedelta(minutes=2)) == 0
    [mail] = mails()
    assert mail.to_address == delivery.address and "http" not in mail.text
    assert "구로고용센터" in mail.text and "수신거부가 처리되었습니다" in mail.text and "unsubscribed" in mail.text


def test_topics_left_together_are_told_together(delivery, writing):
    optout.choose(db.session, delivery, {Topic.EVENTS, Topic.STORIES, Topic.FLEXIBLE}, now=NOW)
    assert tell(writing) == 1 and notices() == [(NoticeKind.TOPICS, "subsidies,substitutes")]
    assert "지원금, 대체인력" in mails()[0].text and tell(writing) == 0


def test_leaving_again_after_a_way_back_is_another_fact(delivery, writing):
    optout.unsubscribe(db.session, delivery, now=NOW)
    tell(writing)
    consent.lift(db.session, delivery.address_key, "본인 요청", actor=SERVICE, now=NOW)
    optout.unsubscribe(db.session, delivery, now=NOW + timedelta(days=1))
    assert tell(writing, NOW + timedelta(days=1)) == 1 and len(mails()) == 2


@pytest.mark.parametrize("reason", [SuppressionReason.UNKNOWN_USER, SuppressionReason.COMPLAINT])
def test_a_dead_address_and_a_complaint_get_no_mail(app, writing, contact, consenting, reason):
    consenting()
    consent.suppress(db.session, contact.address_key, reason, "mailing:1", NOW)
    assert tell(writing) == 0 and mails() == []


def test_a_refusal_by_telephone_of_someone_unknown_is_told_to_that_address(app, writing):
    consent.suppress_by_hand(db.session, HEADQUARTERS, SERVICE, "Who@Firm.example", "전화", now=NOW)
    assert tell(writing) == 1 and mails()[0].to_address == "who@firm.example"


def test_what_a_list_says_of_long_ago_is_not_told_again(app, writing, consenting):
    consenting(NOW - timedelta(days=31))
    assert tell(writing) == 0


def test_the_watch_counts_the_days_to_the_fourteenth(app, writing, consenting):
    consenting(NOW - timedelta(days=12))
    [(fact, party)] = service.waiting(db.session, SYSTEM, NOW)
    assert days_left(fact.due_on, kst_today(NOW)) == 2 and party.sender_name == "구로고용센터"


def test_the_clock_tells_and_the_outbox_sends(app, contact, consenting):
    """Through a real server; the notice learns what became of its mail."""
    consenting()
    db.session.commit()
    with SmtpServer() as server:
        outreach = app.extensions["outreach"]
        outreach.settings = replace(outreach.settings, smtp_url=server.url)
        assert jobs.tell_results(app) == 1 and jobs.tell_results(app) == 0
        assert mail.work[0].make(app).step()
        assert server.recipients == [contact.email]
    jobs.tell_results(app)
    db.session.expire_all()
    assert db.session.scalars(sa.select(ConsentNotice)).one().sent_at == NOW


def test_a_notice_that_was_given_up_is_sent_again_by_hand(app, writing, consenting):
    consenting()
    tell(writing)
    [first] = mails()
    first.state, first.error = OutboxState.FAILED, "550 no such user"
    db.session.flush()
    service.settle(db.session)
    [notice] = service.failed(db.session, SYSTEM)
    assert notice.error == "550 no such user"
    service.retry(db.session, HEADQUARTERS, SERVICE, notice.id, writing, now=NOW)
    assert service.failed(db.session, SYSTEM) == [] and len(mails()) == 2 and tell(writing) == 0
