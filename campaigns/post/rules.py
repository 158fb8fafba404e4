"""Letters by post: states, the code that knows a letter again, where the address stands, label sheets.

Lengths are millimetres.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from html import escape, unescape
from typing import Any, NamedTuple

from campaigns.mailings.content import FIELDS, PersonalField
from outreach.wording import Text


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


#: Letters of one run: what one person hands over at a counter, and what is drawn within a few seconds.
MAX_LETTERS = 3_000
MAX_PAGES = 2  # one sheet, both sides
#: Where rendered letters lie below the data folder.
FOLDER = "post"


class RunState(str, enum.Enum):
    DRAFT = "draft"
    REVIEW = "review"  # recipients and text are frozen; a second person is to approve
    MADE = "made"  # may be printed
    POSTED = "posted"


RUN_LABELS = {
    RunState.DRAFT: _("준비 중"), RunState.REVIEW: _("승인 대기"), RunState.MADE: _("만듦"),
    RunState.POSTED: _("발송함"),
}
#: Recipients and text are frozen, and nothing has left.
FROZEN = frozenset({RunState.REVIEW, RunState.MADE})


class ItemState(str, enum.Enum):
    MADE = "made"
    POSTED = "posted"
    RETURNED = "returned"
    ANSWERED = "answered"


ITEM_LABELS = {
    ItemState.MADE: _("만듦"), ItemState.POSTED: _("발송함"), ItemState.RETURNED: _("되돌아옴"),
    ItemState.ANSWERED: _("응답함"),
}
#: A letter may come back after someone has answered it, and someone may answer one that came back (it was forwarded).
MOVES = {
    ItemState.MADE: {ItemState.POSTED, ItemState.RETURNED, ItemState.ANSWERED},
    ItemState.POSTED: {ItemState.RETURNED, ItemState.ANSWERED},
    ItemState.RETURNED: {ItemState.MADE, ItemState.POSTED, ItemState.ANSWERED},
    ItemState.ANSWERED: {ItemState.RETURNED},
}


class ReturnReason(str, enum.Enum):
    """Why a letter came back, as the carrier's sticker says."""

    NOBODY = "nobody"
    MOVED = "moved"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    OTHER = "other"


REASON_LABELS = {
    ReturnReason.NOBODY: _("수취인 없음"), ReturnReason.MOVED: _("이사"), ReturnReason.UNKNOWN: _("주소 불명"),
    ReturnReason.REFUSED: _("수취 거절"), ReturnReason.OTHER: _("기타"),
}
#: These say that the address is wrong.
BAD_ADDRESS = (ReturnReason.NOBODY, ReturnReason.MOVED, ReturnReason.UNKNOWN)


class Objection(str, enum.Enum):
    """How we know that a company wants no letters."""

    ASKED = "asked"
    REFUSED = "refused"


OBJECTION_LABELS = {Objection.ASKED: _("우편 수신거부"), Objection.REFUSED: _("우편 수취 거절")}


class Exclusion(str, enum.Enum):
    """Why a workplace that can't be mailed gets no letter either; the first that applies counts."""

    OBJECTED = "objected"
    NO_ADDRESS = "no_address"
    NO_POSTCODE = "no_postcode"
    CAME_BACK = "came_back"
    ALREADY = "already"
    TOO_OFTEN = "too_often"
    SAME_PLACE = "same_place"


EXCLUSION_LABELS = {
    Exclusion.OBJECTED: _("수신거부"), Exclusion.NO_ADDRESS: _("주소 없음"), Exclusion.NO_POSTCODE: _("우편번호 없음"),
    Exclusion.CAME_BACK: _("되돌아온 주소"), Exclusion.ALREADY: _("이미 보냄"),
    Exclusion.TOO_OFTEN: _("발송 횟수 한도"), Exclusion.SAME_PLACE: _("같은 기업·같은 주소"),
}
EXCLUSION_HINTS = {
    Exclusion.OBJECTED: _("메일이나 우편을 받지 않겠다고 한 기업입니다. 방법을 바꾸어 보내지 않습니다."),
    Exclusion.NO_ADDRESS: _("사업장에 우편 주소가 없습니다."),
    Exclusion.NO_POSTCODE: _("다섯 자리 우편번호가 없어 분류할 수 없습니다."),
    Exclusion.CAME_BACK: _("전에 보낸 편지가 되돌아온 뒤 주소를 고치지 않았습니다."),
    Exclusion.ALREADY: _("이 캠페인에서 이미 편지를 보냈거나, 다른 캠페인에서 며칠 안에 보냈습니다."),
    Exclusion.TOO_OFTEN: _("모든 캠페인의 메일과 우편을 합해 한 기업에 보낼 수 있는 횟수를 이미 채웠습니다."),
    Exclusion.SAME_PLACE: _("한 기업의 여러 사업장이 같은 주소를 쓰면 한 통만 보냅니다."),
}


class Numbers(NamedTuple):
    """``matched`` workplaces have no usable e-mail address; ``letters`` are written, to ``companies``; ``excluded``
    says why the others get none. matched == letters + sum(excluded.values())."""

    matched: int
    letters: int
    companies: int
    excluded: dict[Exclusion, int]


# -- the code on a letter ---------------------------------------------------------------------------------

_CODE = re.compile(r"\d{12}")
_MARKS = re.compile(r"[\s\-–]+")


def letter_code(run_id: int, position: int) -> str:
    """Twelve digits: the run, the letter's place in it, and two check digits (ISO 7064, MOD 97-10), which catch every
    single wrong digit and every two that changed places. Raises ValueError beyond five digits of either."""
    if not (0 < run_id < 100_000 and 0 < position < 100_000):
        raise ValueError("run and position have at most five digits")
    body = f"{run_id:05}{position:05}"
    return f"{body}{98 - int(body) * 100 % 97:02}"


def read_code(text: str) -> str | None:
    """The code as typed or scanned, marks and spaces aside; None: not one of our codes."""
    digits = _MARKS.sub("", text)
    return digits if _CODE.fullmatch(digits) and digits.isascii() and int(digits) % 97 == 1 else None


def shown_code(code: str) -> str:
    """``00012-00345-67``."""
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"


# -- where the address stands ---------------------------------------------------------------------------------

PAPER = (210.0, 297.0)
FOLDS = (99.0, 198.0)  # a sheet folded twice, the address outside
SMALLEST_WINDOW = (60.0, 30.0)
#: An envelope of the standard rate (규격우편물): width and height, from and to (docs/decisions/0028).
STANDARD_SIZE = ((140.0, 235.0), (90.0, 130.0))
HEAD = (29.0, 102.0)  # between the letterhead's rule and its subject nothing stands but the address and the sender


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height


@dataclass(frozen=True, slots=True)
class Window:
    """An envelope with a window: its own size, the window's, and how far the window is from the envelope's left and
    lower edge. There is no one Korean standard for windows (docs/decisions/0028): measure the envelope at hand."""

    envelope_width: float = 220.0
    envelope_height: float = 105.0
    width: float = 90.0
    height: float = 45.0
    left: float = 20.0
    bottom: float = 15.0

    def to_json(self) -> dict[str, float]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Window:
        """What was stored; a missing measure keeps its default."""
        return cls(**{field.name: float(data[field.name]) for field in fields(cls) if field.name in data})

    @property
    def slack(self) -> tuple[float, float]:
        """How far the folded sheet can slide in the envelope, sideways and up."""
        return max(0.0, self.envelope_width - PAPER[0]), max(0.0, self.envelope_height - FOLDS[0])

    @property
    def seen(self) -> Box:
        """The part of the sheet that may be seen, wherever the sheet has slid to."""
        aside, up = self.slack
        top = FOLDS[0] - self.bottom - self.height
        return Box(self.left - aside, top, self.width + aside, self.height + up)

    @property
    def shown(self) -> Box:
        """The part that is always seen: the address stands in it."""
        aside, up = self.slack
        top = FOLDS[0] - self.bottom - self.height
        return Box(self.left, top + up, self.width - aside, self.height - up)

    def notice(self) -> str:
        """What the post office will say of the envelope; '' if nothing."""
        (narrow, wide), (low, high) = STANDARD_SIZE
        if narrow <= self.envelope_width <= wide and low <= self.envelope_height <= high:
            return ""
        return _(
            "규격봉투(가로 140~235mm, 세로 90~130mm)가 아니어서 규격외 요금을 낼 수 있습니다. 우체국에 확인하세요."
        )

    def problem(self) -> str:
        """Why no address can stand in this window; '' if one can."""
        shown = self.shown
        if self.envelope_width < PAPER[0] or self.envelope_height < FOLDS[0]:
            return _("두 번 접은 A4 용지(210×99mm)가 들어가는 봉투여야 합니다.")
        if self.left + self.width > self.envelope_width or self.bottom + self.height > self.envelope_height:
            return _("창이 봉투 밖으로 나갑니다. 크기와 위치를 다시 재어 주세요.")
        if shown.width < SMALLEST_WINDOW[0] or shown.height < SMALLEST_WINDOW[1]:
            return _("종이가 움직일 때에도 주소가 다 보이기에는 창이 좁습니다(60×30mm 이상 필요).")
        if self.seen.y < HEAD[0] or self.seen.y + self.seen.height > HEAD[1]:
            return _("창이 너무 위나 아래에 있어 기관 이름이나 제목이 함께 보입니다.")
        return ""


# -- labels ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """An A4 sheet of labels: distance of the first label from the paper's edges, a label's size, and the distance from
    one label's edge to the next one's."""

    name: str
    columns: int
    rows: int
    left: float
    top: float
    width: float
    height: float
    pitch_x: float
    pitch_y: float

    @property
    def count(self) -> int:
        return self.columns * self.rows

    def place(self, number: int) -> tuple[float, float]:
        """The upper left corner of label ``number`` (from 0), row by row."""
        row, column = divmod(number, self.columns)
        return self.left + column * self.pitch_x, self.top + row * self.pitch_y


#: Address labels sold everywhere. Counts and label sizes agree in several independent lists; the margins in two, of
#: which one cites the maker's manual; a third centres the labels (docs/decisions/0028). Hence the sheet to try and the
#: shift.
LABEL_SHEETS = {
    sheet.name: sheet for sheet in (
        LabelSheet("LS-3106", 3, 8, 6.5, 12.5, 64.0, 33.9, 66.5, 33.9),
        LabelSheet("LS-3107", 2, 8, 4.7, 14.2, 99.1, 33.9, 101.6, 33.9),
        LabelSheet("LS-3108", 2, 7, 5.0, 13.8, 99.1, 38.1, 101.6, 38.1),
        LabelSheet("LS-3109", 2, 9, 3.7, 13.5, 100.0, 29.9, 102.5, 29.9),
    )
}
MAX_SHIFT = 10.0


def sheet_label(sheet: LabelSheet) -> Text:
    """The stock in words: ``폼텍 LS-3108 · 14칸 (99.1×38.1mm)``."""
    return Text(
        "폼텍 %(name)s · %(count)s칸 (%(width)s×%(height)smm)",
        name=sheet.name, count=sheet.count, width=f"{sheet.width:g}", height=f"{sheet.height:g}",
    )


# -- what a letter calls its reader -------------------------------------------------------------------------

#: Stand in the salutation, which is drawn on each letter.
SALUTATION_FIELDS = ("회사명", "담당자")
#: Stand in the text: those of a mail, and these. Each letter is then rendered by itself.
TEXT_FIELDS = {
    **FIELDS, "기업명": _("회사 이름"), "지역": _("사업장이 있는 시·도와 시·군·구"), "업종": _("업종"),
}
NOBODY = "인사·노무 담당자"
_FIELD = re.compile(r"\{\{\s*([^{}|]+?)\s*(?:\|([^{}]*))?\}\}")


def fields_of(text: str) -> list[PersonalField]:
    """The fields in ``{{…}}``, known or not, in their order."""
    return [PersonalField(found[1], found[2]) for found in _FIELD.finditer(text)]


def unknown_fields(text: str, allowed: Collection[str] = ()) -> list[str]:
    """The names in ``{{…}}`` that are none of ``allowed``."""
    return [field.name for field in fields_of(text) if field.name not in allowed]


def filled(html: str, values: Mapping[str, str]) -> str:
    """A text with its fields filled in: ``values`` by slot (campaigns.mailings.content.PersonalField)."""
    def value(found: re.Match[str]) -> str:
        return escape(values.get(PersonalField(found[1], found[2] and unescape(found[2])).slot, ""))

    return _FIELD.sub(value, html)


def salutation(text: str, company: str, person: str) -> str:
    """The salutation of one letter: a person nobody knows is addressed by the post."""
    values = {"회사명": company, "담당자": person or NOBODY}
    return " ".join(_FIELD.sub(lambda found: values.get(found[1], ""), text).split())


def prefix(postcode: str) -> str:
    """By what letters are bundled: the first three digits of a postcode stand for the province and the district
    (국가기초구역번호)."""
    return postcode[:3]
