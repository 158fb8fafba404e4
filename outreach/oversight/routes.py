"""The access log (접속기록), for those who check it: a list with filters, and an export with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from outreach.audit import labels, service
from outreach.audit.models import AccessKind
from outreach.clock import kst_midnight, kst_today
from outreach.db import db
from outreach.scope import Role
from outreach.web import access, xlsx
from outreach.web.paging import paginate

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

READERS = (Role.AUDITOR, Role.ADMINISTRATOR, Role.HEADQUARTERS)
#: The list opens on so many days; older ones are found by the date filter.
DEFAULT_DAYS = 30
#: An export holds at most so many rows; the notice says so.
MAX_EXPORT = 100_000
MIN_REASON = 5


class ExportForm(FlaskForm):
    reason = StringField(validators=[InputRequired(), Length(min=MIN_REASON, max=200)])


@dataclass(frozen=True, slots=True)
class Filters:
    """The conditions of the list, as the address gives them; nonsense counts as not given."""

    person: str
    since: date
    until: date
    kind: AccessKind | None
    subject: str

    @classmethod
    def from_request(cls, today: date) -> Filters:
        args = request.args
        return cls(
            person=args.get("person", "").strip()[:100],
            since=_day(args.get("since")) or today - timedelta(days=DEFAULT_DAYS - 1),
            until=_day(args.get("until")) or today,
            kind=next((kind for kind in AccessKind if kind.value == args.get("kind")), None),
            subject=args.get("subject", "")[:64],
        )

    def query(self) -> Any:
        return service.accesses_query(
            person=self.person, since=kst_midnight(self.since), until=kst_midnight(self.until + timedelta(days=1)),
            kind=self.kind, subject=self.subject,
        )


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2999, 12, 31) else None


@blueprint.get("/")
@access.allow(*READERS)
def index() -> Any:
    filters = Filters.from_request(kst_today(_now()))
    page = paginate(db.session, filters.query())
    access.log_access(AccessKind.VIEW, "access_record", [row.id for row in page.items])
    return render_template(
        "audit/index.html", page=page, filters=filters, kinds=[(k.value, labels.kind(k)) for k in AccessKind],
        subjects=[(key, labels.subject(key)) for key in labels.SUBJECTS], reason_chars=MIN_REASON,
    )


@blueprint.post("/export")
@access.allow(*READERS)
def export() -> Any:
    """The filtered list as a workbook. The log is itself personal data, so the export asks for its reason
    and is logged with it (개인정보의 안전성 확보조치 기준 제8조 제2항)."""
    filters = Filters.from_request(kst_today(_now()))
    form = ExportForm()
    if not form.validate():
        flash(_("내려받는 까닭을 %(n)s자 이상 적어 주세요.", n=MIN_REASON), "error")
        return redirect(url_for("audit.index", **request.args.to_dict()))
    rows = db.session.scalars(filters.query().limit(MAX_EXPORT)).all()
    service.record_access(
        db.session, access.actor(), AccessKind.EXPORT, "access_record", [row.id for row in rows], now=_now(),
        detail=form.reason.data,
    )
    content = xlsx.workbook(
        [_("시각"), _("사람"), _("접속 주소"), _("한 일"), _("대상"), _("건수"), _("대상 번호"), _("내용")],
        (
            (row.at, row.user_email, row.address, labels.kind(row.kind), labels.subject(row.subject),
             row.subject_count, ", ".join(map(str, row.subject_ids)), row.detail)
            for row in rows
        ),
        sheet=_("접속기록"),
    )
    db.session.commit()
    return xlsx.attachment(content, _("접속기록") + f"_{filters.since}_{filters.until}.xlsx")
