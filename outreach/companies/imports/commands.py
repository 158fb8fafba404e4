"""The import as a command, for lists that are too large for a browser and for a start with data.

Exit status: 0 done, 1 nothing could be imported (the reason is printed), 2 bad arguments.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask import current_app
from tqdm import tqdm

from outreach.cli import CommandGroup
from outreach.clock import kst_today
from outreach.companies.imports import engine, report, service
from outreach.companies.imports.plan import Guess, Plan, guess, opened
from outreach.companies.imports.report import COUNTS, Report
from outreach.companies.models import ConsentPurpose, Import, ImportState
from outreach.companies.parsed_row import ParsedRow
from outreach.db import db, reading, unit_of_work
from outreach.errors import DomainError
from outreach.regions.models import Centre
from outreach.scope import Role, Scope

companies = CommandGroup("companies", help="기업 명단 / company lists")

WORDS = dict(
    zip(COUNTS, ("읽은 행", "새 기업", "고친 기업", "그대로인 기업", "반려된 행", "확인할 점"), strict=True)
)
HEADQUARTERS = Scope(Role.HEADQUARTERS)


@companies.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="확인만 하고 저장하지 않음 / check only")
@click.option("--rejects", metavar="OUT.xlsx", type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help="반려된 행을 적을 파일 / where to write rejected rows")
@click.option("--json", "as_json", is_flag=True, help="결과를 JSON 한 줄로 / print one JSON object last")
@click.option("--centre", "centre_code", metavar="CODE", help="가져오는 센터 (없으면 본부) / importing centre")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="자료 기준일 / the day the list describes")
def import_companies(
    file: Path, dry_run: bool, rejects: Path | None, as_json: bool, centre_code: str | None, as_of: datetime | None
) -> None:
    """Import the company list FILE (xlsx, xls, HTML table, CSV). Columns are recognised by their headings, or by a
    mapping that was saved on the page for the same headings."""
    day = kst_today(_clock().now())
    if as_of and as_of.date() > day:
        raise click.BadParameter("오늘이나 그 전이어야 합니다 / must not lie in the future", param_hint="--as-of")
    if rejects is not None and not os.access(rejects.parent, os.W_OK):
        raise click.BadParameter(f"쓸 수 없는 폴더입니다 / can't write to {rejects.parent}", param_hint="--rejects")
    scope = _scope(centre_code)
    try:
        settings = _settings(scope, guess(file), as_of)
        result, kept = (_check if dry_run else _store)(scope, file, settings)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    if rejects is not None:
        rejects.write_bytes(report.rejects_workbook(settings.names, kept))
    _print(result, as_json)
    if not sum(result.counts[name] for name in ("created", "updated", "unchanged")):
        raise click.ClickException("가져올 수 있는 행이 없습니다 / no row could be imported")


def _clock() -> Any:
    return current_app.extensions["outreach"].clock


def _folder() -> Path:
    return current_app.extensions["outreach"].settings.folder("uploads")


def _scope(centre_code: str | None) -> Scope:
    if centre_code is None:
        return HEADQUARTERS
    with reading():
        centre_id = db.session.scalar(sa.select(Centre.id).where(Centre.code == centre_code))
    db.session.rollback()
    if centre_id is None:
        raise click.BadParameter(f"등록된 센터가 아닙니다 / no such centre: {centre_code}", param_hint="--centre")
    return Scope(Role.CENTRE_MANAGER, centre_id=centre_id)


def _settings(scope: Scope, found: Guess, as_of: datetime | None) -> service.Settings:
    """The guess as a person would confirm it. Consents are only taken where the list itself proves them."""
    with reading():
        saved = service.profile(db.session, scope.centre_id, found.signature)
        mapping = service.profile_mapping(saved) if saved else found.mapping
    db.session.rollback()
    targets = {target.partition(".")[2] for target in mapping.values()}
    if not {"consent_how", "consent_on"} <= targets:
        mapping = {column: target for column, target in mapping.items() if ".consent" not in target}
    return service.Settings(
        found.sheet, (found.header.first, found.header.last), found.header.names, mapping,
        as_of.date() if as_of else None,
    )


Kept = list[tuple[int, str, str, list[Any]]]


def _check(scope: Scope, file: Path, settings: service.Settings) -> tuple[Report, Kept]:
    """A dry run that leaves nothing behind, not even a copy of the file."""
    kept: Kept = []

    def keep(rows: list[ParsedRow]) -> None:
        kept.extend((row.number, *report.reject_reason(row.errors), list(row.cells)) for row in rows)

    plan = Plan(
        0, settings.sheet, *settings.header_rows, settings.mapping, kst_today(_clock().now()), settings.as_of,
        ConsentPurpose.ADVERTISING, "", scope.centre_id,
    )
    with opened(file, plan) as source, _bar(source.height) as bar:
        result = engine.check(
            db.session, source, service.SERVICE, _clock(), progress=_advance(bar), keep_rejects=keep
        )
    return result, sorted(kept)


def _store(scope: Scope, file: Path, settings: service.Settings) -> tuple[Report, Kept]:
    now = _clock().now()
    with unit_of_work(db.session) as session:
        row = service.take_file(session, scope, _folder(), file, now=now)
        service.set_plan(session, scope, row, settings, now=now)
        service.begin_store(session, row)
        import_id = row.id
    try:
        with _bar(None) as bar:
            service.run(db.session, _folder(), import_id, _clock(), _advance(bar))
    except DomainError as error:
        with unit_of_work(db.session) as session:
            service.fail(session, import_id, error.message, now=_clock().now())
        raise
    db.session.rollback()
    with reading():
        done = db.session.get_one(Import, import_id, populate_existing=True)
        if done.state is not ImportState.DONE:
            raise click.ClickException(f"{done.state.value}: {done.message}")
        kept = [(one.row, one.column, one.reason, one.cells) for one in service.rejects(db.session, import_id)]
        result = Report(done.counts, done.warnings)
    db.session.rollback()
    return result, kept


def _bar(total: int | None) -> tqdm:
    return tqdm(total=total, unit="개사", disable=not sys.stderr.isatty())


def _advance(bar: tqdm) -> engine.Progress:
    return lambda done: bar.update(done - bar.n) and None


def _print(result: Report, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({name: result.counts[name] for name in COUNTS}))
        return
    click.echo(" · ".join(f"{word} {result.counts[name]:,}" for name, word in WORDS.items()))
    for group in result.sorted():
        click.echo(f"  {group.title}: {group.count:,}")
