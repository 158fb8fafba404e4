"""Which records of a company list are one company: names and addresses made comparable, and the one rule of
identity. Pure functions on the standard library."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

_LEGAL_MARK = re.compile(r"[(\[]\s*(?:주|유|사|재|합|자|의|학|복|농|영|株|有)\s*[)\]]|^\s*[주유]\s*\)|\(\s*[주유]\s*$")
_LEGAL_WORDS = (
    "주식회사", "유한책임회사", "유한회사", "합자회사", "합명회사", "사단법인", "재단법인", "의료법인",
    "학교법인", "사회복지법인", "농업회사법인", "어업회사법인",
)  # fmt: skip
_ENGLISH_FORMS = {
    "co", "company", "corp", "corporation", "inc", "incorporated", "ltd", "limited", "llc", "llp", "plc", "gmbh",
}  # fmt: skip
_WORDS = re.compile(r"[0-9a-z]+|[^\W0-9a-z_]+")
_COMMON_NAME = re.compile(r"(?:㈜|\(주\)|주식회사)?\s*([가-힣0-9]+)\s*(?:㈜|\(주\))?|([0-9a-z]+)")


@lru_cache(maxsize=16384)
def normalise_company_name(name: str) -> str:
    """The name as the identity rule compares it: without legal form (㈜, (주), 주식회사, Co., Ltd. …), spaces,
    punctuation, case and width. Applying it twice changes nothing. '' only for a name without any letter."""
    common = _COMMON_NAME.fullmatch(name)  # most names: nothing in them needs the long way
    if common and "회사" not in (plain := common[1] or common[2]) and "법인" not in plain:
        return plain
    key = _without_legal_form(name)
    while (shorter := _without_legal_form(key)) != key:
        key = shorter
    return key


def _without_legal_form(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    words = _WORDS.findall(_LEGAL_MARK.sub(" ", folded)) or _WORDS.findall(folded)
    while len(words) > 1 and words[-1] in _ENGLISH_FORMS:
        words.pop()
    key = "".join(words)
    for form in _LEGAL_WORDS:
        bare = key.removeprefix(form)
        bare = bare.removesuffix(form)
        key = bare or key
    return key


_PLACE_SUFFIX = re.compile(
    r"(?:제?\d{0,2}(?:본사|본점|지점|지사|공장|영업소|출장소|사무소|연구소|사업장|사업부|물류센터))+$"
)
_IN_PARENTHESES = re.compile(r"\([^()]*\)")


def likeness_key(name: str) -> str:
    """A coarser name key that also drops remarks in parentheses and the kind of place ('2공장', '본사').
    Equal likeness only *suggests* a merge to a person; it never joins two companies."""
    folded = unicodedata.normalize("NFKC", name)
    bare = _IN_PARENTHESES.sub(" ", folded) if "(" in folded else name
    key = normalise_company_name(bare) or normalise_company_name(name)
    return _PLACE_SUFFIX.sub("", key) or key


_PROVINCES = {
    "서울특별시": "서울", "서울시": "서울", "부산광역시": "부산", "부산시": "부산", "대구광역시": "대구",
    "대구시": "대구", "인천광역시": "인천", "인천시": "인천", "광주광역시": "광주", "대전광역시": "대전",
    "대전시": "대전", "울산광역시": "울산", "울산시": "울산", "세종특별자치시": "세종", "세종시": "세종",
    "경기도": "경기", "강원특별자치도": "강원", "강원도": "강원", "충청북도": "충북", "충청남도": "충남",
    "전북특별자치도": "전북", "전라북도": "전북", "전라남도": "전남", "경상북도": "경북", "경상남도": "경남",
    "제주특별자치도": "제주", "제주도": "제주",
}  # fmt: skip
_BUILDING = re.compile(r"(.*?\d*(?:로|길)\s?(?:지하\s?)?\d+(?:-\d+)?)(?![0-9가-힣]*(?:로|길))")

_NOT_IN_PLACE = re.compile(r"[^\w\-]+|_+")


@lru_cache(maxsize=16384)
def place_key(address: str) -> str:
    """The address as the identity rule compares it: short province name, up to the building number of a road
    address (floor and room left out), without spaces, punctuation and remarks in parentheses."""
    text = _IN_PARENTHESES.sub(" ", unicodedata.normalize("NFKC", address)).strip()
    first, _, rest = text.partition(" ")
    text = f"{_PROVINCES.get(first, first)} {rest}"
    building = _BUILDING.match(text)
    return _NOT_IN_PLACE.sub("", (building[1] if building else text).casefold())


IDENTITY_RULE = (
    "사업자등록번호가 같으면 같은 기업이고, 사업장관리번호가 있으면 그 번호까지 같아야 같은 사업장입니다. "
    "사업자등록번호가 없는 행은 기업명이 같고 전화번호나 주소가 같을 때 같은 기업으로 봅니다"
    "(전화번호와 주소도 없으면 담당자 이메일로 봅니다). "
    "‘㈜·(주)·주식회사’ 같은 법인 표시와 띄어쓰기, 문장부호, 영문 대소문자는 구분하지 않습니다. "
    "이름이 비슷하기만 한 기업은 합치지 않고, 합칠 후보로만 알려 드립니다."
)
"""The one rule of identity, as the import page shows it."""


class Identity(NamedTuple):
    """Under which keys a company is known: ``number`` (business number, '/' and workplace number) or None, and
    ``loose`` keys of name with phone, address or e-mail."""

    number: str | None
    loose: tuple[str, ...]


def identity(
    *,
    name: str,
    business_number: str | None = None,
    workplace_number: str | None = None,
    phones: Iterable[str] = (),
    address: str | None = None,
    emails: Iterable[str] = (),
) -> Identity:
    """All keys of one company by :data:`IDENTITY_RULE`. Two records with numbers are one if the numbers are
    equal. A record without number is the company that shares one of its loose keys, with number or without.
    Without any key at all a record can't be told from others."""
    number = f"{business_number}/{workplace_number or ''}" if business_number else None
    name_key = normalise_company_name(name)
    if not name_key:
        return Identity(number, ())
    loose = [f"{name_key}|t{digits}" for phone in phones if (digits := phone_key(phone))]
    if address and (place := place_key(address)):
        loose.append(f"{name_key}|a{place}")
    if not loose:
        loose = [f"{name_key}|m{email.casefold()}" for email in emails]
    return Identity(number, tuple(dict.fromkeys(loose)))


def identity_key(**known: Any) -> str | None:
    """The first key of :func:`identity` (same arguments), or None."""
    number, loose = identity(**known)
    return number or next(iter(loose), None)


def phone_key(phone: str) -> str:
    """The digits of a canonical phone number, without its extension."""
    digits = phone.partition(" ")[0].replace("-", "")
    return digits if digits.isdecimal() else "".join(ch for ch in digits if ch.isdigit())
