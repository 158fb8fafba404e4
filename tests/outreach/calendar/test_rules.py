"""The rules of hours, by their properties, in zones with and without a change of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from outreach.calendar.rules import (
    ALWAYS,
    DAY,
    DEFAULT,
    OFFICE,
    Channel,
    Hours,
    MessageClass,
    after_open_time,
    allows,
    closes_at,
    lawful,
    next_allowed,
    open_time,
)

SEOUL, NEW_YORK, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
#: Clocks change at midnight here: on one day a year 00:00 does not exist.
BEIRUT = ZoneInfo("Asia/Beirut")
MINUTE = timedelta(minutes=1)

zones = st.sampled_from([SEOUL, NEW_YORK, BERLIN, BEIRUT])
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
#: Around the nights when clocks change, where mistakes live.
changes = st.sampled_from([
    datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC),
])
near_changes = st.builds(
    lambda at, seconds: at + timedelta(seconds=seconds), changes, st.integers(-100_000, 100_000)
)
hours_of_a_day = st.builds(
    lambda ends, workdays: Hours(min(ends), max(ends), workdays),
    st.tuples(st.integers(0, DAY), st.integers(0, DAY)).filter(lambda ends: ends[0] != ends[1]), st.booleans(),
)
off_days = st.frozensets(st.integers(0, 40), max_size=20)


def workdays(off: frozenset[int]):
    """Weekdays, but for some days of each 41."""
    return lambda day: day.weekday() < 5 and day.toordinal() % 41 not in off


def weekday(day: date) -> bool:
    return day.weekday() < 5


@settings(max_examples=200, deadline=None)
@given(hours_of_a_day, st.one_of(moments, near_changes), off_days, zones)
def test_the_next_allowed_instant_is_allowed_and_the_first(hours, at, off, zone) -> None:
    is_workday = workdays(off)
    found = next_allowed(hours, at, is_workday, zone)
    assert found >= at and allows(hours, found, is_workday, zone)
    if allows(hours, at, is_workday, zone):
        assert found == at
    else:
        assert not allows(hours, found - timedelta(microseconds=1), is_workday, zone)
        step = max((found - at) / 97, timedelta(seconds=1))
        between = at
        while between < found:  # nothing allowed lies between
            assert not allows(hours, between, is_workday, zone)
            between += step


@settings(max_examples=100, deadline=None)
@given(hours_of_a_day, st.one_of(moments, near_changes), st.integers(0, 200_000), off_days, zones)
def test_later_is_never_allowed_sooner(hours, at, seconds, off, zone) -> None:
    is_workday = workdays(off)
    later = at + timedelta(seconds=seconds)
    assert next_allowed(hours, at, is_workday, zone) <= next_allowed(hours, later, is_workday, zone)


@settings(max_examples=100, deadline=None)
@given(hours_of_a_day, st.one_of(moments, near_changes), off_days, zones)
def test_the_closing_is_the_first_instant_that_is_not_allowed(hours, at, off, zone) -> None:
    is_workday = workdays(off)
    closing = closes_at(hours, at, is_workday, zone)
    assert (closing is None) == hours.always
    if closing is None:
        return
    assert closing >= at
    assume(closing - at < timedelta(days=399))  # open as good as always
    assert not allows(hours, closing, is_workday, zone)
    if closing > at:
        assert allows(hours, at, is_workday, zone)
        assert allows(hours, closing - timedelta(microseconds=1), is_workday, zone)


@settings(max_examples=60, deadline=None)
@given(hours_of_a_day, st.one_of(moments, near_changes), st.integers(0, 3 * DAY), off_days, zones)
def test_open_time_counts_the_allowed_minutes(hours, at, minutes, off, zone) -> None:
    is_workday = workdays(off)
    at = at.replace(second=0, microsecond=0)  # changes and hours lie on whole minutes
    open_minutes = sum(allows(hours, at + n * MINUTE, is_workday, zone) for n in range(minutes))
    assert open_time(hours, at, at + minutes * MINUTE, is_workday, zone) == open_minutes * MINUTE


@settings(max_examples=60, deadline=None)
@given(hours_of_a_day, st.one_of(moments, near_changes), st.integers(1, 2 * DAY), off_days, zones)
@example(OFFICE, datetime(2026, 11, 27, 10, 59, tzinfo=UTC), 2, frozenset(), SEOUL)
def test_after_so_much_open_time_that_much_has_passed(hours, at, minutes, off, zone) -> None:
    is_workday = workdays(off)
    assume(hours.closes - hours.opens > 30)
    end = after_open_time(hours, at, minutes * MINUTE, is_workday, zone)
    assert end is not None and open_time(hours, at, end, is_workday, zone) == minutes * MINUTE


def test_where_the_opening_hour_does_not_exist_the_first_existing_minute_opens() -> None:
    """New York, 8 March 2026: 01:59 EST is followed by 03:00 EDT."""
    at = datetime(2026, 3, 8, 1, 0, tzinfo=NEW_YORK)
    found = next_allowed(Hours(150, 600, False), at, weekday, NEW_YORK)
    assert found.astimezone(NEW_YORK).strftime("%H:%M %Z") == "03:00 EDT"
    assert found == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_judged_by_the_wall_clock_both_times() -> None:
    """New York, 1 November 2026: 01:59 EDT is followed by 01:00 EST."""
    hours = Hours(90, 150, False)  # 01:30 to 02:30
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 EDT
    again = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)  # 01:00 EST
    assert next_allowed(hours, first, weekday, NEW_YORK) == first
    assert closes_at(hours, first, weekday, NEW_YORK) == again
    assert next_allowed(hours, again, weekday, NEW_YORK) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_day_whose_midnight_does_not_exist_begins_when_it_begins() -> None:
    """Beirut, 29 March 2026: 23:59 is followed by 01:00."""
    at = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
    assert next_allowed(Hours(0, 60, False), at, weekday, BEIRUT).astimezone(BEIRUT).date() == date(2026, 3, 30)
    assert next_allowed(Hours(0, 120, False), at, weekday, BEIRUT) == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


def test_the_last_minute_of_the_day_and_the_first_of_the_next_are_one_opening() -> None:
    all_day = Hours(0, DAY, True)
    friday = datetime(2026, 11, 27, 14, 59, tzinfo=UTC)  # 23:59 in Korea
    assert closes_at(all_day, friday, weekday) == friday + MINUTE  # Saturday
    thursday = friday - timedelta(days=1)
    assert closes_at(all_day, thursday, weekday) == friday + MINUTE
    assert closes_at(ALWAYS, friday, weekday) is None


def test_a_calendar_without_any_open_day_says_so() -> None:
    with pytest.raises(LookupError):
        next_allowed(OFFICE, datetime(2026, 11, 27, tzinfo=UTC), lambda day: False)


def test_the_law_closes_the_night_to_advertising_but_by_mail() -> None:
    night = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 21:00 in Korea
    for channel in Channel:
        open_at_night = allows(lawful(channel, MessageClass.ADVERTISING), night, weekday)
        assert open_at_night == (channel is Channel.EMAIL)
        assert allows(lawful(channel, MessageClass.PUBLIC_NOTICE), night, weekday)


def test_our_own_hours_are_lawful() -> None:
    assert set(DEFAULT) == {(channel, kind) for channel in Channel for kind in MessageClass}
    assert all(hours.within(lawful(*key)) for key, hours in DEFAULT.items())


@pytest.mark.parametrize(("opens", "closes"), [(600, 600), (600, 500), (-1, 10), (0, DAY + 1)])
def test_hours_lie_in_one_day(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="no hours of a day"):
        Hours(opens, closes, False)
