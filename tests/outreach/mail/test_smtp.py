"""The pool against a real server that misbehaves at every stage of the dialogue."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from itertools import islice
from random import Random

import pytest

from outreach.mail.content import Canonical
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp import OutgoingMessage, SmtpPool, Timeouts, send_one
from outreach.mail.smtp_url import SmtpUrl
from tests.smtp_server import Act, CloseAfter, Event, Pause, SmtpServer

QUICK = Timeouts(connect=2, reply=0.4, final=0.4)
BIG = OutgoingMessage(1, "s@example.kr", "r1@example.kr", Canonical((b"x" * 70 + b"\r\n") * 500_000))
PIPELINING = pytest.mark.parametrize("extensions", [("PIPELINING",), ()], ids=["pipelining", "lockstep"])


class Recorder:
    """Hooks that remember, and check what the pool promises about their order."""

    def __init__(
        self, *, withdraw: Callable[[int, int], bool] = lambda number, time: False, stop_after: int | None = None
    ):
        self.outcomes: dict[int, Outcome] = {}
        self.in_flight: set[int] = set()
        self.most_in_flight = 0
        self._asked: dict[int, int] = {}
        self._withdraw, self._stop_after = withdraw, stop_after

    def stop(self) -> bool:
        return self._stop_after is not None and len(self.outcomes) >= self._stop_after

    def about_to_write(self, ids: Sequence[int]) -> None:
        pass

    def before_write(self, ids: Sequence[int]) -> Collection[int]:
        for number in ids:
            self._asked[number] = self._asked.get(number, 0) + 1
        return {number for number in ids if self._withdraw(number, self._asked[number])}

    def on_intent(self, ids: Sequence[int]) -> None:
        assert self.in_flight.isdisjoint(ids) and self.outcomes.keys().isdisjoint(ids)
        assert all(self._asked[number] >= 2 for number in ids), "asked before the envelope and before the content"
        self.in_flight.update(ids)
        self.most_in_flight = max(self.most_in_flight, len(self.in_flight))

    def on_outcome(self, delivery_id: int, outcome: Outcome) -> None:
        assert delivery_id not in self.outcomes, "exactly one outcome"
        if outcome.kind in {Kind.ACCEPTED, Kind.IN_DOUBT}:
            assert delivery_id in self.in_flight
        self.in_flight.discard(delivery_id)
        self.outcomes[delivery_id] = outcome

    def of(self, kind: Kind) -> list[int]:
        return sorted(number for number, outcome in self.outcomes.items() if outcome.kind is kind)


def content(number: int) -> bytes:
    return b"Subject: %d\r\n\r\n.leading dot\r\n.\r\n..\r\ntext %d\r\n" % (number, number)


def messages(count: int, start: int = 1) -> list[OutgoingMessage]:
    return [
        OutgoingMessage(number, "sender@example.kr", f"r{number}@example.kr", content(number))
        for number in range(start, start + count)
    ]


def send(server: SmtpServer, count: int, *, connections: int = 4, recorder: Recorder | None = None) -> Recorder:
    recorder = recorder or Recorder()
    with SmtpPool(SmtpUrl.parse(server.url), connections=connections, timeouts=QUICK, pause=0.01) as pool:
        pool.send(messages(count), recorder)
    assert sorted(recorder.outcomes) == list(range(1, count + 1)), "every message has its outcome"
    assert not recorder.in_flight
    assert recorder.most_in_flight <= connections
    assert len(set(server.recipients)) == len(server.recipients), "nobody is mailed twice"
    accepted = {f"r{number}@example.kr" for number in recorder.of(Kind.ACCEPTED)}
    doubtful = {f"r{number}@example.kr" for number in recorder.of(Kind.IN_DOUBT)}
    assert accepted <= set(server.recipients) <= accepted | doubtful
    for message in server.messages:
        number = int(message.rcpt_to[0][1:].partition("@")[0])
        assert message.content == content(number), "the content arrives byte by byte, with its recipient"
    return recorder


def at(stage: str, act: object, *, recipient: str = "r3@example.kr") -> Callable[[Event], object]:
    """A script that acts once at ``stage``, for one recipient (or the third message, for MAIL)."""
    done: list[Event] = []

    def script(event: Event) -> object:
        if done or event.stage != stage or (stage not in {"mail", "rset"} and event.argument != recipient):
            return None
        if stage == "mail" and event.message != 3:
            return None
        done.append(event)
        return act

    return script


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
