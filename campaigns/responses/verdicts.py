"""Whether a click was a person's: pure rules over the clicks of one message.

A wrong "machine" hides a company that wants help, a wrong "human" only costs a planner a glance; a rule therefore
needs a sign that people don't give. What each rests on, and how well they do: docs/decisions/0016-click-verdicts.md.
After a change here `flask clicks rejudge` judges again what was judged before.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.responses.rules import Verdict
from campaigns.responses.scanners import known_filter, known_program

#: How long a click waits for its verdict: what tells a machine often comes after it.
SETTLE = timedelta(minutes=5)
#: A person needs longer to be told of a mail, open it, read it and press.
TOO_SOON = timedelta(seconds=15)
#: (span, different links of one message) that no hand presses.
BURSTS = ((timedelta(seconds=1), 2), (timedelta(seconds=5), 3))
#: All links of a message, each once, one after the other, soon after it came.
SWEEP_LINKS, SWEEP_SPAN, SWEEP_BEGINS = 4, timedelta(minutes=10), timedelta(minutes=30)
#: Around a press of the hidden link: from the same address family, and from anywhere.
TRAP_SAME, TRAP_ANY = timedelta(minutes=10), timedelta(seconds=30)
#: A filter looks at the link while the person is on the way to it, from elsewhere.
ESCORT = timedelta(seconds=5)
#: So many recipients' links pressed from one address family with one desktop browser within CROWD_SPAN of the clock's
#: even minutes (three of them), and soon after each mail came. Mobile networks put many people behind one family.
CROWD, CROWD_SPAN = 5, timedelta(minutes=2)
#: Soon after a mail came: filters look then; people do as well, but a crowd of them doesn't.
SOON = timedelta(hours=1)
_MOBILE = ("Mobile", "Android", "iPhone", "iPad")


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class Reason(str, enum.Enum):
    """What a verdict rests on, the weightiest first."""

    TRAP = "trap"
    METHOD = "method"
    NO_AGENT = "no_agent"
    AGENT = "agent"
    FILTER = "filter"
    WITH_TRAP = "with_trap"
    BURST = "burst"
    TOO_SOON = "too_soon"
    CROWD = "crowd"
    SWEEP = "sweep"
    ESCORT = "escort"
    YOUNG = "young"
    NOTHING = "nothing"


REASON_LABELS = {
    Reason.TRAP: _("사람에게 보이지 않는 링크를 열었음"),
    Reason.METHOD: _("화면을 열지 않고 주소만 확인했음"),
    Reason.NO_AGENT: _("브라우저 이름이 없음"),
    Reason.AGENT: _("스스로 기계라고 밝힌 프로그램"),
    Reason.FILTER: _("알려진 메일 보안 서비스의 주소"),
    Reason.WITH_TRAP: _("보이지 않는 링크와 함께 열었음"),
    Reason.BURST: _("여러 링크를 몇 초 안에 열었음"),
    Reason.TOO_SOON: _("메일이 닿자마자 열었음"),
    Reason.CROWD: _("같은 곳에서 여러 수신자의 링크를 열었음"),
    Reason.SWEEP: _("모든 링크를 차례로 한 번씩 열었음"),
    Reason.ESCORT: _("사람이 누를 때 다른 곳에서 함께 확인했음"),
    Reason.YOUNG: _("아직 판정하기 이름"),
    Reason.NOTHING: _("기계로 볼 까닭이 없음"),
}


@dataclass(frozen=True, slots=True)
class Press:
    """One click as it was recorded. ``link``: its place in the message; ``trap``: the hidden one. ``network``: address
    family; ``crowd``: recipients whose links the same family and agent pressed at about that time."""

    id: int
    at: datetime
    link: int
    method: str
    agent: str
    network: str
    crowd: int = 0
    trap: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    reason: Reason


def judge(
    presses: Sequence[Press], *, accepted_at: datetime | None, links: int, now: datetime
) -> dict[int, Judgement]:
    """The verdict on each click of one message, by id. ``presses``: all that are known of it; ``accepted_at``: when
    the recipient's server took it, if known; ``links``: how many tracked links it has, the hidden one not counted.
    A click younger than SETTLE is pending unless it gives itself away."""
    ordered = sorted(presses, key=lambda press: (press.at, press.id))
    company = {
        Reason.WITH_TRAP: _with_trap(ordered), Reason.BURST: _bursts(ordered),
        Reason.SWEEP: _sweep(ordered, accepted_at, links), Reason.ESCORT: _escorts(ordered),
    }
    return {press.id: _judgement(press, company, accepted_at, now) for press in ordered}


def _judgement(
    press: Press, company: Mapping[Reason, Collection[int]], accepted_at: datetime | None, now: datetime
) -> Judgement:
    since = press.at - accepted_at if accepted_at is not None else None
    reason = _alone(press, since) or _in_company(press, company, since)
    if reason is not None:
        return Judgement(Verdict.MACHINE, reason)
    if now - press.at < SETTLE:
        return Judgement(Verdict.PENDING, Reason.YOUNG)
    return Judgement(Verdict.HUMAN, Reason.NOTHING)


def _alone(press: Press, since: timedelta | None) -> Reason | None:
    """What the click shows by itself. ``since``: how long after the mail was accepted it came."""
    if press.trap:
        return Reason.TRAP
    if press.method != "GET":
        return Reason.METHOD
    if not press.agent:
        return Reason.NO_AGENT
    if known_program(press.agent):
        return Reason.AGENT
    return Reason.FILTER if known_filter(press.network, soon=_soon(since)) else None


def _soon(since: timedelta | None) -> bool:
    return since is not None and since < SOON


def _in_company(press: Press, company: Mapping[Reason, Collection[int]], since: timedelta | None) -> Reason | None:
    """What its time and the other clicks show."""
    for reason in (Reason.WITH_TRAP, Reason.BURST):
        if press.id in company[reason]:
            return reason
    if since is not None and since < TOO_SOON:
        return Reason.TOO_SOON
    if press.crowd >= CROWD and _soon(since) and not any(word in press.agent for word in _MOBILE):
        return Reason.CROWD
    return next((reason for reason in (Reason.SWEEP, Reason.ESCORT) if press.id in company[reason]), None)


def _with_trap(ordered: Sequence[Press]) -> set[int]:
    traps = [press for press in ordered if press.trap][:100]
    return {
        press.id for press in ordered for trap in traps
        if abs(press.at - trap.at) <= (TRAP_SAME if press.network == trap.network else TRAP_ANY)
    }


def _bursts(ordered: Sequence[Press]) -> set[int]:
    found: set[int] = set()
    for span, different in BURSTS:
        first, marked, seen = 0, 0, Counter[int]()
        for last, press in enumerate(ordered):
            seen[press.link] += 1
            while press.at - ordered[first].at > span:
                seen[ordered[first].link] -= 1
                seen += Counter()  # without those that are used up
                first += 1
            if len(seen) >= different:
                marked = max(marked, first)
                found.update(each.id for each in ordered[marked : last + 1])
                marked = last + 1
    return found


def _sweep(ordered: Sequence[Press], accepted_at: datetime | None, links: int) -> set[int]:
    if links < SWEEP_LINKS or accepted_at is None:
        return set()
    early = [press for press in ordered if press.at - accepted_at <= SWEEP_BEGINS]
    first = 0
    for last, press in enumerate(early):
        while press.at - early[first].at > SWEEP_SPAN:
            first += 1
        window = early[first : last + 1]
        seen = [each.link for each in window if not each.trap]
        if len(seen) == len(set(seen)) == links:
            return {each.id for each in window}
    return set()


def _escorts(ordered: Sequence[Press]) -> set[int]:
    """The earlier of two presses of one link from different places: whichever was the person's, one stays."""
    found: set[int] = set()
    for place, press in enumerate(ordered):
        for later in ordered[place + 1 :]:
            if later.at - press.at > ESCORT:
                break
            if later.link == press.link and later.network != press.network and press.method == later.method:
                found.add(press.id)
                break
    return found


def crowd_window(at: datetime) -> tuple[datetime, datetime]:
    """The span in which the recipients of one family are counted for a click at ``at``: the same for all clicks of
    the same even minutes, so that judging twice counts alike. From, and up to."""
    span = CROWD_SPAN.total_seconds()
    begins = datetime.fromtimestamp(at.timestamp() // span * span, at.tzinfo)
    return begins - CROWD_SPAN, begins + 2 * CROWD_SPAN
