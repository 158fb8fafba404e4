"""Which cases the gallery shows, and what it shows in place of one it may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from cases.gallery.rules import SIZES, case_id
from cases.library import finding, grams, nearest
from cases.library.models import Case
from cases.library.nearest import Near
from cases.library.rules import CaseState, ConsentScope, Outlet
from cases.library.service import needing, showable
from cases.library.veil import Veil
from outreach.errors import DomainError
from outreach.programmes.models import Programme, ProgrammeVersion

#: A list counts no further: "1,000건 이상" tells as much.
CAP = 1000
PAGE = 24
NEAREST = 3


class Missing(DomainError):
    """No such case, or one that is not shown. ``gone``: it was shown once. ``near``: what to read instead."""

    def __init__(self, near: Sequence[Near], *, gone: bool):
        super().__init__("볼 수 없는 사례입니다.")
        self.near, self.gone = near, gone


@dataclass(frozen=True, slots=True)
class Asked:
    """Conditions over the gallery; None or '' asks nothing. ``size`` is a key of rules.SIZES, ``need`` a
    rules.Need."""

    text: str = ""
    province_id: int | None = None
    section: str = ""
    size: str = ""
    need: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the gallery. ``total`` stops at CAP; ``loose``: nothing matched, these merely resemble it."""

    cases: Sequence[Case]
    number: int
    total: int
    search: grams.Asked | None = None
    loose: bool = False

    @property
    def more(self) -> bool:
        return self.number * PAGE < self.total

    @property
    def capped(self) -> bool:
        return self.total >= CAP


def shown(today: date) -> sa.Select[tuple[Case]]:
    """The cases whose companies agree to be shown on the web, the newest first."""
    return sa.select(Case).where(showable(today, Outlet.WEB)).order_by(Case.published_at.desc(), Case.id.desc())


def listing(session: Session, asked: Asked, today: date, number: int = 1) -> Listing:
    """One page. Where a search finds nothing, what resembles it."""
    search = grams.asked(asked.text) if asked.text else None
    if asked.text and search is None:
        return Listing([], 1, 0)
    found = _page(session, asked, search, today, number)
    if search is not None and not found.total:
        loose = _page(session, asked, finding.loosened(search), today, number)
        return Listing(loose.cases, loose.number, loose.total, search, bool(loose.total))
    return found


def _page(session: Session, asked: Asked, search: grams.Asked | None, today: date, number: int) -> Listing:
    """The best or newest CAP are ordered once; a page is cut from them, and only its rows are loaded."""
    query = _conditions(shown(today), asked)
    if search is not None:
        query = finding.ranked(query, search)
    ids = session.scalars(query.with_only_columns(Case.id).limit(CAP)).all()
    number = min(max(number, 1), max(1, -(-len(ids) // PAGE)))
    wanted = ids[(number - 1) * PAGE:number * PAGE]
    rows = session.scalars(sa.select(Case).where(Case.id.in_(wanted)).options(*_card())).unique()
    return Listing(sorted(rows, key=lambda case: wanted.index(case.id)), number, len(ids), search)


def _card() -> list[Any]:
    """What a card shows."""
    return [joinedload(Case.province), joinedload(Case.complex), selectinload(Case.photos)]


def _conditions(query: sa.Select[tuple[Case]], asked: Asked) -> sa.Select[tuple[Case]]:
    """What an anonymous case does not tell of itself can't be asked of it either."""
    named = Case.consent_scope == ConsentScope.NAMED
    if asked.province_id is not None:
        query = query.where(Case.province_id == asked.province_id, sa.or_(named, Case.veil != Veil.NO_PLACE))
    if asked.section:
        query = query.where(Case.section == asked.section)
    if asked.size in SIZES:
        low, high = SIZES[asked.size]
        below = Case.headcount <= high if high is not None else sa.true()
        query = query.where(Case.headcount >= low, below, sa.or_(named, Case.veil != Veil.NO_SIZE))
    return query.where(needing(asked.need)) if asked.need else query


def get(session: Session, code: str, today: date) -> Case:
    """The case an address names, with all a page shows. Raises Missing."""
    number = case_id(code)
    query = shown(today).where(Case.id == number).options(
        *_card(), joinedload(Case.centre),
        selectinload(Case.programmes).joinedload(ProgrammeVersion.programme).selectinload(Programme.versions),
    )
    case = session.scalars(query).unique().one_or_none() if number is not None else None
    if case is not None:
        return case
    lost = session.get(Case, number) if number is not None else None
    gone = lost is not None and lost.published_at is not None and lost.state in (
        CaseState.PUBLISHED, CaseState.WITHDRAWN,
    )
    like = nearest.of_case(lost) if lost is not None and gone else nearest.Likeness()
    raise Missing(nearest.nearest(session, shown(today), like, limit=NEAREST), gone=gone)


def near(session: Session, case: Case, today: date) -> list[Near]:
    """What to read next."""
    return nearest.nearest(session, shown(today).where(Case.id != case.id), nearest.of_case(case), limit=NEAREST)


def addresses(session: Session, today: date) -> Sequence[sa.Row[Any]]:
    """Id and last change of all cases, for the site map (at most 50,000: sitemaps.org)."""
    return session.execute(shown(today).with_only_columns(Case.id, Case.updated_at).limit(50_000)).all()
