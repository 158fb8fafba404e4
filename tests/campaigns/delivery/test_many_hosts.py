"""One mailing sent by workers of several hosts: separate processes with separate folders on one PostgreSQL, and, as
root, in network namespaces of their own. One host dies in the middle: the others finish, nobody gets the mail twice,
and what the dead one had claimed is settled by its own journal when it comes back, or in doubt if it never does."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from campaigns.delivery import hosts
from campaigns.delivery.engine import CONNECTIONS
from campaigns.delivery.identity import host_identity
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from outreach.db import db
from tests import postgres
from tests.campaigns.delivery.conftest import add_companies
from tests.conftest import migrate
from tests.roles import start_role
from tests.smtp_server import SmtpServer

PENDING = Counter({DeliveryState.QUEUED: 1, DeliveryState.CLAIMED: 1})
RECIPIENTS, HOSTS, PATIENCE = 1_200, 3, 240


@dataclass
class Network:
    """Where the hosts find the database and the mail server, and what a host's processes are run by."""

    database: Callable[[str], str]
    smtp_host: str = "127.0.0.1"
    before: Callable[[int], tuple[str, ...]] = lambda number: ()


def _may_make_namespaces() -> bool:
    with contextlib.suppress(OSError):
        made = subprocess.run(["ip", "netns", "add", f"probe-{os.getpid()}"], capture_output=True, check=False)
        if made.returncode == 0:
            return subprocess.run(["ip", "netns", "del", f"probe-{os.getpid()}"], check=False).returncode == 0
    return False


@pytest.fixture(params=["folders", "namespaces"])
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    """A PostgreSQL server and hosts that reach it: over its socket, or each from a network of its own."""
    if request.param == "folders":
        with postgres.running() as url:
            request.node.server = url
            yield Network(database=lambda own: own)
        return
    if not _may_make_namespaces():
        pytest.skip("network namespaces need root and `ip netns`")
    with _namespaces(HOSTS) as (prefix, gateway), postgres.running(listen=gateway) as url:
        request.node.server = url
        yield Network(
            database=lambda own: sa.make_url(own).set(host=gateway, query={}).render_as_string(hide_password=False),
            smtp_host=gateway, before=lambda number: ("ip", "netns", "exec", f"{prefix}{number}"),
        )


@contextlib.contextmanager
def _namespaces(count: int) -> Iterator[tuple[str, str]]:
    """Namespaces with a wire each to one bridge. (their names' beginning, the bridge's address)"""
    number = os.getpid() % 250 + 1
    prefix, bridge, gateway = f"dh{os.getpid()}h", f"dhb{os.getpid()}", f"10.213.{number}.1"

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    try:
        ip("link", "add", bridge, "type", "bridge")
        ip("addr", "add", f"{gateway}/24", "dev", bridge)
        ip("link", "set", bridge, "up")
        for host in range(count):
            wire, name = f"dh{os.getpid()}w{host}", f"{prefix}{host}"
            ip("netns", "add", name)
            ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", wire, "master", bridge, "up")
            ip("-n", name, "addr", "add", f"10.213.{number}.{10 + host}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
        yield prefix, gateway
    finally:
        for host in range(count):
            subprocess.run(["ip", "netns", "del", f"{prefix}{host}"], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", bridge], check=False, capture_output=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, network: Network, tmp_path: Path) -> str:
    url: str = request.node.server
    migrate(url, tmp_path)
    return url


def counts() -> Counter[DeliveryState]:
    """Recipients by state, as they stand in the database."""
    found = db.session.execute(sa.select(Delivery.state, sa.func.count()).group_by(Delivery.state)).all()
    db.session.rollback()
    return Counter(dict(found))


def workers() -> dict[str, int]:
    """Recipients held at this moment, by host."""
    found = hosts.holding(db.session)
    db.session.rollback()
    return found


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited too long: {what}: {counts()}, {workers()}"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("journal", ["comes back", "is lost"])
def test_a_host_dies_and_the_others_finish(
    app: Flask, request: pytest.FixtureRequest, network: Network, tmp_path: Path, draft, officer, approve, start, now,
    journal: str,
) -> None:
    if request.config.getoption("database") == "postgresql":
        pytest.skip("on PostgreSQL in any case: once is enough")
    if journal == "is lost" and network.smtp_host != "127.0.0.1":
        pytest.skip("the same in any network")
    add_companies(officer.centre_id, RECIPIENTS, now, address=lambda n: f"p{n}@c{n % 50}.example")
    approve(draft)
    db.session.commit()
    url = network.database(str(app.extensions["outreach"].settings.database_url))
    folders = [tmp_path / f"host-{number}" for number in range(HOSTS)]

    def worker(number: int) -> subprocess.Popen[bytes]:
        role = ("worker", "--only", "mailings")
        return start_role(folders[number], url, server.url, *role, before=network.before(number))

    seen: set[str] = set()

    def all_have_sent() -> bool:
        seen.update(workers())
        return len(seen) == HOSTS and victim in workers()

    with SmtpServer(host=network.smtp_host, script=_unhurried) as server, contextlib.ExitStack() as running:
        processes = [worker(number) for number in range(HOSTS)]
        running.callback(_end, processes)
        until(lambda: all((folder / "journal.host").exists() for folder in folders), "start")
        victim = host_identity(folders[0] / "journal")
        start(draft)
        until(all_have_sent, "all hosts send")
        processes[0].kill()
        processes[0].wait()
        until(lambda: set(workers()) <= {victim} and not counts()[DeliveryState.QUEUED], "the others finish")
        left = counts()[DeliveryState.CLAIMED]
        if journal == "comes back":
            processes.append(worker(0))
            until(lambda: not counts() & PENDING, "the host settles what it had claimed, and sends what had not left")
        else:
            given_up = hosts.give_up(db.session, victim, "another.00000000", app.extensions["outreach"].clock)
            db.session.commit()
            assert given_up == left
        received = Counter(server.recipients)
    states = counts()
    assert set(received.values()) == {1}
    assert sum(states.values()) == RECIPIENTS == states[DeliveryState.ACCEPTED] + states[DeliveryState.IN_DOUBT]
    accepted = db.session.scalars(sa.select(Delivery.address).where(Delivery.state == DeliveryState.ACCEPTED))
    assert set(accepted) <= set(received)
    assert states[DeliveryState.IN_DOUBT] <= (CONNECTIONS if journal == "comes back" else left)
    print(f"hosts {len(seen)}, claimed by the dead one {left}, in doubt {states[DeliveryState.IN_DOUBT]}")


def _unhurried(event: object) -> None:
    """A relay some milliseconds away, so that three hosts have time to share the work."""
    if event.stage == "dot":  # type: ignore[attr-defined]
        time.sleep(0.01)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(60)
