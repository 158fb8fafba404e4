"""The material library: editions and their way to publication, grants to partners, downloads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from cases.documents import service as documents
from cases.documents import versions
from cases.documents.models import Document
from cases.library import service as library
from cases.library.models import Case
from cases.materials import paper, terms
from cases.materials.models import Download, Edition, Material, MaterialGrant
from cases.materials.rules import CASE_SHEET, MOVES, STATE_LABELS, EditionState, Format, NoticeKind, Way
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.jobs import service as jobs
from outreach.jobs.models import Job
from outreach.organisations.models import Organisation
from outreach.scope import EDITOR_ROLES, Scope
from outreach.wording import Text

RENDER = "materials.render"
FORMATS = "materials.formats"
ANNOUNCE = "materials.announce"
#: In ``app.extensions``: ``(session, material) -> str | None``, the address behind the QR code of the campaign that a
#: document's material is for; handed in by campaigns.
LEADS = "materials.leads"


# -- reading -------------------------------------------------------------------------------------------


def visible(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that ``scope`` may see a material: staff their centre's and headquarters', a partner
    what is granted to it and published."""
    if scope.is_partner:
        mine = sa.select(MaterialGrant.material_id).where(MaterialGrant.organisation_id == scope.organisation_id)
        return sa.and_(Material.id.in_(mine), _is_published())
    if scope.sees_all_centres:
        return sa.true()
    return sa.or_(Material.centre_id == scope.centre_id, Material.centre_id.is_(None))


def _is_published() -> sa.ColumnElement[bool]:
    return sa.exists().where(Edition.material_id == Material.id, Edition.state == EditionState.PUBLISHED)


def materials_query(
    scope: Scope, *, text: str = "", kind: str = "", published: bool | None = None
) -> sa.Select[tuple[Material]]:
    """The materials ``scope`` sees, the last changed first."""
    query = (
        sa.select(Material).options(selectinload(Material.editions), joinedload(Material.centre))
        .where(visible(scope)).order_by(Material.updated_at.desc(), Material.id.desc())
    )
    if text:
        query = query.where(Material.title.icontains(text, autoescape=True))
    if kind:
        query = query.where(Material.kind == kind)
    if published is not None:
        query = query.where(_is_published() if published else ~_is_published())
    return query


def with_what_is_shown() -> tuple[ORMOption, ...]:
    """For many materials at once: what :func:`given_edition` looks at."""
    return (
        selectinload(Material.editions), selectinload(Material.case).selectinload(Case.photos),
        selectinload(Material.document).selectinload(Document.cases).selectinload(Case.photos),
    )


def get(session: Session, scope: Scope, material_id: int) -> Material:
    """Raises NotFound, also for what belongs to another centre or was not granted."""
    material = session.scalar(sa.select(Material).where(Material.id == material_id, visible(scope)))
    if material is None:
        raise NotFound("홍보물이 없거나 볼 수 없는 홍보물입니다.")
    return material


def may_edit(scope: Scope, material: Material) -> bool:
    """Whether this role may edit, and the material is of its centre."""
    return scope.role in EDITOR_ROLES and (scope.centre_id is None or scope.centre_id == material.centre_id)


def editable(session: Session, scope: Scope, material_id: int) -> Material:
    """Raises NotFound, Forbidden."""
    material = get(session, scope, material_id)
    if not may_edit(scope, material):
        raise Forbidden("이 홍보물은 담당 센터나 본부에서만 바꿀 수 있습니다.")
    return material


def edition_of(material: Material, number: int) -> Edition:
    """Raises NotFound."""
    edition = next((edition for edition in material.editions if edition.number == number), None)
    if edition is None:
        raise NotFound("그런 판이 없습니다.")
    return edition


def published_edition(material: Material) -> Edition | None:
    """The edition in distribution; None if nothing is published now. See :func:`given_edition`."""
    return next((edition for edition in material.editions if edition.state is EditionState.PUBLISHED), None)


def alternatives(session: Session, material: Material, *, limit: int) -> list[Material]:
    """What is offered in place of one that is given out no more: what was chosen when it was withdrawn, or what in turn
    replaced that. Where nobody was asked (a consent that ran out), what else the centre has of the same kind."""
    seen, row = {material.id}, material.replaced_by
    while row is not None and published_edition(row) is None and row.id not in seen:
        seen.add(row.id)
        row = row.replaced_by
    if row is not None and row.id not in seen:
        return [row]
    if any(edition.withdrawn_for for edition in material.editions):
        return []
    return list(session.scalars(replacements(material).where(Material.kind == material.kind).limit(limit)))


def replacements(material: Material) -> sa.Select[tuple[Material]]:
    """What could stand in its place: what the same centre gives out, the same kind first."""
    return (
        sa.select(Material).where(Material.id != material.id, _is_published())
        .where(Material.centre_id.is_not_distinct_from(material.centre_id))
        .order_by(sa.case((Material.kind == material.kind, 0), else_=1), Material.updated_at.desc())
    )


def formerly(session: Session, scope: Scope, material_id: int, today: date) -> Material | None:
    """A material that a partner was granted and may not have any more, since it is given out no longer; None for one
    it may still have, or never could."""
    mine = sa.exists().where(
        MaterialGrant.material_id == Material.id, MaterialGrant.organisation_id == scope.organisation_id
    )
    query = sa.select(Material).where(
        Material.id == material_id, mine, Material.editions.any(Edition.published_at.is_not(None))
    )
    material = session.scalar(query)
    return None if material is None or given_edition(material, today) else material


def job_of(session: Session, edition: Edition) -> Job | None:
    """The latest job that renders the edition."""
    query = sa.select(Job).where(Job.kind == RENDER, Job.key == _job_key(edition))
    return session.scalar(query.order_by(Job.id.desc()).limit(1))


def _job_key(edition: Edition) -> str:
    return f"{RENDER}:{edition.id}"


# -- making editions -----------------------------------------------------------------------------------


def of_case(session: Session, scope: Scope, case: Case, *, now: datetime) -> Material:
    """The sheet of a case, made on first asking. Raises Forbidden: another centre makes it."""
    if scope.role not in EDITOR_ROLES or not library.may_write(scope, case):
        raise Forbidden("사례집은 사례를 가진 센터나 본부에서 만듭니다.")
    material = session.scalar(sa.select(Material).where(Material.case_id == case.id))
    return material or _new(session, CASE_SHEET, case.headline, case.centre_id, now, case_id=case.id)


def of_document(session: Session, scope: Scope, document: Document, *, now: datetime) -> Material:
    """A document's material, made on first asking; its title follows the document's. Raises Forbidden."""
    if not documents.may_edit(scope, document):
        raise Forbidden("이 홍보물은 담당 센터나 본부에서만 만들 수 있습니다.")
    material = session.scalar(sa.select(Material).where(Material.document_id == document.id))
    return material or _new(
        session, document.kind, document.title, document.centre_id, now, document_id=document.id
    )


def _new(
    session: Session, kind: str, title: str, centre_id: int | None, now: datetime, **made_of: int
) -> Material:
    material = Material(
        kind=kind, title=" ".join(title.split())[:160], centre_id=centre_id, created_at=now, updated_at=now, **made_of
    )
    session.add(material)
    session.flush()
    return material


def request_edition(
    session: Session, actor: Actor, material: Material, templates: Path, *, response_url: str | None = None,
    now: datetime,
) -> Edition:
    """Have the material rendered in the background. What would come out the same as a finished edition or as
    one under way is that edition. A failed one is tried again under its number.

    :param response_url: where the QR code leads; None: as in the edition before.
    :raises Conflict: it may not be printed as it stands.
    :raises Invalid: more entries than the pages hold.
    """
    newest = material.editions[0] if material.editions else None
    url = response_url if response_url is not None else (newest.response_url if newest else "")
    draft = paper.draft(session, templates, material, day=kst_today(now), response_url=url)
    living = {EditionState.RENDERING, EditionState.READY, EditionState.PUBLISHED}
    same = next((e for e in material.editions if e.content_hash == draft.content_hash and e.state in living), None)
    if same is not None and (same.state is not EditionState.RENDERING or _is_running(session, same)):
        return same
    edition = same or (newest if newest is not None and newest.state is EditionState.FAILED else None)
    if edition is None:
        edition = Edition(number=newest.number + 1 if newest else 1, created_at=now, created_by=actor.user_id)
        material.editions.insert(0, edition)
    edition.state, edition.error, edition.created_at, edition.created_by = (
        EditionState.RENDERING, "", now, actor.user_id
    )
    edition.content_hash, edition.response_url, edition.warnings = draft.content_hash, url, list(draft.warnings)
    edition.licence = material.licence
    version = versions.newest(session, material.document) if material.document else None
    edition.document_version = version.number if version else None
    source = material.document.title if material.document else material.case.headline if material.case else ""
    material.title, material.updated_at = " ".join(source.split())[:160], now
    session.flush()
    jobs.enqueue(
        session, RENDER, {"edition_id": edition.id}, now=now, key=_job_key(edition), user_id=actor.user_id
    )
    audit.record_change(session, actor, "material", material.id, "render", {"edition": (None, edition.number)}, now=now)
    return edition


def _is_running(session: Session, edition: Edition) -> bool:
    job = job_of(session, edition)
    return job is not None and job.finished_at is None


def printed_number(edition: Edition) -> str:
    """`제3판`, as the paper says."""
    return f"제{edition.number}판"


def finish(
    session: Session, edition_id: int, *, sha256: str, size: int, pages: int, warnings: Sequence[str],
    content_hash: str,
) -> None:
    """The edition's file is there."""
    edition = session.get_one(Edition, edition_id)
    if edition.state not in (EditionState.RENDERING, EditionState.FAILED):
        return
    edition.state, edition.error = EditionState.READY, ""
    edition.sha256, edition.size, edition.pages = sha256, size, pages
    edition.warnings, edition.content_hash = list(warnings), content_hash
    session.flush()


def fail(session: Session, edition_id: int, message: str) -> None:
    """The edition could not be made; ``message`` is for the person who asked for it and names the place."""
    edition = session.get_one(Edition, edition_id)
    if edition.state is EditionState.RENDERING:
        edition.state, edition.error = EditionState.FAILED, message
    session.flush()


# -- publishing ----------------------------------------------------------------------------------------


def may_publish(session: Session, actor_id: int | None, edition: Edition) -> bool:
    """Whether the person is a second one: neither asked for the edition nor began the document, nor changed it
    since the edition that is given out now."""
    document, before = edition.material.document, published_edition(edition.material)
    wrote: set[int | None] = {edition.created_by}
    if document is not None:
        wrote |= versions.writers(session, document, since=(before.document_version or 0) if before else 0)
    return actor_id is not None and actor_id not in wrote


def publish(
    session: Session, actor: Actor, edition: Edition, *, acknowledged: bool, now: datetime
) -> None:
    """Give the edition out; it replaces the one published before.

    :param acknowledged: the person has read the edition's warnings.
    :raises Conflict: its state, the same person, unread warnings, a case that may no longer be shown, or a
        programme that has ended; no licence chosen, or another than is printed on it.
    """
    check_move(edition, EditionState.PUBLISHED)
    if not may_publish(session, actor.user_id, edition):
        raise Conflict("만든 사람은 게시할 수 없습니다. 다른 담당자에게 검토를 요청해 주세요.")
    if edition.warnings and not acknowledged:
        raise Conflict("확인할 점이 있습니다. 읽고 확인란에 표시한 뒤 게시해 주세요.")
    material = edition.material
    if reason := terms.licence_problem(edition):
        raise Conflict(reason)
    paper.check_printable(material, kst_today(now))
    if ended := paper.ended_programmes(material, kst_today(now)):
        raise Conflict(Text(
            "종료된 제도를 인용하고 있어 새로 게시할 수 없습니다: %(names)s. 지금 시행하는 내용으로 바꾸어 주세요.",
            names=", ".join(ended),
        ))
    before = published_edition(material)
    if before is not None:
        before.state, before.withdrawn_at = EditionState.WITHDRAWN, now
    edition.state, edition.published_at, edition.published_by = EditionState.PUBLISHED, now, actor.user_id
    material.updated_at, material.replaced_by = now, None
    change = {"published": (before.number if before else None, edition.number)}
    if edition.warnings:
        change["acknowledged"] = (None, list(edition.warnings))
    audit.record_change(session, actor, "material", material.id, "publish", change, now=now)
    session.flush()
    follow_up(session, FORMATS, edition, {}, user_id=actor.user_id, now=now)
    if edition.number > 1:
        follow_up(session, ANNOUNCE, edition, {"kind": NoticeKind.RENEWED.value}, user_id=actor.user_id, now=now)


def send_back(session: Session, actor: Actor, edition: Edition, *, reason: str, now: datetime) -> None:
    """A second person has read the edition and does not publish it. Raises Invalid without a reason, Conflict."""
    check_move(edition, EditionState.RETURNED)
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("무엇을 고쳐야 하는지 적어 주세요.", fields={"reason": "적어 주세요."})
    edition.state, edition.returned_for, edition.material.updated_at = EditionState.RETURNED, reason[:1000], now
    change = {"edition": (edition.number, None), "reason": (None, reason[:120])}
    audit.record_change(session, actor, "material", edition.material_id, "send_back", change, now=now)
    session.flush()


def follow_up(
    session: Session, kind: str, edition: Edition, values: Mapping[str, str], *, user_id: int | None, now: datetime
) -> None:
    """Have done in the background what comes of an edition's state; once, however often it is asked."""
    key = ":".join((kind, str(edition.id), *values.values()))
    jobs.enqueue(session, kind, {"edition_id": edition.id, **values}, now=now, key=key, user_id=user_id)


def lapsed(material: Material, today: date) -> str:
    """Why what is given out now should no longer be (case withdrawn, consent ended); '' if nothing is wrong."""
    if published_edition(material) is None:
        return ""
    reasons = paper.shown_problems(material, today)
    return Text.joined(reasons) if reasons else ""


def given_edition(material: Material, today: date) -> Edition | None:
    """What partners and the public get on ``today``: the published edition, unless a company that it shows no
    longer agrees or its case was withdrawn. None if nothing is given out."""
    edition = None if lapsed(material, today) else published_edition(material)
    if edition is not None:  # holds its material: let go, it would be read again with its editions
        set_committed_value(edition, "material", material)
    return edition


def check_move(edition: Edition, to: EditionState) -> None:
    """Raises Conflict."""
    if to not in MOVES[edition.state]:
        raise Conflict(Text(
            "‘%(state)s’ 상태의 판은 ‘%(to)s’(으)로 바꿀 수 없습니다.",
            state=Text(STATE_LABELS[edition.state]), to=Text(STATE_LABELS[to]),
        ))


# -- downloads -----------------------------------------------------------------------------------------


def count_download(
    session: Session, edition_id: int, way: Way, *, form: Format = Format.PRINT, organisation_id: int | None,
    user_id: int | None, share_id: int | None = None, now: datetime,
) -> None:
    """One more download of one edition in one format."""
    session.add(Download(
        edition_id=edition_id, way=way, format=form, organisation_id=organisation_id, user_id=user_id,
        share_id=share_id, at=now,
    ))
    session.flush()


@dataclass(frozen=True, slots=True)
class DownloadCount:
    """Downloads of one edition in one format by one partner, or by a way that no partner stands behind."""

    number: int
    organisation: str | None
    way: Way
    form: Format
    count: int
    last_at: datetime


def downloads(session: Session, material_id: int) -> list[DownloadCount]:
    """By edition (newest first), partner, way and format."""
    query = (
        sa.select(
            Edition.number, Organisation.name, Download.way, Download.format, sa.func.count(), sa.func.max(Download.at)
        )
        .select_from(Download).join(Edition, Edition.id == Download.edition_id)
        .outerjoin(Organisation, Organisation.id == Download.organisation_id)
        .where(Edition.material_id == material_id)
        .group_by(Edition.number, Organisation.name, Download.way, Download.format)
        .order_by(Edition.number.desc(), Organisation.name, Download.way, Download.format)
    )
    return [DownloadCount(*row) for row in session.execute(query)]


def own_downloads(session: Session, organisation_id: int, material_ids: Collection[int]) -> dict[int, int]:
    """How often a partner downloaded each of the materials."""
    query = (
        sa.select(Edition.material_id, sa.func.count()).select_from(Download)
        .join(Edition, Edition.id == Download.edition_id)
        .where(Download.organisation_id == organisation_id, Edition.material_id.in_(material_ids))
        .group_by(Edition.material_id)
    )
    return dict(session.execute(query).all())
