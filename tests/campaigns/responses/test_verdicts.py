"""Is it a person? Each rule by itself, and all of them against traffic as published."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from campaigns.responses.rules import Verdict
from campaigns.responses.scanners import FAMILIES, browser_name, family_of, known_filter, known_program
from campaigns.responses.verdicts import CROWD, SETTLE, Press, Reason, judge
from outreach.links import TRAP
from tests.campaigns.responses.traffic import DESKTOP, NAMED, PHONES, SENT, Traffic, all_presses

BROWSER = DESKTOP.format(140)
LATER = SENT + timedelta(days=30)
HOME, CLOUD = "121.130.7.0/24", "20.51.8.0/24"


def press(seconds, link=0, *, number=None, method="GET", agent=BROWSER, network=HOME, crowd=1):
    number = int(seconds * 1000) * 10 + link if number is None else number
    at = SENT + timedelta(seconds=seconds)
    return Press(number, at, link, method, agent, network, crowd, trap=link == TRAP)


def reasons(*presses, links=3, accepted_at=SENT, now=LATER):
    found = judge(presses, accepted_at=accepted_at, links=links, now=now)
    return [found[each.id].reason for each in presses]


def test_an_ordinary_click_is_a_persons():
    [found] = judge([press(600)], accepted_at=SENT, links=3, now=LATER).values()
    assert (found.verdict, found.reason) == (Verdict.HUMAN, Reason.NOTHING)


def test_it_waits_for_its_verdict_unless_it_gives_itself_away():
    clicks = [press(600), press(601, method="HEAD")]
    soon = judge(clicks, accepted_at=SENT, links=3, now=clicks[0].at + SETTLE - timedelta(seconds=1))
    assert [found.verdict for found in soon.values()] == [Verdict.PENDING, Verdict.MACHINE]
    late = judge(clicks, accepted_at=SENT, links=3, now=clicks[0].at + SETTLE)
    assert [found.verdict for found in late.values()] == [Verdict.HUMAN, Verdict.MACHINE]


@pytest.mark.parametrize(
    ("clicks", "found"),
    [
        ([press(600, TRAP)], [Reason.TRAP]),
        ([press(600, method="HEAD")], [Reason.METHOD]),
        ([press(600, method="PREFETCH")], [Reason.METHOD]),
        ([press(600, agent="")], [Reason.NO_AGENT]),
        ([press(600, agent="curl/8.0")], [Reason.AGENT]),
        ([press(86400, network="40.107.3.0/24")], [Reason.FILTER]),
        ([press(600, network="148.163.130.0/24")], [Reason.FILTER]),
        ([press(3600, network="148.163.130.0/24")], [Reason.NOTHING]),  # a person in the filter's own browser
        ([press(600), press(900, TRAP, agent="x/1")], [Reason.WITH_TRAP, Reason.TRAP]),  # same network, minutes apart
        ([press(600), press(900, TRAP, network=CLOUD)], [Reason.NOTHING, Reason.TRAP]),
        ([press(600), press(620, TRAP, network=CLOUD)], [Reason.WITH_TRAP, Reason.TRAP]),
        ([press(600, 0), press(600.9, 1)], [Reason.BURST] * 2),
        ([press(600, 0), press(601.1, 1)], [Reason.NOTHING] * 2),
        ([press(600, 0), press(602, 1), press(605, 2)], [Reason.BURST] * 3),
        ([press(600, 0), press(603, 1), press(605.1, 2)], [Reason.NOTHING] * 3),
        ([press(600, 0), press(600.3, 0, number=7)], [Reason.NOTHING] * 2),  # pressed twice
        ([press(14)], [Reason.TOO_SOON]), ([press(-3)], [Reason.TOO_SOON]), ([press(16)], [Reason.NOTHING]),
        ([press(600, crowd=CROWD)], [Reason.CROWD]), ([press(600, crowd=CROWD - 1)], [Reason.NOTHING]),
        ([press(600, crowd=99, agent=PHONES[0])], [Reason.NOTHING]), ([press(7200, crowd=99)], [Reason.NOTHING]),
        ([press(600, network=CLOUD), press(602, number=8)], [Reason.ESCORT, Reason.NOTHING]),
        ([press(600, network=CLOUD), press(606, number=8)], [Reason.NOTHING] * 2),
    ],
)
def test_what_gives_a_machine_away(clicks, found):
    assert reasons(*clicks) == found


def test_a_sweep_takes_every_link_once_soon_after_the_mail_came():
    sweep = [press(60 + 20 * link, link) for link in range(4)]
    assert reasons(*sweep, links=4) == [Reason.SWEEP] * 4
    assert reasons(*sweep, links=5) == [Reason.NOTHING] * 4  # one was left out
    assert reasons(*sweep, press(170, 2, number=5), links=4)[:4] == [Reason.SWEEP] * 4
    assert reasons(*sweep[:3], links=3) == [Reason.NOTHING] * 3  # of few links people press all, too
    late = [press(7200 + 20 * link, link) for link in range(4)]
    assert reasons(*late, links=4) == [Reason.NOTHING] * 4


def test_a_person_behind_a_gateway_is_still_seen():
    burst = [press(43 + link / 10, link, network=CLOUD) for link in range(9)]
    assert reasons(*burst, press(5000), links=9) == [Reason.BURST] * 9 + [Reason.NOTHING]


def test_the_order_in_which_clicks_are_told_does_not_matter():
    clicks = [press(600, 0), press(600.5, 1), press(900, TRAP), press(5000, 2)]
    assert judge(clicks, accepted_at=SENT, links=3, now=LATER) == judge(
        clicks[::-1], accepted_at=SENT, links=3, now=LATER
    )


@pytest.mark.parametrize("agent", NAMED)
def test_programs_that_say_who_they_are(agent):
    assert known_program(agent)


@pytest.mark.parametrize("agent", [*PHONES, DESKTOP, "Mozilla/5.0 (Linux; Android 12; CUBOT KING KONG) Chrome/120"])
def test_peoples_browsers(agent):
    assert not known_program(agent.format(140))


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (DESKTOP.format(140), "Chrome 140 (Windows)"), (PHONES[1].format(604), "Safari 18 (iPhone)"),
        (PHONES[2].format(140), "KakaoTalk (Android)"), (PHONES[3].format(140), "NAVER (Android)"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge 120 (Windows)"),
        ("curl/8.0", "curl/8.0"), ("", ""),
    ],
)
def test_browsers_have_names(agent, name):
    assert browser_name(agent) == name


def test_addresses_are_known_by_their_family():
    assert family_of("203.0.113.77") == "203.0.113.0/24" == family_of("::ffff:203.0.113.77")
    assert known_filter("40.96.0.0/24", soon=True) is None  # Outlook on the web
    assert family_of("2001:db8:1:2:3::4") == "2001:db8:1::/48" and family_of("fe80::1%eth0") == "fe80::/48"
    assert family_of("unix:") == family_of("") == ""
    for family in FAMILIES:
        for network in family.networks:
            found = family_of(network.partition("/")[0])
            assert known_filter(found, soon=True) == family.name
            assert known_filter(found) == (family.name if family.alone else None)
        assert family.source
    assert known_filter(HOME) is known_filter("") is known_filter("2001:db8:1::/48") is None


@pytest.mark.parametrize("seed", [20261128, 1, 2])
def test_traffic_as_published(seed, capsys):
    """At least 95 of 100 machine clicks set apart, and of 100 messages that machines pressed all their clicks; at most
    1 of 100 single clicks of people lost."""
    messages = Traffic(seed).messages(6000)
    found = {}
    for message in messages:
        found |= judge(message.presses, accepted_at=message.accepted_at, links=message.links, now=LATER)
    machines = [(message, each) for message, each in all_presses(messages) if each.id not in message.people]
    missed = [(message, each) for message, each in machines if found[each.id].verdict is Verdict.HUMAN]
    people = [(message, each) for message, each in all_presses(messages) if each.id in message.people]
    lost = [(message, each) for message, each in people if found[each.id].verdict is Verdict.MACHINE]
    singles, lost_singles = (
        sum(len(message.people) == 1 for message, _each in clicks) for clicks in (people, lost)
    )
    apart, kept = 1 - len(missed) / len(machines), 1 - lost_singles / singles
    whole = 1 - len({id(message) for message, _ in missed}) / len({id(message) for message, _ in machines})
    with capsys.disabled():
        print(
            f"\nseed {seed}: of {len(machines):,} machine clicks {apart:.2%} set apart, of their messages {whole:.2%} "
            f"wholly; of {singles:,} single clicks of people {kept:.2%} kept (of all {len(people):,} "
            f"{1 - len(lost) / len(people):.2%})\n  missed {dict(Counter(message.kind for message, _ in missed))}, "
            "lost "
            f"{dict(Counter(f'{message.kind}: {found[each.id].reason.value}' for message, each in lost))}"
        )
    assert apart >= 0.95 and whole >= 0.95
    assert kept >= 0.99
