"""What a case sheet says, as plain data; no database, no request.

The parts a brochure shares (pictures, marks, programmes, contact) live here too: brochures come after sheets.
Amounts, limits and dates are data with source and check date, never text of a template.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from cases.library.scenes import TOWN
from outreach.errors import Invalid
from outreach.wording import Text

if TYPE_CHECKING:
    from jinja2 import Environment

SHEET_PAGES = 2
_SHEET_TEMPLATE = "pdf/case_sheet/sheet.html"


class Style(str, Enum):
    """How a paper looks; the words are the same."""

    CALM = "calm"
    WARM = "warm"
    GLANCE = "glance"


@dataclass(frozen=True)
class Picture:
    """A stored picture: ``asset`` is its name among the render assets, size in pixels, ``credit`` as printed."""

    asset: str
    alt: str
    width: int
    height: int
    credit: str = ""


@dataclass(frozen=True)
class Mark:
    """A partner organisation as it signs the document: its logo, or its name set in type when it has none."""

    name: str
    logo: Picture | None = None

    def size(self, area: float = 340.0, max_width: float = 46.0, max_height: float = 16.0) -> tuple[float, float]:
        """Width and height of the logo in mm. Equal area, so that a wide mark and a square one weigh the same."""
        if self.logo is None:
            raise ValueError("a mark without a logo has no size")
        ratio = self.logo.width / self.logo.height
        height = math.sqrt(area / ratio)
        height = min(height, max_height, max_width / ratio)
        return round(height * ratio, 2), round(height, 2)


@dataclass(frozen=True)
class Contact:
    """Where to turn: ``url`` is what the QR code holds, ``address`` the short form people can type."""

    centre: str
    phone: str
    url: str
    address: str
    hours: str = ""
    place: str = ""
    regions: str = ""


@dataclass(frozen=True)
class Fact:
    """One labelled value, e.g. 업종: 금속가공."""

    label: str
    value: str


@dataclass(frozen=True)
class Figure:
    """A number worth a large size. ``before`` (if known) is what it was; both in ``unit``; ``source`` is required
    reading for anyone who quotes it."""

    label: str
    value: str
    unit: str = ""
    before: str = ""
    source: str = ""


@dataclass(frozen=True)
class Step:
    """Something done, in order; ``when`` in words (2026년 3월, 2주 안에)."""

    title: str
    text: str
    when: str = ""


@dataclass(frozen=True)
class Quote:
    """Words of a person who agreed to be quoted."""

    text: str
    speaker: str


@dataclass(frozen=True)
class Amount:
    """A sum or limit: ``value`` is set large, ``unit`` small; ``label`` says when it applies (30인 미만)."""

    value: str
    unit: str
    label: str = ""


class Standing(str, Enum):
    """May a programme be quoted as it stands?"""

    CURRENT = "current"
    CHECKING = "checking"
    ENDED = "ended"


#: In the reader's words; how sure we are, in ours, stands beside the source.
STANDING_LABELS = {Standing.CURRENT: "", Standing.CHECKING: "신청 전 1350 확인", Standing.ENDED: "종료"}


@dataclass(frozen=True)
class ProgrammeCard:
    """One dated programme row as printed.

    ``verified`` with ``checked_on`` says that a person compared it with ``source``. ``valid_to`` is the last day it
    applies, None while open.
    """

    name: str
    payee: str
    summary: str
    amounts: tuple[Amount, ...]
    conditions: tuple[str, ...]
    apply_at: str
    basis: str
    source: str
    period: str = ""
    agency: str = ""
    verified: bool = False
    checked_on: date | None = None
    valid_to: date | None = None

    def standing(self, on: date) -> Standing:
        """What must be said about the row in a text dated ``on``."""
        if self.valid_to is not None and self.valid_to < on:
            return Standing.ENDED
        return Standing.CURRENT if self.verified and self.checked_on else Standing.CHECKING

    def standing_label(self, on: date) -> str:
        """``신청 전 1350 확인``, ``종료``; empty when there is nothing to warn about."""
        return STANDING_LABELS[self.standing(on)]


@dataclass(frozen=True)
class CaseSheet:
    """A best-practice case on two pages. Texts are plain; empty optional parts leave no hole.

    ``company`` is the name to print: the real one only within the company's consent, otherwise a description.
    """

    title: str
    lead: str
    company: str
    facts: tuple[Fact, ...]
    problem: str
    actions: tuple[Step, ...]
    effects: tuple[Figure, ...]
    contact: Contact
    issuer: str
    issued_on: date
    edition: str = ""
    anonymous: bool = False
    photo: Picture | None = None
    quote: Quote | None = None
    programmes: tuple[ProgrammeCard, ...] = ()
    advice: tuple[str, ...] = ()
    partners: tuple[Mark, ...] = ()
    planner: str = ""
    sources: tuple[str, ...] = ()
    fact_checked_on: date | None = None
    licence: str = ""
    style: Style = Style.WARM
    scene: str = TOWN

    def check(self) -> None:
        """Refuse what two pages cannot hold.

        :raises Invalid: names the field.
        """
        limits = {"facts": (1, 6), "actions": (1, 5), "effects": (1, 4), "programmes": (0, 4), "advice": (0, 5),
                  "partners": (0, 6)}
        check_counts(self, limits, Text("사례 카드"))


def check_counts(document: object, limits: dict[str, tuple[int, int]], name: Text) -> None:
    """Compare the lengths of a document's lists with ``limits``.

    :raises Invalid: with one reason per field out of bounds.
    """
    fields = {
        field: Text(
            "%(low)s~%(high)s개여야 합니다(지금 %(present)s개).",
            low=low, high=high, present=len(getattr(document, field)),
        )
        for field, (low, high) in limits.items() if not low <= len(getattr(document, field)) <= high
    }
    if fields:
        raise Invalid(Text("%(name)s에 담을 수 있는 수를 벗어났습니다.", name=name), fields=fields)


def to_html(env: Environment, sheet: CaseSheet) -> str:
    """The sheet as HTML for ``outreach.pdf.render`` (``SHEET_PAGES`` pages).

    :param env: from ``outreach.pdf.templates.environment``.
    :raises Invalid: more entries than the pages hold.
    """
    sheet.check()
    return env.get_template(_SHEET_TEMPLATE).render(doc=sheet)
