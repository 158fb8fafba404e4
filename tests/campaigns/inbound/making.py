"""Mails as they come back, written by hand in the shapes that servers and people give them."""

from __future__ import annotations

import base64
from pathlib import Path

from campaigns.delivery.models import Delivery
from campaigns.inbound import service
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import Way
from campaigns.inbound.service import Setting
from outreach import links
from outreach.db import db
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing
from tests.outreach.leads.making import make_company
from tests.people import NOW, make_centre

HOST = "outreach.example"
BOUNCE = f"bounce@{HOST}"
TEXT = """[ 대표님께 ]
육아휴직 대체인력을 무료로 찾아 드립니다. 신청은 아래 단추를 눌러 주세요.
────────
수신거부(무료, 로그인 없음) / Unsubscribe (free, no sign-in):
https://outreach.example/u/abc
"""


def make_sent(centre=None, name: str | None = None) -> Delivery:
    """A mail that a company's contact was sent and whose server took it."""
    centre = centre or make_centre()
    mailing = make_mailing(make_campaign(centre))
    mailing.compiled = {"text": TEXT}
    return make_delivery(mailing, make_company(centre, name))


def message_id(app, delivery: Delivery) -> str:
    return f"<d{delivery.id}.{links.return_token(app.extensions['outreach'].signer, delivery.id)}@{HOST}>"


def return_path(app, delivery: Delivery) -> str:
    return links.bounce_address(BOUNCE, app.extensions["outreach"].signer, delivery.id)


def original(app, delivery: Delivery) -> str:
    """The headers of the mail that was sent."""
    return (
        f"From: =?utf-8?b?{base64.b64encode('시험고용센터'.encode()).decode()}?= <centre@{HOST}>\n"
        f"To: {delivery.address}\nSubject: notice\nMessage-ID: {message_id(app, delivery)}\n"
        f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    )


def report(
    *, to: str = BOUNCE, recipients: str, returned: str = "", text: str = "Your message could not be delivered.",
    number: int = 1, returned_type: str = "text/rfc822-headers",
) -> bytes:
    """An RFC 3464 report; ``recipients``: the groups behind the report's own fields."""
    return (
        "Return-Path: <>\n"
        f"From: Mail Delivery System <MAILER-DAEMON@mx.company.example>\nTo: {to}\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0900\nMessage-ID: <report-{number}@mx.company.example>\n"
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\n\n'
        f"This is a MIME-encapsulated message.\n\n--b1\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        "--b1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.company.example\n\n"
        f"{recipients}\n--b1\nContent-Type: {returned_type}\n\n{returned}\n--b1--\n"
    ).encode()


def failed(address: str, status: str, diagnostic: str = "", action: str = "failed") -> str:
    said = f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n{said}"


def complaint(to: str, returned: str, kind: str = "abuse", number: int = 1) -> bytes:
    """An ARF report (RFC 5965)."""
    return (
        f"From: staff@provider.example\nTo: {to}\nDate: Mon, 23 Nov 2026 10:00:00 +0900\n"
        f"Message-ID: <arf-{number}@provider.example>\nSubject: FW: notice\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b2"\n\n'
        "--b2\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        f"--b2\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: Provider/1.0\n"
        "Version: 1\nOriginal-Mail-From: <someone@x.example>\n"
        f"--b2\nContent-Type: message/rfc822\n\n{returned}\nhello\n--b2--\n"
    ).encode()


def letter(
    text: str, *, sender: str, subject: str = "Re: notice", answers: str = "", number: int = 1, extra: str = "",
    charset: str = "utf-8", to: str = f"centre@{HOST}",
) -> bytes:
    """A mail somebody wrote. ``answers``: the Message-ID of the mail it answers."""
    refers = f"In-Reply-To: {answers}\nReferences: {answers}\n" if answers else ""
    head = (
        f"From: {sender}\nTo: {to}\nDate: Mon, 23 Nov 2026 10:00:00 +0900\nMessage-ID: <l{number}@client.example>\n"
        f"Subject: {subject}\n{refers}{extra}MIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\n"
        "Content-Transfer-Encoding: 8bit\n\n"
    )
    codec = {"ks_c_5601-1987": "cp949", "euc-kr": "cp949"}.get(charset, charset)
    return head.encode(codec) + text.encode(codec)


def setting(app, folder: Path | None = None) -> Setting:
    outreach = app.extensions["outreach"]
    return Setting(outreach.signer, "http://localhost", folder or outreach.settings.data_dir / "inbound")


def take(app, raw: bytes, now=NOW, **values) -> InboundMessage:
    """Take a mail in, and have it in the database."""
    row = service.take_in(db.session, raw, setting(app), way=Way.PIPE, now=now, **values)
    db.session.flush()
    return row
