"""Partner organisations in the API. A partner's token sees its own organisation alone."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.organisations import service
from outreach.organisations.models import Organisation, OrganisationKind
from outreach.regions.api import CentreRef, RegionRef
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Partners", "/partners", "Partner organisations: complex managers, local governments, associations.")


class PartnerOut(Shown):
    id = ma.fields.Integer()
    kind = ma.fields.Enum(OrganisationKind, by_value=True)
    name = ma.fields.String()
    name_en = ma.fields.String()
    centre = ma.fields.Nested(CentreRef, allow_none=True, metadata={
        "description": "the centre that looks after it; null: headquarters"})
    phone = ma.fields.String()
    homepage = ma.fields.String()
    mou_from = ma.fields.Date(allow_none=True, metadata={"description": "first day of the agreement"})
    mou_to = ma.fields.Date(allow_none=True, metadata={"description": "last day of the agreement"})
    regions = ma.fields.List(ma.fields.Nested(RegionRef))
    active = ma.fields.Boolean()
    fictional = ma.fields.Boolean(metadata={"description": "made up for the demo"})
    version = ma.fields.Integer()
    updated_at = ma.fields.AwareDateTime()


class PartnerContactOut(Shown):
    id = ma.fields.Integer()
    name = ma.fields.String()
    title = ma.fields.String()
    email = ma.fields.String()
    phone = ma.fields.String()


class PartnerDetailOut(PartnerOut):
    contacts = ma.fields.List(ma.fields.Nested(PartnerContactOut))


class PartnerArgs(CursorArgs):
    kind = fields.word(OrganisationKind, "only this kind", load_default=None)
    centre_id = fields.row_id("looked after by this centre", strict=False, load_default=None)
    name = fields.text(100, "part of the name, or of a contact person's", load_default="")
    active = fields.flag("true: only those we work with now; false: only closed ones", load_default=None)


@blp.route("")
@access.allow()
@blp.arguments(PartnerArgs, location="query")
@blp.response(200, api.page_schema(PartnerOut))
def list_partners(args: dict[str, Any]) -> CursorPage:
    """Partner organisations"""
    query = service.organisations_query(
        access.scope(), text=args.pop("name").strip(), kind=args.pop("kind"), centre_id=args.pop("centre_id"),
        active=args.pop("active"),
    )
    return after(db.session, query, Organisation.id, **args)


@blp.route("/<int:partner_id>")
@access.allow()
@blp.response(200, PartnerDetailOut)
def get_partner(partner_id: int) -> Any:
    """One partner organisation with its contact persons

    Looking at the contact persons is recorded."""
    organisation = service.get(db.session, access.scope(), partner_id)
    access.log_access(AccessKind.VIEW, "organisation_contact", [row.id for row in organisation.contacts], "api")
    return api.versioned(organisation)
