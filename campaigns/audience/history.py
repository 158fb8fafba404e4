"""What happened before, as an audience may ask for it.

Deliveries and responses are higher areas, so audience cannot import them: the highest feature hands an
implementation in at start (``app.extensions[KEY]``), and services take it as an argument.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.planning.models import Campaign
from outreach.companies.models import Contact

KEY = "outreach.audience_history"


class History(Protocol):
    def mailed(self, address_key: sa.ColumnElement[str], mailing_ids: Collection[int]) -> sa.ColumnElement[bool]:
        """True for addresses that got one of the mailings."""
        ...

    def mailed_since(self, address_key: sa.ColumnElement[str], since: datetime) -> sa.ColumnElement[bool]:
        """True for addresses that got any mailing since then."""
        ...

    def responded(self, company_id: sa.ColumnElement[int], campaign_ids: Collection[int]) -> sa.ColumnElement[bool]:
        """True for companies that answered one of the campaigns."""
        ...

    def too_often(
        self, address_key: sa.ColumnElement[str], company_id: sa.ColumnElement[int], now: datetime
    ) -> sa.ColumnElement[bool] | None:
        """True for recipients who have had, at ``now``, as much mail as the frequency cap allows. None: no cap."""
        ...

    def unanswered(self, mailing_id: int) -> sa.Select[tuple[int]]:
        """Ids of the contacts that got the mailing and have not answered since."""
        ...

    def mailing_choices(self, session: Session, campaign: Campaign) -> Sequence[tuple[int, str]]:
        """Id and name of the mailings that audiences of ``campaign`` may ask about, the latest first."""
        ...


class NoHistory:
    """Nothing happened yet."""

    def mailed(self, address_key: sa.ColumnElement[str], mailing_ids: Collection[int]) -> sa.ColumnElement[bool]:
        return sa.false()

    def mailed_since(self, address_key: sa.ColumnElement[str], since: datetime) -> sa.ColumnElement[bool]:
        return sa.false()

    def responded(self, company_id: sa.ColumnElement[int], campaign_ids: Collection[int]) -> sa.ColumnElement[bool]:
        return sa.false()

    def too_often(
        self, address_key: sa.ColumnElement[str], company_id: sa.ColumnElement[int], now: datetime
    ) -> sa.ColumnElement[bool] | None:
        return None

    def unanswered(self, mailing_id: int) -> sa.Select[tuple[int]]:
        return sa.select(Contact.id).where(sa.false())

    def mailing_choices(self, session: Session, campaign: Campaign) -> Sequence[tuple[int, str]]:
        return []
