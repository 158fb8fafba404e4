"""Writing, checking, approving and scheduling mailings.

An approval holds for exactly what was looked at: it is bound to a hash of the composed mail and the
audience, given by someone who edited none of it, and every edit voids it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from jinja2 import Environment
from sqlalchemy.orm import Session

from campaigns.audience import service as audiences
from campaigns.audience.history import History
from campaigns.audience.models import Audience
from campaigns.audience.rules import Conditions, Count
from campaigns.audience.service import Question
from campaigns.mailings import completeness, content, lawful, timing
from campaigns.mailings.completeness import PERSON
from campaigns.mailings.compose import Addresses, Composed, compose
from campaigns.mailings.content import Problem
from campaigns.mailings.freeze import missing_values
from campaigns.mailings.gates import Finding
from campaigns.mailings.models import Mailing, MailingEditor, MailingLink
from campaigns.mailings.rules import BOUND, EDITABLE, MOVES, STATE_LABELS, MailingState, MessageClass
from campaigns.mailings.second_person import APPROVER_ROLES as APPROVER_ROLES
from campaigns.mailings.second_person import require_second_person, wrote_audience
from campaigns.mailings.steps import require_alone
from campaigns.mailings.timing import Timing
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.calendar import service as calendar
from outreach.clock import kst_today, to_kst
from outreach.companies.topics import Topic
from outreach.db import check_version
from outreach.errors import Conflict, Invalid, NotFound
from outreach.regions.models import Centre
from outreach.scope import Scope
from outreach.wording import Text

#: Of what a person writes when pausing.
MAX_REASON = 300

FIELDS = (
    "title", "audience_id", "topic", "message_class", "class_reason", "commercial_reason", "subject", "preheader",
    "blocks", "sender_name", "sender_address", "sender_phone", "sender_postal", "clicks_open_leads", "track_opens",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What composing and counting need beside the mailing: templates, public addresses, history, clock."""

    env: Environment
    addresses: Addresses
    history: History
    now: datetime
    sender_check: bool = False  # whether the sender's domain must be in order (outreach.senders)


@dataclass(frozen=True, slots=True)
class Check:
    """What stands between a mailing and its sending: ``problems`` block, ``warnings`` do not.
    ``missing``: (field, contact id, company, address) of recipients without a value the text needs. ``gates``: every
    legal gate of the class; those that are shut are among the problems, too."""

    composed: Composed | None
    count: Count | None
    content_hash: str | None
    problems: list[Problem]
    warnings: list[str]
    missing: list[tuple[str, int, str, str]]
    gates: list[Finding] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return not self.problems

    def without_people(self) -> Check:
        """The same for those who may not act on the mailing: recipients are counted, not named."""
        if not self.missing:
            return self
        rest = [problem for problem in self.problems if not problem.at.startswith(PERSON)]
        text = Text("개인화 값이 없는 수신자가 %(count)s명 있습니다.", count=len({row[1] for row in self.missing}))
        return replace(self, problems=[*rest, Problem(text)], missing=[])


def visible(scope: Scope) -> sa.Select[tuple[Mailing]]:
    """Mailings of the campaigns a person may see; partners see none."""
    campaigns = planning.visible(scope).with_only_columns(Campaign.id)
    query = sa.select(Mailing).where(Mailing.campaign_id.in_(campaigns))
    return query.where(sa.false()) if scope.is_partner else query


def get(session: Session, scope: Scope, mailing_id: int) -> Mailing:
    """A mailing that ``scope`` may see. Raises NotFound."""
    mailing = session.scalar(visible(scope).where(Mailing.id == mailing_id))
    if mailing is None:
        raise NotFound("메일을 찾을 수 없습니다.")
    return mailing


def editable(session: Session, scope: Scope, mailing_id: int) -> Mailing:
    """A mailing the person may act on: of a campaign they may edit."""
    mailing = get(session, scope, mailing_id)
    planning.editable(session, scope, mailing.campaign_id)
    return mailing


def create(
    session: Session, actor: Actor, campaign: Campaign, values: Mapping[str, Any], *, now: datetime
) -> Mailing:
    """A new draft of ``campaign``. ``values``: any of FIELDS. Raises Invalid."""
    mailing = Mailing(
        campaign_id=campaign.id, title="", subject="", preheader="", class_reason="", sender_address="", blocks=[],
        message_class=MessageClass.PUBLIC_NOTICE, created_at=now, updated_at=now, author_id=actor.user_id,
    )
    mailing.sender_name = campaign.centre.name_ko if campaign.centre else ""
    mailing.sender_phone = campaign.centre.phone if campaign.centre else ""
    mailing.sender_postal = campaign.centre.address if campaign.centre else ""
    mailing.campaign = campaign
    _apply(session, mailing, values)
    session.add(mailing)
    session.flush()
    note_editor(session, mailing, actor, now)
    audit.record_change(session, actor, "mailing", mailing.id, "create", {"title": (None, mailing.title)}, now=now)
    return mailing


def edit(
    session: Session, actor: Actor, mailing: Mailing, values: Mapping[str, Any], *, version: int | None, now: datetime
) -> None:
    """Change a mailing. A review or approval it had is void. Raises StaleEdit, Conflict, Invalid."""
    check_version(mailing, version)
    if mailing.state not in EDITABLE:
        raise Conflict(Text("'%(state)s' 상태의 메일은 고칠 수 없습니다.", state=Text(STATE_LABELS[mailing.state])))
    changes = _apply(session, mailing, values)
    if not changes:
        return
    if mailing.state is not MailingState.DRAFT:
        back_to_draft(session, mailing)
    mailing.updated_at = now
    note_editor(session, mailing, actor, now)
    audit.record_change(session, actor, "mailing", mailing.id, "edit", changes, now=now)
    session.flush()


def back_to_draft(session: Session, mailing: Mailing) -> None:
    """Void review and approval; recipients already written down are forgotten (by the caller above, who
    owns their table, through the state)."""
    mailing.state = MailingState.DRAFT
    mailing.submitted_at = mailing.approved_at = mailing.approved_by = mailing.approved_hash = None
    mailing.scheduled_at = mailing.scheduled_by = mailing.not_after = mailing.spread_until = None
    mailing.compiled, mailing.pause_reason = None, ""
    mailing.links.clear()
    session.flush()


def _apply(session: Session, mailing: Mailing, values: Mapping[str, Any]) -> dict[str, Any]:
    clean = {key: values[key] for key in FIELDS if key in values}
    if mailing.follows_id is not None or mailing.step is not None:
        clean.pop("audience_id", None)  # whom it goes to follows from what it follows
    if "blocks" in clean:
        clean["blocks"] = content.clean_blocks(clean["blocks"])
    if "message_class" in clean:
        clean["message_class"] = MessageClass(clean["message_class"])
    if "topic" in clean:
        clean["topic"] = Topic(clean["topic"]) if clean["topic"] else None
    if clean.get("audience_id") is not None:
        audience = session.get(Audience, clean["audience_id"])
        if audience is None or audience.campaign_id != mailing.campaign_id:
            raise Invalid("이 캠페인의 수신 대상이 아닙니다.", fields={"audience_id": "다른 캠페인"})
    for key in ("subject", "preheader", "title", "sender_name"):
        if key in clean:
            clean[key] = " ".join(str(clean[key] or "").split())
    changes = audit.apply_changes(mailing, clean)
    if not mailing.title:
        raise Invalid("메일의 관리용 제목을 적어 주세요.", fields={"title": "필수"})
    content.personal_fields([mailing.subject, mailing.preheader, *(str(b.get("text") or "") for b in mailing.blocks)])
    return changes


def note_editor(session: Session, mailing: Mailing, actor: Actor, now: datetime) -> None:
    """Who wrote in the mailing may not approve it."""
    if actor.user_id is None:
        return
    row = next((editor for editor in mailing.editors if editor.user_id == actor.user_id), None)
    if row is None:
        mailing.editors.append(MailingEditor(user_id=actor.user_id, last_at=now))
    else:
        row.last_at = now
    session.flush()


def wrote_in(session: Session, mailing: Mailing, user_id: int | None) -> bool:
    """Whether a person edited the mailing or its audience, and so may not approve it."""
    if any(editor.user_id == user_id for editor in mailing.editors):
        return True
    return wrote_audience(session, mailing.audience_id, user_id)


def audience_changed(session: Session, actor: Actor, audience: Audience, now: datetime) -> list[str]:
    """Void review and approval of the mailings that were to go to ``audience``; their titles. What has begun to
    be sent keeps the recipients written down for it, and so do the later steps of a sequence that has begun."""
    bound = sa.select(Mailing).where(Mailing.audience_id == audience.id, Mailing.state.in_(BOUND)).order_by(Mailing.id)
    begun = sa.and_(Mailing.step > 1, Mailing.state == MailingState.SCHEDULED)
    mailings = list(session.scalars(bound.where(sa.or_(Mailing.step.is_(None), ~begun))))
    for mailing in mailings:
        comment = f"수신 대상 '{audience.name}'의 조건이 바뀌어 승인을 거두었습니다."
        withdraw(session, actor, mailing, now=now, comment=comment, as_step=True)
    return [mailing.title for mailing in mailings]


def frozen(mailing: Mailing) -> Composed:
    """The mail as it was approved. Raises Conflict if it is not."""
    if mailing.compiled is None:
        raise Conflict("승인된 메일이 아닙니다.")
    return Composed.from_json(mailing.compiled)


def question(mailing: Mailing, history: History, now: datetime) -> Question | None:
    """The mailing's audience as a question, None while it has none. A reminder asks for those who have not answered
    what it reminds of."""
    if mailing.follows_id is not None:
        return question_of(mailing, Conditions(recent_days=0), history, now, history.unanswered(mailing.follows_id))
    if mailing.audience is None:
        return None
    return question_of(mailing, audiences.parse(mailing.audience.conditions), history, now)


def question_of(
    mailing: Mailing, conditions: Conditions, history: History, now: datetime,
    among: sa.Select[tuple[int]] | None = None,
) -> Question:
    """Who of these the mailing may go to, given its centre and class."""
    return Question(
        conditions, mailing.campaign.centre_id, mailing.message_class is MessageClass.ADVERTISING, history, now,
        mailing.topic, capped=mailing.message_class is not MessageClass.CONSENT_NOTICE, among=among,
    )


def centre_name(session: Session, mailing: Mailing) -> str:
    """What {{센터}} says for a workplace without a centre."""
    if mailing.campaign.centre_id is None:
        return mailing.sender_name
    name = session.scalar(sa.select(Centre.name_ko).where(Centre.id == mailing.campaign.centre_id))
    return name or mailing.sender_name


def check(session: Session, mailing: Mailing, setting: Setting) -> Check:
    """Everything that must hold before review, approval and sending, looked at anew."""
    problems = content.unfinished(mailing.blocks) + completeness.unwritten(mailing)
    composed, fingerprint, count = None, None, None
    missing: list[tuple[str, int, str, str]] = []
    try:
        composed = compose(session, setting.env, mailing, setting.addresses, kst_today(setting.now))
    except Invalid as error:
        problems.append(Problem(error.message))
    asked = question(mailing, setting.history, setting.now)
    if asked is not None:
        count = audiences.count(session, asked)
        if count.included == 0:
            message = Text("보낼 수 있는 수신자가 없습니다. 조건이나 제외 사유를 확인해 주세요.")
            problems.append(Problem(message, "audience_id"))
    if composed and asked:
        fingerprint = fingerprint_of(mailing, composed)
        missing = missing_values(session, asked, composed.fields, centre_name(session, mailing))
        problems += [completeness.missing(*row) for row in missing]
    gates = lawful.before_approval(session, mailing, composed, asked, count)
    problems += lawful.problems(gates)
    warnings = [*(composed.warnings if composed else []), *completeness.topicless(mailing)]
    if setting.sender_check:
        for found in lawful.sender_domain(session, mailing):
            (warnings if found.gate == "" else problems).append(found)
    return Check(composed, count, fingerprint, problems, warnings, missing, gates)


def fingerprint_of(mailing: Mailing, composed: Composed) -> str:
    """The hash an approval is bound to: the composed mail, its sender and class, and the audience."""
    return content.content_hash({
        "mail": composed.to_json(), "class": mailing.message_class.value, "sender": [
            mailing.sender_name, mailing.sender_address, mailing.sender_phone, mailing.sender_postal,
        ],
        "audience": mailing.audience.conditions if mailing.audience else None, "centre": mailing.campaign.centre_id,
        **({"follows": mailing.follows_id} if mailing.follows_id else {}),
        "topic": mailing.topic, "reasons": [mailing.class_reason, mailing.commercial_reason],
    })


def submit(
    session: Session, actor: Actor, mailing: Mailing, setting: Setting, *, as_step: bool = False
) -> Check:
    """Ask for approval. Raises Conflict with what is still missing. ``as_step``: by its sequence, which alone may
    take a step on; so in the functions below."""
    require_alone(mailing, as_step)
    _require_move(mailing, MailingState.REVIEW)
    result = check(session, mailing, setting)
    _require_ready(result)
    _move(session, actor, mailing, MailingState.REVIEW, setting.now)
    mailing.submitted_at = setting.now
    session.flush()
    return result


def approve(
    session: Session, scope: Scope, actor: Actor, mailing: Mailing, setting: Setting, *, content_hash: str,
    as_step: bool = False,
) -> Check:
    """Approve what was looked at (``content_hash`` of the page) and begin writing the recipients down.

    Raises Forbidden to anyone who edited the mailing or its audience, Conflict if it changed since it was looked
    at."""
    require_alone(mailing, as_step)
    _require_move(mailing, MailingState.FREEZING)
    require_second_person(scope, wrote=wrote_in(session, mailing, actor.user_id))
    result = check(session, mailing, setting)
    _require_ready(result)
    if result.content_hash != content_hash or result.composed is None:
        raise Conflict("확인한 뒤에 내용이나 수신 대상이 바뀌었습니다. 다시 확인하고 승인해 주세요.")
    mailing.compiled = result.composed.to_json()
    mailing.links = [
        MailingLink(position=position, url=url, label=label)
        for position, (url, label) in enumerate(result.composed.links)
    ]
    mailing.approved_hash, mailing.approved_at, mailing.approved_by = content_hash, setting.now, actor.user_id
    _move(session, actor, mailing, MailingState.FREEZING, setting.now)
    return result


def schedule(
    session: Session, actor: Actor, mailing: Mailing, at: datetime, *, now: datetime, smtp_ready: bool,
    not_after: datetime | None = None, spread_until: datetime | None = None, as_step: bool = False,
) -> None:
    """Send at ``at`` (UTC), evenly until ``spread_until`` and nothing from ``not_after`` on, if given. Raises Conflict
    without a mail server, Invalid for a past time or, for a reminder, one that is too early, Closed for one outside
    the hours of the mailing's class."""
    require_alone(mailing, as_step)
    if not smtp_ready:
        raise Conflict(
            "메일 서버가 설정되지 않아 예약할 수 없습니다. 시스템 관리자에게 OUTREACH_SMTP_URL 설정을 요청해 주세요."
        )
    if at < now - timedelta(minutes=1):
        message = "이미 지난 시각입니다. 지금 또는 앞으로의 시각을 골라 주세요."
        raise Invalid(message, fields={"scheduled_at": "지난 시각"})
    if mailing.earliest_at is not None and at < mailing.earliest_at:
        day = f"{to_kst(mailing.earliest_at):%Y. %-m. %-d.}"
        message = Text("다시 알리는 메일은 %(day)s부터 보낼 수 있습니다.", day=day)
        raise Invalid(message, fields={"scheduled_at": "너무 이른 시각"})
    if not mailing.approved_hash:
        raise Conflict("승인된 메일만 예약할 수 있습니다.")
    timing.check(Timing(at, not_after, spread_until), mailing.message_class, calendar.load(session))
    _move(session, actor, mailing, MailingState.SCHEDULED, now)
    mailing.scheduled_at, mailing.scheduled_by, mailing.pause_reason = at, actor.user_id, ""
    mailing.not_after, mailing.spread_until = not_after, spread_until
    session.flush()


def unschedule(
    session: Session, actor: Actor, mailing: Mailing, *, now: datetime, as_step: bool = False
) -> None:
    """Take the mailing back from its time; the approval stays."""
    require_alone(mailing, as_step)
    _move(session, actor, mailing, MailingState.APPROVED, now)
    mailing.scheduled_at = mailing.scheduled_by = mailing.not_after = mailing.spread_until = None
    session.flush()


def withdraw(
    session: Session, actor: Actor, mailing: Mailing, *, now: datetime, comment: str = "", as_step: bool = False
) -> None:
    """Back to a draft, by its author or the reviewer, who says in ``comment`` what is to be changed."""
    require_alone(mailing, as_step)
    _require_move(mailing, MailingState.DRAFT)
    changes: dict[str, tuple[Any, Any]] = {"state": (mailing.state, MailingState.DRAFT)}
    if comment.strip():
        changes["comment"] = (None, comment.strip())
    audit.record_change(session, actor, "mailing", mailing.id, "state", changes, now=now)
    back_to_draft(session, mailing)


def pause(session: Session, actor: Actor, mailing: Mailing, *, now: datetime, reason: str = "") -> None:
    """Stop sending for now; ``reason`` is shown. Raises Conflict if its state does not allow it."""
    _move(session, actor, mailing, MailingState.PAUSED, now)
    mailing.pause_reason = reason[:MAX_REASON]
    session.flush()


def resume(session: Session, actor: Actor, mailing: Mailing, *, now: datetime) -> None:
    """Go on sending. Raises Conflict if its state does not allow it."""
    _move(session, actor, mailing, MailingState.SENDING, now)
    mailing.pause_reason = ""
    session.flush()


def reopen(session: Session, actor: Actor, mailing: Mailing, *, now: datetime) -> None:
    """Send on after the end, because a person decided to send something again."""
    _move(session, actor, mailing, MailingState.SENDING, now)
    mailing.finished_at = None
    session.flush()


def cancel(session: Session, actor: Actor, mailing: Mailing, *, now: datetime, as_step: bool = False) -> None:
    """Stop for good; what has left has left."""
    require_alone(mailing, as_step)
    _move(session, actor, mailing, MailingState.CANCELLED, now)
    mailing.finished_at = now
    session.flush()


def _require_ready(result: Check) -> None:
    """The refusal names no recipient: the check does, where it is recorded who looked."""
    if not result.ready:
        problems = result.without_people().problems
        shown = sorted(problems, key=lambda problem: not problem.gate)[:5]  # the law first
        raise Conflict(Text.joined([Text("아직 보낼 수 없습니다."), *shown]), fields=lawful.articles(problems))


def _require_move(mailing: Mailing, to: MailingState) -> None:
    if to not in MOVES[mailing.state]:
        raise Conflict(Text(
            "'%(state)s' 상태에서 '%(to)s' 상태로는 바꿀 수 없습니다.",
            state=Text(STATE_LABELS[mailing.state]), to=Text(STATE_LABELS[to]),
        ))


def _move(session: Session, actor: Actor, mailing: Mailing, to: MailingState, now: datetime) -> None:
    _require_move(mailing, to)
    changes = audit.apply_changes(mailing, {"state": to, "updated_at": now})
    audit.record_change(session, actor, "mailing", mailing.id, "state", {"state": changes["state"]}, now=now)
    session.flush()
