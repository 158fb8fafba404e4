"""Cases nearest to a company: by place, trade, size and worry, each with the reason it was chosen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from cases.library.models import Case, CaseNeed
from cases.library.rules import NEED_LABELS, ConsentScope, Need
from cases.library.veil import SIZE_BANDS, Veil, band
from outreach.companies.models import Workplace
from outreach.leads.models import Lead
from outreach.leads.rules import Want
from outreach.wording import Text

#: What likeness weighs. Place comes first: a neighbour is believed (DOMAIN.md §5: region, then industry, then size).
PLACE, COMPLEX, TRADE, SAME_SIZE, NEXT_SIZE, NEED = 8, 2, 4, 2, 1, 3

#: What a company asks for on the response form, in the words of cases.
NEEDS_OF_WANTS = {
    Want.SUBSTITUTE: (Need.SUBSTITUTE,),
    Want.FLEXIBLE: (Need.FLEXIBLE,),
    Want.LEAVE_SUBSIDY: (Need.LEAVE, Need.SHORTER_HOURS),
}


class Near(NamedTuple):
    """A case and why it is near: messages, empty if nothing but its newness speaks for it."""

    case: Case
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whom cases are compared with; what is not known is None or ''."""

    province_id: int | None = None
    complex_id: int | None = None
    section: str = ""
    headcount: int | None = None
    needs: frozenset[str] = frozenset()


def of_workplace(workplace: Workplace, needs: Collection[str] = ()) -> Likeness:
    """A workplace, with the worries its company is known to have."""
    return Likeness(workplace.province_id, workplace.complex_id, workplace.section, workplace.headcount,
                    frozenset(needs))


def of_case(case: Case) -> Likeness:
    """What may be told of a case: behind its veil nothing is compared that is not shown."""
    named = case.consent_scope is ConsentScope.NAMED
    placed = named or case.veil is not Veil.NO_PLACE
    sized = named or case.veil in (Veil.TRADE, Veil.SECTION)
    return Likeness(
        case.province_id if placed else None, case.complex_id if named else None, case.section,
        case.headcount if sized else None, frozenset(case.needs),
    )


def needs_of_wants(wants: Collection[str]) -> set[str]:
    """The worries behind what a company asked for."""
    known = {want.value: needs for want, needs in NEEDS_OF_WANTS.items()}
    return {need.value for want in wants for need in known.get(want, ())}


def needs_of_company(session: Session, company_id: int) -> set[str]:
    """The worries its leads, open or closed, speak of."""
    wants = session.scalars(sa.select(Lead.wants).where(Lead.company_id == company_id))
    return needs_of_wants({want for row in wants for want in row})


def nearest(session: Session, query: sa.Select[tuple[Case]], like: Likeness, *, limit: int) -> list[Near]:
    """The cases of ``query`` (say service.publishable) most like ``like``, the likest first, then the newest."""
    query = query.options(joinedload(Case.province), joinedload(Case.complex)).order_by(None)
    order = (_score(like).desc(), Case.published_at.desc(), Case.id.desc())
    cases = session.scalars(query.order_by(*order).limit(limit)).unique().all()
    return [Near(case, tuple(reasons(case, like))) for case in cases]


def _score(like: Likeness) -> sa.ColumnElement[int]:
    """How like a case is. Hidden behind a veil, its place and size count for nothing: what is chosen by them would tell
    them."""
    named = Case.consent_scope == ConsentScope.NAMED
    placed = sa.or_(named, Case.veil != Veil.NO_PLACE)
    sized = sa.or_(named, Case.veil.in_([Veil.TRADE, Veil.SECTION]))
    score: Any = sa.literal(0)
    if like.province_id is not None:
        score += _worth(sa.and_(Case.province_id == like.province_id, placed), PLACE)
    if like.complex_id is not None:
        score += _worth(sa.and_(Case.complex_id == like.complex_id, named), COMPLEX)
    if like.section:
        score += _worth(Case.section == like.section, TRADE)
    if (size := band(like.headcount)) is not None:
        score += _worth(sa.and_(_within(size.low, size.high), sized), SAME_SIZE - NEXT_SIZE)
        score += _worth(sa.and_(_within(*_around(size.low)), sized), NEXT_SIZE)
    if like.needs:
        shared = sa.select(sa.func.count()).where(CaseNeed.case_id == Case.id, CaseNeed.need.in_(sorted(like.needs)))
        score += NEED * shared.scalar_subquery()
    return score


def _worth(condition: sa.ColumnElement[bool], points: int) -> sa.ColumnElement[int]:
    return sa.case((condition, points), else_=0)


def _within(low: int, high: int | None) -> sa.ColumnElement[bool]:
    return Case.headcount.between(low, high) if high is not None else Case.headcount >= low


def _around(low: int) -> tuple[int, int | None]:
    """From the beginning of the band below to the end of the one above."""
    begins = [0, *(high + 1 for high, _ in SIZE_BANDS)]
    place = begins.index(low)
    above = begins[place + 2] - 1 if place + 2 < len(begins) else None
    return begins[max(place - 1, 0)], above


def reasons(case: Case, like: Likeness) -> list[str]:
    """Why a case is near, in words: 같은 시·도, 같은 업종, 비슷한 규모(10~29인), 같은 고민: 대체인력."""
    of, found = of_case(case), []
    if like.complex_id is not None and of.complex_id == like.complex_id and case.complex:
        found.append(Text("같은 산업단지(%(name)s)", name=case.complex.name))
    elif like.province_id is not None and of.province_id == like.province_id:
        found.append(Text("같은 시·도"))
    if like.section and of.section == like.section:
        found.append(Text("같은 업종"))
    size, own = band(of.headcount), band(like.headcount)
    if size and own and _near_sizes(size.low, own.low):
        found.append(Text("비슷한 규모(%(band)s)", band=Text(size.label)))
    found += [
        Text("같은 고민: %(need)s", need=Text(NEED_LABELS[Need(need)])) for need in case.needs if need in like.needs
    ]
    return found


def _near_sizes(low: int, other: int) -> bool:
    first, last = _around(other)
    return first <= low and (last is None or low <= last)
