"""Making, approving, starting and stopping sequences. What goes on by itself is campaigns.sequences.rounds.

A sequence is approved as a whole: every step's mail, the waits and conditions, the audience and the partner are one
hash. Its steps are mailings, so an edit of any of them voids the approval as it does for a mailing of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience.models import Audience
from campaigns.audience.rules import Count
from campaigns.mailings import service as mailings
from campaigns.mailings.content import Problem, content_hash
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.mailings.service import Check, Setting
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.planning.rules import CampaignState
from campaigns.sequences import members
from campaigns.sequences.models import Sequence, SequenceStep
from campaigns.sequences.rules import (
    CHANGEABLE,
    MAX_STEPS,
    MAX_WAIT,
    MIN_STEPS,
    MOVES,
    STATE_LABELS,
    SequenceState,
    StepCondition,
    WaitUnit,
)
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.scope import Scope
from outreach.wording import Text

#: What a further step takes over from the first.
TAKEN_OVER = (
    "message_class", "class_reason", "subject", "preheader", "blocks", "sender_name", "sender_address",
    "sender_phone", "sender_postal",
)


@dataclass(frozen=True, slots=True)
class SequenceCheck:
    """What stands between a sequence and its start: ``problems`` of the whole, and each step's own check."""

    steps: list[tuple[SequenceStep, Check]]
    problems: list[Problem]
    content_hash: str | None

    @property
    def ready(self) -> bool:
        return not self.problems and all(check.ready for _step, check in self.steps)

    @property
    def count(self) -> Count | None:
        """Who gets the first step."""
        return self.steps[0][1].count if self.steps else None


def visible(scope: Scope) -> sa.Select[tuple[Sequence]]:
    """Sequences of the campaigns a person may see; partners see none."""
    query = sa.select(Sequence).where(
        Sequence.campaign_id.in_(planning.visible(scope).with_only_columns(Campaign.id))
    )
    return query.where(sa.false()) if scope.is_partner else query


def get(session: Session, scope: Scope, sequence_id: int) -> Sequence:
    """Raises NotFound, also for another centre's sequence."""
    sequence = session.scalar(visible(scope).where(Sequence.id == sequence_id))
    if sequence is None:
        raise NotFound("연속 메일을 찾을 수 없습니다.")
    return sequence


def editable(session: Session, scope: Scope, sequence_id: int) -> Sequence:
    """A sequence the person may act on: of a campaign they may edit."""
    sequence = get(session, scope, sequence_id)
    planning.editable(session, scope, sequence.campaign_id)
    return sequence


def of_mailing(session: Session, mailing: Mailing) -> Sequence | None:
    """The sequence whose step a mailing is."""
    mine = sa.select(SequenceStep.sequence_id).where(SequenceStep.mailing_id == mailing.id)
    return session.scalar(sa.select(Sequence).where(Sequence.id.in_(mine)))


def standing(sequence: Sequence) -> SequenceState:
    """The state that holds: an edit of a step or of the audience takes review and approval back to a draft."""
    bound = sequence.state in CHANGEABLE or (sequence.state is SequenceState.RUNNING and not begun(sequence))
    if bound and any(step.mailing.state is MailingState.DRAFT for step in sequence.steps):
        return SequenceState.DRAFT
    return sequence.state


def begun(sequence: Sequence) -> bool:
    """Whether the first step has begun to go out."""
    return sequence.steps[0].mailing.started_at is not None


# -- writing -------------------------------------------------------------------------------------------


def create(
    session: Session, actor: Actor, campaign: Campaign, name: str, mail: Mapping[str, Any], *, now: datetime
) -> Sequence:
    """A new sequence of two steps, each beginning as ``mail`` (any of mailings.FIELDS). Raises Invalid."""
    sequence = Sequence(
        campaign_id=campaign.id, name=_name(name), author_id=actor.user_id, note="", created_at=now, updated_at=now
    )
    sequence.campaign = campaign
    session.add(sequence)
    session.flush()
    for position in range(1, MIN_STEPS + 1):
        _add(session, actor, sequence, position, mail, now)
    audit.record_change(session, actor, "sequence", sequence.id, "create", {"name": (None, sequence.name)}, now=now)
    return sequence


def _name(text: str) -> str:
    name = " ".join(text.split())[:100]
    if not name:
        raise Invalid("연속 메일의 이름을 적어 주세요.", fields={"name": "필수"})
    return name


def _add(
    session: Session, actor: Actor, sequence: Sequence, position: int, mail: Mapping[str, Any], now: datetime
) -> SequenceStep:
    values = {**mail, "title": f"{sequence.name} {position}단계"}
    mailing = mailings.create(session, actor, sequence.campaign, values, now=now)
    mailing.step, mailing.audience_id = position, sequence.audience_id
    step = SequenceStep(
        position=position, mailing=mailing, wait=5, unit=WaitUnit.WORKDAYS, condition=StepCondition.EVERYONE
    )
    sequence.steps.append(step)
    session.flush()
    return step


def add_step(session: Session, actor: Actor, sequence: Sequence, *, now: datetime) -> SequenceStep:
    """One more step at the end, beginning with the words of the first. Raises Conflict past MAX_STEPS."""
    _take_back(session, actor, sequence, now)
    if len(sequence.steps) >= MAX_STEPS:
        raise Conflict(Text("연속 메일은 %(limit)s단계까지 만들 수 있습니다.", limit=MAX_STEPS))
    first = sequence.steps[0].mailing
    step = _add(
        session, actor, sequence, len(sequence.steps) + 1, {name: getattr(first, name) for name in TAKEN_OVER}, now
    )
    audit.record_change(session, actor, "sequence", sequence.id, "edit", {"steps": (None, step.mailing.title)}, now=now)
    return step


def remove_step(session: Session, actor: Actor, sequence: Sequence, position: int, *, now: datetime) -> None:
    """Take a step out; its mailing is cancelled and keeps its story. Raises Conflict below MIN_STEPS."""
    _take_back(session, actor, sequence, now)
    if len(sequence.steps) <= MIN_STEPS:
        raise Conflict(Text("연속 메일에는 적어도 %(least)s단계가 있어야 합니다.", least=MIN_STEPS))
    step = next((step for step in sequence.steps if step.position == position), None)
    if step is None:
        raise NotFound("이 연속 메일의 단계가 아닙니다.")
    title = step.mailing.title
    mailings.cancel(session, actor, step.mailing, now=now, as_step=True)
    sequence.steps.remove(step)
    session.flush()
    for later in sequence.steps:  # ascending, so that no two stand in one place
        if later.position > position:
            later.position -= 1
            later.mailing.step = later.position
            session.flush()
    audit.record_change(session, actor, "sequence", sequence.id, "edit", {"steps": (title, None)}, now=now)


def edit(
    session: Session, actor: Actor, sequence: Sequence, values: Mapping[str, Any], *, version: int | None,
    now: datetime,
) -> None:
    """Change name, audience, partner (``name``, ``audience_id``, ``organisation_id``) and each step's wait, unit and
    condition (``steps``: position -> these). Review and approval are void. Raises StaleEdit, Conflict, Invalid."""
    check_version(sequence, version)
    changes = audit.apply_changes(sequence, _clean(session, sequence, values))
    for position, wanted in values.get("steps", {}).items():
        step = next((step for step in sequence.steps if step.position == position), None)
        if step is not None and position > 1:
            told = audit.apply_changes(step, _clean_step(wanted, position))
            changes |= {f"{position}.{name}": change for name, change in told.items()}
    if not changes:
        return
    _take_back(session, actor, sequence, now)
    for step in sequence.steps:
        step.mailing.audience_id = sequence.audience_id
        session.flush()
        session.refresh(step.mailing, ["audience"])
    sequence.updated_at = now
    audit.record_change(session, actor, "sequence", sequence.id, "edit", changes, now=now)
    session.flush()


def _clean(session: Session, sequence: Sequence, values: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    if "name" in values:
        clean["name"] = _name(values["name"])
    if "audience_id" in values:
        clean["audience_id"] = values["audience_id"]
        audience = session.get(Audience, values["audience_id"]) if values["audience_id"] else None
        if values["audience_id"] and (audience is None or audience.campaign_id != sequence.campaign_id):
            raise Invalid("이 캠페인의 수신 대상이 아닙니다.", fields={"audience_id": "다른 캠페인"})
    if "organisation_id" in values:
        known = {partner.organisation_id for partner in sequence.campaign.partners} | {None}
        if values["organisation_id"] not in known:
            raise Invalid("이 캠페인의 협력기관이 아닙니다.", fields={"organisation_id": "다른 기관"})
        clean["organisation_id"] = values["organisation_id"]
    return clean


def _clean_step(wanted: Mapping[str, Any], position: int) -> dict[str, Any]:
    wait = wanted["wait"]
    if not isinstance(wait, int) or not 1 <= wait <= MAX_WAIT:
        message = Text("%(n)s단계: 기다리는 기간은 1~%(limit)s일입니다.", n=position, limit=MAX_WAIT)
        raise Invalid(message, fields={f"steps-{position}-wait": message})
    return {"wait": wait, "unit": WaitUnit(wanted["unit"]), "condition": StepCondition(wanted["condition"])}


def _take_back(session: Session, actor: Actor, sequence: Sequence, now: datetime) -> None:
    """Void review and approval before a change. Raises Conflict once it is under way."""
    if standing(sequence) not in CHANGEABLE:
        raise Conflict("이미 시작한 연속 메일은 고칠 수 없습니다. 멈추고 새로 만들어 주세요.")
    for step in sequence.steps:
        if step.mailing.state is not MailingState.DRAFT:
            mailings.withdraw(session, actor, step.mailing, now=now, as_step=True)
    if sequence.state is SequenceState.RUNNING:
        members.forget(session, sequence)
    sequence.state = SequenceState.DRAFT
    sequence.approved_hash = sequence.approved_at = sequence.approved_by = sequence.starts_at = None
    session.flush()


# -- approval ------------------------------------------------------------------------------------------


def check(session: Session, sequence: Sequence, setting: Setting) -> SequenceCheck:
    """Everything that must hold before review, approval and start, looked at anew."""
    found = [(step, _of_step(step, mailings.check(session, step.mailing, setting))) for step in sequence.steps]
    problems: list[Problem] = []
    if sequence.audience_id is None:
        problems.append(Problem(Text("연속 메일을 받을 수신 대상을 골라 주세요."), "audience_id"))
    if sequence.campaign.state in (CampaignState.FINISHED, CampaignState.CANCELLED):
        problems.append(Problem(Text("끝난 캠페인에서는 연속 메일을 보낼 수 없습니다.")))
    hashes = [check.content_hash for _step, check in found]
    made = None
    if all(hashes):
        made = content_hash({
            "mails": hashes, "organisation": sequence.organisation_id,
            "steps": [[step.wait, step.unit.value, step.condition.value] for step in sequence.steps[1:]],
        })
    return SequenceCheck(found, problems, made)


def _of_step(step: SequenceStep, found: Check) -> Check:
    """What is wrong with the audience is said once, of the first step."""
    if step.position == 1:
        return found
    return replace(found, problems=[problem for problem in found.problems if problem.at != "audience_id"])


def _require_ready(found: SequenceCheck) -> None:
    if found.ready:
        return
    texts = [Text("아직 보낼 수 없습니다."), *found.problems]
    for step, check in found.steps:
        texts += [
            Text("%(n)s단계: %(problem)s", n=step.position, problem=problem)
            for problem in check.without_people().problems[:2]
        ]
    raise Conflict(Text.joined(texts[:6]))


def submit(session: Session, actor: Actor, sequence: Sequence, setting: Setting) -> SequenceCheck:
    """Ask for approval of the whole. Raises Conflict with what is still missing."""
    if standing(sequence) is not SequenceState.DRAFT:
        raise Conflict("작성 중인 연속 메일만 승인을 요청할 수 있습니다.")
    _take_back(session, actor, sequence, setting.now)
    found = check(session, sequence, setting)
    _require_ready(found)
    for step in sequence.steps:
        mailings.submit(session, actor, step.mailing, setting, as_step=True)
    _move(session, actor, sequence, SequenceState.REVIEW, setting.now)
    return found


def withdraw(session: Session, actor: Actor, sequence: Sequence, *, now: datetime, comment: str = "") -> None:
    """Back to a draft, by its author or the reviewer, who says in ``comment`` what is to be changed."""
    if standing(sequence) not in CHANGEABLE:
        raise Conflict("이미 시작한 연속 메일은 고칠 수 없습니다. 멈추고 새로 만들어 주세요.")
    changes: dict[str, tuple[Any, Any]] = {"state": (sequence.state, SequenceState.DRAFT)}
    if comment.strip():
        changes["comment"] = (None, comment.strip())
    audit.record_change(session, actor, "sequence", sequence.id, "state", changes, now=now)
    _take_back(session, actor, sequence, now)
    sequence.note = comment.strip()[:300]
    session.flush()


def wrote_in(session: Session, sequence: Sequence, user_id: int | None) -> bool:
    """Whether a person wrote in any step, the audience or the sequence itself, and so may not approve it."""
    edits = audit.history(session, "sequence", sequence.id)
    if any(record.user_id == user_id and record.action in ("create", "edit") for record in edits):
        return True
    return any(mailings.wrote_in(session, step.mailing, user_id) for step in sequence.steps)


def approve(
    session: Session, scope: Scope, actor: Actor, sequence: Sequence, setting: Setting, *, content_hash: str
) -> SequenceCheck:
    """Approve what was looked at. The caller then has the first step's recipients written down; later steps find
    theirs in rounds. Raises Forbidden to anyone who wrote in it, Conflict if it changed since."""
    if standing(sequence) is not SequenceState.REVIEW:
        raise Conflict("승인을 요청한 연속 메일만 승인할 수 있습니다.")
    if wrote_in(session, sequence, actor.user_id):
        raise Forbidden(
            "이 연속 메일이나 수신 대상을 쓰거나 고친 사람은 승인할 수 없습니다. 다른 담당자에게 승인을 요청해 주세요."
        )
    found = check(session, sequence, setting)
    _require_ready(found)
    if found.content_hash != content_hash:
        raise Conflict("확인한 뒤에 내용이나 수신 대상이 바뀌었습니다. 다시 확인하고 승인해 주세요.")
    for step, step_check in found.steps:
        mailings.approve(
            session, scope, actor, step.mailing, setting, content_hash=step_check.content_hash or "", as_step=True
        )
        if step.position > 1:
            step.mailing.state = MailingState.APPROVED
    sequence.approved_hash, sequence.approved_at, sequence.approved_by = content_hash, setting.now, actor.user_id
    sequence.note = ""
    _move(session, actor, sequence, SequenceState.APPROVED, setting.now)
    return found


# -- under way -----------------------------------------------------------------------------------------


def start(
    session: Session, actor: Actor, sequence: Sequence, at: datetime, *, now: datetime, smtp_ready: bool
) -> int:
    """Send the first step at ``at`` (UTC), and the others as each recipient's time comes. Returns how many are in it.
    Raises Conflict while recipients are being written down, Invalid for a past time."""
    if standing(sequence) is not SequenceState.APPROVED:
        raise Conflict("승인된 연속 메일만 시작할 수 있습니다.")
    first, later = sequence.steps[0].mailing, [step.mailing for step in sequence.steps[1:]]
    if first.state is MailingState.FREEZING:
        raise Conflict("수신자를 적어 두고 있습니다. 잠시 뒤에 다시 눌러 주세요.")
    mailings.schedule(session, actor, first, at, now=now, smtp_ready=smtp_ready, as_step=True)
    for mailing in later:
        mailing.state, mailing.updated_at = MailingState.SCHEDULED, now
    sequence.starts_at = at
    _move(session, actor, sequence, SequenceState.RUNNING, now)
    return members.admit(session, sequence, now=now)


def unschedule(session: Session, actor: Actor, sequence: Sequence, *, now: datetime) -> None:
    """Take the start back; the approval stays. Raises Conflict once the first step has begun."""
    if sequence.state is not SequenceState.RUNNING or begun(sequence):
        raise Conflict("아직 시작하지 않은 연속 메일만 예약을 취소할 수 있습니다.")
    first = sequence.steps[0].mailing
    if first.state is MailingState.OVERDUE:
        first.state, first.scheduled_at = MailingState.APPROVED, None
    else:
        mailings.unschedule(session, actor, first, now=now, as_step=True)
    for step in sequence.steps[1:]:
        step.mailing.state = MailingState.APPROVED
    members.forget(session, sequence)
    sequence.starts_at = None
    _move(session, actor, sequence, SequenceState.APPROVED, now)


def pause(session: Session, actor: Actor, sequence: Sequence, *, now: datetime, reason: str = "") -> None:
    """Stop all steps for now, also one that is being sent."""
    if not begun(sequence):
        raise Conflict("아직 시작하지 않았습니다. 예약을 취소해 주세요.")
    _move(session, actor, sequence, SequenceState.PAUSED, now)
    sequence.note = reason[:300]
    for step in sequence.steps:
        if step.mailing.state is MailingState.SENDING:
            mailings.pause(session, actor, step.mailing, now=now, reason="연속 메일을 멈추었습니다.")
    session.flush()


def resume(session: Session, actor: Actor, sequence: Sequence, *, now: datetime) -> None:
    """Go on. Steps that became long overdue meanwhile wait for a person."""
    _move(session, actor, sequence, SequenceState.RUNNING, now)
    sequence.note = ""
    for step in sequence.steps:
        if step.mailing.state is MailingState.PAUSED:
            step.mailing.resumed_at = now
            mailings.resume(session, actor, step.mailing, now=now)
    session.flush()


def stop(session: Session, actor: Actor, sequence: Sequence, *, now: datetime, reason: str = "") -> int:
    """Stop for all and for good; what has left has left. Returns for how many it ended."""
    _move(session, actor, sequence, SequenceState.STOPPED, now)
    sequence.note, sequence.finished_at = reason.strip()[:300], now
    for step in sequence.steps:
        if step.mailing.state not in (MailingState.FINISHED, MailingState.CANCELLED):
            mailings.cancel(session, actor, step.mailing, now=now, as_step=True)
    return members.end_all(session, sequence, now=now)


def _move(session: Session, actor: Actor, sequence: Sequence, to: SequenceState, now: datetime) -> None:
    if to not in MOVES[sequence.state]:
        raise Conflict(Text(
            "'%(state)s' 상태에서 '%(to)s' 상태로는 바꿀 수 없습니다.",
            state=Text(STATE_LABELS[sequence.state]), to=Text(STATE_LABELS[to]),
        ))
    changes = audit.apply_changes(sequence, {"state": to, "updated_at": now})
    audit.record_change(session, actor, "sequence", sequence.id, "state", {"state": changes["state"]}, now=now)
    session.flush()


def of_campaign(session: Session, campaign: Campaign) -> Seq[Sequence]:
    """The sequences of a campaign, the latest first."""
    query = sa.select(Sequence).where(Sequence.campaign_id == campaign.id).order_by(Sequence.id.desc())
    return session.scalars(query).all()
