"""Centres and regions in the API: the ids that filters and audiences speak of."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import sqlalchemy as sa

from outreach.clock import kst_today
from outreach.db import db
from outreach.regions.models import Centre, Region, RegionLevel, valid_on
from outreach.scope import STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Regions", "", "Employment centres, provinces and districts.")


class CentreRef(Shown):
    """An employment centre, where another thing belongs to it."""

    id = ma.fields.Integer()
    code = ma.fields.String()
    name = ma.fields.String(attribute="name_ko")


class RegionRef(Shown):
    """A province or district; `code` is the administrative one (2 or 5 digits)."""

    id = ma.fields.Integer()
    code = ma.fields.String()
    name = ma.fields.String(attribute="name_ko")


class CentreOut(CentreRef):
    name_en = ma.fields.String()
    phone = ma.fields.String()
    address = ma.fields.String()


class RegionOut(RegionRef):
    name_en = ma.fields.String()
    level = ma.fields.Enum(RegionLevel, by_value=True)
    province_id = ma.fields.Integer(
        attribute="parent_id", allow_none=True, metadata={"description": "the province of a district"}
    )


class RegionArgs(CursorArgs):
    level = fields.word(RegionLevel, "only provinces, or only districts", load_default=None)
    province_id = fields.row_id("districts of this province", strict=False, load_default=None)


@blp.route("/centres")
@access.allow(*STAFF_ROLES)
@blp.arguments(CursorArgs, location="query")
@blp.response(200, api.page_schema(CentreOut))
def list_centres(args: dict[str, Any]) -> CursorPage:
    """The centres with planners today"""
    query = sa.select(Centre).where(valid_on(Centre, kst_today(api.now())))
    return after(db.session, query, Centre.id, **args)


@blp.route("/regions")
@access.allow(*STAFF_ROLES)
@blp.arguments(RegionArgs, location="query")
@blp.response(200, api.page_schema(RegionOut))
def list_regions(args: dict[str, Any]) -> CursorPage:
    """The provinces and districts of today"""
    level, province_id = args.pop("level"), args.pop("province_id")
    query = sa.select(Region).where(valid_on(Region, kst_today(api.now())))
    if level is not None:
        query = query.where(Region.level == level)
    if province_id is not None:
        query = query.where(Region.parent_id == province_id)
    return after(db.session, query, Region.id, **args)
