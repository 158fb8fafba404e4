"""Formats of materials and links with an end in the API; the area is that of cases.materials.api."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import current_app

from cases.materials import asked, giving, service
from cases.materials.api import blp
from cases.materials.rules import Format, Way
from cases.materials.sending import media_type, send
from outreach import links
from outreach.db import db
from outreach.scope import EDITOR_ROLES, Role
from outreach.web import access, api, fields
from outreach.web.fields import Schema, Shown


class FormatOut(Shown):
    format = ma.fields.Enum(Format, by_value=True)
    media_type = ma.fields.String()
    size = ma.fields.Integer(metadata={"description": "in bytes"})


class FileArgs(Schema):
    format = fields.word(Format, "one of those that the material has; print if left out", load_default=Format.PRINT)


class ShareOut(Shown):
    id = ma.fields.Integer()
    label = ma.fields.String()
    format = ma.fields.Enum(Format, by_value=True)
    ends_on = ma.fields.Date(metadata={"description": "the last day, in Korea, on which it opens"})
    url = ma.fields.String(metadata={"description": "answers 410 once the link has ended"})
    downloads = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    revoked_at = ma.fields.AwareDateTime(allow_none=True)


class NewShare(Schema):
    label = fields.text(120, "what the link is for", required=True)
    ends_on = fields.day("the last day on which it opens, at most a year from now", required=True)
    format = fields.word(Format, "what it opens", load_default=Format.PRINT)


@blp.route("/<int:material_id>/formats")
@access.allow()
@blp.response(200, FormatOut(many=True))
def list_formats(material_id: int) -> Any:
    """What the published edition can be had as"""
    forms = giving.formats_of(db.session, asked.given(material_id))
    return [{"format": form, "media_type": media_type(form), "size": size} for form, size in forms.items()]


@blp.route("/<int:material_id>/file")
@access.allow()
@blp.arguments(FileArgs, location="query")
@blp.response(
    200, {"type": "string", "format": "binary"}, content_type="application/octet-stream",
    description="The file, with the media type of its format",
)
def download_file(args: dict[str, Any], material_id: int) -> Any:
    """The published edition in a format

    A partner's bears its mark. The download is counted, for a partner under its name. Ranges and If-None-Match are
    honoured."""
    return send(
        asked.given(material_id), Way.API, args["format"], partner=asked.partner(), user_id=access.scope().user_id,
        now=api.now(),
    )


@blp.route("/<int:material_id>/shares")
@access.allow(*EDITOR_ROLES, Role.PARTNER)
@blp.response(200, ShareOut(many=True))
def list_shares(material_id: int) -> Any:
    """Links to the material that end; a partner's own"""
    material = service.get(db.session, access.scope(), material_id)
    return [_shown(row, count) for row, count in giving.shares(db.session, access.scope(), material)]


@blp.route("/<int:material_id>/shares", methods=["POST"])
@access.allow(*EDITOR_ROLES, Role.PARTNER)
@api.saves_once
@blp.arguments(NewShare)
@blp.response(201, ShareOut)
def create_share(values: dict[str, Any], material_id: int) -> Any:
    """A link that opens the material without an account until a day"""
    scope = access.scope()
    material = service.get(db.session, scope, material_id)
    row = giving.share(
        db.session, scope, access.actor(), material, label=values["label"], ends_on=values["ends_on"],
        form=values["format"], now=api.now(),
    )
    return _shown(row, 0)


@blp.route("/<int:material_id>/shares/<int:share_id>/end", methods=["POST"])
@access.allow(*EDITOR_ROLES, Role.PARTNER)
@api.saves
@blp.response(204)
def end_share(material_id: int, share_id: int) -> None:
    """Let a link open nothing from now on"""
    scope = access.scope()
    giving.end_share(
        db.session, scope, access.actor(), service.get(db.session, scope, material_id), share_id, now=api.now()
    )


def _shown(row: Any, count: int) -> dict[str, Any]:
    outreach = current_app.extensions["outreach"]
    url = links.share_url(outreach.settings.base_url, outreach.signer, row.id)
    named = ("id", "label", "format", "ends_on", "created_at", "revoked_at")
    return {name: getattr(row, name) for name in named} | {"url": url, "downloads": count}
