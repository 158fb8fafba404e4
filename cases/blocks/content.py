"""Blocks as plain data: a dict with ``kind`` and that kind's own keys. No input or output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from outreach.errors import Invalid
from outreach.wording import Text

MAX_BLOCKS = 40
MAX_TEXT = 5_000

Block = dict[str, Any]
#: Block kind -> its keys, with whether each must be filled. A key that ends in ``_id`` names a row.
Kinds = Mapping[str, Mapping[str, bool]]


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


KINDS: dict[str, dict[str, bool]] = {
    "heading": {"text": True},
    "text": {"text": True},
    "figure": {"value": True, "unit": False, "label": True, "source": False},
    "quote": {"text": True, "speaker": False},
    "case": {"case_id": True},
    "programme": {"version_id": True},
    "picture": {"upload_id": True, "alt": True},
}

KIND_LABELS = {
    "heading": _("제목"), "text": _("본문"), "figure": _("숫자"), "quote": _("인용문"), "case": _("우수사례 카드"),
    "programme": _("제도 카드"), "picture": _("그림"),
}


def clean_blocks(blocks: Any, kinds: Kinds = KINDS, labels: Mapping[str, str] = KIND_LABELS) -> list[Block]:
    """The blocks with known keys only, texts stripped. Raises Invalid naming the block by its place."""
    if not isinstance(blocks, list) or len(blocks) > MAX_BLOCKS:
        message = Text("블록은 %(limit)s개까지 넣을 수 있습니다.", limit=MAX_BLOCKS)
        raise Invalid(message, fields={"blocks": "목록이 아니거나 너무 많음"})
    return [_clean_block(block, place, kinds, labels) for place, block in enumerate(blocks, start=1)]


def _clean_block(block: Any, place: int, kinds: Kinds, labels: Mapping[str, str]) -> Block:
    if not isinstance(block, dict) or block.get("kind") not in kinds:
        message = Text("%(place)s번째 블록의 종류를 알 수 없습니다.", place=place)
        raise Invalid(message, fields={f"blocks[{place - 1}]": "종류"})
    kind = block["kind"]
    clean: Block = {"kind": kind}
    for key in kinds[kind]:
        read = _row_id if key.endswith("_id") else _text
        clean[key] = read(block.get(key), labels[kind], key, place)
    return clean


#: str.isdigit also takes '²', which int refuses.
_ROW_ID = re.compile(r"[0-9]{1,19}")


def _row_id(value: Any, label: str, key: str, place: int) -> int | None:
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not _ROW_ID.fullmatch(str(value)) or int(value) >= 2**63:
        message = Text("%(place)s번째 블록(%(kind)s)의 선택이 올바르지 않습니다.", place=place, kind=Text(label))
        raise Invalid(message, fields={f"blocks[{place - 1}].{key}": "번호"})
    return int(value)


def _text(value: Any, label: str, key: str, place: int) -> str:
    text = "" if value is None else str(value).replace("\r\n", "\n").strip()
    if len(text) > MAX_TEXT:
        message = Text(
            "%(place)s번째 블록(%(kind)s)이 너무 깁니다(%(limit)s자까지).",
            place=place, kind=Text(label), limit=f"{MAX_TEXT:,}",
        )
        raise Invalid(message, fields={f"blocks[{place - 1}].{key}": "길이"})
    return text
