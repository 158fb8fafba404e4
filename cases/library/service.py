"""Best-practice cases: who sees and writes which, their way to publication, and finding them.

Headquarters sees and writes all. Centre staff see the cases of their centre, those of headquarters and the
published ones of every centre, and write their own centre's. Partners see none: they get the finished sheets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from cases.library import finding, grams
from cases.library.cells import cell_problems, cell_warnings, cells
from cases.library.models import Case, CaseNeed
from cases.library.rules import (
    MOVES,
    STATE_LABELS,
    WRITABLE,
    CaseState,
    ConsentScope,
    Need,
    Outlet,
    consent_problems,
    fact_problems,
    naming_problems,
    publication_problems,
)
from cases.library.veil import veil_problems
from outreach.audit import service as audit
from outreach.audit.models import ChangeRecord
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.companies import search
from outreach.companies.models import Company
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.feature import CompanyMerge
from outreach.programmes.models import ProgrammeVersion
from outreach.programmes.rules import usable
from outreach.regions.models import valid_on
from outreach.scope import EDITOR_ROLES, Role, Scope
from outreach.wording import Text

#: Planners meet the companies, so they write cases, too; publishing is for editors.
WRITER_ROLES = EDITOR_ROLES | {Role.PLANNER}

FIELDS = (
    "province_id", "complex_id", "section", "ksic", "industry", "headcount", "display_name", "headline", "summary",
    "problem", "system", "steps", "effect", "figures", "costs", "advice", "quote", "quote_by", "planner_name",
    "keywords", "needs", "interviewed_on", "consent_scope", "outlets", "veil", "consent_on", "consent_until",
    "consent_evidence", "consented_by", "fact_checked_on", "fact_checked_by",
)
#: What a case takes over from the company it is about, where nothing else was written.
COPIED = ("province_id", "complex_id", "section", "ksic", "headcount", "industry")

#: Longest value that the history repeats.
_TOLD = 120


# -- reading -------------------------------------------------------------------------------------------


def visible(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that ``scope`` may read a case."""
    if scope.is_partner:
        return sa.false()
    if scope.sees_all_centres:
        return sa.true()
    return sa.or_(_own(scope), Case.state == CaseState.PUBLISHED)


def _own(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.or_(Case.centre_id == scope.centre_id, Case.centre_id.is_(None))


def is_own(scope: Scope, case: Case) -> bool:
    """Whether the person may see who the company is and what it signed; of another centre's published case
    only what is printed."""
    return scope.sees_all_centres or case.centre_id is None or case.centre_id == scope.centre_id


def may_write(scope: Scope, case: Case) -> bool:
    """By belonging and role, whatever the state."""
    return scope.role in WRITER_ROLES and (scope.centre_id is None or scope.centre_id == case.centre_id)


def cases_query(
    scope: Scope, *, text: str = "", province_id: int | None = None, section: str = "", need: str = "",
    state: CaseState | None = None, loose: bool = False,
) -> sa.Select[tuple[Case]]:
    """The cases ``scope`` reads, the newest first, or those that ``text`` finds, the best first. ``loose``: also what
    merely resembles the text."""
    query = (
        sa.select(Case)
        .options(joinedload(Case.province), joinedload(Case.centre), selectinload(Case.photos))
        .where(visible(scope)).order_by(Case.updated_at.desc(), Case.id.desc())
    )
    if text:
        search = grams.asked(text)
        if search is None:
            return query.where(sa.false())
        query = finding.ranked(query, finding.loosened(search) if loose else search)
    for column, value in ((Case.province_id, province_id), (Case.section, section or None), (Case.state, state)):
        if value is not None:
            query = query.where(column == value)
    return query.where(needing(need)) if need else query


def needing(need: str) -> sa.ColumnElement[bool]:
    """The condition that a case is about a worry (rules.Need)."""
    return sa.exists().where(CaseNeed.case_id == Case.id, CaseNeed.need == need)


def get(session: Session, scope: Scope, case_id: int) -> Case:
    """Raises NotFound, also for another centre's unpublished case."""
    case = session.scalar(sa.select(Case).where(Case.id == case_id, visible(scope)))
    if case is None:
        raise NotFound("사례가 없거나 다른 센터에서 작성 중인 사례입니다.")
    return case


def writable(session: Session, scope: Scope, case_id: int) -> Case:
    """A case the person may change. Raises NotFound, Forbidden."""
    case = get(session, scope, case_id)
    if not may_write(scope, case):
        raise Forbidden("이 사례는 담당 센터나 본부에서만 고칠 수 있습니다.")
    return case


def publishable(scope: Scope, today: date, outlet: Outlet = Outlet.PRINT) -> sa.Select[tuple[Case]]:
    """The published cases with a standing consent to be shown in ``outlet``, as papers and mails choose from them."""
    return sa.select(Case).where(visible(scope), showable(today, outlet)).order_by(Case.headline, Case.id)


def showable(today: date, outlet: Outlet) -> sa.ColumnElement[bool]:
    """The condition that a case is published, and its company's consent to ``outlet`` stands on ``today``."""
    standing = sa.or_(Case.consent_until.is_(None), Case.consent_until >= today)
    agreed = sa.cast(Case.outlets, sa.Text).contains(f'"{outlet.value}"')  # a list of words, whole ones
    return sa.and_(Case.state == CaseState.PUBLISHED, Case.consent_scope != ConsentScope.NONE, standing, agreed)


def current_versions(session: Session, today: date) -> list[ProgrammeVersion]:
    """The programme rows in force, by name: what a new text may cite."""
    query = sa.select(ProgrammeVersion).join(ProgrammeVersion.programme).where(valid_on(ProgrammeVersion, today))
    rows = session.scalars(query.options(joinedload(ProgrammeVersion.programme)))
    return sorted((row for row in rows if row.programme.active), key=lambda row: row.programme.name_ko)


def warnings(case: Case, today: date) -> list[str]:
    """Programmes the case cites that are unverified or have ended: whatever prints it says so, too."""
    return [
        Text("%(programme)s: %(problem)s", programme=version.programme.name_ko, problem=Text(text))
        for version in case.programmes for text in usable(version, today)
    ]


def to_confirm(session: Session, case: Case, today: date) -> list[str]:
    """What a person must know and confirm before the case is published: its warnings, and a description that our list
    can't tell to be safe."""
    return warnings(case, today) + cell_warnings(cells(session, case), case.veil)


def problems(session: Session, case: Case, today: date) -> list[str]:
    """All that still keeps the case from being published."""
    company_name = case.company.name if case.company else ""
    return [
        *fact_problems(case, today), *consent_problems(case, today, None), *publication_problems(case, today),
        *naming_problems(case, company_name), *veil_problems(case), *cell_problems(cells(session, case), case.veil),
    ]


# -- writing -------------------------------------------------------------------------------------------


def create(session: Session, scope: Scope, actor: Actor, values: Mapping[str, Any], *, now: datetime) -> Case:
    """A new draft of the person's centre. ``values``: FIELDS, ``company_id``, ``programme_ids``.
    Raises Invalid, Forbidden, NotFound (a company out of reach)."""
    if scope.role not in WRITER_ROLES:
        raise Forbidden("사례는 센터와 본부의 담당자가 작성합니다.")
    _check(values)
    case = Case(centre_id=scope.centre_id, author_id=actor.user_id, created_at=now, updated_at=now)
    write(session, scope, case, values, now)
    session.add(case)
    finding.index(session, case)
    audit.record_change(session, actor, "case", case.id, "create", {"headline": (None, case.headline)}, now=now)
    return case


def edit(
    session: Session, scope: Scope, actor: Actor, case: Case, values: Mapping[str, Any], *, version: int | None,
    now: datetime,
) -> None:
    """Change a draft. Raises StaleEdit, Conflict (its state), Invalid, NotFound."""
    check_version(case, version)
    check_writable(case)
    _check({"headline": case.headline, "display_name": case.display_name} | dict(values))
    changes = write(session, scope, case, values, now)
    if changes:
        case.updated_at = now
        audit.record_change(session, actor, "case", case.id, "edit", told(changes), now=now)
        finding.index(session, case)
    session.flush()


def move(
    session: Session, scope: Scope, actor: Actor, case: Case, to: CaseState, *, acknowledged: bool = False,
    reason: str = "", now: datetime,
) -> None:
    """Take the case to another state.

    :param acknowledged: the reviewer has read the warnings.
    :param reason: why it is withdrawn.
    :raises Conflict: no such move, something is missing, or the reviewer wrote the case.
    :raises Forbidden: a planner may not publish.
    """
    today = kst_today(now)
    if to not in MOVES[case.state]:
        raise Conflict(Text(
            "‘%(state)s’ 상태에서 ‘%(to)s’ 상태로는 바꿀 수 없습니다.",
            state=Text(STATE_LABELS[case.state]), to=Text(STATE_LABELS[to]),
        ))
    if to is CaseState.PUBLISHED:
        _check_reviewer(session, scope, actor, case)
    if missing := _missing(session, case, to, today):
        raise Conflict(Text.joined(missing))
    noted = to_confirm(session, case, today) if to is CaseState.PUBLISHED else []
    if noted and not acknowledged:
        raise Conflict("확인할 점이 있습니다. 읽고 확인란에 표시한 뒤 게시해 주세요.")
    change: dict[str, tuple[Any, Any]] = {"state": (STATE_LABELS[case.state], STATE_LABELS[to])}
    enter(case, to, reason=reason, now=now)
    if noted:
        change["acknowledged"] = (None, noted)
    if reason:
        change["reason"] = (None, reason)
    audit.record_change(session, actor, "case", case.id, "state", change, now=now)
    session.flush()


def enter(case: Case, to: CaseState, *, reason: str = "", now: datetime) -> None:
    """The state itself, with the days that go with it; whether it may be is asked before."""
    case.state, case.updated_at = to, now
    case.withdrawn_at, case.withdrawn_reason = (now, reason) if to is CaseState.WITHDRAWN else (None, "")
    case.taken_down = case.taken_down and to is CaseState.WITHDRAWN
    if to is CaseState.PUBLISHED:
        case.published_at = now


def _missing(session: Session, case: Case, to: CaseState, today: date) -> list[str]:
    """What the record lacks for the next state."""
    if to in (CaseState.REVIEW, CaseState.PUBLISHED):
        return problems(session, case, today)
    return fact_problems(case, today) if to is CaseState.CONSENT else []


def wrote(session: Session, case: Case, user_id: int | None) -> bool:
    """Whether the person began or changed the case, and so may not publish it."""
    if user_id is None or user_id == case.author_id:
        return True
    record = sa.select(ChangeRecord.id).where(
        ChangeRecord.subject == "case", ChangeRecord.subject_id == case.id, ChangeRecord.user_id == user_id,
        ChangeRecord.action.in_(["create", "edit", "photo", "interview"]),
    )
    return session.scalar(record.limit(1)) is not None


def follow_merge(session: Session, merge: CompanyMerge) -> None:
    """A case stays with its company when that becomes part of another."""
    session.execute(sa.update(Case).where(Case.company_id == merge.gone_id).values(company_id=merge.kept_id))


def _check_reviewer(session: Session, scope: Scope, actor: Actor, case: Case) -> None:
    if scope.role not in EDITOR_ROLES:
        raise Forbidden("게시는 홍보담당, 센터 관리자, 본부가 합니다.")
    if wrote(session, case, actor.user_id):
        raise Conflict("작성하거나 고친 사람은 게시할 수 없습니다. 다른 담당자에게 검토를 요청해 주세요.")


def check_writable(case: Case) -> None:
    """Raises Conflict unless the case is still being written."""
    if case.state not in WRITABLE:
        state = STATE_LABELS[case.state]
        raise Conflict(Text(
            "‘%(state)s’ 상태의 사례는 고칠 수 없습니다. 작성 중으로 되돌린 뒤 고쳐 주세요.",
            state=Text(state),
        ))


def _check(values: Mapping[str, Any]) -> None:
    required = {"headline": "제목을 적어 주세요.", "display_name": "표시 이름을 적어 주세요."}
    missing = {field: text for field, text in required.items() if not (values.get(field) or "").strip()}
    if missing:
        raise Invalid(Text.joined(missing.values()), fields=missing)
    on, until = values.get("consent_on"), values.get("consent_until")
    if on and until and until < on:
        raise Invalid("동의 종료일이 동의한 날보다 빠릅니다.", fields={"consent_until": "동의한 날 뒤여야 합니다."})


def write(
    session: Session, scope: Scope, case: Case, values: Mapping[str, Any], now: datetime
) -> dict[str, tuple[Any, Any]]:
    """Set ``values`` (FIELDS, ``company_id``, ``programme_ids``) and return what changed. Raises Invalid, NotFound."""
    if unknown := set(values.get("needs") or ()) - set(Need) | set(values.get("outlets") or ()) - set(Outlet):
        raise Invalid("고를 수 없는 값입니다.", fields={"needs": ", ".join(map(str, unknown))})
    values = {**values, **{name: sorted(set(values[name])) for name in ("needs", "outlets") if name in values}}
    changes = audit.apply_changes(case, {field: values[field] for field in FIELDS if field in values})
    if "company_id" in values and values["company_id"] != case.company_id:
        changes |= _link(session, scope, case, values["company_id"])
    if "programme_ids" in values:
        before = [version.programme.name_ko for version in case.programmes]
        case.programmes = _versions(session, case, values["programme_ids"], kst_today(now))
        after = [version.programme.name_ko for version in case.programmes]
        if before != after:
            changes["programmes"] = (before, after)
    return changes


def _link(session: Session, scope: Scope, case: Case, company_id: int | None) -> dict[str, tuple[Any, Any]]:
    before = case.company.name if case.company else None
    company = search.get(session, scope, company_id) if company_id else None
    case.company = company
    if company is None:
        return {"company": (before, None)}
    known = _known_of(scope, company)
    copied = {field: known[field] for field in COPIED if not getattr(case, field) and known[field]}
    return {"company": (before, company.name)} | audit.apply_changes(case, copied)


def _known_of(scope: Scope, company: Company) -> dict[str, Any]:
    places = [place for place in company.workplaces if search.in_reach(scope, place)] or company.workplaces
    place = places[0] if places else None
    return {
        "province_id": place.province_id if place else None, "complex_id": place.complex_id if place else None,
        "section": company.section, "ksic": company.ksic, "headcount": company.headcount,
        "industry": company.industry,
    }


def _versions(session: Session, case: Case, ids: Sequence[int], today: date) -> list[ProgrammeVersion]:
    """The chosen rows. One that has ended can stay in a case that cites it but not be added."""
    cited = {version.id for version in case.programmes}
    rows = session.scalars(
        sa.select(ProgrammeVersion).where(ProgrammeVersion.id.in_(ids)).options(selectinload(ProgrammeVersion.programme))
    )
    chosen = [row for row in rows if row.id in cited or row.holds_on(today)]
    return sorted(chosen, key=lambda row: list(ids).index(row.id))


def told(changes: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Long texts and rows are not repeated in the history: that they changed is enough."""
    long = {
        field for field, (before, after) in changes.items()
        if field in ("steps", "figures", "advice") or max(len(str(before or "")), len(str(after or ""))) > _TOLD
    }
    return {field: (None, "고침") if field in long else change for field, change in changes.items()}
