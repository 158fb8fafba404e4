"""The embedded mailbox keeps what it accepts, speaks SMTP as real servers do, and exists in the demo only."""

from __future__ import annotations

import os
import smtplib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest

from outreach.config import BadSetting, Settings
from outreach.mail.outcome import Kind, Outcome
from outreach.mail.smtp import OutgoingMessage, SmtpPool, send_one
from outreach.mail.smtp_url import SmtpUrl
from outreach.mailbox.server import AnotherRuns, claimed_socket, embedded, mailbox_path
from outreach.mailbox.store import Store
from tests.conftest import settings_for


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for("sqlite:///unused", tmp_path, demo=True)


@pytest.fixture
def url(settings: Settings) -> Iterator[SmtpUrl]:
    with embedded(settings) as address:
        yield SmtpUrl.parse(address)


@pytest.fixture
def store(settings: Settings, url: SmtpUrl) -> Store:
    return Store(mailbox_path(settings))


def mail(subject: str = "육아휴직 지원 안내", lines: int = 3) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "센터 <c@outreach.example>", "kim@company.example", subject
    message.set_content(".점으로 시작하는 줄\n" * lines, cte="base64")
    return message.as_bytes().replace(b"\n", b"\r\n")


class Recorder:
    """Hooks of a sending that only remember."""

    def __init__(self) -> None:
        self.outcomes: dict[int, Outcome] = {}

    def stop(self) -> bool:
        return False

    def about_to_write(self, ids: Sequence[int]) -> None:
        pass

    def before_write(self, ids: Sequence[int]) -> Sequence[int]:
        return ()

    def on_intent(self, ids: Sequence[int]) -> None:
        pass

    def on_outcome(self, delivery_id: int, outcome: Outcome) -> None:
        self.outcomes[delivery_id] = outcome


def test_a_mail_arrives_as_it_was_sent(url: SmtpUrl, store: Store) -> None:
    outcome = send_one(url, OutgoingMessage(1, "c@outreach.example", "kim@company.example", mail()))
    assert outcome.kind is Kind.ACCEPTED
    [received], total = store.page("", 1, 10)
    assert total == 1 and not received.seen
    assert (received.recipient, received.subject) == ("kim@company.example", "육아휴직 지원 안내")
    assert received.sender == "센터 <c@outreach.example>"
    assert store.get(received.id)[1] == mail()


def test_pipelining_is_announced_and_every_mail_of_a_fast_sending_is_kept(url: SmtpUrl, store: Store) -> None:
    with smtplib.SMTP(url.host, url.port) as client:
        client.ehlo("test")
        assert client.has_extn("pipelining") and client.has_extn("size")
    hooks = Recorder()
    with SmtpPool(url) as pool:
        pool.send((OutgoingMessage(n, "c@o.example", f"u{n}@c.example", mail(lines=100)) for n in range(400)), hooks)
    assert {outcome.kind for outcome in hooks.outcomes.values()} == {Kind.ACCEPTED}
    mails, total = store.page("", 1, 400)
    assert total == 400 and {mail.recipient for mail in mails} == {f"u{n}@c.example" for n in range(400)}


def test_one_row_a_recipient(url: SmtpUrl, store: Store) -> None:
    with smtplib.SMTP(url.host, url.port) as client:
        client.sendmail("c@o.example", ["a@c.example", "b@c.example"], mail())
    assert {found.recipient for found in store.page("", 1, 10)[0]} == {"a@c.example", "b@c.example"}


@pytest.mark.parametrize("raw", [b"\r\n", b"no header at all", b"Subject: =?x-unknown?b?!!?=\r\n\r\n\xff\xfe"])
def test_a_damaged_mail_is_kept_too(url: SmtpUrl, store: Store, raw: bytes) -> None:
    with smtplib.SMTP(url.host, url.port) as client:
        client.sendmail("c@o.example", ["a@c.example"], raw)
    assert store.page("", 1, 10)[1] == 1


def test_nothing_is_accepted_that_is_not_kept(url: SmtpUrl, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(_self: Store, _batch: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Store, "add", disk_full)
    outcome = send_one(url, OutgoingMessage(1, "c@o.example", "a@c.example", mail()))
    assert outcome.kind is not Kind.ACCEPTED


def test_search_looks_into_address_sender_and_subject(url: SmtpUrl, store: Store) -> None:
    with smtplib.SMTP(url.host, url.port) as client:
        client.sendmail("c@o.example", ["a_1@c.example"], mail("50% 지원"))
        client.sendmail("c@o.example", ["ab1@c.example"], mail("다른 제목"))
    for search, count in {"a_1": 1, "50%": 1, "제목": 1, "센터": 2, "%": 1, "nothing": 0, "": 2}.items():
        assert store.page(search, 1, 10)[1] == count, search


def test_only_the_demo_has_a_mailbox(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="demo"), embedded(settings_for("sqlite:///unused", tmp_path)):
        pass
    assert not (tmp_path / "mailbox").exists()


def test_one_server_a_data_folder_and_the_others_use_it(settings: Settings, url: SmtpUrl) -> None:
    with pytest.raises(AnotherRuns) as other, claimed_socket(settings):
        pass
    assert other.value.port == url.port
    with embedded(settings) as second:
        assert SmtpUrl.parse(second).port == url.port
    socket.create_connection((url.host, url.port)).close()  # the first still serves


def test_the_port_stays_the_same_unless_it_is_taken(settings: Settings) -> None:
    def port() -> int:
        with claimed_socket(settings) as listening:
            return listening.getsockname()[1]

    first = port()
    assert port() == first
    with socket.create_server(("127.0.0.1", first)):
        assert port() != first
    (settings.folder("mailbox") / "port").write_text("nonsense")
    assert port()


def test_it_listens_on_the_loopback_only(settings: Settings) -> None:
    with claimed_socket(settings) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_an_accepted_mail_outlives_the_killing_of_the_server(settings: Settings) -> None:
    pid = os.fork()
    if pid == 0:
        with embedded(settings):
            threading.Event().wait()
    try:
        port_file = settings.data_dir / "mailbox" / "port"
        deadline = time.monotonic() + 10
        while not port_file.exists() or not port_file.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        url = SmtpUrl.parse(f"smtp://127.0.0.1:{port_file.read_text()}")
        for number in range(20):
            assert send_one(url, OutgoingMessage(number, "c@o.example", "a@c.example", mail())).kind is Kind.ACCEPTED
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    assert Store(mailbox_path(settings)).page("", 1, 1)[1] == 20
