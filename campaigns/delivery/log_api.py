"""The delivery log in the API: what was sent to an address or a company, across mailings."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask_babel import gettext as _

from campaigns.delivery import search
from campaigns.delivery.api import DeliveryOut
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.delivery.search import Asked
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.errors import Invalid
from outreach.scope import STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.paging import CursorPage, after

blp = api.area("Delivery log", "/deliveries", "Did this person get it? Recipients across mailings.")


class LoggedDeliveryOut(DeliveryOut):
    mailing_id = ma.fields.Integer()


class LogArgs(CursorArgs):
    q = fields.text(254, "an e-mail address, a business number, or a part of a company's name", required=True)
    state = fields.word(DeliveryState, "in this state", load_default=None)


@blp.route("")
@access.allow(*STAFF_ROLES)
@blp.arguments(LogArgs, location="query")
@blp.response(200, api.page_schema(LoggedDeliveryOut))
def search_deliveries(args: dict[str, Any]) -> CursorPage:
    """What was sent to an address or a company

    Of the mailings the account may see, those within its centre. Each reading is recorded. Refused (422) for a
    name that fits too many companies."""
    asked = Asked(args.pop("q").strip(), args.pop("state"))
    try:
        query = search.find(db.session, access.scope(), asked) if asked.text else None
    except search.TooMany:
        raise Invalid(_("이름이 맞는 기업이 너무 많습니다."), fields={"q": _("더 길게 적어 주세요.")}) from None
    page = after(db.session, query, Delivery.id, **args) if query is not None else CursorPage([], None)
    access.log_access(AccessKind.SEARCH, "contact", [row.contact_id for row in page.items], asked.text)
    return page
