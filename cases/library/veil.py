"""How much an anonymous case tells of its company: place, trade and size, each as coarse as it must be.

In a small cell (one province, one trade, one band of size) a description is a name. How many companies share what is
shown is counted by cases.library.cells; here is what each step shows.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from cases.library.rules import ConsentScope
from outreach.companies.ksic import SECTIONS
from outreach.wording import Text


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class Veil(str, enum.Enum):
    """The steps, from what tells most to what tells least."""

    TRADE = "trade"
    SECTION = "section"
    WIDE = "wide"
    NO_SIZE = "no_size"
    NO_PLACE = "no_place"


VEIL_LABELS = {
    Veil.TRADE: _("시·도, 업종, 규모"),
    Veil.SECTION: _("시·도, 업종 대분류, 규모"),
    Veil.WIDE: _("시·도, 업종 대분류, 넓은 규모"),
    Veil.NO_SIZE: _("시·도, 업종 대분류"),
    Veil.NO_PLACE: _("업종 대분류, 넓은 규모(지역 없이)"),
}

#: The upper end of each band and its name; beyond the last one there is no end.
SIZE_BANDS = ((4, "5인 미만"), (9, "5~9인"), (29, "10~29인"), (49, "30~49인"), (99, "50~99인"), (299, "100~299인"))
LARGEST = "300인 이상"
WIDE_BANDS = ((49, "50인 미만"), (299, "50~299인"))


class Band(NamedTuple):
    """Workers from ``low`` to ``high``, both included; None is open."""

    label: str
    low: int
    high: int | None


def band(headcount: int | None, *, wide: bool = False) -> Band | None:
    """The band a number of workers lies in."""
    if headcount is None:
        return None
    low = 0
    for high, label in WIDE_BANDS if wide else SIZE_BANDS:
        if headcount <= high:
            return Band(label, low, high)
        low = high + 1
    return Band(LARGEST, low, None)


def size_band(headcount: int | None) -> str:
    """`10~29인`: how an anonymous case speaks of size; '' if it is not known."""
    found = band(headcount)
    return found.label if found else ""


class Described(Protocol):
    """A case, as far as it describes a company."""

    consent_scope: Any
    veil: Any
    province: Any
    complex: Any
    section: Any
    industry: Any
    headcount: Any
    display_name: Any
    headline: Any
    summary: Any


class Shown(NamedTuple):
    """What is told in public; '' for what is not."""

    place: str
    trade: str
    size: str

    def __str__(self) -> str:
        return " · ".join(filter(None, self))

    @property
    def words(self) -> Text:
        """The same, to be said in the reader's language."""
        return Text.joined(filter(None, self), " · ")


def shown(case: Described) -> Shown:
    """A named company as it is, an anonymous one behind its veil."""
    if case.consent_scope is ConsentScope.NAMED:
        place = " ".join(part.name_ko if part is case.province else part.name
                         for part in (case.province, case.complex) if part)
        size = Text("%(count)s명", count=f"{case.headcount:,}") if case.headcount is not None else ""
        return Shown(place, case.industry or SECTIONS.get(case.section, ""), size)
    return behind(case, case.veil)


def behind(case: Described, veil: Veil) -> Shown:
    """What an anonymous case tells at one step."""
    place = case.province.name_ko if case.province and veil is not Veil.NO_PLACE else ""
    trade = case.industry if veil is Veil.TRADE else ""
    found = None if veil is Veil.NO_SIZE else band(case.headcount, wide=veil in (Veil.WIDE, Veil.NO_PLACE))
    return Shown(place, trade or SECTIONS.get(case.section, ""), found.label if found else "")


def short_place(name: str) -> str:
    """`인천광역시` -> 인천, `경상남도` -> 경남: how people write a province."""
    if len(name) == 4 and name[1] in "상라청" and name[2] in "남북":
        return name[0] + name[2]
    return name[:2]


def veil_problems(case: Described) -> list[str]:
    """Where an anonymous case's own words tell what its veil hides, or exactly how many people work there."""
    if case.consent_scope is not ConsentScope.ANONYMOUS:
        return []
    return [
        Text("익명 공개인데 ‘%(field)s’에 ‘%(words)s’이(가) 적혀 있습니다.", field=Text(label), words=found)
        for label, text in (("표시 이름", case.display_name), ("제목", case.headline), ("요약", case.summary))
        for found in dict.fromkeys(_told(case, text or ""))
    ]


def _told(case: Described, text: str) -> Iterator[str]:
    if case.headcount is not None and re.search(rf"(?<![\d,]){case.headcount}\s*(?:명|인(?!\s*(?:미만|이상)))", text):
        yield f"{case.headcount}명"
    if case.veil is Veil.NO_PLACE and case.province and short_place(case.province.name_ko) in text:
        yield short_place(case.province.name_ko)
    if case.veil is not Veil.TRADE and case.industry and case.industry in text:
        yield case.industry
