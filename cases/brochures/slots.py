"""The words of a brochure that a person writes: each slot's name, label, room and opening text.

A record keeps them by name (``texts``). Paragraphs are separated by an empty line, list entries by line ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from outreach.wording import Text

STEPS = FIGURES = 3


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class Room(str, Enum):
    """How a slot is written: one line, a text, or a list with one entry a line."""

    LINE = "line"
    TEXT = "text"
    LIST = "list"


@dataclass(frozen=True)
class Slot:
    """``limit`` in characters; ``opening``: what a new brochure begins with."""

    name: str
    label: str
    room: Room
    limit: int
    required: bool = False
    opening: str = ""


_STEP_OPENINGS = (
    ("전화로 듣습니다", "어떤 일이 걱정인지 10분쯤 이야기합니다. 아직 정해진 것이 없어도 괜찮습니다.", ""),
    ("찾아갑니다", "회사에서 일의 순서와 근무표를 함께 보고, 쓸 수 있는 제도를 고릅니다.", ""),
    ("끝까지 함께합니다", "대체인력 추천, 취업규칙, 지원금 신청까지 같은 사람이 돕습니다.", ""),
)


def _step_slots() -> tuple[Slot, ...]:
    slots: list[Slot] = []
    for number, (title, text, when) in enumerate(_STEP_OPENINGS, 1):
        slots += [
            Slot(f"step{number}_title", _("제목"), Room.LINE, 30, True, title),
            Slot(f"step{number}_when", _("때"), Room.LINE, 30, False, when),
            Slot(f"step{number}_text", _("설명"), Room.TEXT, 200, True, text),
        ]
    return tuple(slots)


def _figure_slots() -> tuple[Slot, ...]:
    labels = (("label", _("무엇"), 40), ("value", _("수"), 10), ("unit", _("단위"), 10), ("source", _("출처"), 80))
    return tuple(
        Slot(f"figure{number}_{key}", label, Room.LINE, limit)
        for number in range(1, FIGURES + 1) for key, label, limit in labels
    )


SLOTS: tuple[Slot, ...] = (
    Slot("why_title", _("취지 제목"), Room.LINE, 40, True, "한 사람의 육아가 회사의 걱정이 되지 않도록"),
    Slot("why_lead", _("취지 첫 문장"), Room.TEXT, 160, False, "먼저 해 본 이웃 회사의 이야기를 들어 보세요."),
    Slot("why_text", _("취지 본문"), Room.TEXT, 600),
    Slot("audience", _("이런 회사에 권합니다"), Room.LIST, 360, True,
         "육아휴직을 쓰겠다는 직원이 처음 나온 회사\n빈자리를 채울 사람을 찾지 못한 회사"),
    *_figure_slots(),
    *_step_slots(),
    Slot("apply_title", _("신청 제목"), Room.LINE, 40, True, "전화 한 통이면 시작됩니다"),
    Slot("apply_lead", _("신청 첫 문장"), Room.TEXT, 160, False,
         "무엇이 걱정인지만 알려 주세요. 상담과 방문은 무료입니다."),
    Slot("apply_text", _("신청 본문"), Room.TEXT, 400),
    Slot("checklist", _("있으면 좋은 것"), Room.LIST, 300, False,
         "사업자등록번호와 상시근로자 수\n지금 쓰는 취업규칙이나 근로계약서"),
    Slot("sources", _("출처"), Room.LIST, 400),
)
NAMES = frozenset(slot.name for slot in SLOTS)


def opening() -> dict[str, str]:
    """What a new brochure says before anyone has written."""
    return {slot.name: slot.opening for slot in SLOTS if slot.opening}


def missing(texts: Mapping[str, str]) -> list[str]:
    """Labels of required slots without words."""
    return [_labelled(slot) for slot in SLOTS if slot.required and not (texts.get(slot.name) or "").strip()]


def _labelled(slot: Slot) -> str:
    if slot.name.startswith("step"):
        return Text("이용 절차 %(step)s %(label)s", step=slot.name[4], label=Text(slot.label))
    return slot.label


def paragraphs(text: str) -> tuple[str, ...]:
    """``text`` cut at empty lines; single line ends are spaces."""
    return tuple(" ".join(part.split()) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def entries(text: str) -> tuple[str, ...]:
    """One entry a line."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
