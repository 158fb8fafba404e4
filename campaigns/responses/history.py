"""Everything that happened, as an audience may ask for it: deliveries, and the answers to them."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from flask import Flask

from campaigns.audience.history import KEY
from campaigns.delivery.service import PastDeliveries
from campaigns.responses.models import Response
from campaigns.responses.rules import ResponseState


class PastEvents(PastDeliveries):
    """Deliveries and responses (campaigns.audience.history.History)."""

    def responded(self, company_id: sa.ColumnElement[int], campaign_ids: Collection[int]) -> sa.ColumnElement[bool]:
        """Answers that were set aside do not count; ones still unverified name no company."""
        return sa.exists().where(
            Response.company_id == company_id, Response.campaign_id.in_(campaign_ids),
            Response.state == ResponseState.VERIFIED,
        )


def init_app(app: Flask) -> None:
    app.extensions[KEY] = PastEvents(app.extensions["outreach"].settings.frequency)
