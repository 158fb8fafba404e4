"""Sending in the API: approving, scheduling, pausing, cancelling, and what became of each recipient."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import current_app
from flask_babel import gettext as _
from flask_login import current_user

from campaigns.delivery import approval, queries, results, service
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings import service as mailings
from campaigns.mailings.api import MailingOut, VersionIn
from campaigns.mailings.models import Mailing
from campaigns.mailings.routes import setting
from outreach.audit.models import AccessKind
from outreach.db import check_version, db
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Sending", "/mailings/<int:mailing_id>", "Approval, schedule and delivery of mailings.")


class ApproveIn(VersionIn):
    content_hash = fields.text(64, "as the check gave it for what was looked at", required=True)


class ScheduleIn(VersionIn):
    at = fields.moment("when it goes out: now, or later, within the hours of its class", required=True)
    not_after = fields.moment(
        "whoever has not got it by then does not get it at all", load_default=None, allow_none=True
    )
    spread_until = fields.moment(
        "recipients get it evenly from `at` until then, on the same day", load_default=None, allow_none=True
    )


class PauseIn(VersionIn):
    reason = fields.text(300, "why; shown to colleagues", load_default="")


class StatisticsOut(Shown):
    total = ma.fields.Integer(metadata={"description": "recipients written down at approval"})
    done = ma.fields.Integer(metadata={"description": "recipients for whom nothing more will happen by itself"})
    states = ma.fields.Dict(
        keys=ma.fields.Enum(DeliveryState, by_value=True), values=ma.fields.Integer(),
        metadata={"description": "recipients by state: " + ", ".join(state.value for state in DeliveryState)},
    )
    skipped = ma.fields.Dict(
        keys=ma.fields.Enum(SkipReason, by_value=True), values=ma.fields.Integer(),
        metadata={"description": "those not mailed after all, by reason"},
    )
    doubts = ma.fields.Integer(metadata={"description": "in doubt and not yet decided by a person"})


class DomainOut(Shown):
    domain = ma.fields.String()
    total = ma.fields.Integer()
    states = ma.fields.Dict(keys=ma.fields.Enum(DeliveryState, by_value=True), values=ma.fields.Integer())
    reason = ma.fields.String(metadata={"description": "what its servers mostly said to those who did not get it"})
    reason_count = ma.fields.Integer()


class DomainsOut(Shown):
    items = ma.fields.List(ma.fields.Nested(DomainOut))


class DeliveryOut(Shown):
    id = ma.fields.Integer()
    contact_id = ma.fields.Integer(metadata={"description": "may be deleted since"})
    workplace_id = ma.fields.Integer()
    company_id = ma.fields.Integer()
    address = ma.fields.String(metadata={"description": "as it was at approval"})
    state = ma.fields.Enum(DeliveryState, by_value=True)
    skip_reason = ma.fields.Enum(SkipReason, by_value=True, allow_none=True)
    attempts = ma.fields.Integer()
    next_try_at = ma.fields.AwareDateTime(allow_none=True)
    reply_code = ma.fields.Integer(allow_none=True, metadata={"description": "SMTP reply code"})
    reply_status = ma.fields.String(allow_none=True, metadata={"description": "enhanced status, RFC 3463"})
    reply_text = ma.fields.String()
    done_at = ma.fields.AwareDateTime(allow_none=True)


class DeliveryArgs(CursorArgs):
    state = fields.word(DeliveryState, "in this state", load_default=None)


def _editable(mailing_id: int, values: dict[str, Any]) -> Mailing:
    """A mailing the account may act on, at the version it knows, if it names one."""
    mailing = mailings.editable(db.session, access.scope(), mailing_id)
    check_version(mailing, values["version"])
    return mailing


@blp.route("/approve", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(ApproveIn)
@blp.response(200, MailingOut)
def approve_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Approve what was looked at, and write the recipients down

    Refused (403) to everyone who wrote in the mailing, and (409) when content or audience have changed since the
    check that gave `content_hash`. Few recipients are written down at once (state `approved`), many in the
    background (`freezing`, then `approved`)."""
    mailing = _editable(mailing_id, values)
    approval.approve(
        db.session, access.scope(), access.actor(), mailing, setting(), content_hash=values["content_hash"]
    )
    return api.versioned(mailing)


@blp.route("/schedule", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(ScheduleIn)
@blp.response(200, MailingOut)
def schedule_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Set the time at which an approved mailing goes out

    Mails go out in the hours of their class only, on working days as the calendar knows them. For another time the
    answer is 422, and names the nearest possible time with the field `at`."""
    mailing = _editable(mailing_id, values)
    ready = bool(current_app.extensions["outreach"].settings.smtp_url)
    mailings.schedule(
        db.session, access.actor(), mailing, values["at"], now=api.now(), smtp_ready=ready,
        not_after=values["not_after"], spread_until=values["spread_until"],
    )
    return api.versioned(mailing)


@blp.route("/unschedule", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(VersionIn)
@blp.response(200, MailingOut)
def unschedule_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Take a mailing back from its time; the approval stays"""
    mailing = _editable(mailing_id, values)
    mailings.unschedule(db.session, access.actor(), mailing, now=api.now())
    return api.versioned(mailing)


@blp.route("/pause", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(PauseIn)
@blp.response(200, MailingOut)
def pause_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Stop sending for now"""
    mailing = _editable(mailing_id, values)
    reason = values["reason"] or _("%(name)s 님이 멈추었습니다.", name=current_user.name)
    mailings.pause(db.session, access.actor(), mailing, now=api.now(), reason=reason)
    return api.versioned(mailing)


@blp.route("/resume", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(VersionIn)
@blp.response(200, MailingOut)
def resume_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Go on sending"""
    mailing = _editable(mailing_id, values)
    service.resume(db.session, access.actor(), mailing, now=api.now())
    return api.versioned(mailing)


@blp.route("/cancel", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(VersionIn)
@blp.response(200, MailingOut)
def cancel_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Stop for good; what has left has left"""
    mailing = _editable(mailing_id, values)
    mailings.cancel(db.session, access.actor(), mailing, now=api.now())
    return api.versioned(mailing)


@blp.route("/statistics")
@access.allow(*STAFF_ROLES)
@blp.response(200, StatisticsOut)
def get_statistics(mailing_id: int) -> dict[str, Any]:
    """How many recipients stand where"""
    mailing = mailings.get(db.session, access.scope(), mailing_id)
    found = service.statistics(db.session, mailing.id)
    return {name: getattr(found, name) for name in StatisticsOut().fields}


@blp.route("/domains")
@access.allow(*STAFF_ROLES)
@blp.response(200, DomainsOut)
def get_domains(mailing_id: int) -> dict[str, Any]:
    """What became of it at each receiving domain

    The domains with most refusals, retries and doubts first."""
    scope = access.scope()
    mailing = mailings.get(db.session, scope, mailing_id)
    rows = results.by_domain(db.session, scope, mailing)
    results.explain(db.session, scope, mailing, rows)
    return {"items": rows}


@blp.route("/deliveries")
@access.allow(*STAFF_ROLES)
@blp.arguments(DeliveryArgs, location="query")
@blp.response(200, api.page_schema(DeliveryOut))
def list_deliveries(args: dict[str, Any], mailing_id: int) -> CursorPage:
    """The recipients of a mailing, one row each

    Those within the account's centre. Each reading is recorded."""
    scope, state = access.scope(), args.pop("state")
    mailing = mailings.get(db.session, scope, mailing_id)
    query = queries.visible(scope, mailing)
    if state is not None:
        query = query.where(Delivery.state == state)
    page = after(db.session, query, Delivery.id, **args)
    access.log_access(AccessKind.VIEW, "contact", [row.contact_id for row in page.items], mailing.title)
    return page
