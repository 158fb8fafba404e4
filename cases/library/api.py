"""Best-practice cases in the API: the published ones, and those of the account's own centre."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import current_app

from cases.library import nearest, service
from cases.library.models import Case
from cases.library.rules import CaseState, ConsentScope, Need, Outlet
from cases.library.veil import Veil, shown
from outreach.clock import kst_today
from outreach.companies import search
from outreach.db import db
from outreach.errors import NotFound
from outreach.regions.api import CentreRef, RegionRef
from outreach.scope import STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Shown
from outreach.web.language import translated
from outreach.web.paging import CursorPage, after

blp = api.area("Cases", "/cases", "Best-practice cases: what a neighbour company did and what came of it.")

#: Who the company is and what it signed: for the case's own centre.
OWN_ONLY = frozenset({
    "company_id", "consent_on", "consent_until", "fact_checked_on", "consented_by", "interviewed_on",
    "withdrawn_reason",
})


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
    """Of another centre's published case only what is printed: no company, no dates of consent, and of an anonymous
    one no closer place, trade and size than its veil lets through (``shown``)."""

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
    needs = ma.fields.List(ma.fields.String(), metadata={"description": f"worries: {', '.join(Need)}"})
    shown = ma.fields.Function(lambda case: str(shown(case)), metadata={
        "type": "string", "description": "place, trade and size as they are shown in public",
    })
    photos = ma.fields.Function(lambda case: len(case.photos), metadata={"type": "integer"})
    outlets = ma.fields.List(ma.fields.String(), metadata={
        "description": f"where the company agreed to be shown: {', '.join(Outlet)}",
    })
    veil = ma.fields.Enum(Veil, by_value=True, metadata={"description": "how much an anonymous case tells"})
    consented_by = ma.fields.String()
    interviewed_on = ma.fields.Date(allow_none=True)
    published_at = ma.fields.AwareDateTime(allow_none=True)
    withdrawn_reason = ma.fields.String()
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
        told = {name: value for name, value in data.items() if name not in OWN_ONLY}
        return told if case.consent_scope is ConsentScope.NAMED else told | _behind_the_veil(case)


def _behind_the_veil(case: Case) -> dict[str, Any]:
    """Nothing closer than what is printed of an anonymous case."""
    seen = shown(case)
    hidden: dict[str, Any] = {"headcount": None}
    if not seen.place:
        hidden["province"] = None
    return hidden | ({} if case.veil is Veil.TRADE else {"industry": ""})


class CaseArgs(CursorArgs):
    state = fields.word(CaseState, "in this state", load_default=None)
    province_id = fields.row_id("of this province", strict=False, load_default=None)
    section = fields.text(1, "of this KSIC section, A to U", load_default="")
    text = fields.text(100, "words of the case; particles and spaces between them do not matter", load_default="")
    need = fields.word(Need, "about this worry", load_default=None)


@blp.route("")
@access.allow(*STAFF_ROLES)
@blp.arguments(CaseArgs, location="query")
@blp.response(200, api.page_schema(CaseOut))
def list_cases(args: dict[str, Any]) -> CursorPage:
    """Best-practice cases"""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    args["need"] = args["need"].value if args["need"] else ""
    return after(db.session, service.cases_query(access.scope(), **args), Case.id, cursor=cursor, limit=limit)


@blp.route("/<int:case_id>")
@access.allow(*STAFF_ROLES)
@blp.response(200, CaseOut)
def get_case(case_id: int) -> Any:
    """One best-practice case"""
    return api.versioned(service.get(db.session, access.scope(), case_id))


class NearArgs(fields.Schema):
    company_id = fields.row_id("of this company", strict=False, required=True)
    limit = fields.whole(1, 20, "how many at most", strict=False, load_default=5)


class NearOut(Shown):
    case = ma.fields.Nested(CaseOut)
    reasons = ma.fields.List(ma.fields.String(), metadata={"description": "why it is near, the weightiest first"})


@blp.route("/nearest")
@access.allow(*STAFF_ROLES)
@blp.arguments(NearArgs, location="query")
@blp.response(200, NearOut(many=True))
def nearest_cases(args: dict[str, Any]) -> list[dict[str, Any]]:
    """The published cases nearest to a company, by place, industry, size and need"""
    scope = access.scope()
    company = search.get(db.session, scope, args["company_id"])
    places = [place for place in company.workplaces if search.in_reach(scope, place)]
    if not places:
        raise NotFound("담당 지역에 사업장이 없는 기업입니다.")
    like = nearest.of_workplace(places[0], nearest.needs_of_company(db.session, company.id))
    today = kst_today(current_app.extensions["outreach"].clock.now())
    found = nearest.nearest(db.session, service.publishable(scope, today), like, limit=args["limit"])
    return [{"case": near.case, "reasons": [translated(reason) for reason in near.reasons]} for near in found]
