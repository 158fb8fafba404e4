"""Best-practice cases in the API: the published ones, and those of the account's own centre."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from cases.library import service
from cases.library.models import Case
from cases.library.rules import CaseState, ConsentScope
from outreach.db import db
from outreach.regions.api import CentreRef, RegionRef
from outreach.scope import STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Cases", "/cases", "Best-practice cases: what a neighbour company did and what came of it.")

#: Who the company is and what it signed: for the case's own centre.
OWN_ONLY = frozenset({"company_id", "consent_on", "consent_until", "fact_checked_on"})


class FigureOut(Shown):
    label = ma.fields.String()
    before = ma.fields.Raw(allow_none=True)
    after = ma.fields.Raw(allow_none=True)
    unit = ma.fields.String(allow_none=True)
    source = ma.fields.String(allow_none=True)


class StepOut(Shown):
    when = ma.fields.String()
    title = ma.fields.String()
    text = ma.fields.String()


class CaseOut(Shown):
    """Of another centre's published case only what is printed: no company, no dates of consent."""

    id = ma.fields.Integer()
    state = ma.fields.Enum(CaseState, by_value=True)
    centre = ma.fields.Nested(CentreRef, allow_none=True)
    company_id = ma.fields.Integer(allow_none=True)
    display_name = ma.fields.String(metadata={"description": "the name the company agreed to be shown under"})
    headline = ma.fields.String()
    summary = ma.fields.String()
    problem = ma.fields.String()
    system = ma.fields.String(metadata={"description": "what was introduced"})
    steps = ma.fields.List(ma.fields.Nested(StepOut))
    effect = ma.fields.String()
    figures = ma.fields.List(ma.fields.Nested(FigureOut))
    advice = ma.fields.List(ma.fields.String())
    quote = ma.fields.String()
    quote_by = ma.fields.String()
    province = ma.fields.Nested(RegionRef, allow_none=True)
    section = ma.fields.String(metadata={"description": "KSIC section, one letter"})
    industry = ma.fields.String()
    headcount = ma.fields.Integer(allow_none=True)
    keywords = ma.fields.List(ma.fields.String())
    consent_scope = ma.fields.Enum(ConsentScope, by_value=True)
    consent_on = ma.fields.Date(allow_none=True)
    consent_until = ma.fields.Date(allow_none=True)
    fact_checked_on = ma.fields.Date(allow_none=True)
    fictional = ma.fields.Boolean()
    version = ma.fields.Integer()
    updated_at = ma.fields.AwareDateTime()

    @ma.post_dump(pass_original=True)
    def _of_others(self, data: dict[str, Any], case: Case, **_kwargs: Any) -> dict[str, Any]:
        if service.is_own(access.scope(), case):
            return data
        return {name: value for name, value in data.items() if name not in OWN_ONLY}


class CaseArgs(CursorArgs):
    state = fields.word(CaseState, "in this state", load_default=None)
    province_id = fields.row_id("of this province", strict=False, load_default=None)
    section = fields.text(1, "of this KSIC section, A to U", load_default="")
    text = fields.text(100, "part of a title, name, summary or keyword", load_default="")


@blp.route("")
@access.allow(*STAFF_ROLES)
@blp.arguments(CaseArgs, location="query")
@blp.response(200, api.page_schema(CaseOut))
def list_cases(args: dict[str, Any]) -> CursorPage:
    """Best-practice cases"""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    return after(db.session, service.cases_query(access.scope(), **args), Case.id, cursor=cursor, limit=limit)


@blp.route("/<int:case_id>")
@access.allow(*STAFF_ROLES)
@blp.response(200, CaseOut)
def get_case(case_id: int) -> Any:
    """One best-practice case"""
    return api.versioned(service.get(db.session, access.scope(), case_id))
