"""Working days, wishes and moves."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.calendar.korea import Calendar, Change
from outreach.leads.rules import BOARD, CLOSED, MOVES, OPEN, LeadState, merge_wants
from outreach.leads.workdays import after_workdays


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        (date(2026, 11, 23), 3, date(2026, 11, 26)),
        (date(2026, 11, 26), 3, date(2026, 12, 1)),  # over a weekend
        (date(2026, 12, 23), 3, date(2026, 12, 29)),  # over Christmas and a weekend
        (date(2025, 1, 24), 1, date(2025, 1, 31)),  # temporary holiday 1. 27. and 설날
    ],
)
def test_due_days_skip_weekends_and_korean_holidays(day, count, due):
    assert after_workdays(day, count, Calendar()) == due
    assert Calendar().is_workday(due)


def test_a_holiday_that_was_entered_by_hand_counts_too():
    entered = Calendar({date(2026, 11, 27): Change(False, "임시공휴일"), date(2026, 12, 25): Change(True, "성탄절")})
    assert after_workdays(date(2026, 11, 26), 1, entered) == date(2026, 11, 30)
    assert after_workdays(date(2026, 12, 24), 1, entered) == date(2026, 12, 25)


def test_wishes_are_merged_once_in_the_order_of_the_form():
    assert merge_wants(["materials", "substitute"], ["substitute", "nonsense"]) == ["substitute", "materials"]


def test_every_open_state_has_a_column_and_can_close():
    assert set(BOARD) == OPEN
    for state in OPEN:
        assert MOVES[state] >= CLOSED and LeadState.NEW not in MOVES[state]
