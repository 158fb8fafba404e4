"""The table card (탁상 안내판): one sheet A4 that an office prints, folds three times and stands on a counter.

Seen from the top of the sheet: a face upside down (120 mm), a face (120 mm), the base (47 mm), a tab to glue (10 mm).
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.documents.kinds.base import Chosen, Kind, Paper, Room, Slot, Words, entries, imprint, programme_cards
from cases.sheets.content import ProgrammeCard
from cases.sheets.service import Issue, Pictures
from outreach.pdf.options import RenderOptions

LIMITS = {"cases": (0, 0), "programmes": (0, 2), "organisations": (0, 3)}
POINTS = 3


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True, kw_only=True)
class TableCard(Paper):
    """A card with two faces, the QR code large on both.

    The front says ``title``; the back asks by ``back_title`` and ``points`` and names ``programmes``. With neither,
    both faces are the front. ``call`` says what to do with the code.
    """

    NAME = _("탁상 안내판")
    COUNTS = {"points": (0, POINTS), "programmes": LIMITS["programmes"], "partners": LIMITS["organisations"]}

    call: str
    back_title: str = ""
    points: tuple[str, ...] = ()
    programmes: tuple[ProgrammeCard, ...] = ()

    @property
    def two_sided(self) -> bool:
        """Whether the back says something of its own."""
        return bool(self.points or self.programmes)


SLOTS: tuple[Slot, ...] = (
    Slot("call", _("QR 코드 옆 한마디"), Room.LINE, 30, True, "휴대전화로 비추면 상담을 신청할 수 있습니다",
         box="QR 주소"),
    Slot("back_title", _("제목"), Room.LINE, 30, False, "이런 고민이 있다면 물어보세요", _("뒷면")),
    Slot("points", _("고민(세 줄까지)"), Room.LIST, 120, False,
         "육아휴직을 쓰겠다는 직원이 있는데 대신할 사람이 없다\n아이 때문에 그만두려는 직원을 붙잡고 싶다", _("뒷면")),
    Slot("sources", _("출처"), Room.LIST, 160, box="출처와 펴낸곳"),
)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> TableCard:
    """A card as its two faces say it."""
    texts = words.texts
    return TableCard(
        **imprint(words, chosen, issue, pictures), call=texts.get("call", ""), back_title=texts.get("back_title", ""),
        points=entries(texts.get("points", "")), programmes=programme_cards(chosen),
    )


KIND = Kind(
    name="table_card", label=_("탁상 안내판"),
    about=_("A4 한 장을 접어 창구에 세우는 양면 안내판. 두꺼운 종이에 인쇄해 점선대로 접습니다."),
    slots=SLOTS, limits=LIMITS, compose=compose, template="pdf/table_card/table_card.html",
    options=lambda card: RenderOptions(pages=1),
)
