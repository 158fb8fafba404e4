"""Everything that happened, as an audience may ask for it: deliveries, and the answers to them."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from flask import Flask

from campaigns.audience.history import KEY
from campaigns.delivery import frequency
from campaigns.delivery.models import Delivery
from campaigns.delivery.service import PastDeliveries
from campaigns.mailings.models import Mailing
from campaigns.responses.answered import answered
from campaigns.responses.models import Response
from campaigns.responses.rules import ResponseState
from outreach.db import db


class PastEvents(PastDeliveries):
    """Deliveries and responses (campaigns.audience.history.History)."""

    def responded(self, company_id: sa.ColumnElement[int], campaign_ids: Collection[int]) -> sa.ColumnElement[bool]:
        """Answers that were set aside do not count; ones still unverified name no company."""
        return sa.exists().where(
            Response.company_id == company_id, Response.campaign_id.in_(campaign_ids),
            Response.state == ResponseState.VERIFIED,
        )

    def unanswered(self, mailing_id: int) -> sa.Select[tuple[int]]:
        """Who got the mailing and has not answered since it began to go out."""
        began = sa.select(Mailing.started_at).where(Mailing.id == mailing_id).scalar_subquery()
        return super().unanswered(mailing_id).where(~answered(Delivery.company_id, began))


def init_app(app: Flask) -> None:
    outreach = app.extensions["outreach"]
    app.extensions[KEY] = PastEvents(lambda: frequency.in_force(db.session, outreach.settings.frequency))
