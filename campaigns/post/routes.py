"""Pages of letters by post: write, look, count, make, print, hand over."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from campaigns.audience.history import KEY, NoHistory
from campaigns.audience.models import Audience
from campaigns.delivery import frequency
from campaigns.mailings.second_person import APPROVER_ROLES
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.post import bodies, choosing, letter, listing, printing, service
from campaigns.post.forms import BackForm, LabelForm, NewForm, RunForm
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import (
    EXCLUSION_HINTS,
    EXCLUSION_LABELS,
    FOLDER,
    ITEM_LABELS,
    MAX_PAGES,
    OBJECTION_LABELS,
    REASON_LABELS,
    RUN_LABELS,
    Exclusion,
    ItemState,
    RunState,
    Window,
    shown_code,
)
from cases.library.models import Case
from cases.library.rules import CaseState, ConsentScope
from cases.materials import store
from cases.materials.jobs import static_folder
from outreach import links
from outreach.accounts.models import User
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import Conflict, DomainError, NotFound
from outreach.programmes.models import Programme, ProgrammeVersion
from outreach.scope import EDITOR_ROLES
from outreach.web import access, xlsx
from outreach.web.language import translated
from outreach.web.paging import paginate
from outreach.wording import Text

blueprint = Blueprint("post", __name__, url_prefix="/campaigns/<int:campaign_id>/post")
PDF = "application/pdf"


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "POST_STATES": RUN_LABELS, "POST_ITEMS": ITEM_LABELS, "POST_REASONS": REASON_LABELS,
        "POST_EXCLUSIONS": EXCLUSION_LABELS,
        "POST_EXCLUSION_HINTS": EXCLUSION_HINTS, "POST_OBJECTIONS": OBJECTION_LABELS, "post_code": shown_code,
        "post_tabs": _tabs,
    }


def _tabs(run: PostRun, chosen: str) -> list[tuple[str, str, bool]]:
    """The letters by state."""
    return [
        (_(label), url_for("post.letters", campaign_id=run.campaign_id, run_id=run.id, state=state.value),
         chosen == state.value) for state, label in ITEM_LABELS.items()
    ]


def _run(campaign_id: int, run_id: int) -> PostRun:
    return service.get(db.session, access.scope(), campaign_id, run_id)


def _request(run: PostRun) -> choosing.Request | None:
    outreach = current_app.extensions["outreach"]
    history = current_app.extensions.get(KEY) or NoHistory()
    cap = frequency.in_force(db.session, outreach.settings.frequency)
    return service.request_of(db.session, run, history, cap, now=_now())


# -- writing ----------------------------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def create(campaign_id: int) -> Any:
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    form = NewForm()
    form.audience_id.choices = _audiences(campaign)
    if form.validate_on_submit():
        try:
            run = service.create(
                db.session, access.actor(), campaign, form.name.data or "", form.audience_id.data, now=_now()
            )
            db.session.commit()
            return redirect(url_for(".edit", campaign_id=campaign_id, run_id=run.id))
        except DomainError as error:
            db.session.rollback()
            flash(translated(error.message), "error")
    return render_template("post/new.html", campaign=campaign, form=form)


@blueprint.route("/<int:run_id>/edit", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def edit(campaign_id: int, run_id: int) -> Any:
    run = _run(campaign_id, run_id)
    form = RunForm().offer(_audiences(run.campaign), _programmes(), _cases(run.campaign))
    if request.method == "GET":
        form.show(run)
    if form.validate_on_submit() and _saved(run, form):
        flash(_("저장했습니다."), "success")
        return redirect(url_for(".show", campaign_id=campaign_id, run_id=run_id))
    return render_template("post/edit.html", campaign=run.campaign, run=run, form=form)


def _saved(run: PostRun, form: RunForm) -> bool:
    try:
        version = int(form.version.data) if (form.version.data or "").isdecimal() else None
        service.edit(db.session, access.actor(), run, form.values(), version=version, now=_now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return False
    return True


def _audiences(campaign: Campaign) -> list[tuple[str, str]]:
    query = sa.select(Audience).where(Audience.campaign_id == campaign.id).order_by(Audience.name, Audience.id)
    return [("", _("고르지 않음")), *((str(row.id), row.name) for row in db.session.scalars(query))]


def _programmes() -> list[tuple[str, str]]:
    query = sa.select(ProgrammeVersion).join(ProgrammeVersion.programme).order_by(Programme.name_ko)
    today = kst_today(_now())
    rows = db.session.scalars(query.options(joinedload(ProgrammeVersion.programme)))
    return [("", _("넣지 않음")), *((str(row.id), row.programme.name_ko) for row in rows if row.holds_on(today))]


def _cases(campaign: Campaign) -> list[tuple[str, str]]:
    own_first = sa.func.coalesce(Case.centre_id, 0) != (campaign.centre_id or 0)
    query = sa.select(Case).where(Case.state == CaseState.PUBLISHED, Case.consent_scope != ConsentScope.NONE)
    rows = db.session.scalars(query.order_by(own_first, Case.headline))
    return [("", _("넣지 않음")), *((str(row.id), f"{row.headline} ({row.display_name})") for row in rows)]


# -- looking ----------------------------------------------------------------------------------------------


@blueprint.get("/<int:run_id>")
@access.allow(*EDITOR_ROLES)
def show(campaign_id: int, run_id: int) -> str:
    """The run with its numbers, before it is made and after."""
    run = _run(campaign_id, run_id)
    draft, today = run.state is RunState.DRAFT, kst_today(_now())
    asked, obstacles = _request(run) if draft else None, service.obstacles(db.session, run, today)
    scope = access.scope()
    form = LabelForm(formdata=None)
    return render_template(
        "post/show.html", campaign=run.campaign, run=run, window=Window.from_json(run.window), form=form,
        numbers=choosing.count(db.session, asked) if asked else _frozen(run),
        problems=list(letter.problems(db.session, run, today)) if draft else [],
        warnings=letter.warnings(db.session, run, today) if draft else [],
        job=service.job_of(db.session, run) if not (run.base_sha256 if draft else run.bodies) else None,
        obstacles=obstacles, rendering=letter.varied(run) and not draft and not run.bodies, varied=letter.varied(run),
        own_work=service.wrote_in(db.session, run, scope.user_id), approver=scope.role in APPROVER_ROLES,
        may_take_back=not draft and service.may_take_back(db.session, run, today), back=BackForm(formdata=None),
        unapproved=_unapproved(), people=_people(run),
        counts=service.counts(db.session, [run.id])[run.id], states=ItemState, exclusions=Exclusion,
    )


def _unapproved() -> int:
    """So many letters need nobody's approval."""
    return current_app.extensions["outreach"].settings.letters_unapproved


def _people(run: PostRun) -> dict[int, str]:
    """Names of who made and who approved it."""
    query = sa.select(User.id, User.name).where(User.id.in_({run.made_by, run.approved_by} - {None}))
    return {row.id: row.name for row in db.session.execute(query)}


def _frozen(run: PostRun) -> Any:
    """The numbers as they were when the run was made; None before."""
    if not run.numbers:
        return None
    excluded = {name: run.numbers.get(name.value, 0) for name in Exclusion}
    return choosing.Numbers(run.numbers["matched"], run.numbers["letters"], run.numbers["companies"], excluded)


@blueprint.get("/<int:run_id>/page-<int:number>.png")
@access.allow(*EDITOR_ROLES)
def page(campaign_id: int, run_id: int, number: int) -> Any:
    """A page of the letter as it will be, to a company that does not exist."""
    run = _run(campaign_id, run_id)
    if not run.look_sha256:
        raise NotFound("편지 본문을 아직 만들지 않았습니다.")
    path = store.page_path(_folder(), run.look_sha256, number)
    response = send_file(path, mimetype="image/png", etag=f"{run.look_sha256}-{number}", conditional=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/<int:run_id>/letters")
@access.allow(*EDITOR_ROLES)
def letters(campaign_id: int, run_id: int) -> str:
    """The letters of the run with their addresses; noted in the access records."""
    run = _run(campaign_id, run_id)
    chosen = request.args.get("state", "")
    state = ItemState(chosen) if chosen in {state.value for state in ItemState} else None
    found = paginate(db.session, service.items_query(run, state))
    access.log_access(AccessKind.VIEW, "post_item", [row.id for row in found.items], run.name)
    return render_template(
        "post/letters.html", campaign=run.campaign, run=run, page=found, chosen=chosen, states=ItemState,
        max_pages=MAX_PAGES, varied=letter.varied(run),
    )


# -- making -----------------------------------------------------------------------------------------------


@blueprint.post("/<int:run_id>/make")
@access.allow(*EDITOR_ROLES)
def make(campaign_id: int, run_id: int) -> Any:
    run = _run(campaign_id, run_id)
    return _act(campaign_id, run_id, lambda: service.make(
        db.session, access.actor(), run, _request(run), version=_version(), now=_now(), unapproved=_unapproved(),
    ), _("편지의 받는 곳과 글을 굳혔습니다."))


def _version() -> int | None:
    version = request.form.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else None


@blueprint.post("/<int:run_id>/approve")
@access.allow(*EDITOR_ROLES)
def approve(campaign_id: int, run_id: int) -> Any:
    """The second person's word."""
    run = _run(campaign_id, run_id)
    return _act(campaign_id, run_id, lambda: service.approve(
        db.session, access.scope(), access.actor(), run, version=_version(), now=_now(),
    ), _("승인했습니다. 인쇄 파일과 발송 목록을 내려받을 수 있습니다."))


@blueprint.post("/<int:run_id>/back")
@access.allow(*EDITOR_ROLES)
def take_back(campaign_id: int, run_id: int) -> Any:
    """Back to writing, with what is to be changed."""
    run, form = _run(campaign_id, run_id), BackForm()
    return _act(campaign_id, run_id, lambda: service.take_back(
        db.session, access.actor(), run, now=_now(), comment=form.comment.data or "", folder=_folder(),
    ), _("준비로 되돌렸습니다. 고쳐서 다시 만드세요."))


@blueprint.post("/<int:run_id>/posted")
@access.allow(*EDITOR_ROLES)
def posted(campaign_id: int, run_id: int) -> Any:
    run = _run(campaign_id, run_id)
    return _act(campaign_id, run_id, lambda: service.post(db.session, access.actor(), run, now=_now()),
                _("발송한 것으로 적었습니다."))


def _act(campaign_id: int, run_id: int, act: Any, done: str) -> Any:
    try:
        act()
        db.session.commit()
        flash(done, "success")
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    return redirect(url_for(".show", campaign_id=campaign_id, run_id=run_id))


@blueprint.post("/<int:run_id>/delete")
@access.allow(*EDITOR_ROLES)
def delete(campaign_id: int, run_id: int) -> Any:
    run = _run(campaign_id, run_id)
    try:
        service.delete(db.session, access.actor(), run, now=_now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return redirect(url_for(".show", campaign_id=campaign_id, run_id=run_id))
    flash(_("우편 발송 준비를 지웠습니다."), "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id) + "#post")


# -- paper ------------------------------------------------------------------------------------------------


@blueprint.get("/<int:run_id>/letters.pdf")
@access.allow(*EDITOR_ROLES)
def letters_pdf(campaign_id: int, run_id: int) -> Response:
    """All letters as one file."""
    run = _run(campaign_id, run_id)
    return _pdf(_drawn(run, _printable(run, _("편지"))), _("편지_%(name)s", name=run.name))


@blueprint.get("/<int:run_id>/letters/<int:item_id>.pdf")
@access.allow(*EDITOR_ROLES)
def letter_pdf(campaign_id: int, run_id: int, item_id: int) -> Response:
    """One company's letter as it will be printed, to be looked at before anyone approves it."""
    run = _run(campaign_id, run_id)
    item = db.session.get(PostItem, item_id)
    if item is None or item.run_id != run.id:
        raise NotFound("이 발송의 편지가 아닙니다.")
    if not item.address:
        raise Conflict("보관 기간이 지나 이름과 주소를 지운 발송입니다.")
    access.log_access(AccessKind.VIEW, "post_item", [item.id], f"{run.name} · {_('편지 미리보기')}")
    return _pdf(_drawn(run, [item]), _("편지_%(name)s", name=item.position), inline=True)


def _drawn(run: PostRun, items: list[PostItem]) -> bytes:
    """These letters as a file. Raises Conflict while they are not rendered."""
    outreach = current_app.extensions["outreach"]
    if letter.varied(run) and not run.bodies:
        raise Conflict("편지를 한 통씩 만들고 있습니다. 잠시 뒤에 다시 열어 주세요.")
    whole = bodies.read(_folder(), run) if run.bodies else store.pdf_path(_folder(), run.base_sha256).read_bytes()

    def address(item: PostItem) -> str:
        return links.letter_url(outreach.settings.base_url, outreach.signer, item.id)

    return printing.letters(_static(), run, items, whole, address)


@blueprint.get("/<int:run_id>/labels.pdf")
@access.allow(*EDITOR_ROLES)
def labels_pdf(campaign_id: int, run_id: int) -> Response:
    """Address labels; ``?outline=1``: the sheet's outlines instead, to be held against it."""
    run = _run(campaign_id, run_id)
    form = LabelForm(request.args)
    if not form.validate():
        raise Conflict("라벨 용지와 시작 칸, 옮길 거리(10mm까지)를 확인해 주세요.")
    shift = {"right": float(form.right.data or 0), "down": float(form.down.data or 0)}
    if request.args.get("outline") == "1":
        return _pdf(printing.label_try_sheet(_static(), form.stock.data, **shift), _("라벨 시험지"))
    items = _printable(run, _("주소 라벨"))
    made = printing.labels(_static(), run, items, form.stock.data, start=form.start.data or 1, **shift)
    return _pdf(made, _("주소 라벨_%(name)s", name=run.name))


@blueprint.get("/<int:run_id>/list.pdf")
@access.allow(*EDITOR_ROLES)
def list_pdf(campaign_id: int, run_id: int) -> Response:
    """The list that goes with the letters to the post office."""
    run = _run(campaign_id, run_id)
    items = _printable(run, _("발송 목록"))
    day = kst_today(run.made_at or _now())
    return _pdf(printing.hand_over(_static(), run, items, day), _("발송 목록_%(name)s", name=run.name))


@blueprint.get("/<int:run_id>/list.xlsx")
@access.allow(*EDITOR_ROLES)
def list_xlsx(campaign_id: int, run_id: int) -> Response:
    run = _run(campaign_id, run_id)
    items = _printable(run, _("발송 목록"), AccessKind.EXPORT)
    content = xlsx.workbook([str(head) for head in listing.HEADERS], listing.rows(items), sheet=_("발송 목록"))
    return xlsx.attachment(content, _("발송 목록_%(name)s", name=run.name) + ".xlsx")


@blueprint.get("/<int:run_id>/try.pdf")
@access.allow(*EDITOR_ROLES)
def try_pdf(campaign_id: int, run_id: int) -> Response:
    """A sheet to try the envelope with; shows nobody."""
    return _pdf(printing.try_sheet(_static(), _run(campaign_id, run_id)), _("창봉투 시험지"))


def _printable(run: PostRun, what: str, kind: AccessKind = AccessKind.DOWNLOAD) -> list[PostItem]:
    """The letters, noted in the access records. Raises Conflict before they are made and approved, while something in
    them may not be shown, and when their time is over."""
    if run.state is RunState.REVIEW:
        raise Conflict("다른 담당자가 승인한 뒤에 인쇄할 수 있습니다.")
    if reasons := service.obstacles(db.session, run, kst_today(_now())):
        raise Conflict(Text.joined(reasons))
    items = service.items(db.session, run)
    if not items:
        raise Conflict("편지를 먼저 만들어 주세요.")
    if any(not item.address for item in items):
        raise Conflict("보관 기간이 지나 이름과 주소를 지운 발송입니다.")
    access.log_access(kind, "post_item", [item.id for item in items], f"{run.name} · {what}")
    return items


def _pdf(content: bytes, name: str, *, inline: bool = False) -> Response:
    how = xlsx.disposition(f"{name}.pdf", "post.pdf")
    if inline:
        how = how.replace("attachment", "inline", 1)
    return Response(content, mimetype=PDF, headers={"Content-Disposition": how, "Cache-Control": "no-store"})


def _folder() -> Path:
    return Path(current_app.extensions["outreach"].settings.folder(FOLDER))


def _static() -> Path:
    return static_folder(current_app)
