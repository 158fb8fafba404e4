"""When a step is due, and whom its condition takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.audience.rules import Exclusion
from campaigns.delivery.rules import SkipReason
from campaigns.sequences.rules import (
    CONDITION_HINTS,
    CONDITION_LABELS,
    ENDS_BY_EXCLUSION,
    ENDS_BY_SKIP,
    LATE_AFTER,
    MEMBER_LABELS,
    MOVES,
    REASON_LABELS,
    STATE_LABELS,
    EndReason,
    MemberState,
    SequenceState,
    Signals,
    StepCondition,
    WaitUnit,
    due_at,
    is_late,
    kst_day,
    meets,
)
from outreach.calendar.korea import Calendar
from outreach.clock import to_kst
from outreach.leads.workdays import after_workdays as after_workdays_of

after_workdays = partial(after_workdays_of, calendar=Calendar())
is_workday = Calendar().is_workday

instants = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 1), timezones=st.just(UTC))
waits = st.integers(1, 60)
signals = st.builds(Signals, st.booleans(), st.booleans())


@given(instants, waits, st.sampled_from(WaitUnit))
def test_due_is_later_at_the_same_time_of_day(accepted, wait, unit):
    due = due_at(accepted, wait, unit, after_workdays)
    assert to_kst(due).timetz() == to_kst(accepted).timetz()
    assert due >= accepted + timedelta(days=wait)
    if unit is WaitUnit.WORKDAYS:
        assert is_workday(kst_day(due))
        days = [kst_day(accepted) + timedelta(days=n) for n in range(1, (due - accepted).days + 1)]
        assert sum(map(is_workday, days)) == wait
    else:
        assert due == accepted + timedelta(days=wait)


@given(instants, st.timedeltas(timedelta(0), timedelta(days=20)), waits, st.sampled_from(WaitUnit))
def test_who_got_it_later_is_due_no_sooner(accepted, gap, wait, unit):
    """By the day; over a holiday two acceptances may fall due on the same one."""
    first, second = (kst_day(due_at(at, wait, unit, after_workdays)) for at in (accepted, accepted + gap))
    assert first <= second


@pytest.mark.parametrize("accepted, unit, due", [
    (datetime(2026, 11, 27, 16, tzinfo=UTC), WaitUnit.WORKDAYS, "2026-12-01 01:00"),  # Saturday 01:00 in Korea
    (datetime(2026, 11, 27, 14, 59, tzinfo=UTC), WaitUnit.WORKDAYS, "2026-12-01 23:59"),  # Friday 23:59
    (datetime(2026, 12, 23, 1, tzinfo=UTC), WaitUnit.WORKDAYS, "2026-12-28 10:00"),  # over Christmas
    (datetime(2026, 12, 23, 1, tzinfo=UTC), WaitUnit.DAYS, "2026-12-25 10:00"),
    (datetime(2027, 2, 4, 15, tzinfo=UTC), WaitUnit.WORKDAYS, "2027-02-11 00:00"),  # over the lunar new year
])
def test_edges_of_the_korean_calendar(accepted, unit, due):
    assert f"{to_kst(due_at(accepted, 2, unit, after_workdays)):%Y-%m-%d %H:%M}" == due


def test_late_only_past_the_limit():
    due = datetime(2026, 11, 23, tzinfo=UTC)
    assert not is_late(due, due + LATE_AFTER)
    assert is_late(due, due + LATE_AFTER + timedelta(seconds=1))


@given(signals)
def test_everyone_means_everyone(known):
    assert meets(StepCondition.EVERYONE, known)


@given(signals)
def test_conditions_part_people_as_their_words_say(known):
    assert meets(StepCondition.CLICKED, known) == known.clicked
    assert meets(StepCondition.FORM_NOT_OPENED, known) != known.form_opened
    no_response = meets(StepCondition.NO_RESPONSE, known)
    assert not (no_response and meets(StepCondition.CLICKED, known))
    assert not no_response or meets(StepCondition.FORM_NOT_OPENED, known)


def test_every_word_has_its_wording_and_every_outcome_its_end():
    assert set(STATE_LABELS) == set(MOVES) == set(SequenceState)
    assert set(CONDITION_LABELS) == set(CONDITION_HINTS) == set(StepCondition)
    assert set(MEMBER_LABELS) == set(MemberState) and set(REASON_LABELS) == set(EndReason)
    assert set(ENDS_BY_SKIP) <= {reason.value for reason in SkipReason}
    assert set(ENDS_BY_EXCLUSION) <= {exclusion.value for exclusion in Exclusion}
