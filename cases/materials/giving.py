"""Giving editions out: in which formats there are, by which links with an end, and what a partner has of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from cases.materials import service
from cases.materials.models import Download, Edition, Material
from cases.materials.rules import LONGEST_SHARE, EditionState, Format, Way
from cases.materials.share_models import EditionFile, MaterialShare
from cases.sheets.licences import Licence
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.errors import Forbidden, Invalid, NotFound
from outreach.scope import EDITOR_ROLES, Scope
from outreach.wording import Text

#: In ``app.extensions``: ``(session, organisation_id) -> list[PartnerCampaign]``, handed in by campaigns.
CAMPAIGNS = "materials.partner_campaigns"


@dataclass(frozen=True, slots=True)
class PartnerCampaign:
    """A campaign that a partner takes part in, and the materials used in it."""

    id: int
    name: str
    material_ids: frozenset[int]


# -- formats -------------------------------------------------------------------------------------------


def without_formats(session: Session, *, limit: int) -> list[Edition]:
    """Published editions of which no other format was made, as those from before there were any."""
    made = sa.exists().where(EditionFile.edition_id == Edition.id)
    query = sa.select(Edition).where(Edition.state == EditionState.PUBLISHED, Edition.sha256.is_not(None), ~made)
    return list(session.scalars(query.order_by(Edition.id).limit(limit)))


def record_format(session: Session, edition_id: int, form: Format, size: int, *, now: datetime) -> None:
    """The file is there; ``size`` in bytes. Made again, it replaces the one before."""
    row = session.scalar(sa.select(EditionFile).filter_by(edition_id=edition_id, format=form))
    if row is None:
        row = EditionFile(edition_id=edition_id, format=form)
        session.add(row)
    row.size, row.made_at = size, now
    session.flush()


def formats_of(session: Session, edition: Edition) -> dict[Format, int]:
    """What the edition can be had as, with sizes in bytes, in the order of ``Format``; print first. Where its licence
    allows no changes (공공누리 제3, 제4유형), nothing that is made to be edited."""
    query = sa.select(EditionFile.format, EditionFile.size).where(EditionFile.edition_id == edition.id)
    sizes = dict(session.execute(query).all()) | {Format.PRINT: edition.size or 0}
    if edition.material.licence in (Licence.KOGL_3, Licence.KOGL_4):
        sizes.pop(Format.HWPX, None)
    return {form: sizes[form] for form in Format if form in sizes}


# -- what a partner has ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Had:
    """What a partner downloaded of a material: the highest edition's number, how often, when last."""

    number: int
    count: int
    last_at: datetime


def had(session: Session, organisation_id: int, material_ids: Collection[int]) -> dict[int, Had]:
    """By material; those never downloaded are left out, and what came by the partner's links went to others."""
    query = (
        sa.select(Edition.material_id, sa.func.max(Edition.number), sa.func.count(), sa.func.max(Download.at))
        .select_from(Download).join(Edition, Edition.id == Download.edition_id)
        .where(Download.organisation_id == organisation_id, Edition.material_id.in_(material_ids),
               Download.way.not_in((Way.LINK, Way.SHARE)))
        .group_by(Edition.material_id)
    )
    return {material_id: Had(*rest) for material_id, *rest in session.execute(query)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The conditions over a partner's shelf. ``fresh``: 'new' never downloaded, 'changed' a later edition is out,
    'had' the present one was downloaded; '' any."""

    text: str = ""
    kind: str = ""
    campaign: PartnerCampaign | None = None
    fresh: str = ""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A material on a partner's shelf, with the edition it gets now."""

    material: Material
    edition: Edition
    had: Had | None
    campaigns: tuple[PartnerCampaign, ...] = field(default=())

    @property
    def fresh(self) -> str:
        """'new', 'changed' or 'had'; see Wanted."""
        if self.had is None:
            return "new"
        return "changed" if self.had.number < self.edition.number else "had"


def shelf(
    session: Session, scope: Scope, wanted: Wanted, campaigns: Sequence[PartnerCampaign], *, today: date
) -> list[Shelved]:
    """What a partner gets on ``today``, the last changed first."""
    query = service.materials_query(scope, text=wanted.text, kind=wanted.kind)
    if wanted.campaign is not None:
        query = query.where(Material.id.in_(wanted.campaign.material_ids))
    rows = list(session.scalars(query).unique())
    has = had(session, scope.organisation_id or 0, [row.id for row in rows])
    items = []
    for row in rows:
        edition = service.given_edition(row, today)
        if edition is not None:
            used = tuple(campaign for campaign in campaigns if row.id in campaign.material_ids)
            items.append(Shelved(row, edition, has.get(row.id), used))
    return [item for item in items if not wanted.fresh or item.fresh == wanted.fresh]


# -- links with an end -----------------------------------------------------------------------------------


def _may_share(scope: Scope, material: Material) -> bool:
    """Partners share what they were granted; staff what they may edit."""
    return scope.is_partner or (scope.role in EDITOR_ROLES and service.may_edit(scope, material))


def share(
    session: Session, scope: Scope, actor: Actor, material: Material, *, label: str, ends_on: date, form: Format,
    now: datetime,
) -> MaterialShare:
    """A new link to ``material`` that works up to and including ``ends_on``.

    :raises Forbidden: another centre's material.
    :raises Invalid: no words for what it is for, or an end that is past or too far.
    """
    if not _may_share(scope, material):
        raise Forbidden("이 홍보물의 링크는 담당 센터와 받은 협력기관이 만듭니다.")
    today, label = kst_today(now), " ".join(label.split())[:120]
    fields = {}
    if not label:
        fields["label"] = Text("어디에 쓰는 링크인지 적어 주세요.")
    if not 0 <= (ends_on - today).days <= LONGEST_SHARE:
        fields["ends_on"] = Text("오늘부터 %(days)s일 안의 날짜로 정해 주세요.", days=LONGEST_SHARE)
    if fields:
        raise Invalid("링크를 만들지 못했습니다.", fields=fields)
    row = MaterialShare(
        material_id=material.id, organisation_id=scope.organisation_id, format=form, label=label, ends_on=ends_on,
        created_at=now, created_by=actor.user_id,
    )
    session.add(row)
    change = {"share": (None, f"{label} (~{ends_on.isoformat()})")}
    audit.record_change(session, actor, "material", material.id, "share", change, now=now)
    session.flush()
    return row


def shares(session: Session, scope: Scope, material: Material) -> list[tuple[MaterialShare, int]]:
    """The links to ``material`` that ``scope`` may see (a partner its own), newest first, with their downloads."""
    counted = (
        sa.select(Download.share_id, sa.func.count().label("n")).where(Download.share_id.is_not(None))
        .group_by(Download.share_id).subquery()
    )
    query = (
        sa.select(MaterialShare, sa.func.coalesce(counted.c.n, 0))
        .outerjoin(counted, counted.c.share_id == MaterialShare.id)
        .options(joinedload(MaterialShare.organisation))
        .where(MaterialShare.material_id == material.id).order_by(MaterialShare.id.desc())
    )
    if scope.is_partner:
        query = query.where(MaterialShare.organisation_id == scope.organisation_id)
    return [(row, count) for row, count in session.execute(query)]


def end_share(
    session: Session, scope: Scope, actor: Actor, material: Material, share_id: int, *, now: datetime
) -> None:
    """Let a link open nothing from now on. A partner ends its own, staff any of their material. Raises NotFound,
    Forbidden."""
    if not _may_share(scope, material):
        raise Forbidden("이 홍보물의 링크는 담당 센터와 받은 협력기관이 끝냅니다.")
    row = session.get(MaterialShare, share_id)
    if row is None or row.material_id != material.id or (
        scope.is_partner and row.organisation_id != scope.organisation_id
    ):
        raise NotFound("그런 링크가 없습니다.")
    if row.revoked_at is None:
        row.revoked_at = now
        change = {"share": (row.label, None)}
        audit.record_change(session, actor, "material", material.id, "end_share", change, now=now)
    session.flush()


# -- words that go with it ---------------------------------------------------------------------------------


def issuer(material: Material) -> str:
    """Who gives it out, as named on paper."""
    return material.centre.name_ko if material.centre else "고용노동부"


def credit_line(edition: Edition) -> str:
    """How the paper is quoted: `출처: 창원고용센터, ‘제목’ 제3판(2026. 11. 23.)`."""
    at = edition.published_at or edition.created_at
    day = kst_today(at)
    title = " ".join(edition.material.title.split())
    number = service.printed_number(edition)
    return f"출처: {issuer(edition.material)}, ‘{title}’ {number}({day.year}. {day.month}. {day.day}.)"


def description(material: Material) -> str:
    """What it is about, in a sentence or two; '' if nothing of it is written down."""
    return material.case.summary if material.case is not None else ""
