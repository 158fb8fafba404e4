"""What is really sent comes really back: by a real SMTP server, with the token of each delivery."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest

from campaigns.delivery.engine import Engine
from campaigns.delivery.models import Delivery
from campaigns.inbound.rules import BounceClass, Kind
from outreach.companies.consent import is_suppressed
from outreach.db import db
from tests.campaigns.delivery.conftest import add_companies
from tests.campaigns.inbound.making import failed, letter, report, take
from tests.smtp_server import Received, SmtpServer

BOUNCE = "bounce@outreach.example"


@pytest.fixture
def mails(app, draft, officer, approve, start, now) -> dict[str, Received]:
    """Two mails as they arrived, by recipient."""
    add_companies(officer.centre_id, 2, now)
    start(approve(draft))
    outreach = app.extensions["outreach"]
    db.session.commit()  # the engine works in a session of its own
    with SmtpServer() as server:
        outreach.settings = replace(outreach.settings, smtp_url=server.url, bounce_address=BOUNCE)
        engine = Engine(app, connections=2)
        while engine.step():
            pass
        engine.close()
        db.session.expire_all()
        arrived = {mail.rcpt_to[0]: mail for mail in server.messages}
    assert len(arrived) == 2
    return arrived


def delivery_to(address: str) -> Delivery:
    return db.session.query(Delivery).filter_by(address=address).one()


def test_the_return_path_of_each_mail_is_its_own(app, mails):
    paths = {mail.mail_from for mail in mails.values()}
    assert len(paths) == 2 and all(path.startswith("bounce+") and path.endswith("@outreach.example") for path in paths)
    assert all(len(path.partition("@")[0]) <= 64 for path in paths)  # RFC 5321 §4.5.3.1.1
    for address, mail in mails.items():
        message = email.message_from_bytes(mail.content, policy=email.policy.default)
        assert message["From"].addresses[0].addr_spec == "centre@outreach.example"
        row = take(app, report(to=mail.mail_from, recipients=failed(address, "5.1.1")))
        assert (row.kind, row.delivery) == (Kind.BOUNCE, delivery_to(address))
        break
    assert is_suppressed(db.session, address)


@pytest.mark.parametrize("part", ["headers", "whole"])
def test_a_report_with_the_mail_in_it_is_known_without_the_return_path(app, mails, part):
    address, mail = next(iter(mails.items()))
    returned = mail.content.decode("ascii").replace("\r\n", "\n")
    kind = "message/rfc822"
    if part == "headers":
        returned, kind = returned.partition("\n\n")[0] + "\n", "text/rfc822-headers"
    groups = failed(address, "5.2.2")
    row = take(app, report(to="centre@outreach.example", recipients=groups, returned=returned, returned_type=kind))
    assert (row.bounce_class, row.delivery) == (BounceClass.FULL, delivery_to(address))


def test_an_answer_that_quotes_the_mail_is_known_by_its_links_and_refuses_nothing(app, mails):
    """A client that keeps no references and marks no quotation: the mail's own words stand below the answer."""
    address, mail = next(iter(mails.items()))
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    quoted = message.get_body(("plain",)).get_content()
    assert "수신거부" in quoted
    row = take(app, letter(f"네, 전화 주세요.\n\n{quoted}", sender=address))
    assert (row.kind, row.delivery) == (Kind.REPLY, delivery_to(address))
    assert "네, 전화 주세요." in row.text and "수신거부" not in row.text
    assert not is_suppressed(db.session, address)
