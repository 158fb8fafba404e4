"""The poster (포스터), to be read from three metres: one sentence, one figure or picture, one QR code, one number.

One layout for A3 and A2: all sizes are in ``rem``, and one rem is a 297th of the paper's width.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cases.documents.kinds.base import Chosen, Kind, Paper, Room, Slot, Words, figure_slots, figures, imprint
from cases.documents.kinds.charts import chart_slots, charts_of
from cases.library.models import Case
from cases.sheets import service as sheets
from cases.sheets.content import Figure, Picture, ProgrammeCard
from cases.sheets.service import Issue, Pictures
from outreach.pdf.options import RenderOptions

LIMITS = {"cases": (0, 1), "programmes": (0, 1), "organisations": (0, 6)}
_COLUMNS = 297


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True)
class Sheet:
    """A sheet, upright; sides in mm."""

    width: int
    height: int

    @property
    def unit(self) -> float:
        """One rem of the layout, in mm."""
        return round(self.width / _COLUMNS, 5)


A3, A2 = Sheet(297, 420), Sheet(420, 594)


@dataclass(frozen=True, kw_only=True)
class Poster(Paper):
    """A poster of one campaign.

    The eye is caught by ``picture`` (``caption`` says whose), else by the chart, else by ``figure``, else by the
    style's drawing. ``programme`` is the row the figure was taken from, so that its source and standing are printed.
    ``call`` is the one thing asked of the reader.
    """

    NAME = _("포스터")
    COUNTS = {"charts": (0, 1)}

    call: str
    picture: Picture | None = None
    caption: str = ""
    figure: Figure | None = None
    programme: ProgrammeCard | None = None
    paper: Sheet = A3

    @property
    def hero(self) -> str:
        """What catches the eye: ``picture``, ``chart``, ``figure`` or ``art``."""
        if self.picture:
            return "picture"
        return "chart" if self.charts else "figure" if self.figure else "art"


SLOTS: tuple[Slot, ...] = (
    Slot("call", _("권하는 한마디"), Room.LINE, 30, True, "전화 한 통이면 시작됩니다", box="문의"),
    *figure_slots(1, box="숫자"),
    *chart_slots(1, box="차트"),
    Slot("sources", _("출처"), Room.LIST, 160, box="출처와 펴낸곳"),
)


def composed_on(paper: Sheet) -> Callable[[Words, Chosen, Issue, Pictures], Poster]:
    """How a poster on ``paper`` is made from words and records. The figure is the one written, else the first sum of
    the programme, else the case's outcome; it is printed where the case has no photograph."""

    def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Poster:
        texts = words.texts
        case = chosen.cases[0] if chosen.cases else None
        programme = sheets.programme_card(chosen.programmes[0]) if chosen.programmes else None
        written = next(iter(figures(texts, 1)), None)
        picture = sheets.photo(case, pictures, issue.day) if case else None
        return Poster(
            **imprint(words, chosen, issue, pictures), call=texts.get("call", ""), picture=picture,
            caption=f"{case.display_name}, {case.headline}" if case and picture else "", charts=charts_of(texts),
            figure=written or sum_of(programme) or _outcome(case), programme=None if written else programme,
            paper=paper,
        )

    return compose


def sum_of(programme: ProgrammeCard | None) -> Figure | None:
    """A programme's first sum, with its name and when it applies; a right without a sum shows its length, else its
    name."""
    if programme is None:
        return None
    if not programme.amounts:
        length = programme.period.partition("(")[0].strip()
        return Figure(programme.name, length) if length else Figure(programme.payee, programme.name)
    amount = programme.amounts[0]
    label = f"{programme.name}({amount.label})" if amount.label else programme.name
    return Figure(label, amount.value, amount.unit)


def _outcome(case: Case | None) -> Figure | None:
    if case is None or not case.figures:
        return None
    figure = sheets.figure(case.figures[0])
    return Figure(f"{case.display_name}, {figure.label}", figure.value, figure.unit, figure.before, figure.source)


KIND = Kind(
    name="poster_a3", label=_("포스터(A3)"),
    about=_("A3 한 장. 3미터 밖에서 읽히는 한 문장, 사진이나 숫자 하나, QR 코드와 전화번호만 담습니다."),
    slots=SLOTS, limits=LIMITS, compose=composed_on(A3), template="pdf/poster/poster.html",
    options=lambda poster: RenderOptions(pages=1),
)
