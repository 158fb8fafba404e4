"""The interview form (사례조사표) that a planner fills in at the company, on a phone: its draft is the case itself.

A phone sends what was typed field by field, with what the field held before: what another device or a colleague wrote
meanwhile is never overwritten, and what arrives twice changes nothing the second time.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.library import finding, service
from cases.library.models import Case
from cases.library.rules import (
    MAX_ADVICE,
    MAX_FIGURES,
    MAX_STEPS,
    UNNAMED,
    UNTITLED,
    WRITABLE,
    CaseState,
    ConsentScope,
    Need,
    Outlet,
)
from outreach.audit import service as audit
from outreach.audit.models import ChangeRecord
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.companies.ksic import SECTIONS
from outreach.db import as_json
from outreach.errors import DomainError
from outreach.scope import Scope
from outreach.wording import Text

#: An hour's typing is one line of the history, not a hundred.
ONE_VISIT = timedelta(hours=1)

#: Longest text of each field; the record's own form (cases.library.forms) allows as much.
TEXTS = {
    "headline": 200, "display_name": 120, "industry": 120, "summary": 600, "problem": 4000, "system": 4000,
    "effect": 4000, "costs": 4000, "quote": 300, "quote_by": 120, "consent_evidence": 300, "consented_by": 60,
}
DATES = ("interviewed_on", "consent_on", "consent_until")
ROWS: dict[str, tuple[int, dict[str, int]]] = {
    "steps": (MAX_STEPS, {"when": 40, "title": 60, "text": 400}),
    "figures": (MAX_FIGURES, {"label": 60, "before": 20, "after": 20, "unit": 20, "source": 120}),
}
CHOICES: dict[str, type[enum.Enum]] = {"needs": Need, "outlets": Outlet}


class Unreadable(Exception):
    """A value that can't be what its field holds; the message says so to the person."""


@dataclass(slots=True)
class Saved:
    """What became of what a phone sent: ``kept`` fields; ``conflicts``: what they hold by another hand; ``problems``:
    why a value was not taken, by field."""

    version: int
    kept: list[str] = field(default_factory=list)
    conflicts: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def begin(session: Session, scope: Scope, actor: Actor, planner: str, *, now: datetime) -> Case:
    """A new draft of the person's centre, without a title yet. Raises Forbidden."""
    values = {
        "headline": UNTITLED, "display_name": UNNAMED, "planner_name": planner, "interviewed_on": kst_today(now),
    }
    return service.create(session, scope, actor, values, now=now)


def open_drafts(session: Session, scope: Scope, user_id: int | None) -> list[Case]:
    """The interviews the person began and that are still being written, the last touched first."""
    query = sa.select(Case).where(
        service.visible(scope), Case.author_id == user_id, Case.state.in_(sorted(WRITABLE)),
        Case.interviewed_on.is_not(None),
    )
    return list(session.scalars(query.order_by(Case.updated_at.desc()).limit(30)))


def state(case: Case) -> dict[str, Any]:
    """All fields of the form as the phone holds them."""
    values: dict[str, Any] = {name: getattr(case, name) for name in TEXTS}
    values["headline"] = "" if case.headline == UNTITLED else case.headline
    values["display_name"] = "" if case.display_name == UNNAMED else case.display_name
    values |= {name: _day(getattr(case, name)) for name in DATES}
    values |= {name: getattr(case, name) for name in (*ROWS, *CHOICES)}
    return values | {
        "advice": "\n".join(case.advice), "section": case.section, "company_id": case.company_id or "",
        "headcount": "" if case.headcount is None else case.headcount, "consent_scope": case.consent_scope.value,
    }


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def save(
    session: Session, scope: Scope, actor: Actor, case: Case, sent: Mapping[str, Any], *, now: datetime
) -> Saved:
    """Take in ``sent``: field -> {"was": …, "now": …}. A field is written if it still holds what the phone knew, or
    already what it sends. Raises Conflict if the case is no longer written."""
    service.check_writable(case)
    result, before, values = Saved(case.version), state(case), {}
    for name, change in sent.items():
        if name not in READERS or not isinstance(change, Mapping):
            continue
        present, was, wanted = before[name], change.get("was"), change.get("now")
        try:
            read = READERS[name](wanted)
        except Unreadable as error:
            result.problems[name] = error.args[0]
            continue
        if not any(_same(present, value) for value in (was, wanted, read)):
            result.conflicts[name] = present
            continue
        values[name] = read
        result.kept.append(name)
    _write(session, scope, actor, case, values, result, now)
    result.version = case.version
    return result


def _same(present: Any, told: Any) -> bool:
    """As JSON carries it; a number and its digits are the same."""
    if isinstance(present, list):
        words = isinstance(told, list) and all(isinstance(item, str) for item in [*present, *told])
        return sorted(present) == sorted(told) if words else present == told
    return str(present) == str("" if told is None else told)


def _write(
    session: Session, scope: Scope, actor: Actor, case: Case, values: dict[str, Any], result: Saved, now: datetime
) -> None:
    company = {"company_id": values.pop("company_id")} if "company_id" in values else {}
    if "headline" in values:
        values["headline"] = values["headline"] or UNTITLED
    if "display_name" in values:
        values["display_name"] = values["display_name"] or UNNAMED
    changes = service.write(session, scope, case, values, now)
    try:
        changes |= service.write(session, scope, case, company, now)
    except DomainError as error:  # a company out of reach spoils nothing else
        result.kept.remove("company_id")
        result.problems["company_id"] = error.message
    if changes:
        case.updated_at = now
        finding.index(session, case)
        _record(session, actor, case, changes, now)
    session.flush()


def _record(session: Session, actor: Actor, case: Case, changes: Mapping[str, tuple[Any, Any]], now: datetime) -> None:
    """Once a visit: that a person wrote in the interview, with the first fields they touched."""
    recent = sa.select(ChangeRecord.id).where(
        ChangeRecord.subject == "case", ChangeRecord.subject_id == case.id, ChangeRecord.user_id == actor.user_id,
        ChangeRecord.action == "interview", ChangeRecord.at > now - ONE_VISIT,
    )
    if session.scalar(recent.limit(1)) is None:
        audit.record_change(session, actor, "case", case.id, "interview", service.told(changes), now=now)


def finish(session: Session, scope: Scope, actor: Actor, case: Case, *, now: datetime) -> None:
    """The visit is over: on to checking the facts, unless it went on already. Raises Conflict."""
    service.check_writable(case)
    if case.state is CaseState.DRAFT:
        service.move(session, scope, actor, case, CaseState.FACT_CHECK, now=now)


# -- reading what a phone sends -----------------------------------------------------------------------------


def _text(most: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = str(value or "").replace("\r\n", "\n").strip()
        if len(text) > most:
            raise Unreadable(Text("%(most)s자까지 적을 수 있습니다.", most=most))
        return text

    return read


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except (TypeError, ValueError) as error:
        raise Unreadable(Text("날짜를 확인해 주세요.")) from error


def _rows(name: str) -> Callable[[Any], list[dict[str, str]]]:
    most, columns = ROWS[name]

    def read(value: Any) -> list[dict[str, str]]:
        rows = [
            {column: str(row.get(column) or "").strip()[:length] for column, length in columns.items()}
            for row in value or [] if isinstance(row, Mapping)
        ]
        return [row for row in rows if any(row.values())][:most]

    return read


def _words(kind: type[enum.Enum]) -> Callable[[Any], list[str]]:
    known = {member.value for member in kind}
    return lambda value: sorted({word for word in value or [] if isinstance(word, str)} & known)


def _lines(value: Any) -> list[str]:
    return [line.strip()[:300] for line in str(value or "").splitlines() if line.strip()][:MAX_ADVICE]


_PEOPLE = re.compile(r"(?:약|대략|한|총)?\s*([0-9]{1,7})\s*여?\s*(?:명|인|사람)?\s*(?:정도|쯤|가량|안팎|내외)?")


def _headcount(value: Any) -> int | None:
    """As people say it: 30, 1,200명, 약 30여 명. Two numbers, as in 10~20명, are none."""
    text = unicodedata.normalize("NFKC", str("" if value is None else value)).replace(",", "").strip()
    if not text:
        return None
    found = _PEOPLE.fullmatch(text)
    if found is None:
        raise Unreadable(Text("사람 수를 숫자 하나로 적어 주세요. 예: 30, 약 30명"))
    return int(found[1])


def _company(value: Any) -> int | None:
    text = str("" if value is None else value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _scope(value: Any) -> ConsentScope:
    try:
        return ConsentScope(value)
    except ValueError as error:
        raise Unreadable(Text("동의 범위를 골라 주세요.")) from error


READERS: dict[str, Callable[[Any], Any]] = {
    **{name: _text(most) for name, most in TEXTS.items()}, **dict.fromkeys(DATES, _date),
    **{name: _rows(name) for name in ROWS}, **{name: _words(kind) for name, kind in CHOICES.items()},
    "advice": _lines, "headcount": _headcount, "company_id": _company, "consent_scope": _scope,
    "section": lambda value: value if value in SECTIONS else "",
}


def as_script_data(case: Case) -> str:
    """What the page's script begins with, as JSON."""
    return as_json(state(case))
