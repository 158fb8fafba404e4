"""When a recipient is tried again, in words."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from flask_babel import gettext as _

from campaigns.delivery.models import Delivery
from campaigns.delivery.retry import TROUBLE_LABELS, Trouble, last_try
from outreach.web.filters import kst_datetime


def span(length: timedelta) -> str:
    """A wait as a person says it: minutes up to an hour, hours from there."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes < 60:
        return _("%(n)s분", n=minutes)
    hours, rest = divmod(minutes, 60)
    return _("%(hours)s시간 %(minutes)s분", hours=hours, minutes=rest) if rest else _("%(n)s시간", n=hours)


def retry_words(row: Delivery) -> str:
    """Why a recipient was put off, when it is tried next, and when for the last time."""
    trouble, at = row.trouble or Trouble.OTHER, row.next_try_at
    if at is None:
        return _(TROUBLE_LABELS[trouble])
    ahead = at - current_app.extensions["outreach"].clock.now()
    when = _("%(span)s 뒤", span=span(ahead)) if ahead > timedelta(0) else _("곧")
    last = last_try(trouble, row.attempts, at)
    if last <= at:
        return _(
            "%(reason)s. %(when)s 마지막으로 다시 시도합니다(%(at)s).", reason=_(TROUBLE_LABELS[trouble]), when=when,
            at=kst_datetime(at),
        )
    return _(
        "%(reason)s. %(when)s 다시 시도합니다(%(at)s). 마지막 시도 %(last)s.", reason=_(TROUBLE_LABELS[trouble]),
        when=when, at=kst_datetime(at), last=kst_datetime(last),
    )
