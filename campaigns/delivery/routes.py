"""Pages of one mailing on its way: approval, schedule, sending, results. Its recipients are in recipient_routes;
writing it is the area's below (campaigns.mailings)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from campaigns.audience.rules import EXCLUSION_LABELS
from campaigns.delivery import approval, dead_letters, hours, limit_settings, queries, replacing, rests, service
from campaigns.delivery import progress as progress_meter
from campaigns.delivery.forms import ApproveForm, ScheduleForm, SendBackForm, moment_of, proposed
from campaigns.delivery.models import Delivery
from campaigns.delivery.retry import ADVICE_LABELS, TROUBLE_LABELS
from campaigns.delivery.retry_words import retry_words
from campaigns.delivery.rules import SKIP_LABELS, STATE_LABELS, DeliveryState
from campaigns.delivery.story import story
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.routes import note_people, preview_choices, setting
from campaigns.mailings.rules import MailingState
from campaigns.mailings.steps import STEP_BEFORE
from campaigns.planning import service as planning
from outreach.accounts.models import User
from outreach.audit import service as audit
from outreach.audit.models import AccessKind
from outreach.calendar import service as calendar
from outreach.db import db
from outreach.jobs.models import Job
from outreach.scope import EDITOR_ROLES, STAFF_ROLES, Scope
from outreach.web import access
from outreach.web.acts import carry_out
from outreach.web.numbers import read_id

blueprint = Blueprint("deliveries", __name__, url_prefix="/mailings/<int:mailing_id>")

#: Where a mailing stands on the way that the page draws.
WAY = {
    MailingState.DRAFT: 0, MailingState.REVIEW: 1, MailingState.FREEZING: 1, MailingState.APPROVED: 2,
    MailingState.SCHEDULED: 2, MailingState.OVERDUE: 2, MailingState.SENDING: 3, MailingState.PAUSED: 3,
    MailingState.FINISHED: 4,
}


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "sending_hours": lambda kind: calendar.load(db.session).hours(kind),
        "DELIVERY_STATES": STATE_LABELS, "SKIP_REASONS": SKIP_LABELS, "EXCLUSIONS": EXCLUSION_LABELS,
        "TROUBLES": TROUBLE_LABELS, "ADVICE_LABELS": ADVICE_LABELS, "retry_words": retry_words,
    }


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _editable(mailing_id: int) -> Mailing:
    return mailings.editable(db.session, access.scope(), mailing_id)


def _may_act(mailing: Mailing) -> bool:
    return planning.may_edit(access.scope(), mailing.campaign)


# -- the mailing's page ----------------------------------------------------------------------------------


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def show(mailing_id: int) -> str:
    """Where the mailing is, and what can be done next."""
    mailing = mailings.get(db.session, access.scope(), mailing_id)
    may_act = _may_act(mailing)
    return render_template(
        f"deliveries/{_page(mailing)}.html", mailing=mailing, may_act=may_act, steps=_steps(mailing),
        people=_people(mailing), events=story(mailing, audit.history(db.session, "mailing", mailing_id)),
        send_back=SendBackForm(), **_of_state(mailing, may_act),
    )


def _page(mailing: Mailing) -> str:
    """The template of the mailing's state; states that look alike share one."""
    if mailing.step is not None and mailing.state in STEP_BEFORE:
        return "step"
    shared = {
        MailingState.OVERDUE: "scheduled", MailingState.PAUSED: "sending", MailingState.CANCELLED: "finished",
    }
    return shared.get(mailing.state, mailing.state.value)


def _steps(mailing: Mailing) -> list[tuple[str, str]]:
    here = WAY.get(mailing.state)
    if here is None:
        return []
    labels = (_("작성"), _("승인"), _("예약"), _("발송"), _("결과"))
    states = ["done" if at < here else "current" if at == here else "todo" for at in range(len(labels))]
    return list(zip(labels, states, strict=True))


def _people(mailing: Mailing) -> dict[int, str]:
    """Names of everyone the page speaks of."""
    ids = {mailing.author_id, mailing.approved_by, mailing.scheduled_by, *(row.user_id for row in mailing.editors)}
    query = sa.select(User.id, User.name).where(User.id.in_(ids - {None}))
    return {row.id: row.name for row in db.session.execute(query)}


def _of_state(mailing: Mailing, may_act: bool) -> dict[str, Any]:
    """What the page of this state needs beside the mailing."""
    if _page(mailing) == "step":
        return {}
    match mailing.state:
        case MailingState.REVIEW:
            return _review(mailing, may_act)
        case MailingState.FREEZING:
            return _freezing(mailing.id)
        case MailingState.APPROVED | MailingState.OVERDUE:
            form = ScheduleForm(formdata=None).propose(
                proposed(mailing, _now(), moment_of(request.args.get("at", "")), calendar.load(db.session))
            )
            ready = bool(current_app.extensions["outreach"].settings.smtp_url)
            expired = mailing.not_after is not None and _now() >= mailing.not_after
            return {"form": form, "smtp_ready": ready, "expired": expired, **_size(mailing)}
        case MailingState.SCHEDULED:
            starts_at, why = hours.starts_at(db.session, mailing)
            seconds = int((starts_at - _now()).total_seconds())
            return {"seconds": seconds, "starts_at": starts_at, "moved": why, **_size(mailing)}
        case MailingState.SENDING | MailingState.PAUSED | MailingState.FINISHED | MailingState.CANCELLED:
            refusals = dead_letters.overview(db.session, access.scope(), dead_letters.Asked(mailing.id))
            sending = mailing.state is MailingState.SENDING
            resting = rests.of_mailing(db.session, mailing.id, now=_now()) if sending else []
            doubts = _doubts(mailing) if may_act else []
            companies = queries.company_names(db.session, doubts)
            shown = _progress(mailing)
            return shown | {
                "doubts": doubts, "companies": companies, "refusals": refusals, "resting": resting,
                "taken": _taken(mailing, shown["stats"]),
            }
    return {}


def _taken(mailing: Mailing, stats: service.Statistics) -> dict[str, Any]:
    """What was taken down while the mail was going out, what has gone out with it, and what can be put in instead."""
    records, found = audit.history(db.session, "mailing", mailing.id), setting()
    told = replacing.told(db.session, mailing, records, stats[DeliveryState.ACCEPTED], found.now)
    told["own_work"] = mailings.wrote_in(db.session, mailing, access.scope().user_id)
    if told["waiting"] and not told["gone"]:
        composed = replacing.composed_anew(db.session, mailing, found)
        told["form"] = ApproveForm(formdata=None, content_hash=mailings.fingerprint_of(mailing, composed))
        told["approver"] = _may_act(mailing) and access.scope().role in mailings.APPROVER_ROLES
    return told


def _review(mailing: Mailing, may_act: bool) -> dict[str, Any]:
    """What an approver looks at; an author is told who else may approve."""
    found = mailings.check(db.session, mailing, setting())
    found = found if may_act else found.without_people()
    note_people(mailing, found)
    user_id, role = access.scope().user_id, access.scope().role
    return {
        "found": found, "form": ApproveForm(formdata=None, content_hash=found.content_hash),
        "own_work": mailings.wrote_in(db.session, mailing, user_id),
        "approver": may_act and role in mailings.APPROVER_ROLES,
        "recipients": preview_choices(mailing) if may_act else [],
    }


def _doubts(mailing: Mailing) -> Sequence[Delivery]:
    """Recipients that wait for a person's word; that they were shown is recorded."""
    rows = service.doubts(db.session, mailing.id)
    if rows:
        access.log_access(AccessKind.VIEW, "contact", [row.contact_id for row in rows], mailing.title)
    return rows


def _size(mailing: Mailing) -> dict[str, int]:
    """Recipients written down, and the companies they belong to."""
    query = sa.select(sa.func.count(), sa.func.count(Delivery.company_id.distinct()))
    total, companies = db.session.execute(query.where(Delivery.mailing_id == mailing.id)).one()
    return {"total": total, "companies": companies}


def _progress(mailing: Mailing) -> dict[str, Any]:
    now = _now()
    found = current_app.extensions[progress_meter.KEY].look(db.session, mailing, now)
    told = hours.outlook(db.session, mailing, found.stats.total, found.left, now)
    return {"stats": found.stats, "found": found, "hours": told}


@blueprint.get("/progress")
@access.allow(*STAFF_ROLES)
def progress(mailing_id: int) -> Any:
    """The part of the page that is asked for again every second or two; once the state it was drawn for is
    over, the whole page is loaded anew."""
    mailing = mailings.get(db.session, access.scope(), mailing_id)
    if mailing.state.value != request.args.get("of"):
        return "", 200, {"HX-Refresh": "true"}
    if mailing.state is MailingState.FREEZING:
        return render_template("deliveries/_freezing.html", mailing=mailing, **_freezing(mailing_id))
    if mailing.state is MailingState.SCHEDULED:
        return render_template("deliveries/_countdown.html", mailing=mailing, **_of_state(mailing, False))
    return render_template("deliveries/_progress.html", mailing=mailing, **_progress(mailing))


def _freezing(mailing_id: int) -> dict[str, Any]:
    """The job that writes the recipients down, and how many it has written."""
    latest = sa.select(Job).where(Job.key == approval.job_key(mailing_id)).order_by(Job.id.desc()).limit(1)
    written = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.mailing_id == mailing_id)
    return {"job": db.session.scalar(latest), "written": db.session.scalar(written) or 0}


# -- acts ------------------------------------------------------------------------------------------------


def _act(mailing_id: int, act: Callable[[], object], done: str) -> Any:
    """Do one thing and commit it; a refusal is shown above the mailing's page."""
    carry_out(act, done)
    return redirect(url_for(".show", mailing_id=mailing_id))


@blueprint.post("/approve")
@access.allow(*EDITOR_ROLES)
def approve(mailing_id: int) -> Any:
    """Approve what was looked at and write the recipients down: at once, or many by a job."""
    mailing = _editable(mailing_id)

    def act() -> None:
        approval.approve(
            db.session, access.scope(), access.actor(), mailing, setting(),
            content_hash=ApproveForm().content_hash.data or "",
        )

    return _act(mailing_id, act, _("승인했습니다. 보낼 시각을 정해 주세요."))


@blueprint.post("/send-back")
@access.allow(*EDITOR_ROLES)
def send_back(mailing_id: int) -> Any:
    """Not approved: back to the author, with what is to be changed."""
    mailing, form = _editable(mailing_id), SendBackForm()
    if not form.validate_on_submit():
        flash(_("무엇을 고쳐야 하는지 적어 주세요."), "error")
        return redirect(url_for(".show", mailing_id=mailing_id))

    def act() -> None:
        mailings.withdraw(db.session, access.actor(), mailing, now=_now(), comment=form.comment.data)

    return _act(mailing_id, act, _("작성자에게 돌려보냈습니다."))


@blueprint.post("/unschedule")
@access.allow(*EDITOR_ROLES)
def unschedule(mailing_id: int) -> Any:
    mailing = _editable(mailing_id)
    done = _("예약을 취소했습니다. 승인은 그대로이니 다시 예약할 수 있습니다.")
    return _act(mailing_id, lambda: mailings.unschedule(db.session, access.actor(), mailing, now=_now()), done)


@blueprint.post("/pause")
@access.allow(*EDITOR_ROLES)
def pause(mailing_id: int) -> Any:
    mailing, now = _editable(mailing_id), _now()
    reason = _("%(name)s 님이 멈추었습니다.", name=_person())
    return _act(
        mailing_id, lambda: mailings.pause(db.session, access.actor(), mailing, now=now, reason=reason),
        _("발송을 일시 정지했습니다."),
    )


def _person() -> str:
    user = db.session.get(User, access.scope().user_id)
    return user.name if user else ""


@blueprint.post("/resume")
@access.allow(*EDITOR_ROLES)
def resume(mailing_id: int) -> Any:
    mailing = _editable(mailing_id)
    done = _("발송을 다시 시작했습니다.")
    return _act(mailing_id, lambda: service.resume(db.session, access.actor(), mailing, now=_now()), done)


@blueprint.post("/cancel")
@access.allow(*EDITOR_ROLES)
def cancel(mailing_id: int) -> Any:
    mailing = _editable(mailing_id)
    done = _("발송을 취소했습니다. 이미 보낸 메일은 되돌릴 수 없습니다.")
    return _act(mailing_id, lambda: mailings.cancel(db.session, access.actor(), mailing, now=_now()), done)


@blueprint.post("/refusal-limit")
@access.allow(*EDITOR_ROLES)
def set_refusal_limit(mailing_id: int) -> Any:
    """From what share of refusals on this mailing pauses itself."""
    mailing, percent = _editable(mailing_id), request.form.get("percent", "")
    return _act(
        mailing_id,
        lambda: limit_settings.change_of_mailing(db.session, access.actor(), mailing, percent, now=_now()),
        _("저장했습니다. 다음에 보내는 묶음부터 적용됩니다."),
    )


@blueprint.post("/doubts")
@access.allow(*EDITOR_ROLES)
def decide(mailing_id: int) -> Any:
    """A person's word on recipients in doubt."""
    mailing = _editable(mailing_id)
    chosen = [number for text in request.form.getlist("delivery") if (number := read_id(text)) is not None]
    resend = request.form.get("decision") == "resend"
    if not chosen:
        flash(_("수신자를 하나 이상 골라 주세요."), "error")
        return redirect(url_for(".show", mailing_id=mailing_id) + "#doubts")
    done = _("고른 수신자에게 다시 보냅니다.") if resend else _("보낸 것으로 두었습니다.")
    return _act(
        mailing_id,
        lambda: service.decide(db.session, access.actor(), mailing, chosen, resend=resend, now=_now()), done,
    )


# -- elsewhere -------------------------------------------------------------------------------------------


def company_panel(scope: Scope, company: Any) -> Markup | str:
    """The mailings a company got, on the company's page."""
    rows = queries.of_company(db.session, scope, company.id)
    if not rows:
        return ""
    asked = company.business_number or company.name
    return Markup(render_template("deliveries/company_panel.html", rows=rows, asked=asked))  # noqa: S704 - our own template
