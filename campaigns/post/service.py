"""Runs of letters: written, counted, made (frozen), handed to the post office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience import service as audiences
from campaigns.audience.history import History
from campaigns.audience.models import Audience
from campaigns.audience.service import Question
from campaigns.mailings.content import PersonalField
from campaigns.mailings.second_person import require_second_person, wrote_audience
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.post import bodies, choosing, letter
from campaigns.post.bodies import Body
from campaigns.post.choosing import Request
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import FROZEN, MAX_LETTERS, ItemState, Numbers, RunState, Window, letter_code
from campaigns.responses import service as responses
from cases.blocks import cards
from cases.library.models import Case
from cases.library.rules import Outlet
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.companies.models import Workplace
from outreach.companies.search import reach
from outreach.config import FrequencyCap
from outreach.db import check_version
from outreach.errors import Conflict, Invalid, NotFound
from outreach.jobs import service as jobs
from outreach.jobs.models import Job
from outreach.scope import Scope
from outreach.wording import Text

RENDER, BODIES = "post.letter", "post.bodies"
#: What a person writes; all but ``name`` and ``again`` is on the paper.
FIELDS = (
    "name", "audience_id", "subject", "salutation", "blocks", "window", "sender_name", "sender_phone", "sender_postal",
    "again",
)
#: Fields that change the rendered letter.
_PRINTED = frozenset({"subject", "salutation", "blocks", "window", "sender_name", "sender_phone", "sender_postal"})


def create(
    session: Session, actor: Actor, campaign: Campaign, name: str, audience_id: int | None, *, now: datetime
) -> PostRun:
    """A run with a letter to begin with, not yet made. Raises Invalid."""
    centre = campaign.centre
    run = PostRun(
        campaign=campaign, name=name.strip()[:120], audience_id=audience_id, subject=letter.FIRST_SUBJECT,
        salutation=letter.FIRST_SALUTATION, blocks=list(letter.FIRST), window=Window().to_json(), numbers={},
        sender_name=centre.name_ko if centre else "고용노동부", sender_phone=(centre.phone if centre else "") or "1350",
        sender_postal=centre.address if centre else "", created_at=now, updated_at=now,
    )
    _check(session, run)
    session.add(run)
    session.flush()
    audit.record_change(session, actor, "post_run", run.id, "create", {"name": (None, run.name)}, now=now)
    request_letter(session, run, actor.user_id, now=now)
    return run


def edit(
    session: Session, actor: Actor, run: PostRun, values: Mapping[str, Any], *, version: int | None, now: datetime
) -> None:
    """Change what is not yet made. Raises StaleEdit, Conflict once it is made, Invalid."""
    check_version(run, version)
    _check_draft(run)
    given = {field: values[field] for field in FIELDS if field in values}
    if "blocks" in given:
        given["blocks"] = letter.clean(given["blocks"])
    changes = audit.apply_changes(run, given)
    _check(session, run)
    if changes:
        run.updated_at = now
        if _PRINTED & set(changes):
            run.base_sha256 = ""
        session.flush()
        if "blocks" in changes:
            changes["blocks"] = (None, len(run.blocks))
        audit.record_change(session, actor, "post_run", run.id, "edit", changes, now=now)
    if not run.base_sha256:
        request_letter(session, run, actor.user_id, now=now)


def delete(session: Session, actor: Actor, run: PostRun, *, now: datetime) -> None:
    """Raises Conflict once it is made: the record of whom we wrote to stays."""
    _check_draft(run)
    audit.record_change(session, actor, "post_run", run.id, "delete", {"name": (run.name, None)}, now=now)
    session.delete(run)
    session.flush()


def of_campaign(session: Session, campaign: Campaign) -> list[PostRun]:
    """The campaign's runs, newest first."""
    query = sa.select(PostRun).where(PostRun.campaign_id == campaign.id).order_by(PostRun.id.desc())
    return list(session.scalars(query))


def get(session: Session, scope: Scope, campaign_id: int, run_id: int) -> PostRun:
    """A run of a campaign the person may change: only they see addresses. Raises NotFound, Forbidden."""
    campaign = planning.editable(session, scope, campaign_id)
    run = session.get(PostRun, run_id)
    if run is None or run.campaign_id != campaign.id:
        raise NotFound("이 캠페인의 우편 발송이 아닙니다.")
    return run


# -- the letter -------------------------------------------------------------------------------------------


def request_letter(session: Session, run: PostRun, user_id: int | None, *, now: datetime) -> Job:
    """Have the letter rendered without its reader."""
    return jobs.enqueue(
        session, RENDER, {"run_id": run.id, "version": run.version}, now=now, key=f"{RENDER}:{run.id}:{run.version}",
        user_id=user_id,
    )


def job_of(session: Session, run: PostRun) -> Job | None:
    """The latest job that renders the letter as it is, or its letters."""
    draft = run.state is RunState.DRAFT
    kind, key = (RENDER, f"{RENDER}:{run.id}:{run.version}") if draft else (BODIES, _bodies_key(run))
    query = sa.select(Job).where(Job.kind == kind, Job.key == key)
    return session.scalar(query.order_by(Job.id.desc()).limit(1))


def request_bodies(session: Session, run: PostRun, user_id: int | None, *, now: datetime) -> Job:
    """Have the letters rendered one by one."""
    return jobs.enqueue(session, BODIES, {"run_id": run.id}, now=now, key=_bodies_key(run), user_id=user_id)


def _bodies_key(run: PostRun) -> str:
    return f"{BODIES}:{run.id}:{run.made_at.isoformat() if run.made_at else ''}"


def rendered(session: Session, run_id: int, version: int, sha256: str, look: str, pages: int) -> bool:
    """The letter is there (and what it looks like to an example), unless its text was changed meanwhile."""
    changed = session.execute(
        sa.update(PostRun)
        .where(PostRun.id == run_id, PostRun.version == version, PostRun.state == RunState.DRAFT)
        .values(base_sha256=sha256, look_sha256=look, base_pages=pages)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount)


def keep_bodies(
    session: Session, run_id: int, made_at: datetime | None, name: str, found: Sequence[Body]
) -> bool:
    """The letters are rendered: ``name`` is their file. False if the run was taken back meanwhile."""
    run = session.get(PostRun, run_id, populate_existing=True)
    if run is None or run.state not in FROZEN or run.made_at != made_at:
        return False
    run.bodies = name
    for item, body in zip(items(session, run), found, strict=True):
        item.first_page, item.pages = body.first, body.pages
    session.flush()
    return True


# -- making and posting ---------------------------------------------------------------------------------


def request_of(
    session: Session, run: PostRun, history: History, cap: FrequencyCap | None, *, now: datetime
) -> Request | None:
    """What decides who gets a letter; None without an audience."""
    if run.audience is None:
        return None
    conditions = audiences.parse(run.audience.conditions)
    question = Question(conditions, run.campaign.centre_id, False, history, now)
    return Request(question, run.campaign_id, run.again, cap)


def make(
    session: Session, actor: Actor, run: PostRun, request: Request | None, *, version: int | None, now: datetime,
    unapproved: int = MAX_LETTERS,
) -> Numbers:
    """Write the recipients down with name and address as they are now, in the order of the post. A run of more than
    ``unapproved`` letters then waits for a second person (:func:`approve`).

    :raises Conflict: already made, the letter is not ready or says what may no longer be said, nobody is left, or a
        company lacks a value that the text needs.
    :raises Invalid: no audience, or more letters than one run may have.
    """
    session.refresh(run, with_for_update=True)  # two people may press at once
    check_version(run, version)
    _check_draft(run)
    if request is None:
        raise Invalid("누구에게 보낼지 수신 대상을 먼저 골라 주세요.", fields={"audience_id": "필수"})
    if reasons := list(letter.problems(session, run, kst_today(now))):
        raise Conflict(Text.joined(reasons))
    if not run.base_sha256:
        raise Conflict("편지 본문을 아직 만들지 못했습니다. 미리보기가 나온 뒤 다시 눌러 주세요.")
    numbers = choosing.count(session, request)
    if numbers.letters > MAX_LETTERS:
        raise Invalid(Text(
            "한 번에 %(limit)s통까지 만들 수 있습니다. 수신 대상을 나누어 주세요.", limit=f"{MAX_LETTERS:,}"
        ))
    fields = letter.fields(run)
    rows = choosing.chosen(session, request, MAX_LETTERS, fields, run.sender_name)
    if not rows:
        raise Conflict("편지를 보낼 기업이 없습니다.")
    _require_values(rows, fields)
    run.place = responses.place_for(session, run.campaign_id, None, None, f"우편 · {run.name}"[:120], now)
    session.execute(
        sa.insert(PostItem), [_item(run, place, row, fields) for place, row in enumerate(rows, start=1)]
    )
    run.state = RunState.REVIEW if len(rows) > unapproved else RunState.MADE
    run.made_at, run.made_by, run.updated_at = now, actor.user_id, now
    run.numbers = {
        "matched": numbers.matched, "letters": len(rows), "companies": numbers.companies,
        **{name.value: number for name, number in numbers.excluded.items()},
    }
    session.flush()
    if letter.varied(run):
        request_bodies(session, run, actor.user_id, now=now)
    audit.record_change(session, actor, "post_run", run.id, "make", {"letters": (None, len(rows))}, now=now)
    return numbers


def _require_values(rows: Sequence[sa.Row[Any]], fields: Sequence[PersonalField]) -> None:
    """Raises Conflict naming the companies that lack a value which the text gives no other word for."""
    for number, field in enumerate(fields):
        names = [row.company_name for row in rows if not getattr(row, f"field{number}").strip()]
        if names and field.fallback is None:
            raise Conflict(Text(
                "본문의 {{%(field)s}}을(를) 모르는 기업이 %(count)s곳 있습니다: %(names)s. {{%(field)s|대신할 말}}처럼 "
                "대신할 말을 적거나 기업 정보를 채워 주세요.",
                field=field.name, count=len(names), names=bodies.listed(names),
            ))


def wrote_in(session: Session, run: PostRun, user_id: int | None) -> bool:
    """Whether a person wrote the letter, made the run or chose whom it goes to, and so may not approve it."""
    written = ("create", "edit", "make")
    records = audit.history(session, "post_run", run.id)
    return wrote_audience(session, run.audience_id, user_id) or any(
        record.user_id == user_id for record in records if record.action in written
    )


def approve(
    session: Session, scope: Scope, actor: Actor, run: PostRun, *, version: int | None, now: datetime
) -> None:
    """A second person has looked at the letters: they may be printed. Raises Forbidden to whoever wrote in them,
    Conflict if they are not waiting, not whole, or say what may no longer be said, StaleEdit."""
    session.refresh(run, with_for_update=True)
    check_version(run, version)
    if run.state is not RunState.REVIEW:
        raise Conflict("승인을 기다리는 편지가 아닙니다.")
    require_second_person(scope, wrote=wrote_in(session, run, actor.user_id))
    if reasons := obstacles(session, run, kst_today(now)):
        raise Conflict(Text.joined(reasons))
    run.state, run.approved_at, run.approved_by, run.updated_at = RunState.MADE, now, actor.user_id, now
    session.flush()
    audit.record_change(session, actor, "post_run", run.id, "approve", {"approved": (None, True)}, now=now)


def obstacles(session: Session, run: PostRun, today: date) -> list[str]:
    """Why the letters of a frozen run that has not left can't be printed: not rendered, too long, or showing what was
    taken down meanwhile."""
    if run.state not in FROZEN:
        return []
    found = list(letter.problems(session, run, today))
    chosen = sa.select(Case).where(Case.id.in_(sa.select(PostItem.case_id).where(PostItem.run_id == run.id)))
    found += [said for case in session.scalars(chosen) if (said := cards.case_problem(case, today, Outlet.PRINT))]
    return [*found, *filter(None, [bodies.problem(session, run)])]


def may_take_back(session: Session, run: PostRun, today: date) -> bool:
    """Whether nothing of it can have been printed, or it must not leave as it stands."""
    return run.state is RunState.REVIEW or bool(obstacles(session, run, today))


def take_back(
    session: Session, actor: Actor, run: PostRun, *, now: datetime, comment: str = "", folder: Path | None = None
) -> None:
    """Back to writing: the recipients written down are forgotten. ``comment``: what is to be changed. Raises
    Conflict once the letters may be printed."""
    session.refresh(run, with_for_update=True)
    if not may_take_back(session, run, kst_today(now)):
        raise Conflict("이미 인쇄할 수 있는 편지는 되돌릴 수 없습니다.")
    session.execute(sa.delete(PostItem).where(PostItem.run_id == run.id))
    if folder is not None:
        bodies.erase(folder, run.bodies)
    before = run.state
    run.state, run.made_at, run.made_by, run.numbers, run.bodies = RunState.DRAFT, None, None, {}, ""
    run.approved_at, run.approved_by, run.updated_at = None, None, now
    changes = {"state": (before, RunState.DRAFT)} | ({"comment": (None, comment.strip())} if comment.strip() else {})
    session.flush()
    audit.record_change(session, actor, "post_run", run.id, "take_back", changes, now=now)
    request_letter(session, run, actor.user_id, now=now)


def post(session: Session, actor: Actor, run: PostRun, *, now: datetime) -> int:
    """The letters were handed to the post office. Returns how many. Raises Conflict if they are not made, or were."""
    if run.state is not RunState.MADE:
        raise Conflict("만들어 둔 편지만 발송한 것으로 적을 수 있습니다.")
    run.state, run.posted_at, run.updated_at = RunState.POSTED, now, now
    moved = session.execute(
        sa.update(PostItem).where(PostItem.run_id == run.id, PostItem.state == ItemState.MADE)
        .values(state=ItemState.POSTED).execution_options(synchronize_session=False)
    )
    session.flush()
    session.expire_all()
    audit.record_change(session, actor, "post_run", run.id, "post", {"letters": (None, moved.rowcount)}, now=now)
    return int(moved.rowcount)


def items(session: Session, run: PostRun) -> list[PostItem]:
    """The letters in the order of the post."""
    return list(session.scalars(items_query(run)))


def items_query(run: PostRun, state: ItemState | None = None) -> sa.Select[tuple[PostItem]]:
    """The letters of a run, or those in ``state``, in their order."""
    query = sa.select(PostItem).where(PostItem.run_id == run.id).order_by(PostItem.position)
    return query if state is None else query.where(PostItem.state == state)


def counts(session: Session, run_ids: list[int]) -> dict[int, dict[ItemState, int]]:
    """How many letters of each run are in which state."""
    found: dict[int, dict[ItemState, int]] = {run_id: dict.fromkeys(ItemState, 0) for run_id in run_ids}
    query = (
        sa.select(PostItem.run_id, PostItem.state, sa.func.count()).where(PostItem.run_id.in_(run_ids))
        .group_by(PostItem.run_id, PostItem.state)
    )
    for run_id, state, number in session.execute(query):
        found[run_id][state] = number
    return found


def of_company(session: Session, scope: Scope, company_id: int, limit: int = 10) -> list[PostItem]:
    """The latest letters to a company's workplaces, as far as the person may see these."""
    query = (
        sa.select(PostItem).join(PostRun, PostRun.id == PostItem.run_id)
        .where(PostItem.company_id == company_id,
               PostItem.workplace_id.in_(sa.select(Workplace.id).where(*reach(scope))))
        .order_by(PostRun.made_at.desc(), PostItem.id).limit(limit)
    )
    return list(session.scalars(query))


def _item(run: PostRun, place: int, row: sa.Row[Any], fields: Sequence[PersonalField]) -> dict[str, Any]:
    own = row.place_name if row.place_name and row.place_name != row.company_name else ""
    person = " ".join(filter(None, (row.person, row.title))) if row.person else ""
    return {
        "run_id": run.id, "position": place, "code": letter_code(run.id, place), "company_id": row.company_id,
        "workplace_id": row.workplace_id, "contact_id": row.contact_id, "centre_id": row.centre_id,
        "name": " ".join(filter(None, (row.company_name, own))), "person": person, "address": row.address.strip(),
        "address_key": row.address_key, "name_key": row.name_key, "postcode": row.postcode, "state": ItemState.MADE,
        "values": {field.slot: getattr(row, f"field{number}") for number, field in enumerate(fields)},
        "case_reason": "", "first_page": 0, "pages": 0,
    }


def _check_draft(run: PostRun) -> None:
    if run.state is not RunState.DRAFT:
        raise Conflict("이미 만든 편지는 고칠 수 없습니다. 새로 준비해 주세요.")


def _check(session: Session, run: PostRun) -> None:
    if not run.name.strip():
        raise Invalid("관리용 이름을 적어 주세요.", fields={"name": "필수"})
    if run.audience_id is not None:
        audience = session.get(Audience, run.audience_id)
        if audience is None or audience.campaign_id != (run.campaign_id or run.campaign.id):
            raise Invalid("이 캠페인의 수신 대상이 아닙니다.", fields={"audience_id": "없는 대상"})
    if problem := Window.from_json(run.window).problem():
        raise Invalid(Text(problem), fields={"window": Text(problem)})
