"""Mailings under way that lead their readers to a material."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import BOUND, MailingState

_UNDER_WAY = BOUND | {MailingState.SENDING, MailingState.PAUSED}


def under_way(session: Session, material_id: int) -> int:
    """How many mailings that are approved, waiting, sending or paused have a button to the material."""
    blocks = session.scalars(sa.select(Mailing.blocks).where(Mailing.state.in_(_UNDER_WAY)))
    return sum(
        any(block.get("target") == "material" and block.get("material_id") == material_id for block in row)
        for row in blocks
    )
