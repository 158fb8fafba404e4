"""A mailing's recipients: the list, one's story, results by receiving domain, files of both."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from campaigns.delivery import export, queries, recipient_story, results, service
from campaigns.delivery.queries import RecipientFilter
from campaigns.delivery.routes import blueprint
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings import service as mailings
from outreach.audit import service as audit
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access, csv, xlsx
from outreach.web.choices import one_of
from outreach.web.paging import paginate

#: Domains on a page of results.
DOMAINS_SHOWN = 50


def _asked() -> RecipientFilter:
    words = request.args
    return RecipientFilter(
        one_of(DeliveryState, words.get("state")), words.get("q", "").strip()[:100],
        one_of(SkipReason, words.get("reason")),
    )


@blueprint.get("/recipients")
@access.allow(*STAFF_ROLES)
def recipients(mailing_id: int) -> str:
    scope = access.scope()
    mailing, asked = mailings.get(db.session, scope, mailing_id), _asked()
    stats = service.statistics(db.session, mailing_id)
    page = paginate(
        db.session, queries.recipients(scope, mailing, asked), scalars=False,
        total=None if queries.narrowed(scope, mailing) else _known_total(asked, stats),
    )
    access.log_access(AccessKind.VIEW, "contact", [row.contact_id for row, _name in page.items], mailing.title)
    return render_template(
        "deliveries/recipients.html", mailing=mailing, page=page, asked=asked, stats=stats,
        may_export=scope.role in EDITOR_ROLES, narrowed=queries.narrowed(scope, mailing),
        kept={k: v for k, v in request.args.items() if k != "page"}, most_rows=export.MAX_ROWS,
    )


def _known_total(asked: RecipientFilter, stats: service.Statistics) -> int | None:
    """How many fit, where that was counted already."""
    if asked.text:
        return None
    if asked.reason is not None:
        return stats.skipped.get(asked.reason, 0) if asked.state in (None, DeliveryState.SKIPPED) else 0
    return stats.total if asked.state is None else stats[asked.state]


@blueprint.get("/recipients.xlsx")
@access.allow(*EDITOR_ROLES)
def download(mailing_id: int) -> Any:
    scope = access.scope()
    mailing = mailings.get(db.session, scope, mailing_id)
    made = list(export.rows(db.session, queries.recipients(scope, mailing, _asked()), limit=export.MAX_ROWS))
    access.log_access(AccessKind.EXPORT, "contact", [contact_id for contact_id, _row in made], mailing.title)
    content = xlsx.workbook([str(header) for header in export.HEADERS], [row for _id, row in made], sheet=_("수신자"))
    return xlsx.attachment(content, _("발송 수신자_%(title)s", title=mailing.title) + ".xlsx")


@blueprint.get("/recipients.csv")
@access.allow(*EDITOR_ROLES)
def download_csv(mailing_id: int) -> Any:
    """Any number of recipients."""
    scope = access.scope()
    mailing = mailings.get(db.session, scope, mailing_id)
    query = queries.recipients(scope, mailing, _asked())
    first, number = export.people(db.session, query)
    access.log_access(AccessKind.EXPORT, "contact", first, mailing.title, count=number)
    rows = (row for _id, row in export.rows(db.session, query))
    return csv.download(export.HEADERS, rows, _("발송 수신자_%(title)s", title=mailing.title) + ".csv")


@blueprint.get("/recipients/<int:delivery_id>")
@access.allow(*STAFF_ROLES)
def recipient(mailing_id: int, delivery_id: int) -> str:
    """One recipient's story."""
    mailing = mailings.get(db.session, access.scope(), mailing_id)
    row = queries.get(db.session, access.scope(), mailing, delivery_id)
    access.log_access(AccessKind.VIEW, "contact", [row.contact_id], mailing.title)
    return render_template(
        "deliveries/recipient.html", mailing=mailing, row=row, history=audit.history(db.session, "delivery", row.id),
        events=recipient_story.story(mailing, row, queries.tries(db.session, row.id)),
    )


# -- by domain -------------------------------------------------------------------------------------------


@blueprint.get("/domains")
@access.allow(*STAFF_ROLES)
def domains(mailing_id: int) -> str:
    """What became of the mailing at each receiving domain."""
    scope = access.scope()
    mailing = mailings.get(db.session, scope, mailing_id)
    rows = results.by_domain(db.session, scope, mailing)
    shown = rows if "all" in request.args else rows[:DOMAINS_SHOWN]
    results.explain(db.session, scope, mailing, shown)
    return render_template(
        "deliveries/domains.html", mailing=mailing, rows=shown, number=len(rows), others=rows[len(shown):],
        narrowed=queries.narrowed(scope, mailing),
    )


@blueprint.get("/domains.xlsx")
@access.allow(*STAFF_ROLES)
def download_domains(mailing_id: int) -> Any:
    scope = access.scope()
    mailing = mailings.get(db.session, scope, mailing_id)
    rows = results.by_domain(db.session, scope, mailing)
    results.explain(db.session, scope, mailing, rows)
    content = xlsx.workbook(
        [str(header) for header in export.DOMAIN_HEADERS], [export.domain_row(row) for row in rows], sheet=_("도메인"),
    )
    return xlsx.attachment(content, _("도메인별 결과_%(title)s", title=mailing.title) + ".xlsx")
