"""What may be said of a programme, and how its sums are written. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Protocol, TypeVar


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class Version(Protocol):
    """As far as these rules look: a dated row with its certainty ('V', 'S' or 'M') and check date."""

    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def certainty(self) -> Any: ...
    @property
    def checked_on(self) -> date | None: ...


V = TypeVar("V", bound=Version)

#: A check is good for so long; rules and sums change with the year.
CHECK_LIFE = timedelta(days=365)

NOT_YET = _("아직 시행되지 않은 내용입니다.")
ENDED = _("시행 기간이 끝난 내용입니다.")
SECONDARY = _("2차 자료로만 확인한 내용입니다. 원문을 확인해 주세요.")
RECALLED = _("확인되지 않은 내용입니다. 원문을 확인해 주세요.")
OLD_CHECK = _("확인한 지 1년이 넘었습니다. 다시 확인해 주세요.")

#: The same in a word, for lists to choose from.
MARKS = {NOT_YET: _("시행 전"), ENDED: _("종료"), SECONDARY: _("2차"), RECALLED: _("미확인"), OLD_CHECK: _("오래됨")}

CERTAINTY_LABELS = {"V": _("원문 확인"), "S": _("2차 자료"), "M": _("확인 필요")}


def usable(version: Version, day: date) -> list[str]:
    """Why this version can't go into a text of ``day`` without saying so; empty if it can. The sentences are
    Korean and marked for translation."""
    warnings = []
    if version.valid_from and day < version.valid_from:
        warnings.append(NOT_YET)
    if version.valid_to and version.valid_to < day:
        warnings.append(ENDED)
    certainty = getattr(version.certainty, "value", version.certainty)
    if certainty != "V":
        warnings.append(SECONDARY if certainty == "S" else RECALLED)
    if certainty != "M" and version.checked_on and day - version.checked_on > CHECK_LIFE:
        warnings.append(OLD_CHECK)
    return warnings


def holds_on(version: Version, day: date) -> bool:
    """Whether the version is in force on ``day``; its first and last day count."""
    return (version.valid_from is None or version.valid_from <= day) and (
        version.valid_to is None or day <= version.valid_to
    )


def current(versions: Iterable[V], day: date) -> V | None:
    """The version in force on ``day``; None before it began, after it ended, or if not known."""
    return next((version for version in versions if holds_on(version, day)), None)


def overlap(one: Version, first: date | None, last: date | None) -> bool:
    """Whether ``one`` holds on any day from ``first`` to ``last`` (None: open)."""
    return (one.valid_from or date.min) <= (last or date.max) and (first or date.min) <= (one.valid_to or date.max)


def amount_text(amount: Mapping[str, Any]) -> str:
    """A sum as offices write it: '월 30만 원(첫 3개월)', '750만 원(한도)', '무료', or what is known instead."""
    won, note = amount.get("amount_won"), amount.get("note") or ""
    if not won:
        return note or ("0원" if won == 0 else "-")
    figure = f"{won // 10_000:,}만 원" if won % 10_000 == 0 else f"{won:,}원"
    unit = amount.get("unit") or ""
    text = f"월 {figure}" if unit == "원/월" else figure
    return f"{text}({note})" if note else text


def amount_in_english(amount: Mapping[str, Any]) -> str:
    """The same for readers of English: 'KRW 300,000 a month (첫 3개월)'. The note is data, in Korean."""
    won, note, unit = amount.get("amount_won"), amount.get("note") or "", amount.get("unit") or ""
    if not won:
        return note or ("KRW 0" if won == 0 else "-")
    text = f"KRW {won:,} a month" if unit == "원/월" else f"KRW {won:,}"
    return f"{text} ({note})" if note else text
