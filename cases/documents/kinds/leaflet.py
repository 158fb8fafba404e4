"""The leaflet (전단): one sheet A4 landscape, folded like a letter into six panels.

Folded, a panel shows 100 x 210 mm; the flap that is folded in first is 97 mm wide, so that it lies flat. Seen from
outside the sheet reads flap | back | cover, from inside 1 | 2 | 3; the flap is the back of panel 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cases.documents.kinds.base import (
    CaseCard,
    Chosen,
    Kind,
    Room,
    Section,
    Slot,
    Style,
    Words,
    case_card,
    entries,
    figure_slots,
    figures,
    section,
    sources,
)
from cases.documents.kinds.brochure import STEPS, step_slots, steps
from cases.sheets import service as sheets
from cases.sheets.content import Contact, Figure, Mark, ProgrammeCard, Step, check_counts
from cases.sheets.service import Issue, Pictures
from outreach.pdf.options import RenderOptions
from outreach.wording import Text

PAGES, FIGURES = 2, 1
LIMITS = {"cases": (0, 2), "programmes": (1, 4), "organisations": (0, 6)}


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True)
class Leaflet:
    """A leaflet of one campaign.

    ``why`` argues (panel 1), ``programmes`` say what there is (panel 2), ``steps`` how it goes (panel 3); the flap
    tells ``cases``, without any it asks by ``audience``; the back says how to begin. ``issued_on`` is the day the
    programme rows are judged by.
    """

    title: str
    subtitle: str
    issuer: str
    contact: Contact
    issued_on: date
    why: Section
    audience: tuple[str, ...]
    programmes: tuple[ProgrammeCard, ...]
    steps: tuple[Step, ...]
    apply: Section
    figures: tuple[Figure, ...] = ()
    cases: tuple[CaseCard, ...] = ()
    checklist: tuple[str, ...] = ()
    partners: tuple[Mark, ...] = ()
    sources: tuple[str, ...] = ()
    edition: str = ""
    licence: str = ""
    style: Style = Style.CALM

    def check(self) -> None:
        """Refuse what six panels cannot hold.

        :raises Invalid: names the field.
        """
        limits = {"audience": (1, 5), "steps": (STEPS, STEPS), "programmes": LIMITS["programmes"],
                  "cases": LIMITS["cases"], "figures": (0, FIGURES), "checklist": (0, 4),
                  "partners": LIMITS["organisations"]}
        check_counts(self, limits, Text("전단"))


SLOTS: tuple[Slot, ...] = (
    Slot("why_title", _("제목"), Room.LINE, 32, True, "한 사람의 육아가 회사의 걱정이 되지 않도록", _("취지")),
    Slot("why_lead", _("첫 문장"), Room.TEXT, 100, False, "먼저 해 본 이웃 회사의 이야기를 들어 보세요.", _("취지")),
    Slot("why_text", _("본문"), Room.TEXT, 240, group=_("취지")),
    Slot("audience", _("이런 회사에 권합니다"), Room.LIST, 200, True,
         "육아휴직을 쓰겠다는 직원이 처음 나온 회사\n빈자리를 채울 사람을 찾지 못한 회사", box="대상"),
    *figure_slots(FIGURES, box="취지의 숫자"),
    *step_slots(),
    Slot("apply_title", _("제목"), Room.LINE, 30, True, "전화 한 통이면 시작됩니다", _("신청"), box="신청 안내"),
    Slot("apply_lead", _("첫 문장"), Room.TEXT, 100, False, "무엇이 걱정인지만 알려 주세요. 상담과 방문은 무료입니다.",
         _("신청"), box="신청 안내"),
    Slot("checklist", _("있으면 좋은 것"), Room.LIST, 160, False,
         "사업자등록번호와 상시근로자 수\n지금 쓰는 취업규칙이나 근로계약서", box="준비할 것"),
    Slot("sources", _("출처"), Room.LIST, 240, box="출처와 펴낸곳"),
)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Leaflet:
    """A leaflet as its six panels say it."""
    texts = words.texts
    return Leaflet(
        title=words.title, subtitle=words.subtitle, issuer=issue.issuer, contact=issue.contact, issued_on=issue.day,
        why=section(texts, "why"), audience=entries(texts.get("audience", "")),
        programmes=tuple(sheets.programme_card(version) for version in chosen.programmes), steps=steps(texts),
        apply=section(texts, "apply"), figures=tuple(figures(texts, FIGURES)),
        cases=tuple(case_card(case, pictures, issue.day) for case in chosen.cases),
        checklist=entries(texts.get("checklist", "")),
        partners=tuple(sheets.mark(row, pictures) for row in chosen.organisations),
        sources=sources(texts, chosen.cases), edition=issue.edition, licence=issue.licence, style=words.style,
    )


KIND = Kind(
    name="leaflet", label=_("전단(3단 접이)"),
    about=_("A4 한 장을 두 번 접어 여섯 면이 되는 전단. 창구에 두거나 방문할 때 건넵니다."),
    slots=SLOTS, limits=LIMITS, compose=compose, template="pdf/leaflet/leaflet.html",
    options=lambda leaflet: RenderOptions(pages=PAGES),
)
