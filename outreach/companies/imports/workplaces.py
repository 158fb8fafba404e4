"""Which workplace of a company each row of its bundle tells of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from outreach.companies.identity import phone_key, place_key
from outreach.companies.imports.bundles import Bundle
from outreach.companies.imports.matching import Place
from outreach.companies.parsed_row import ParsedRow, merge


class Told(NamedTuple):
    """A workplace as the file tells it, and the one it is (None: a new one)."""

    row: ParsedRow
    place: Place | None


def assign(bundle: Bundle, places: Sequence[Place]) -> list[Told]:
    """Rows by workplace number are that workplace; a row without is the one at its address or telephone, else the
    only one. Rows that turn out to be one workplace are merged first, so that the order of the file's rows can't
    make one overwrite the other."""
    if not places and len(bundle) == 1:
        return [Told(bundle[0], None)]
    told: list[Told] = []
    for row in sorted(bundle, key=_head_first):
        taken = {one.place.record["id"] for one in told if one.place}
        place = _place(row, places, taken, alone=len(bundle) == 1)
        twin = _twin(row, place, told, first=not places)
        if twin is not None:
            merge(twin, row)
        else:
            told.append(Told(row, place))
    return told


def _head_first(row: ParsedRow) -> tuple[bool, bool, int]:
    """Rows with a number before those without; the head office, whose number ends in 0, before others."""
    number = row.workplace.get("workplace_number", "")
    return (not number, not number.endswith("0"), row.number)


def _twin(row: ParsedRow, place: Place | None, told: Sequence[Told], *, first: bool) -> ParsedRow | None:
    """The row before that tells of the same workplace."""
    if place is not None:
        return next((one.row for one in told if one.place is place), None)
    if row.workplace.get("workplace_number"):
        return None
    if first and told and not _says_where(row):
        return told[0].row
    keys = _keys(row)
    return next((one.row for one in told if keys & _keys(one.row)), None)


def _place(row: ParsedRow, places: Sequence[Place], taken: set[int], *, alone: bool) -> Place | None:
    number = row.workplace.get("workplace_number")
    unnumbered = [place for place in places if not place.record["workplace_number"]]
    free = [place for place in unnumbered if place.record["id"] not in taken]
    if number:
        same = next((place for place in places if place.record["workplace_number"] == number), None)
        return same or _at(row, free) or (unnumbered[0] if alone and len(places) == len(unnumbered) == 1 else None)
    if found := _at(row, unnumbered) or _at(row, places):
        return found
    if places and (not _says_where(row) or (alone and len(places) == 1)):
        return places[0]
    return free[0] if len(free) == 1 else None


def _at(row: ParsedRow, places: Sequence[Place]) -> Place | None:
    """The workplace at the row's address, else with its telephone."""
    address, phone = row.workplace.get("address"), row.workplace.get("phone")
    if address:
        key = place_key(address)
        for place in places:
            if place.record["address_key"] == key:
                return place
    if phone:
        key = phone_key(phone)
        for place in places:
            if place.record["phone_key"] == key:
                return place
    return None


def _says_where(row: ParsedRow) -> bool:
    return bool(row.workplace.get("address") or row.workplace.get("phone"))


def _keys(row: ParsedRow) -> set[str]:
    address, phone = row.workplace.get("address"), row.workplace.get("phone")
    return {place_key(address)} - {""} if address else {phone_key(phone)} if phone else set()
