"""Which fields of the editor a refusal is about: papers name what they hold, the editor what a person writes."""

from __future__ import annotations

import re

from cases.documents.kinds.base import Kind
from outreach.errors import DomainError

#: What papers call their records.
_RECORDS = {"partners": "organisations", "hosts": "organisations", "stories": "cases", "pages": "programmes"}
_FIXED = ("title", "subtitle", "style")


def fields_of(kind: Kind, name: str) -> list[str]:
    """The editor's fields for the part of a paper called ``name``: itself, a list of records, or numbered slots."""
    if name in kind.slot_names or name in _FIXED:
        return [name]
    records = _RECORDS.get(name, name)
    if kind.room_for(records):
        return [records]
    numbered = re.compile(rf"{re.escape(name.removesuffix('s'))}[0-9]+_")
    return [slot.name for slot in kind.slots if numbered.match(slot.name)]


def boxed(kind: Kind, place: str) -> list[str]:
    """The fields whose words stand in the box that ``place`` names (``3쪽 ‘이용 절차 1’``)."""
    _page, quote, box = place.partition("‘")
    box = box.removesuffix("’")
    if not quote:
        return []
    found = [slot.name for slot in kind.slots if box in (slot.box or slot.group or slot.label, slot.label)]
    return found or (["title", "subtitle"] if "제목" in box else [])


def faults(kind: Kind, error: DomainError) -> list[dict[str, object]]:
    """What a refusal says, field by field, as the editor shows it: ``place`` on paper, ``reason``, ``slots``."""
    told = [
        {"place": "", "reason": reason, "slots": fields_of(kind, field)} for field, reason in error.fields.items()
    ]
    return told if any(fault["slots"] for fault in told) else [{"place": "", "reason": error.message, "slots": []}]
