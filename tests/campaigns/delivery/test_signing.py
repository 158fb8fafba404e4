"""Mailings and notices leave signed, and the records that `mail records` prints verify them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from campaigns.delivery.engine import Engine
from outreach.config import DkimSetting
from outreach.db import db, unit_of_work
from outreach.mail import dkim, outbox
from outreach.mail.feature import feature as mail
from tests.campaigns.delivery.conftest import add_companies
from tests.signatures import verdicts


@pytest.fixture
def signing(app, server, tmp_path):
    """The application with an Ed25519 and an RSA key for outreach.example."""
    made = {"ed": ed25519.Ed25519PrivateKey.generate(), "r": rsa.generate_private_key(65537, 2048)}
    keys = []
    for selector, key in made.items():
        path = tmp_path / f"{selector}.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        keys.append(DkimSetting(selector, "outreach.example", path))
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, smtp_url=server.url, dkim_keys=tuple(keys))
    app.extensions[dkim.KEY] = dkim.DkimSigner.load(keys)
    return app


def records(app) -> dict[str, str]:
    """As an operator reads them from the command."""
    result = app.test_cli_runner().invoke(args=["mail", "records", "centre@outreach.example"])
    assert result.exit_code == 0, result.output
    found = re.findall(r"^(\S+)\. TXT\n((?:  \".*\"\n)+)", result.output, re.MULTILINE)
    return {name: "".join(re.findall(r'"(.*)"', pieces)) for name, pieces in found}


def test_a_mailing_is_signed_by_every_key(signing, server, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 12, now)
    start(approve(draft))
    db.session.commit()
    engine = Engine(signing, connections=3)
    while engine.step():
        pass
    engine.close()
    assert len(server.messages) == 12
    for message in server.messages:
        assert verdicts(message.content, records(signing)) == [True, True]


def test_a_notice_is_signed_too(signing, server, clock):
    with unit_of_work(db.session) as session:
        outbox.enqueue(session, key="a", to_address="kim@x.example", subject="알림", text="본문", now=clock.now())
    assert mail.work[0].make(signing).step()
    assert verdicts(server.messages[0].content, records(signing)) == [True, True]


def test_a_domain_without_a_key_is_told(app):
    result = app.test_cli_runner().invoke(args=["mail", "records", "a@elsewhere.example"])
    assert result.exit_code == 1 and "OUTREACH_DKIM_KEYS" in result.output
    assert "_dmarc.elsewhere.example. TXT" in result.output
