"""Best-practice cases: who sees and writes which, their way to publication, and finding them.

Headquarters sees and writes all. Centre staff see the cases of their centre, those of headquarters and the
published ones of every centre, and write their own centre's. Partners see none: they get the finished sheets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from cases.library.models import Case
from cases.library.rules import (
    MOVES,
    STATE_LABELS,
    WRITABLE,
    CaseState,
    consent_problems,
    fact_problems,
    naming_problems,
)
from outreach.audit import service as audit
from outreach.audit.models import ChangeRecord
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.companies import search
from outreach.companies.models import Company, Workplace
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.feature import CompanyMerge
from outreach.pdf.pictures import SafePicture
from outreach.programmes.models import ProgrammeVersion
from outreach.programmes.rules import usable
from outreach.regions.models import valid_on
from outreach.scope import EDITOR_ROLES, Role, Scope
from outreach.uploads import service as uploads
from outreach.wording import Text

#: Planners meet the companies, so they write cases, too; publishing is for editors.
WRITER_ROLES = EDITOR_ROLES | {Role.PLANNER}

FIELDS = (
    "province_id", "complex_id", "section", "industry", "headcount", "display_name", "headline", "summary", "problem",
    "system", "steps", "effect", "figures", "costs", "advice", "quote", "quote_by", "planner_name", "keywords",
    "consent_scope", "consent_on", "consent_until", "consent_evidence", "fact_checked_on", "fact_checked_by",
)
#: What a case takes over from the company it is about, where nothing else was written.
COPIED = ("province_id", "complex_id", "section", "headcount", "industry")

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
    scope: Scope, *, text: str = "", province_id: int | None = None, section: str = "",
    state: CaseState | None = None,
) -> sa.Select[tuple[Case]]:
    """The cases ``scope`` reads, the newest first. ``text``: part of a title, name, summary or keyword."""
    query = (
        sa.select(Case)
        .options(joinedload(Case.province), joinedload(Case.centre), joinedload(Case.photo))
        .where(visible(scope)).order_by(Case.updated_at.desc(), Case.id.desc())
    )
    if text:
        columns = (Case.headline, Case.display_name, Case.summary, Case.industry, sa.cast(Case.keywords, sa.Text))
        query = query.where(sa.or_(*(column.icontains(text, autoescape=True) for column in columns)))
    for column, value in ((Case.province_id, province_id), (Case.section, section or None), (Case.state, state)):
        if value is not None:
            query = query.where(column == value)
    return query


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


def publishable(scope: Scope, today: date) -> sa.Select[tuple[Case]]:
    """The published cases with a standing consent, as brochures choose from them."""
    standing = sa.or_(Case.consent_until.is_(None), Case.consent_until >= today)
    return (
        sa.select(Case).where(visible(scope), Case.state == CaseState.PUBLISHED, standing)
        .order_by(Case.headline, Case.id)
    )


def nearest(session: Session, scope: Scope, workplace: Workplace, today: date, *, limit: int) -> list[Case]:
    """Published cases most like a workplace: same province first, then same industry, then the nearest size."""
    size = workplace.headcount or 0
    far = sa.func.abs(sa.func.coalesce(Case.headcount, 0) - size)
    order = (sa.case((Case.province_id == workplace.province_id, 0), else_=1),
             sa.case((Case.section == (workplace.section or "-"), 0), else_=1), far)
    query = publishable(scope, today).options(joinedload(Case.province)).order_by(None).order_by(*order, Case.id)
    return list(session.scalars(query.limit(limit)))


def current_versions(session: Session, today: date) -> list[ProgrammeVersion]:
    """The programme rows in force, by name: what a new text may cite."""
    query = sa.select(ProgrammeVersion).join(ProgrammeVersion.programme).where(valid_on(ProgrammeVersion, today))
    rows = session.scalars(query.options(joinedload(ProgrammeVersion.programme)))
    return sorted((row for row in rows if row.programme.active), key=lambda row: row.programme.name_ko)


def warnings(case: Case, today: date) -> list[str]:
    """What a person must know and confirm before the case is published: programmes that are unverified or
    have ended."""
    return [
        Text("%(programme)s: %(problem)s", programme=version.programme.name_ko, problem=Text(text))
        for version in case.programmes for text in usable(version, today)
    ]


def problems(case: Case, today: date) -> list[str]:
    """All that still keeps the case from being published."""
    company_name = case.company.name if case.company else ""
    return [*fact_problems(case, today), *consent_problems(case, today), *naming_problems(case, company_name)]


# -- writing -------------------------------------------------------------------------------------------


def create(session: Session, scope: Scope, actor: Actor, values: Mapping[str, Any], *, now: datetime) -> Case:
    """A new draft of the person's centre. ``values``: FIELDS, ``company_id``, ``programme_ids``.
    Raises Invalid, Forbidden, NotFound (a company out of reach)."""
    if scope.role not in WRITER_ROLES:
        raise Forbidden("사례는 센터와 본부의 담당자가 작성합니다.")
    _check(values)
    case = Case(centre_id=scope.centre_id, author_id=actor.user_id, created_at=now, updated_at=now)
    _write(session, scope, case, values, now)
    session.add(case)
    session.flush()
    audit.record_change(session, actor, "case", case.id, "create", {"headline": (None, case.headline)}, now=now)
    return case


def edit(
    session: Session, scope: Scope, actor: Actor, case: Case, values: Mapping[str, Any], *, version: int | None,
    now: datetime,
) -> None:
    """Change a draft. Raises StaleEdit, Conflict (its state), Invalid, NotFound."""
    check_version(case, version)
    _check_writable(case)
    _check({"headline": case.headline, "display_name": case.display_name} | dict(values))
    changes = _write(session, scope, case, values, now)
    if changes:
        case.updated_at = now
        audit.record_change(session, actor, "case", case.id, "edit", _told(changes), now=now)
    session.flush()


def set_photo(
    session: Session, actor: Actor, case: Case, folder: Path, picture: SafePicture | None, *, name: str,
    caption: str, rights: str, remove: bool, now: datetime,
) -> None:
    """Replace the photo by one that outreach.pdf.pictures made safe, keep it (``picture`` None) or take it
    away, and say what it shows and whose it is. Raises Conflict (its state), Invalid."""
    _check_writable(case)
    if not remove and not (caption and rights):
        raise Invalid("사진이 무엇을 보여 주는지와 권리 관계를 함께 적어 주세요.")
    if picture is not None and not remove:
        case.photo = uploads.store(
            session, folder, picture.data, kind="picture", name=name, media_type=picture.media_type, now=now,
            user_id=actor.user_id, width=picture.width, height=picture.height,
        )
    if remove:
        case.photo, caption, rights = None, "", ""
    changes = audit.apply_changes(case, {"photo_caption": caption, "photo_rights": rights, "updated_at": now})
    changes.pop("updated_at", None)
    photo = {"photo": (None, name or None)} if picture is not None or remove else {}
    audit.record_change(session, actor, "case", case.id, "photo", photo | changes, now=now)
    session.flush()


def move(
    session: Session, scope: Scope, actor: Actor, case: Case, to: CaseState, *, acknowledged: bool = False,
    now: datetime,
) -> None:
    """Take the case to another state.

    :param acknowledged: the reviewer has read the warnings about cited programmes.
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
    if missing := _missing(case, to, today):
        raise Conflict(Text.joined(missing))
    if to is CaseState.PUBLISHED and warnings(case, today) and not acknowledged:
        raise Conflict("인용한 제도에 확인할 점이 있습니다. 읽고 확인란에 표시한 뒤 게시해 주세요.")
    before, case.state, case.updated_at = case.state, to, now
    change = {"state": (STATE_LABELS[before], STATE_LABELS[to])}
    if to is CaseState.PUBLISHED and acknowledged:
        change["acknowledged"] = (None, warnings(case, today))
    audit.record_change(session, actor, "case", case.id, "state", change, now=now)
    session.flush()


def _missing(case: Case, to: CaseState, today: date) -> list[str]:
    """What the record lacks for the next state."""
    if to in (CaseState.REVIEW, CaseState.PUBLISHED):
        return problems(case, today)
    return fact_problems(case, today) if to is CaseState.CONSENT else []


def wrote(session: Session, case: Case, user_id: int | None) -> bool:
    """Whether the person began or changed the case, and so may not publish it."""
    if user_id is None or user_id == case.author_id:
        return True
    record = sa.select(ChangeRecord.id).where(
        ChangeRecord.subject == "case", ChangeRecord.subject_id == case.id, ChangeRecord.user_id == user_id,
        ChangeRecord.action.in_(["create", "edit", "photo"]),
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


def _check_writable(case: Case) -> None:
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


def _write(
    session: Session, scope: Scope, case: Case, values: Mapping[str, Any], now: datetime
) -> dict[str, tuple[Any, Any]]:
    """Set ``values`` and return what changed."""
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
        "section": company.section, "headcount": company.headcount, "industry": company.industry,
    }


def _versions(session: Session, case: Case, ids: Sequence[int], today: date) -> list[ProgrammeVersion]:
    """The chosen rows. One that has ended can stay in a case that cites it but not be added."""
    cited = {version.id for version in case.programmes}
    rows = session.scalars(
        sa.select(ProgrammeVersion).where(ProgrammeVersion.id.in_(ids)).options(selectinload(ProgrammeVersion.programme))
    )
    chosen = [row for row in rows if row.id in cited or row.holds_on(today)]
    return sorted(chosen, key=lambda row: list(ids).index(row.id))


def _told(changes: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Long texts and rows are not repeated in the history: that they changed is enough."""
    long = {
        field for field, (before, after) in changes.items()
        if field in ("steps", "figures", "advice") or max(len(str(before or "")), len(str(after or ""))) > _TOLD
    }
    return {field: (None, "고침") if field in long else change for field, change in changes.items()}
