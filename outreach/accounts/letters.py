"""Mails about accounts. They go through the transactional outbox: a mail is queued exactly if the unit
of work that causes it is committed, and a worker sends it afterwards."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import after_this_request, current_app, has_request_context, render_template
from flask_babel import force_locale
from flask_security.mail_util import MailUtil
from flask_security.recoverable import generate_reset_password_token
from flask_security.utils import url_for_security
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.accounts.rules import LOCK_FOR, PASSWORD_LINK_LIFE
from outreach.db import db
from outreach.mail import outbox


class OutboxMail(MailUtil):
    """Flask-Security's mails, queued instead of sent."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, sender: Any, body: str | None, html: str | None,
        **kwargs: Any,
    ) -> None:
        outbox.enqueue(
            db.session, key=f"account:{uuid.uuid4().hex}", to_address=str(recipient), subject=str(subject),
            text=body or "", html=html or "", now=current_app.extensions["outreach"].clock.now(),
        )
        if has_request_context():  # the view for forgotten passwords commits nothing of its own
            after_this_request(_commit)


def _commit(response: Any) -> Any:
    db.session.commit()
    return response


def site_url() -> str:
    """The site's own address from the settings; never the Host header, which a stranger can choose."""
    return current_app.extensions["outreach"].settings.base_url


def mail_values() -> dict[str, Any]:
    """What every mail about an account may say. (The library's own words for times have no Korean.)"""
    return {"site_url": site_url(), "days": PASSWORD_LINK_LIFE.days}


def password_link(user: User) -> str:
    """A link, good once and for PASSWORD_LINK_LIFE, with which ``user`` sets a password."""
    path = url_for_security("reset_password", token=generate_reset_password_token(user), _external=False)
    return site_url() + path


def send_password_link(session: Session, user: User, *, now: datetime) -> str:
    """Queue the mail that tells ``user`` of the account; returns the link in it."""
    link = password_link(user)
    _send(session, user, "[동행 아웃리치] 계정이 준비되었습니다", "invitation", now=now, link=link)
    return link


def send_locked(session: Session, user: User, *, now: datetime) -> None:
    """Queue the notice that too many wrong passwords closed the account for a while."""
    minutes = int(LOCK_FOR.total_seconds() // 60)
    _send(session, user, "[동행 아웃리치] 로그인이 잠시 제한되었습니다", "locked", now=now, minutes=minutes)


def _send(session: Session, user: User, subject: str, template: str, *, now: datetime, **values: Any) -> None:
    values |= {"user": user, "current_language": "ko", **mail_values()}
    with force_locale("ko"):  # what causes the mail is someone else's page, in the language of their choice
        outbox.enqueue(
            session, key=f"{template}:{uuid.uuid4().hex}", to_address=user.email, to_name=user.name, subject=subject,
            text=render_template(f"accounts/mail/{template}.txt", **values),
            html=render_template(f"accounts/mail/{template}.html", **values), now=now,
        )
