"""What a new mail begins with: an empty letter, or what one of the campaign's materials says."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from campaigns.planning import materials as planned
from campaigns.planning.models import Campaign
from cases.blocks.content import MAX_BLOCKS
from cases.materials import service as library
from cases.materials import web
from cases.materials.models import Material

GREETING: dict[str, Any] = {"kind": "heading", "text": "{{회사명}} 대표님께"}
ENDING: tuple[dict[str, Any], ...] = (
    {"kind": "button", "label": "상담 신청하기", "target": "form"},
    {"kind": "contact", "text": ""},
)


def materials_of(session: Session, campaign: Campaign) -> list[Material]:
    """The campaign's materials that are given out, whose words a mail can begin with."""
    return [row for row in planned.of_campaign(session, campaign) if library.published_edition(row)]


def blocks(session: Session, material: Material | None) -> list[dict[str, Any]]:
    """A greeting, the words and cards of the material's published edition, a button to read it whole, and the ending.
    The cards name the same records as the paper does."""
    edition = library.published_edition(material) if material else None
    if material is None or edition is None:
        return [GREETING, {"kind": "text", "text": ""}, *ENDING]
    whole = {"kind": "button", "label": "자료 전체 보기", "target": "material", "url": "", "material_id": material.id}
    room = MAX_BLOCKS - len(ENDING) - 2
    return [GREETING, *web.in_words(web.blocks_of(session, edition))[:room], whole, *ENDING]
