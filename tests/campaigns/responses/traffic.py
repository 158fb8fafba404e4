"""Scanner and human traffic as published, made anew from a seed: what the verdicts are measured with.

Shapes: mail filters press every link within a second, in bursts of nine or ten, at a median of 43 s after sending, from
cloud addresses under the name of an ordinary browser; sandboxes come back hours later; slow ones take the links one by
one; previews and security products say who they are; some only ask HEAD. When a person presses, a filter may look at
the same link a moment before. People press one link minutes to days after the mail came, sometimes twice, sometimes
several links with time to read between; some sit many behind one address.
Each click carries the truth beside it, which the judge never sees.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from campaigns.responses.verdicts import Press, crowd_window
from outreach.links import TRAP

SENT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)
PHONES = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/{}",
    "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 Chrome/{}.0.0.0 Mobile KAKAOTALK/10.9.8 (INAPP)",
    "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/{}.0.0.0 Mobile NAVER(inapp; search; 1100; 12.9.1)",
)
NAMED = (
    "Barracuda Sentinel (EE)", "Mozilla/5.0 (compatible; proofpoint-urldefense)", "facebookexternalhit/1.1",
    "Mozilla/5.0 (compatible; Daum/3.0; +http://cs.daum.net/)",
    "kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984", "Mozilla/5.0 (compatible; Yeti/1.1)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "Go-http-client/1.1",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "python-requests/2.32", "Microsoft Office/16.0",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", "TMES/1.0",
)


@dataclass
class Message:
    """One recipient's mail and the clicks on it; ``people``: the ids of those that were a person's, ``kind`` the
    shape they were drawn from."""

    kind: str
    accepted_at: datetime
    links: int
    presses: list[Press]
    people: set[int]


class Traffic:
    """A mailing's clicks, ``messages`` of each kind of SCANNERS and PEOPLE in proportion to its weight."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        self._next = 0

    def messages(self, number: int) -> list[Message]:
        kinds = [*SCANNERS, *PEOPLE]
        chosen = self._random.choices(kinds, [weight for _make, weight in kinds], k=number)
        made = [self._message(make) for make, _weight in chosen]
        made += [self._message(Traffic.one_gateway) for _ in range(number // 50)]
        _count_crowds(made)
        return made

    def _message(self, make: Callable[[Traffic, Message], None]) -> Message:
        spread = timedelta(seconds=self._random.uniform(0, 600))
        message = Message(make.__name__, SENT + spread, self._random.choice((1, 1, 2, 3, 5, 9, 10)), [], set())
        make(self, message)
        return message

    def _press(
        self, message: Message, after: float, link: int, agent: str, network: str, *, person: bool = False,
        method: str = "GET",
    ) -> None:
        self._next += 1
        at = message.accepted_at + timedelta(seconds=after)
        message.presses.append(Press(self._next, at, link, method, agent, network, trap=link == TRAP))
        if person:
            message.people.add(self._next)

    def _cloud(self) -> str:
        return f"20.{self._random.randint(0, 255)}.{self._random.randint(0, 255)}.0/24"

    def _home(self) -> str:
        return f"{self._random.choice((1, 14, 39, 58, 106, 112, 121, 175, 211, 223))}." \
               f"{self._random.randint(0, 255)}.{self._random.randint(0, 255)}.0/24"

    def _desktop(self) -> str:
        return DESKTOP.format(self._random.randint(118, 143))

    def _browser(self) -> str:
        agent = self._random.choice(PHONES).format(self._random.randint(118, 143))
        return agent if self._random.random() < 0.6 else self._desktop()

    def _all_links(self, message: Message, trap: float) -> list[int]:
        """Every link, the hidden one with the probability ``trap``: some read only what is shown."""
        return [*range(message.links), *([TRAP] if self._random.random() < trap else [])]

    def _first_look(self) -> float:
        return self._random.lognormvariate(3.76, 1.0)  # median 43 s

    # -- machines

    def burst(self, message: Message) -> None:
        begin, agent, span = self._first_look(), self._desktop(), self._random.uniform(0.2, 1.0)
        for link in self._all_links(message, 0.9):
            self._press(message, begin + self._random.uniform(0, span), link, agent, self._cloud())

    def burst_of_many_names(self, message: Message) -> None:
        """Another browser's name and another address for every link."""
        begin = self._first_look()
        for link in self._all_links(message, 0.9):
            self._press(message, begin + self._random.uniform(0, 1), link, self._desktop(), self._cloud())

    def sandbox_later(self, message: Message) -> None:
        begin, agent, network = self._random.uniform(600, 8 * 3600), self._desktop(), self._cloud()
        for link in self._all_links(message, 0.9):
            self._press(message, begin + self._random.uniform(0, 3), link, agent, network)

    def slow(self, message: Message) -> None:
        at, agent, network = self._first_look(), self._desktop(), self._cloud()
        order = self._all_links(message, 0.85)
        if self._random.random() < 0.3:
            self._random.shuffle(order)
        for link in order:
            self._press(message, at, link, agent, network)
            at += self._random.uniform(2, 25)

    def says_who(self, message: Message) -> None:
        agent = self._random.choice(NAMED)
        for _ in range(self._random.randint(1, 3)):
            at = self._random.uniform(1, 86_400)
            self._press(message, at, self._random.randrange(message.links), agent, self._cloud())

    def head_only(self, message: Message) -> None:
        at, agent = self._first_look(), self._desktop()
        for link in range(message.links):
            self._press(message, at + self._random.uniform(0, 20), link, agent, self._cloud(), method="HEAD")

    def at_the_door(self, message: Message) -> None:
        """While the mail is being taken in, one link only."""
        self._press(message, self._random.uniform(-2, 8), 0, self._desktop(), self._cloud())

    def one_gateway(self, message: Message) -> None:
        """One filter for a whole industrial park: every recipient's first link, from one address, at once."""
        message.accepted_at = SENT
        self._press(message, self._random.uniform(20, 60), 0, DESKTOP.format(120), "198.51.100.0/24")

    # -- people

    def single(self, message: Message) -> None:
        after = self._random.lognormvariate(8.5, 1.8)  # median 1 h 20 min, up to days
        link = self._random.randrange(message.links)
        self._press(message, max(after, 20.0), link, self._browser(), self._home(), person=True)

    def quick(self, message: Message) -> None:
        """At the telephone when the mail came."""
        self._press(message, self._random.uniform(14, 90), 0, self._browser(), self._home(), person=True)

    def same_link_twice(self, message: Message) -> None:
        after, agent, network = self._random.lognormvariate(8.5, 1.5) + 30, self._browser(), self._home()
        again = self._random.choice((0.3, 0.6, 2.0, 40.0, 3600.0))
        for at in (after, after + again):
            self._press(message, at, 0, agent, network, person=True)

    def reads_on(self, message: Message) -> None:
        """Several links, with time to read between."""
        at, agent, network = self._random.lognormvariate(8.0, 1.5) + 60, self._browser(), self._home()
        for link in self._random.sample(range(message.links), min(message.links, self._random.randint(2, 4))):
            self._press(message, at, link, agent, network, person=True)
            at += self._random.uniform(8, 180)

    def behind_a_gateway(self, message: Message) -> None:
        """A burst first, the person hours later."""
        self.burst(message)
        self.single(message)

    def escorted(self, message: Message) -> None:
        """A filter looks at the link the person has just pressed, and lets them on."""
        after, link = self._random.lognormvariate(8.5, 1.5) + 60, self._random.randrange(message.links)
        self._press(message, after, link, self._desktop(), self._cloud())
        self._press(message, after + self._random.uniform(0.2, 3), link, self._browser(), self._home(), person=True)

    def on_the_same_mobile_network(self, message: Message) -> None:
        """Many people behind one address of a telephone company, with the commonest telephone."""
        agent = PHONES[0].format(140)
        self._press(message, self._random.uniform(120, 1200), 0, agent, "223.38.10.0/24", person=True)


SCANNERS: list[tuple[Callable[[Traffic, Message], None], int]] = [
    (Traffic.burst, 24), (Traffic.burst_of_many_names, 6), (Traffic.sandbox_later, 4), (Traffic.slow, 5),
    (Traffic.says_who, 6), (Traffic.head_only, 3), (Traffic.at_the_door, 2),
]
PEOPLE: list[tuple[Callable[[Traffic, Message], None], int]] = [
    (Traffic.single, 30), (Traffic.quick, 3), (Traffic.same_link_twice, 4), (Traffic.reads_on, 5),
    (Traffic.behind_a_gateway, 6), (Traffic.escorted, 4), (Traffic.on_the_same_mobile_network, 4),
]


def _count_crowds(messages: list[Message]) -> None:
    """As judging counts them in the database."""
    seen: dict[tuple[str, str], list[tuple[datetime, int]]] = {}
    for number, message in enumerate(messages):
        for press in message.presses:
            seen.setdefault((press.network, press.agent), []).append((press.at, number))
    for message in messages:
        for place, press in enumerate(message.presses):
            begins, ends = crowd_window(press.at)
            near = {number for at, number in seen[press.network, press.agent] if begins <= at < ends}
            message.presses[place] = replace(press, crowd=len(near))


def all_presses(messages: list[Message]) -> Iterator[tuple[Message, Press]]:
    for message in messages:
        for press in message.presses:
            yield message, press
