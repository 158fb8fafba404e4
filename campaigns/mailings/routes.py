"""Pages for writing mailings: the editor with its preview, test mails, asking for approval. Approving and
sending are the next area's (campaigns.delivery)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import joinedload

from campaigns.audience.history import KEY as HISTORY
from campaigns.audience.history import NoHistory
from campaigns.audience.models import Audience
from campaigns.mailings import content, preview, service, starting
from campaigns.mailings.compose import PICTURE, Addresses, Composed, compose
from campaigns.mailings.forms import EditorForm, NewForm, posted_blocks
from campaigns.mailings.message import MessageWriter
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import ADVERTISING_LABEL, CLASS_LABELS, EDITABLE, STATE_LABELS, MailingState, MessageClass
from campaigns.mailings.service import Setting
from campaigns.planning import service as planning
from cases.library.models import Case
from cases.library.rules import Outlet
from cases.library.service import showable
from cases.materials.models import Edition, Material
from cases.materials.rules import EditionState
from outreach import links
from outreach.audit import service as audit
from outreach.audit.models import AccessKind, ChangeRecord
from outreach.clock import kst_today
from outreach.companies.topics import TOPIC_LABELS
from outreach.db import db, reading
from outreach.errors import DomainError, Invalid, NotFound
from outreach.mail import outbox
from outreach.mail.address import Address, BadAddress
from outreach.pdf.pictures import check_picture
from outreach.programmes.models import Programme, ProgrammeVersion
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.signing import BadToken
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from outreach.web import access
from outreach.web.acts import carry_out
from outreach.web.language import translated
from outreach.web.mail_frame import with_our_font

blueprint = Blueprint("mailings", __name__)

#: A mail's HTML has its styles inside; its frame may use them and our font, and nothing else.
FRAME_CSP = {
    "default-src": "'none'", "img-src": "'self' https: http: data:", "style-src": "'self' 'unsafe-inline'",
    "font-src": "'self'", "frame-ancestors": "'self'",
}

#: What a class means for the writer, beside its name.
CLASS_HINTS = {
    MessageClass.PUBLIC_NOTICE: _l("영리 목적이 없는 제도·지원 안내입니다. 수신거부한 사람을 빼고 보냅니다."),
    MessageClass.ADVERTISING: _l(
        "물품·서비스를 알리는 내용이 있으면 광고입니다. 제목 앞에 (광고)가 붙고, 수신에 동의한 사람에게만 보냅니다."
    ),
    MessageClass.CONSENT_NOTICE: _l("수신 동의·거부의 처리 결과나 동의 여부 확인을 알리는 통지입니다."),
}
#: What stands for a personal value that is often unknown, as the editor's buttons insert it.
FALLBACKS = {"담당자": "담당자", "직위": "담당자", "시도": "우리 지역", "시군구": "우리 지역", "센터": "고용센터"}


def _outreach() -> Any:
    return current_app.extensions["outreach"]


def setting() -> Setting:
    """What composing and counting need of this application."""
    outreach = _outreach()
    base, signer = outreach.settings.base_url, outreach.signer
    addresses = Addresses(
        picture=lambda upload_id: links.picture_url(base, signer, upload_id),
        material=lambda material_id: links.material_url(base, signer, material_id),
    )
    history = current_app.extensions.get(HISTORY) or NoHistory()
    now, check = outreach.clock.now(), outreach.settings.sender_check
    return Setting(current_app.jinja_env, addresses, history, now, check)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "MAILING_STATES": STATE_LABELS, "MESSAGE_CLASSES": CLASS_LABELS, "TOPICS": TOPIC_LABELS,
        "labelled_subject": lambda mailing: content.labelled_subject(mailing.subject, mailing.message_class),
    }


@blueprint.route("/campaigns/<int:campaign_id>/mailings/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def create(campaign_id: int) -> Any:
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    form = NewForm(data={"material_id": request.args.get("material", "")})
    sources = starting.materials_of(db.session, campaign)
    form.material_id.choices = [("", _("빈 메일")), *((str(row.id), row.title) for row in sources)]
    if form.validate_on_submit():
        material = next((row for row in sources if str(row.id) == form.material_id.data), None)
        values = {
            "title": form.title.data, "sender_address": current_user.email,
            "blocks": starting.blocks(db.session, material), "message_class": MessageClass.PUBLIC_NOTICE,
        }
        mailing = service.create(db.session, access.actor(), campaign, values, now=setting().now)
        db.session.commit()
        return redirect(url_for(".edit", mailing_id=mailing.id))
    return render_template("mailings/new.html", form=form, campaign=campaign)


@blueprint.route("/mailings/<int:mailing_id>/edit", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def edit(mailing_id: int) -> Any:
    """The editor. Its buttons save; two of them do something more with what was saved."""
    mailing = service.editable(db.session, access.scope(), mailing_id)
    form = EditorForm(obj=mailing) if request.method == "GET" else EditorForm()
    form.audience_id.choices = _audience_choices(mailing)
    if form.validate_on_submit() and _saved(mailing, form):
        then = request.form.get("then")
        if then == "submit":
            return _submit(mailing)
        if then == "test":
            _send_test(mailing)
        else:
            flash(_("저장했습니다."), "success")
        return redirect(url_for(".edit", mailing_id=mailing_id))
    return render_template(
        "mailings/edit.html", form=form, mailing=mailing, choices=_block_choices(mailing), fields=content.FIELDS,
        blocks=posted_blocks(request.form) if form.is_submitted() else mailing.blocks, fallbacks=FALLBACKS,
        kinds=content.KIND_LABELS, targets=content.TARGETS, editable=mailing.state in EDITABLE,
        class_hints={kind.value: hint for kind, hint in CLASS_HINTS.items()}, label=ADVERTISING_LABEL,
        returned=_returned(mailing), recipients=preview_choices(mailing),
    )


def _saved(mailing: Mailing, form: EditorForm) -> bool:
    try:
        version = int(form.version.data or 0)
        service.edit(db.session, access.actor(), mailing, form.values(), version=version, now=setting().now)
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return False
    return True


def _submit(mailing: Mailing) -> Any:
    """Ask for approval of what was just saved; what is missing is shown in the editor."""
    try:
        service.submit(db.session, access.actor(), mailing, setting())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return redirect(url_for(".edit", mailing_id=mailing.id))
    flash(_("승인을 요청했습니다. 다른 담당자가 승인하면 보낼 시각을 정할 수 있습니다."), "success")
    return redirect(url_for("deliveries.show", mailing_id=mailing.id))


def _returned(mailing: Mailing) -> ChangeRecord | None:
    """Why the mailing was sent back, as long as it was not submitted again since."""
    if mailing.state is not MailingState.DRAFT:
        return None
    moves = (record for record in audit.history(db.session, "mailing", mailing.id) if record.action == "state")
    last = next(moves, None)
    return last if last is not None and "comment" in last.changes else None


def preview_choices(mailing: Mailing) -> list[tuple[int, str, str]]:
    """Recipients to look at the mail as; that they were shown is recorded."""
    question = service.question(mailing, setting().history, setting().now)
    found = preview.some_recipients(db.session, question)
    if found:
        access.log_access(AccessKind.VIEW, "contact", [contact_id for contact_id, *_names in found], mailing.title)
    return found


def note_people(mailing: Mailing, found: service.Check) -> None:
    """Record that the recipients named by a check were shown."""
    if found.missing:
        access.log_access(AccessKind.VIEW, "contact", [row[1] for row in found.missing], mailing.title)


def _audience_choices(mailing: Mailing) -> list[tuple[str, str]]:
    query = sa.select(Audience).where(Audience.campaign_id == mailing.campaign_id).order_by(Audience.name)
    return [("", _("고르지 않음")), *((str(row.id), row.name) for row in db.session.scalars(query))]


def _block_choices(mailing: Mailing) -> dict[str, list[dict[str, Any]]]:
    """What cards, buttons and pictures can be about: published cases and materials, current programmes, the
    person's own pictures and those already in the mailing."""
    centre_id, today = mailing.campaign.centre_id, kst_today(setting().now)
    cases = sa.select(Case).where(showable(today, Outlet.MAIL)).order_by(
        sa.func.coalesce(Case.centre_id, 0) != (centre_id or 0), Case.headline,  # the centre's own first
    )
    materials = sa.select(Material).where(
        Material.id.in_(sa.select(Edition.material_id).where(Edition.state == EditionState.PUBLISHED))
    ).order_by(Material.title)
    if centre_id is not None:
        materials = materials.where(sa.or_(Material.centre_id == centre_id, Material.centre_id.is_(None)))
    versions = db.session.scalars(
        sa.select(ProgrammeVersion).join(ProgrammeVersion.programme).order_by(Programme.name_ko)
        .options(joinedload(ProgrammeVersion.programme))
    )
    used = [block["upload_id"] for block in mailing.blocks if block.get("upload_id")]
    pictures = sa.select(Upload).where(
        Upload.kind == PICTURE, sa.or_(Upload.created_by == current_user.id, Upload.id.in_(used))
    ).order_by(Upload.id.desc()).limit(50)
    return {
        "case_id": [
            {"id": case.id, "label": f"{case.headline} ({case.display_name})"} for case in db.session.scalars(cases)
        ],
        "version_id": [
            {"id": version.id, "label": _programme_label(version)} for version in versions if version.holds_on(today)
        ],
        "material_id": [{"id": row.id, "label": row.title} for row in db.session.scalars(materials)],
        "upload_id": [{"id": upload.id, "label": upload.name} for upload in db.session.scalars(pictures)],
    }


def _programme_label(version: ProgrammeVersion) -> str:
    name = version.programme.name_ko
    return name if version.verified else _("%(name)s (원문 확인 전)", name=name)


# -- looking at it ---------------------------------------------------------------------------------------


@blueprint.get("/mailings/<int:mailing_id>/mail")
@access.allow(*STAFF_ROLES)
def show_mail(mailing_id: int) -> Response:
    """The mail as saved, or as approved, for a frame; as a recipient's only for those who may act."""
    mailing = service.get(db.session, access.scope(), mailing_id)
    contact_id = _recipient(request.args)
    if contact_id is not None:
        planning.editable(db.session, access.scope(), mailing.campaign_id)
    return _framed(request.args.get("view", ""), lambda: _rendered(mailing, contact_id))


@blueprint.post("/mailings/<int:mailing_id>/preview")
@access.allow(*EDITOR_ROLES)
def show_preview(mailing_id: int) -> Response:
    """The mail as the chosen recipient would see it, from what stands in the editor, saved or not."""
    with _reading():
        mailing = service.editable(db.session, access.scope(), mailing_id)
        contact_id = _recipient(request.form)

        def render() -> preview.Rendered:
            return _rendered(preview.sketch(db.session, mailing, EditorForm().values()), contact_id)

        return _framed(request.form.get("view", ""), render)


@blueprint.post("/mailings/<int:mailing_id>/check")
@access.allow(*EDITOR_ROLES)
def check(mailing_id: int) -> str:
    """What stands between the editor's present content and sending, with the numbers."""
    with _reading():
        mailing = service.editable(db.session, access.scope(), mailing_id)
        try:
            draft = preview.sketch(db.session, mailing, EditorForm().values())
            found = service.check(db.session, draft, setting())
        except DomainError as error:
            found = service.Check(None, None, None, [content.Problem(error.message)], [], [])
        note_people(mailing, found)
        return render_template("mailings/check.html", mailing=mailing, found=found)


@contextmanager
def _reading() -> Iterator[None]:
    """A POST that only looks: without the database's write lock, which a POST otherwise takes at once."""
    db.session.rollback()
    with reading():
        yield
    db.session.rollback()


def _recipient(values: Mapping[str, str]) -> int | None:
    chosen = values.get("recipient", "")
    return int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else None


def _framed(view: str, render: Callable[[], preview.Rendered]) -> Response:
    """The mail, its text part, or why it can't be drawn, as a page for a frame."""
    try:
        rendered = render()
        html = render_template("mailings/preview_text.html", mail=rendered) if view == "text" else rendered.html
    except DomainError as error:
        html = render_template("mailings/preview_problem.html", problem=translated(error.message))
    return Response(with_our_font(html), mimetype="text/html")


for _view in (show_mail, show_preview):
    _view.talisman_view_options = {"content_security_policy": FRAME_CSP}  # type: ignore[attr-defined]


def _rendered(mailing: Mailing, contact_id: int | None) -> preview.Rendered:
    outreach = _outreach()
    composed = service.frozen(mailing) if mailing.compiled and mailing.approved_hash else _composed(mailing)
    try:
        sender = Address(mailing.sender_name, mailing.sender_address or preview.NOBODY)
        writer = MessageWriter(composed, sender, outreach.settings.base_url, outreach.signer, outreach.clock)
    except BadAddress as error:
        raise Invalid("보내는 메일 주소를 확인해 주세요.", fields={"sender_address": "형식"}) from error
    centre = service.centre_name(db.session, mailing)
    values = preview.values_of(db.session, mailing, contact_id, composed.fields, centre)
    if contact_id is not None:
        access.log_access(AccessKind.VIEW, "contact", [contact_id], detail="메일 미리보기")
    return preview.render(composed, writer, values)


def _composed(mailing: Mailing) -> Composed:
    draft = preview.sketch(db.session, mailing, {})
    preview.leave_out_unfinished(draft)
    return compose(
        db.session, current_app.jinja_env, draft, setting().addresses, kst_today(setting().now)
    )


def _send_test(mailing: Mailing) -> None:
    """A test mail of the saved mailing to the person's own address."""
    try:
        rendered, now = _rendered(mailing, _recipient(request.form)), setting().now
        outbox.enqueue(
            db.session, key=f"test:{mailing.id}:{current_user.id}:{now.isoformat()}", to_address=current_user.email,
            to_name=current_user.name, subject=f"[{_('시험 발송')}] {rendered.subject}", text=rendered.text,
            html=rendered.html, now=now,
        )
        db.session.commit()
        flash(_("저장하고 %(address)s 주소로 시험 메일을 보냈습니다.", address=current_user.email), "success")
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")


# -- pictures --------------------------------------------------------------------------------------------


@blueprint.post("/mailings/<int:mailing_id>/pictures")
@access.allow(*EDITOR_ROLES)
def add_picture(mailing_id: int) -> Any:
    """Take in a picture for a block; the editor's script asks and gets its number and name back."""
    service.editable(db.session, access.scope(), mailing_id)
    file = request.files.get("file")
    try:
        if file is None:
            raise Invalid("그림 파일을 골라 주세요.")
        safe = check_picture(file.read())
    except Invalid as error:
        return jsonify(problem=translated(error.message)), 422
    outreach = _outreach()
    upload = uploads.store(
        db.session, outreach.settings.folder("uploads"), safe.data, kind=PICTURE,
        name=file.filename or _("그림"), media_type=safe.media_type, width=safe.width, height=safe.height,
        now=setting().now, user_id=current_user.id,
    )
    db.session.commit()
    return jsonify(id=upload.id, name=upload.name)


@blueprint.post("/mailings/<int:mailing_id>/withdraw")
@access.allow(*EDITOR_ROLES)
def withdraw(mailing_id: int) -> Any:
    """Back to a draft: by the author to go on writing, or by the reviewer to have it changed."""
    mailing = service.editable(db.session, access.scope(), mailing_id)
    done = _("작성 중으로 되돌렸습니다.")
    return _act(mailing, lambda: service.withdraw(db.session, access.actor(), mailing, now=setting().now), done)


def _act(mailing: Mailing, act: Callable[[], object], done: str) -> Any:
    carry_out(act, done)
    return redirect(url_for("deliveries.show", mailing_id=mailing.id))


@blueprint.get("/i/<token>")
@access.public("pictures of mails are read by mail programs without an account")
def picture(token: str) -> Response:
    """A picture standing in a mail. The token is signed, so only pictures put into a mail are found."""
    outreach = _outreach()
    try:
        upload = db.session.get(Upload, links.read_picture(outreach.signer, token))
    except BadToken:
        upload = None
    if upload is None or upload.kind != PICTURE:
        raise NotFound("그림을 찾을 수 없습니다.")
    path = uploads.open_path(outreach.settings.data_dir / "uploads", upload)
    return send_file(path, mimetype=upload.media_type, max_age=30 * 86400, etag=upload.sha256)


def campaign_panel(_scope: Any, campaign: Any) -> str:
    """The campaign's mailings, on the campaign's page."""
    query = sa.select(Mailing).where(Mailing.campaign_id == campaign.id).order_by(Mailing.id.desc())
    mailings = list(db.session.scalars(query))
    scope = access.scope()
    can_edit = scope.role in EDITOR_ROLES and (scope.centre_id is None or scope.centre_id == campaign.centre_id)
    return render_template("mailings/campaign_panel.html", mailings=mailings, campaign=campaign, can_edit=can_edit)


def home_panel(_scope: Any, _subject: Any) -> str:
    """Mailings that wait for someone, and those the person has begun, on the first page of editors."""
    scope = access.scope()
    waiting = [MailingState.REVIEW, MailingState.OVERDUE, MailingState.PAUSED, MailingState.APPROVED]
    begun = sa.and_(Mailing.state == MailingState.DRAFT, Mailing.author_id == scope.user_id)
    wanted = sa.or_(Mailing.state.in_(waiting), begun)
    query = service.visible(scope).where(wanted).order_by(Mailing.updated_at).limit(10)
    mailings = list(db.session.scalars(query))
    return render_template("mailings/home_panel.html", mailings=mailings) if mailings else ""
