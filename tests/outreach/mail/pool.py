"""A pool at work in tests: what it sends, and a recorder that holds it to its promises."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pytest

from outreach.mail.content import Canonical
from outreach.mail.outcome import Kind, Outcome
from outreach.mail.smtp import OutgoingMessage, SmtpPool, Timeouts
from outreach.mail.smtp_url import SmtpUrl
from tests.smtp_server import Event, SmtpServer

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
