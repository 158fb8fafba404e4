"""Orders of printed copies in the API: a partner orders and follows its own; staff read those of their partners."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import url_for

from cases.materials import orders, service
from cases.materials.orders import Sought
from cases.materials.rules import MOST_COPIES, Carriage, OrderState
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.scope import EDITOR_ROLES, Role
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Printed copies", "/print-orders", "Orders of printed copies and what was handed over of them.")


class PrintDeliveryOut(Shown):
    quantity = ma.fields.Integer()
    delivered_on = ma.fields.Date()
    received_by = ma.fields.String()
    carriage = ma.fields.Enum(Carriage, by_value=True)
    tracking = ma.fields.String()


class PrintOrderOut(Shown):
    id = ma.fields.Integer()
    state = ma.fields.Enum(OrderState, by_value=True)
    material_id = ma.fields.Integer()
    material_title = ma.fields.String(attribute="material.title")
    edition = ma.fields.Integer(attribute="edition.number", metadata={"description": "its number"})
    organisation_id = ma.fields.Integer()
    asked = ma.fields.Integer(metadata={"description": "copies asked for"})
    granted = ma.fields.Integer(allow_none=True, metadata={"description": "copies confirmed; null while undecided"})
    delivered = ma.fields.Integer(metadata={"description": "copies handed over so far"})
    place = ma.fields.String()
    address = ma.fields.String()
    recipient = ma.fields.String()
    phone = ma.fields.String()
    wanted_on = ma.fields.Date()
    note = ma.fields.String()
    reason = ma.fields.String(metadata={"description": "why staff changed or refused it"})
    deliveries = ma.fields.List(ma.fields.Nested(PrintDeliveryOut))
    version = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()


class OrderArgs(CursorArgs):
    state = fields.word(OrderState, "in this state", load_default=None)
    material_id = fields.row_id("of this material", strict=False, load_default=None)


class NewOrder(Schema):
    material_id = fields.row_id("granted to the partner and published", required=True)
    asked = fields.whole(1, MOST_COPIES, "copies", required=True)
    place = fields.text(120, "where they will lie", required=True)
    address = fields.text(200, "where they are sent", required=True)
    recipient = fields.text(60, "who takes them in", required=True)
    phone = fields.text(32, "for the delivery only", required=True)
    wanted_on = fields.day("by when; today or later", required=True)
    note = fields.text(2000, "anything else", load_default="")


@blp.route("")
@access.allow(*EDITOR_ROLES, Role.PARTNER)
@blp.arguments(OrderArgs, location="query")
@blp.response(200, api.page_schema(PrintOrderOut))
def list_orders(args: dict[str, Any]) -> CursorPage:
    """Orders of printed copies

    Each reading is recorded with the ids shown."""
    query = orders.orders_query(
        access.scope(), Sought(state=args.pop("state"), material_id=args.pop("material_id"))
    )
    page = after(db.session, query, orders.PrintOrder.id, **args)
    access.log_access(AccessKind.VIEW, orders.SUBJECT, [row.id for row in page.items], "api")
    return page


@blp.route("", methods=["POST"])
@access.allow(Role.PARTNER)
@api.saves_once
@blp.arguments(NewOrder)
@blp.response(201, PrintOrderOut)
def create_order(values: dict[str, Any]) -> Any:
    """Order printed copies of the published edition"""
    material = service.get(db.session, access.scope(), values.pop("material_id"))
    row = orders.order(db.session, access.scope(), access.actor(), material, values, now=api.now())
    shown, status, headers = api.versioned(row, 201)
    return shown, status, headers | {"Location": url_for(".get_order", order_id=row.id)}


@blp.route("/<int:order_id>")
@access.allow(*EDITOR_ROLES, Role.PARTNER)
@blp.response(200, PrintOrderOut)
def get_order(order_id: int) -> Any:
    """One order

    The reading is recorded."""
    row = orders.get(db.session, access.scope(), order_id)
    access.log_access(AccessKind.VIEW, orders.SUBJECT, [row.id], "api")
    return api.versioned(row)
