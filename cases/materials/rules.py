"""Kinds and states of materials."""

from __future__ import annotations

import enum

from cases.documents.kinds import KINDS


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


CASE_SHEET = "case_sheet"

#: Every kind of material: the sheet of a case, and the kinds of documents.
KIND_LABELS: dict[str, str] = {CASE_SHEET: _("우수사례집(2쪽)")} | {name: kind.label for name, kind in KINDS.items()}


class EditionState(str, enum.Enum):
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"


STATE_LABELS = {
    EditionState.RENDERING: _("만드는 중"),
    EditionState.READY: _("검토 전"),
    EditionState.FAILED: _("만들지 못함"),
    EditionState.PUBLISHED: _("게시"),
    EditionState.WITHDRAWN: _("배포 중단"),
    EditionState.RETURNED: _("돌려보냄"),
}


class Way(str, enum.Enum):
    """How a download was made."""

    PORTAL = "portal"
    STAFF = "staff"
    API = "api"
    LINK = "link"


MOVES: dict[EditionState, frozenset[EditionState]] = {
    EditionState.RENDERING: frozenset({EditionState.READY, EditionState.FAILED}),
    EditionState.FAILED: frozenset({EditionState.RENDERING, EditionState.READY}),
    EditionState.READY: frozenset({EditionState.PUBLISHED, EditionState.RETURNED}),
    EditionState.PUBLISHED: frozenset({EditionState.WITHDRAWN}),
    EditionState.WITHDRAWN: frozenset(),
    EditionState.RETURNED: frozenset(),
}

#: Editions whose file is there and right.
FINISHED = frozenset({EditionState.READY, EditionState.PUBLISHED, EditionState.WITHDRAWN, EditionState.RETURNED})

WAY_LABELS = {Way.PORTAL: _("협력기관"), Way.STAFF: _("직원"), Way.API: _("API"), Way.LINK: _("공개 링크")}


def counts_as_download(method: str, status: int, range_start: int | None) -> bool:
    """Whether a request that was answered is a download: a GET that got the file from its first byte on. A
    viewer fetches the rest in further ranges; a check for change (304) fetches nothing.

    :param range_start: first byte asked for; None without a Range header (RFC 9110 §14).
    """
    return method == "GET" and status in (200, 206) and range_start in (None, 0)
