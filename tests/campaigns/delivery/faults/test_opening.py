"""A server that can't be talked to at all: nothing of any message leaves, no try is counted, the mailing says why,
and all goes out when the server is itself again."""

from __future__ import annotations

import time

import pytest

from outreach.db import db
from tests.certificates import self_signed, serving
from tests.smtp_server import Act, CloseAfter, SmtpServer, always, usual

ENCRYPTED = {"smtps": True, "starttls": False}  # TLS from the first byte?


@pytest.fixture
def certificate(tmp_path):
    return self_signed(tmp_path / "server.pem")


@pytest.fixture
def trusted(certificate, monkeypatch):
    """The machine trusts the test's certificate; the verification is the product's own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def login_url(server: SmtpServer) -> str:
    return f"smtp://user:secret@127.0.0.1:{server.port}?starttls=1"


FAULTS = {
    "banner": [b"421 4.3.2 later\r\n", b"450 4.3.2 later\r\n", b"554 5.7.1 not you\r\n"],
    "ehlo": [b"421 4.3.2 later\r\n", b"451 4.3.0 later\r\n", b"550 5.7.1 not you\r\n"],
    "starttls": [b"454 4.7.0 no TLS now\r\n", b"501 5.5.4 no\r\n"],
    "auth": [b"454 4.7.0 try later\r\n", b"535 5.7.8 wrong password\r\n"],
}
NOT_SMTP = [b"SSH-2.0-OpenSSH_9.2\r\n", b"2" * 9000, b"220-" + b"x\r\n220-" * 300 + b"\r\n", b"\x16\x03\x01\x00\r\n"]


@pytest.mark.parametrize("stage", FAULTS)
def test_refused_while_opening(stage, sending, closing, trusted):
    acts = [CloseAfter(reply) for reply in FAULTS[stage]] + [Act.CLOSE, Act.RESET]
    acts += [CloseAfter(junk) for junk in NOT_SMTP] if stage in ("banner", "ehlo") else []
    under_way = sending(5)
    for act in acts:
        under_way.begin_anew()
        script, offers = always(stage, act), ("PIPELINING", "AUTH PLAIN")
        with SmtpServer(script=script, extensions=offers, tls=serving(trusted)) as server:
            engine = closing(under_way.engine(server, connections=3, url=login_url(server)))
            db.session.commit()
            assert engine.step() is False and engine._rests_until > 0, act
            assert 1 <= server.connections <= 3, "few tries, one at a time"
            refused = isinstance(act, CloseAfter) and act.reply.startswith(b"535")
            assert (engine._rests_until > time.monotonic() + 300) == refused, "or it locks us out"
            assert under_way.states() == {"queued": 5} and server.messages == [], act
            assert {(row.attempts, row.reply_code, row.next_try_at) for row in under_way.rows()} == {(0, None, None)}
            reason = under_way.mailing.pause_reason
            assert "메일 서버에 보내지 못하고 있습니다" in reason
            if isinstance(act, CloseAfter) and act.reply in FAULTS[stage]:
                assert act.reply[10:].decode().strip() in reason, "in the server's words"
            server.script = usual
            under_way.finish(engine)
            under_way.balances(server)
        assert under_way.states() == {"accepted": 5}, act
        assert {row.attempts for row in under_way.rows()} == {1}
        assert under_way.mailing.pause_reason == ""


@pytest.mark.parametrize("scheme", ENCRYPTED)
def test_a_certificate_that_proves_nothing(scheme, sending, closing, tmp_path, monkeypatch):
    """Expired, for another host, of an unknown authority: not a word of ours goes to such a server."""
    good = self_signed(tmp_path / "good.pem")
    bad = {
        "certificate has expired": self_signed(tmp_path / "expired.pem", days=-1),
        "not valid for '127.0.0.1'": self_signed(tmp_path / "other.pem", "127.0.0.2"),
        "self-signed certificate": self_signed(tmp_path / "unknown.pem"),
    }
    known = tmp_path / "known.pem"
    known.write_bytes(b"".join(path.read_bytes() for text, path in bad.items() if "self-signed" not in text))
    under_way = sending(3)
    for text, certificate in bad.items():
        under_way.begin_anew()
        monkeypatch.setenv("SSL_CERT_FILE", str(known))
        with SmtpServer(tls=serving(certificate), tls_first=ENCRYPTED[scheme]) as server:
            refuses = closing(under_way.engine(server, url=address(scheme, server)))
            db.session.commit()
            assert refuses.step() is False
            assert "certificate verify failed" in under_way.mailing.pause_reason
            assert text in under_way.mailing.pause_reason
            assert under_way.states() == {"queued": 3} and server.connections == 1
            assert {verb for _, verb in server.commands} <= {"EHLO localhost", "STARTTLS"}
        monkeypatch.setenv("SSL_CERT_FILE", str(good))
        with SmtpServer(tls=serving(good), tls_first=ENCRYPTED[scheme]) as server:
            under_way.finish(closing(under_way.engine(server, url=address(scheme, server))))
            under_way.balances(server)
        assert under_way.states() == {"accepted": 3}


def address(scheme: str, server: SmtpServer) -> str:
    return f"smtps://127.0.0.1:{server.port}" if ENCRYPTED[scheme] else f"smtp://127.0.0.1:{server.port}?starttls=1"
