"""Pages of companies: the list and its export, one company with its places and people, editing both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.companies import consent, export, forms, history, ksic, merge, search, service
from outreach.companies.identity import IDENTITY_RULE
from outreach.companies.models import Company, Workplace
from outreach.companies.search import CompanyFilter
from outreach.db import db
from outreach.errors import DomainError, Invalid, NotFound, StaleEdit
from outreach.regions import service as regions
from outreach.regions.models import IndustrialComplex
from outreach.scope import EDITOR_ROLES, LEAD_ROLES, STAFF_ROLES
from outreach.web import access, xlsx
from outreach.web.language import translated
from outreach.web.paging import page_number

blueprint = Blueprint("companies", __name__, url_prefix="/companies")

SIZE_LABELS = {
    "1-4": _l("5인 미만"), "5-9": _l("5~9인"), "10-29": _l("10~29인"), "30-99": _l("30~99인"),
    "100-299": _l("100~299인"), "300": _l("300인 이상"),
}


def now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def today() -> date:
    return kst_today(now())


SECTIONS = {letter: _l(name) for letter, name in ksic.SECTIONS.items()}


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "KSIC_SECTIONS": SECTIONS, "CONSENT_PURPOSES": consent.PURPOSE_LABELS,
        "SUPPRESSION_REASONS": consent.REASON_LABELS, "suppression_source": consent.source_words,
        "company_tabs": company_tabs, "workplace_title": workplace_title,
    }


def company_tabs(current: str) -> list[tuple[Any, ...]]:
    """The sister views of companies; the import's tab appears with its feature."""
    scope = access.scope()
    entries: list[tuple[Any, ...]] = [(_("기업 목록"), url_for("companies.index"), current == "list")]
    if "company_imports.index" in current_app.view_functions and scope.role in EDITOR_ROLES:
        entries.append((_("명단 가져오기"), url_for("company_imports.index"), current == "imports"))
    waiting = merge.waiting(db.session, scope)
    entries.append((_("합칠 후보"), url_for("company_merges.index"), current == "merges", waiting))
    entries.append((pgettext("menu", "수신거부"), url_for("suppressions.index"), current == "suppressions"))
    if "notices.index" in current_app.view_functions:
        entries.append((_("수신동의 통지"), url_for("notices.index"), current == "notices"))
    return entries


# -- many companies --------------------------------------------------------------------------------------


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _asked() -> CompanyFilter:
    """Conditions from the address; a district that is not of the province chosen is let go."""
    args = request.args
    districts = dict(_districts(_number("province")))
    district = _number("district")
    return CompanyFilter(
        text=args.get("q", "").strip()[:100], province_id=_number("province"),
        district_id=district if district in districts else None, centre_id=_number("centre"),
        complex_id=_number("complex"), section=args.get("section", "")[:1], size=args.get("size", ""),
        address=args.get("address", ""),
    )


def _districts(province_id: int | None) -> list[tuple[int, str]]:
    """The districts to choose from: a province's, or for a centre those of its jurisdiction."""
    scope, day = access.scope(), today()
    if scope.centre_id is None:
        return regions.district_options(db.session, province_id, day) if province_id else []
    rows = regions.jurisdictions(db.session, scope.centre_id)
    return [(row.region_id, row.region.name_ko) for row in rows if row.holds_on(day)]


def _choices(asked: CompanyFilter) -> dict[str, Any]:
    """What the filter bar offers."""
    scope, day = access.scope(), today()
    wide = scope.sees_all_centres
    return {
        "provinces": regions.province_options(db.session, day) if wide else [],
        "districts": _districts(asked.province_id),
        "centres": [(centre.id, centre.name_ko) for centre in regions.centres(db.session, day)] if wide else [],
        "complexes": complexes(), "sections": SECTIONS.items(), "sizes": SIZE_LABELS.items(),
        "addresses": [("yes", _("있음")), ("no", _("없음"))],
    }


def complexes() -> list[tuple[int, str]]:
    query = sa.select(IndustrialComplex.id, IndustrialComplex.name).order_by(IndustrialComplex.name)
    return [(row.id, row.name) for row in db.session.execute(query)]


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    asked = _asked()
    order, descending = request.args.get("sort", "name"), request.args.get("dir") == "desc"
    order = order if order in search.ORDERS else "name"
    page = search.find(
        db.session, access.scope(), asked, order=order, descending=descending, number=page_number()
    )
    return render_template(
        "companies/list.html", page=page, asked=asked, order=order, descending=descending, sort_url=_sort_url,
        kept=_kept("page"), place_of=_place_of, can_edit=access.scope().role in EDITOR_ROLES,
        **_choices(asked),
    )


def _place_of(company: Company) -> Workplace | None:
    """The workplace that stands for the company in a list: the person's own before others."""
    scope = access.scope()
    return min(company.workplaces, key=lambda place: not search.in_reach(scope, place), default=None)


def _kept(*without: str) -> dict[str, str]:
    return {key: value for key, value in request.args.items() if key not in without and value}


def _sort_url(order: str) -> str:
    """The list sorted by ``order``; a second click turns it round."""
    same = request.args.get("sort", "name") == order
    direction = "desc" if same and request.args.get("dir") != "desc" else "asc"
    return url_for(".index", **_kept("page", "sort", "dir"), sort=order, dir=direction)


@blueprint.get("/export.xlsx")
@access.allow(*STAFF_ROLES)
def download() -> Any:
    """The filtered list with contact persons; who took it and why is recorded (안전성 확보조치 기준 제8조)."""
    reason = request.args.get("reason", "").strip()
    if not reason:
        raise Invalid("개인정보를 내려받는 까닭을 적어 주세요.")
    scope = access.scope()
    ids = export.company_ids(db.session, scope, _asked())
    contacts: list[int] = []

    def cells() -> Any:
        for row, contact_id in export.rows(db.session, scope, ids):
            if contact_id is not None:
                contacts.append(contact_id)
            yield row

    content = xlsx.workbook([str(header) for header in export.HEADERS], cells(), sheet=_("기업"))
    kept = "&".join(f"{key}={value}" for key, value in _kept("page", "reason", "sort", "dir").items())
    access.log_access(AccessKind.EXPORT, "contact", contacts, f"{reason[:200]} | {kept}")
    return xlsx.attachment(content, f"기업_{today():%Y%m%d}.xlsx")


# -- one company -----------------------------------------------------------------------------------------


@blueprint.get("/<int:company_id>")
@access.allow(*STAFF_ROLES)
def show(company_id: int) -> str:
    """The company with its people; looking at them is recorded."""
    scope = access.scope()
    company = search.for_page(db.session, scope, company_id)
    own = [place for place in company.workplaces if search.in_reach(scope, place)]
    people = [contact for place in own for contact in place.contacts]
    access.log_access(AccessKind.VIEW, "contact", [contact.id for contact in people], company.name)
    return render_template(
        "companies/show.html", company=company, own=own, others=len(company.workplaces) - len(own),
        refused=consent.suppressed(db.session, [contact.address_key or "" for contact in people]),
        timeline=history.entries(db.session, company_id), identity_rule=IDENTITY_RULE,
        can_edit=scope.role in EDITOR_ROLES, can_contact=scope.role in LEAD_ROLES,
    )


def save(form: forms.EditForm, act: Callable[[], str], done: str) -> Any:
    """Do one edit and go to the address ``act`` returns. None if the form or the service refused it: nothing is
    saved and the form carries the reasons."""
    if not form.validate_on_submit():
        return None
    try:
        target = act()
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        if isinstance(error, StaleEdit):
            flash(translated(error.message), "warning")
        form.take_errors(error)
        return None
    flash(done, "success")
    return redirect(target)


def _place_choices(form: Any) -> Any:
    form.district.choices = {
        "": [("", forms.AUTOMATIC)], **regions.grouped_district_options(db.session, today())
    }
    form.complex.choices = [("", _("해당 없음")), *complexes()]
    return form


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def new() -> Any:
    form = _place_choices(forms.NewCompanyForm())

    def act() -> str:
        company = service.create(
            db.session, access.scope(), access.actor(), form.given(forms.COMPANY_FIELDS),
            form.given(forms.HEAD_FIELDS), now=now(), district_id=form.district.data, complex_id=form.complex.data,
        )
        return url_for(".show", company_id=company.id)

    saved = save(form, act, _("기업을 등록했습니다. 이어서 담당자를 추가해 주세요."))
    status = 422 if form.errors or form.form_errors else 200
    page = "companies/new.html"
    return saved or (render_template(page, form=form, identity_rule=IDENTITY_RULE), status)


@blueprint.route("/<int:company_id>/edit", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def edit(company_id: int) -> Any:
    company = search.get(db.session, access.scope(), company_id)
    form = forms.CompanyForm(obj=company)

    def act() -> str:
        service.edit_company(
            db.session, access.scope(), access.actor(), company_id, form.given(forms.COMPANY_FIELDS),
            version=form.version.data, now=now(),
        )
        return url_for(".show", company_id=company_id)

    saved = save(form, act, _("저장했습니다."))
    return saved or refused(form, "companies/edit.html", company=_fresh(company))


def refused(form: forms.EditForm, template: str, **values: Any) -> Any:
    """The form's page, first shown or shown again with what is wrong."""
    return render_template(template, form=form, **values), 422 if form.errors or form.form_errors else 200


def _fresh(row: Any) -> Any:
    """The row as it is now: after a refusal the session was rolled back, and others may have saved."""
    if row not in db.session:
        row = db.session.get(type(row), row.id)
    db.session.refresh(row)
    return row


# -- workplaces ----------------------------------------------------------------------------------------------


@blueprint.route("/<int:company_id>/workplaces/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def new_workplace(company_id: int) -> Any:
    company = search.get(db.session, access.scope(), company_id)
    form = _place_choices(forms.WorkplaceForm())

    def act() -> str:
        service.add_workplace(
            db.session, access.scope(), access.actor(), company_id, form.given(forms.WORKPLACE_FIELDS), now=now(),
            district_id=form.district.data, complex_id=form.complex.data,
        )
        return url_for(".show", company_id=company_id)

    saved = save(form, act, _("사업장을 추가했습니다."))
    return saved or refused(form, "companies/workplace.html", company=_fresh(company), workplace=None)


@blueprint.route("/workplaces/<int:workplace_id>/edit", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def edit_workplace(workplace_id: int) -> Any:
    workplace: Workplace = search.get_workplace(db.session, access.scope(), workplace_id)
    company_id = workplace.company_id
    form = _place_choices(forms.WorkplaceForm(obj=workplace, district=None, complex=workplace.complex_id))

    def act() -> str:
        service.edit_workplace(
            db.session, access.scope(), access.actor(), workplace_id, form.given(forms.WORKPLACE_FIELDS),
            version=form.version.data, now=now(), district_id=form.district.data, complex_id=form.complex.data,
        )
        return url_for(".show", company_id=company_id) if _still_seen(company_id) else url_for(".index")

    saved = save(form, act, _("저장했습니다."))
    workplace = _fresh(workplace)
    return saved or refused(form, "companies/workplace.html", company=workplace.company, workplace=workplace)


def _still_seen(company_id: int) -> bool:
    """Whether the company is still the person's after its place moved to another centre's area."""
    try:
        search.get(db.session, access.scope(), company_id)
    except NotFound:
        flash(_("주소가 다른 센터 관할이어서, 이 기업은 그 센터의 목록으로 옮겨졌습니다."), "info")
        return False
    return True


def workplace_title(place: Workplace) -> str:
    """What to call a workplace: its name, else whether it is the head office."""
    return place.name or (_("본사") if place.is_head else _("사업장"))
