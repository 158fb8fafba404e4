"""Mailings in the API: writing, checking and handing in for approval. Approving and sending are
campaigns.delivery's."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import url_for
from flask_login import current_user
from sqlalchemy.orm import selectinload

from campaigns.audience.api import CountOut
from campaigns.mailings import service
from campaigns.mailings.content import FIELDS, KINDS, TARGETS
from campaigns.mailings.models import Mailing
from campaigns.mailings.routes import note_people, setting
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.planning import service as planning
from cases.blocks.content import MAX_BLOCKS, MAX_TEXT
from outreach.companies.topics import Topic
from outreach.db import check_version, db
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.language import translated
from outreach.web.paging import CursorPage, after

blp = api.area("Mailings", "/mailings", "Mailings of campaigns, from the first draft to the last recipient.")


class BlockIn(Schema):
    """A part of the mail. Which keys count depends on the kind: heading and text: `text`; figure: `value`, `unit`,
    `label`, `source`; quote: `text`, `speaker`; case: `case_id`;
    programme: `version_id`; button: `label`, `target` and, by target, `url` or `material_id`; picture:
    `upload_id`, `alt`; contact: `text` (may be empty)."""

    kind = fields.choice(KINDS, "what it is", required=True)
    text = fields.text(MAX_TEXT, "text; may hold personal fields like {{회사명}}: " + ", ".join(FIELDS))
    label = fields.text(MAX_TEXT, "what stands on the button, or what a figure counts")
    target = fields.choice(TARGETS, "where the button leads: the response form, a material, or another address")
    url = fields.text(1000, "https:// address of a button", allow_none=True)
    value = fields.text(MAX_TEXT, "the number of a figure, as written")
    unit = fields.text(MAX_TEXT, "unit of a figure")
    source = fields.text(MAX_TEXT, "where a figure is from")
    speaker = fields.text(MAX_TEXT, "whose words a quote is")
    alt = fields.text(MAX_TEXT, "what the picture shows, for those who don't see it")
    case_id = fields.row_id("a published case", allow_none=True)
    version_id = fields.row_id("a programme's version in force", allow_none=True)
    material_id = fields.row_id("a published material", allow_none=True)
    upload_id = fields.row_id("a picture", allow_none=True)


class MailingOut(Shown):
    id = ma.fields.Integer()
    campaign_id = ma.fields.Integer()
    audience_id = ma.fields.Integer(allow_none=True)
    title = ma.fields.String(metadata={"description": "its name within the service; recipients don't see it"})
    state = ma.fields.Enum(MailingState, by_value=True)
    message_class = ma.fields.Enum(MessageClass, by_value=True)
    class_reason = ma.fields.String()
    commercial_reason = ma.fields.String()
    topic = ma.fields.Enum(Topic, by_value=True, allow_none=True)
    subject = ma.fields.String()
    preheader = ma.fields.String()
    blocks = ma.fields.List(ma.fields.Nested(BlockIn))
    sender_name = ma.fields.String()
    sender_address = ma.fields.String()
    sender_phone = ma.fields.String()
    sender_postal = ma.fields.String()
    clicks_open_leads = ma.fields.Boolean(metadata={"description": "a person's click on a link opens or joins a lead"})
    track_opens = ma.fields.Boolean(metadata={"description": "a pixel is in the mail; its foot says so"})
    author_id = ma.fields.Integer(allow_none=True)
    editor_ids = ma.fields.Method(
        "_editors", metadata={"description": "who wrote in it, and so may not approve it", "type": "array",
                              "items": {"type": "integer"}},
    )
    approved_hash = ma.fields.String(allow_none=True, metadata={"description": "content_hash that was approved"})
    approved_by = ma.fields.Integer(allow_none=True)
    approved_at = ma.fields.AwareDateTime(allow_none=True)
    scheduled_at = ma.fields.AwareDateTime(allow_none=True)
    not_after = ma.fields.AwareDateTime(allow_none=True, metadata={"description": "from then on nothing leaves"})
    spread_until = ma.fields.AwareDateTime(allow_none=True, metadata={"description": "turns come evenly until then"})
    started_at = ma.fields.AwareDateTime(allow_none=True)
    finished_at = ma.fields.AwareDateTime(allow_none=True)
    pause_reason = ma.fields.String()
    version = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()

    def _editors(self, mailing: Mailing) -> list[int]:
        return sorted(editor.user_id for editor in mailing.editors)


class MailingFields(Schema):
    title = fields.text(120, "its name within the service")
    audience_id = fields.row_id("an audience of the campaign", allow_none=True)
    message_class = fields.word(MessageClass, "정보통신망법 제50조: what kind of message it is")
    class_reason = fields.text(400, "why it is of this class; the approver reads it")
    commercial_reason = fields.text(400, "why words of selling in it do not make it advertising")
    topic = fields.word(Topic, "what it is about; recipients can leave a topic alone", allow_none=True)
    subject = fields.text(200, "subject; may hold personal fields")
    preheader = fields.text(200, "the line beside the subject in the in-box; may hold personal fields")
    blocks = fields.listed(fields.part(BlockIn, "a block"), MAX_BLOCKS, "the mail from top to bottom")
    sender_name = fields.text(80, "who sends it; the campaign's centre if not given")
    sender_address = fields.text(254, "the From address; the account's own if not given")
    sender_phone = fields.text(32, "where to call; the centre's if not given")
    sender_postal = fields.text(200, "postal address; required for advertising")
    clicks_open_leads = fields.flag("a person's click on a link opens or joins a lead; the mail's foot says so")
    track_opens = fields.flag("put in a pixel that tells, unreliably, of opening; the mail's foot says so")


class NewMailing(MailingFields):
    campaign_id = fields.row_id("the campaign it belongs to", required=True)
    title = fields.text(120, "its name within the service", required=True)


class MailingEdit(MailingFields):
    version = api.version_field()


class MissingOut(Shown):
    field = ma.fields.String()
    contact_id = ma.fields.Integer()
    company = ma.fields.String()
    address = ma.fields.String()


class GateOut(Shown):
    name = ma.fields.String()
    label = ma.fields.String()
    article = ma.fields.String(metadata={"description": "of the Network Act that asks for it"})
    problem = ma.fields.String(allow_none=True, metadata={"description": "why it is shut; null: open"})


class CheckOut(Shown):
    ready = ma.fields.Boolean(metadata={"description": "no problems"})
    problems = ma.fields.List(ma.fields.String(), metadata={"description": "what keeps it from being sent"})
    gates = ma.fields.List(
        ma.fields.Nested(GateOut), metadata={"description": "the legal gates of its class; a shut one blocks"}
    )
    warnings = ma.fields.List(ma.fields.String(), metadata={"description": "what the approver should know"})
    content_hash = ma.fields.String(allow_none=True, metadata={"description": "of content and audience; for approval"})
    count = ma.fields.Nested(CountOut, allow_none=True)
    missing = ma.fields.List(
        ma.fields.Nested(MissingOut), metadata={"description": "recipients without a value the text needs, up to 20"}
    )


class MailingArgs(CursorArgs):
    campaign_id = fields.row_id("of this campaign", strict=False, load_default=None)
    state = fields.word(MailingState, "in this state", load_default=None)


class VersionIn(Schema):
    """Optional: with it the act is refused if someone saved in between."""

    version = api.version_field()


class WithdrawIn(VersionIn):
    comment = fields.text(1000, "what is to be changed", load_default="")


@blp.route("")
@access.allow(*STAFF_ROLES)
@blp.arguments(MailingArgs, location="query")
@blp.response(200, api.page_schema(MailingOut))
def list_mailings(args: dict[str, Any]) -> CursorPage:
    """Mailings"""
    campaign_id, state = args.pop("campaign_id"), args.pop("state")
    query = service.visible(access.scope()).options(selectinload(Mailing.editors))
    if campaign_id is not None:
        query = query.where(Mailing.campaign_id == campaign_id)
    if state is not None:
        query = query.where(Mailing.state == state)
    return after(db.session, query, Mailing.id, **args)


@blp.route("/<int:mailing_id>")
@access.allow(*STAFF_ROLES)
@blp.response(200, MailingOut)
def get_mailing(mailing_id: int) -> Any:
    """One mailing"""
    return api.versioned(service.get(db.session, access.scope(), mailing_id))


@blp.route("", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves_once
@blp.arguments(NewMailing)
@blp.response(201, MailingOut)
def create_mailing(values: dict[str, Any]) -> Any:
    """Begin a mailing"""
    campaign = planning.editable(db.session, access.scope(), values.pop("campaign_id"))
    values = {"sender_address": current_user.email} | values
    mailing = service.create(db.session, access.actor(), campaign, values, now=api.now())
    shown, status, headers = api.versioned(mailing, 201)
    return shown, status, headers | {"Location": url_for(".get_mailing", mailing_id=mailing.id)}


@blp.route("/<int:mailing_id>", methods=["PATCH"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(MailingEdit)
@blp.response(200, MailingOut)
def edit_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Change a mailing: the fields given

    A review or approval it had is void."""
    version = api.expected_version(values)
    mailing = service.editable(db.session, access.scope(), mailing_id)
    service.edit(db.session, access.actor(), mailing, values, version=version, now=api.now())
    return api.versioned(mailing)


@blp.route("/<int:mailing_id>/check")
@access.allow(*STAFF_ROLES)
@blp.response(200, CheckOut)
def check_mailing(mailing_id: int) -> dict[str, Any]:
    """What stands between a mailing and its sending

    Looked at anew each time. `content_hash` is what an approval is given for. Recipients are named only to those
    who may edit the mailing."""
    mailing = service.get(db.session, access.scope(), mailing_id)
    found = service.check(db.session, mailing, setting())
    if not planning.may_edit(access.scope(), mailing.campaign):
        found = found.without_people()
    note_people(mailing, found)
    names = ("field", "contact_id", "company", "address")
    return {
        "ready": found.ready, "problems": found.problems, "warnings": found.warnings, "count": found.count,
        "gates": [
            {"name": each.gate.name, "label": translated(each.gate.label), "article": translated(each.gate.article),
             "problem": translated(each.problem) if each.problem else None} for each in found.gates
        ],
        "content_hash": found.content_hash, "missing": [dict(zip(names, row, strict=True)) for row in found.missing],
    }


@blp.route("/<int:mailing_id>/submit", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(VersionIn)
@blp.response(200, MailingOut)
def submit_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Ask for approval

    409 says what is still missing."""
    mailing = service.editable(db.session, access.scope(), mailing_id)
    check_version(mailing, values["version"])
    service.submit(db.session, access.actor(), mailing, setting())
    return api.versioned(mailing)


@blp.route("/<int:mailing_id>/withdraw", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(WithdrawIn)
@blp.response(200, MailingOut)
def withdraw_mailing(values: dict[str, Any], mailing_id: int) -> Any:
    """Back to a draft, by its author or the reviewer"""
    mailing = service.editable(db.session, access.scope(), mailing_id)
    check_version(mailing, values["version"])
    service.withdraw(db.session, access.actor(), mailing, now=api.now(), comment=values["comment"])
    return api.versioned(mailing)
