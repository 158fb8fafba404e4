"""Full-text search over cases, the same on every database: an index of syllable pairs in a table of our own
(cases.library.grams; why: docs/decisions/0020-search.md)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.library.grams import Asked, weighed
from cases.library.models import Case, CaseGram
from cases.library.rules import NEED_LABELS, Need
from cases.library.veil import shown

#: What a pair weighs where it stands.
TITLE, WORDS, LEAD, BODY = 8, 6, 4, 1


def index(session: Session, case: Case) -> None:
    """Make the case findable by its present words. What its veil hides is not found by either: a search must not tell
    what the page keeps to itself."""
    session.flush()
    steps = " ".join(f"{step.get('title', '')} {step.get('text', '')}" for step in case.steps)
    labels = " ".join(str(row.get("label", "")) for row in case.figures)
    needs = " ".join(NEED_LABELS[Need(need)] for need in case.needs)
    seen = shown(case)
    weights = weighed((
        (case.headline, TITLE), (" ".join(case.keywords), WORDS), (case.display_name, WORDS),
        (f"{case.summary} {seen.place} {seen.trade} {needs}", LEAD),
        (" ".join((case.problem, case.system, case.effect, case.quote, steps, labels, *case.advice)), BODY),
    ))
    session.execute(sa.delete(CaseGram).where(CaseGram.case_id == case.id))
    if weights:
        session.execute(sa.insert(CaseGram), [
            {"gram": gram, "case_id": case.id, "weight": weight} for gram, weight in weights.items()
        ])


def scores(search: Asked) -> sa.Subquery:
    """Which cases hold enough of the search (``case_id``), and how weightily (``score``)."""
    telling = sa.func.sum(sa.case((CaseGram.gram.in_(search.telling), 1), else_=0))
    return (
        sa.select(CaseGram.case_id, sa.func.sum(CaseGram.weight).label("score"))
        .where(CaseGram.gram.in_(search.grams)).group_by(CaseGram.case_id).having(telling >= search.needed).subquery()
    )


def ranked(query: sa.Select[Any], search: Asked) -> sa.Select[Any]:
    """``query`` over cases, only those found, the best first."""
    found = scores(search)
    return query.join(found, found.c.case_id == Case.id).order_by(None).order_by(
        found.c.score.desc(), Case.updated_at.desc(), Case.id.desc()
    )


def loosened(search: Asked) -> Asked:
    """The same search content with half of what it asks for: what resembles it, where nothing matches."""
    return search._replace(needed=max(1, len(search.telling) // 2))
