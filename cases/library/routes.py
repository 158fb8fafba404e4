"""Pages of best-practice cases: list, record, form, states. What is made of a case (sheets) comes in as panels of
slot 'case'; pictures, consents and the interview have modules of their own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.library import cells, grams, highlight, photos, service
from cases.library.forms import CaseForm, MoveForm, TakeDownForm
from cases.library.models import Case
from cases.library.rights import PHOTO_KINDS, PORTRAITS, photo_problems
from cases.library.rules import (
    CONSENT_LABELS,
    MOVES,
    NEED_LABELS,
    OUTLET_LABELS,
    STATE_LABELS,
    WRITABLE,
    CaseState,
    Need,
    consent_problems,
)
from cases.library.scenes import scene
from cases.library.veil import VEIL_LABELS, shown, size_band
from outreach.audit import service as audit
from outreach.clock import kst_today
from outreach.companies import search
from outreach.companies.ksic import SECTIONS
from outreach.companies.search import CompanyFilter
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.programmes.rules import MARKS, usable
from outreach.regions import service as regions
from outreach.regions.models import IndustrialComplex
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.language import translated
from outreach.web.numbers import read_id
from outreach.web.paging import paginate

blueprint = Blueprint("cases", __name__, url_prefix="/cases")

PAGE_SIZE = 24
SUGGESTIONS = 8


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _today() -> date:
    return kst_today(_now())


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "CASE_STATES": STATE_LABELS, "CASE_CONSENTS": CONSENT_LABELS, "CASE_FIELDS": FIELD_WORDS,
        "CASE_WORDS": {scope.value: _(label) for scope, label in CONSENT_LABELS.items()}, "SECTIONS": SECTIONS,
        "size_band": size_band, "programme_warnings": usable, "case_shown": shown, "highlight": highlight,
        "CASE_NEEDS": {need.value: label for need, label in NEED_LABELS.items()}, "PHOTO_KINDS": PHOTO_KINDS,
        "CASE_OUTLETS": {outlet.value: label for outlet, label in OUTLET_LABELS.items()}, "CASE_VEILS": VEIL_LABELS,
        "PORTRAITS": PORTRAITS, "case_scene": scene, "photo_problems": photo_problems, "lead_photo": photos.lead,
    }


#: Words for the history panel, where they differ from the site's own.
FIELD_WORDS = {
    "headline": "제목", "display_name": "표시 이름", "summary": "요약", "problem": "어려움", "system": "함께 찾은 방법",
    "steps": "한 일", "effect": "달라진 점", "figures": "수치", "costs": "비용과 지원금", "advice": "조언",
    "quote": "인용문", "quote_by": "말한 사람", "planner_name": "담당 플래너", "keywords": "검색어",
    "programmes": "활용한 제도", "company": "기업", "consent_scope": "공개 동의 범위", "consent_on": "동의한 날",
    "consent_until": "동의 종료일", "consent_evidence": "동의 증빙", "fact_checked_on": "사실 확인일",
    "fact_checked_by": "확인한 사람", "photo": "사진", "caption": "사진 설명", "rights_holder": "저작권자",
    "portrait": "찍힌 사람의 동의", "portrait_evidence": "초상 동의 증빙", "rights_until": "쓸 수 있는 기한",
    "taken_by": "찍은 사람", "taken_on": "찍은 날", "evidence": "증빙 파일", "photo_lead": "대표 사진",
    "consent_form": "동의서 파일",
    "needs": "회사의 고민", "outlets": "실어도 되는 곳", "veil": "익명일 때 공개 정도", "consented_by": "동의한 사람",
    "interviewed_on": "방문 조사일", "ksic": "업종 코드", "asked_on": "요청받은 날", "asked_by": "요청한 사람",
    "province_id": "시·도", "complex_id": "산업단지", "section": "업종 대분류", "industry": "업종",
    "headcount": "상시근로자", "acknowledged": "확인한 경고",
}


# -- reading -------------------------------------------------------------------------------------------


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    args, scope = request.args, access.scope()
    state = next((state for state in CaseState if state.value == args.get("state")), None)
    text = args.get("q", "").strip()[:100]
    conditions: dict[str, Any] = {
        "text": text, "province_id": read_id(args.get("province")), "state": state,
        "section": args.get("section", "") if args.get("section") in SECTIONS else "",
        "need": args.get("need", "") if args.get("need") in set(Need) else "",
    }
    page, loose = paginate(db.session, service.cases_query(scope, **conditions), size=PAGE_SIZE), False
    if text and not page.total:
        page, loose = paginate(db.session, service.cases_query(scope, loose=True, **conditions), size=PAGE_SIZE), True
    return render_template(
        "cases/list.html", page=page, args=args, today=_today(), search=grams.asked(text), loose=loose,
        needs=[(need.value, _(label)) for need, label in NEED_LABELS.items()],
        provinces=regions.province_options(db.session, _today()), may_write=scope.role in service.WRITER_ROLES,
        states=[(state.value, _(label)) for state, label in STATE_LABELS.items()],
        sections=[(key, f"{key} {_(name)}") for key, name in SECTIONS.items()],
    )


@blueprint.get("/<int:case_id>")
@access.allow(*STAFF_ROLES)
def show(case_id: int) -> str:
    scope, today = access.scope(), _today()
    case = service.get(db.session, scope, case_id)
    own, may_write = service.is_own(scope, case), service.may_write(scope, case)
    moves = [state for state in MOVES[case.state] if may_write]
    if scope.role not in EDITOR_ROLES or service.wrote(db.session, case, scope.user_id):
        moves = [state for state in moves if state is not CaseState.PUBLISHED]
    return render_template(
        "cases/show.html", case=case, own=own, today=today, may_write=may_write, moves=moves,
        editable=may_write and case.state in WRITABLE, warnings=service.to_confirm(db.session, case, today),
        problems=service.problems(db.session, case, today) if own else [], lapsed=_lapsed(case, today),
        form=MoveForm(formdata=None), take_down_form=TakeDownForm(formdata=None, asked_on=today),
        cells=cells.cells(db.session, case) if own else [],
        history=audit.history(db.session, "case", case.id)[:20] if own else [],
    )


def _lapsed(case: Case, today: date) -> list[str]:
    """What became wrong with a published case since."""
    return consent_problems(case, today, None) if case.state is CaseState.PUBLISHED else []


@blueprint.get("/companies")
@access.allow(*service.WRITER_ROLES)
def companies() -> str:
    """Choices for the form's company, as a fragment."""
    text = request.args.get("company_text", "").strip()[:100]
    found = search.find(db.session, access.scope(), CompanyFilter(text=text), size=SUGGESTIONS) if text else None
    return render_template("cases/_companies.html", companies=found.items if found else [], text=text)


# -- writing -------------------------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*service.WRITER_ROLES)
def new() -> Any:
    form = _with_choices(CaseForm(), None)
    if form.validate_on_submit() and (case := _saved(form, None)):
        flash(_("사례를 만들었습니다. 사진을 더하고 사실 확인을 시작해 주세요."), "success")
        return redirect(url_for(".show", case_id=case.id))
    return _form_page(form, None)


@blueprint.route("/<int:case_id>/edit", methods=["GET", "POST"])
@access.allow(*service.WRITER_ROLES)
def edit(case_id: int) -> Any:
    case = service.writable(db.session, access.scope(), case_id)
    form = CaseForm(obj=case) if request.method == "GET" else CaseForm()
    if request.method == "GET":
        form.fill(case)
    _with_choices(form, case)
    if form.validate_on_submit() and _saved(form, case):
        flash(_("저장했습니다."), "success")
        return redirect(url_for(".show", case_id=case_id))
    return _form_page(form, service.writable(db.session, access.scope(), case_id))


def _with_choices(form: CaseForm, case: Case | None) -> CaseForm:
    nothing, today = ("", _("정하지 않음")), _today()
    form.province_id.choices = [nothing, *regions.province_options(db.session, today)]
    if case is not None and case.province and (case.province_id, case.province.name_ko) not in form.province_id.choices:
        form.province_id.choices.append((case.province_id, case.province.name_ko))
    complexes = sa.select(IndustrialComplex.id, IndustrialComplex.name).order_by(IndustrialComplex.name)
    form.complex_id.choices = [nothing, *((row.id, row.name) for row in db.session.execute(complexes))]
    form.section.choices = [nothing, *((key, f"{key} {_(name)}") for key, name in SECTIONS.items())]
    versions = service.current_versions(db.session, today)
    versions += [version for version in (case.programmes if case else []) if version not in versions]
    form.programme_ids.choices = [(version.id, _programme_label(version, today)) for version in versions]
    return form


def _programme_label(version: Any, today: date) -> str:
    marks = ", ".join(_(MARKS[text]) for text in usable(version, today))
    return f"{version.programme.name_ko} ({marks})" if marks else version.programme.name_ko


def _form_page(form: CaseForm, case: Case | None) -> Any:
    scope, company_id = access.scope(), form.company_id.data
    try:
        company = search.get(db.session, scope, company_id) if company_id else None
    except NotFound:
        company = None
    page = render_template("cases/edit.html", form=form, case=case, company=company)
    return page, 422 if form.errors else 200


def _saved(form: CaseForm, case: Case | None) -> Case | None:
    """The saved case; None when it could not be saved and the form now says why."""
    scope, actor = access.scope(), access.actor()
    try:
        if case is None:
            case = service.create(db.session, scope, actor, form.values(), now=_now())
        else:
            version = int(form.version.data or 0)
            service.edit(db.session, scope, actor, case, form.values(), version=version, now=_now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        named = [name for name in error.fields if name in form]
        for name in named:
            form[name].errors = [*form[name].errors, translated(error.fields[name])]
        if not named:
            form.form_errors.append(translated(error.message))
        return None
    return case


@blueprint.post("/<int:case_id>/state")
@access.allow(*service.WRITER_ROLES)
def move(case_id: int) -> Any:
    scope, form = access.scope(), MoveForm()
    case = service.writable(db.session, scope, case_id)
    if not form.validate_on_submit():
        flash(_("바꿀 상태를 골라 주세요."), "error")
        return redirect(url_for(".show", case_id=case_id))
    try:
        service.move(
            db.session, scope, access.actor(), case, form.state.data, acknowledged=bool(form.acknowledged.data),
            reason=(form.reason.data or "").strip(), now=_now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        flash(_("‘%(state)s’ 상태로 바꾸었습니다.", state=_(STATE_LABELS[form.state.data])), "success")
    return redirect(url_for(".show", case_id=case_id))
