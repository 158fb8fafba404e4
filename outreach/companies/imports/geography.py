"""Where the workplaces of a list lie: district and centre by address, industrial complex by name. Read once a run."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.companies import places
from outreach.companies.rules import compact
from outreach.regions.models import IndustrialComplex
from outreach.regions.service import RegionIndex

_KIND = re.compile(r"(?:국가|일반|도시첨단|농공|지방)?(?:산업단지|산업공단|산단|공단|단지)$")


class Geography:
    """Look-ups for one run. ``centre_id``: the centre that keeps what no address assigns."""

    def __init__(self, session: Session, day: date, centre_id: int | None):
        self._regions = RegionIndex(session, day)
        self._centre_id = centre_id
        self._complexes: dict[str, int] = {}
        short: dict[str, set[int]] = {}
        for row in session.execute(sa.select(IndustrialComplex.id, IndustrialComplex.name)):
            self._complexes[compact(row.name)] = row.id
            short.setdefault(_KIND.sub("", compact(row.name)), set()).add(row.id)
        for name, ids in short.items():
            if len(ids) == 1:
                self._complexes.setdefault(name, *ids)

    def locate(self, told: dict[str, Any]) -> places.Columns | None:
        """Province, district and centre by the address a row tells, else by its region; None if neither does."""
        for text in (told.get("address"), told.get("region")):
            if text:
                found = self._regions.match(text)
                if found is not None and found.district_id is not None:
                    return places.columns(found, self._centre_id)
        return None

    def province(self, told: dict[str, Any]) -> places.Columns:
        """What is known where no district is: the province at most, and the importing centre."""
        text = told.get("address") or told.get("region") or ""
        return places.columns(self._regions.match(text) if text else None, self._centre_id)

    def complex_id(self, name: str) -> int | None:
        """'남동국가산업단지', '남동산단' and '남동' are one complex, as long as only one is called so."""
        key = compact(name)
        return self._complexes.get(key) or self._complexes.get(_KIND.sub("", key))
