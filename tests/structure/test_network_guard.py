"""The guard of tests/conftest.py: no test talks to anyone past the loopback."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import urllib.request
from collections.abc import Iterator

import pytest

ELSEWHERE = "192.0.2.1"  # kept for documentation, belongs to nobody (RFC 5737)


@pytest.fixture(autouse=True)
def forgiven(network_guard: list[str], no_network: None) -> Iterator[None]:
    """These tests try on purpose: what the guard remembers must not fail them."""
    yield
    network_guard.clear()


def test_a_connection_to_elsewhere_is_refused() -> None:
    with socket.socket() as one, pytest.raises(AssertionError, match="tried to reach"):
        one.connect((ELSEWHERE, 25))


def test_so_is_a_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(AssertionError, match="tried to reach"):
        one.sendto(b"hello", (ELSEWHERE, 53))


def test_a_caught_error_is_remembered(network_guard: list[str]) -> None:
    with socket.socket() as one, contextlib.suppress(AssertionError):
        one.connect((ELSEWHERE, 25))
    assert network_guard == [f"reach ('{ELSEWHERE}', 25)"]


def test_so_is_one_over_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as one, pytest.raises(AssertionError, match="tried to reach"):
        one.connect(("2001:db8::1", 25))


def test_so_is_one_that_does_not_wait() -> None:
    with socket.socket() as one, pytest.raises(AssertionError, match="tried to reach"):
        one.connect_ex((ELSEWHERE, 25))


def test_libraries_are_guarded_too() -> None:
    with pytest.raises(AssertionError, match="tried to reach"):
        smtplib.SMTP(ELSEWHERE, 25, timeout=1)
    with pytest.raises(AssertionError, match="tried to reach"):
        urllib.request.urlopen(f"http://{ELSEWHERE}/", timeout=1)


def test_names_are_not_looked_up_either() -> None:
    with pytest.raises(AssertionError, match="tried to look up"):
        socket.getaddrinfo("mail.outreach.example", 25)


def test_the_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    assert socket.getaddrinfo("localhost", 80)
