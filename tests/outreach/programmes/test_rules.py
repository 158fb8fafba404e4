"""What may go into a new text without a word, and how sums are written."""

from dataclasses import dataclass
from datetime import date

import pytest

from outreach.programmes.rules import (
    ENDED,
    NOT_YET,
    OLD_CHECK,
    RECALLED,
    SECONDARY,
    amount_text,
    current,
    overlap,
    usable,
)
from outreach.regions.models import Certainty

DAY = date(2026, 11, 23)


@dataclass
class Version:
    valid_from: date | None = date(2026, 1, 1)
    valid_to: date | None = None
    certainty: object = Certainty.VERIFIED
    checked_on: date | None = DAY


@pytest.mark.parametrize(
    ("version", "warnings"),
    [
        (Version(), []),
        (Version(valid_from=None), []),
        (Version(valid_to=DAY), []),
        (Version(valid_from=DAY), []),
        (Version(valid_to=date(2026, 11, 22)), [ENDED]),
        (Version(valid_from=date(2026, 11, 24)), [NOT_YET]),
        (Version(certainty=Certainty.SECONDARY), [SECONDARY]),
        (Version(certainty="M", checked_on=None), [RECALLED]),
        (Version(checked_on=date(2025, 11, 23)), []),
        (Version(checked_on=date(2025, 11, 22)), [OLD_CHECK]),
        (Version(valid_to=date(2026, 1, 2), certainty=Certainty.RECALLED, checked_on=None), [ENDED, RECALLED]),
    ],
)
def test_usable(version, warnings):
    assert usable(version, DAY) == warnings


def test_current_is_the_one_in_force():
    old, new = Version(None, date(2026, 11, 23)), Version(date(2026, 11, 24))
    assert current([old, new], DAY) is old
    assert current([old, new], date(2026, 11, 24)) is new
    assert current([new], DAY) is None


def test_overlap_counts_first_and_last_day():
    version = Version(date(2026, 1, 1), date(2026, 6, 30))
    assert overlap(version, date(2026, 6, 30), None)
    assert not overlap(version, date(2026, 7, 1), None)
    assert overlap(version, None, date(2026, 1, 1))
    assert not overlap(version, None, date(2025, 12, 31))
    assert overlap(Version(None, None), None, None)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ({"amount_won": 300_000, "unit": "원/월", "note": ""}, "월 30만 원"),
        ({"amount_won": 2_000_000, "unit": "원/월", "note": "첫 3개월"}, "월 200만 원(첫 3개월)"),
        ({"amount_won": 20_000_000, "unit": "원", "note": "한도"}, "2,000만 원(한도)"),
        ({"amount_won": 12_345, "unit": "원", "note": ""}, "12,345원"),
        ({"amount_won": 0, "unit": "원", "note": "무료"}, "무료"),
        ({"amount_won": 0, "unit": "원", "note": ""}, "0원"),
        ({"amount_won": None, "unit": "일", "note": "20일, 유급"}, "20일, 유급"),
        ({}, "-"),
    ],
)
def test_amounts_as_offices_write_them(amount, text):
    assert amount_text(amount) == text
