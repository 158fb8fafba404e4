"""What an audience may be chosen by, with names: for the form, and to say stored conditions in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from campaigns.audience.history import History
from campaigns.audience.rules import Conditions
from campaigns.planning.models import Campaign
from outreach.regions import service as regions
from outreach.regions.models import IndustrialComplex, Region, RegionLevel
from outreach.regions.reference import load_regions
from outreach.web.language import in_english


@dataclass(frozen=True, slots=True)
class Group:
    """Choices under a heading. ``whole``: the value that stands for all of them, None where there is none."""

    label: str
    items: list[tuple[int | str, str]]
    whole: int | str | None = None
    first: bool = False

    def chosen(self, whole: Iterable[int | str], items: Iterable[int | str]) -> int:
        """How many of the group are among the chosen values."""
        wanted = set(items)
        return (self.whole is not None and self.whole in set(whole)) + sum(key in wanted for key, _label in self.items)


@dataclass(slots=True)
class Choices:
    """Names by id; ``places`` and ``industries`` in the groups the form shows."""

    centres: dict[int, str]
    provinces: dict[int, str]
    districts: dict[int, str]
    complexes: dict[int, str]
    mailings: dict[int, str]
    campaigns: dict[int, str]
    sections: dict[str, str]
    divisions: dict[str, str]
    places: list[Group] = field(default_factory=list)
    industries: list[Group] = field(default_factory=list)


def choices_for(session: Session, campaign: Campaign, history: History, today: date) -> Choices:
    """Everything the audiences of ``campaign`` may name, the campaign's own regions first."""
    reference = load_regions()
    grouped = regions.grouped_region_options(session, today)
    return Choices(
        centres={centre.id: centre.name_ko for centre in regions.centres(session, today)},
        provinces={int(key): name for (key, name), _districts in grouped},
        districts={int(key): name for _province, districts in grouped for key, name in districts},
        complexes=_complexes(session),
        mailings=dict(history.mailing_choices(session, campaign)),
        campaigns=_campaigns(session, campaign),
        sections={row.section: _name(row) for row in reference.sections},
        divisions={row.division: _name(row) for row in reference.divisions},
        places=_places(session, campaign, grouped, today),
        industries=[
            Group(_name(row), [(d.division, _name(d)) for d in reference.divisions if d.section == row.section],
                  whole=row.section)
            for row in reference.sections
        ],
    )


def _name(row: Any) -> str:
    """Of an industry, which has its official name in both languages."""
    return row.name_en if in_english() else row.name_ko


def _places(
    session: Session, campaign: Campaign, grouped: list[tuple[tuple[str, str], list[tuple[str, str]]]], today: date
) -> list[Group]:
    """The campaign's districts first. A centre's campaign reaches no further than its jurisdiction; headquarters'
    all provinces."""
    own = {region.id: region.name_ko for region in campaign.regions if region.level is RegionLevel.DISTRICT}
    groups = [Group(_("캠페인 지역"), list(own.items()), first=True)] if own else []
    if campaign.centre_id is not None:
        rows = regions.jurisdictions(session, campaign.centre_id)
        rest = {row.region_id: row.region.name_ko for row in rows if row.holds_on(today) and row.region_id not in own}
        label = _("센터의 다른 관할 지역") if own else _("센터의 관할 지역")
        return [*groups, Group(label, list(rest.items()), first=True)] if rest else groups
    for (key, name), districts in grouped:
        others = [(int(district), label) for district, label in districts if int(district) not in own]
        groups.append(Group(name, others, whole=int(key)))
    return groups


def _complexes(session: Session) -> dict[int, str]:
    query = sa.select(IndustrialComplex.id, IndustrialComplex.name).order_by(IndustrialComplex.name)
    return {row.id: row.name for row in session.execute(query)}


def _campaigns(session: Session, campaign: Campaign) -> dict[int, str]:
    """Campaigns whose answers may be asked about: the centre's own and headquarters' ones."""
    query = sa.select(Campaign.id, Campaign.name).order_by(Campaign.starts_on.desc(), Campaign.id.desc())
    if campaign.centre_id is not None:
        query = query.where(sa.or_(Campaign.centre_id == campaign.centre_id, Campaign.centre_id.is_(None)))
    return {row.id: row.name for row in session.execute(query)}


def in_words(conditions: Conditions, choices: Choices) -> list[tuple[str, str]]:
    """The conditions as (what, which) pairs in plain words; empty if everyone is meant."""
    pairs = [
        (_("담당 센터"), _names(conditions.centre_ids, choices.centres)),
        (_("지역"), _join(
            _names(conditions.province_ids, choices.provinces), _names(conditions.district_ids, choices.districts)
        )),
        (_("산업단지"), _names(conditions.complex_ids, choices.complexes)),
        (_("업종"), _join(
            _names(conditions.sections, choices.sections), _names(conditions.divisions, choices.divisions)
        )),
        (_("상시근로자"), _size(conditions.min_headcount, conditions.max_headcount)),
        (_("받은 메일"), _names(conditions.mailed, choices.mailings)),
        (_("받지 않은 메일"), _names(conditions.not_mailed, choices.mailings)),
        (_("응답한 캠페인"), _names(conditions.responded, choices.campaigns)),
        (_("응답하지 않은 캠페인"), _names(conditions.not_responded, choices.campaigns)),
    ]
    if conditions.recent_days:
        pairs.append((_("제외"), _("최근 %(days)s일 안에 메일을 받은 주소", days=conditions.recent_days)))
    return [(what, which) for what, which in pairs if which]


def _names(ids: Iterable[int | str], names: Mapping[int, str] | Mapping[str, str]) -> str:
    return ", ".join(names.get(key, "?") for key in ids)  # type: ignore[call-overload]


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _size(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return _("%(low)s~%(high)s명", low=low, high=high)
    if low is not None:
        return _("%(low)s명 이상", low=low)
    return _("%(high)s명 이하", high=high) if high is not None else ""


def show_chosen(session: Session, conditions: Conditions, choices: Choices) -> None:
    """Adds a group of places that are chosen but not offered (outside the jurisdiction, or no longer valid), so
    that they can be seen and taken out."""
    offered = {key for group in choices.places for key, _label in group.items}
    wholes = {group.whole for group in choices.places}
    unknown = set(conditions.district_ids) - set(choices.districts)
    query = sa.select(Region.id, Region.name_ko).where(Region.id.in_(unknown))
    choices.districts.update((row.id, row.name_ko) for row in session.execute(query))
    rest: list[tuple[int | str, str]] = [
        (key, choices.districts.get(key, "?")) for key in conditions.district_ids if key not in offered
    ]
    if rest:
        choices.places.append(Group(_("그 밖에 고른 지역"), rest, first=True))
    choices.places += [
        Group(choices.provinces.get(key, "?"), [], whole=key) for key in conditions.province_ids if key not in wholes
    ]
