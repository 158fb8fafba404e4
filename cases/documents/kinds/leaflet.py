"""The leaflet (전단): one sheet A4 landscape, folded like a letter into six panels.

Folded, a panel shows 100 x 210 mm; the flap that is folded in first is 97 mm wide, so that it lies flat. Seen from
outside the sheet reads flap | back | cover, from inside 1 | 2 | 3; the flap is the back of panel 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.documents.kinds.base import Chosen, Kind, Words
from cases.documents.kinds.campaign import STEPS, Campaign, campaign_slots, told
from cases.sheets.service import Issue, Pictures
from outreach.pdf.options import RenderOptions

PAGES, FIGURES = 2, 1
LIMITS = {"cases": (0, 2), "programmes": (1, 4), "organisations": (0, 6)}


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True, kw_only=True)
class Leaflet(Campaign):
    """A leaflet of one campaign.

    ``why`` argues (panel 1), ``programmes`` say what there is (panel 2), ``steps`` how it goes (panel 3); the flap
    tells ``cases``, without any it asks by ``audience``; the back says how to begin.
    """

    NAME = _("전단")
    COUNTS = {"audience": (1, 5), "steps": (STEPS, STEPS), "programmes": LIMITS["programmes"],
              "cases": LIMITS["cases"], "figures": (0, FIGURES), "charts": (0, 1), "checklist": (0, 4)}


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Leaflet:
    """A leaflet as its six panels say it."""
    return Leaflet(**told(words, chosen, issue, pictures, most_figures=FIGURES))


KIND = Kind(
    name="leaflet", label=_("전단(3단 접이)"),
    about=_("A4 한 장을 두 번 접어 여섯 면이 되는 전단. 창구에 두거나 방문할 때 건넵니다."),
    slots=campaign_slots(
        {"why_title": 32, "why_lead": 100, "why_text": 240, "audience": 200, "apply_title": 30, "apply_lead": 100,
         "checklist": 160, "sources": 240},
        most_figures=FIGURES, imprint_box="출처와 펴낸곳",
    ),
    limits=LIMITS, compose=compose, template="pdf/leaflet/leaflet.html",
    options=lambda leaflet: RenderOptions(pages=PAGES),
)
