"""The demo's past and present: cases, campaigns, mailings, answers and what planners made of them.

Everything goes through the services, at the time it is said to have happened, so that the demo obeys the
rules it shows. Only the servers' answers to past mailings are written down directly: no mail was sent.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience import service as audiences
from campaigns.delivery import service as delivery
from campaigns.delivery.models import Delivery
from campaigns.delivery.retry import Trouble
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.mailings.service import Setting
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.planning.rules import CampaignState, PartnerRole, StageState
from campaigns.responses import service as responses
from campaigns.responses import tray
from campaigns.responses.models import Response
from campaigns.responses.rules import Answer, Channel, ResponseState
from cases.library import finding
from cases.library.models import Case
from cases.library.rules import CaseState, ConsentScope
from cases.library.veil import Veil
from outreach.accounts.models import User
from outreach.audit.service import Actor
from outreach.clock import kst_midnight
from outreach.companies.consent import suppress
from outreach.companies.models import Company, SuppressionReason, Workplace
from outreach.demo import content as told
from outreach.demo.content import DemoContent
from outreach.leads import service as leads
from outreach.leads.models import Lead
from outreach.leads.rules import CLOSED, ActivityKind, LeadState
from outreach.leads.service import LogEntry
from outreach.organisations.models import Organisation
from outreach.programmes.models import Programme, ProgrammeVersion
from outreach.regions.models import Centre, Region

#: Of 100 past recipients so many were refused as unknown, and so many opted out afterwards.
UNKNOWN_PERCENT, OPTED_OUT_PERCENT = 2, 1


@dataclass
class Stage:
    """Everybody and everything the stories need, by key."""

    session: Session
    content: DemoContent
    setting: Setting
    base_url: str
    partners: dict[str, Organisation]
    people: dict[str, User]
    companies: dict[str, int]
    cases: dict[str, Case] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    mailings: dict[str, Mailing] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    editions: int = 0

    def actor(self, key: str) -> Actor:
        user = self.people[key]
        return Actor(user.id, user.email, "127.0.0.1", user.centre_id)


def tell_cases(stage: Stage) -> None:
    """The best-practice cases, each about a featured company."""
    for case in stage.content.cases:
        company = stage.session.get_one(Company, stage.companies[case.company])
        place = company.workplaces[0]
        planner = stage.people[case.planner]
        checked = case.fact_checked_on or case.consent_on
        at = kst_midnight(checked) + timedelta(hours=10) if checked else stage.setting.now
        row = Case(
            company_id=company.id, centre_id=place.centre_id, province_id=place.province_id,
            complex_id=place.complex_id, section=company.section, industry=company.industry,
            headcount=company.headcount, state=CaseState(case.state), display_name=case.display_name,
            headline=case.headline, summary=case.summary, problem=case.problem, system=case.system,
            steps=[{"when": step.when, "title": step.title, "text": step.text} for step in case.steps],
            effect=case.effect, costs=case.costs, advice=list(case.advice), quote=case.quote, quote_by=case.quote_by,
            figures=[
                {"label": f.label, "before": f.before, "after": f.after, "unit": f.unit, "source": f.source}
                for f in case.figures
            ],
            keywords=list(case.keywords), planner_name=planner.name, author_id=planner.id,
            consent_scope=ConsentScope(case.consent_scope), consent_on=case.consent_on,
            consent_until=case.consent_until, consent_evidence=case.consent_evidence,
            consented_by=case.consented_by, outlets=sorted(case.outlets), veil=Veil(case.veil),
            needs=sorted(case.needs),
            published_at=at if case.state == CaseState.PUBLISHED.value else None,
            fact_checked_on=case.fact_checked_on, fact_checked_by=case.fact_checked_by, fictional=True,
            created_at=at, updated_at=at,
        )
        row.programmes = [version_on(stage.session, code, day) for code, day in case.programmes]
        stage.session.add(row)
        finding.index(stage.session, row)
        stage.cases[case.key] = row


def version_on(session: Session, code: str, day: Any) -> ProgrammeVersion:
    """The programme's version of ``day``."""
    programme = session.scalars(sa.select(Programme).where(Programme.code == code)).one()
    return next(version for version in programme.versions if version.holds_on(day))


def plan_campaigns(stage: Stage) -> None:
    """The campaigns with partners and stages."""
    regions = dict(stage.session.execute(sa.select(Region.code, Region.id)).all())
    centres = dict(stage.session.execute(sa.select(Centre.code, Centre.id)).all())
    for told_one in stage.content.campaigns:
        owner = stage.people[told_one.owner]
        actor = stage.actor(told_one.owner)
        now = min(kst_midnight(told_one.starts_on) - timedelta(days=21), stage.setting.now)
        row = planning.create(stage.session, owner.scope(), actor, {
            "name": told_one.name, "purpose": told_one.purpose, "starts_on": told_one.starts_on,
            "ends_on": told_one.ends_on, "budget": told_one.budget, "targets": told_one.targets, "owner_id": owner.id,
            "region_ids": [regions[code] for code in told_one.regions if code in regions],
            "centre_id": centres.get(told_one.centre),
        }, now=now)
        row.fictional = True
        partners = [(stage.partners[p.partner].id, PartnerRole(p.role), p.note) for p in told_one.partners]
        planning.set_partners(stage.session, actor, row, partners, now=now)
        _walk_stages(stage, row, told_one, now)
        for state in {"finished": ("active", "finished"), "active": ("active",)}.get(told_one.state, ()):
            at = kst_midnight(told_one.ends_on if state == "finished" else told_one.starts_on)
            planning.move(stage.session, actor, row, CampaignState(state), now=min(at, stage.setting.now))
        stage.campaigns[told_one.key] = row


def _walk_stages(stage: Stage, campaign: Campaign, told_one: told.Campaign, now: datetime) -> None:
    by_kind = {row.kind.value: row for row in campaign.stages}
    for step in told_one.stages:
        at = kst_midnight(step.done_on) + timedelta(hours=8) if step.done_on else now
        owner = stage.people.get(step.owner)
        planning.edit_stage(
            stage.session, stage.actor(told_one.owner), campaign, by_kind[step.kind].id,
            {"state": StageState(step.state), "owner_id": owner.id if owner else None, "due_on": step.due_on,
             "note": step.note},
            version=None, now=at,
        )


def write_mailings(stage: Stage) -> None:
    """The mailings: past ones approved and, as the demo has it, delivered; the present one a draft."""
    for told_one in stage.content.mailings:
        campaign = stage.campaigns[told_one.campaign]
        at = told_one.scheduled_at or stage.setting.now
        made = at - timedelta(days=3) if told_one.scheduled_at else at
        audience = audiences.save(
            stage.session, stage.actor(told_one.author), campaign, name=f"{told_one.title} 대상",
            conditions={"max_headcount": 299, "recent_days": 0}, now=made,
        )
        mailing = mailings.create(stage.session, stage.actor(told_one.author), campaign, {
            "title": told_one.title, "audience_id": audience.id, "subject": told_one.subject,
            "message_class": MessageClass(told_one.message_class), "class_reason": told_one.class_reason,
            "preheader": told_one.preheader,
            "blocks": [_block(stage, block, at) for block in told_one.blocks], **sender(campaign),
        }, now=made)
        stage.mailings[told_one.key] = mailing
        if told_one.state == MailingState.FINISHED.value:
            approve(stage, mailing, told_one.approver, made)
            _pretend_sent(stage, mailing, at)


def sender(campaign: Campaign) -> dict[str, str]:
    """Who a demo mail comes from: fictional, and not an address of the ministry."""
    centre = campaign.centre
    return {
        "sender_name": centre.name_ko if centre else "일·육아 동행 플래너",
        "sender_address": "planner@outreach.example",
        "sender_phone": "02-000-1350", "sender_postal": "서울 가상구 동행로 1 (가상 주소)",
    }


def _block(stage: Stage, block: dict[str, str], at: datetime) -> dict[str, Any]:
    """The block with keys replaced by row ids."""
    made: dict[str, Any] = dict(block)
    if "case" in made:
        made["case_id"] = stage.cases[made.pop("case")].id
    if "programme" in made:
        made["version_id"] = version_on(stage.session, made.pop("programme"), at.date()).id
    return made


def approve(stage: Stage, mailing: Mailing, approver: str, now: datetime) -> None:
    """Submit, approve and write down the recipients at ``now``."""
    setting = Setting(stage.setting.env, stage.setting.addresses, stage.setting.history, now)
    actor, scope = stage.actor(approver), stage.people[approver].scope()
    found = mailings.submit(stage.session, actor, mailing, setting)
    mailings.approve(stage.session, scope, actor, mailing, setting, content_hash=found.content_hash or "")
    delivery.freeze(stage.session, mailing.id, stage.setting.history, now=now)


def _pretend_sent(stage: Stage, mailing: Mailing, at: datetime) -> None:
    """Write down how the (never sent) mails of the past were received."""
    chance = random.Random(mailing.id)  # noqa: S311 - invented data
    rows = stage.session.scalars(sa.select(Delivery).where(Delivery.mailing_id == mailing.id).order_by(Delivery.id))
    for number, row in enumerate(rows):
        row.done_at, row.attempts = at + timedelta(seconds=number // 20), 1
        if chance.randrange(100) < UNKNOWN_PERCENT and row.company_id not in stage.companies.values():
            row.state, row.reply_code, row.reply_status = DeliveryState.REFUSED, 550, "5.1.1"
            row.trouble = Trouble.UNKNOWN_USER
            row.reply_stage, row.reply_text = "rcpt", "no such user (가상)"
            suppress(
                stage.session, row.address_key, SuppressionReason.UNKNOWN_USER, f"mailing:{mailing.id}", row.done_at
            )
            continue
        row.state, row.reply_code, row.reply_status, row.reply_stage = DeliveryState.ACCEPTED, 250, "2.0.0", "dot"
        if chance.randrange(100) < OPTED_OUT_PERCENT and row.company_id not in stage.companies.values():
            suppress(
                stage.session, row.address_key, SuppressionReason.UNSUBSCRIBED, f"delivery:{row.id}",
                row.done_at + timedelta(hours=3),
            )
    mailing.state, mailing.scheduled_at, mailing.started_at = MailingState.FINISHED, at, at
    mailing.scheduled_by, mailing.finished_at = mailing.approved_by, at + timedelta(minutes=2)
    stage.session.flush()


def collect_replies(stage: Stage) -> None:
    """The answers, each opening or updating a lead or waiting in the tray."""
    for reply in stage.content.replies:
        answer = Answer(
            wants=tuple(reply.wants), message=reply.message, preferred_time=reply.preferred_time, person=reply.person,
            phone=reply.phone, email=reply.email, company_name=reply.company_name, consented=True,
        )
        response = _reply(stage, reply, answer)
        if response.lead is not None:
            stage.leads[reply.key] = response.lead
    stage.session.flush()


def _reply(stage: Stage, reply: told.Reply, answer: Answer) -> Response:
    channel, campaign = Channel(reply.channel), stage.campaigns.get(reply.campaign)
    if channel is Channel.MAIL_LINK:
        return responses.submit_by_mail(
            stage.session, _delivery(stage, reply), answer, submission=f"demo:{reply.key}", now=reply.at,
            base_url=stage.base_url,
        )
    if channel is Channel.QR:
        return _scanned(stage, reply, answer, campaign)
    workplace_id = _workplace(stage, reply).id if reply.company else None
    writer = stage.people[reply.entered_by] if reply.entered_by else None
    return responses.type_in(
        stage.session, (writer or stage.people["hq"]).scope(), answer, channel, at=reply.at, workplace_id=workplace_id,
        campaign_id=campaign.id if campaign else None, now=reply.at, base_url=stage.base_url,
    )


def _scanned(stage: Stage, reply: told.Reply, answer: Answer, campaign: Campaign | None) -> Response:
    """An answer by QR code waits in the tray; some were confirmed or dismissed since."""
    if campaign is None:
        raise ValueError(f"demo: {reply.key} came by QR code without a campaign")
    place = responses.place_for(stage.session, campaign.id, None, None, "설명회 안내 포스터", reply.at)
    response = responses.submit_by_place(
        stage.session, place, answer, submission=f"demo:{reply.key}", now=reply.at
    )
    at = reply.at + timedelta(hours=4)
    if reply.state == ResponseState.VERIFIED.value:
        responses.verify(stage.session, response, _workplace(stage, reply), now=at, base_url=stage.base_url)
    elif reply.state == ResponseState.DISMISSED.value:
        tray.dismiss(stage.session, stage.people["hq"].scope(), response.id, "기업을 확인하지 못함", now=at)
    return response


def _workplace(stage: Stage, reply: told.Reply) -> Workplace:
    query = sa.select(Workplace).where(Workplace.company_id == stage.companies[reply.company])
    return stage.session.scalars(query.order_by(Workplace.id).limit(1)).one()


def _delivery(stage: Stage, reply: told.Reply) -> Delivery:
    mailing, company_id = stage.mailings[reply.mailing], stage.companies[reply.company]
    query = sa.select(Delivery).where(Delivery.mailing_id == mailing.id, Delivery.company_id == company_id)
    found = stage.session.scalars(query.limit(1)).first()
    if found is None:
        raise ValueError(f"demo: {reply.company} did not get {reply.mailing}")
    return found


def follow_leads(stage: Stage) -> None:
    """What planners did with the answers."""
    for told_one in stage.content.leads:
        lead = stage.leads[told_one.reply]
        lead.planner = stage.people[told_one.planner] if told_one.planner else None
        lead.assigned_at = lead.created_at if lead.planner else None
        stage.session.flush()
        for activity in told_one.activities:
            scope = stage.people[activity.by or "hq"].scope()
            entry = LogEntry(ActivityKind(activity.kind), activity.at, activity.note)
            leads.log(stage.session, scope, lead.id, entry, version=None, now=activity.at)
        _bring_to(stage, lead, told_one)


def _bring_to(stage: Stage, lead: Lead, told_one: told.Lead) -> None:
    state, scope = LeadState(told_one.state), stage.people[told_one.planner or "hq"].scope()
    last = max((activity.at for activity in told_one.activities), default=lead.created_at)
    if state is not lead.state:
        at = told_one.closed_at or last + timedelta(minutes=5)
        leads.move(stage.session, scope, lead.id, state, version=None, now=at, outcome=told_one.outcome)
    if state not in CLOSED and told_one.next_due and told_one.next_action:
        leads.plan_next(
            stage.session, scope, lead.id, told_one.next_action, told_one.next_due, version=None,
            now=min(stage.setting.now, kst_midnight(told_one.next_due)),  # some are overdue by now
        )


def deal_short_replies(stage: Stage, count: int = 24) -> None:
    """Answers of ordinary companies to the first past mailing, followed up to various states."""
    mailing = next(stage.mailings[m.key] for m in stage.content.mailings if m.state == "finished")
    chance = random.Random(7)  # noqa: S311 - invented data
    known = set(stage.companies.values())
    rows = stage.session.scalars(
        sa.select(Delivery).where(Delivery.mailing_id == mailing.id, Delivery.state == DeliveryState.ACCEPTED)
    ).all()
    chosen = chance.sample([row for row in rows if row.company_id not in known], count)
    ends = _ends(chance)
    for number, row in enumerate(chosen):
        short = stage.content.short_replies[number % len(stage.content.short_replies)]
        at = (row.done_at or stage.setting.now) + timedelta(hours=chance.randrange(1, 300))
        response = responses.submit_by_mail(
            stage.session, row, Answer(wants=tuple(short.wants), message=short.message, consented=True),
            submission=f"demo:short:{row.id}", now=at, base_url=stage.base_url,
        )
        if response.lead is not None:
            _close_short(stage, response.lead, next(ends), at)


def _ends(chance: random.Random) -> Iterator[tuple[LeadState, str]]:
    ends = [
        (LeadState.WON, "대체인력 지원금 신청, 첫 활용"),
        (LeadState.LOST, "당장 계획이 없어 다음 안내 때 다시 연락하기로 함"),
        (LeadState.WON, "시차출퇴근 도입"), (LeadState.LOST, "이미 제도를 쓰고 있어 자료만 보냄"),
    ]
    while True:
        yield chance.choice(ends)


def _close_short(stage: Stage, lead: Lead, end: tuple[LeadState, str], at: datetime) -> None:
    if lead.closed_at is not None or lead.planner_id is None:
        return
    scope = stage.session.get_one(User, lead.planner_id).scope()
    call = LogEntry(ActivityKind.CALL, at + timedelta(days=1), "전화로 상황을 듣고 맞는 제도를 설명함.")
    leads.log(stage.session, scope, lead.id, call, version=None, now=call.at)
    leads.move(stage.session, scope, lead.id, end[0], version=None, now=at + timedelta(days=20), outcome=end[1])


def everything(stage: Stage) -> Iterable[str]:
    """Tell all stories in order; yields what comes next, for the person who waits."""
    for title, tell in (
        ("우수사례", tell_cases), ("캠페인", plan_campaigns), ("메일", write_mailings), ("응답", collect_replies),
        ("리드", follow_leads), ("더 많은 응답", deal_short_replies),
    ):
        yield title
        tell(stage)
