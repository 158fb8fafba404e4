"""Materials in the API: staff see their centre's, a partner what was granted to it and is published."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from cases.materials import asked, service
from cases.materials.models import Edition, Material
from cases.materials.rules import KIND_LABELS, EditionState, Way
from cases.materials.sending import send
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import NotFound
from outreach.regions.api import CentreRef
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Materials", "/materials", "Case sheets and brochures as PDF, to hand out.")

FOR_PARTNERS = frozenset({"id", "kind", "title", "centre", "published", "updated_at"})


class EditionOut(Shown):
    number = ma.fields.Integer()
    state = ma.fields.Enum(EditionState, by_value=True)
    pages = ma.fields.Integer(allow_none=True)
    size = ma.fields.Integer(allow_none=True, metadata={"description": "in bytes"})
    sha256 = ma.fields.String(allow_none=True, metadata={"description": "of the PDF"})
    published_at = ma.fields.AwareDateTime(allow_none=True)


class MaterialOut(Shown):
    """A partner gets the published edition only."""

    id = ma.fields.Integer()
    kind = ma.fields.String(metadata={"enum": list(KIND_LABELS)})
    title = ma.fields.String()
    centre = ma.fields.Nested(CentreRef, allow_none=True)
    case_id = ma.fields.Integer(allow_none=True)
    document_id = ma.fields.Integer(allow_none=True)
    published = ma.fields.Function(
        lambda material: EditionOut().dump(edition) if (edition := service.published_edition(material)) else None,
        metadata={"description": "what `pdf` gives; null if nothing is published",
                  "allOf": [{"$ref": "#/components/schemas/EditionOut"}], "nullable": True},
    )
    editions = ma.fields.List(ma.fields.Nested(EditionOut), metadata={"description": "the newest first"})
    version = ma.fields.Integer()
    updated_at = ma.fields.AwareDateTime()

    @ma.post_dump
    def _for_partners(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        if not access.scope().is_partner:
            return data
        return {name: value for name, value in data.items() if name in FOR_PARTNERS}


class MaterialArgs(CursorArgs):
    kind = ma.fields.String(
        load_default="", validate=ma.validate.OneOf(["", *KIND_LABELS]), metadata={"description": "only this kind"}
    )
    published = fields.flag("true: only those published now; false: only the others", load_default=None)
    title = fields.text(100, "part of the title", load_default="")


class PdfArgs(Schema):
    edition = fields.whole(
        1, 1_000_000, "number of the edition, for staff; the published one if left out", strict=False, load_default=None
    )


@blp.route("")
@access.allow()
@blp.arguments(MaterialArgs, location="query")
@blp.response(200, api.page_schema(MaterialOut))
def list_materials(args: dict[str, Any]) -> CursorPage:
    """Materials"""
    query = service.materials_query(
        access.scope(), text=args.pop("title").strip(), kind=args.pop("kind"), published=args.pop("published")
    )
    return after(db.session, query, Material.id, **args)


@blp.route("/<int:material_id>")
@access.allow()
@blp.response(200, MaterialOut)
def get_material(material_id: int) -> Any:
    """One material"""
    return api.versioned(service.get(db.session, access.scope(), material_id))


@blp.route("/<int:material_id>/pdf")
@access.allow()
@blp.arguments(PdfArgs, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf", description="The PDF")
def download_pdf(args: dict[str, Any], material_id: int) -> Any:
    """The PDF of a material

    A partner's bears its mark. The download is counted, for a partner under its name. Ranges and If-None-Match are
    honoured."""
    scope = access.scope()
    material = service.get(db.session, scope, material_id)
    return send(
        _edition(material, args["edition"]), Way.API, partner=asked.partner(), user_id=scope.user_id, now=api.now(),
    )


def _edition(material: Material, number: int | None) -> Edition:
    """The edition asked for; a partner's is always the published one. Raises NotFound."""
    published = service.given_edition(material, kst_today(api.now()))
    if number is None or access.scope().is_partner:
        edition = published if number is None or (published and published.number == number) else None
    else:
        edition = service.edition_of(material, number)
    if edition is None or edition.sha256 is None:
        raise NotFound("지금 배포하지 않는 홍보물입니다.")
    return edition
