"""The pool and who uses it: connections kept, batches read as they go, messages withdrawn, hooks that fail."""

from __future__ import annotations

import time
from hashlib import sha256
from itertools import islice

import pytest

from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp import SmtpPool, Timeouts, send_one
from outreach.mail.smtp_url import SmtpUrl
from tests.outreach.mail.pool import PIPELINING, QUICK, Recorder, content, messages, send
from tests.smtp_server import Pause, SmtpServer

# --- the straight way


@PIPELINING
@pytest.mark.parametrize("split", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("connections", [1, 8])
def test_every_message_arrives_once(extensions: tuple[str, ...], split: bool, connections: int) -> None:
    with SmtpServer(extensions=extensions, split=split) as server:
        recorder = send(server, 60, connections=connections)
        assert recorder.of(Kind.ACCEPTED) == list(range(1, 61))
        assert server.early == [], "without PIPELINING nothing is sent ahead of a reply"
        assert server.most_open <= connections
    assert recorder.outcomes[7] == Outcome(Kind.ACCEPTED, Stage.DOT, 250, "2.0.0", "queued")


def test_ends_with_quit_and_keeps_connections_between_batches() -> None:
    with SmtpServer() as server:
        recorder = Recorder()
        with SmtpPool(SmtpUrl.parse(server.url), connections=1, timeouts=QUICK) as pool:
            pool.send(messages(3), recorder)
            pool.send(messages(3, start=4), recorder)
        assert server.connections == 1
        assert server.stages(1) == ["EHLO", *["MAIL", "RCPT", "DATA"] * 6, "QUIT"]
    assert recorder.of(Kind.ACCEPTED) == [1, 2, 3, 4, 5, 6]


def test_kept_connection_closed_meanwhile_costs_nothing() -> None:
    recorder = Recorder()
    first = SmtpServer()
    with SmtpPool(SmtpUrl.parse(first.__enter__().url), connections=2, timeouts=QUICK, pause=0.01) as pool:
        pool.send(messages(5), recorder)
        first.__exit__()
        with SmtpServer(port=first.port) as second:
            pool.send(messages(5, start=6), recorder)
            assert len(second.messages) == 5
    assert recorder.of(Kind.ACCEPTED) == list(range(1, 11))


def test_small_batch_opens_few_connections() -> None:
    with SmtpServer() as server:
        send(server, 2, connections=8)
        assert server.connections <= 2


def test_batch_is_read_as_messages_go() -> None:
    read: list[int] = []

    def batch():
        for message in messages(100):
            read.append(message.delivery_id)
            yield message

    class StopSoon(Recorder):
        def on_outcome(self, delivery_id: int, outcome: Outcome) -> None:
            super().on_outcome(delivery_id, outcome)
            if len(self.outcomes) == 10:
                assert len(read) <= 10 + 2 * 3

    with SmtpServer() as server, SmtpPool(SmtpUrl.parse(server.url), connections=2, timeouts=QUICK) as pool:
        pool.send(batch(), StopSoon())


def test_empty_batch_does_not_connect() -> None:
    with SmtpServer() as server:
        send(server, 0)
        assert server.connections == 0


# --- what the caller decides


@PIPELINING
def test_withdrawn_before_the_envelope(extensions: tuple[str, ...]) -> None:
    with SmtpServer(extensions=extensions) as server:
        recorder = send(server, 20, recorder=Recorder(withdraw=lambda number, time: number % 5 == 0))
        assert not any(f"r{number}@" in command for number in (5, 10) for _, command in server.commands)
    assert recorder.of(Kind.WITHDRAWN) == [5, 10, 15, 20]
    assert len(recorder.of(Kind.ACCEPTED)) == 16


@PIPELINING
def test_withdrawn_at_the_last_moment(extensions: tuple[str, ...]) -> None:
    """The server has said 354 already; the content must not leave, nor an empty message."""
    with SmtpServer(extensions=extensions) as server:
        recorder = send(server, 12, recorder=Recorder(withdraw=lambda number, time: number == 5 and time == 2))
        assert "RCPT TO:<r5@example.kr>" in {command for _, command in server.commands}
        assert "r5@example.kr" not in server.recipients
    assert recorder.of(Kind.WITHDRAWN) == [5]
    assert len(recorder.of(Kind.ACCEPTED)) == 11


@PIPELINING
def test_stop_lets_no_further_content_leave(extensions: tuple[str, ...]) -> None:
    with SmtpServer(extensions=extensions) as server:
        recorder = send(server, 100, connections=4, recorder=Recorder(stop_after=20))
        assert 20 <= len(server.messages) <= 24
    assert len(recorder.of(Kind.NOT_SENT)) == 100 - len(server.messages)
    assert recorder.of(Kind.IN_DOUBT) == []


@pytest.mark.parametrize("hook", ["on_intent", "on_outcome", "before_write", "stop"])
def test_failing_hook_ends_everything(hook: str) -> None:
    recorder = Recorder()

    def broken(*values: object) -> None:
        if len(recorder.outcomes) >= 3:
            raise OSError("disk full")
        return getattr(Recorder, hook)(recorder, *values)

    setattr(recorder, hook, broken)
    with SmtpServer() as server, SmtpPool(SmtpUrl.parse(server.url), connections=2, timeouts=QUICK) as pool:
        with pytest.raises(OSError, match="disk full"):
            pool.send(messages(50), recorder)
        assert pool.connections == []
        # what was sent without an outcome is still marked as intended, one per connection at most
        intended = {f"r{number}@example.kr" for number in recorder.in_flight | recorder.outcomes.keys()}
        assert set(server.recipients) <= intended
        assert len(recorder.in_flight) <= 2


@pytest.mark.parametrize("signers", [0, 2])
def test_signed_in_threads_or_not_each_gets_its_own(signers: int) -> None:
    """And one that can't be signed is refused, and holds up no other."""

    def sign(sender: str, text: bytes) -> bytes:
        if b"text 4\r\n" in text:
            raise ValueError("the header subject occurs twice")
        return b"Signed: " + sha256(text).hexdigest().encode() + b"\r\n" + text

    recorder = Recorder()
    with SmtpServer() as server, SmtpPool(
        SmtpUrl.parse(server.url), connections=3, timeouts=QUICK, sign=sign, signers=signers
    ) as pool:
        pool.send(messages(30), recorder)
    assert recorder.of(Kind.REFUSED_MESSAGE) == [4] and len(recorder.of(Kind.ACCEPTED)) == 29
    for message in server.messages:
        number = int(message.rcpt_to[0][1:].partition("@")[0])
        assert message.content == sign("", content(number))


def test_message_that_cannot_be_built_holds_up_no_other() -> None:
    def broken() -> bytes:
        raise KeyError("이름")

    batch = messages(6)
    batch[1] = batch[1]._replace(content=broken)
    batch[2] = batch[2]._replace(rcpt_to="r3@example.kr>\r\nRCPT TO:<evil@example.kr")
    batch[3] = batch[3]._replace(content=b"a\nb\r\n")
    batch[4] = batch[4]._replace(content="가\r\n".encode())
    recorder = Recorder()
    with SmtpServer() as server, SmtpPool(SmtpUrl.parse(server.url), timeouts=QUICK) as pool:
        pool.send(batch, recorder)
        deadline = time.monotonic() + 5  # the server notes a message just after it has answered
        while len(server.recipients) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert sorted(server.recipients) == ["r1@example.kr", "r6@example.kr"]
    assert {recorder.outcomes[n].stage for n in (2, 3, 4, 5)} == {Stage.PREPARE}
    assert recorder.of(Kind.REFUSED_MESSAGE) == [2, 3, 4, 5]


def test_failing_source_ends_everything() -> None:
    def batch():
        yield from islice(messages(10), 5)
        raise LookupError("database gone")

    with (
        SmtpServer() as server,
        SmtpPool(SmtpUrl.parse(server.url), connections=1, timeouts=QUICK) as pool,
        pytest.raises(LookupError),
    ):
        pool.send(batch(), Recorder())


def test_null_sender() -> None:
    with SmtpServer() as server:
        outcome = send_one(SmtpUrl.parse(server.url), messages(1)[0]._replace(mail_from=""), timeouts=QUICK)
        assert server.messages[0].mail_from == ""
    assert outcome.kind is Kind.ACCEPTED


def test_send_one_gives_up_in_time() -> None:
    with SmtpServer(script=lambda event: Pause(3) if event.stage == "ehlo" else None) as server:
        outcome = send_one(SmtpUrl.parse(server.url), messages(1)[0], timeouts=Timeouts(reply=30), seconds=0.2)
    assert outcome.kind is Kind.NOT_SENT
