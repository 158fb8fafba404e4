"""Korean regions as dated facts, and what can be said of an address without asking anyone.

Codes are those of the 법정동코드 table (행정안전부): two digits for a province (시도), five for a
district (시군구, including the 일반구 of a large city). Names and codes change: 강원도 became code
51, 전라북도 52, 광주광역시 and 전라남도 became one province with code 12. So every fact is a row with
``valid_from`` and ``valid_to`` (**both days included**), and a retired row names its successors.

``certainty`` says how the row is known and is shown with it: V read in the primary text,
S from a secondary source, M from practice and still to be confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

CERTAINTIES = ("V", "S", "M")
#: Which certainty is the weaker one when two meet.
WEAKNESS = {"V": 0, "S": 1, "M": 2}


@dataclass(frozen=True, slots=True)
class Province:
    """A 시도. ``short_ko`` is the everyday short form (서울, 경기); successor '' or one code."""

    code: str
    name_ko: str
    name_en: str
    short_ko: str
    valid_from: date
    valid_to: date | None
    successor: str
    source: str
    certainty: str


@dataclass(frozen=True, slots=True)
class District:
    """A 시군구. ``parent`` is the city's code for a 일반구, else ''. ``name_ko`` of a 일반구 begins
    with the city ('성남시 분당구'). Several ``successors`` mean the district was split: an old
    address alone then cannot tell which of them it lies in."""

    code: str
    province: str
    name_ko: str
    name_en: str
    parent: str
    valid_from: date
    valid_to: date | None
    successors: tuple[str, ...]
    source: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Centre:
    """An employment centre (고용센터) where planners work; ``pilot_from`` is its first day."""

    code: str
    name_ko: str
    name_en: str
    pilot_from: date
    phone: str
    source: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """That ``centre`` serves ``district`` during the given days. Cities are listed both as a whole
    and by 일반구, so a look-up never has to climb. ``note`` names the counter where it differs."""

    centre: str
    district: str
    valid_from: date
    valid_to: date | None
    source: str
    certainty: str
    note: str


@dataclass(frozen=True, slots=True)
class Complex:
    """An industrial complex (산업단지). ``kind``: 국가, 일반, 도시첨단 or 농공 (산업입지법 §2의8).
    ``district`` is where most of it lies."""

    code: str
    name_ko: str
    name_en: str
    kind: str
    province: str
    district: str
    manager: str
    source: str
    certainty: str


@dataclass(frozen=True, slots=True)
class IndustrySection:
    """A section (대분류, one letter) of 한국표준산업분류, of the revision named."""

    revision: str
    section: str
    name_ko: str
    name_en: str
    source: str
    certainty: str


@dataclass(frozen=True, slots=True)
class IndustryDivision:
    """A division (중분류, two digits) of 한국표준산업분류, of the revision named."""

    revision: str
    division: str
    section: str
    name_ko: str
    name_en: str
    source: str
    certainty: str


Dated = Province | District | Jurisdiction


def valid_on(row: Dated, on: date) -> bool:
    """Whether ``row`` holds on the day ``on``; both its first and its last day count."""
    return row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)


def heirs(code: str, districts: Mapping[str, District], on: date) -> tuple[str, ...]:
    """The codes that ``code``'s territory bears on ``on``: itself while it is valid, otherwise its
    successors, followed as far as needed. Empty for an unknown or not yet existing code."""
    row = districts.get(code)
    if row is None or on < row.valid_from:
        return ()
    if valid_on(row, on):
        return (code,)
    found = (heir for successor in row.successors for heir in heirs(successor, districts, on))
    return tuple(dict.fromkeys(found))


def centre_for(
    code: str, districts: Mapping[str, District], jurisdictions: Mapping[str, list[Jurisdiction]], on: date
) -> str | None:
    """The code of the centre that serves the district ``code`` on ``on``; None where there is none
    yet. A retired code is followed to its successors and answered only if they share one centre."""
    centres = {
        row.centre for heir in heirs(code, districts, on) for row in jurisdictions.get(heir, ()) if valid_on(row, on)
    }
    return centres.pop() if len(centres) == 1 else None


@dataclass(frozen=True, slots=True)
class _Names:
    """What may follow one way of writing a province: ``districts`` maps a district's name to its code.
    ``province`` is the answer when none fits (None: it would be a guess); ``only`` is the code of
    the single district of a province that has just one (세종)."""

    province: str | None
    districts: dict[str, str]
    only: str | None = None


@dataclass(frozen=True, slots=True)
class AddressIndex:
    """Look-up tables for :func:`match_address`; made by :func:`build_index`."""

    by_province: dict[str, _Names]
    anywhere: dict[str, str]


#: Provinces that people also write with 시 (서울시). 광주시 is apart: 경기도 has a city of that name.
_CITIES = frozenset({"서울", "부산", "대구", "인천", "대전", "울산", "세종"})
_LONGEST_PROVINCE = len("전남광주통합특별시")
_LONGEST_DISTRICT = len("창원시마산합포구")


def build_index(provinces: Iterable[Province], districts: Iterable[District], on: date) -> AddressIndex:
    """Tables for matching addresses as people write them, old names included, that answer with the
    codes in force on ``on``. A district split since then keeps its old code: choosing a part would
    be a guess. It costs a few milliseconds; build one per import and reuse it."""
    known = [row for row in provinces if row.valid_from <= on]
    table = {row.code: row for row in districts if row.valid_from <= on}
    children: dict[str, dict[str, str]] = {row.code: {} for row in known}
    anywhere: dict[str, set[str]] = {}
    for row in sorted(table.values(), key=lambda row: not valid_on(row, on)):  # names in force win
        now = heirs(row.code, table, on)
        code = now[0] if len(now) == 1 else row.code
        for name in _spellings(row.name_ko):
            children[row.province].setdefault(name, code)
            anywhere.setdefault(name, set()).add(code)
        if row.name_ko[-1] in "시군" and len(row.name_ko) > 2:  # 경기 성남, 전남 화순
            children[row.province].setdefault(row.name_ko[:-1], code)

    by_province: dict[str, _Names] = {}
    for province in known:
        names = children[province.code]
        only = next(iter(names.values())) if len(set(names.values())) == 1 else None
        retired = not valid_on(province, on)
        entry = _Names(province.successor if retired else province.code, names, only)
        by_province[province.name_ko] = by_province[province.short_ko] = entry
        if province.short_ko in _CITIES:
            by_province[province.short_ko + "시"] = entry
        if province.short_ko == "광주":
            by_province["광주시"] = _Names(None, names)
    unique = {name: codes.pop() for name, codes in anywhere.items() if len(codes) == 1}
    return AddressIndex(by_province, unique)


def _spellings(name: str) -> tuple[str, ...]:
    """'성남시 분당구' is also written 성남시분당구, 성남 분당구 or plainly 분당구."""
    city, _, ward = name.partition(" ")
    return (name, city + ward, f"{city[:-1]} {ward}", ward) if ward else (name,)


def match_address(address: str, index: AddressIndex) -> tuple[str, str | None] | None:
    """Province and district code of a Korean address, by its first words.

    ``(province, None)`` when only the province is plain, ``None`` when nothing is: a district name
    that several provinces share (남구, 고성군) says nothing without its province. A postal code or
    '대한민국' in front is skipped, and words run together (서울구로구) are taken apart.
    """
    words = address.split(None, 4)
    while words and _is_lead_in(words[0]):
        del words[0]
    if not words:
        return None
    names = index.by_province.get(words[0])
    if names is None:
        code = _district(words, index.anywhere)
        return (code[:2], code) if code else _match_run_together(words, index)
    del words[0]
    code = (_district(words, names.districts) if words else None) or names.only
    if code:
        return code[:2], code
    return (names.province, None) if names.province else None


def _is_lead_in(word: str) -> bool:
    """A postal code ('08390', '(08390)', '우)08390') or the country."""
    return not "가" <= word[0] <= "힣" or word[-1].isdigit() or word == "대한민국"


def _district(words: list[str], names: Mapping[str, str]) -> str | None:
    """The code of the district that ``words`` begin with; '성남시 분당구' before '성남시'."""
    if len(words) > 1 and (code := names.get(f"{words[0]} {words[1]}")):
        return code
    return names.get(words[0]) or _district_run_together(words[0], names)


def _district_run_together(text: str, names: Mapping[str, str]) -> str | None:
    """The longest district name that ``text`` begins with (look-ups by length, no scan). Cut-off
    short forms do not count: 성남대로 is a street."""
    for cut in range(min(len(text) - 1, _LONGEST_DISTRICT), 1, -1):
        if text[cut - 1] in "시군구" and (code := names.get(text[:cut])):
            return code
    return None


def _match_run_together(words: list[str], index: AddressIndex) -> tuple[str, str | None] | None:
    """The rare address whose province is not followed by a space."""
    first = words[0]
    for cut in range(min(len(first) - 1, _LONGEST_PROVINCE), 1, -1):
        names = index.by_province.get(first[:cut])
        if names and (code := _district([first[cut:], *words[1:]], names.districts)):
            return code[:2], code
    return None
