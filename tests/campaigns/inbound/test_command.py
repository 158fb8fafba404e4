"""`flask inbound < message`: as a mail server's pipe calls it, and what `--explain` prints."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest
import sqlalchemy as sa

from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import Kind, Way
from outreach.companies.consent import is_suppressed
from outreach.db import db
from tests.campaigns.inbound.making import failed, letter, make_sent, message_id, original, report, return_path
from tests.conftest import TEST_SECRET
from tests.roles import ROOT


@pytest.fixture
def sent(app):
    delivery = make_sent()
    db.session.commit()
    return delivery


@pytest.fixture
def run(app):
    """The command within this process."""

    def command(message: bytes, *options: str):
        db.session.commit()
        result = app.test_cli_runner().invoke(args=["inbound", *options], input=message)
        db.session.rollback()
        return result

    return command


@pytest.fixture
def pipe(app, tmp_path):
    """The command as a process of its own, with the database at ``url``."""

    def command(message: bytes, *options: str, url: str = "", memory: int = 0) -> subprocess.CompletedProcess[bytes]:
        environment = {
            **os.environ, "OUTREACH_DATA_DIR": str(tmp_path), "OUTREACH_BASE_URL": "http://localhost",
            "OUTREACH_DATABASE_URL": url or db.engine.url.render_as_string(hide_password=False),
            "OUTREACH_SECRET_KEY": TEST_SECRET, "OUTREACH_LINK_KEYS": TEST_SECRET,
        }

        def limit() -> None:
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "inbound", *options], input=message, cwd=ROOT,
            env=environment, capture_output=True, check=False, preexec_fn=limit,
        )

    return command


def messages() -> list[InboundMessage]:
    return list(db.session.scalars(sa.select(InboundMessage)))


def explained(result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.strip().splitlines()[-1])


def test_a_mail_is_taken_in_by_a_process_once(app, sent, pipe, run):
    raw = letter("전화 주세요.", sender=sent.address, answers=message_id(app, sent))
    db.session.commit()
    done = pipe(raw)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr.decode()
    assert run(raw).exit_code == 0
    [row] = messages()
    assert (row.kind, row.way, row.delivery_id) == (Kind.REPLY, Way.PIPE, sent.id)
    assert row.response.lead is not None


def test_without_its_database_the_mail_server_keeps_the_mail(app, sent, pipe):
    away = "postgresql://tester@127.0.0.1:1/nowhere"
    done = pipe(letter("전화 주세요.", sender=sent.address), url=away)
    assert (done.returncode, done.stdout) == (os.EX_TEMPFAIL, b"")
    assert "나중에 다시" in done.stderr.decode()


def test_a_disk_that_takes_nothing_keeps_the_mail_with_the_mail_server(app, sent, run, tmp_path):
    (tmp_path / "inbound").write_text("a file where the folder should be")
    result = run(letter("전화 주세요.", sender=sent.address, answers=message_id(app, sent)))
    assert result.exit_code == os.EX_TEMPFAIL
    assert messages() == []


def test_the_recipient_of_the_envelope_is_enough(app, sent, run):
    raw = report(to="undisclosed-recipients:;", recipients=failed(sent.address, "5.1.1"))
    assert run(raw, "--recipient", return_path(app, sent)).exit_code == 0
    assert is_suppressed(db.session, sent.address_key)


def test_explaining_says_everything_and_does_nothing(app, sent, run):
    raw = report(to="x@y.example", recipients=failed(sent.address, "5.1.1", "550 no such user"),
                 returned=original(app, sent))
    told = explained(run(raw, "--explain"))
    assert told | {"reason": "", "would": "", "size": 0} == {
        "kind": "bounce", "class": "hard", "address": sent.address, "delivery": sent.id, "reason": "", "would": "",
        "verified": True, "effect": "suppress", "status": "5.1.1", "diagnostic": "550 no such user", "text": None,
        "size": 0,
    }
    assert told["reason"] and told["would"]
    assert messages() == [] and not is_suppressed(db.session, sent.address_key)


@pytest.mark.parametrize("raw, kind, bounce_class", [
    (report(recipients=failed("a@b.example", "4.4.1")), "bounce", "soft"),
    (report(recipients=failed("a@b.example", "5.2.2")), "bounce", "full"),
    (report(recipients=failed("a@b.example", "5.7.1")), "bounce", "policy"),
    (report(recipients=failed("a@b.example", "5.0.0", "550 5.1.1 unknown")), "bounce", "hard"),
    (letter("부재중입니다", sender="a@b.example", extra="Auto-Submitted: auto-replied\n"), "auto_reply", None),
    (letter("안녕하세요", sender="a@b.example"), "unknown", None),
    (b"", "unknown", None),
    (b"\x00\xff\xfe", "unknown", None),
])
def test_explaining_each_kind(run, raw, kind, bounce_class):
    told = explained(run(raw, "--explain"))
    assert (told["kind"], told["class"], told["delivery"]) == (kind, bounce_class, None)


def test_fifty_megabytes_through_the_pipe(app, sent, pipe):
    """Read to its end, so that the mail server sees no broken pipe, within limited memory; its text is found."""
    attachment = b"QUJD" * (50 << 18)
    raw = (
        f"From: {sent.address}\nIn-Reply-To: {message_id(app, sent)}\nMessage-ID: <big@x.example>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n'
        "도면을 보냅니다.\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
    ).encode() + attachment + b"\n--b--\n"
    db.session.commit()
    done = pipe(raw, memory=1500 << 20)
    assert done.returncode == 0, done.stderr.decode()
    [row] = messages()
    assert (row.kind, row.text, row.size, row.cut) == (Kind.REPLY, "도면을 보냅니다.", len(raw), True)
