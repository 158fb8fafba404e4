"""Asking every two years whether a consent to advertising still stands (정보통신망법 제50조제8항, 시행령 제62조의3).

The confirmation is due before the day of the consent comes round the second, fourth, … year. Silence keeps the
consent [S: 제도 안내에 따름, 법령 원문 확인 필요].
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from outreach.clock import kst_midnight, kst_today
from outreach.companies.models import Consent, ConsentPurpose

YEARS = 2
#: The notice goes out so long before the day, so that a failure can be mended in time.
LEAD = timedelta(days=30)
#: A confirmation so long before a day counts for it: the notice's lead, and a day for the midnight between.
_COUNTS = LEAD + timedelta(days=1)


def anniversary(day: date, years: int) -> date:
    """The same day ``years`` later; of 29 February the 28th where there is none, since it is to be before."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def due(given_at: datetime, confirmed_at: datetime | None) -> date:
    """The Korean day before which the consent must be confirmed next. One that was never confirmed stays due on its
    first day, however long ago that was; a late confirmation does not put off the next."""
    first = kst_today(given_at)
    if confirmed_at is None:
        return anniversary(first, YEARS)
    until = anniversary(kst_today(confirmed_at), YEARS) + _COUNTS
    years = YEARS
    while anniversary(first, years + YEARS) <= until:
        years += YEARS
    return anniversary(first, years)


def candidates(before: date) -> sa.ColumnElement[bool]:
    """Standing consents to advertising that may be due before ``before``; :func:`due` says it exactly."""
    latest = kst_midnight(anniversary(before, -YEARS) + timedelta(days=1))
    return sa.and_(
        Consent.purpose == ConsentPurpose.ADVERTISING, Consent.withdrawn_at.is_(None), Consent.given_at < latest,
        sa.or_(Consent.confirmed_at.is_(None), Consent.confirmed_at < latest),
    )


def overdue(now: datetime) -> sa.ColumnElement[bool]:
    """Standing consents to advertising whose day has passed without a confirmation."""
    latest = kst_midnight(anniversary(kst_today(now), -YEARS))
    return sa.and_(
        Consent.purpose == ConsentPurpose.ADVERTISING, Consent.withdrawn_at.is_(None), Consent.given_at < latest,
        sa.or_(Consent.confirmed_at.is_(None), Consent.confirmed_at < latest - _COUNTS),
    )
