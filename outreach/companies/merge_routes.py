"""Pages for companies that look like one: two side by side, merged or kept apart by a person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from outreach.audit.models import AccessKind
from outreach.companies import merge, search
from outreach.companies.identity import IDENTITY_RULE
from outreach.companies.models import Company
from outreach.companies.routes import now
from outreach.db import db
from outreach.errors import Invalid
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.paging import paginate

blueprint = Blueprint("company_merges", __name__, url_prefix="/companies/merges")


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    page = paginate(db.session, merge.suggestions(access.scope()), scalars=False)
    return render_template("companies/merges.html", page=page, identity_rule=IDENTITY_RULE)


@blueprint.get("/<int:suggestion_id>")
@access.allow(*STAFF_ROLES)
def show(suggestion_id: int) -> str:
    scope = access.scope()
    suggestion, *both = merge.pair(db.session, scope, suggestion_id)
    companies = [merge.with_places(db.session, company.id) for company in both]
    places = {company.id: [p for p in company.workplaces if search.in_reach(scope, p)] for company in companies}
    people = [contact.id for own in places.values() for place in own for contact in place.contacts]
    access.log_access(AccessKind.VIEW, "contact", people)
    return render_template(
        "companies/merge.html", suggestion=suggestion, companies=companies, places=places,
        can_edit=scope.role in EDITOR_ROLES, different=_different(*companies), identity_rule=IDENTITY_RULE,
    )


def _different(one: Company, other: Company) -> bool:
    """Whether their business numbers say that they are two."""
    return bool(one.business_number and other.business_number) and one.business_number != other.business_number


@blueprint.post("/<int:suggestion_id>/merge")
@access.allow(*EDITOR_ROLES)
def merge_pair(suggestion_id: int) -> Any:
    scope = access.scope()
    _suggestion, *both = merge.pair(db.session, scope, suggestion_id)
    kept = request.form.get("kept", "")
    if kept not in {str(company.id) for company in both}:
        raise Invalid("남길 기업을 골라 주세요.")
    gone = next(company for company in both if str(company.id) != kept)
    carry_over = current_app.extensions["outreach"].registry.company_merges()
    company = merge.merge(
        db.session, scope, access.actor(), int(kept), gone.id, carry_over=carry_over, now=now()
    )
    db.session.commit()
    flash(_("한 기업으로 합쳤습니다."), "success")
    return redirect(url_for("companies.show", company_id=company.id))


@blueprint.post("/<int:suggestion_id>/dismiss")
@access.allow(*EDITOR_ROLES)
def dismiss(suggestion_id: int) -> Any:
    merge.dismiss(db.session, access.scope(), access.actor(), suggestion_id, now=now())
    db.session.commit()
    flash(_("서로 다른 기업으로 두었습니다."), "success")
    return redirect(url_for(".index"))
