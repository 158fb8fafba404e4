"""Pages of sequences: writing the steps, approval and start, where everyone stands, stopping."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from campaigns.audience.models import Audience
from campaigns.delivery import approval
from campaigns.delivery import service as delivery
from campaigns.delivery.forms import ScheduleForm, SendBackForm, proposed
from campaigns.mailings import service as mailings
from campaigns.mailings import starting
from campaigns.mailings.models import Mailing
from campaigns.mailings.routes import setting
from campaigns.mailings.rules import MessageClass
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.sequences import members, service
from campaigns.sequences.forms import NewSequenceForm, SequenceForm, StopForm
from campaigns.sequences.members import MemberFilter
from campaigns.sequences.models import Sequence
from campaigns.sequences.rules import (
    CHANGEABLE,
    CONDITION_HINTS,
    CONDITION_LABELS,
    LATE_AFTER,
    MAX_STEPS,
    MEMBER_LABELS,
    MIN_STEPS,
    REASON_LABELS,
    STATE_LABELS,
    UNIT_LABELS,
    EndReason,
    MemberState,
    SequenceState,
)
from outreach.audit import service as audit
from outreach.audit.models import AccessKind
from outreach.calendar import service as calendar
from outreach.db import db
from outreach.errors import DomainError, Invalid, NotFound
from outreach.scope import EDITOR_ROLES, STAFF_ROLES, Scope
from outreach.web import access
from outreach.web.acts import carry_out
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("sequences", __name__)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "SEQUENCE_STATES": STATE_LABELS, "MEMBER_STATES": MEMBER_LABELS, "END_REASONS": REASON_LABELS,
        "STEP_CONDITIONS": CONDITION_LABELS, "WAIT_UNITS": UNIT_LABELS,
    }


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _editable(sequence_id: int) -> Sequence:
    return service.editable(db.session, access.scope(), sequence_id)


# -- writing -------------------------------------------------------------------------------------------


@blueprint.route("/campaigns/<int:campaign_id>/sequences/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def create(campaign_id: int) -> Any:
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    form = NewSequenceForm()
    if form.validate_on_submit():
        mail = {
            "sender_address": current_user.email, "blocks": starting.blocks(db.session, None),
            "message_class": MessageClass.PUBLIC_NOTICE,
        }
        made = service.create(db.session, access.actor(), campaign, form.name.data or "", mail, now=_now())
        db.session.commit()
        return redirect(url_for(".edit", sequence_id=made.id))
    return render_template("sequences/new.html", form=form, campaign=campaign)


@blueprint.route("/sequences/<int:sequence_id>/edit", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def edit(sequence_id: int) -> Any:
    """Steps as cards. Its buttons save; some of them do something more with what was saved."""
    sequence = _editable(sequence_id)
    if service.standing(sequence) not in CHANGEABLE:
        return redirect(url_for(".show", sequence_id=sequence_id))
    form = SequenceForm(obj=sequence) if request.method == "GET" else SequenceForm()
    form.offer(_audiences(sequence.campaign), sequence.campaign.partners)
    if form.validate_on_submit() and (then := _saved(sequence, form)):
        return redirect(then)
    return render_template(
        "sequences/edit.html", form=form, sequence=sequence, hints=CONDITION_HINTS, most=MAX_STEPS, least=MIN_STEPS,
        note=sequence.note, returned=service.standing(sequence) is SequenceState.DRAFT and sequence.note,
    )


def _audiences(campaign: Campaign) -> list[Audience]:
    query = sa.select(Audience).where(Audience.campaign_id == campaign.id)
    return list(db.session.scalars(query.order_by(Audience.name, Audience.id)))


def _saved(sequence: Sequence, form: SequenceForm) -> str:
    """Where to go after saving; '' if it was refused, which is shown above the form."""
    then, actor, now = request.form.get("then", ""), access.actor(), _now()
    here = url_for(".edit", sequence_id=sequence.id)
    try:
        values = form.values(sequence, request.form)
        service.edit(db.session, actor, sequence, values, version=form.known_version, now=now)
        if then == "add":
            step = service.add_step(db.session, actor, sequence, now=now)
            here += f"#step-{step.position}"
        elif then.startswith("remove-") and then[7:].isdecimal():
            service.remove_step(db.session, actor, sequence, int(then[7:]), now=now)
        elif then == "submit":
            db.session.commit()  # what was written stays, whatever is still missing
            service.submit(db.session, actor, sequence, setting())
            here = url_for(".show", sequence_id=sequence.id)
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return ""
    flash(_("승인을 요청했습니다.") if then == "submit" else _("저장했습니다."), "success")
    return here


# -- the sequence's page -------------------------------------------------------------------------------


@blueprint.get("/sequences/<int:sequence_id>/")
@access.allow(*STAFF_ROLES)
def show(sequence_id: int) -> str:
    """Where it is, what each step has done, and what can be done next."""
    scope = access.scope()
    sequence = service.get(db.session, scope, sequence_id)
    state = service.standing(sequence)
    may_act = planning.may_edit(scope, sequence.campaign)
    values: dict[str, Any] = {}
    if state is SequenceState.REVIEW:
        found = service.check(db.session, sequence, setting())
        values = {
            "found": found, "problems": {step.position: check.without_people().problems for step, check in found.steps},
            "own_work": service.wrote_in(db.session, sequence, scope.user_id),
            "approver": may_act and scope.role in mailings.APPROVER_ROLES, "send_back": SendBackForm(formdata=None),
        }
    elif state is SequenceState.APPROVED:
        values = {
            "form": ScheduleForm(formdata=None).propose(
                proposed(sequence.steps[0].mailing, _now(), None, calendar.load(db.session))
            ),
            "smtp_ready": bool(current_app.extensions["outreach"].settings.smtp_url),
        }
    return render_template(
        "sequences/show.html", sequence=sequence, state=state, may_act=may_act, begun=service.begun(sequence),
        numbers=members.numbers(db.session, sequence_id), late_days=LATE_AFTER.days,
        results={step.position: delivery.statistics(db.session, step.mailing_id) for step in sequence.steps},
        partners=members.partners(db.session, sequence.campaign), stop_form=StopForm(formdata=None),
        events=audit.history(db.session, "sequence", sequence_id)[:20], **values,
    )


@blueprint.get("/sequences/<int:sequence_id>/members")
@access.allow(*STAFF_ROLES)
def listing(sequence_id: int) -> str:
    """Where each recipient stands, and why."""
    scope = access.scope()
    sequence, asked = service.get(db.session, scope, sequence_id), _asked()
    page = paginate(db.session, members.listed(scope, sequence, asked), scalars=False)
    access.log_access(AccessKind.VIEW, "contact", [row.contact_id for row, *_names in page.items], sequence.name)
    return render_template(
        "sequences/members.html", sequence=sequence, page=page, asked=asked,
        numbers=members.numbers(db.session, sequence_id),
    )


def _asked() -> MemberFilter:
    state, reason = request.args.get("state", ""), request.args.get("reason", "")
    return MemberFilter(
        MemberState(state) if state in set(MemberState) else None,
        EndReason(reason) if reason in set(EndReason) else None, request.args.get("q", "").strip()[:100],
    )


# -- acts ----------------------------------------------------------------------------------------------


def _act(sequence_id: int, act: Callable[[], object], done: str) -> Any:
    """Do one thing and commit it; a refusal is shown above the sequence's page."""
    carry_out(act, done)
    return redirect(url_for(".show", sequence_id=sequence_id))


@blueprint.post("/sequences/<int:sequence_id>/<any(submit, withdraw, unschedule, pause, resume):act>")
@access.allow(*EDITOR_ROLES)
def do(sequence_id: int, act: str) -> Any:
    """One of the acts that need no more than a button."""
    sequence, actor, now = _editable(sequence_id), access.actor(), _now()
    acts: dict[str, tuple[Callable[[], object], str]] = {
        "submit": (lambda: service.submit(db.session, actor, sequence, setting()), _("승인을 요청했습니다.")),
        "withdraw": (
            lambda: service.withdraw(db.session, actor, sequence, now=now),
            _("요청을 거두었습니다. 이어서 고칠 수 있습니다."),
        ),
        "unschedule": (
            lambda: service.unschedule(db.session, actor, sequence, now=now),
            _("시작 예약을 취소했습니다. 승인은 그대로입니다."),
        ),
        "pause": (
            lambda: service.pause(
                db.session, actor, sequence, now=now, reason=_("%(name)s 님이 멈추었습니다.", name=current_user.name)
            ), _("모든 단계를 멈추었습니다."),
        ),
        "resume": (lambda: service.resume(db.session, actor, sequence, now=now), _("다시 시작했습니다.")),
    }
    return _act(sequence_id, *acts[act])


@blueprint.post("/sequences/<int:sequence_id>/approve")
@access.allow(*EDITOR_ROLES)
def approve(sequence_id: int) -> Any:
    """Approve the whole as it was looked at, and write the first step's recipients down."""
    sequence = _editable(sequence_id)

    def act() -> None:
        found = service.approve(
            db.session, access.scope(), access.actor(), sequence, setting(),
            content_hash=request.form.get("content_hash", ""),
        )
        count = found.count.included if found.count else 0
        approval.write_down(
            db.session, access.scope(), sequence.steps[0].mailing_id, count, setting(), now=_now()
        )

    return _act(sequence_id, act, _("승인했습니다. 시작할 시각을 정해 주세요."))


@blueprint.post("/sequences/<int:sequence_id>/send-back")
@access.allow(*EDITOR_ROLES)
def send_back(sequence_id: int) -> Any:
    """Not approved: back to the author, with what is to be changed."""
    sequence, form = _editable(sequence_id), SendBackForm()

    def act() -> None:
        if not form.validate():
            raise Invalid("무엇을 고쳐야 하는지 적어 주세요.")
        service.withdraw(db.session, access.actor(), sequence, now=_now(), comment=form.comment.data or "")

    return _act(sequence_id, act, _("작성자에게 돌려보냈습니다."))


@blueprint.post("/sequences/<int:sequence_id>/start")
@access.allow(*EDITOR_ROLES)
def start(sequence_id: int) -> Any:
    sequence, form = _editable(sequence_id), ScheduleForm()

    def act() -> None:
        if not form.validate():
            raise Invalid(" ".join(str(text) for texts in form.errors.values() for text in texts))
        ready = bool(current_app.extensions["outreach"].settings.smtp_url)
        service.start(
            db.session, access.actor(), sequence, form.instant(_now()), now=_now(), smtp_ready=ready
        )

    return _act(sequence_id, act, _("시작을 예약했습니다. 다음 단계는 받는 사람마다 때가 되면 나갑니다."))


@blueprint.post("/sequences/<int:sequence_id>/stop")
@access.allow(*EDITOR_ROLES)
def stop(sequence_id: int) -> Any:
    sequence, form = _editable(sequence_id), StopForm()
    return _act(
        sequence_id,
        lambda: service.stop(db.session, access.actor(), sequence, now=_now(), reason=form.note.data or ""),
        _("연속 메일을 끝냈습니다. 이미 보낸 메일은 되돌릴 수 없습니다."),
    )


@blueprint.post("/sequences/<int:sequence_id>/late")
@access.allow(*EDITOR_ROLES)
def late(sequence_id: int) -> Any:
    """A person's word on steps that are long overdue."""
    sequence, send = _editable(sequence_id), request.form.get("decision") == "send"
    done = _("늦은 단계를 지금 보냅니다.") if send else _("늦은 곳은 여기서 끝냈습니다.")
    return _act(
        sequence_id,
        lambda: members.decide_late(db.session, access.actor(), sequence, send=send, now=_now()), done,
    )


@blueprint.post("/sequences/<int:sequence_id>/partners/<int:organisation_id>/<any(stop, lift):act>")
@access.allow(*EDITOR_ROLES)
def partner(sequence_id: int, organisation_id: int, act: str) -> Any:
    """A partner wants no more mail to its companies, or has changed its mind: for the whole campaign."""
    sequence, form, actor = _editable(sequence_id), StopForm(), access.actor()
    if act == "lift":
        return _act(
            sequence_id,
            lambda: members.lift_stop(db.session, actor, sequence.campaign, organisation_id, now=_now()),
            _("다시 보낼 수 있게 했습니다. 이미 끝난 곳은 되살아나지 않습니다."),
        )
    return _act(
        sequence_id,
        lambda: members.partner_stop(
            db.session, actor, sequence.campaign, organisation_id, note=form.note.data or "", now=_now()
        ), _("이 협력기관이 초대한 기업에는 더 보내지 않습니다."),
    )


# -- elsewhere -----------------------------------------------------------------------------------------


def campaign_panel(scope: Scope, campaign: Campaign) -> Markup:
    """The campaign's sequences with what each has done."""
    rows = [
        (each, service.standing(each), members.numbers(db.session, each.id))
        for each in service.of_campaign(db.session, campaign)
    ]
    html = render_template(
        "sequences/campaign_panel.html", rows=rows, campaign=campaign, may_act=planning.may_edit(scope, campaign)
    )
    return Markup(html)  # noqa: S704 - our own template


def mailing_panel(_scope: Scope, mailing: Mailing) -> Markup | str:
    """On the page of a step: the way to its sequence."""
    sequence = service.of_mailing(db.session, mailing) if mailing.step is not None else None
    if sequence is None:
        return ""
    html = render_template("sequences/mailing_panel.html", sequence=sequence, mailing=mailing)
    return Markup(html)  # noqa: S704 - our own template
