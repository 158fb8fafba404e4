"""RFC 8058 from the header of a mail that was really sent to the notice of the result."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from campaigns.delivery.engine import Engine
from campaigns.notices import jobs
from campaigns.notices.models import ConsentNotice
from outreach.companies.models import Suppression
from outreach.db import db
from outreach.mail import dkim
from outreach.mail.dkim import DkimKey, DkimSigner
from tests.campaigns.delivery.conftest import add_companies
from tests.signatures import verdicts
from tests.smtp_server import SmtpServer


@pytest.fixture
def key(app) -> DkimKey:
    made = ed25519.Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = DkimKey.load("outreach.example", "ed", pem)
    app.extensions[dkim.KEY] = DkimSigner([key])
    return key


@pytest.fixture
def content(app, key, draft, officer, approve, start, now) -> bytes:
    """The one message of a mailing, as its recipient's server got it."""
    add_companies(officer.centre_id, 1, now)
    with SmtpServer() as server:
        outreach = app.extensions["outreach"]
        outreach.settings = replace(outreach.settings, smtp_url=server.url)
        start(approve(draft))
        db.session.commit()
        engine = Engine(app, connections=1)
        while engine.step():
            pass
        engine.close()
        return server.messages[0].content


def test_the_signature_covers_both_headers(key, content):
    records = {key.record_name: key.record}
    assert verdicts(content, records) == [True]
    signature = email.message_from_bytes(content, policy=email.policy.compat32)["DKIM-Signature"]
    covered = re.sub(r"\s", "", re.search(r"\bh=([^;]+)", signature)[1]).split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(covered)
    for change in ((b"List-Unsubscribe: <http://localhost", b"List-Unsubscribe: <http://elsewhere"),
                   (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click")):
        assert change[0] in content
        assert verdicts(content.replace(*change), records) == [False]


def test_the_post_needs_neither_sign_in_nor_token_and_is_answered_once(app, client, content, now):
    app.config["WTF_CSRF_ENABLED"] = True
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")
    for _ in range(3):
        answer = client.post(address, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.text, answer.headers.get("Set-Cookie")) == (200, "OK", None)
        jobs.tell_results(app)
    db.session.expire_all()
    assert db.session.scalars(sa.select(Suppression)).one().created_at == now
    assert db.session.query(ConsentNotice).count() == 1
