"""The demo's sequence: three mails to companies that have not answered yet, the first of which leaves as soon as the
site runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from campaigns.audience import service as audiences
from campaigns.delivery import service as delivery
from campaigns.demo import stories
from campaigns.demo.stories import Stage
from campaigns.mailings import service as mailings
from campaigns.sequences import service
from campaigns.sequences.models import Sequence
from campaigns.sequences.rules import StepCondition, WaitUnit
from outreach.companies.topics import Topic

#: Not those of the mailing that the demo sends: the frequency cap is for all campaigns.
HEADCOUNT = (61, 100)

_LATER = (
    (
        "지난번 안내에 덧붙입니다: 신청은 세 단계입니다", "바쁘실 때는 '자료만'을 고르셔도 됩니다.",
        StepCondition.NO_RESPONSE,
    ),
    (
        "겨울방학 전에 드리는 마지막 안내입니다", "더 보내지 않습니다. 필요하실 때 언제든 답해 주세요.",
        StepCondition.EVERYONE,
    ),
)


def follow_up(stage: Stage, now: datetime) -> Sequence:
    """Written by one person, approved by another, to start at once."""
    campaign, past = stage.campaigns["winter"], stage.mailings["spring-first"]
    author = stage.actor("promotion2")
    smallest, largest = HEADCOUNT
    audience = audiences.save(
        stage.session, author, campaign, name="61~100인 기업",
        conditions={"min_headcount": smallest, "max_headcount": largest}, now=now,
    )
    words = {name: getattr(past, name) for name in ("message_class", "class_reason", "subject", "preheader", "blocks")}
    sequence = service.create(
        stage.session, author, campaign, "겨울방학 차례 안내", {**words, **stories.sender(campaign)}, now=now
    )
    service.add_step(stage.session, author, sequence, now=now)
    for step in sequence.steps:
        _write(stage, step.mailing, step.position, now)
    steps = {
        position: {"wait": 5, "unit": WaitUnit.WORKDAYS.value, "condition": condition.value}
        for position, (_subject, _preheader, condition) in enumerate(_LATER, start=2)
    }
    service.edit(
        stage.session, author, sequence, {"audience_id": audience.id, "steps": steps}, version=None, now=now
    )
    _begin(stage, sequence, now)
    return sequence


def _write(stage: Stage, mailing: Any, position: int, now: datetime) -> None:
    values: dict[str, Any] = {"topic": Topic.SUBSIDIES}
    if position > 1:
        subject, preheader, _condition = _LATER[position - 2]
        values |= {"subject": subject, "preheader": preheader}
    mailings.edit(stage.session, stage.actor("promotion2"), mailing, values, version=None, now=now)


def _begin(stage: Stage, sequence: Sequence, now: datetime) -> None:
    setting, manager = replace(stage.setting, now=now), stage.actor("manager")
    found = service.submit(stage.session, stage.actor("promotion2"), sequence, setting)
    scope, seen = stage.people["manager"].scope(), found.content_hash or ""
    service.approve(stage.session, scope, manager, sequence, setting, content_hash=seen)
    delivery.freeze(stage.session, sequence.steps[0].mailing_id, setting.history, now=now)
    service.start(stage.session, manager, sequence, now, now=now, smtp_ready=True)
