"""What became of a mailing at each receiving domain, the ones in trouble first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery import queries
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import PENDING, DeliveryState
from campaigns.mailings.models import Mailing
from outreach.scope import Scope

TROUBLE = (DeliveryState.REFUSED, DeliveryState.DEFERRED, DeliveryState.IN_DOUBT)


@dataclass(slots=True)
class DomainResult:
    """A domain's recipients by state, and what its servers mostly said to those who did not get the mail."""

    domain: str
    states: dict[DeliveryState, int] = field(default_factory=dict)
    reason: str = ""
    reason_count: int = 0

    def count(self, state: DeliveryState | str) -> int:
        return self.states.get(DeliveryState(state), 0)

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def pending(self) -> int:
        return sum(self.count(state) for state in PENDING if state is not DeliveryState.DEFERRED)

    @property
    def trouble(self) -> int:
        return sum(self.count(state) for state in TROUBLE)


def by_domain(session: Session, scope: Scope, mailing: Mailing) -> list[DomainResult]:
    """Every receiving domain of the recipients a person may see: those with most trouble first, then the largest.
    Reasons are not filled in; see :func:`explain`."""
    counts = queries.visible(scope, mailing).with_only_columns(Delivery.domain, Delivery.state, sa.func.count())
    found: dict[str, DomainResult] = {}
    for name, state, number in session.execute(counts.group_by(Delivery.domain, Delivery.state)):
        found.setdefault(name, DomainResult(name)).states[state] = number
    return sorted(found.values(), key=lambda row: (-row.trouble, -row.total, row.domain))


def explain(session: Session, scope: Scope, mailing: Mailing, rows: Sequence[DomainResult]) -> None:
    """Write into ``rows`` the answer that a domain's servers gave most often, and how often. Answers are told apart
    by their codes: their texts mostly repeat the address."""
    troubled = {row.domain: row for row in rows if row.trouble}
    if not troubled:
        return
    codes = (Delivery.reply_code, Delivery.reply_status)
    said = queries.visible(scope, mailing).where(Delivery.state.in_(TROUBLE), Delivery.domain.in_(troubled))
    counts = said.with_only_columns(Delivery.domain, sa.func.max(Delivery.reply_text), sa.func.count(), *codes)
    _take_most_frequent(troubled, session.execute(counts.group_by(Delivery.domain, *codes)))


def _take_most_frequent(troubled: dict[str, DomainResult], said: Iterable[Any]) -> None:
    for name, text, number, code, status in said:
        row = troubled[name]
        if number > row.reason_count:
            codes = " ".join(str(part) for part in (code, status) if part)
            row.reason, row.reason_count = text if codes and codes in text else f"{codes} {text}".strip(), number
