"""Pages of the import: history, upload, mapping, what would happen, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from outreach.audit.models import AccessKind
from outreach.clock import Clock, kst_today
from outreach.companies.columns import LABELS
from outreach.companies.identity import IDENTITY_RULE
from outreach.companies.imports import report, retention, service
from outreach.companies.imports.forms import MappingForm, UploadForm
from outreach.companies.imports.plan import Guess
from outreach.companies.models import Import, ImportState
from outreach.companies.problems import column_letter, shortened
from outreach.companies.rules import Cell, clean_text
from outreach.db import db
from outreach.errors import DomainError, Invalid
from outreach.scope import EDITOR_ROLES, Role
from outreach.uploads import service as uploads
from outreach.web import access, paging, xlsx
from outreach.web.language import translated

blueprint = Blueprint("company_imports", __name__, url_prefix="/companies/imports")

STATE_LABELS = {
    ImportState.UPLOADED: _l("열 지정 전"), ImportState.CHECKING: _l("확인하는 중"),
    ImportState.CHECKED: _l("확인 완료"), ImportState.IMPORTING: _l("가져오는 중"), ImportState.DONE: _l("가져옴"),
    ImportState.FAILED: _l("실패"),
    ImportState.CANCELLED: _l("취소함"),
}
STATE_TONES = {
    ImportState.UPLOADED: "neutral", ImportState.CHECKING: "info", ImportState.CHECKED: "warning",
    ImportState.IMPORTING: "info", ImportState.DONE: "success", ImportState.FAILED: "danger",
    ImportState.CANCELLED: "neutral",
}
REJECTS_SHOWN = 10


def _clock() -> Clock:
    return current_app.extensions["outreach"].clock


def _now() -> datetime:
    return _clock().now()


def _folder() -> Path:
    return current_app.extensions["outreach"].settings.folder("uploads")


def _get(import_id: int) -> Import:
    return service.get(db.session, access.scope(), import_id)


# -- history and upload ------------------------------------------------------------------------------------


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"column_letter": column_letter, "samples": _samples, "cell_text": _cell_text, "cells_line": _cells_line}


def _samples(found: Guess, column: int) -> list[str]:
    """The first different values of a column."""
    values = (_cell_text(cells, column) for cells in found.preview)
    return list(dict.fromkeys(value for value in values if value))[:3]


def _cell_text(cells: Sequence[Cell], column: int) -> str:
    return shortened(clean_text(cells[column])) if column < len(cells) else ""


def _cells_line(cells: Sequence[Cell]) -> str:
    """A row's cells in one line."""
    return " | ".join(text for cell in cells if (text := clean_text(cell)))[:300]


@blueprint.get("/")
@access.allow(*EDITOR_ROLES)
def index() -> str:
    page = paging.paginate(db.session, service.visible(access.scope()))
    return render_template(
        "companies/imports/list.html", page=page, state_labels=STATE_LABELS, state_tones=STATE_TONES,
        names=service.importers(db.session, page.items),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def new() -> Any:
    form = UploadForm()
    if form.validate_on_submit():
        try:
            row = _upload()
        except DomainError as error:
            db.session.rollback()
            form.file.errors = [translated(error.message)]
        else:
            return redirect(url_for(".mapping", import_id=row.id))
    status = 422 if form.errors else 200
    return render_template("companies/imports/new.html", form=form, identity_rule=IDENTITY_RULE), status


def _upload() -> Import:
    """Raises Invalid, Unavailable."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("가져올 파일을 골라 주세요.")
    row = service.upload(db.session, access.scope(), _folder(), file.read(), file.filename, now=_now())
    db.session.commit()
    return row


# -- mapping -----------------------------------------------------------------------------------------------


@blueprint.route("/<int:import_id>/mapping", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def mapping(import_id: int) -> Any:
    """Which column is what. The sheet and the heading's rows are part of the address, so that choosing others
    shows their columns."""
    row = _get(import_id)
    if row.state in (*service.BUSY, *service.ENDED) and not service.is_stuck(db.session, row):
        return redirect(url_for(".show", import_id=import_id))
    try:
        found, saved = service.first_guess(
            db.session, _folder(), row, request.args.get("sheet") or row.sheet or None, _header_rows(row)
        )
    except Invalid as error:
        flash(translated(error.message), "error")
        return redirect(url_for(".show", import_id=import_id))
    form = MappingForm(as_of=row.as_of, evidence=row.mapping.get("evidence", ""))
    chosen = _first_choice(row, found, saved)
    if form.validate_on_submit():
        chosen = _posted(found)
        try:
            return _check(row, found, chosen, form)
        except DomainError as error:
            db.session.rollback()
            form.take_errors(error)
    access.log_access(AccessKind.VIEW, "import", [import_id], row.upload.name)
    return render_template(
        "companies/imports/mapping.html", row=row, form=form, found=found, chosen=chosen, saved=saved,
        groups=_target_groups(), identity_rule=IDENTITY_RULE, small=found.data_rows < service.SMALL,
    ), 422 if form.errors or form.form_errors else 200


def _header_rows(row: Import) -> tuple[int, int] | None:
    """The rows of the heading as the address has them, else as they were set before."""
    first, last = request.args.get("first", ""), request.args.get("last", "")
    if last.isdigit() and len(last) < 4:
        bottom = int(last)
        top = int(first) if first.isdigit() and 0 < int(first) <= bottom and len(first) < 4 else min(1, bottom)
        return max(top, bottom - 4), bottom
    if row.mapping and not request.args.get("sheet"):
        return row.mapping["header_first"], row.header_row or 0
    return None


def _first_choice(row: Import, found: Guess, saved: Any) -> dict[int, str]:
    """What the selects show at first: what was set before, else the saved mapping, else the suggestions."""
    if row.mapping and row.mapping["names"] == list(found.header.names):
        return service.plan_of(row).mapping  # type: ignore[return-value]
    return service.profile_mapping(saved) if saved else found.mapping


def _posted(found: Guess) -> dict[int, str]:
    targets = ((index, request.form.get(f"column-{index}", "")) for index in range(len(found.header.names)))
    return {index: target for index, target in targets if target}


def _target_groups() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The targets a column may have, as a select with groups shows them."""
    names = {"company": _("기업"), "workplace": _("사업장"), "contact": _("담당자"), "contact2": _("두 번째 담당자"),
             "contact3": _("세 번째 담당자")}
    return [
        (name, [(target, label) for target, label in LABELS.items() if target.partition(".")[0] == record])
        for record, name in names.items()
    ]


def _check(row: Import, found: Guess, chosen: dict[int, str], form: MappingForm) -> Any:
    """Keep the mapping and begin the dry run: at once for a short list, in the background for a long one."""
    header = found.header
    given = service.Settings(
        found.sheet, (header.first, header.last), header.names, chosen, form.as_of.data, form.purpose.data,
        form.evidence.data or "",
    )
    service.set_plan(db.session, access.scope(), row, given, now=_now())
    if form.remember.data:
        service.save_profile(db.session, row, found.signature, row.upload.name, chosen, now=_now())
    if found.data_rows >= service.SMALL:
        service.begin_check(db.session, row, now=_now(), user_id=access.scope().user_id)
        db.session.commit()
    else:
        db.session.commit()
        service.check(db.session, _folder(), row.id, _clock(), lambda done: None)
    return redirect(url_for(".show", import_id=row.id))


# -- one import --------------------------------------------------------------------------------------------


@blueprint.get("/<int:import_id>")
@access.allow(*EDITOR_ROLES)
def show(import_id: int) -> Any:
    row = _get(import_id)
    if row.state is ImportState.UPLOADED:
        return redirect(url_for(".mapping", import_id=import_id))
    access.log_access(AccessKind.VIEW, "import", [import_id], row.upload.name)
    job = service.latest_job(db.session, import_id)
    scope = access.scope()
    watched = job is not None and (job.created_by == scope.user_id or scope.role is Role.ADMINISTRATOR)
    return render_template(
        "companies/imports/show.html", row=row, report=report.Report(row.counts, row.warnings),
        rejects=list(service.rejects(db.session, import_id, REJECTS_SHOWN)), job=job if watched else None,
        stuck=service.is_stuck(db.session, row), state_label=STATE_LABELS[row.state], steps=_steps(row),
        tone=STATE_TONES[row.state], states=ImportState, importer=service.importers(db.session, [row]).get(row.id),
        kept_names=row.mapping.get("names", []) if row.mapping else [], kept_for=retention.KEEP,
        erased=row.upload.kind == uploads.ERASED,
    )


def _steps(row: Import) -> list[tuple[Any, str]]:
    """Where the import is on its way: upload, mapping, check, import."""
    labels = [_("파일 올리기"), _("열 지정"), _("미리 확인"), _("가져오기")]
    now = {
        ImportState.CHECKING: 2, ImportState.CHECKED: 2, ImportState.IMPORTING: 3, ImportState.DONE: 4,
        ImportState.UPLOADED: 1,
    }.get(row.state, 3 if row.next_row else 2)
    states = ["done" if at < now else "current" if at == now else "todo" for at in range(4)]
    return list(zip(labels, states, strict=True))


@blueprint.post("/<int:import_id>/start")
@access.allow(*EDITOR_ROLES)
def start(import_id: int) -> Any:
    row = _get(import_id)
    service.start(db.session, access.scope(), row, now=_now())
    db.session.commit()
    return redirect(url_for(".show", import_id=import_id))


@blueprint.post("/<int:import_id>/cancel")
@access.allow(*EDITOR_ROLES)
def cancel(import_id: int) -> Any:
    row = _get(import_id)
    service.cancel(db.session, access.scope(), row, now=_now())
    db.session.commit()
    flash(_("가져오기를 취소했습니다. 그때까지 저장된 기업은 그대로 있습니다.") if row.next_row
          else _("가져오기를 취소했습니다. 저장된 기업은 없습니다."), "info")
    return redirect(url_for(".index"))


@blueprint.get("/<int:import_id>/rejects.xlsx")
@access.allow(*EDITOR_ROLES)
def rejects(import_id: int) -> Any:
    """The rejected rows to put right; they hold personal data, so the download is recorded."""
    row = _get(import_id)
    found = ((one.row, one.column, one.reason, one.cells) for one in service.rejects(db.session, import_id))
    content = report.rejects_workbook(row.mapping.get("names", []), found)
    access.log_access(AccessKind.EXPORT, "import", [import_id], f"rejects | {row.upload.name}")
    return xlsx.attachment(content, f"반려_{Path(row.upload.name).stem}_{kst_today(_now()):%Y%m%d}.xlsx")
