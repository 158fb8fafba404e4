"""Working days in Korea: Monday to Friday without public, substitute and temporary holidays
(관공서의 공휴일에 관한 규정), as the working calendar knows them (outreach.calendar)."""

from __future__ import annotations

from datetime import date, timedelta

from outreach.calendar.korea import Calendar


def after_workdays(day: date, count: int, calendar: Calendar) -> date:
    """The ``count``-th working day after ``day``; ``day`` itself does not count (민법 제157조)."""
    while count:
        day += timedelta(days=1)
        count -= calendar.is_workday(day)
    return day
