"""Pages for writing mailings: the editor with its preview, test mails, asking for approval. Approving and
sending are the next area's (campaigns.delivery)."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user

from campaigns.audience.history import KEY as HISTORY
from campaigns.audience.history import NoHistory
from campaigns.audience.models import Audience
from campaigns.mailings import content, preview, service
from campaigns.mailings.compose import Addresses, compose
from campaigns.mailings.forms import EditorForm, TitleForm
from campaigns.mailings.message import MessageWriter
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import CLASS_LABELS, EDITABLE, STATE_LABELS, MailingState, MessageClass
from campaigns.mailings.service import Setting
from campaigns.planning import service as planning
from cases.library.models import Case
from cases.library.rules import CaseState
from cases.materials.models import Edition, Material
from cases.materials.rules import EditionState
from outreach import links
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, Invalid, NotFound
from outreach.mail import outbox
from outreach.mail.address import Address, BadAddress
from outreach.programmes.models import ProgrammeVersion
from outreach.scope import EDITOR_ROLES
from outreach.signing import BadToken
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from outreach.web import access

blueprint = Blueprint("mailings", __name__)

#: A mail's HTML has its styles inside; its frame may use them and nothing else.
FRAME_CSP = "default-src 'none'; img-src 'self' https: http: data:; style-src 'unsafe-inline'; frame-ancestors 'self'"


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
    return Setting(current_app.jinja_env, addresses, history, outreach.clock.now())


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"MAILING_STATES": STATE_LABELS, "MESSAGE_CLASSES": CLASS_LABELS}


@blueprint.route("/campaigns/<int:campaign_id>/mailings/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def create(campaign_id: int) -> Any:
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    form = TitleForm()
    if form.validate_on_submit():
        values = {
            "title": form.title.data, "sender_address": current_user.email, "blocks": STARTING_BLOCKS,
            "message_class": MessageClass.PUBLIC_NOTICE,
        }
        mailing = service.create(db.session, access.actor(), campaign, values, now=setting().now)
        db.session.commit()
        return redirect(url_for(".edit", mailing_id=mailing.id))
    return render_template("mailings/new.html", form=form, campaign=campaign)


STARTING_BLOCKS: list[dict[str, Any]] = [
    {"kind": "heading", "text": "{{회사명}} 대표님께"},
    {"kind": "text", "text": ""},
    {"kind": "button", "label": "상담 신청하기", "target": "form"},
    {"kind": "contact", "text": ""},
]


@blueprint.route("/mailings/<int:mailing_id>/edit", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def edit(mailing_id: int) -> Any:
    mailing = service.editable(db.session, access.scope(), mailing_id)
    form = EditorForm(obj=mailing) if request.method == "GET" else EditorForm()
    if request.method == "GET":
        form.blocks.data = json.dumps(mailing.blocks, ensure_ascii=False)
    form.audience_id.choices = _audience_choices(mailing)
    if form.validate_on_submit() and _saved(mailing, form):
        flash(_("저장했습니다."), "success")
        return redirect(url_for(".edit", mailing_id=mailing_id))
    question = service.question(mailing, setting().history, setting().now)
    return render_template(
        "mailings/edit.html", form=form, mailing=mailing, choices=_block_choices(mailing), fields=content.FIELDS,
        kinds=content.KIND_LABELS, targets=content.TARGETS, editable=mailing.state in EDITABLE,
        recipients=preview.some_recipients(db.session, question),
        others=[editor for editor in mailing.editors if editor.user_id != current_user.id],
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
        flash(_(error.message), "error")
        return False
    return True


def _audience_choices(mailing: Mailing) -> list[tuple[str, str]]:
    query = sa.select(Audience).where(Audience.campaign_id == mailing.campaign_id).order_by(Audience.name)
    return [("", _("고르지 않음")), *((str(row.id), row.name) for row in db.session.scalars(query))]


def _block_choices(mailing: Mailing) -> dict[str, list[dict[str, Any]]]:
    """What cards and buttons can be about: published cases and materials, current programmes."""
    centre_id, today = mailing.campaign.centre_id, kst_today(setting().now)
    cases = sa.select(Case).where(Case.state == CaseState.PUBLISHED).order_by(Case.headline)
    materials = sa.select(Material).where(
        Material.id.in_(sa.select(Edition.material_id).where(Edition.state == EditionState.PUBLISHED))
    ).order_by(Material.title)
    if centre_id is not None:
        cases = cases.where(sa.or_(Case.centre_id == centre_id, Case.centre_id.is_(None)))
        materials = materials.where(sa.or_(Material.centre_id == centre_id, Material.centre_id.is_(None)))
    versions = db.session.scalars(sa.select(ProgrammeVersion).join(ProgrammeVersion.programme))
    return {
        "case_id": [
            {"id": case.id, "label": f"{case.headline} ({case.display_name})"} for case in db.session.scalars(cases)
        ],
        "version_id": [
            {"id": version.id, "label": version.programme.name_ko, "verified": version.verified}
            for version in versions if version.holds_on(today)
        ],
        "material_id": [{"id": row.id, "label": row.title} for row in db.session.scalars(materials)],
        "upload_id": [
            {"id": upload.id, "label": upload.name}
            for upload in db.session.scalars(
                sa.select(Upload).where(Upload.kind == "picture").order_by(Upload.id.desc()).limit(50)
            )
        ],
    }


@blueprint.post("/mailings/<int:mailing_id>/preview")
@access.allow(*EDITOR_ROLES)
def show_preview(mailing_id: int) -> Response:
    """The mail as the chosen recipient would see it, from what stands in the editor, saved or not."""
    mailing = service.editable(db.session, access.scope(), mailing_id)
    try:
        html = _rendered(_draft(mailing, EditorForm()), _recipient()).html
    except DomainError as error:
        html = render_template("mailings/preview_problem.html", problem=_(error.message))
    db.session.rollback()
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_CSP
    return response


def _recipient() -> int | None:
    chosen = request.form.get("recipient", "")
    return int(chosen) if chosen.isdigit() else None


def _draft(mailing: Mailing, form: EditorForm) -> Mailing:
    """A mailing that is never saved, with the editor's values."""
    values = form.values()
    draft = Mailing(
        **{key: values[key] or "" for key in values if key not in {"blocks", "audience_id", "message_class"}},
        blocks=content.clean_blocks(values["blocks"]), campaign_id=mailing.campaign_id,
        message_class=values["message_class"] or MessageClass.PUBLIC_NOTICE,
    )
    problems = [problem for problem in content.unfinished(draft.blocks) if "주소" in problem or "홍보물" in problem]
    if problems:
        raise Invalid(" ".join(problems))
    draft.blocks = [block for block in draft.blocks if not content.unfinished([block])]
    return draft


def _rendered(mailing: Mailing, contact_id: int | None) -> preview.Rendered:
    outreach, now = _outreach(), setting().now
    composed = compose(db.session, current_app.jinja_env, mailing, setting().addresses, kst_today(now))
    try:
        sender = Address(mailing.sender_name, mailing.sender_address)
        writer = MessageWriter(composed, sender, outreach.settings.base_url, outreach.signer, outreach.clock)
    except BadAddress as error:
        raise Invalid("보내는 메일 주소를 확인해 주세요.", fields={"sender_address": "형식"}) from error
    centre = mailing.sender_name
    values = preview.values_of(db.session, contact_id, composed.fields, centre)
    if contact_id is not None:
        access.log_access(AccessKind.VIEW, "contact", [contact_id], detail="메일 미리보기")
    return preview.render(composed, writer, values)


@blueprint.post("/mailings/<int:mailing_id>/test")
@access.allow(*EDITOR_ROLES)
def send_test(mailing_id: int) -> Any:
    """A test mail of the saved mailing to the person's own address."""
    mailing = service.editable(db.session, access.scope(), mailing_id)
    try:
        rendered = _rendered(mailing, _recipient())
        now = setting().now
        outbox.enqueue(
            db.session, key=f"test:{mailing.id}:{current_user.id}:{now.isoformat()}", to_address=current_user.email,
            to_name=current_user.name, subject=f"[{_('시험 발송')}] {rendered.subject}", text=rendered.text,
            html=rendered.html, now=now,
        )
        db.session.commit()
        flash(_("%(address)s(으)로 시험 메일을 보냈습니다.", address=current_user.email), "success")
    except DomainError as error:
        db.session.rollback()
        flash(_(error.message), "error")
    return redirect(url_for(".edit", mailing_id=mailing_id))


@blueprint.post("/mailings/<int:mailing_id>/submit")
@access.allow(*EDITOR_ROLES)
def submit(mailing_id: int) -> Any:
    mailing = service.editable(db.session, access.scope(), mailing_id)
    done = _("승인을 요청했습니다.")
    return _act(mailing, lambda: service.submit(db.session, access.actor(), mailing, setting()), done)


@blueprint.post("/mailings/<int:mailing_id>/withdraw")
@access.allow(*EDITOR_ROLES)
def withdraw(mailing_id: int) -> Any:
    """Back to a draft: by the author to go on writing, or by the reviewer to have it changed."""
    mailing = service.editable(db.session, access.scope(), mailing_id)
    done = _("작성 중으로 되돌렸습니다.")
    return _act(mailing, lambda: service.withdraw(db.session, access.actor(), mailing, now=setting().now), done)


def _act(mailing: Mailing, act: Any, done: str) -> Any:
    try:
        act()
        db.session.commit()
        flash(done, "success")
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(_(error.message), "error")
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
    if upload is None or upload.kind != "picture":
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
    """Mailings that wait for someone, on the first page of editors."""
    waiting = [MailingState.REVIEW, MailingState.OVERDUE, MailingState.PAUSED, MailingState.APPROVED]
    query = service.visible(access.scope()).where(Mailing.state.in_(waiting)).order_by(Mailing.updated_at).limit(10)
    mailings = list(db.session.scalars(query))
    return render_template("mailings/home_panel.html", mailings=mailings) if mailings else ""
