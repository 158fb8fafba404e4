"""The mail that tells a respondent we have their answer. It repeats nothing they typed: on a public form
anyone could write anyone's address."""

from __future__ import annotations

from datetime import datetime

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from campaigns.responses.models import Response
from campaigns.responses.rules import ResponseState
from campaigns.responses.sender import Sender
from outreach.clock import kst_today
from outreach.companies.consent import is_suppressed
from outreach.companies.emails import address_key
from outreach.mail import outbox


def acknowledge(session: Session, response: Response, sender: Sender, *, now: datetime) -> bool:
    """Thank for ``response`` at the address it gave, or else at the one whose mail it answers, if that takes mail from
    us; once a day for one address. Returns whether a mail was added to the outbox."""
    address = response.email or (response.delivery.address if response.delivery else "")
    if not address or response.state is ResponseState.DISMISSED:
        return False
    key = address_key(address)
    if is_suppressed(session, key):
        return False
    values = {"sender": sender, "wants": response.wants, "at": response.at, "current_language": "ko"}
    with force_locale("ko"):  # whatever language the person reads who types the answer in
        return outbox.enqueue(
            session, key=f"response-received:{kst_today(now)}:{key}"[:128], to_address=address, now=now,
            subject=_("[%(sender)s] 상담 신청을 받았습니다", sender=sender.name),
            text=render_template("responses/mail/received.txt", **values),
            html=render_template("responses/mail/received.html", **values),
        )
