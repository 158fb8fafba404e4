"""A notice of a briefing event (설명회 안내문): when, where, what happens, for whom, and how to come. One A4 page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from cases.documents.kinds.base import (
    Chosen,
    Kind,
    Paper,
    Room,
    Slot,
    Words,
    entries,
    imprint,
    paragraphs,
    programme_cards,
)
from cases.documents.kinds.charts import chart_slots, charts_of
from cases.sheets.content import Fact, ProgrammeCard
from cases.sheets.service import Issue, Pictures
from outreach.errors import Invalid
from outreach.pdf.options import RenderOptions
from outreach.pdf.templates import korean_date_with_weekday
from outreach.wording import Text

_DAY = re.compile(r"(\d{4})\.\s*(\d{1,2})\.\s*(\d{1,2})\.\s*(?:\(([월화수목금토일])\))?")
_TIME = re.compile(r"(\d{1,2}:\d{2}(?:\s*[~∼–-]\s*\d{1,2}:\d{2})?)\s+(.*)")


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True)
class Item:
    """A part of the event: ``time`` as written (14:00, 14:00~14:20), who speaks."""

    time: str
    title: str
    speaker: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice(Paper):
    """One event. ``day`` is as written, ``starts_on`` the day it names, if it names a single one; ``terms`` are
    deadline, places and cost as labelled values, ``hosts`` who holds the event."""

    NAME = _("설명회 안내문")
    COUNTS = {"timetable": (1, 10), "audience": (1, 6), "directions": (0, 5), "hosts": (0, 4), "programmes": (0, 4),
              "charts": (0, 1)}

    eyebrow: str
    day: str
    time: str
    place: str
    timetable: tuple[Item, ...]
    audience: tuple[str, ...]
    apply: tuple[str, ...]
    terms: tuple[Fact, ...] = ()
    address: str = ""
    directions: tuple[str, ...] = ()
    hosts: tuple[Fact, ...] = ()
    programmes: tuple[ProgrammeCard, ...] = ()
    starts_on: date | None = None
    note: str = ""

    @property
    def call(self) -> str:
        """What stands above the telephone."""
        return next((f"{fact.value}까지 신청" for fact in self.terms if fact.label == "신청 마감"), "참가 신청과 문의")


SLOTS = (
    Slot("eyebrow", _("행사의 종류"), Room.LINE, 30, True, "기업 설명회", box="머리 줄"),
    Slot("day", _("날짜"), Room.LINE, 40, True, group=_("때와 곳"), hint=_("예: 2026. 11. 23.(월)")),
    Slot("time", _("시각"), Room.LINE, 30, True, group=_("때와 곳"), hint=_("예: 14:00~16:00")),
    Slot("place", _("장소"), Room.LINE, 50, True, group=_("때와 곳")),
    Slot("address", _("주소"), Room.LINE, 80, group=_("때와 곳")),
    Slot("directions", _("오시는 길"), Room.LIST, 300, box="본문"),
    Slot("timetable", _("순서"), Room.LIST, 800, True,
         "14:00 인사와 소개\n14:10 우리 회사가 쓸 수 있는 제도; 동행 플래너\n"
         "14:50 먼저 해 본 회사의 이야기\n15:20 회사별 상담",
         hint=_("한 줄에 하나씩 ‘14:00 내용; 말하는 사람’으로 적어 주세요."), box="본문"),
    Slot("audience", _("이런 분을 기다립니다"), Room.LIST, 360, True,
         "육아휴직을 쓰겠다는 직원이 처음 나온 회사\n빈자리를 채울 사람을 찾지 못한 회사", box="본문"),
    Slot("apply", _("신청하는 법"), Room.TEXT, 300, True,
         "QR 코드로 신청하거나 전화로 회사 이름과 오실 분의 수를 알려 주세요.", box="본문"),
    Slot("deadline", _("신청 마감"), Room.LINE, 40, hint=_("예: 2026. 11. 20.(금)"), box="본문"),
    Slot("seats", _("자리 수"), Room.LINE, 40, box="본문"),
    Slot("cost", _("참가비"), Room.LINE, 40, False, "무료", box="본문"),
    Slot("hosts", _("주최와 주관"), Room.LIST, 300, hint=_("한 줄에 하나씩 ‘주최; 기관’으로 적어 주세요."),
         box="주최와 출처"),
    *chart_slots(1, box="본문"),
    Slot("note", _("덧붙이는 말"), Room.TEXT, 200, box="본문"),
    Slot("sources", _("출처"), Room.LIST, 300, box="주최와 출처"),
)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Notice:
    """The event as the slots tell it, with the programmes it is about.

    :raises Invalid: a day has another weekday than written, or the deadline comes after the event.
    """
    texts = words.texts
    said = {slot.name: texts.get(slot.name, "").strip() for slot in SLOTS}
    starts_on, deadline = _day("day", said["day"]), _day("deadline", said["deadline"])
    if starts_on and deadline and deadline > starts_on:
        raise _refused("deadline", Text("신청 마감이 행사 날짜보다 늦습니다."))
    terms = (("신청 마감", said["deadline"]), ("자리", said["seats"]), ("참가비", said["cost"]))
    return Notice(
        **imprint(words, chosen, issue, pictures), eyebrow=said["eyebrow"], day=said["day"], time=said["time"],
        place=said["place"], address=said["address"], directions=entries(said["directions"]),
        timetable=timetable(said["timetable"]), audience=entries(said["audience"]), apply=paragraphs(said["apply"]),
        terms=tuple(Fact(label, value) for label, value in terms if value), hosts=_hosts(said["hosts"]),
        programmes=programme_cards(chosen), charts=charts_of(texts), starts_on=starts_on, note=said["note"],
    )


def timetable(text: str) -> tuple[Item, ...]:
    """``14:00 내용; 말하는 사람`` a line; a line without a time follows the one before it."""
    items = []
    for line in entries(text):
        found = _TIME.fullmatch(line)
        time, rest = (found[1].replace(" ", ""), found[2]) if found else ("", line)
        title, _mark, speaker = rest.partition(";")
        items.append(Item(time, title.strip(), speaker.strip()))
    return tuple(items)


def _hosts(text: str) -> tuple[Fact, ...]:
    pairs = (line.partition(";") for line in entries(text))
    return tuple(Fact(label.strip(), name.strip()) if mark else Fact("주최", label.strip())
                 for label, mark, name in pairs)


def _day(slot: str, words: str) -> date | None:
    """The one day that ``words`` name; None for a span, or for words of another kind.

    :raises Invalid: there is no such day, or it is another day of the week.
    """
    found = _DAY.findall(words)
    if len(found) != 1:
        return None
    year, month, day, weekday = found[0]
    try:
        named = date(int(year), int(month), int(day))
    except ValueError as error:
        raise _refused(slot, Text("‘%(words)s’은(는) 없는 날짜입니다.", words=words)) from error
    if weekday and weekday != korean_date_with_weekday(named)[-2]:
        right = korean_date_with_weekday(named)
        raise _refused(slot, Text("‘%(words)s’의 요일이 맞지 않습니다. 맞는 날짜: %(right)s", words=words, right=right))
    return named


def _refused(slot: str, reason: Text) -> Invalid:
    return Invalid(reason, fields={slot: reason})


KIND = Kind(
    name="notice", label=_("설명회 안내문"),
    about=_("설명회의 때와 곳, 순서, 신청 방법을 A4 한 쪽에 담아 기업에 보내거나 게시판에 붙입니다."),
    slots=SLOTS, limits={"cases": (0, 0), "programmes": (0, 4), "organisations": (0, 6)},
    compose=compose, template="pdf/notice/notice.html", options=lambda notice: RenderOptions(pages=1),
)
