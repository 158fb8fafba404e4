"""Brochures: who writes which, and from the record to what is printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from cases.brochures import content, slots
from cases.brochures.models import Brochure
from cases.library import service as library
from cases.library.models import Case
from cases.library.rules import CaseState, consent_problems
from cases.sheets import service as sheets
from cases.sheets.content import Figure, Step
from cases.sheets.service import Issue, Pictures
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.organisations import service as organisations
from outreach.organisations.models import Organisation
from outreach.programmes.models import ProgrammeVersion
from outreach.scope import EDITOR_ROLES, Scope
from outreach.wording import Text

#: How many of each the eight pages hold (cases.brochures.content).
MAX_CASES, MAX_PROGRAMMES, MAX_PARTNERS = 4, 6, 6

FIELDS = ("title", "subtitle", "style", "texts")
_T = TypeVar("_T")


# -- reading -------------------------------------------------------------------------------------------


def visible(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that ``scope`` may read a brochure's record: its centre's and headquarters'."""
    if scope.is_partner:
        return sa.false()
    if scope.sees_all_centres:
        return sa.true()
    return sa.or_(Brochure.centre_id == scope.centre_id, Brochure.centre_id.is_(None))


def brochures_query(scope: Scope) -> sa.Select[tuple[Brochure]]:
    """The last edited first."""
    query = sa.select(Brochure).options(joinedload(Brochure.centre)).where(visible(scope))
    return query.order_by(Brochure.updated_at.desc(), Brochure.id.desc())


def get(session: Session, scope: Scope, brochure_id: int) -> Brochure:
    """Raises NotFound, also for another centre's."""
    brochure = session.scalar(sa.select(Brochure).where(Brochure.id == brochure_id, visible(scope)))
    if brochure is None:
        raise NotFound("책자가 없거나 다른 센터의 책자입니다.")
    return brochure


def editable(session: Session, scope: Scope, brochure_id: int) -> Brochure:
    """Raises NotFound, Forbidden."""
    brochure = get(session, scope, brochure_id)
    if not may_edit(scope, brochure):
        raise Forbidden("이 책자는 담당 센터나 본부에서만 고칠 수 있습니다.")
    return brochure


def may_edit(scope: Scope, brochure: Brochure) -> bool:
    """Whether this role may edit, and the brochure is of its centre."""
    return scope.role in EDITOR_ROLES and (scope.centre_id is None or scope.centre_id == brochure.centre_id)


def cases_of(brochure: Brochure) -> list[Case]:
    """In the order chosen."""
    return _ordered(brochure.cases, brochure.order.get("cases", []))


def programmes_of(brochure: Brochure) -> list[ProgrammeVersion]:
    """Its programmes in the order chosen on the page."""
    return _ordered(brochure.programmes, brochure.order.get("programmes", []))


def organisations_of(brochure: Brochure) -> list[Organisation]:
    """Its partners in the order chosen on the page."""
    return _ordered(brochure.organisations, brochure.order.get("organisations", []))


def _ordered(rows: Iterable[_T], ids: Sequence[int]) -> list[_T]:
    places = {row_id: at for at, row_id in enumerate(ids)}
    return sorted(rows, key=lambda row: (places.get(row.id, len(places)), row.id))  # type: ignore[attr-defined]


# -- writing -------------------------------------------------------------------------------------------


def create(session: Session, scope: Scope, actor: Actor, values: Mapping[str, Any], *, now: datetime) -> Brochure:
    """A new brochure of the person's centre. ``values``: FIELDS and the ordered ``case_ids``,
    ``programme_ids`` and ``organisation_ids``. Raises Invalid, Forbidden."""
    if scope.role not in EDITOR_ROLES:
        raise Forbidden("홍보 책자는 홍보담당, 센터 관리자, 본부가 만듭니다.")
    brochure = Brochure(
        centre_id=scope.centre_id, author_id=actor.user_id, title="", subtitle="", style=content.Style.CALM.value,
        texts=slots.opening(), order={}, created_at=now, updated_at=now,
    )
    _write(session, scope, brochure, values, kst_today(now))
    session.add(brochure)
    session.flush()
    audit.record_change(session, actor, "brochure", brochure.id, "create", {"title": (None, brochure.title)}, now=now)
    return brochure


def edit(
    session: Session, scope: Scope, actor: Actor, brochure: Brochure, values: Mapping[str, Any], *,
    version: int | None, now: datetime,
) -> None:
    """Change a brochure; editions already made stay as they are. Raises StaleEdit, Invalid."""
    check_version(brochure, version)
    changes = _write(session, scope, brochure, values, kst_today(now))
    if changes:
        brochure.updated_at = now
        audit.record_change(session, actor, "brochure", brochure.id, "edit", changes, now=now)
    session.flush()


def _write(
    session: Session, scope: Scope, brochure: Brochure, values: Mapping[str, Any], today: date
) -> dict[str, tuple[Any, Any]]:
    if not (values.get("title", brochure.title) or "").strip():
        raise Invalid("표지 제목을 적어 주세요.", fields={"title": "표지 제목을 적어 주세요."})
    plain = {field: values[field] for field in FIELDS if field in values}
    if "texts" in plain:
        plain["texts"] = {name: text for name, text in plain["texts"].items() if name in slots.NAMES and text}
    changes = audit.apply_changes(brochure, plain)
    if "texts" in changes:
        changes["texts"] = (None, "고침")
    order = dict(brochure.order)
    for kind, choose in (("cases", _cases), ("programmes", _programmes), ("organisations", _organisations)):
        key = f"{kind.removesuffix('s')}_ids"
        if key not in values:
            continue
        ids = list(dict.fromkeys(values[key]))
        present = {row.id for row in getattr(brochure, kind)}
        rows = choose(session, scope, ids, present, today)
        if ids != order.get(kind, []) or {row.id for row in rows} != present:
            setattr(brochure, kind, rows)
            order[kind] = [row_id for row_id in ids if row_id in {row.id for row in rows}]
            changes[kind] = (None, [_name(row) for row in _ordered(rows, ids)])
    brochure.order = order
    return changes


def _cases(session: Session, scope: Scope, ids: Sequence[int], kept: set[int], today: date) -> list[Case]:
    allowed = sa.or_(Case.id.in_(kept), Case.id.in_(library.publishable(scope, today).with_only_columns(Case.id)))
    return _all_found(session, sa.select(Case).where(Case.id.in_(ids), allowed.self_group()), ids, Text("사례"))


def _programmes(
    session: Session, _scope: Scope, ids: Sequence[int], kept: set[int], today: date
) -> list[ProgrammeVersion]:
    rows = session.scalars(sa.select(ProgrammeVersion).where(ProgrammeVersion.id.in_(ids)))
    return [row for row in rows if row.id in kept or row.holds_on(today)]


def _organisations(
    session: Session, scope: Scope, ids: Sequence[int], kept: set[int], _today: date
) -> list[Organisation]:
    allowed = sa.or_(Organisation.id.in_(kept), sa.and_(organisations.visible(scope), Organisation.active))
    return _all_found(session, sa.select(Organisation).where(Organisation.id.in_(ids), allowed), ids, Text("협력기관"))


def _all_found(session: Session, query: sa.Select[Any], ids: Sequence[int], what: Text) -> list[Any]:
    rows = list(session.scalars(query))
    if len(rows) != len(set(ids)):
        raise Invalid(Text("고를 수 없는 %(what)s이 있습니다. 목록에서 다시 골라 주세요.", what=what))
    return rows


def _name(row: Any) -> str:
    return row.programme.name_ko if isinstance(row, ProgrammeVersion) else getattr(row, "headline", None) or row.name


# -- printing ------------------------------------------------------------------------------------------


def check_printable(brochure: Brochure, today: date) -> None:
    """Raises Conflict if words are missing or a case may no longer be shown."""
    reasons = [Text("‘%(label)s’을(를) 적어 주세요.", label=Text(label)) for label in slots.missing(brochure.texts)]
    if not brochure.programmes or not brochure.cases:
        reasons.append(Text("지원제도와 사례를 하나 이상 골라 주세요."))
    reasons += case_problems(brochure, today)
    if reasons:
        raise Conflict(Text.joined(reasons))


def case_problems(brochure: Brochure, today: date) -> list[str]:
    """Why one of its cases may not be shown on ``today``: withdrawn, or the company's consent does not hold."""
    problems: list[str] = []
    for case in brochure.cases:
        if case.state is not CaseState.PUBLISHED:
            problems.append(Text("사례 ‘%(title)s’은(는) 게시된 사례가 아닙니다.", title=case.headline))
        problems += [
            Text("사례 ‘%(title)s’: %(problem)s", title=case.headline, problem=Text(text))
            for text in consent_problems(case, today)
        ]
    return problems


def brochure_content(brochure: Brochure, issue: Issue, pictures: Pictures) -> content.Brochure:
    """A brochure as its eight pages say it."""
    texts = brochure.texts
    cases = cases_of(brochure)
    sources = slots.entries(texts.get("sources", ""))
    if any(case.fictional for case in cases):
        sources += (sheets.FICTIONAL,)
    return content.Brochure(
        title=brochure.title, subtitle=brochure.subtitle, issuer=issue.issuer, contact=issue.contact,
        issued_on=issue.day, why=_section(texts, "why"), audience=slots.entries(texts.get("audience", "")),
        steps=tuple(_step(texts, number) for number in range(1, slots.STEPS + 1)),
        programmes=tuple(sheets.programme_card(version) for version in programmes_of(brochure)),
        cases=tuple(_case_card(case, pictures) for case in cases), apply=_section(texts, "apply"),
        figures=tuple(_figures(texts)), checklist=slots.entries(texts.get("checklist", "")),
        partners=tuple(sheets.mark(row, pictures) for row in organisations_of(brochure)), sources=sources,
        edition=issue.edition, style=content.Style(brochure.style),
    )


def _section(texts: Mapping[str, str], name: str) -> content.Section:
    return content.Section(
        texts.get(f"{name}_title", ""), texts.get(f"{name}_lead", ""), slots.paragraphs(texts.get(f"{name}_text", ""))
    )


def _step(texts: Mapping[str, str], number: int) -> Step:
    title, text, when = (texts.get(f"step{number}_{part}", "") for part in ("title", "text", "when"))
    return Step(title, text, when)


def _figures(texts: Mapping[str, str]) -> Iterable[Figure]:
    for number in range(1, slots.FIGURES + 1):
        label, value, unit, source = (
            texts.get(f"figure{number}_{part}", "") for part in ("label", "value", "unit", "source")
        )
        if label and value:
            yield Figure(label, value, unit, "", source)


def _case_card(case: Case, pictures: Pictures) -> content.CaseCard:
    return content.CaseCard(
        title=case.headline, company=case.display_name, summary=case.summary, facts=sheets.facts(case),
        effect=sheets.figure(case.figures[0]) if case.figures else None, quote=sheets.quote(case),
        photo=sheets.photo(case, pictures),
        programmes=tuple(version.programme.name_ko for version in case.programmes),
    )
