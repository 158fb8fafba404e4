"""The delivery log across mailings: did this person get it?"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from campaigns.delivery import export, search
from campaigns.delivery.rules import DeliveryState
from campaigns.delivery.search import Asked
from outreach.audit.models import AccessKind
from outreach.companies.consent import REASON_LABELS
from outreach.db import db
from outreach.errors import Invalid
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access, xlsx
from outreach.web.choices import one_of
from outreach.web.paging import Page, paginate

blueprint = Blueprint("delivery_log", __name__, url_prefix="/deliveries")


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


def _asked() -> Asked:
    words = request.args
    return Asked(
        words.get("q", "").strip()[:254], one_of(DeliveryState, words.get("state")), _day(words.get("since")),
        _day(words.get("until")),
    )


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    """A question and its answer in a sentence, with the rows it rests on."""
    scope, asked = access.scope(), _asked()
    page, standing, too_many = None, None, False
    if asked.text:
        try:
            query = search.find(db.session, scope, asked)
            page = paginate(db.session, query, scalars=False) if query is not None else Page([], 1, 1, 0)
        except search.TooMany:
            too_many = True
        standing = search.standing(db.session, scope, asked.address) if asked.address else None
    found = [row.contact_id for row, _mailing, _name in page.items] if page else []
    access.log_access(AccessKind.SEARCH, "contact", found, asked.text)
    return render_template(
        "deliveries/log.html", asked=asked, page=page, standing=standing, too_many=too_many,
        most=search.MOST_COMPANIES, reason_labels=REASON_LABELS, may_export=scope.role in EDITOR_ROLES,
        kept={k: v for k, v in request.args.items() if k != "page"},
        narrower=bool(asked.state or asked.since or asked.until),
    )


@blueprint.get("/export.xlsx")
@access.allow(*EDITOR_ROLES)
def download() -> Any:
    """What was found, as a workbook."""
    asked = _asked()
    try:
        query = search.find(db.session, access.scope(), asked) if asked.text else None
    except search.TooMany:
        query = None
    if query is None:
        return redirect(url_for(".index", **request.args.to_dict()))
    found = db.session.execute(query.limit(export.MAX_ROWS + 1)).all()
    if len(found) > export.MAX_ROWS:
        raise Invalid(_("찾은 결과가 너무 많습니다. 기간이나 상태로 좁혀 주세요."))
    access.log_access(AccessKind.EXPORT, "contact", [row.contact_id for row, _mailing, _name in found], asked.text)
    content = xlsx.workbook(
        [_("메일"), *(str(header) for header in export.HEADERS)],
        ([mailing.title, *export.recipient_row(row, name)] for row, mailing, name in found), sheet=_("발송 기록"),
    )
    return xlsx.attachment(content, _("발송 기록_%(text)s", text=asked.text) + ".xlsx")
