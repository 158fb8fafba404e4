"""The sending engine against a real SMTP server on the loopback."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from campaigns.audience import service as audiences
from campaigns.delivery import service
from campaigns.delivery.engine import Engine
from campaigns.delivery.jobs import FREEZE
from campaigns.delivery.journal import Journal
from campaigns.delivery.models import Delivery
from campaigns.delivery.retry import RETRY_TABLE, Trouble
from campaigns.delivery.rules import MOVES, DeliveryState, SkipReason
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from outreach.audit import service as audit
from outreach.companies.consent import is_suppressed, suppress
from outreach.companies.models import Consent, ConsentPurpose, Contact, SuppressionReason
from outreach.db import db
from outreach.errors import Conflict, Forbidden
from outreach.jobs import service as jobs
from outreach.jobs.models import JobState
from outreach.jobs.runner import JobSource
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.smtp_server import Act, Event, SmtpServer


def run(engine: Engine) -> None:
    """Work until there is nothing to do."""
    db.session.commit()
    for _ in range(200):
        engine._rests_until = 0.0
        if not engine.step():
            break
    db.session.expire_all()


def states(mailing: Mailing) -> dict[str, int]:
    found = service.statistics(db.session, mailing.id).states
    db.session.commit()  # the engine works in a session of its own
    return {state.value: number for state, number in found.items()}


def test_every_recipient_gets_one_personal_mail(server, engine, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 25, now)
    start(approve(draft))
    run(engine)
    assert sorted(server.recipients) == sorted(f"person{n}@company{n % 7}.example" for n in range(1, 26))
    assert states(draft) == {"accepted": 25}
    assert draft.state is MailingState.FINISHED
    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    number = server.messages[0].rcpt_to[0].split("@")[0].removeprefix("person")
    assert message["Subject"] == f"가상기업{number} 대체인력 안내"
    assert f"가상기업{number} 대표님께" in message.get_body(("html",)).get_content()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith("<http://localhost/u/")


def test_emphasis_and_links_read_well_in_both_parts(server, engine, draft, officer, approve, start, now):
    """A particle follows the closing stars at once, as Korean has it."""
    add_companies(officer.centre_id, 1, now)
    text = "**{{회사명}}**에 드립니다. **\"확대\"**를 [안내](https://work.example/a?b=c&d=e)에서 봅니다."
    blocks = [{"kind": "text", "text": f"{text} 2 ** 3은 그대로."}]
    mailings.edit(db.session, actor_of(officer), draft, {"blocks": blocks}, version=None, now=now)
    start(approve(draft))
    run(engine)
    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    html = message.get_body(("html",)).get_content()
    assert "<strong>가상기업1</strong>에 드립니다. <strong>\"확대\"</strong>를" in html and "2 ** 3" in html
    plain = message.get_body(("plain",)).get_content()
    assert '가상기업1에 드립니다. "확대"를 안내 (https://work.example/a?b=c&d=e)에서' in plain and "2 ** 3" in plain


def test_a_site_at_an_ipv6_address_sends_as_well(server, engine, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 1, now)
    engine._base_url = "http://[::1]:8000"
    start(approve(draft))
    run(engine)
    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    assert re.fullmatch(r"<d1\.[0-9a-f]+@--1>", message["Message-ID"])
    assert message["List-Unsubscribe"].startswith("<http://[::1]:8000/u/")


@pytest.mark.parametrize("button, told", [({"target": "form"}, 0), ({"target": "url", "url": "https://a.example"}, 1)])
def test_who_is_tracked_is_told_so(server, engine, draft, officer, approve, start, now, button, told):
    add_companies(officer.centre_id, 1, now)
    blocks = [{"kind": "button", "label": "보기", **button}]
    mailings.edit(db.session, actor_of(officer), draft, {"blocks": blocks}, version=None, now=now)
    start(approve(draft))
    run(engine)
    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    for kind in ("html", "plain"):
        assert message.get_body((kind,)).get_content().count("어느 링크를 언제 누르셨는지 기록되며") == told


def test_one_message_per_address(server, engine, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 5, now, address=lambda n: "shared@company.example")
    start(approve(draft))
    run(engine)
    assert server.recipients == ["shared@company.example"]


def test_an_opt_out_after_approval_is_obeyed_by_the_claim(server, engine, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 3, now)
    start(approve(draft))
    suppress(db.session, "person2@company2.example", SuppressionReason.UNSUBSCRIBED, "test", now)
    db.session.commit()
    run(engine)
    assert "person2@company2.example" not in server.recipients
    assert states(draft) == {"accepted": 2, "skipped": 1}
    assert service.statistics(db.session, draft.id).skipped == {SkipReason.SUPPRESSED: 1}


def test_advertising_needs_consent_when_written_down_and_when_claimed(
    server, engine, draft, officer, approver, approve, start, now
):
    add_companies(officer.centre_id, 3, now)
    contacts = db.session.scalars(sa.select(Contact).order_by(Contact.id)).all()
    for contact in contacts[:2]:
        contact.consents = [Consent(purpose=ConsentPurpose.ADVERTISING, given_at=now, how="설명회 신청서")]
    mailings.edit(
        db.session, actor_of(officer), draft, {"message_class": MessageClass.ADVERTISING}, version=None, now=now
    )
    start(approve(draft))
    assert sum(states(draft).values()) == 2
    contacts[0].consents[0].withdrawn_at = now
    db.session.commit()
    run(engine)
    assert server.recipients == [contacts[1].email]
    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    assert message["Subject"].startswith("(광고) ")
    assert service.statistics(db.session, draft.id).skipped == {SkipReason.NO_CONSENT: 1}


def usual(event: Event) -> None:
    """Do what a server does."""


def answer(server: SmtpServer, stage: str, reply: bytes, addresses: set[str] | None = None) -> None:
    def script(event: Event) -> object:
        if event.stage == stage and (addresses is None or any(a in event.argument for a in addresses)):
            return reply
        return None

    server.script = script


def test_only_an_unknown_user_is_suppressed(server, engine, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 2, now)
    start(approve(draft))
    replies = {"person1@": b"550 5.1.1 no such user\r\n", "person2@": b"550 5.7.1 policy\r\n"}

    def refuse(event: Event) -> bytes | None:
        return next((r for name, r in replies.items() if event.stage == "rcpt" and name in event.argument), None)

    server.script = refuse
    run(engine)
    assert states(draft) == {"refused": 2}
    assert is_suppressed(db.session, "person1@company1.example")
    assert not is_suppressed(db.session, "person2@company2.example")


def test_temporary_refusals_are_tried_again_and_end(server, engine, draft, officer, approve, start, clock, now):
    add_companies(officer.centre_id, 1, now)
    start(approve(draft))
    answer(server, "rcpt", b"451 4.3.0 later\r\n")
    for wait in RETRY_TABLE[Trouble.SYSTEM]:
        run(engine)
        assert states(draft) == {"deferred": 1}
        clock.at += wait
    run(engine)
    assert states(draft) == {"refused": 1}
    assert draft.state is MailingState.FINISHED


def test_too_many_refusals_pause_the_mailing(server, engine, draft, officer, approver, approve, start, clock, now):
    add_companies(officer.centre_id, 200, now)
    start(approve(draft))
    answer(server, "rcpt", b"550 5.7.1 blocked\r\n")
    run(engine)
    assert draft.state is MailingState.PAUSED and "거부" in draft.pause_reason
    counts = states(draft)
    assert counts["refused"] < 40 and counts["queued"] > 150
    server.script = usual
    clock.advance(minutes=1)
    service.resume(db.session, actor_of(approver), draft, now=clock.now())
    db.session.commit()
    run(engine)
    assert draft.state is MailingState.FINISHED
    assert len(server.recipients) == len(set(server.recipients)) == 200 - counts["refused"]


def test_a_server_that_is_away_loses_nothing(app, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 5, now)
    start(approve(draft))
    with SmtpServer() as gone:
        url = gone.url
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, smtp_url=url)
    engine = Engine(app, connections=2)
    run(engine)
    assert states(draft) == {"queued": 5} and draft.state is MailingState.SENDING
    assert "메일 서버" in draft.pause_reason
    assert db.session.scalar(sa.select(sa.func.max(Delivery.attempts))) == 0
    engine.close()


def test_cut_after_the_content_is_in_doubt_and_only_a_person_resends(
    server, engine, draft, officer, approver, approve, start, now
):
    add_companies(officer.centre_id, 1, now)
    start(approve(draft))
    server.script = lambda event: Act.CLOSE if event.stage == "dot" else None
    run(engine)
    assert states(draft) == {"in_doubt": 1} and draft.state is MailingState.FINISHED
    server.script = usual
    run(engine)
    assert states(draft) == {"in_doubt": 1}
    row = service.doubts(db.session, draft.id)[0]
    assert service.decide(db.session, actor_of(approver), draft, [row.id], resend=True, now=now) == 1
    db.session.commit()
    run(engine)
    assert states(draft) == {"accepted": 1}


def test_a_database_that_goes_away_after_the_sending_repeats_nothing(
    server, engine, draft, officer, approve, start, now, monkeypatch
):
    """The results of a batch can't be committed; the worker lives on."""
    add_companies(officer.centre_id, 120, now)
    start(approve(draft))
    db.session.commit()
    settle, first = engine._settle, []

    def fail_once(*what):
        if not first:
            first.append(engine.name)
            raise sa.exc.OperationalError("COMMIT", {}, Exception("the database went away"))
        settle(*what)

    monkeypatch.setattr(engine, "_settle", fail_once)
    with pytest.raises(sa.exc.OperationalError):
        engine.step()
    assert 0 < len(server.recipients) < 120 and engine.name != first[0]
    run(engine)
    assert len(server.recipients) == len(set(server.recipients)) == 120
    assert states(draft) == {"accepted": 120} and draft.state is MailingState.FINISHED


def test_a_worker_that_breaks_off_in_the_midst_leaves_doubts_not_repetitions(
    server, engine, draft, officer, approve, start, now, monkeypatch
):
    add_companies(officer.centre_id, 30, now)
    start(approve(draft))
    db.session.commit()
    outcome, seen = Journal.outcome, []

    def disk_full(journal, delivery_id, result):
        seen.append(delivery_id)
        if len(seen) == 10:
            raise OSError(28, "No space left on device")
        outcome(journal, delivery_id, result)

    monkeypatch.setattr(Journal, "outcome", disk_full)
    with pytest.raises(OSError, match="No space left"):
        engine.step()
    run(engine)
    counts = states(draft)
    assert counts["accepted"] + counts["in_doubt"] == 30 and 1 <= counts["in_doubt"] <= 3
    assert len(server.recipients) == len(set(server.recipients))


def test_answers_that_say_later_do_not_hide_refusals(server, engine, draft, officer, approve, start, now):
    """Of 90 recipients 60 are put off, and 3 of the 30 answers are refusals."""
    add_companies(officer.centre_id, 90, now)
    start(approve(draft))

    def script(event: Event) -> bytes | None:
        number = int(event.argument.partition("person")[2].partition("@")[0] or 0) if event.stage == "rcpt" else 0
        if number % 3:
            return b"451 4.7.1 greylisted\r\n"
        return b"550 5.7.1 blocked\r\n" if number and number % 30 == 0 else None

    server.script = script
    run(engine)
    assert draft.state is MailingState.PAUSED and "거부" in draft.pause_reason


def test_a_cancelled_mailing_is_not_sent_again(server, engine, draft, officer, approver, approve, start, now):
    add_companies(officer.centre_id, 2, now)
    start(approve(draft))
    server.script = lambda event: Act.CLOSE if event.stage == "dot" else None
    db.session.commit()
    engine.step()
    db.session.expire_all()
    doubts = [row.id for row in service.doubts(db.session, draft.id)]
    mailings.cancel(db.session, actor_of(approver), draft, now=now)
    with pytest.raises(Conflict, match="취소한 메일"):
        service.decide(db.session, actor_of(approver), draft, doubts, resend=True, now=now)
    assert service.decide(db.session, actor_of(approver), draft, doubts, resend=False, now=now) == len(doubts) > 0


def test_pause_and_cancel(server, engine, draft, officer, approver, approve, start, now):
    add_companies(officer.centre_id, 10, now)
    start(approve(draft))
    mailings.pause(db.session, actor_of(approver), draft, now=now)
    db.session.commit()
    run(engine)
    assert server.recipients == []
    mailings.cancel(db.session, actor_of(approver), draft, now=now)
    db.session.commit()
    assert service.sweep_cancelled(db.session, now=now) == 10
    db.session.commit()
    run(engine)
    assert server.recipients == [] and states(draft) == {"cancelled": 10}


def test_an_overdue_mailing_waits_for_a_person(draft, officer, approver, approve, clock, now):
    add_companies(officer.centre_id, 1, now)
    approve(draft)
    mailings.schedule(db.session, actor_of(approver), draft, now, now=now, smtp_ready=True)
    clock.advance(hours=2, minutes=1)
    assert service.start_due(db.session, now=clock.now()) == {"started": 0, "overdue": 1}
    db.session.refresh(draft)
    assert draft.state is MailingState.OVERDUE


def test_the_author_can_not_approve(draft, officer, setting, now):
    add_companies(officer.centre_id, 1, now)
    mailings.submit(db.session, actor_of(officer), draft, setting)
    found = mailings.check(db.session, draft, setting)
    with pytest.raises(Forbidden, match="작성하거나 고친"):
        mailings.approve(
            db.session, officer.scope(), actor_of(officer), draft, setting, content_hash=found.content_hash
        )


def test_an_edit_voids_the_approval(draft, officer, approve, now):
    add_companies(officer.centre_id, 1, now)
    approve(draft)
    assert draft.state is MailingState.APPROVED
    mailings.edit(db.session, actor_of(officer), draft, {"subject": "다른 제목"}, version=None, now=now)
    assert draft.state is MailingState.DRAFT and draft.approved_hash is None
    approve(draft)
    assert sum(states(draft).values()) == 1


def test_a_change_between_looking_and_approving_is_refused(draft, officer, approver, setting, now):
    add_companies(officer.centre_id, 1, now)
    mailings.submit(db.session, actor_of(officer), draft, setting)
    found = mailings.check(db.session, draft, setting)
    draft.audience.conditions = {"recent_days": 0, "sections": ["C"]}
    with pytest.raises(Conflict, match="다시 확인"):
        mailings.approve(
            db.session, approver.scope(), actor_of(approver), draft, setting, content_hash=found.content_hash
        )


def other_conditions(draft: Mailing, actor, now, listener=mailings.audience_changed, **conditions) -> None:
    audiences.save(
        db.session, actor, draft.campaign, name=draft.audience.name, audience=draft.audience, changed=listener,
        conditions={"recent_days": 0, **conditions}, now=now,
    )


@pytest.mark.parametrize("scheduled", [False, True])
def test_an_edit_of_the_audience_voids_the_approval(draft, officer, approver, approve, now, scheduled):
    add_companies(officer.centre_id, 3, now)
    approve(draft)
    if scheduled:
        mailings.schedule(db.session, actor_of(approver), draft, now, now=now, smtp_ready=True)
    other_conditions(draft, actor_of(officer), now, min_headcount=50)
    assert draft.state is MailingState.DRAFT and draft.approved_hash is None and draft.scheduled_at is None
    assert service.start_due(db.session, now=now) == {"started": 0, "overdue": 0}
    comment = next(record for record in audit.history(db.session, "mailing", draft.id) if "comment" in record.changes)
    assert "수신 대상 '전체'의 조건" in comment.changes["comment"][1]


def test_what_is_being_sent_keeps_its_recipients(server, engine, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 3, now)
    start(approve(draft))
    other_conditions(draft, actor_of(officer), now, min_headcount=50)
    run(engine)
    assert len(server.recipients) == 3 and draft.state is MailingState.FINISHED


def test_who_chose_the_audience_can_not_approve(draft, officer, approver, setting, now):
    add_companies(officer.centre_id, 1, now)
    other_conditions(draft, actor_of(approver), now, min_headcount=1)
    mailings.submit(db.session, actor_of(officer), draft, setting)
    found = mailings.check(db.session, draft, setting)
    with pytest.raises(Forbidden, match="수신 대상"):
        mailings.approve(
            db.session, approver.scope(), actor_of(approver), draft, setting, content_hash=found.content_hash
        )


def test_writing_recipients_down_once_more_takes_none_away(app, server, engine, draft, officer, approve, start, now):
    """The worker died after its last step, before it could say that the job was done: the job runs again."""
    add_companies(officer.centre_id, 3, now)
    start(approve(draft))
    run(engine)
    job = jobs.enqueue(db.session, FREEZE, {"mailing_id": draft.id}, now=now)
    db.session.commit()
    assert JobSource(app).step()
    db.session.refresh(job)
    assert job.state is JobState.DONE and states(draft) == {"accepted": 3}


def test_a_missing_personal_value_names_the_person(draft, officer, setting, now):
    add_companies(officer.centre_id, 2, now)
    contact = db.session.scalars(sa.select(Contact)).first()
    contact.name = ""
    mailings.edit(db.session, actor_of(officer), draft, {"subject": "{{담당자}} 님께"}, version=None, now=now)
    found = mailings.check(db.session, draft, setting)
    assert not found.ready
    assert any(contact.email in problem and "담당자" in problem for problem in found.problems)


def test_without_a_mail_server_scheduling_is_refused(draft, officer, approver, approve, now):
    add_companies(officer.centre_id, 1, now)
    approve(draft)
    with pytest.raises(Conflict, match="OUTREACH_SMTP_URL"):
        mailings.schedule(db.session, actor_of(approver), draft, now, now=now, smtp_ready=False)


def test_states_are_final():
    """A delivery that was accepted has no way back."""
    assert all(not MOVES[state] for state in (DeliveryState.ACCEPTED, DeliveryState.CANCELLED))
    assert MOVES[DeliveryState.REFUSED] == {DeliveryState.QUEUED}
