"""How values are written on pages: Korean time, grouped numbers, masked names."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from flask import Flask
from markupsafe import Markup

from outreach.clock import to_kst
from outreach.web.language import in_english, translated
from outreach.wording import with_particles

WEEKDAYS = "월화수목금토일"


def kst_date(value: date | datetime | None) -> str:
    """`2026. 11. 23.(월)`, in English `Mon 23 Nov 2026`; an instant is first taken to Korean time."""
    if value is None:
        return "–"
    day = to_kst(value).date() if isinstance(value, datetime) else value
    if in_english():
        return format_date(day, "EEE d MMM y", locale="en_GB")
    return f"{day.year}. {day.month}. {day.day}.({WEEKDAYS[day.weekday()]})"


def kst_datetime(value: datetime | None) -> str:
    """`2026. 11. 23.(월) 14:05`, in English `Mon 23 Nov 2026 14:05`."""
    return "–" if value is None else f"{kst_date(value)} {to_kst(value):%H:%M}"


def num(value: float | int | None) -> str:
    """Thousands separated; a missing number is a dash."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def percent(part: int, whole: int) -> str:
    """`12.3%` of `whole`; a dash if there is nothing to divide by."""
    return f"{100 * part / whole:.1f}%" if whole else "–"


def business_number(value: str | None) -> str:
    """`123-45-67890` from ten digits."""
    return f"{value[:3]}-{value[3:5]}-{value[5:]}" if value and len(value) == 10 else value or "–"


def mask_name(value: str | None) -> str:
    """`김*수`, `김*`: enough to recognise oneself, not to learn who it is."""
    if not value:
        return ""
    return value[0] + "*" * max(len(value) - 2, 1) + (value[-1] if len(value) > 2 else "")


def mask_email(value: str | None) -> str:
    """`ab***@naver.com`."""
    if not value or "@" not in value:
        return ""
    local, _, domain = value.rpartition("@")
    return f"{local[:2]}***@{domain}"


def particles(words: str) -> str:
    """A page's own message with "을(를)" and the like settled."""
    settled = with_particles(words)
    return Markup(settled) if isinstance(words, Markup) else settled  # noqa: S704 (escaped before, too)


FILTERS: dict[str, Any] = {
    "kst_date": kst_date, "kst_datetime": kst_datetime, "num": num, "business_number": business_number,
    "mask_name": mask_name, "mask_email": mask_email, "translated": translated,
    "particles": particles,
}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["percent"] = percent
