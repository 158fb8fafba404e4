"""Rights to a picture: what kind it is, whether the people in it agreed, and what keeps it from being shown."""

from __future__ import annotations

import enum
from datetime import date
from typing import Any, Protocol

from outreach.wording import Text


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class PhotoKind(str, enum.Enum):
    SCENE = "scene"
    PEOPLE = "people"
    PRODUCT = "product"
    DOCUMENT = "document"


PHOTO_KINDS = {
    PhotoKind.SCENE: _("일하는 모습"),
    PhotoKind.PEOPLE: _("사람"),
    PhotoKind.PRODUCT: _("제품과 시설"),
    PhotoKind.DOCUMENT: _("문서와 게시물"),
}


class Portrait(str, enum.Enum):
    """Whether people can be recognised in a picture, and whether they agreed to be shown (초상권)."""

    UNKNOWN = "unknown"
    NOBODY = "nobody"
    CONSENTED = "consented"
    REFUSED = "refused"


PORTRAITS = {
    Portrait.UNKNOWN: _("아직 확인하지 않음"),
    Portrait.NOBODY: _("알아볼 수 있는 사람이 없음"),
    Portrait.CONSENTED: _("찍힌 사람이 모두 동의함"),
    Portrait.REFUSED: _("동의하지 않은 사람이 있음"),
}


class Rights(Protocol):
    """A picture, as far as the rules look at it."""

    caption: Any
    rights_holder: Any
    portrait: Any
    portrait_evidence: Any
    evidence_id: Any
    rights_until: Any


def photo_problems(photo: Rights, day: date | None) -> list[str]:
    """What keeps the picture from being shown on ``day`` (None: on whatever day)."""
    problems: list[str] = []
    if not photo.caption:
        problems.append(Text("사진이 무엇을 보여 주는지 적어 주세요."))
    if not photo.rights_holder:
        problems.append(Text("사진의 저작권자를 적어 주세요."))
    if photo.portrait is Portrait.UNKNOWN:
        problems.append(Text("사진에 찍힌 사람이 있는지, 동의했는지 확인해 주세요."))
    elif photo.portrait is Portrait.REFUSED:
        problems.append(Text("동의하지 않은 사람이 찍혀 있어 쓸 수 없습니다."))
    elif photo.portrait is Portrait.CONSENTED and not (photo.portrait_evidence or photo.evidence_id):
        problems.append(Text("초상 동의의 증빙을 적거나 올려 주세요."))
    if day is not None and photo.rights_until and photo.rights_until < day:
        problems.append(Text("사진을 쓸 수 있는 기간이 끝났습니다(%(day)s까지).", day=f"{photo.rights_until:%Y-%m-%d}"))
    return problems
