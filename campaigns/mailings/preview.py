"""A mail as one recipient would get it: for the editor's preview, the approver, and a test mail to oneself."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience.models import Audience
from campaigns.audience.service import Question
from campaigns.mailings import content
from campaigns.mailings.compose import Composed
from campaigns.mailings.content import PersonalField
from campaigns.mailings.freeze import filled, personal_values, recipients
from campaigns.mailings.message import MessageWriter
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MessageClass
from campaigns.mailings.service import FIELDS
from outreach.companies.models import Company, Contact, Workplace
from outreach.companies.topics import Topic
from outreach.errors import NotFound

#: Stands for the delivery in links of a preview; no delivery has it, so they lead nowhere.
NO_DELIVERY = 0
#: Stands for the sender and the recipient while none is known (RFC 2606: nobody's domain).
NOBODY = "preview@localhost.localdomain"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a mail client shows. ``missing``: fields this recipient has no value for."""

    subject: str
    html: str
    text: str
    missing: list[str]


def sketch(session: Session, mailing: Mailing, values: Mapping[str, Any]) -> Mailing:
    """A mailing that is never saved: ``mailing`` with the editor's ``values``. Raises Invalid for blocks that
    could not be saved either."""
    made = {name: values.get(name, getattr(mailing, name)) for name in FIELDS}
    for name, value in made.items():
        if value is None and name not in ("audience_id", "topic"):
            made[name] = ""
    for name in ("clicks_open_leads", "track_opens"):
        made[name] = bool(made[name])
    made["message_class"] = MessageClass(made["message_class"] or MessageClass.PUBLIC_NOTICE)
    made["topic"] = Topic(made["topic"]) if made["topic"] else None
    made["blocks"] = content.clean_blocks(made["blocks"])
    draft = Mailing(**made)
    draft.campaign, draft.follows_id, draft.step = mailing.campaign, mailing.follows_id, mailing.step
    audience = session.get(Audience, made["audience_id"]) if made["audience_id"] else None
    draft.audience = audience if audience and audience.campaign_id == mailing.campaign_id else None
    return draft


def leave_out_unfinished(draft: Mailing) -> None:
    """Without the blocks that are not yet filled in, so that the rest can be looked at."""
    draft.blocks = [block for block in draft.blocks if not content.unfinished([block])]


def some_recipients(session: Session, question: Question | None, limit: int = 30) -> list[tuple[int, str, str]]:
    """(contact id, company, person) of the first recipients, to preview as."""
    if question is None:
        return []
    query = recipients(question, 0, limit).add_columns(Company.name, Contact.name.label("person"))
    return [(row.contact_id, row.name, row.person) for row in session.execute(query)]


def values_of(
    session: Session, mailing: Mailing, contact_id: int | None, fields: list[PersonalField], centre: str
) -> dict[str, str]:
    """The personal values of one contact by slot; without a contact, the fields' own names in brackets.
    Raises NotFound for a contact outside the campaign's centre."""
    if contact_id is None:
        return {field.slot: f"[{field.name}]" for field in fields}
    values = personal_values(centre)
    query = (
        sa.select(Contact.id, *(filled(field, values).label(f"v{place}") for place, field in enumerate(fields)))
        .select_from(Contact).join(Workplace, Workplace.id == Contact.workplace_id)
        .join(Company, Company.id == Workplace.company_id).where(Contact.id == contact_id)
    )
    if mailing.campaign.centre_id is not None:
        query = query.where(Workplace.centre_id == mailing.campaign.centre_id)
    row = session.execute(query).first()
    if row is None:
        raise NotFound("미리볼 수신자를 찾을 수 없습니다. 다시 골라 주세요.")
    return {field.slot: row[place] or "" for place, field in enumerate(fields, start=1)}


def render(composed: Composed, writer: MessageWriter, values: dict[str, str]) -> Rendered:
    """Written by the same writer as the real mail and read back as a mail client does. A missing value is
    shown in brackets, so that the rest can be looked at."""
    missing = [field.name for field in composed.fields if not values.get(field.slot, "").strip()]
    shown = {slot: value if value.strip() else f"[{slot}?]" for slot, value in values.items()}
    raw = writer.render(NO_DELIVERY, NOBODY, shown)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = {kind: message.get_body((kind,)) for kind in ("html", "plain")}
    html, text = (part.get_content() if part else "" for part in parts.values())
    return Rendered(str(message["Subject"]), html, text, missing)
