"""Companies, contact persons and suppressions in the API: for staff, and within the person's centre.

Every answer that shows a contact person or a suppressed address is recorded like a page that does.
"""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask import url_for

from outreach.audit.models import AccessKind
from outreach.companies import consent, search, service
from outreach.companies.emails import address_key
from outreach.companies.identity import normalise_company_name
from outreach.companies.models import Company, ConsentPurpose, Contact, Suppression, SuppressionReason, Workplace
from outreach.companies.rules import read_business_number
from outreach.companies.search import CompanyFilter
from outreach.db import db
from outreach.errors import Invalid
from outreach.regions.api import CentreRef, RegionRef
from outreach.scope import LEAD_ROLES, STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.paging import CursorPage, after

companies = api.area("Companies", "/companies", "Businesses and their workplaces.")
contacts = api.area("Contacts", "/contacts", "Contact persons: name, post, business e-mail and phone.")
suppressions = api.area("Suppressions", "/suppressions", "Addresses that get no mail, whoever they belong to.")


# -- companies ---------------------------------------------------------------------------------------------


class WorkplaceOut(Shown):
    id = ma.fields.Integer()
    workplace_number = ma.fields.String(allow_none=True, metadata={"description": "사업장관리번호, 11 digits"})
    name = ma.fields.String()
    is_head = ma.fields.Boolean()
    address = ma.fields.String()
    postcode = ma.fields.String()
    phone = ma.fields.String()
    province = ma.fields.Nested(RegionRef, allow_none=True)
    district = ma.fields.Nested(RegionRef, allow_none=True)
    centre = ma.fields.Nested(CentreRef, allow_none=True)
    complex_id = ma.fields.Integer(allow_none=True, metadata={"description": "the industrial complex it lies in"})
    section = ma.fields.String(metadata={"description": "KSIC section, one letter"})
    ksic = ma.fields.String()
    headcount = ma.fields.Integer(allow_none=True)
    version = ma.fields.Integer()


class CompanyOut(Shown):
    id = ma.fields.Integer()
    name = ma.fields.String()
    business_number = ma.fields.String(allow_none=True, metadata={"description": "사업자등록번호, 10 digits"})
    corporate_number = ma.fields.String(allow_none=True, metadata={"description": "법인등록번호, 13 digits"})
    representative = ma.fields.String()
    section = ma.fields.String(metadata={"description": "KSIC section, one letter"})
    ksic = ma.fields.String(metadata={"description": "industry code of the 11th revision, 2 to 5 digits"})
    industry = ma.fields.String()
    headcount = ma.fields.Integer(allow_none=True)
    homepage = ma.fields.String()
    fictional = ma.fields.Boolean(metadata={"description": "made up for the demo"})
    version = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()


class CompanyDetailOut(CompanyOut):
    workplaces = ma.fields.List(
        ma.fields.Nested(WorkplaceOut), metadata={"description": "those within the account's centre"}
    )
    other_workplaces = ma.fields.Integer(metadata={"description": "how many lie in other centres"})


class CompanyArgs(CursorArgs):
    business_number = fields.text(20, "all ten digits, with or without hyphens", load_default=None)
    name = fields.text(100, "part of the name; (주) and spaces don't matter", load_default=None)
    centre_id = fields.row_id("with a workplace of this centre", strict=False, load_default=None)
    province_id = fields.row_id("with a workplace in this province", strict=False, load_default=None)
    district_id = fields.row_id("with a workplace in this district", strict=False, load_default=None)
    section = fields.text(1, "with a workplace of this KSIC section, A to U", load_default="")
    updated_since = fields.moment("changed at this instant or later, in itself or in a workplace", load_default=None)


@companies.route("")
@access.allow(*STAFF_ROLES)
@companies.arguments(CompanyArgs, location="query")
@companies.response(200, api.page_schema(CompanyOut))
def list_companies(args: dict[str, Any]) -> CursorPage:
    """Companies"""
    scope, cursor, limit = access.scope(), args.pop("cursor"), args.pop("limit")
    number, name, since = (args.pop(field) for field in ("business_number", "name", "updated_since"))
    asked = CompanyFilter(**args)
    query = search.ordered(scope, asked, "new", False, search.gather(db.session, scope, asked))
    if number is not None:
        query = query.where(Company.business_number == _business_number(number))
    if name is not None:
        query = query.where(Company.name_key.contains(normalise_company_name(name), autoescape=True))
    if since is not None:
        place = sa.exists().where(Workplace.company_id == Company.id, Workplace.updated_at >= since)
        query = query.where(sa.or_(Company.updated_at >= since, place))
    return after(db.session, query, Company.id, cursor=cursor, limit=limit)


def _business_number(text: str) -> str:
    found = read_business_number(text)
    if not isinstance(found, str):
        problem = "사업자등록번호 10자리를 보내 주세요."
        raise Invalid(problem, fields={"business_number": problem})
    return found


@companies.route("/<int:company_id>")
@access.allow(*STAFF_ROLES)
@companies.response(200, CompanyDetailOut)
def get_company(company_id: int) -> Any:
    """One company with its workplaces"""
    scope = access.scope()
    company = search.get(db.session, scope, company_id)
    own = [place for place in company.workplaces if search.in_reach(scope, place)]
    shown = {name: getattr(company, name, None) for name in CompanyOut().fields}
    shown |= {"workplaces": own, "other_workplaces": len(company.workplaces) - len(own)}
    return shown, 200, {"ETag": f'"{company.version}"'}


# -- contact persons ---------------------------------------------------------------------------------------


class ConsentOut(Shown):
    purpose = ma.fields.Enum(ConsentPurpose, by_value=True)
    given_at = ma.fields.AwareDateTime()
    how = ma.fields.String(metadata={"description": "the evidence"})
    withdrawn_at = ma.fields.AwareDateTime(allow_none=True)


class ContactOut(Shown):
    id = ma.fields.Integer()
    company_id = ma.fields.Integer(attribute="workplace.company_id")
    workplace_id = ma.fields.Integer()
    name = ma.fields.String()
    title = ma.fields.String()
    email = ma.fields.String()
    phone = ma.fields.String()
    consents = ma.fields.List(ma.fields.Nested(ConsentOut))
    version = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()


class ContactFields(Schema):
    name = fields.text(60, "the person's name")
    title = fields.text(60, "post or department")
    email = fields.text(254, "business e-mail; '' for none")
    phone = fields.text(32, "business phone")


class NewContact(ContactFields):
    workplace_id = fields.row_id("where the person works", required=True)


class ContactEdit(ContactFields):
    version = api.version_field()


class ContactArgs(CursorArgs):
    company_id = fields.row_id("people of this company", strict=False, load_default=None)
    workplace_id = fields.row_id("people of this workplace", strict=False, load_default=None)
    email = fields.text(254, "with this address", load_default=None)


@contacts.route("")
@access.allow(*STAFF_ROLES)
@contacts.arguments(ContactArgs, location="query")
@contacts.response(200, api.page_schema(ContactOut))
def list_contacts(args: dict[str, Any]) -> CursorPage:
    """Contact persons

    Each reading is recorded with the ids shown."""
    company_id, workplace_id, email = (args.pop(field) for field in ("company_id", "workplace_id", "email"))
    query = sa.select(Contact).join(Contact.workplace).where(*search.reach(access.scope())).options(
        sa.orm.contains_eager(Contact.workplace), sa.orm.selectinload(Contact.consents)
    )
    if company_id is not None:
        search.get(db.session, access.scope(), company_id)
        query = query.where(Workplace.company_id == company_id)
    if workplace_id is not None:
        query = query.where(Contact.workplace_id == workplace_id)
    if email is not None:
        query = query.where(Contact.address_key == address_key(email))
    page = after(db.session, query, Contact.id, **args)
    access.log_access(AccessKind.VIEW, "contact", [contact.id for contact in page.items], "api")
    return page


@contacts.route("", methods=["POST"])
@access.allow(*LEAD_ROLES)
@api.saves_once
@contacts.arguments(NewContact)
@contacts.response(201, ContactOut)
def create_contact(values: dict[str, Any]) -> Any:
    """Add a contact person

    At least one of name, email and phone. A suppression of the address stays in force."""
    workplace_id = values.pop("workplace_id")
    row = service.add_contact(db.session, access.scope(), access.actor(), workplace_id, values, now=api.now())
    shown, status, headers = api.versioned(row, 201)
    return shown, status, headers | {"Location": url_for(".get_contact", contact_id=row.id)}


@contacts.route("/<int:contact_id>")
@access.allow(*STAFF_ROLES)
@contacts.response(200, ContactOut)
def get_contact(contact_id: int) -> Any:
    """One contact person

    The reading is recorded."""
    access.log_access(AccessKind.VIEW, "contact", [contact_id], "api")
    return api.versioned(search.get_contact(db.session, access.scope(), contact_id))


@contacts.route("/<int:contact_id>", methods=["PATCH"])
@access.allow(*LEAD_ROLES)
@api.saves
@contacts.arguments(ContactEdit)
@contacts.response(200, ContactOut)
def edit_contact(values: dict[str, Any], contact_id: int) -> Any:
    """Change a contact person: the fields given"""
    version = api.expected_version(values)
    access.log_access(AccessKind.VIEW, "contact", [contact_id], "api")
    return api.versioned(service.edit_contact(
        db.session, access.scope(), access.actor(), contact_id, values, version=version, now=api.now()
    ))


@contacts.route("/<int:contact_id>", methods=["DELETE"])
@access.allow(*LEAD_ROLES)
@api.saves
@contacts.arguments(api.VersionArgs, location="query")
@contacts.response(204)
def delete_contact(values: dict[str, Any], contact_id: int) -> None:
    """Delete a contact person's data

    A suppression of the address stays in force."""
    version = api.expected_version(values)
    service.remove_contact(
        db.session, access.scope(), access.actor(), contact_id, version=version, now=api.now()
    )


# -- suppressions ------------------------------------------------------------------------------------------


class SuppressionOut(Shown):
    id = ma.fields.Integer()
    address = ma.fields.String(attribute="address_key", metadata={"description": "normalised: in lower case"})
    reason = ma.fields.Enum(SuppressionReason, by_value=True)
    source = ma.fields.String(metadata={"description": "where the wish came from"})
    created_at = ma.fields.AwareDateTime()


class SuppressionArgs(CursorArgs):
    address = fields.text(254, "this address, or a part of those in reach", load_default="")


class NewSuppression(Schema):
    address = fields.text(254, "the e-mail address", required=True)
    source = fields.text(200, "how the wish was told, e.g. by phone and when", required=True)


class Lift(Schema):
    reason = fields.text(200, "why mail is allowed again; kept in the change record", required=True)


@suppressions.route("")
@access.allow(*STAFF_ROLES)
@suppressions.arguments(SuppressionArgs, location="query")
@suppressions.response(200, api.page_schema(SuppressionOut))
def list_suppressions(args: dict[str, Any]) -> CursorPage:
    """Suppressed addresses

    For a centre those of its contacts and those it entered; an address given in full is always told."""
    address = args.pop("address").strip()
    page = after(db.session, consent.suppressions(access.scope(), address), Suppression.id, **args)
    access.log_access(AccessKind.VIEW, "suppression", [row.id for row in page.items], "api")
    return page


@suppressions.route("", methods=["POST"])
@access.allow(*LEAD_ROLES)
@api.saves_once
@suppressions.arguments(NewSuppression)
@suppressions.response(201, SuppressionOut)
def create_suppression(values: dict[str, Any]) -> Suppression:
    """No more mail to an address

    It also ends the consents of everyone with that address."""
    return consent.suppress_by_hand(
        db.session, access.scope(), access.actor(), values["address"], values["source"], now=api.now()
    )


@suppressions.route("/<int:suppression_id>/lift", methods=["POST"])
@access.allow(*LEAD_ROLES)
@api.saves
@suppressions.arguments(Lift)
@suppressions.response(204)
def lift_suppression(values: dict[str, Any], suppression_id: int) -> None:
    """Allow mail to the address again, with a reason"""
    row = consent.visible_suppression(db.session, access.scope(), suppression_id)
    consent.lift(db.session, row.address_key, values["reason"], actor=access.actor(), now=api.now())
