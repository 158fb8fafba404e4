"""Kinds and states of materials."""

from __future__ import annotations

import enum


class MaterialKind(str, enum.Enum):
    CASE_SHEET = "case_sheet"
    BROCHURE = "brochure"


KIND_LABELS = {MaterialKind.CASE_SHEET: "우수사례집(2쪽)", MaterialKind.BROCHURE: "안내 책자"}


class EditionState(str, enum.Enum):
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STATE_LABELS = {
    EditionState.RENDERING: "만드는 중",
    EditionState.READY: "검토 전",
    EditionState.FAILED: "만들지 못함",
    EditionState.PUBLISHED: "게시",
    EditionState.WITHDRAWN: "배포 중단",
}


class Way(str, enum.Enum):
    """How a download was made."""

    PORTAL = "portal"
    STAFF = "staff"
    API = "api"
    LINK = "link"
