"""From the banner to the login: TLS that can't be talked away, passwords that are tried once."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp import OutgoingMessage, SmtpPool, Timeouts, send_one
from outreach.mail.smtp_url import SmtpUrl
from tests.certificates import self_signed, serving
from tests.smtp_server import Act, Event, SmtpServer

QUICK = Timeouts(connect=2, reply=0.5, final=0.5)
MESSAGE = OutgoingMessage(1, "sender@example.kr", "r1@example.kr", b"Subject: x\r\n\r\ntext\r\n")


class Collecting:
    """Hooks that only keep the outcomes."""

    def __init__(self) -> None:
        self.outcomes: dict[int, Outcome] = {}

    def stop(self) -> bool:
        return False

    def about_to_write(self, ids: Sequence[int]) -> None:
        pass

    def before_write(self, ids: Sequence[int]) -> Collection[int]:
        return ()

    def on_intent(self, ids: Sequence[int]) -> None:
        pass

    def on_outcome(self, delivery_id: int, outcome: Outcome) -> None:
        self.outcomes[delivery_id] = outcome


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    return serving(certificate)


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    """The client's context, with the test's certificate as an authority."""
    return ssl.create_default_context(cafile=str(certificate))


def url(server: SmtpServer, scheme: str = "smtp", user: str = "", query: str = "") -> SmtpUrl:
    return SmtpUrl.parse(f"{scheme}://{user}127.0.0.1:{server.port}{query}")


def count(server: SmtpServer) -> tuple[int, int]:
    return server.connections, len(server.messages)


def starttls(server: SmtpServer) -> SmtpUrl:
    return url(server, query="?starttls=1")


# --- TLS


@pytest.mark.parametrize("split", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("first", [False, True], ids=["starttls", "smtps"])
def test_encrypted(server_tls: ssl.SSLContext, trusting: ssl.SSLContext, first: bool, split: bool) -> None:
    hooks = Collecting()
    big = b"Subject: x\r\n\r\n" + b"long line of text\r\n" * 20_000
    batch = [MESSAGE._replace(delivery_id=n, rcpt_to=f"r{n}@example.kr", content=big) for n in range(30)]
    with SmtpServer(tls=server_tls, tls_first=first, split=split) as server:
        address = url(server, "smtps") if first else starttls(server)
        with SmtpPool(address, connections=4, tls=trusting, timeouts=Timeouts(connect=5, reply=5, final=5)) as pool:
            pool.send(batch, hooks)
        assert {message.content for message in server.messages} == {big}
        assert sorted(server.recipients) == sorted(message.rcpt_to for message in batch)
        opening = ["EHLO", "MAIL", "RCPT"] if first else ["EHLO", "STARTTLS", "EHLO"]
        assert server.stages(1)[:3] == opening
    assert {outcome.kind for outcome in hooks.outcomes.values()} == {Kind.ACCEPTED}


@pytest.mark.parametrize("first", [False, True], ids=["starttls", "smtps"])
def test_unknown_certificate_is_refused_at_once(server_tls: ssl.SSLContext, first: bool) -> None:
    with SmtpServer(tls=server_tls, tls_first=first) as server:
        outcome = send_one(url(server, "smtps") if first else starttls(server), MESSAGE, timeouts=QUICK)
        assert count(server) == (1, 0)
    assert (outcome.kind, outcome.stage) == (Kind.NOT_SENT, Stage.STARTTLS)
    assert "certificate verify failed" in outcome.text


def test_certificate_for_another_host_is_refused(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with SmtpServer(tls=server_tls) as server:
        elsewhere = SmtpUrl.parse(f"smtp://localhost:{server.port}?starttls=1")
        outcome = send_one(elsewhere, MESSAGE, tls=trusting, timeouts=QUICK)
        assert server.messages == []
    assert outcome.kind is Kind.NOT_SENT


def test_starttls_not_offered_is_no_reason_to_go_on_in_the_clear() -> None:
    with SmtpServer() as server:
        outcome = send_one(starttls(server), MESSAGE, timeouts=QUICK)
        assert count(server) == (1, 0)
    assert (outcome.kind, outcome.stage) == (Kind.NOT_SENT, Stage.STARTTLS)


def test_starttls_refused(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    def script(event: Event) -> bytes | None:
        return b"454 4.7.0 not now\r\n" if event.stage == "starttls" else None

    with SmtpServer(tls=server_tls, script=script) as server:
        outcome = send_one(starttls(server), MESSAGE, tls=trusting, timeouts=QUICK)
        assert count(server) == (3, 0)
    assert outcome[:4] == (Kind.NOT_SENT, Stage.STARTTLS, 454, "4.7.0")


@pytest.mark.parametrize("injected", [b"250-hello\r\n250 AUTH PLAIN\r\n", b"250-half a reply"])
def test_words_injected_before_the_encryption_are_not_believed(
    server_tls: ssl.SSLContext, trusting: ssl.SSLContext, injected: bytes
) -> None:
    """The "NO STARTTLS" class of attacks: replies sent in the clear, to be read as if they were encrypted."""
    reply = b"220 2.0.0 go ahead\r\n" + injected
    with SmtpServer(tls=server_tls, script=lambda e: reply if e.stage == "starttls" else None) as server:
        address = url(server, user="user:secret@", query="?starttls=1")
        outcome = send_one(address, MESSAGE, tls=trusting, timeouts=QUICK)
        assert server.messages == []
        assert server.logins == []
    assert outcome.kind is Kind.NOT_SENT


def test_what_was_offered_in_the_clear_is_forgotten(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    """RFC 3207 §4.2: PIPELINING before, none behind."""
    ehlos: list[Event] = []

    def script(event: Event) -> bytes | None:
        if event.stage != "ehlo":
            return None
        ehlos.append(event)
        return None if len(ehlos) == 1 else b"250 test\r\n"

    with SmtpServer(tls=server_tls, script=script) as server:
        outcome = send_one(starttls(server), MESSAGE, tls=trusting, timeouts=QUICK)
        server.extensions = ()
    assert outcome.kind is Kind.ACCEPTED
    assert len(ehlos) == 2


# --- login


@pytest.mark.parametrize("offer", ["AUTH PLAIN LOGIN", "AUTH LOGIN", "AUTH=LOGIN", "auth plain"])
def test_login(offer: str) -> None:
    with SmtpServer(extensions=("PIPELINING", offer)) as server:
        outcome = send_one(url(server, user="us%40er:p%2Fss%20%EA%B0%80@"), MESSAGE, timeouts=QUICK)
        assert server.logins == [("us@er", "p/ss 가")]
    assert outcome.kind is Kind.ACCEPTED


def test_wrong_password_is_tried_once() -> None:
    def script(event: Event) -> bytes | None:
        return b"535 5.7.8 bad credentials\r\n" if event.stage == "auth" else None

    hooks = Collecting()
    with SmtpServer(extensions=("AUTH PLAIN",), script=script) as server:
        with SmtpPool(url(server, user="user:wrong@"), connections=8, timeouts=QUICK) as pool:
            pool.send([MESSAGE._replace(delivery_id=number) for number in range(20)], hooks)
        assert count(server) == (1, 0)
    assert set(hooks.outcomes.values()) == {Outcome(Kind.NOT_SENT, Stage.AUTH, 535, "5.7.8", "bad credentials")}
    assert len(hooks.outcomes) == 20


def test_login_not_offered() -> None:
    with SmtpServer() as server:
        outcome = send_one(url(server, user="user:secret@"), MESSAGE, timeouts=QUICK)
        assert count(server) == (1, 0)
    assert (outcome.kind, outcome.stage) == (Kind.NOT_SENT, Stage.AUTH)


@pytest.mark.parametrize("stage", ["banner", "ehlo"])
@pytest.mark.parametrize("act", [Act.CLOSE, Act.RESET, Act.SILENCE])
def test_broken_off_while_opening(stage: str, act: Act) -> None:
    with SmtpServer(script=lambda event: act if event.stage == stage else None) as server:
        outcome = send_one(url(server), MESSAGE, timeouts=QUICK)
        assert count(server) == (3, 0)
    assert (outcome.kind, outcome.code) == (Kind.NOT_SENT, None)
    assert outcome.stage.value in {stage, "connection"}


def test_says_hello_with_an_address_literal() -> None:
    with SmtpServer() as server:
        send_one(url(server), MESSAGE, timeouts=QUICK)
        send_one(url(server), MESSAGE, timeouts=QUICK, helo="outreach.example.kr")
        hellos = [command for _, command in server.commands if command.startswith("EHLO")]
    assert hellos == ["EHLO [127.0.0.1]", "EHLO outreach.example.kr"]
