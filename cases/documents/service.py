"""Documents: who reads and writes which, and what goes into one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from cases.documents import choosing, versions
from cases.documents.choosing import ordered
from cases.documents.kinds import KINDS
from cases.documents.kinds.base import Chosen, Kind, Style, Words
from cases.documents.models import Document
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.db import check_version
from outreach.errors import Forbidden, Invalid, NotFound
from outreach.scope import EDITOR_ROLES, Scope

FIELDS = ("title", "subtitle", "style", "texts")
#: Stands in for the title of a document that has none yet.
NO_TITLE = "여기에 제목이 들어갑니다"


# -- reading -------------------------------------------------------------------------------------------


def visible(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that ``scope`` may read a document's record: its centre's and headquarters'."""
    if scope.is_partner:
        return sa.false()
    if scope.sees_all_centres:
        return sa.true()
    return sa.or_(Document.centre_id == scope.centre_id, Document.centre_id.is_(None))


def documents_query(scope: Scope, *, text: str = "", kind: str = "") -> sa.Select[tuple[Document]]:
    """The last edited first. ``text``: part of the title."""
    query = sa.select(Document).options(joinedload(Document.centre)).where(visible(scope))
    if text:
        query = query.where(Document.title.icontains(text, autoescape=True))
    if kind:
        query = query.where(Document.kind == kind)
    return query.order_by(Document.updated_at.desc(), Document.id.desc())


def get(session: Session, scope: Scope, document_id: int) -> Document:
    """Raises NotFound, also for another centre's."""
    document = session.scalar(sa.select(Document).where(Document.id == document_id, visible(scope)))
    if document is None:
        raise NotFound("원고가 없거나 다른 센터의 원고입니다.")
    return document


def editable(session: Session, scope: Scope, document_id: int) -> Document:
    """Raises NotFound, Forbidden."""
    document = get(session, scope, document_id)
    if not may_edit(scope, document):
        raise Forbidden("이 원고는 담당 센터나 본부에서만 고칠 수 있습니다.")
    return document


def may_edit(scope: Scope, document: Document) -> bool:
    """Whether this role may edit, and the document is of its centre."""
    return scope.role in EDITOR_ROLES and (scope.centre_id is None or scope.centre_id == document.centre_id)


def kind_of(document: Document) -> Kind:
    """The kind it is. Raises NotFound for one this program does not know (any more)."""
    if document.kind not in KINDS:
        raise NotFound("이 프로그램이 모르는 종류의 원고입니다.")
    return KINDS[document.kind]


def words(document: Document) -> Words:
    """What is written in it."""
    return Words(document.title, document.subtitle, Style(document.style), document.texts)


def chosen(document: Document) -> Chosen:
    """What it shows, in the order chosen."""
    return Chosen(*(
        tuple(ordered(getattr(document, records), document.order.get(records, [])))
        for records in ("cases", "programmes", "organisations")
    ))


# -- writing -------------------------------------------------------------------------------------------


def create(
    session: Session, scope: Scope, actor: Actor, kind: Kind, values: Mapping[str, Any], *, now: datetime
) -> Document:
    """A new document of the person's centre. ``values``: FIELDS and the ordered ``case_ids``,
    ``programme_ids`` and ``organisation_ids``. Raises Invalid, Forbidden."""
    if scope.role not in EDITOR_ROLES:
        raise Forbidden("홍보물 원고는 홍보담당, 센터 관리자, 본부가 씁니다.")
    document = _blank(kind, scope, actor.user_id, now)
    _write(session, scope, document, values, now)
    session.add(document)
    session.flush()
    versions.keep(session, document, actor.user_id, now=now)
    audit.record_change(session, actor, "document", document.id, "create", {"title": (None, document.title)}, now=now)
    return document


def edit(
    session: Session, scope: Scope, actor: Actor, document: Document, values: Mapping[str, Any], *,
    version: int | None, now: datetime,
) -> None:
    """Change a document and keep the version; editions already made stay as they are. Raises StaleEdit, Invalid."""
    check_version(document, version)
    versions.keep_first(session, document)
    changes = _write(session, scope, document, values, now)
    if changes:
        document.updated_at = now
        versions.keep(session, document, actor.user_id, now=now)
        audit.record_change(session, actor, "document", document.id, "edit", changes, now=now)
    session.flush()


def copy(session: Session, scope: Scope, actor: Actor, source: Document, title: str, *, now: datetime) -> Document:
    """A new document of the person's centre with the same words and, as far as they may still be chosen, the same
    records. Raises Invalid, Forbidden."""
    values = dict(versions.snapshot(source), title=title)
    usable = choosing.usable(session, scope, values, kst_today(now))
    return create(session, scope, actor, kind_of(source), values | usable, now=now)


def restore(
    session: Session, scope: Scope, actor: Actor, document: Document, number: int, *, version: int | None,
    now: datetime,
) -> None:
    """Make the document what it was in version ``number``; that is a version of its own, so it can be undone, too.
    Records that may no longer be chosen are left out. Raises NotFound, StaleEdit, Invalid."""
    values = versions.get(session, document, number).content
    usable = choosing.usable(session, scope, values, kst_today(now), kept=chosen(document))
    edit(session, scope, actor, document, {**values, **usable}, version=version, now=now)


def sketch(
    session: Session, scope: Scope, kind: Kind, document: Document | None, values: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """What ``versions.snapshot`` would say of the document if ``values`` were saved; something stands in for a title
    that is not written yet. Raises Invalid."""
    values = {**values, "title": values.get("title") or NO_TITLE}
    made = _blank(kind, scope, None, now)
    if document is not None:
        for records in ("cases", "programmes", "organisations"):
            setattr(made, records, list(getattr(document, records)))
    with session.no_autoflush:
        _write(session, scope, made, values, now)
        told = versions.snapshot(made)
        for records in ("cases", "programmes", "organisations"):
            setattr(made, records, [])
    return told


def _blank(kind: Kind, scope: Scope, author_id: int | None, now: datetime) -> Document:
    return Document(
        kind=kind.name, centre_id=scope.centre_id, author_id=author_id, title="", subtitle="", style=Style.CALM.value,
        texts=kind.opening(), order={}, created_at=now, updated_at=now,
    )


def _write(
    session: Session, scope: Scope, document: Document, values: Mapping[str, Any], now: datetime
) -> dict[str, tuple[Any, Any]]:
    if not (values.get("title", document.title) or "").strip():
        raise Invalid("제목을 적어 주세요.", fields={"title": "제목을 적어 주세요."})
    kind = kind_of(document)
    plain = {field: values[field] for field in FIELDS if field in values}
    if "style" in plain and plain["style"] not in {style.value for style in Style}:
        raise Invalid("모양을 목록에서 골라 주세요.", fields={"style": "목록에서 골라 주세요."})
    if "texts" in plain:
        plain["texts"] = {name: text for name, text in plain["texts"].items() if name in kind.slot_names and text}
    changes = audit.apply_changes(document, plain)
    if "texts" in changes:
        changes["texts"] = (None, "고침")
    return changes | choosing.choose(session, scope, document, kind, values, kst_today(now))
