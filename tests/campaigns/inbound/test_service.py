"""Taking mail in: what follows from each kind, once, and from a forged one nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.inbound import queries, store, tray
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import BounceClass, InboundState, Kind, Reason
from campaigns.responses.models import Response
from campaigns.responses.rules import Channel, ResponseState
from outreach import links
from outreach.audit.service import Actor
from outreach.companies.consent import find_suppression, is_suppressed
from outreach.companies.models import Company, Consent, ConsentPurpose, Contact, SuppressionReason
from outreach.db import db
from outreach.errors import Conflict
from outreach.leads.models import Lead
from outreach.leads.rules import LeadState
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from outreach.signing import Signer
from tests.campaigns.inbound.making import (
    complaint,
    failed,
    letter,
    make_sent,
    message_id,
    original,
    report,
    return_path,
    setting,
    take,
)
from tests.campaigns.responses.making import make_delivery, make_mailing
from tests.outreach.leads.making import answer
from tests.people import make_user


@pytest.fixture
def sent(app):
    return make_sent()


def bounced(app, delivery, status: str, *, number: int = 1, diagnostic: str = "", action: str = "failed", **values):
    groups = failed(delivery.address, status, diagnostic, action)
    return take(app, report(to=return_path(app, delivery), recipients=groups, number=number), **values)


# -- bounces ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known_by", ["return path", "message-id", "message-id of the whole mail", "upper case"])
def test_an_unknown_user_is_written_to_no_more(app, sent, known_by):
    to, returned, kind = "someone@outreach.example", "", "text/rfc822-headers"
    if known_by == "return path":
        to = return_path(app, sent)
    elif known_by == "upper case":
        to = return_path(app, sent).upper()
    else:
        returned, kind = original(app, sent), "message/rfc822" if "whole" in known_by else kind
    groups = failed(sent.address, "5.1.1", "550 5.1.1 user unknown")
    row = take(app, report(to=to, recipients=groups, returned=returned, returned_type=kind))
    assert (row.kind, row.bounce_class, row.status, row.reason) == (
        Kind.BOUNCE, BounceClass.HARD, "5.1.1", Reason.STATUS
    )
    assert (row.delivery, row.verified, row.state) == (sent, True, InboundState.DONE)
    found = find_suppression(db.session, sent.address_key)
    assert (found.reason, found.source) == (SuppressionReason.UNKNOWN_USER, f"inbound:{row.id}")


def test_a_forged_bounce_changes_nothing_and_waits(app, sent):
    """Its token is another site's, or none."""
    forged = links.bounce_address("bounce@outreach.example", Signer([b"x" * 32]), sent.id)
    for number, to in enumerate((forged, f"bounce+{sent.id}@outreach.example", "bounce@outreach.example")):
        groups = failed(sent.address, "5.1.1")
        row = take(app, report(to=to, recipients=groups, number=number, returned=f"Message-ID: <d{sent.id}@x.example>"))
        assert (row.kind, row.bounce_class, row.verified) == (Kind.BOUNCE, BounceClass.HARD, False)
        assert row.state is InboundState.WAITING
    assert not is_suppressed(db.session, sent.address_key)


@pytest.mark.parametrize("status, diagnostic, kind", [
    ("5.7.1", "550 5.7.1 blocked for spam", BounceClass.POLICY),
    ("5.7.26", "550-5.7.26 unauthenticated", BounceClass.POLICY),
    ("5.1.8", "sender address rejected", BounceClass.POLICY),
    ("5.1.1", "550 5.1.1 rejected: listed at a DNSBL", BounceClass.POLICY),
])
def test_a_policy_refusal_suppresses_nobody_however_often_it_comes(app, sent, status, diagnostic, kind):
    mailing = sent.mailing
    for number in range(4):
        delivery = sent if number == 0 else again(sent)
        row = bounced(app, delivery, status, number=number, diagnostic=diagnostic)
        assert (row.bounce_class, row.counted) == (kind, False)
    assert not is_suppressed(db.session, sent.address_key)
    assert queries.of_mailing(db.session, mailing.id).bounces == {BounceClass.POLICY: 1}


def again(sent):
    """The same person in another mailing."""
    return make_delivery(make_mailing(sent.mailing.campaign), db.session.get(Company, sent.company_id))


@pytest.mark.parametrize("status", ["5.2.2", "4.2.2", "4.4.1", "5.2.1"])
def test_three_mailings_that_came_back_within_a_month_are_enough(app, sent, now, status):
    for number in range(2):
        bounced(app, sent if number == 0 else again(sent), status, number=number, now=now + timedelta(days=number))
        bounced(app, sent, status, number=10 + number, now=now)  # another report on the first: counts once
    assert not is_suppressed(db.session, sent.address_key)
    bounced(app, again(sent), status, number=20, now=now + timedelta(days=29))
    assert find_suppression(db.session, sent.address_key).reason is SuppressionReason.BOUNCING


def test_three_in_a_longer_time_are_not(app, sent, now):
    for number, days in enumerate((0, 20, 40)):
        bounced(app, sent if number == 0 else again(sent), "5.2.2", number=number, now=now + timedelta(days=days))
    assert not is_suppressed(db.session, sent.address_key)


def test_a_delay_is_only_noted(app, sent):
    for number in range(4):
        row = bounced(app, sent if number == 0 else again(sent), "4.4.1", number=number, action="delayed")
        assert (row.reason, row.bounce_class, row.counted) == (Reason.DELAYED, BounceClass.SOFT, False)
    assert not is_suppressed(db.session, sent.address_key)


def test_a_report_of_several_recipients_is_about_ours(app, sent):
    groups = failed("other@company.example", "5.1.1") + "\n" + failed(sent.address, "5.2.2")
    row = take(app, report(to=return_path(app, sent), recipients=groups))
    assert (row.bounce_class, row.status, row.address) == (BounceClass.FULL, "5.2.2", sent.address)
    groups = failed("other@company.example", "5.1.1") + "\n" + failed(sent.address, "2.1.5", action="delivered")
    row = take(app, report(to=return_path(app, sent), recipients=groups, number=2))
    assert (row.kind, row.reason) == (Kind.AUTO_REPLY, Reason.DELIVERED)
    assert not is_suppressed(db.session, sent.address_key)


def test_a_bounce_in_words_alone_is_read_too(app, sent):
    """As qmail and home-made servers write them, in Korean, too; known by the Message-ID in the copy below."""
    text = f"<{sent.address}>:\n존재하지 않는 메일 계정입니다.\n\n--- Below this line is a copy of the message.\n\n"
    raw = letter(
        text + original(app, sent), sender="MAILER-DAEMON@mail.company.example", subject="failure notice",
        extra="Return-Path: <>\n",
    )
    row = take(app, raw)
    assert (row.kind, row.bounce_class, row.verified) == (Kind.BOUNCE, BounceClass.HARD, True)
    assert is_suppressed(db.session, sent.address_key)


# -- complaints -----------------------------------------------------------------------------------------------------


def test_a_complaint_ends_everything(app, sent, now):
    consent = Consent(contact_id=sent.contact_id, purpose=ConsentPurpose.ADVERTISING, given_at=now, how="서면")
    db.session.add(consent)
    row = take(app, complaint("fbl@outreach.example", original(app, sent)))
    assert (row.kind, row.delivery, row.state) == (Kind.COMPLAINT, sent, InboundState.DONE)
    assert find_suppression(db.session, sent.address_key).reason is SuppressionReason.COMPLAINT
    db.session.refresh(consent)
    assert consent.withdrawn_at == now
    counts = queries.of_mailing(db.session, sent.mailing_id)
    assert (counts.kind("complaint"), counts.accepted, counts.complained_too_much) == (1, 1, True)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_what_is_no_complaint_is_none(app, sent, kind):
    row = take(app, complaint("fbl@outreach.example", original(app, sent), kind))
    assert row.kind is Kind.AUTO_REPLY
    assert not is_suppressed(db.session, sent.address_key)


def test_a_complaint_without_our_token_waits(app, sent):
    row = take(app, complaint("fbl@outreach.example", f"To: {sent.address}\nMessage-ID: <x@y>\n"))
    assert (row.kind, row.state) == (Kind.COMPLAINT, InboundState.WAITING)
    assert not is_suppressed(db.session, sent.address_key)


# -- automatic answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject, text, extra", [
    ("부재중: 안내", "휴가 중입니다. 12월 1일에 돌아옵니다.", ""),
    ("Automatic reply: notice", "I am away.", "Auto-Submitted: auto-replied\n"),
    ("Re: notice", "출장 중이오니 급한 일은 전화 주세요.", "X-Autoreply: yes\n"),
    ("Re: notice", "접수되었습니다.", "Precedence: auto_reply\n"),
    ("[자동응답] 문의 감사합니다", "문의가 접수되었습니다.", ""),
])
def test_an_automatic_answer_is_no_response(app, sent, subject, text, extra):
    row = take(app, letter(text, sender=sent.address, subject=subject, answers=message_id(app, sent), extra=extra))
    assert (row.kind, row.state, row.delivery) == (Kind.AUTO_REPLY, InboundState.DONE, sent)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 0
    assert not is_suppressed(db.session, sent.address_key)


def test_who_has_left_is_told_to_the_planner(app, sent, now):
    planner = make_user(Role.PLANNER, centre=sent.mailing.campaign.centre)
    company = db.session.get(Contact, sent.contact_id).workplace.company
    lead = answer(company)
    lead.state, lead.next_due = LeadState.CONTACTED, None
    text = "김민수는 더 이상 근무하지 않습니다. 문의는 대표전화로 해 주세요."
    raw = letter(text, sender=sent.address, subject="자동 회신", answers=message_id(app, sent),
                 extra="Auto-Submitted: auto-replied\n")
    row = take(app, raw)
    assert (row.reason, row.state) == (Reason.LEFT, InboundState.WAITING)
    db.session.refresh(lead)
    assert (lead.planner, lead.next_action) == (planner, "담당자 연락처 확인")
    assert [a.note for a in lead.activities if a.source == f"inbound:{row.id}"] == [text]


# -- people -----------------------------------------------------------------------------------------------------------

QUOTE = """

-----Original Message-----
From: "시험고용센터" <centre@outreach.example>
To: <minsu@company.example>
Subject: 안내

수신거부(무료, 로그인 없음) / Unsubscribe (free, no sign-in):
"""


def test_an_answer_opens_a_lead_with_the_words_alone(app, sent, now):
    planner = make_user(Role.PLANNER, centre=sent.mailing.campaign.centre)
    raw = letter("대체인력을 찾고 있습니다. 전화 주세요." + QUOTE, sender=f"김민수 <{sent.address}>",
                 answers=message_id(app, sent))
    row = take(app, raw)
    assert (row.kind, row.reason, row.state) == (Kind.REPLY, Reason.ANSWER, InboundState.DONE)
    response = row.response
    assert (response.channel, response.state, response.delivery) == (Channel.MAIL_REPLY, ResponseState.VERIFIED, sent)
    assert response.message == "대체인력을 찾고 있습니다. 전화 주세요."
    lead = response.lead
    assert (lead.company_id, lead.planner, lead.contact_email) == (sent.company_id, planner, sent.address)
    assert [a.note for a in lead.activities if a.source_label] == ["대체인력을 찾고 있습니다. 전화 주세요."]
    assert db.session.scalar(sa.select(OutboxMessage.to_address)) == planner.email


def test_an_answer_to_an_open_lead_raises_the_next_action(app, sent, now):
    lead = answer(db.session.get(Contact, sent.contact_id).workplace.company)
    lead.state, lead.next_action, lead.next_due = LeadState.CONTACTED, "방문", (now + timedelta(days=30)).date()
    row = take(app, letter("내일 뵐 수 있을까요?", sender=sent.address, answers=message_id(app, sent)))
    assert row.response.lead is lead
    assert lead.next_action == "회신 확인 (예정: 방문, 12. 23.)"
    assert lead.next_due == (now + timedelta(days=1)).date()


def test_an_answer_to_a_forwarded_mail_is_its_deliverys(app, sent):
    row = take(app, letter("저에게 보내 주세요.", sender="이하나 <hana@other.example>", answers=message_id(app, sent)))
    assert (row.kind, row.delivery, row.response.email) == (Kind.REPLY, sent, "hana@other.example")


@pytest.mark.parametrize("text", [
    "수신거부합니다.", "앞으로 메일 보내지 마세요", "Please unsubscribe me.", "이런 안내는 그만 보내주세요",
    "수신을 원하지 않습니다.",
])
def test_a_refusal_by_answer_counts(app, sent, now, text):
    consent = Consent(contact_id=sent.contact_id, purpose=ConsentPurpose.ADVERTISING, given_at=now, how="서면")
    db.session.add(consent)
    row = take(app, letter(text + QUOTE, sender=sent.address, answers=message_id(app, sent)))
    assert (row.kind, row.state) == (Kind.UNSUBSCRIBE, InboundState.DONE)
    assert find_suppression(db.session, sent.address_key).reason is SuppressionReason.UNSUBSCRIBED
    db.session.refresh(consent)
    assert consent.withdrawn_at == now
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Lead)) == 0


def test_a_refusal_counts_without_a_reference_too_from_an_address_we_write_to(app, sent):
    row = take(app, letter("수신거부", sender=sent.address, subject="수신거부"))
    assert (row.kind, row.verified, row.state) == (Kind.UNSUBSCRIBE, False, InboundState.DONE)
    assert is_suppressed(db.session, sent.address_key)
    stranger = take(app, letter("수신거부", sender="nobody@else.example", subject="수신거부", number=2))
    assert stranger.state is InboundState.WAITING
    assert not is_suppressed(db.session, "nobody@else.example")


@pytest.mark.parametrize("text", [
    "실수로 수신거부를 눌렀습니다. 계속 받고 싶습니다.",
    "수신거부는 아닙니다. 상담을 받고 싶어요.",
    "상담을 신청합니다. " * 20 + "그런데 다른 직원은 수신거부를 했다고 합니다.",
])
def test_speaking_of_refusing_is_for_a_person_to_judge(app, sent, text):
    row = take(app, letter(text, sender=sent.address, answers=message_id(app, sent)))
    assert (row.kind, row.reason, row.state) == (Kind.REPLY, Reason.MENTIONS_REFUSAL, InboundState.WAITING)
    assert row.response is not None
    assert not is_suppressed(db.session, sent.address_key)


def test_our_own_words_in_an_unmarked_quotation_refuse_nothing(app, sent):
    text = "전화 주세요.\n\n육아휴직 대체인력을 무료로 찾아 드립니다. 신청은 아래 단추를 눌러 주세요.\n수신거부(무료)\n"
    row = take(app, letter(text, sender=sent.address, answers=message_id(app, sent)))
    assert (row.kind, row.text) == (Kind.REPLY, "전화 주세요.")


# -- what nobody can place, and the same twice ---------------------------------------------------------------------


def test_unknown_mail_is_kept_whole(app, sent):
    raw = letter("안녕하세요", sender="nobody@else.example", subject="문의", charset="euc-kr")
    row = take(app, raw)
    assert (row.kind, row.state, row.text, row.centre_id) == (Kind.UNKNOWN, InboundState.WAITING, "안녕하세요", None)
    assert store.read(setting(app).folder, row.sha256) == raw


def test_the_same_mail_twice_is_one(app, sent):
    raw = letter("전화 주세요.", sender=sent.address, answers=message_id(app, sent))
    first = take(app, raw)
    again_ = take(app, b"Received: from elsewhere\r\n" + raw.replace(b"\n", b"\r\n"))
    assert again_.id == first.id
    other = take(app, letter("전화 주세요.", sender=sent.address, answers=message_id(app, sent), number=2))
    assert other.id != first.id
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 2


def test_a_deleted_company_leaves_the_answer_in_the_responses_tray(app, sent):
    sent.company_id, sent.contact_id, sent.workplace_id = 999, 999, 999
    row = take(app, letter("전화 주세요.", sender="a@b.example", answers=message_id(app, sent)))
    assert (row.company_id, row.response.state) == (None, ResponseState.UNVERIFIED)


# -- undoing ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def officer(app, sent):
    return make_user(Role.PROMOTION, centre=sent.mailing.campaign.centre)


def undo(officer, row, now):
    return tray.restore(db.session, officer.scope(), Actor(officer.id, officer.email), row.id, now=now)


def test_undoing_lifts_what_the_mail_did_and_nothing_else(app, sent, officer, now):
    consent = Consent(contact_id=sent.contact_id, purpose=ConsentPurpose.ADVERTISING, given_at=now, how="서면")
    db.session.add(consent)
    row = take(app, letter("수신거부합니다.", sender=sent.address, answers=message_id(app, sent)))
    assert undo(officer, row, now).state is InboundState.WAITING
    assert not is_suppressed(db.session, sent.address_key)
    db.session.refresh(consent)
    assert consent.withdrawn_at is None
    with pytest.raises(Conflict):
        undo(officer, row, now)


def test_undoing_leaves_a_later_refusal_alone(app, sent, officer, now):
    bounce = bounced(app, sent, "5.1.1")
    undo(officer, bounce, now)
    refusal = take(app, letter("수신거부합니다.", sender=sent.address, answers=message_id(app, sent)))
    tray.mark_bounce(db.session, officer.scope(), Actor(officer.id, ""), bounce.id, sent.address, now=now)
    undo(officer, bounce, now)
    assert find_suppression(db.session, sent.address_key).source == f"inbound:{refusal.id}"


def test_undoing_an_answer_sets_the_response_aside_and_it_can_be_given_again(app, sent, officer, now):
    row = take(app, letter("전화 주세요.", sender=sent.address, answers=message_id(app, sent)))
    lead, response = row.response.lead, row.response
    undo(officer, row, now)
    assert (response.state, lead.state) == (ResponseState.DISMISSED, LeadState.LOST)
    scope, actor = officer.scope(), Actor(officer.id, officer.email)
    tray.assign(db.session, scope, actor, row.id, sent.workplace_id, now=now, base_url="http://localhost")
    assert (row.state, row.response.state) == (InboundState.DECIDED, ResponseState.VERIFIED)
    assert row.response.lead.closed_at is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(InboundMessage)) == 1
