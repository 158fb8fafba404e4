"""The outbox sends every mail at least once, in the unit of work's truth, with bounded retries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa
from flask import Flask

from outreach.clock import FixedClock
from outreach.db import db, unit_of_work
from outreach.mail import outbox
from outreach.mail.models import OutboxMessage, OutboxState
from outreach.mail.outbox import BACK_OFF, LEASE, OutboxSource
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp import OutgoingMessage
from outreach.mail.smtp_url import SmtpUrl

ACCEPTED = Outcome(Kind.ACCEPTED, Stage.DOT, 250)
AWAY = Outcome(Kind.NOT_SENT, Stage.CONNECTION, text="연결할 수 없습니다")


class Post:
    """A mail server that answers as told and remembers."""

    def __init__(self, *outcomes: Outcome):
        self.outcomes = list(outcomes)
        self.got: list[OutgoingMessage] = []

    def __call__(self, url: SmtpUrl, message: OutgoingMessage) -> Outcome:
        self.got.append(message)
        return self.outcomes.pop(0) if self.outcomes else ACCEPTED


@pytest.fixture
def enqueue(app: Flask, clock: FixedClock) -> Callable[..., bool]:
    def add(key: str = "welcome:1", to_address: str = "kim@company.example", **values: str) -> bool:
        mail = {"subject": "비밀번호를 정해 주세요", "text": "안녕하세요.\n아래 주소를 누르세요.", **values}
        with unit_of_work(db.session) as session:
            return outbox.enqueue(session, key=key, to_address=to_address, now=clock.now(), **mail)

    return add


def only() -> OutboxMessage:
    """The one row as it is now, holding no lock."""
    db.session.rollback()
    row = db.session.scalars(sa.select(OutboxMessage).execution_options(populate_existing=True)).one()
    db.session.commit()
    return row


def test_a_mail_is_sent_once_and_reads_back(app: Flask, enqueue: Callable[..., bool]) -> None:
    enqueue(to_name="김, 민수 (대표)", html="<p>안녕하세요.</p>")
    post = Post()
    source = OutboxSource(app, post)
    assert [source.step(), source.step()] == [True, False]
    assert only().state is OutboxState.SENT
    [sent] = post.got
    assert (sent.mail_from, sent.rcpt_to) == ("no-reply@outreach.example", "kim@company.example")
    mail = message_from_bytes(sent.content, policy=default)
    assert mail["Subject"] == "비밀번호를 정해 주세요"
    assert mail["To"].addresses[0].display_name == "김, 민수 (대표)"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "아래 주소" in mail.get_body(("plain",)).get_content()
    assert "<p>안녕하세요.</p>" in mail.get_body(("html",)).get_content()


def test_the_same_occasion_is_written_to_once(app: Flask, enqueue: Callable[..., bool]) -> None:
    assert enqueue() is True
    assert enqueue(text="another text") is False
    assert "안녕하세요" in only().text


def test_no_mail_without_its_unit_of_work(app: Flask, clock: FixedClock) -> None:
    with pytest.raises(RuntimeError), unit_of_work(db.session) as session:
        outbox.enqueue(session, key="k", to_address="a@b.example", subject="s", text="t", now=clock.now())
        raise RuntimeError
    assert OutboxSource(app, Post()).step() is False


def test_retries_back_off_and_end(app: Flask, clock: FixedClock, enqueue: Callable[..., bool]) -> None:
    enqueue()
    post = Post(*[AWAY] * 10)
    source = OutboxSource(app, post)
    for wait in BACK_OFF:
        assert source.step() is True
        assert only().state is OutboxState.QUEUED
        clock.advance(seconds=wait.total_seconds() - 1)
        assert source.step() is False  # not before its time
        clock.advance(seconds=1)
    assert source.step() is True
    given_up = only()
    assert given_up.state is OutboxState.FAILED and "연결할 수 없습니다" in given_up.error
    clock.advance(days=2)
    assert source.step() is False
    assert len(post.got) == len(BACK_OFF) + 1
    assert len({message_from_bytes(message.content)["Message-ID"] for message in post.got}) == 1


@pytest.mark.parametrize("kind", [Kind.REFUSED_RECIPIENT, Kind.REFUSED_MESSAGE])
def test_a_refusal_is_final(app: Flask, enqueue: Callable[..., bool], kind: Kind) -> None:
    enqueue()
    assert OutboxSource(app, Post(Outcome(kind, Stage.RCPT, 550, "5.1.1", "no such user"))).step() is True
    assert only().state is OutboxState.FAILED and "550 5.1.1 no such user" in only().error


@pytest.mark.parametrize("kind", [Kind.DEFERRED, Kind.IN_DOUBT, Kind.NOT_SENT])
def test_anything_else_is_tried_again(app: Flask, clock: FixedClock, enqueue: Callable[..., bool], kind: Kind) -> None:
    enqueue()
    source = OutboxSource(app, Post(Outcome(kind, Stage.DOT)))
    source.step()
    clock.advance(minutes=1)
    assert source.step() is True
    assert (only().state, only().attempts) == (OutboxState.SENT, 2)


def test_after_a_death_between_claim_and_record_it_is_sent_again(
    app: Flask, clock: FixedClock, enqueue: Callable[..., bool]
) -> None:
    enqueue()

    def die(url: SmtpUrl, message: OutgoingMessage) -> Outcome:
        raise KeyboardInterrupt  # the process ends here, whatever the server has done

    with pytest.raises(KeyboardInterrupt):
        OutboxSource(app, die).step()
    assert only().state is OutboxState.SENDING
    post = Post()
    source = OutboxSource(app, post)
    assert source.step() is False  # the other may still be alive
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert source.step() is True
    assert only().state is OutboxState.SENT and len(post.got) == 1


def test_a_late_record_of_an_old_try_changes_nothing(
    app: Flask, clock: FixedClock, enqueue: Callable[..., bool]
) -> None:
    enqueue()
    with unit_of_work(db.session) as session:
        message_id = outbox.claim_next(session, now=clock.now()).id
    clock.advance(seconds=LEASE.total_seconds() + 1)
    with unit_of_work(db.session) as session:
        assert outbox.claim_next(session, now=clock.now()).attempts == 2
    with unit_of_work(db.session) as session:
        assert not outbox.record(session, message_id, 1, AWAY, now=clock.now())
        assert outbox.record(session, message_id, 2, ACCEPTED, now=clock.now())
    assert only().state is OutboxState.SENT


def test_a_fault_in_the_transport_is_a_failed_try(app: Flask, enqueue: Callable[..., bool]) -> None:
    enqueue()

    def broken(url: SmtpUrl, message: OutgoingMessage) -> Outcome:
        raise RuntimeError("no route")

    assert OutboxSource(app, broken).step() is True
    assert only().state is OutboxState.QUEUED and "no route" in only().error


@pytest.mark.parametrize("address", ["김@회사.example", "not an address", "a@b.example\r\nRCPT TO:<c@d.example>"])
def test_what_cannot_be_an_address_never_reaches_the_server(
    app: Flask, enqueue: Callable[..., bool], address: str
) -> None:
    enqueue(to_address=address)
    post = Post()
    assert OutboxSource(app, post).step() is True
    assert only().state is OutboxState.FAILED and post.got == []


def test_no_header_is_broken_open(app: Flask, enqueue: Callable[..., bool]) -> None:
    enqueue(subject="안내\r\nBcc: all@company.example", to_name="김\r\nX: y")
    post = Post()
    OutboxSource(app, post).step()
    mail = message_from_bytes(post.got[0].content, policy=default)
    assert mail["Bcc"] is None and mail["X"] is None and mail["Subject"] == "안내 Bcc: all@company.example"


def test_without_a_mail_server_mails_wait(app: Flask, enqueue: Callable[..., bool]) -> None:
    enqueue()
    outreach = app.extensions["outreach"]
    object.__setattr__(outreach.settings, "smtp_url", None)
    assert OutboxSource(app, Post()).step() is False
    assert only().state is OutboxState.QUEUED


def test_finished_mails_go_after_a_month(app: Flask, clock: FixedClock, enqueue: Callable[..., bool]) -> None:
    enqueue()
    OutboxSource(app, Post()).step()
    clock.advance(days=29)
    enqueue("welcome:2")
    for delta, left in ((timedelta(days=0), 2), (timedelta(days=2), 1)):
        with unit_of_work(db.session) as session:
            due = outbox.finished(clock.now() + delta - outbox.KEEP)
            outbox.delete(session, session.scalars(due).all())
        assert db.session.scalar(sa.select(sa.func.count(OutboxMessage.id))) == left
