"""What the consent column of a list means for a person's standing consent (정보통신망법 제50조 제1항·제2항).

A yes is recorded only with its day: the row's own, else the day the list describes. After a withdrawal only a
row that names a later day counts. A no ends a standing consent unless that was given after the list was made; it
is no wish to get nothing at all, so it suppresses nobody. See docs/decisions/0006-import-identity.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from outreach.clock import kst_midnight, kst_today
from outreach.companies.imports.plan import Plan
from outreach.companies.people import Consent

HOW_LIMIT = 200


class Verdict(NamedTuple):
    """``given_at``: record a consent as of then; ``ended``: the id of the standing consent to end; ``finding``: the
    code of a warning."""

    given_at: datetime | None = None
    ended: int | None = None
    finding: str = ""


def judge(told: Consent, held: Sequence[dict[str, Any]], plan: Plan, *, is_suppressed: bool) -> Verdict:
    """``held``: the person's consents to the purpose of the plan, ended ones included."""
    standing = next((consent for consent in held if consent["withdrawn_at"] is None), None)
    day = told.on or plan.as_of
    if not told.granted:
        if standing is None:
            return Verdict()
        if day is not None and kst_today(standing["given_at"]) > day:
            return Verdict(finding="consent_newer")
        return Verdict(ended=standing["id"], finding="consent_withdrawn")
    if standing is not None:
        return Verdict()
    if is_suppressed:
        return Verdict(finding="consent_suppressed")
    if day is None:
        return Verdict(finding="consent_undated")
    ended = max((consent["withdrawn_at"] for consent in held), default=None)
    if ended is not None and (told.on is None or kst_midnight(told.on) <= ended):
        return Verdict(finding="consent_ended")
    return Verdict(given_at=kst_midnight(day))


def evidence(told: Consent, plan: Plan) -> str:
    """How the consent was given, and by which import we know."""
    source = f" · 명단 가져오기 {plan.import_id}번"
    how = told.how or plan.evidence or "명단에 동의로 표시"
    return how[: HOW_LIMIT - len(source)] + source
