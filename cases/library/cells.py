"""Could an anonymous case be recognised? Counts the companies of our own list that share what it shows.

The list is not every company there is: a count below SMALLEST may be harmless in truth, one above it is safe as far as
the list holds no companies that are gone. The messages say what was counted.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.library.models import Case
from cases.library.rules import ConsentScope
from cases.library.veil import VEIL_LABELS, Veil, band, behind
from outreach.companies.models import Company, Workplace
from outreach.wording import Text

#: Fewer companies than this in a cell, and a description is as good as a name (DOMAIN.md §5: cells below 5).
SMALLEST = 5


class Cell(NamedTuple):
    """How many companies of our list share what one step of the veil shows (``words``)."""

    veil: Veil
    words: Text
    companies: int

    @property
    def small(self) -> bool:
        return self.companies < SMALLEST


def cells(session: Session, case: Case) -> list[Cell]:
    """Every step of the veil with its count, from what tells most to what tells least. None of a case without
    consent to be shown, or shown by name."""
    if case.consent_scope is not ConsentScope.ANONYMOUS:
        return []
    return [Cell(veil, behind(case, veil).words, _companies(session, case, veil)) for veil in Veil]


def _companies(session: Session, case: Case, veil: Veil) -> int:
    query = sa.select(sa.func.count(sa.distinct(Workplace.company_id)))
    if case.province_id is not None and veil is not Veil.NO_PLACE:
        query = query.where(Workplace.province_id == case.province_id)
    if case.section:
        query = query.where(Workplace.section == case.section)
    if case.industry and veil is Veil.TRADE:
        query = query.join(Company, Company.id == Workplace.company_id).where(Company.industry == case.industry)
    size = None if veil is Veil.NO_SIZE else band(case.headcount, wide=veil in (Veil.WIDE, Veil.NO_PLACE))
    if size is not None:
        above = Workplace.headcount <= size.high if size.high is not None else sa.true()
        query = query.where(Workplace.headcount >= size.low, above)
    return session.scalar(query) or 0


def cell_problems(found: list[Cell], veil: Veil) -> list[str]:
    """What keeps the case from being published as anonymous, with the numbers; a step that would do is named."""
    own = next((cell for cell in found if cell.veil is veil), None)
    if own is None or not own.small:
        return []
    better = next((cell for cell in found if not cell.small), None)
    if better is None and veil is Veil.NO_PLACE:
        return []  # nothing coarser is left: a reviewer decides, see cell_warnings
    problem = Text(
        "익명인데 ‘%(words)s’에 드는 회사가 우리 명부에 %(count)s곳뿐이라(%(least)s곳 미만) 알아볼 수 있습니다.",
        words=own.words, count=own.companies, least=SMALLEST,
    )
    if better is None:
        advice = Text("공개 정도를 ‘%(veil)s’로 낮춰 주세요.", veil=Text(VEIL_LABELS[Veil.NO_PLACE]))
    else:
        advice = Text(
            "공개 정도를 ‘%(veil)s’로 낮추면 %(count)s곳입니다.",
            veil=Text(VEIL_LABELS[better.veil]), count=better.companies,
        )
    return [Text("%(problem)s %(advice)s", problem=problem, advice=advice)]


def cell_warnings(found: list[Cell], veil: Veil) -> list[str]:
    """What a reviewer must know where our list can't tell: even the coarsest description fits too few of it."""
    own = next((cell for cell in found if cell.veil is veil), None)
    if own is None or not own.small or veil is not Veil.NO_PLACE:
        return []
    return [Text(
        "‘%(words)s’에 드는 회사가 우리 명부에 %(count)s곳뿐입니다. 명부 밖 회사까지 헤아려 판단해 주세요.",
        words=own.words, count=own.companies,
    )]
