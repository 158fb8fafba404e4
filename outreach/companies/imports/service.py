"""Imports as a person handles them: upload, mapping, dry run, start, cancel, look at, fetch the rejects.

``scope`` limits everything: an import belongs to the centre of who made it (None: headquarters) and nobody else's
staff sees it. The run itself is in engine.py; it commits chunk by chunk.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from outreach.accounts.models import User
from outreach.audit.service import SERVICE, Actor
from outreach.clock import Clock, kst_today
from outreach.companies import columns
from outreach.companies.imports import engine
from outreach.companies.imports.plan import Guess, Plan, guess, opened
from outreach.companies.imports.report import Report
from outreach.companies.models import ConsentPurpose, Import, ImportProfile, ImportReject, ImportState
from outreach.companies.parsed_row import ParsedRow
from outreach.db import unit_of_work
from outreach.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from outreach.jobs import service as jobs
from outreach.jobs.models import Job, JobState
from outreach.scope import EDITOR_ROLES, Scope
from outreach.uploads import service as uploads

CHECK, STORE = "companies.import.check", "companies.import.store"
"""Kinds of background job; see jobs.py."""

WEB_LIMIT = 50_000_000
SMALL = 2000
"""A list of fewer rows is checked while its importer waits."""

BUSY = frozenset({ImportState.CHECKING, ImportState.IMPORTING})
ENDED = frozenset({ImportState.DONE, ImportState.CANCELLED})


# -- finding -----------------------------------------------------------------------------------------------


def visible(scope: Scope) -> sa.Select[tuple[Import]]:
    """Imports of the person's centre, newest first; all for headquarters. Raises Forbidden."""
    if scope.role not in EDITOR_ROLES:
        raise Forbidden("기업 명단은 본부, 센터 관리자, 홍보담당이 가져올 수 있습니다.")
    query = sa.select(Import).options(joinedload(Import.upload)).order_by(Import.id.desc())
    return query if scope.sees_all_centres else query.where(Import.centre_id == scope.centre_id)


def get(session: Session, scope: Scope, import_id: int) -> Import:
    """Raises NotFound, Forbidden."""
    row = session.scalar(visible(scope).where(Import.id == import_id))
    if row is None:
        raise NotFound("가져오기 기록이 없거나 다른 센터의 것입니다.")
    return row


def importers(session: Session, rows: Iterable[Import]) -> dict[int, str]:
    """Who made which import, by name."""
    people = {row.id: row.created_by for row in rows if row.created_by}
    query = sa.select(User.id, User.name).where(User.id.in_(set(people.values())))
    names = {row.id: row.name for row in session.execute(query)} if people else {}
    return {import_id: names.get(user_id, "") for import_id, user_id in people.items()}


def latest_job(session: Session, import_id: int) -> Job | None:
    """The job that works, or worked, on an import."""
    return session.scalar(sa.select(Job).where(Job.key == _key(import_id)).order_by(Job.id.desc()).limit(1))


def is_stuck(session: Session, row: Import) -> bool:
    """Whether the job of a busy import has given up: a person may begin again, and nothing is lost."""
    job = latest_job(session, row.id)
    return row.state in BUSY and (job is None or job.state not in (JobState.QUEUED, JobState.RUNNING))


def _key(import_id: int) -> str:
    return f"company-import:{import_id}"


# -- upload ------------------------------------------------------------------------------------------------


def upload(
    session: Session, scope: Scope, folder: Path, content: bytes, name: str, *, now: datetime
) -> Import:
    """Keep a list that was uploaded. Raises Invalid for what is no list we can read (nothing is stored then),
    Unavailable when the disk is full, Forbidden."""
    visible(scope)
    if len(content) > WEB_LIMIT:
        size = WEB_LIMIT // 1_000_000
        raise Invalid(_("파일이 너무 큽니다(최대 %(size)s MB). 나누어 올려 주세요.", size=size))
    guess(content)
    return _keep(session, scope, folder, content, name, now)


def take_file(session: Session, scope: Scope, folder: Path, path: Path, *, now: datetime) -> Import:
    """The same for a file on this machine, which may be larger. Raises Invalid, Unavailable, Forbidden."""
    visible(scope)
    guess(path)
    return _keep(session, scope, folder, path, path.name, now)


def _keep(session: Session, scope: Scope, folder: Path, content: bytes | Path, name: str, now: datetime) -> Import:
    try:
        stored = uploads.store(
            session, folder, content, kind="table", name=name, media_type="application/octet-stream", now=now,
            user_id=scope.user_id,
        )
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = _("저장 공간이 부족합니다.") if full else _("파일을 저장하지 못했습니다.")
        raise Unavailable(f"{reason} " + _("시스템 관리자에게 알려 주세요. 저장된 내용은 없습니다.")) from error
    row = Import(
        upload=stored, centre_id=scope.centre_id, created_by=scope.user_id, created_at=now,
        state=ImportState.UPLOADED, mapping={}, counts={}, warnings=[],
    )
    session.add(row)
    session.flush()
    return row


# -- mapping -----------------------------------------------------------------------------------------------


def first_guess(
    session: Session, folder: Path, row: Import, sheet: str | None = None, header_rows: tuple[int, int] | None = None
) -> tuple[Guess, ImportProfile | None]:
    """What the file probably says, and the mapping that was saved for lists with the same headings."""
    found = guess(uploads.open_path(folder, row.upload), sheet, header_rows)
    return found, profile(session, row.centre_id, found.signature)


def profile(session: Session, centre_id: int | None, signature: str) -> ImportProfile | None:
    """The mapping remembered for lists with these headings at this centre (None: headquarters), the latest."""
    query = sa.select(ImportProfile).where(ImportProfile.signature == signature, ImportProfile.centre_id == centre_id)
    return session.scalars(query.order_by(ImportProfile.updated_at.desc())).first()


def profile_mapping(saved: ImportProfile) -> dict[int, str]:
    """The remembered mapping: column number -> target."""
    return {int(column): target for column, target in saved.mapping.items()}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person decided on the mapping page; see plan.Plan."""

    sheet: str
    header_rows: tuple[int, int]
    names: Sequence[str]
    mapping: Mapping[int, str]
    as_of: date | None = None
    purpose: ConsentPurpose = ConsentPurpose.ADVERTISING
    evidence: str = ""


def set_plan(session: Session, scope: Scope, row: Import, given: Settings, *, now: datetime) -> None:
    """Keep how the file is to be read. Raises Invalid naming what is missing, Conflict once it is being imported."""
    get(session, scope, row.id)
    if row.state not in (ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED) and not is_stuck(session, row):
        raise Conflict("이미 가져오고 있거나 끝난 명단입니다.")
    if row.next_row:
        raise Conflict("이미 일부를 가져온 명단입니다. 열을 바꾸려면 파일을 새로 올려 주세요.")
    mapping = {index: target for index, target in given.mapping.items() if target}
    columns.check_mapping(mapping)
    _check_consent(given, mapping, now)
    row.sheet, row.header_row, row.as_of = given.sheet, given.header_rows[1], given.as_of
    row.mapping = {
        "columns": {str(index): target for index, target in sorted(mapping.items())},
        "names": list(given.names), "header_first": given.header_rows[0],
        "purpose": given.purpose.value, "evidence": given.evidence.strip(),
    }
    row.state, row.next_row, row.total_rows, row.message = ImportState.UPLOADED, 0, None, ""
    session.flush()


def _check_consent(given: Settings, mapping: Mapping[int, str], now: datetime) -> None:
    """A consent nobody can prove is none: when and how must be told by the list or by its importer."""
    if given.as_of is not None and given.as_of > kst_today(now):
        text = _("자료 기준일은 오늘이나 그 전이어야 합니다.")
        raise Invalid(text, fields={"as_of": text})
    used = set(mapping.values())
    if any(target.endswith(".consent_on") and target.removesuffix("_on") not in used for target in used):
        raise Invalid(_("수신동의일 열만으로는 동의했는지 알 수 없습니다. 그 열을 ‘수신동의 여부’로 지정해 주세요. "
                        "날짜가 적힌 칸은 그날 동의한 것으로 봅니다."))
    targets = {target.partition(".")[2] for target in used}
    if "consent" not in targets:
        return
    if "consent_how" not in targets and not given.evidence.strip():
        text = _("수신동의 열을 쓰려면 동의를 어떻게 받았는지 적어 주세요.")
        raise Invalid(text, fields={"evidence": text})
    if "consent_on" not in targets and given.as_of is None:
        text = _("명단에 동의일 열이 없으면 자료 기준일을 적어 주세요. 그날을 동의한 날로 기록합니다.")
        raise Invalid(text, fields={"as_of": text})


def save_profile(
    session: Session, row: Import, signature: str, name: str, mapping: Mapping[int, str], *, now: datetime
) -> None:
    """Remember a mapping for lists with the same headings."""
    saved = profile(session, row.centre_id, signature)
    if saved is None:
        saved = ImportProfile(signature=signature, centre_id=row.centre_id)
        session.add(saved)
    saved.name = (name.strip() or row.upload.name)[:120]
    saved.mapping = {str(index): target for index, target in mapping.items()}
    saved.updated_at = now
    session.flush()


def plan_of(row: Import) -> Plan:
    """Raises Conflict before the mapping is set."""
    if not row.mapping:
        raise Conflict("먼저 열을 지정해 주세요.")
    return Plan(
        import_id=row.id, sheet=row.sheet, header_first=row.mapping["header_first"], header_last=row.header_row or 0,
        mapping={int(index): target for index, target in row.mapping["columns"].items()},
        day=kst_today(row.created_at), as_of=row.as_of, purpose=ConsentPurpose(row.mapping["purpose"]),
        evidence=row.mapping["evidence"], centre_id=row.centre_id,
    )


# -- the dry run -------------------------------------------------------------------------------------------


def begin_check(session: Session, row: Import, *, now: datetime, user_id: int | None) -> Job:
    """Ask for the dry run in the background."""
    row.state = ImportState.CHECKING
    return jobs.enqueue(session, CHECK, {"import_id": row.id}, now=now, key=_key(row.id), user_id=user_id)


def check(session: Session, folder: Path, import_id: int, clock: Clock, progress: engine.Progress) -> Report:
    """The dry run; commits in units of its own. Raises what reading the file raises, and the import is then failed."""
    row = session.get_one(Import, import_id)
    path, plan, actor = uploads.open_path(folder, row.upload), plan_of(row), actor_of(session, row)
    with unit_of_work(session):
        _clear(session, import_id)
        _set(session, import_id, state=ImportState.CHECKING, counts={}, warnings=[], message="")

    def keep(rejected: list[ParsedRow]) -> None:
        with unit_of_work(session):
            engine.keep_rejects(session, import_id, rejected)

    with opened(path, plan) as source:
        report = engine.check(session, source, actor, clock, progress=progress, keep_rejects=keep)
    with unit_of_work(session):
        current = session.scalar(sa.select(Import.state).where(Import.id == import_id).with_for_update())
        if current is ImportState.CHECKING:
            _set(
                session, import_id, state=ImportState.CHECKED, counts=dict(report.counts),
                warnings=report.warnings_json(), total_rows=report.counts["records"],
            )
    return report


def _clear(session: Session, import_id: int) -> None:
    session.execute(sa.delete(ImportReject).where(ImportReject.import_id == import_id))


def _set(session: Session, import_id: int, **values: Any) -> None:
    session.execute(sa.update(Import).where(Import.id == import_id).values(**values))


def actor_of(session: Session, row: Import) -> Actor:
    """Who the import acts for; the service itself for an import from the command line."""
    user = session.get(User, row.created_by) if row.created_by else None
    return Actor(user.id, user.email, centre_id=row.centre_id) if user else SERVICE


# -- the import --------------------------------------------------------------------------------------------


def start(session: Session, scope: Scope, row: Import, *, now: datetime) -> Job:
    """Import what was checked, or go on with an import whose job died. Raises Conflict otherwise."""
    get(session, scope, row.id)
    begun = row.state in (ImportState.IMPORTING, ImportState.FAILED) and row.next_row > 0
    if row.state not in (ImportState.CHECKED, ImportState.IMPORTING) and not begun:
        raise Conflict("미리 확인을 마친 명단만 가져올 수 있습니다.")
    begin_store(session, row)
    return jobs.enqueue(session, STORE, {"import_id": row.id}, now=now, key=_key(row.id), user_id=scope.user_id)


def begin_store(session: Session, row: Import) -> None:
    """From here on chunks are stored. What the dry run counted is forgotten; what an earlier try stored is not."""
    if row.state is not ImportState.IMPORTING and row.next_row == 0:
        _clear(session, row.id)
        row.counts, row.warnings = {}, []
    row.state, row.message, row.finished_at = ImportState.IMPORTING, "", None
    session.flush()


def run(session: Session, folder: Path, import_id: int, clock: Clock, progress: engine.Progress) -> ImportState:
    """Do the import begun by :func:`start`, or the rest of it."""
    row = session.get_one(Import, import_id)
    path, plan, actor = uploads.open_path(folder, row.upload), plan_of(row), actor_of(session, row)
    with opened(path, plan) as source:
        return engine.run(session, source, actor, clock, progress=progress)


def fail(session: Session, import_id: int, message: str, *, now: datetime) -> None:
    """The file can't be read to its end; what was stored before stays, and the page says how far it came."""
    _set(session, import_id, state=ImportState.FAILED, message=message, finished_at=now)


def cancel(session: Session, scope: Scope, row: Import, *, now: datetime) -> None:
    """Stop before the next chunk. What is stored stays. Raises Conflict when it has ended."""
    get(session, scope, row.id)
    if row.state in ENDED:
        raise Conflict("이미 끝난 가져오기입니다.")
    row.state, row.finished_at = ImportState.CANCELLED, now
    session.flush()


# -- rejects -----------------------------------------------------------------------------------------------


def rejects(session: Session, import_id: int, limit: int | None = None) -> Iterator[ImportReject]:
    """The rejected rows in the order of the file."""
    query = sa.select(ImportReject).where(ImportReject.import_id == import_id).order_by(ImportReject.row)
    yield from session.scalars(query.limit(limit).execution_options(yield_per=500))
