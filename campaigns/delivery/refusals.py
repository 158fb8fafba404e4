"""Refusals of a mailing, counted as they come, and when they are too many.

A mailing pauses itself when refusals pass a share of its results, or of one domain's; it then names the main reasons.
Counted since it was started or last resumed. A domain's results are counted from its first refusal on, by each worker
for itself: a brake needs no more, and an even flow costs nothing.
"""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery, SendingPolicy
from campaigns.delivery.outcomes import is_refusal, trouble_of
from campaigns.delivery.retry import TROUBLE_LABELS, Trouble
from campaigns.delivery.rules import (
    DOMAIN_REFUSAL_PERCENT,
    REFUSAL_PERCENT,
    DeliveryState,
    too_many_refusals,
)
from campaigns.mailings.models import Mailing
from outreach.mail.outcome import Kind, Outcome
from outreach.wording import Text

#: So many reasons and domains are named.
NAMED = 3


def thresholds(session: Session, mailing: Mailing) -> tuple[int, int]:
    """(per cent of the mailing's results, per cent of one domain's) that refusals may make up: the mailing's own
    share, if it has one, else that of all mailings."""
    row = session.execute(sa.select(SendingPolicy.refusal_percent, SendingPolicy.domain_refusal_percent)).first()
    of_all, of_domain = row or (REFUSAL_PERCENT, DOMAIN_REFUSAL_PERCENT)
    return mailing.refusal_percent or of_all, of_domain


class Tally:
    """Results and refusals of one mailing, as known to this worker."""

    def __init__(self, percent: int = REFUSAL_PERCENT, domain_percent: int = DOMAIN_REFUSAL_PERCENT):
        self.percent, self.domain_percent = percent, domain_percent
        self.results = self.refused = 0
        self.reasons: Counter[Trouble] = Counter()
        self.refused_by: Counter[str] = Counter()
        self._results_of: Counter[str] = Counter()  # only of domains that have refused
        self._bad_domain = ""

    @classmethod
    def of(cls, session: Session, mailing: Mailing) -> Tally:
        """What the rows say so far."""
        tally = cls(*thresholds(session, mailing))
        mine = sa.and_(
            Delivery.mailing_id == mailing.id, Delivery.done_at >= (mailing.resumed_at or mailing.started_at)
        )
        accepted = sa.select(sa.func.count()).where(mine, Delivery.state == DeliveryState.ACCEPTED)
        refused = sa.select(Delivery.domain, Delivery.trouble, sa.func.count()).where(
            mine, Delivery.state == DeliveryState.REFUSED
        )
        for domain, trouble, number in session.execute(refused.group_by(Delivery.domain, Delivery.trouble)):
            tally._refuse(domain, trouble or Trouble.OTHER, number)
        tally.results += session.scalar(accepted) or 0
        return tally

    def _refuse(self, domain: str, trouble: Trouble, number: int) -> None:
        self.results += number
        self.refused += number
        self.reasons[trouble] += number
        self.refused_by[domain] += number
        self._results_of[domain] += number
        if too_many_refusals(self.refused_by[domain], self._results_of[domain], self.domain_percent):
            self._bad_domain = domain

    def note(self, domain: str, outcome: Outcome) -> None:
        """Count an outcome, if it is a result; "later" is no answer yet."""
        if outcome.kind is Kind.ACCEPTED:
            self.results += 1
            if self._results_of and domain in self._results_of:
                self._results_of[domain] += 1
        elif is_refusal(outcome):
            self._refuse(domain, trouble_of(outcome), 1)

    @property
    def too_many(self) -> bool:
        """Whether the mailing is to pause itself."""
        return bool(self._bad_domain) or too_many_refusals(self.refused, self.results, self.percent)

    def reason(self) -> Text:
        """Why it pauses, with the main reasons and domains."""
        if too_many_refusals(self.refused, self.results, self.percent):
            share = Text("거부 비율이 %(percent)s%%를 넘어 스스로 멈추었습니다", percent=self.percent)
            results, refused = self.results, self.refused
        else:
            share = Text(
                "%(domain)s의 거부 비율이 %(percent)s%%를 넘어 스스로 멈추었습니다", domain=self._bad_domain,
                percent=self.domain_percent,
            )
            results, refused = self._results_of[self._bad_domain], self.refused_by[self._bad_domain]
        reasons = [_counted(Text(TROUBLE_LABELS[trouble]), n) for trouble, n in self.reasons.most_common(NAMED)]
        domains = [_counted(domain, n) for domain, n in self.refused_by.most_common(NAMED)]
        return Text(
            "%(share)s(결과 %(results)s건 중 거부 %(refused)s건). 까닭: %(reasons)s. 도메인: %(domains)s.", share=share,
            results=f"{results:,}", refused=f"{refused:,}", reasons=Text.joined(reasons, ", "),
            domains=Text.joined(domains, ", "),
        )


def _counted(what: str, number: int) -> Text:
    return Text("%(what)s %(n)s건", what=what, n=f"{number:,}")
