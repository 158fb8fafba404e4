"""Pages of the material library for staff: list, one material with its editions, grants and downloads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.documents import service as documents
from cases.library import service as library
from cases.materials import citations, counting, giving, grants, orders, reviewing, service, terms, withdrawing
from cases.materials.forms import GrantForm, PublishForm, ReviewForm, RunForm, ShareForm, WithdrawForm
from cases.materials.jobs import templates_folder
from cases.materials.models import Edition, Material
from cases.materials.rules import FORMAT_LABELS, KIND_LABELS, STATE_LABELS, WAY_LABELS, EditionState, Way
from cases.materials.sending import send, send_page
from cases.sheets import licences
from outreach import links
from outreach.accounts import service as accounts
from outreach.audit import service as audit
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.acts import carry_out
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("materials", __name__, url_prefix="/materials")

PAGE_SIZE = 24
TONES = {
    EditionState.RENDERING: "info", EditionState.READY: "neutral", EditionState.FAILED: "danger",
    EditionState.PUBLISHED: "success", EditionState.WITHDRAWN: "warning",
    EditionState.RETURNED: "warning",
}


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "MATERIAL_KINDS": KIND_LABELS, "EDITION_STATES": STATE_LABELS, "EDITION_TONES": TONES, "WAYS": WAY_LABELS,
        "published_edition": service.published_edition, "MATERIAL_FIELDS": FIELD_WORDS,
        "warning_words": _warning_words, "LICENCES": licences.LABELS,
    }


FIELD_WORDS = {"edition": "판", "published": "게시한 판", "acknowledged": "확인한 점", "partner": "협력기관",
               "share": "기한 링크", "copies": "부수", "reviewer": "검토할 사람", "replacement": "대신할 자료",
               "unlicensed_for": "공공누리를 붙이지 않는 까닭"}


def _warning_words(warning: str) -> str:
    """A warning as an edition keeps it, in Korean ("제도 이름: 문구"), in the reader's language."""
    name, colon, words = warning.rpartition(": ")
    return f"{name}{colon}{translated(words)}"


# -- reading -------------------------------------------------------------------------------------------


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    args = request.args
    query = service.materials_query(
        access.scope(), text=args.get("q", "").strip()[:100],
        kind=args.get("kind", "") if args.get("kind") in KIND_LABELS else "",
        published={"yes": True, "no": False}.get(args.get("published", "")),
    )
    return render_template(
        "materials/list.html", page=paginate(db.session, query, size=PAGE_SIZE), args=args,
        kinds=[(name, _(label)) for name, label in KIND_LABELS.items()],
        may_edit=access.scope().role in EDITOR_ROLES,
    )


@blueprint.get("/<int:material_id>")
@access.allow(*STAFF_ROLES)
def show(material_id: int) -> str:
    scope = access.scope()
    material = service.get(db.session, scope, material_id)
    newest = material.editions[0] if material.editions else None
    grant_form = GrantForm()
    may_edit = service.may_edit(scope, material)
    if may_edit:
        choices = grants.grantable(db.session, scope, material)
        grant_form.organisation_id.choices = [(row.id, row.name) for row in choices]
    outreach = current_app.extensions["outreach"]
    sort = request.args.get("sort") if request.args.get("sort") in counting.ORDERS else "count"
    return render_template(
        "materials/show.html", material=material, newest=newest, published=service.published_edition(material),
        job=service.job_of(db.session, newest) if newest else None, may_edit=may_edit,
        may_publish=may_edit and newest is not None and service.may_publish(db.session, scope.user_id, newest),
        publish_form=PublishForm(), grant_form=grant_form, grants=grants.of_material(db.session, material),
        counts=counting.by_reader(service.downloads(db.session, material.id), sort), sort=sort,
        public_url=links.material_url(outreach.settings.base_url, outreach.signer, material.id),
        history=audit.history(db.session, "material", material.id)[:20],
        lapsed=service.lapsed(material, kst_today(_now())), licences=licences.LABELS,
        credit=licences.credit(
            material.licence, title=material.title, issuer=material.centre.name_ko if material.centre else "고용노동부",
            year=material.created_at.year, address=outreach.settings.base_url,
        ),
        **_giving(material, may_edit), **_deciding(material, newest if may_edit else None),
    )


def _deciding(material: Material, newest: Edition | None) -> dict[str, Any]:
    """What the page asks of those who may edit: whom to ask for a review, what a withdrawal would reach."""
    if newest is None:
        return {}
    published, today = service.published_edition(material), kst_today(_now())
    told: dict[str, Any] = {"licence_problem": terms.licence_problem(newest)}
    if newest.state is EditionState.READY:
        people = [row for row in reviewing.reviewers(db.session, newest) if row.id != access.scope().user_id]
        told["review_form"] = ReviewForm(formdata=None, reviewer=newest.reviewer_id).offer(people)
        told["reviewer"] = accounts.names(db.session, [newest.reviewer_id]).get(newest.reviewer_id)
    if published is not None:
        told["reach"] = withdrawing.reach(
            db.session, material, published, today, current_app.extensions.get(withdrawing.MAILINGS)
        )
        told["withdraw_form"] = _withdraw_form(material)
    return told


def _withdraw_form(material: Material) -> WithdrawForm:
    rows = db.session.scalars(service.replacements(material))
    return WithdrawForm().offer([(row.id, f"{row.title} ({_(KIND_LABELS[row.kind])})") for row in rows])


def _giving(material: Material, may_edit: bool) -> dict[str, Any]:
    """What the page shows of links with an end and of printed copies."""
    scope, outreach, today = access.scope(), current_app.extensions["outreach"], kst_today(_now())
    published = service.published_edition(material)
    forms = giving.formats_of(db.session, published) if published else {}
    return {
        "today": today, "may_share": may_edit and published is not None, "forms": forms,
        "shares": [
            (row, count, links.share_url(outreach.settings.base_url, outreach.signer, row.id))
            for row, count in giving.shares(db.session, scope, material)
        ],
        "share_form": ShareForm().offer([(form.value, _(FORMAT_LABELS[form])) for form in forms]),
        "stocks": [(row, *orders.stock(db.session, row.id)) for row in material.editions if row.published_at],
        "run_form": RunForm(printed_on=today), "holdings": orders.holdings(db.session, material),
    }


@blueprint.get("/<int:material_id>/editions/<int:number>.pdf")
@access.allow(*STAFF_ROLES)
def download(material_id: int, number: int) -> Any:
    scope = access.scope()
    edition = service.edition_of(service.get(db.session, scope, material_id), number)
    return send(edition, Way.STAFF, user_id=scope.user_id, now=_now())


@blueprint.get("/<int:material_id>/editions/<int:number>/page-<int:page>.png")
@access.allow(*STAFF_ROLES)
def page(material_id: int, number: int, page: int) -> Any:
    edition = service.edition_of(service.get(db.session, access.scope(), material_id), number)
    return send_page(edition, page)


# -- making --------------------------------------------------------------------------------------------


@blueprint.post("/from-case/<int:case_id>")
@access.allow(*EDITOR_ROLES)
def from_case(case_id: int) -> Any:
    case = library.get(db.session, access.scope(), case_id)
    return _render(
        lambda: service.of_case(db.session, access.scope(), case, now=_now()), url_for("cases.show", case_id=case_id)
    )


@blueprint.post("/from-document/<int:document_id>")
@access.allow(*EDITOR_ROLES)
def from_document(document_id: int) -> Any:
    document = documents.get(db.session, access.scope(), document_id)
    here = url_for("documents.edit", document_id=document_id, _anchor="pdf")
    return _render(
        lambda: service.of_document(db.session, access.scope(), document, now=_now()), here, here,
        current_app.extensions.get(service.LEADS),
    )


@blueprint.post("/<int:material_id>/render")
@access.allow(*EDITOR_ROLES)
def render(material_id: int) -> Any:
    here = url_for(".show", material_id=material_id)
    return _render(lambda: service.editable(db.session, access.scope(), material_id), here)


def _render(
    find: Callable[[], Material], if_refused: str, then: str | None = None,
    leads: Callable[..., str | None] | None = None,
) -> Any:
    """Have an edition made and go where its progress is seen. ``leads`` says where its QR code leads; without an
    answer where the one before led."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        material = find()
        if chosen := request.form.get("licence"):
            terms.set_licence(db.session, access.actor(), material, chosen, now=_now())
        edition = service.request_edition(
            db.session, access.actor(), material, templates_folder(app),
            response_url=leads(db.session, material) if leads else None, now=_now(),
        )
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(_said(error), "error")
        return redirect(if_refused)
    if edition.state is not EditionState.RENDERING:
        flash(_("달라진 내용이 없어 제%(number)s판을 그대로 씁니다.", number=edition.number), "info")
    return redirect(then or url_for(".show", material_id=material.id))


def _said(error: DomainError) -> str:
    """The message with the fields' reasons: there is no form to show them at."""
    reasons = " ".join(f"{PLACES.get(field, field)}: {translated(text)}" for field, text in error.fields.items())
    return " ".join(filter(None, (translated(error.message), reasons)))


PLACES = {
    "facts": "지역·업종·규모", "actions": "한 일", "effects": "수치", "programmes": "지원제도", "advice": "조언",
    "partners": "협력기관", "audience": "이런 회사에 권합니다", "steps": "이용 절차", "cases": "사례",
    "figures": "숫자", "checklist": "있으면 좋은 것",
}


# -- publishing and grants -----------------------------------------------------------------------------


@blueprint.post("/<int:material_id>/editions/<int:number>/publish")
@access.allow(*EDITOR_ROLES)
def publish(material_id: int, number: int) -> Any:
    form = PublishForm()
    form.validate()

    def act(edition: Edition) -> None:
        service.publish(
            db.session, access.actor(), edition, acknowledged=bool(form.acknowledged.data), now=_now()
        )

    return _change(material_id, number, act, _("게시했습니다. 받은 협력기관의 자료실에 이 판이 보입니다."))


@blueprint.post("/<int:material_id>/editions/<int:number>/send-back")
@access.allow(*EDITOR_ROLES)
def send_back(material_id: int, number: int) -> Any:
    reason = request.form.get("reason", "")
    return _change(
        material_id, number,
        lambda edition: service.send_back(db.session, access.actor(), edition, reason=reason, now=_now()),
        _("돌려보냈습니다. 만든 사람의 화면에 까닭이 보입니다."),
    )


@blueprint.post("/<int:material_id>/editions/<int:number>/withdraw")
@access.allow(*EDITOR_ROLES)
def withdraw(material_id: int, number: int) -> Any:
    form = _withdraw_form(service.editable(db.session, access.scope(), material_id))
    if not form.validate() and form.replacement.errors:
        flash(_("대신할 자료를 고르거나 ‘대신할 자료 없음’을 골라 주세요."), "error")
        return redirect(url_for(".show", material_id=material_id))
    return _change(
        material_id, number,
        lambda edition: withdrawing.withdraw(
            db.session, access.actor(), edition, reason=form.reason.data or "",
            replacement_id=form.replacement.data or None, now=_now(),
        ),
        _("배포를 중단했습니다. 공개 링크와 협력기관 자료실에는 중단했다는 안내가 보입니다."),
    )


@blueprint.post("/<int:material_id>/editions/<int:number>/ask-review")
@access.allow(*EDITOR_ROLES)
def ask_review(material_id: int, number: int) -> Any:
    """Ask a colleague to review it."""
    chosen, base_url = request.form.get("reviewer", type=int), current_app.extensions["outreach"].settings.base_url
    return _change(
        material_id, number,
        lambda edition: reviewing.ask(
            db.session, access.actor(), edition, chosen, base_url=base_url, now=_now()
        ),
        _("검토를 요청했습니다. 그 사람의 첫 화면에 보이고, 메일로도 알립니다."),
    )


def _change(material_id: int, number: int, act: Callable[[Edition], object], done: str) -> Any:
    edition = service.edition_of(service.editable(db.session, access.scope(), material_id), number)
    return _do(material_id, lambda: act(edition), done)


@blueprint.post("/<int:material_id>/grants")
@access.allow(*EDITOR_ROLES)
def grant(material_id: int) -> Any:
    scope, form = access.scope(), GrantForm()
    material = service.editable(db.session, scope, material_id)
    form.organisation_id.choices = [(row.id, row.name) for row in grants.grantable(db.session, scope, material)]
    if not form.validate_on_submit():
        flash(_("협력기관을 골라 주세요."), "error")
        return redirect(url_for(".show", material_id=material_id, _anchor="grants"))
    chosen = form.organisation_id.data
    return _do(
        material_id, lambda: grants.grant(db.session, scope, access.actor(), material, chosen, now=_now()),
        _("협력기관에 주었습니다."), "grants",
    )


@blueprint.post("/<int:material_id>/grants/<int:organisation_id>/revoke")
@access.allow(*EDITOR_ROLES)
def revoke(material_id: int, organisation_id: int) -> Any:
    material = service.editable(db.session, access.scope(), material_id)
    return _do(
        material_id, lambda: grants.revoke(db.session, access.actor(), material, organisation_id, now=_now()),
        _("거두어들였습니다. 이미 내려받은 파일은 그대로 남습니다."), "grants",
    )


def _do(material_id: int, act: Callable[[], object], done: str, anchor: str | None = None) -> Any:
    carry_out(act, done)
    return redirect(url_for(".show", material_id=material_id, _anchor=anchor))


@blueprint.post("/programmes/<int:programme_id>/withdraw-outdated")
@access.allow(*EDITOR_ROLES)
def withdraw_outdated(programme_id: int) -> Any:
    """Take back everything that tells of the programme as it no longer is."""
    scope, now = access.scope(), _now()
    gone = citations.withdraw_outdated(
        db.session, scope, access.actor(), programme_id, kst_today(now), now=now
    )
    db.session.commit()
    flash(_("홍보물 %(n)s개의 배포를 중단했습니다.", n=len(gone)), "success")
    return redirect(url_for("programmes.show", programme_id=programme_id, _anchor="materials"))


@blueprint.post("/<int:material_id>/licence")
@access.allow(*EDITOR_ROLES)
def licence(material_id: int) -> Any:
    """Under which public licence it is given out; printed from the next edition on."""
    material = service.editable(db.session, access.scope(), material_id)
    chosen, reason = request.form.get("licence"), request.form.get("reason", "")
    return _do(
        material_id,
        lambda: terms.set_licence(db.session, access.actor(), material, chosen, reason=reason, now=_now()),
        _("이용 허락을 정했습니다. 다음에 만드는 판부터 찍힙니다."), "licence",
    )


@blueprint.post("/<int:material_id>/style")
@access.allow(*EDITOR_ROLES)
def style(material_id: int) -> Any:
    """How a case's sheet looks, from the next edition on."""
    material = service.editable(db.session, access.scope(), material_id)
    chosen = request.form.get("style", "")
    return _do(
        material_id, lambda: terms.set_style(db.session, access.actor(), material, chosen, now=_now()),
        _("모양을 정했습니다. 다음에 만드는 판부터 바뀝니다."), "style",
    )


# -- other pages ---------------------------------------------------------------------------------------


def case_panel(scope: Any, case: Any) -> Any:
    """The case's sheet, for the case's page."""
    made_of = Material.case_id == case.id
    return _panel(scope, made_of, url_for("materials.from_case", case_id=case.id), library.may_write(scope, case))


def document_panel(scope: Any, document: Any) -> Any:
    """The document's newest edition, for its editor: progress, pages, the way to publication."""
    made_of, url = Material.document_id == document.id, url_for("materials.from_document", document_id=document.id)
    return _panel(scope, made_of, url, documents.may_edit(scope, document), in_form="document-form")


def programme_panel(scope: Any, programme: Any) -> Any:
    """The materials that tell of a programme, for its page."""
    rows = citations.of_programme(db.session, scope, programme.id, kst_today(_now()))
    if not rows:
        return ""
    mine = {row.material.id for row in rows if row.ended and service.may_edit(scope, row.material)}
    return render_template("materials/programme_panel.html", citations=rows, ended=len(mine), programme=programme)


def _panel(scope: Any, made_of: Any, make_url: str, may_make: bool, in_form: str = "") -> Any:
    """``in_form``: the form on the page that a licence chosen here goes with when it is saved and made at once."""
    material = db.session.scalar(sa.select(Material).where(made_of, service.visible(scope)))
    newest = material.editions[0] if material and material.editions else None
    may_make = may_make and scope.role in EDITOR_ROLES
    if newest is None and not may_make:
        return ""
    return render_template(
        "materials/panel.html", material=material, newest=newest, make_url=make_url, may_make=may_make,
        in_form=in_form, job=service.job_of(db.session, newest) if newest else None,
    )
