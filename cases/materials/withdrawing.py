"""Taking an edition out of distribution: how far it has reached, why it goes, what stands in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.materials import grants, orders, service
from cases.materials.models import Download, Edition, Material
from cases.materials.order_models import PrintOrder
from cases.materials.rules import OPEN_ORDERS, EditionState, NoticeKind
from cases.materials.share_models import MaterialShare
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.errors import Invalid

#: In ``app.extensions``: ``(session, material_id) -> int``, mailings under way that lead to it; handed in by campaigns.
MAILINGS = "materials.mailings_under_way"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a material is: partners that may have it and of them those who downloaded it, links open today, printed
    copies in stock and copies handed over, orders not settled yet, mailings under way."""

    partners: int
    downloaded: int
    links: int
    stock: int
    out: int
    orders: int
    mailings: int


def reach(
    session: Session, material: Material, edition: Edition, today: date, mailings: Callable[[Session, int], int] | None
) -> Reach:
    """How far ``edition``, which is given out now, has come."""
    def count(query: sa.Select[tuple[int]]) -> int:
        return session.scalar(query) or 0

    of_it = sa.select(Edition.id).where(Edition.material_id == material.id)
    printed, out = orders.stock(session, edition.id)
    return Reach(
        partners=len(grants.of_material(session, material)),
        downloaded=count(sa.select(sa.func.count(Download.organisation_id.distinct())).where(
            Download.edition_id.in_(of_it))),
        links=count(sa.select(sa.func.count(MaterialShare.id)).where(
            MaterialShare.material_id == material.id, MaterialShare.revoked_at.is_(None),
            MaterialShare.ends_on >= today)),
        stock=printed - out, out=out,
        orders=count(sa.select(sa.func.count(PrintOrder.id)).where(
            PrintOrder.material_id == material.id, PrintOrder.state.in_(OPEN_ORDERS))),
        mailings=mailings(session, material.id) if mailings else 0,
    )


def withdraw(
    session: Session, actor: Actor, edition: Edition, *, reason: str, replacement_id: int | None = None, now: datetime
) -> None:
    """Take the edition out of distribution; links then say so and lead to the replacement, which the partners that had
    this one get in its place. Raises Conflict; Invalid without a reason, or for a replacement that is not given out.

    :param reason: read by the partners.
    """
    service.check_move(edition, EditionState.WITHDRAWN)
    material, reason = edition.material, " ".join(reason.split())[:300]
    if not reason:
        raise Invalid("배포를 중단하는 까닭을 적어 주세요.", fields={"reason": "적어 주세요."})
    replacement = None
    if replacement_id is not None:
        replacement = session.scalar(service.replacements(material).where(Material.id == replacement_id))
        if replacement is None:
            raise Invalid("대신할 자료를 목록에서 골라 주세요.", fields={"replacement": "목록에서 골라 주세요."})
    edition.state, edition.withdrawn_at, edition.withdrawn_for = EditionState.WITHDRAWN, now, reason
    material.replaced_by, material.updated_at = replacement, now
    change: dict[str, tuple[object, object]] = {"published": (edition.number, None), "reason": (None, reason)}
    if replacement is not None:
        change["replacement"] = (None, replacement.title)
        grants.hand_on(session, actor, material, replacement, now=now)
    audit.record_change(session, actor, "material", material.id, "withdraw", change, now=now)
    session.flush()
    service.follow_up(
        session, service.ANNOUNCE, edition, {"kind": NoticeKind.WITHDRAWN.value}, user_id=actor.user_id, now=now
    )
