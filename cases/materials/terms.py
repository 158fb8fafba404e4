"""Under which licence a material is given out, and how a case's sheet looks: chosen once, for its next edition on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cases.documents.kinds.base import STYLE_LABELS, Style
from cases.materials.models import Edition, Material
from cases.sheets import licences
from cases.sheets.licences import Licence
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.errors import Conflict, Invalid
from outreach.wording import Text


def set_licence(
    session: Session, actor: Actor, material: Material, word: str | None, *, reason: str = "", now: datetime
) -> None:
    """Under which public licence (공공누리) the material is given out, from its next edition on; ``reason``: why under
    none. Raises Invalid."""
    reason = " ".join(reason.split())[:300]
    if word not in {licence.value for licence in Licence}:
        raise Invalid("이용 허락을 목록에서 골라 주세요.", fields={"licence": "목록에서 골라 주세요."})
    if word == Licence.NONE.value and not reason:
        raise Invalid("공공누리를 붙이지 않는 까닭을 적어 주세요.", fields={"reason": "적어 주세요."})
    before = licences.LABELS[material.licence] if material.licence_chosen else None
    changes = audit.apply_changes(material, {"licence": Licence(word), "unlicensed_for": "" if word else reason})
    if changes.pop("licence", None) or before is None:
        changes["licence"] = (before, licences.LABELS[material.licence])
    if before is None or changes:
        audit.record_change(session, actor, "material", material.id, "edit", changes, now=now)
    session.flush()


def set_style(session: Session, actor: Actor, material: Material, word: str, *, now: datetime) -> None:
    """How a case's sheet looks from its next edition on. Raises Invalid; Conflict for what is made of a document."""
    if material.case is None:
        raise Conflict("모양은 원고에서 고릅니다.")
    if word not in {style.value for style in Style}:
        raise Invalid("모양을 목록에서 골라 주세요.", fields={"style": "목록에서 골라 주세요."})
    if word != material.style:
        change = {"style": (STYLE_LABELS[Style(material.style)], STYLE_LABELS[Style(word)])}
        material.style = word
        audit.record_change(session, actor, "material", material.id, "edit", change, now=now)
    session.flush()


def licence_problem(edition: Edition) -> str:
    """What about its licence keeps the edition from being published: none chosen, or another printed than chosen; ''
    if nothing does."""
    material = edition.material
    if not material.licence_chosen:
        return Text(
            "이용 허락(공공누리)을 정하지 않아 게시할 수 없습니다. 유형을 고르거나, 붙이지 않는 까닭을 적어 주세요."
        )
    if edition.licence is None or edition.licence is material.licence:
        return ""
    return Text(
        "이 판에 찍힌 이용 허락은 ‘%(printed)s’인데 지금은 ‘%(chosen)s’로 정해져 있습니다. 새 판을 만들어 주세요.",
        printed=Text(licences.LABELS[edition.licence]), chosen=Text(licences.LABELS[material.licence]),
    )
