"""Where a document's QR code leads: to the response form of a campaign, if one was chosen, else to the telephone.

Campaigns are a higher area: it hands in at start which there are and how one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from cases.documents.models import Document
from outreach.audit.service import Actor
from outreach.scope import Scope

#: In ``app.extensions``: a :class:`Campaigns`; where there is none, every code leads to the telephone.
CAMPAIGNS = "documents.campaigns"


class Campaigns(Protocol):
    """What the editor asks of campaigns."""

    def choices(self, session: Session, scope: Scope) -> Sequence[tuple[int, str]]:
        """Campaigns that the person may give materials to now, with their names."""
        ...

    def chosen(self, session: Session, document: Document) -> tuple[int, str] | None:
        """The campaign that a document is for."""
        ...

    def choose(
        self, session: Session, scope: Scope, actor: Actor, document: Document, campaign_id: int, *, now: datetime
    ) -> None:
        """Use the document's material in a campaign. Raises NotFound, Forbidden."""
        ...
