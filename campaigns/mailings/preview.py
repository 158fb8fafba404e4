"""A mail as one recipient would get it: for the editor's preview and for a test mail to oneself."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience.service import Question
from campaigns.mailings.compose import Composed
from campaigns.mailings.content import FIELDS, PersonalField
from campaigns.mailings.freeze import filled, personal_values, recipients
from campaigns.mailings.message import MessageWriter
from outreach.companies.models import Company, Contact, Workplace

#: Stands for the delivery in links of a preview; no delivery has it, so they lead nowhere.
NO_DELIVERY = 0


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a mail client shows. ``missing``: fields this recipient has no value for."""

    subject: str
    html: str
    text: str
    missing: list[str]


def some_recipients(session: Session, question: Question | None, limit: int = 30) -> list[tuple[int, str, str]]:
    """(contact id, company, person) of the first recipients, to preview as."""
    if question is None:
        return []
    query = recipients(question, 0, limit).add_columns(Company.name, Contact.name.label("person"))
    return [(row.contact_id, row.name, row.person) for row in session.execute(query)]


def values_of(session: Session, contact_id: int | None, fields: list[PersonalField], centre: str) -> dict[str, str]:
    """The personal values of one contact by slot; without a contact, the fields' own names in brackets."""
    if contact_id is None:
        return {field.slot: field.fallback or f"[{FIELDS[field.name]}]" for field in fields}
    if not fields:
        return {}
    values = personal_values(centre)
    query = (
        sa.select(*(filled(field, values).label(f"v{place}") for place, field in enumerate(fields)))
        .select_from(Contact).join(Workplace, Workplace.id == Contact.workplace_id)
        .join(Company, Company.id == Workplace.company_id).where(Contact.id == contact_id)
    )
    row = session.execute(query).first()
    return {field.slot: (row[place] or "" if row else "") for place, field in enumerate(fields)}


def render(composed: Composed, writer: MessageWriter, values: dict[str, str]) -> Rendered:
    """Written by the same writer as the real mail and read back as a mail client does. A missing value is
    shown in brackets, so that the rest can be looked at."""
    missing = [field.name for field in composed.fields if not values.get(field.slot, "").strip()]
    shown = {slot: value if value.strip() else f"[{slot}?]" for slot, value in values.items()}
    raw = writer.render(NO_DELIVERY, "preview@localhost.localdomain", shown)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = {kind: message.get_body((kind,)) for kind in ("html", "plain")}
    html, text = (part.get_content() if part else "" for part in parts.values())
    return Rendered(str(message["Subject"]), html, text, missing)
