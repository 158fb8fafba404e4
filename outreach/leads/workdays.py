"""Working days in Korea: Monday to Friday without public, substitute and temporary holidays
(관공서의 공휴일에 관한 규정), as the `holidays` library lists them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from outreach.lazy import lazy

if TYPE_CHECKING:
    import holidays
else:
    holidays = lazy("holidays")


@cache
def _korea() -> holidays.HolidayBase:
    """Fills in a year when first asked about it."""
    return holidays.KR()


def is_workday(day: date) -> bool:
    return day.weekday() < 5 and day not in _korea()


def after_workdays(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``; ``day`` itself does not count (민법 제157조)."""
    while count:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day
