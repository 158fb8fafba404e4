"""Where an agreement stands on a day, as a rule and as the same condition in SQL."""

from datetime import date, timedelta

import pytest

from outreach.organisations import service
from outreach.organisations.rules import AgreementState, agreement_state
from outreach.scope import SYSTEM
from tests.people import make_organisation

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
CASES = [
    (None, None, AgreementState.NONE),
    (TODAY, None, AgreementState.RUNNING),
    (None, TODAY + 61 * DAY, AgreementState.RUNNING),
    (None, TODAY + 60 * DAY, AgreementState.ENDING),
    (TODAY - 365 * DAY, TODAY, AgreementState.ENDING),
    (TODAY - 365 * DAY, TODAY - DAY, AgreementState.ENDED),
    (TODAY + DAY, None, AgreementState.COMING),
    (TODAY + DAY, TODAY + 30 * DAY, AgreementState.COMING),
]


@pytest.mark.parametrize(("first", "last", "state"), CASES)
def test_state(first, last, state):
    assert agreement_state(first, last, TODAY) is state


def test_the_list_filters_by_the_same_rule(session):
    made = {make_organisation(mou_from=first, mou_to=last).id: state for first, last, state in CASES}
    for state in AgreementState:
        query = service.organisations_query(SYSTEM, agreement=state, today=TODAY)
        assert {row.id for row in session.scalars(query)} == {key for key, value in made.items() if value is state}
