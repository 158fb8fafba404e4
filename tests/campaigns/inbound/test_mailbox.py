"""Reading the mailbox of a real IMAP server: nothing is lost, nothing taken in twice, whatever breaks."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.inbound import jobs as inbound_jobs
from campaigns.inbound import mailbox
from campaigns.inbound.jobs import POLL, begin
from campaigns.inbound.mailbox import DONE_FOLDER, BadImapUrl, ImapUrl, Mailbox
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import Kind, Way
from campaigns.responses.models import Response
from outreach.db import db
from outreach.jobs.models import Job, JobState
from outreach.jobs.runner import JobSource
from tests.campaigns.inbound import dovecot
from tests.campaigns.inbound.making import letter, make_sent, message_id


@pytest.fixture(scope="module")
def server() -> Iterator[dovecot.Dovecot]:
    with dovecot.running() as running:
        yield running


@pytest.fixture
def inbox(server) -> dovecot.Dovecot:
    """The server, with empty folders."""
    for folder in ("INBOX", DONE_FOLDER):
        with server.client() as client:
            status, number = client.select(folder)
            if status == "OK" and int(number[0]):
                client.store("1:*", "+FLAGS", "\\Deleted")
                client.expunge()
    return server


@pytest.fixture
def poll(app, inbox, clock):
    """Let the clock ask for a look, and a worker take it; returns the job."""

    def act(url: str = "") -> Job:
        outreach = app.extensions["outreach"]
        outreach.settings = dataclasses.replace(outreach.settings, imap_url=url or inbox.url)
        db.session.commit()
        begin(app)
        JobSource(app).step()
        db.session.expire_all()
        return db.session.scalars(sa.select(Job).where(Job.kind == POLL).order_by(Job.id.desc())).first()

    return act


@pytest.fixture
def sent(app):
    delivery = make_sent()
    db.session.commit()
    return delivery


def answers(app, sent, count: int) -> list[bytes]:
    return [
        letter(f"{number}번 회신", sender=sent.address, answers=message_id(app, sent), number=number)
        for number in range(count)
    ]


def rows() -> list[InboundMessage]:
    found = list(db.session.scalars(sa.select(InboundMessage).order_by(InboundMessage.id)))
    db.session.rollback()
    return found


class Proxy:
    """Between the program and the server; ends the connection once the client says ``word`` for the ``nth`` time."""

    def __init__(self, port: int, word: bytes, nth: int = 1):
        self._port, self._word, self._left = port, word, nth
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._copy, args=(server, client), daemon=True).start()
            threading.Thread(target=self._watch, args=(client, server), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while piece := source.recv(1 << 16):
                target.sendall(piece)
        except OSError:
            pass

    def _watch(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while piece := client.recv(1 << 16):
                self._left -= self._word in piece
                if self._left <= 0:
                    for each in (client, server):
                        each.shutdown(socket.SHUT_RDWR)
                        each.close()
                    return
                server.sendall(piece)
        except OSError:
            pass

    def close(self) -> None:
        self._listener.close()


@contextmanager
def cut_at(inbox, word: bytes, nth: int = 1) -> Iterator[str]:
    """The URL of a way to the server that breaks when the client says ``word``."""
    proxy = Proxy(inbox.port, word, nth)
    try:
        yield inbox.url.replace(str(inbox.port), str(proxy.port))
    finally:
        proxy.close()


def test_what_lies_there_is_taken_in_and_moved(app, inbox, poll, sent):
    stranger = letter("안녕하세요", sender="a@b.example", number=9, charset="ks_c_5601-1987")
    inbox.deliver(*answers(app, sent, 3), stranger)
    job = poll()
    assert (job.state, job.result, job.done) == (JobState.DONE, {"taken": 4}, 4), job.message
    assert [(row.kind, row.way) for row in rows()] == [(Kind.REPLY, Way.MAILBOX)] * 3 + [(Kind.UNKNOWN, Way.MAILBOX)]
    assert rows()[-1].text == "안녕하세요"
    assert (inbox.count(), inbox.count(DONE_FOLDER)) == (0, 4)
    assert poll().result == {"taken": 0}


@pytest.mark.parametrize("word, taken", [
    (b"LOGIN", 0), (b"SELECT", 0), (b"SEARCH", 0), (b"FETCH", 0), (b"MOVE", 1), (b"LOGOUT", 3),
])
def test_a_connection_that_breaks_loses_and_repeats_nothing(app, inbox, poll, sent, clock, word, taken):
    inbox.deliver(*answers(app, sent, 3))
    with cut_at(inbox, word) as url:
        job = poll(url)
    assert job.state is (JobState.DONE if word == b"LOGOUT" else JobState.FAILED)
    assert len(rows()) == taken
    clock.advance(hours=1)
    assert poll().state is JobState.DONE
    assert sorted(row.text for row in rows()) == ["0번 회신", "1번 회신", "2번 회신"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 3
    assert (inbox.count(), inbox.count(DONE_FOLDER)) == (0, 3)


def test_a_server_that_says_nothing_is_given_up_for_a_while(app, inbox, poll, sent, clock, monkeypatch):
    monkeypatch.setattr(mailbox, "TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        job = poll(inbox.url.replace(str(inbox.port), str(silent.getsockname()[1])))
    assert job.state is JobState.FAILED and "메일함을 읽지 못했습니다" in job.message
    begin(app)
    waiting = sa.select(sa.func.count()).select_from(Job).where(Job.state == JobState.QUEUED)
    assert db.session.scalar(waiting) == 0
    clock.advance(seconds=inbound_jobs.REST.total_seconds() + 1)
    begin(app)
    db.session.expire_all()
    assert db.session.scalar(waiting) == 1


def test_a_wrong_password_is_told_without_it(inbox, poll, sent):
    job = poll(inbox.url.replace("p%40ss", "wrong"))
    assert job.state is JobState.FAILED
    assert "wrong" not in job.message and "메일함" in job.message


def test_where_nothing_can_be_moved_it_is_marked(app, inbox, poll, sent):
    inbox.deliver(*answers(app, sent, 2))
    with inbox.client() as client:
        client.delete(DONE_FOLDER)
    folder = inbox.home / "mail" / "mail"
    blocked = next(path for path in (folder, inbox.home / "mail") if (path / "cur").is_dir()) / DONE_FOLDER
    blocked.mkdir()
    blocked.chmod(0)
    try:
        assert poll().result == {"taken": 2}
        assert poll().result == {"taken": 0}
        assert inbox.count() == 2
    finally:
        blocked.chmod(0o700)
        blocked.rmdir()


def test_a_mail_that_another_took_out_meanwhile_is_passed_over(app, inbox, poll, sent):
    inbox.deliver(*answers(app, sent, 1))
    with Mailbox(ImapUrl.parse(inbox.url)) as late:
        [uid] = late.waiting()
        assert poll().result == {"taken": 1}
        assert late.fetch(uid) is None
    assert len(rows()) == 1


def test_a_huge_mail_is_fetched_in_part(app, inbox, poll, sent, monkeypatch):
    monkeypatch.setattr(mailbox, "MAX_BYTES", 100_000)
    raw = answers(app, sent, 1)[0] + b"\n" + b"x" * 300_000
    inbox.deliver(raw)
    assert poll().result == {"taken": 1}
    [row] = rows()
    assert (row.kind, row.cut) == (Kind.REPLY, True)
    assert row.size >= len(raw)


def test_nothing_is_asked_for_without_a_mailbox(app):
    db.session.commit()
    begin(app)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_looks_that_found_nothing_leave_no_trace(app, poll, sent, clock):
    for _ in range(3):
        poll()
        clock.advance(seconds=(inbound_jobs.KEEP_EMPTY + timedelta(minutes=1)).total_seconds())
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 1


@pytest.mark.parametrize("url", [
    "imap://u:p@mail.example.kr/INBOX", "imaps://mail.example.kr", "pop3://u:p@host", "imaps://u:p@host?x=1",
    "imaps://u:p@host/INBOX?starttls=1", "imaps://u:p@host:99999", "",
])
def test_an_address_that_makes_no_sense_is_refused(url):
    with pytest.raises(BadImapUrl) as found:
        ImapUrl.parse(url)
    assert ":p@" not in str(found.value)


def test_addresses_are_read():
    found = ImapUrl.parse("imaps://in%40box:a%2Fb@mail.example.kr/INBOX%2FBounces")
    assert (found.port, found.user, found.password, found.folder) == (993, "in@box", "a/b", "INBOX/Bounces")
    assert ImapUrl.parse("imap://u:p@host?starttls=1").starttls
    assert "secret" not in repr(ImapUrl.parse("imaps://u:secret@host"))
