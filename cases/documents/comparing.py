"""Two versions of a document side by side: which places differ, and in which words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.documents.kinds.base import Kind, labelled

#: Words, and what stands between them, so that the pieces together are the text again; of lists of records, lines.
_PIECES, _LINES = re.compile(r"\s+|[^\s]+"), re.compile(r"\n|[^\n]+")
_RECORDS = (("organisation_ids", "협력기관"), ("case_ids", "사례"), ("programme_ids", "지원제도"))


@dataclass(frozen=True)
class Piece:
    """A stretch of text; ``changed``: it stands only on this side."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Difference:
    """A place of the document that differs, with what it said before and says after."""

    label: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def differences(
    kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]
) -> list[Difference]:
    """The places that differ, in the order of the editor.

    :param before: a version's content; ``after``: another's.
    :param names: for ``case_ids``, ``programme_ids``, ``organisation_ids``: what each row is called.
    """
    return [
        Difference(label, *compared(old, new, _LINES if label in dict(_RECORDS).values() else _PIECES))
        for (label, old), (_label, new) in zip(_told(kind, before, names), _told(kind, after, names), strict=True)
        if old != new
    ]


def _told(kind: Kind, content: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]) -> Iterator[tuple[str, str]]:
    yield "제목", content.get("title", "")
    yield "부제목", content.get("subtitle", "")
    yield "모양", content.get("style", "")
    for key, label in _RECORDS:
        yield label, "\n".join(names.get(key, {}).get(row_id, f"#{row_id}") for row_id in content.get(key, []))
    for slot in kind.slots:
        yield labelled(slot), slot.shown(content.get("texts", {}).get(slot.name, ""))


def compared(
    before: str, after: str, pieces: re.Pattern[str] = _PIECES
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in ``pieces``; what stands on one side only is marked there."""
    old, new = pieces.findall(before), pieces.findall(after)
    left: list[Piece] = []
    right: list[Piece] = []
    for what, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        _add(left, old[i:j], what != "equal")
        _add(right, new[k:m], what != "equal")
    return tuple(left), tuple(right)


def _add(side: list[Piece], pieces: Sequence[str], changed: bool) -> None:
    if pieces:
        side.append(Piece("".join(pieces), changed))
