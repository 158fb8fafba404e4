"""Conditions that choose contacts, and the reasons for which one of them gets no message."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from outreach.wording import Text

RECENT_DAYS = 30


class Exclusion(str, enum.Enum):
    """Why a contact that meets the conditions is not mailed; the first that applies counts."""

    OUTSIDE_CENTRE = "outside_centre"
    NO_ADDRESS = "no_address"
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no_consent"
    MAILED_RECENTLY = "mailed_recently"
    TOO_OFTEN = "too_often"
    SAME_ADDRESS = "same_address"


EXCLUSION_LABELS = {
    Exclusion.OUTSIDE_CENTRE: "관할 센터 밖",
    Exclusion.NO_ADDRESS: "메일 주소 없음",
    Exclusion.SUPPRESSED: "수신거부",
    Exclusion.NO_CONSENT: "광고 수신 동의 없음",
    Exclusion.MAILED_RECENTLY: "최근 발송",
    Exclusion.TOO_OFTEN: "발송 횟수 한도",
    Exclusion.SAME_ADDRESS: "같은 주소에 이미 포함",
}

#: What the person at the screen may do about it, or why it is so.
EXCLUSION_HINTS = {
    Exclusion.OUTSIDE_CENTRE: "사업장이 다른 센터의 관할이거나 아직 관할이 없습니다.",
    Exclusion.NO_ADDRESS: "담당자가 없거나 메일 주소가 없습니다.",
    Exclusion.SUPPRESSED: "받는 사람이 거부했거나 없는 주소로 돌아왔습니다.",
    Exclusion.NO_CONSENT: "광고 수신에 동의한 기록이 없습니다(정보통신망법 제50조).",
    Exclusion.MAILED_RECENTLY: "정한 기간 안에 이미 메일을 받았습니다.",
    Exclusion.TOO_OFTEN: "모든 캠페인을 합해 한 사람이나 한 기업에 보낼 수 있는 횟수를 며칠 안에 이미 채웠습니다.",
    Exclusion.SAME_ADDRESS: "여러 담당자가 쓰는 주소에는 한 번만 보냅니다.",
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """All given conditions must hold; an empty tuple or None asks nothing. Provinces and districts together
    name the place, sections and divisions together the industry: there either suffices.

    ``divisions`` are two-digit KSIC codes, ``sections`` letters; headcounts are inclusive.
    ``mailed``/``not_mailed``: mailing ids the contact's address got or did not get.
    ``responded``/``not_responded``: campaign ids the company answered or did not answer.
    ``recent_days``: leave out addresses mailed within so many days (0: ask nothing).
    """

    centre_ids: tuple[int, ...] = ()
    province_ids: tuple[int, ...] = ()
    district_ids: tuple[int, ...] = ()
    complex_ids: tuple[int, ...] = ()
    sections: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()
    min_headcount: int | None = None
    max_headcount: int | None = None
    mailed: tuple[int, ...] = ()
    not_mailed: tuple[int, ...] = ()
    responded: tuple[int, ...] = ()
    not_responded: tuple[int, ...] = ()
    recent_days: int = RECENT_DAYS

    def __post_init__(self) -> None:
        low, high = self.min_headcount, self.max_headcount
        if low is not None and high is not None and low > high:
            raise ValueError("최소 인원이 최대 인원보다 큽니다.")
        if not 0 <= self.recent_days <= 3650:
            raise ValueError("최근 발송 제외 기간은 0~3650일입니다.")

    def to_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Conditions:
        """From stored or posted JSON. Raises ValueError naming what is wrong; unknown names are refused, so
        that a misspelt condition never widens an audience."""
        known = {field.name: field for field in fields(cls)}
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise ValueError(Text("알 수 없는 조건: %(names)s", names=', '.join(unknown)))
        return cls(**{name: _typed(name, known[name].default, value) for name, value in data.items()})


_WORDS = frozenset({"sections", "divisions"})


def _typed(name: str, default: Any, value: Any) -> Any:
    if isinstance(default, tuple):
        kind = str if name in _WORDS else int
        if not isinstance(value, (list, tuple)) or any(type(item) is not kind for item in value):
            raise ValueError(Text("%(name)s: 목록이어야 합니다.", name=name))
        return tuple(value)
    if value is None and default is None:
        return None
    if type(value) is not int or value < 0:
        raise ValueError(Text("%(name)s: 0 이상의 정수여야 합니다.", name=name))
    return value


@dataclass(frozen=True, slots=True)
class Count:
    """``matched`` contacts meet the conditions; ``included`` get a message; ``excluded`` says why the
    others do not. matched == included + sum(excluded.values()). ``companies`` have an included contact, some
    perhaps through an address they share with another company."""

    matched: int
    included: int
    companies: int
    excluded: dict[Exclusion, int]

    @property
    def shares(self) -> bool:
        """Whether some companies are reached through a shared address."""
        return self.excluded.get(Exclusion.SAME_ADDRESS, 0) > 0
