"""What a mailing is made of: blocks, personal fields, links. Plain data and checks, no input or output.

A block is a dict with ``kind`` and that kind's own keys (:data:`KINDS`). Texts may hold personal fields
``{{회사명}}``; ``{{담당자|인사담당자}}`` says what stands there when the value is unknown.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.mailings.rules import ADVERTISING_LABEL, MessageClass
from cases.blocks import content as shared
from outreach.errors import Invalid
from outreach.wording import Text


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


#: Personal fields: the name in the text -> what it is, for the editor's list.
FIELDS = {
    "회사명": "회사 이름",
    "사업장명": "사업장 이름(없으면 회사 이름)",
    "담당자": "담당자 이름",
    "직위": "담당자 직위",
    "시도": "사업장이 있는 시·도",
    "시군구": "사업장이 있는 시·군·구",
    "센터": "담당 고용센터",
}

#: What a mail is made of: what every page can hold (cases.blocks), buttons, and who writes.
KINDS: dict[str, dict[str, bool]] = {
    **shared.KINDS,
    "button": {"label": True, "target": True, "url": False, "material_id": False},
    "contact": {"text": False},
}

KIND_LABELS = {**shared.KIND_LABELS, "button": _("버튼"), "contact": _("문의처")}

#: Where a button leads.
TARGETS = {"form": "상담 신청 화면", "material": "홍보물", "url": "다른 주소"}

FIELD = re.compile(r"\{\{([^{}|]{1,30})(?:\|([^{}|]{0,40}))?\}\}")
WEB_ADDRESS = re.compile(r"https?://[^\s<>\"'{}]{3,900}")

#: Fields the compiler fills itself; a writer may not use them.
FORM, UNSUBSCRIBE = "form", "unsubscribe"
#: The link no person sees, and the picture that tells of opening (docs/decisions/0016-click-verdicts.md).
TRAP, PIXEL = "trap", "pixel"


def link_field(position: int) -> str:
    return f"link{position}"


def slot(name: str) -> str:
    """How a field stands in a template."""
    return "{{" + name + "}}"


def clean_blocks(blocks: Any) -> list[dict[str, Any]]:
    """See cases.blocks.content.clean_blocks; a mail has kinds of its own besides."""
    return shared.clean_blocks(blocks, KINDS, KIND_LABELS)


class Problem(Text):
    """What stands in the way, in words. ``at`` names the editor's field that mends it ('' if none does), ``gate``
    the legal gate (campaigns.mailings.gates) and ``article`` its article; '' where it is none."""

    at: str
    gate: str
    article: str

    def __new__(cls, message: str, at: str = "", gate: str = "", article: str = "") -> Problem:
        text = Text(message)
        made = str.__new__(cls, text)
        made.template, made.values, made.at, made.gate, made.article = text.template, text.values, at, gate, article
        return made


def unfinished(blocks: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """What is still missing before the blocks can be sent; empty if nothing."""
    problems = [
        _of_block(place, Text(
            "%(place)s번째 블록(%(kind)s)이 비어 있습니다.", place=place, kind=Text(KIND_LABELS[block["kind"]])
        ))
        for place, block in enumerate(blocks, start=1)
        if any(needed and not block.get(key) for key, needed in KINDS[block["kind"]].items())
    ]
    for place, block in enumerate(blocks, start=1):
        if block["kind"] != "button":
            continue
        if block["target"] == "url" and not WEB_ADDRESS.fullmatch(block.get("url") or ""):
            text = Text("%(place)s번째 블록(버튼)의 주소는 https://로 시작해야 합니다.", place=place)
            problems.append(_of_block(place, text))
        if block["target"] == "material" and not block.get("material_id"):
            text = Text("%(place)s번째 블록(버튼)에 연결할 홍보물을 골라 주세요.", place=place)
            problems.append(_of_block(place, text))
    if not blocks:
        problems.append(Problem(Text("내용이 없습니다. 블록을 하나 이상 넣어 주세요."), "blocks"))
    return problems


def _of_block(place: int, text: Text) -> Problem:
    """A problem of the block at ``place``, counted from 1; the editor numbers its cards from 0."""
    return Problem(text, f"blocks-{place - 1}-card")


@dataclass(frozen=True, slots=True)
class PersonalField:
    """A use of a personal field: its name and what stands there when the value is unknown (None: nothing
    may, the recipient must have a value). ``slot`` is its name in the compiled template."""

    name: str
    fallback: str | None

    @property
    def slot(self) -> str:
        return self.name if self.fallback is None else f"{self.name}|{self.fallback}"


def personal_fields(texts: Iterable[str]) -> list[PersonalField]:
    """The personal fields used in ``texts``, each once. Raises Invalid naming an unknown one."""
    found: dict[str, PersonalField] = {}
    for text in texts:
        for match in FIELD.finditer(text):
            field = PersonalField(match[1].strip(), match[2])
            if field.name not in FIELDS:
                message = Text(
                    "'{{%(field)s}}'은(는) 없는 개인화 항목입니다. 쓸 수 있는 항목: %(fields)s",
                    field=match[1], fields=", ".join(FIELDS),
                )
                raise Invalid(message, fields={"blocks": match[0]})
            found[field.slot] = field
    return list(found.values())


def labelled_subject(subject: str, message_class: MessageClass) -> str:
    """The subject as sent: 광고 begins with exactly `(광고)` (정보통신망법 제50조 제4항, 시행령 별표 6)."""
    subject = subject.strip()
    if message_class is MessageClass.ADVERTISING and not subject.startswith(ADVERTISING_LABEL):
        return f"{ADVERTISING_LABEL} {subject}"
    return subject


def content_hash(parts: Mapping[str, Any]) -> str:
    """A fingerprint of everything an approval covers."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
