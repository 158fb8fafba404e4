"""The campaign that a paper is for, as its editor asks (cases.documents.leading) and its making
(cases.materials.service.LEADS): of several the one chosen last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from campaigns.planning import materials, service
from campaigns.planning.models import Campaign, CampaignMaterial
from campaigns.planning.rules import CampaignState
from cases.documents import leading
from cases.documents.models import Document
from cases.materials import service as library
from cases.materials.models import Material
from outreach.audit.service import Actor
from outreach.scope import Scope

_OPEN = (CampaignState.DRAFT, CampaignState.ACTIVE, CampaignState.PAUSED)


def _of_material(session: Session, material: sa.ColumnElement[bool]) -> Campaign | None:
    query = (
        sa.select(Campaign).join(CampaignMaterial, CampaignMaterial.campaign_id == Campaign.id)
        .join(Material, Material.id == CampaignMaterial.material_id)
        .where(material, Campaign.state != CampaignState.CANCELLED).order_by(CampaignMaterial.id.desc())
    )
    return session.scalar(query.limit(1))


class Campaigns:
    """See cases.documents.leading.Campaigns."""

    def choices(self, session: Session, scope: Scope) -> Sequence[tuple[int, str]]:
        query = service.visible(scope).where(Campaign.state.in_(_OPEN)).order_by(Campaign.id.desc())
        return [(row.id, row.name) for row in session.scalars(query) if service.may_edit(scope, row)]

    def chosen(self, session: Session, document: Document) -> tuple[int, str] | None:
        campaign = _of_material(session, Material.document_id == document.id)
        return (campaign.id, campaign.name) if campaign else None

    def choose(
        self, session: Session, scope: Scope, actor: Actor, document: Document, campaign_id: int, *, now: datetime
    ) -> None:
        campaign = service.editable(session, scope, campaign_id)
        material = library.of_document(session, scope, document, now=now)
        for row in [row for row in campaign.materials if row.material_id == material.id]:
            campaign.materials.remove(row)  # to come last again
            session.flush()
        materials.add(session, scope, actor, campaign, material.id, now=now)


def init_app(app: Flask) -> None:
    """Hand documents and materials the way to the campaign's response form."""

    def leads(session: Session, material: Material) -> str | None:
        campaign = _of_material(session, Material.id == material.id)
        places: materials.ResponsePlaces | None = app.extensions.get(materials.PLACES)
        if campaign is None or places is None:
            return None
        return places(session, campaign.id, None, material.id, materials.PLACE_LABEL)

    app.extensions[leading.CAMPAIGNS] = Campaigns()
    app.extensions[library.LEADS] = leads
