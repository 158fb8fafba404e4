"""Invented companies: reproducible, plausible in their mix, and impossible to mistake for real ones.

Business numbers carry a right check digit but the middle digits 00, which the tax office gives to nobody;
addresses end in ``.example`` (RFC 2606), telephone exchanges are 000, and roads do not exist. Districts and
industrial complexes are real, so that regions, centres and filters behave as in life.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from outreach.regions.reference import load_regions

DATA = Path(__file__).with_name("data")

#: How many companies have a business number of their own; featured ones take the last thousand.
CAPACITY = 8_999_000
_STRIDE = 7_368_787  # coprime to 9,000,000, so neighbours get distant numbers
_NUMBERS = 9_000_000

_SMALLEST, _LARGEST = 5, 299
_SHARED_BY_AGENT = 0.03
_WITHOUT_EMAIL = 0.08
_WITHOUT_CONSENT = 0.45
_WITHOUT_PHONE = 0.04
_WITH_BRANCH = 0.12


@dataclass(frozen=True, slots=True)
class FictionalContact:
    """A contact person. ``email`` may be '' or shared by several companies (a tax agent's address);
    ``consent`` is to receiving advertising."""

    name: str
    title: str
    email: str
    phone: str
    consent: bool


@dataclass(frozen=True, slots=True)
class FictionalWorkplace:
    """``number``: 사업장관리번호, eleven digits. ``complex``: code in outreach.regions, or '' for the town.
    ``district``: five-digit code in force since 2026-07-01."""

    number: str
    name: str
    is_head: bool
    address: str
    phone: str
    complex: str
    district: str
    headcount: int
    contacts: tuple[FictionalContact, ...]


@dataclass(frozen=True, slots=True)
class FictionalCompany:
    """``key`` is '' for a generated company and a word for a featured one. ``headcount`` is that of all
    workplaces; ``ksic`` has three digits of the 11th revision."""

    key: str
    name: str
    business_number: str
    representative: str
    ksic: str
    industry: str
    headcount: int
    workplaces: tuple[FictionalWorkplace, ...]

    @property
    def head(self) -> FictionalWorkplace:
        return self.workplaces[0]


def fictional_companies(count: int, seed: int = 1) -> Iterator[FictionalCompany]:
    """``count`` invented companies, always the same for a seed, made one by one.

    Business numbers never repeat within a seed. Raises ValueError beyond CAPACITY."""
    if not 0 <= count <= CAPACITY:
        raise ValueError(f"count {count} is not between 0 and {CAPACITY}")
    words, places = _words(), _places()
    weights = [place["weight"] for place in places]
    chance = random.Random(seed)  # noqa: S311 - invented data, not a secret
    for number in range(count):
        place = chance.choices(places, weights)[0]
        yield _company(number, place, chance, words)


@lru_cache(maxsize=1)
def featured_companies() -> dict[str, FictionalCompany]:
    """The invented companies that the demo's cases, responses and leads tell of, by key."""
    entries = tomllib.loads((DATA / "featured.toml").read_text(encoding="utf-8"))["company"]
    return {entry["key"]: _featured(at, entry) for at, entry in enumerate(entries)}


def business_number(number: int) -> str:
    """The ``number``-th invented business number: ten digits, the middle two 00, the check digit right
    (weights 1,3,7,1,3,7,1,3,5; the tens of the ninth product count, too)."""
    mixed = number * _STRIDE % _NUMBERS
    digits = f"{100 + mixed // 10_000}00{mixed % 10_000:04}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    total += int(digits[8]) * 5 // 10
    return f"{digits}{(10 - total % 10) % 10}"


def _company(number: int, place: dict[str, Any], chance: random.Random, words: dict[str, Any]) -> FictionalCompany:
    ksic, industry = _pick(chance, place["industries"])
    stem, latin = _stem(number, words)
    ending = chance.choice(words["endings"].get(ksic[:2], words["endings"][""]))
    brn = business_number(number)
    domain = f"{latin}.example"
    headcount = _headcount(chance, place.get("size", 1.0))
    branches = 1 + (headcount >= 20 and chance.random() < _WITH_BRANCH)
    shares = [headcount] if branches == 1 else [headcount - headcount // 4, headcount // 4]
    agent = f"agent{chance.randrange(1, 40)}@semu-dure.example" if chance.random() < _SHARED_BY_AGENT else ""
    silent = chance.random() < _WITHOUT_EMAIL
    workplaces = tuple(
        _workplace(f"{brn}{at}", at, share, place, domain, chance, words, agent=agent, silent=silent)
        for at, share in enumerate(shares)
    )
    return FictionalCompany(
        key="",
        name=_legal_form(f"{stem}{ending}", chance),
        business_number=brn,
        representative=_person(chance, words),
        ksic=ksic,
        industry=industry,
        headcount=headcount,
        workplaces=workplaces,
    )


def _workplace(
    number: str, at: int, headcount: int, place: dict[str, Any], domain: str,
    chance: random.Random, words: dict[str, Any], *, agent: str, silent: bool,
) -> FictionalWorkplace:  # fmt: skip
    district = _pick(chance, place["districts"])[0]
    people = 1 + (at == 0 and headcount >= 30 and chance.random() < 0.3)
    contacts = tuple(
        FictionalContact(
            name=_person(chance, words),
            title=chance.choice(words["titles"]),
            email="" if silent else agent or _email(person, at, domain, chance, words),
            phone=_mobile(chance) if chance.random() < 0.4 else _landline(place["area"], chance),
            consent=chance.random() >= _WITHOUT_CONSENT,
        )
        for person in range(people)
    )
    return FictionalWorkplace(
        number=number,
        name="" if at == 0 else f"제{at + 1}공장" if place["complex"] else f"제{at + 1}사업장",
        is_head=at == 0,
        address=_address(district, place["complex"], chance, words),
        phone="" if chance.random() < _WITHOUT_PHONE else _landline(place["area"], chance),
        complex=place["complex"],
        district=district,
        headcount=headcount,
        contacts=contacts,
    )


#: First two digits of a province's postcodes (국가기초구역번호), from and to.
_POSTCODES = {
    "서울": (1, 9), "경기": (10, 20), "인천": (21, 23), "강원": (24, 26), "충북": (27, 29), "세종": (30, 30),
    "충남": (31, 33), "대전": (34, 35), "경북": (36, 40), "대구": (41, 43), "울산": (44, 45), "부산": (46, 49),
    "경남": (50, 53), "전북": (54, 56), "전남": (57, 60), "광주": (61, 62), "제주": (63, 63),
}
_WITHOUT_POSTCODE = 20  # one in so many


def invented_postcode(address: str) -> str:
    """Five digits as they could stand before an invented address: those of its province, one beginning a district; ''
    for a few, as in real lists."""
    province, district, *_rest = f"{address}  ".split(" ", 2)
    short = province[0] + province[2:3] if province[:2] in ("경상", "전라", "충청") else province[:2]
    first, last = _POSTCODES.get(short, (0, 0))
    by_district, by_place = crc32(f"{province} {district}".encode()), crc32(address.encode())
    if not first or by_place % _WITHOUT_POSTCODE == 0:
        return ""
    return f"{first + by_district % (last - first + 1):02}{by_district // 7 % 10}{by_place % 100:02}"


def _featured(at: int, entry: dict[str, Any]) -> FictionalCompany:
    brn = business_number(CAPACITY + at)
    contact = FictionalContact(
        entry["contact"],
        entry["title"],
        entry["email"],
        entry.get("mobile", entry["phone"]),
        entry.get("consent", True),
    )
    workplace = FictionalWorkplace(
        f"{brn}0", "", True, entry["address"], entry["phone"], entry["complex"], entry["district"],
        entry["headcount"], (contact,),
    )  # fmt: skip
    return FictionalCompany(
        entry["key"], entry["name"], brn, entry["representative"], entry["ksic"], entry["industry"], entry["headcount"],
        (workplace,),
    )  # fmt: skip


def _stem(number: int, words: dict[str, Any]) -> tuple[str, str]:
    """An invented name and its Latin form. Names come again after 1,000 companies, domains never."""
    first, second = words["first"], words["second"]
    round_, at = divmod(number, len(first) * len(second))
    at = at * 613 % (len(first) * len(second))  # neighbours get unlike names
    a, b = first[at % len(first)], second[at // len(first)]
    return a[0] + b[0], f"{a[1]}-{b[1]}{round_ + 1 if round_ else ''}"


def _headcount(chance: random.Random, size: float) -> int:
    """Between 5 and 299, half of them under about 17: small firms are the rule."""
    while True:
        count = _SMALLEST - 1 + round(chance.lognormvariate(2.5, 0.95) * size)
        if _SMALLEST <= count <= _LARGEST:
            return count


def _legal_form(name: str, chance: random.Random) -> str:
    form = chance.random()
    if form < 0.72:
        return f"㈜{name}"
    if form < 0.82:
        return f"주식회사 {name}"
    return f"{name}㈜" if form < 0.88 else name


def _email(person: int, at: int, domain: str, chance: random.Random, words: dict[str, Any]) -> str:
    local = (
        words["locals"][(person * 3 + at) % len(words["locals"])]
        if person or at
        else chance.choice(words["locals"][:4])
    )
    return f"{local}{at + 1 if at else ''}{'.' + str(person + 1) if person else ''}@{domain}"


def _person(chance: random.Random, words: dict[str, Any]) -> str:
    return chance.choice(words["surnames"]) + chance.choice(words["given"])


def _landline(area: str, chance: random.Random) -> str:
    return f"{area}-000-{chance.randrange(10_000):04}"


def _mobile(chance: random.Random) -> str:
    return f"010-0000-{chance.randrange(10_000):04}"


def _address(district: str, complex_code: str, chance: random.Random, words: dict[str, Any]) -> str:
    full, short, name = _district_names()[district]
    road = f"{chance.choice(words['roads'])} {chance.randrange(1, 260)}"
    if chance.random() < 0.25:
        road += f"-{chance.randrange(1, 30)}"
    if complex_code in {"seoul-digital", "seongnam-pangyo", "seongnam-general", "suwon-delta"}:
        road += f", {chance.randrange(201, 1612)}호({chance.choice(words['buildings'])})"
    return f"{full if chance.random() < 0.6 else short} {name} {road}"


def _pick(chance: random.Random, rows: list[list[Any]]) -> list[Any]:
    """One of ``rows`` by the share in their last column, without that column."""
    return chance.choices(rows, [row[-1] for row in rows])[0][:-1]


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    return tomllib.loads((DATA / "words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _places() -> list[dict[str, Any]]:
    return tomllib.loads((DATA / "places.toml").read_text(encoding="utf-8"))["place"]


@lru_cache(maxsize=1)
def _district_names() -> dict[str, tuple[str, str, str]]:
    """District code to province's official name, its short form, and the district's name."""
    regions = load_regions()
    provinces = {row.code: row for row in regions.provinces}
    return {
        row.code: (provinces[row.province].name_ko, provinces[row.province].short_ko, row.name_ko)
        for row in regions.districts
    }
