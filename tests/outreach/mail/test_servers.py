"""Several mail servers in one setting: reading it, shares, rests."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from outreach.db import db
from outreach.mail import health
from outreach.mail.models import MailServer
from outreach.mail.outbox import OutboxSource
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.servers import RESTS, Server, Servers, parse_servers
from outreach.mail.smtp import OutgoingMessage
from outreach.mail.smtp_url import BadSmtpUrl, Security, SmtpUrl
from tests.conftest import make_app

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def test_one_or_several_with_weights_and_rates():
    one, = parse_servers("smtp://user:a%2Cb@relay.example:587?starttls=1")
    assert (one.name, one.weight, one.amount, one.url.password) == ("relay.example:587", 1, None, "a,b")
    text = "smtp://a.example?weight=3&rate=10/s,\n smtps://b.example?rate=600  smtp://[::1]:2525?starttls=1&rate=9/h"
    first, second, third = parse_servers(text)
    assert (first.name, first.weight, first.amount, first.window) == ("a.example:25", 3, 10, 1)
    assert (second.url.security, second.amount, second.window) == (Security.TLS, 600, 60)
    assert (third.name, third.url.security, third.amount, third.window) == ("[::1]:2525", Security.STARTTLS, 9, 3600)


@pytest.mark.parametrize("text, why", [
    ("", "scheme"), ("smtp://a.example?weight=0", "weight"), ("smtp://a.example?weight=101", "weight"),
    ("smtp://a.example?rate=10/d", "rate"), ("smtp://a.example?rate=0/s", "rate"),
    ("smtp://a.example smtp://a.example:25?weight=2", "twice"), ("smtp://a.example?colour=red", "unknown option"),
    ("smtp://a.example; smtp://b.example", "blanks"),
])
def test_nonsense_is_refused(text, why):
    with pytest.raises(BadSmtpUrl, match=why):
        parse_servers(text)


def test_a_bad_server_among_good_ones_stops_the_start(tmp_path):
    with pytest.raises(SystemExit, match="OUTREACH_SMTP_URL"):
        make_app("sqlite:///unused", tmp_path, smtp_url="smtp://a.example smtp://b.example?rate=fast")


class _Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time():
    return _Time()


@pytest.fixture
def servers(time):
    settings = parse_servers("smtp://a.example?weight=3 smtp://b.example smtp://c.example")
    return Servers([Server(setting, None, 100) for setting in settings], time)


def turns(servers: Servers, count: int) -> Counter[str]:
    seen: Counter[str] = Counter()
    for _ in range(count):
        server = servers.in_turn()[0]
        servers.used(server)
        seen[server.name] += 1
    return seen


def test_batches_are_shared_by_weight(servers):
    assert turns(servers, 50) == {"a.example:25": 30, "b.example:25": 10, "c.example:25": 10}


def test_a_failed_server_rests_longer_each_time_and_the_others_take_its_share(servers, time):
    a = next(iter(servers))
    for seconds in (*RESTS, RESTS[-1]):
        assert servers.failed(a) == seconds
        assert set(turns(servers, 10)) == {"b.example:25", "c.example:25"} and servers.awake_in == 0
        time.now += seconds
        assert "a.example:25" in turns(servers, 10)
    assert servers.worked(a) and servers.failed(a) == RESTS[0]


def test_when_all_rest_the_first_to_wake_is_tried(servers):
    all_three = list(servers)
    for server in (all_three[1], all_three[0], all_three[0], all_three[2], all_three[2]):
        servers.failed(server)
    assert [server.name for server in servers.in_turn()] == ["b.example:25"]
    assert servers.awake_in == RESTS[0]


def test_health_is_told_of_the_servers_in_the_setting(app):
    settings = parse_servers("smtp://a.example smtp://b.example")
    health.note_failure(db.session, "a.example:25", "421 too busy", 60, now=NOW)
    health.note_failure(db.session, "a.example:25", "421 too busy", 300, now=NOW)
    health.note_success(db.session, "gone.example:25", now=NOW)
    a, b = health.health(db.session, settings)
    assert (a.noted.failures, a.noted.reason, a.rests(NOW)) == (2, "421 too busy", True) and b.noted is None
    health.note_success(db.session, "a.example:25", now=NOW)
    assert not health.health(db.session, settings)[0].rests(NOW)
    assert db.session.get(MailServer, "a.example:25").failures == 0


def test_a_notice_goes_by_the_first_server_that_takes_it(app, tmp_path):
    asked = []

    def send(url: SmtpUrl, message: OutgoingMessage) -> Outcome:
        asked.append(url.host)
        kind = Kind.NOT_SENT if url.host == "a.example" else Kind.ACCEPTED
        return Outcome(kind, Stage.CONNECTION)

    source, settings = OutboxSource(app, send), app.extensions["outreach"].settings
    object.__setattr__(settings, "smtp_url", "smtp://a.example smtp://b.example smtp://c.example")
    outgoing = OutgoingMessage(1, "a@a.example", "b@b.example", b"")
    assert source._by_any(settings, outgoing).kind is Kind.ACCEPTED and asked == ["a.example", "b.example"]
