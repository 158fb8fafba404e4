"""The pool against a real server that misbehaves at every stage of the dialogue."""

from __future__ import annotations

from random import Random

import pytest

from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp import SmtpPool, send_one
from outreach.mail.smtp_url import SmtpUrl
from tests.outreach.mail.pool import BIG, PIPELINING, QUICK, Recorder, at, messages, send
from tests.smtp_server import Act, CloseAfter, Event, Pause, SmtpServer

# --- refusals


@PIPELINING
@pytest.mark.parametrize("code", [450, 550])
@pytest.mark.parametrize(
    ("stage", "refused_as"),
    [
        ("mail", Kind.REFUSED_MESSAGE), ("rcpt", Kind.REFUSED_RECIPIENT), ("data", Kind.REFUSED_MESSAGE),
        ("dot", Kind.REFUSED_MESSAGE),
    ],
)
def test_refusal_hits_its_own_message_only(
    extensions: tuple[str, ...], stage: str, code: int, refused_as: Kind
) -> None:
    reply = b"%d-%d.1.1 first line\r\n%d %d.1.1 second\r\n" % (code, code // 100, code, code // 100)
    with SmtpServer(script=at(stage, reply), extensions=extensions) as server:
        recorder = send(server, 8, connections=1)
        assert server.connections == 1
    expected = Kind.DEFERRED if code < 500 else refused_as
    status = f"{code // 100}.1.1"
    assert recorder.outcomes.pop(3) == Outcome(expected, Stage(stage), code, status, "first line second")
    assert {outcome.kind for outcome in recorder.outcomes.values()} == {Kind.ACCEPTED}


@PIPELINING
def test_all_recipients_refused(extensions: tuple[str, ...]) -> None:
    def script(event: Event) -> bytes | None:
        return b"550 5.1.1 no such user\r\n" if event.stage == "rcpt" else None

    with SmtpServer(script=script, extensions=extensions) as server:
        recorder = send(server, 30)
    assert {(outcome.kind, outcome.enhanced) for outcome in recorder.outcomes.values()} == {
        (Kind.REFUSED_RECIPIENT, "5.1.1")
    }


def test_data_granted_for_a_refused_recipient_delivers_nothing() -> None:
    """RFC 2920 §3.1 warns of servers that answer DATA with 354 though no recipient was accepted."""
    with SmtpServer(script=at("rcpt", b"550 5.1.1 unknown\r\n"), lax=True) as server:
        recorder = send(server, 6, connections=1)
        assert len(server.messages) == 5
        assert server.connections == 2, "hanging up is the one answer that delivers nothing"
    assert recorder.outcomes[3].kind is Kind.REFUSED_RECIPIENT
    assert recorder.of(Kind.ACCEPTED) == [1, 2, 4, 5, 6]


# --- connections cut


@PIPELINING
@pytest.mark.parametrize("act", [Act.CLOSE, Act.RESET], ids=["close", "reset"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_cut_before_the_content_sends_it_another_way(extensions: tuple[str, ...], stage: str, act: Act) -> None:
    with SmtpServer(script=at(stage, act), extensions=extensions) as server:
        recorder = send(server, 8, connections=1)
    # Cut while the envelope of 3 was being answered; with pipelining the final reply to 2 came before.
    assert recorder.of(Kind.ACCEPTED) == list(range(1, 9)) or recorder.of(Kind.IN_DOUBT) == [2]
    if act is Act.CLOSE:
        assert recorder.of(Kind.ACCEPTED) == list(range(1, 9))


@PIPELINING
@pytest.mark.parametrize("act", [Act.CLOSE, Act.RESET], ids=["close", "reset"])
def test_cut_instead_of_the_final_reply_leaves_one_in_doubt(extensions: tuple[str, ...], act: Act) -> None:
    with SmtpServer(script=at("dot", act), extensions=extensions) as server:
        recorder = send(server, 8, connections=1)
        assert server.connections == 2
    assert recorder.of(Kind.IN_DOUBT) == [3]
    assert recorder.outcomes[3].stage is Stage.DOT
    assert recorder.of(Kind.ACCEPTED) == [1, 2, 4, 5, 6, 7, 8]


@PIPELINING
def test_cut_while_the_content_is_going_out_is_not_doubtful(extensions: tuple[str, ...]) -> None:
    """More than the socket buffers hold: the final dot can't have left."""
    script = at("content", CloseAfter(count=100), recipient="r1@example.kr")
    with SmtpServer(script=script, extensions=extensions) as server:
        outcome = send_one(SmtpUrl.parse(server.url), BIG, timeouts=QUICK)
        assert server.messages == []
    assert (outcome.kind, outcome.stage, outcome.code) == (Kind.DEFERRED, Stage.DATA, None)


def test_final_reply_before_the_end_of_the_content_counts() -> None:
    reply = CloseAfter(reply=b"552 5.3.4 too big\r\n", count=100)
    with SmtpServer(script=at("content", reply, recipient="r1@example.kr")) as server:
        outcome = send_one(SmtpUrl.parse(server.url), BIG, timeouts=QUICK)
    assert outcome.kind in {Kind.REFUSED_MESSAGE, Kind.DEFERRED}  # the reset may overtake the reply


def test_positive_reply_before_the_end_of_the_content_does_not_count() -> None:
    with SmtpServer(script=at("data", b"354 go\r\n250 2.0.0 done\r\n", recipient="r1@example.kr")) as server:
        outcome = send_one(SmtpUrl.parse(server.url), BIG, timeouts=QUICK)
        assert server.messages == []
    assert (outcome.kind, outcome.stage) == (Kind.DEFERRED, Stage.DATA)


def test_server_that_dies_at_every_final_dot_leaves_few_in_doubt() -> None:
    def script(event: Event) -> Act | None:
        return Act.CLOSE if event.stage == "dot" else None

    with SmtpServer(script=script) as server:
        recorder = send(server, 100, connections=8)
        assert server.connections == 3
    assert len(recorder.of(Kind.IN_DOUBT)) == 3
    assert len(recorder.of(Kind.NOT_SENT)) == 97


def test_all_connections_cut_at_once() -> None:
    seen: list[int] = []

    def script(event: Event) -> Act | None:
        if event.stage == "dot":
            seen.append(1)
            return Act.CLOSE if 50 < len(seen) <= 58 else None
        return None

    with SmtpServer(script=script) as server:
        recorder = send(server, 200, connections=8)
    doubtful = recorder.of(Kind.IN_DOUBT)
    assert 1 <= len(doubtful) <= 8
    assert len(recorder.of(Kind.ACCEPTED)) + len(doubtful) == 200


# --- 421 and limits of the server


@PIPELINING
def test_server_that_takes_three_messages_a_connection(extensions: tuple[str, ...]) -> None:
    def script(event: Event) -> CloseAfter | None:
        return CloseAfter(b"421 4.7.0 enough for now\r\n") if event.stage == "mail" and event.message > 3 else None

    with SmtpServer(script=script, extensions=extensions) as server:
        recorder = send(server, 40, connections=3)
        assert server.connections >= 14
    assert recorder.of(Kind.ACCEPTED) == list(range(1, 41))


def test_server_that_takes_two_connections() -> None:
    server: SmtpServer

    def script(event: Event) -> CloseAfter | None:
        if event.stage == "banner" and server.open > 2:
            return CloseAfter(b"421 4.7.0 too many connections\r\n")
        return None

    with SmtpServer(script=script) as server:
        recorder = send(server, 60, connections=8)
    assert recorder.of(Kind.ACCEPTED) == list(range(1, 61))


@pytest.mark.parametrize(
    ("banner", "attempts"), [(b"421 4.3.2 come back later\r\n", 3), (b"554 5.7.1 we do not serve you\r\n", 1)]
)
def test_server_that_turns_everyone_away(banner: bytes, attempts: int) -> None:
    with SmtpServer(script=lambda event: CloseAfter(banner) if event.stage == "banner" else None) as server:
        recorder = send(server, 50, connections=8)
        assert server.connections == attempts, "bounded, and one at a time"
    code = int(banner[:3])
    assert {(o.kind, o.stage, o.code) for o in recorder.outcomes.values()} == {(Kind.NOT_SENT, Stage.BANNER, code)}


def test_no_server() -> None:
    with SmtpServer() as server:
        url = SmtpUrl.parse(server.url)
    recorder = Recorder()
    with SmtpPool(url, connections=8, timeouts=QUICK, pause=0.01) as pool:
        pool.send(messages(20), recorder)
    assert {(o.kind, o.stage) for o in recorder.outcomes.values()} == {(Kind.NOT_SENT, Stage.CONNECTION)}
    assert "refused" in recorder.outcomes[1].text


def test_server_away_for_a_moment() -> None:
    """The last of the bounded attempts finds it back."""
    with SmtpServer(script=lambda e: Act.CLOSE if e.stage == "banner" and e.connection <= 2 else None) as server:
        recorder = send(server, 10)
    assert recorder.of(Kind.ACCEPTED) == list(range(1, 11))


def test_server_from_before_esmtp() -> None:
    with SmtpServer(script=lambda e: b"502 what?\r\n" if e.stage == "ehlo" else None) as server:
        recorder = send(server, 5, connections=1)
        assert server.stages(1)[:3] == ["EHLO", "HELO", "MAIL"]
        assert server.early == []
    assert recorder.of(Kind.ACCEPTED) == [1, 2, 3, 4, 5]


# --- servers that break the rules


def test_server_that_announces_pipelining_but_forgets_what_came_ahead() -> None:
    with SmtpServer(forgetful=True) as server:
        recorder = send(server, 10, connections=2)
    assert recorder.of(Kind.ACCEPTED) == list(range(1, 11))


def test_one_reply_too_many() -> None:
    with SmtpServer(script=at("dot", b"250 one\r\n250 two\r\n")) as server:
        recorder = send(server, 6, connections=1)
    # The second is taken for the answer to the next MAIL, so the dialogue is out of step and must end there.
    assert recorder.of(Kind.IN_DOUBT) == []


@PIPELINING
@pytest.mark.parametrize("seed", range(8))
def test_anything_anywhere(extensions: tuple[str, ...], seed: int) -> None:
    """Whatever happens, :func:`send` finds every promise kept. Some servers accept and cut the reply short."""
    dice = Random(seed)
    acts = {
        "dot": [Act.CLOSE, Act.RESET, CloseAfter(b"2"), CloseAfter(b"250 ok\r\n"), b"451 later\r\n", b"554 no\r\n"],
        "any": [Act.CLOSE, Act.RESET, CloseAfter(b"421 bye\r\n"), b"450 later\r\n", b"550 5.1.1 no\r\n", b"what\r\n"],
    }

    def script(event: Event) -> object:
        if event.stage in {"quit", "content"} or dice.random() > 0.03:
            return None
        return dice.choice(acts.get(event.stage, acts["any"]))

    with SmtpServer(script=script, extensions=extensions, split=seed % 2 == 1) as server:
        recorder = send(server, 300, connections=6)
    assert len(recorder.of(Kind.IN_DOUBT)) < 30


def test_silence_of_a_busy_server_does_not_end_pipelining() -> None:
    recorder = Recorder()
    with (
        SmtpServer(script=at("mail", Pause(1.5))) as server,
        SmtpPool(SmtpUrl.parse(server.url), connections=1, timeouts=QUICK, pause=0.01) as pool,
    ):
        pool.send(messages(2), recorder)
        pool.send(messages(2, start=3), recorder)
        assert server.connections == 2
        assert not pool.lockstep
    assert recorder.of(Kind.ACCEPTED) == [1, 2, 3, 4]
