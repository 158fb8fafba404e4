"""What a person types (or an API call sends) about a company, its places and people: checked and made canonical.

Each function takes the fields that were given and returns the columns to store, so a part of them is enough
for an edit. Raises Invalid naming every field that can't be taken; nothing is corrected in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from outreach.companies import ksic
from outreach.companies.emails import address_key, read_address, read_emails
from outreach.companies.identity import normalise_company_name, phone_key, place_key
from outreach.companies.phones import read_phones
from outreach.companies.rules import (
    Flaw,
    clean_text,
    looks_like_resident_number,
    read_business_number,
    read_corporate_number,
    read_headcount,
    read_postcode,
    read_workplace_number,
)
from outreach.errors import Invalid
from outreach.wording import Text

Columns = dict[str, Any]
Reader = Callable[[Any], Columns]

_HOMEPAGE = re.compile(r"(https?://)?[^\s/@:]+\.[^\s/@:]{2,}(:\d+)?(/\S*)?", re.I)
RESIDENT = Text("주민등록번호로 보이는 값은 저장할 수 없습니다(개인정보 보호법 제24조의2).")


class _Wrong(ValueError):
    """A field can't be taken; the text says what to write instead."""


def company(given: Mapping[str, Any]) -> Columns:
    return _read(given, _COMPANY)


def workplace(given: Mapping[str, Any]) -> Columns:
    return _read(given, _WORKPLACE)


def contact(given: Mapping[str, Any]) -> Columns:
    return _read(given, _CONTACT)


def address_doubt(email: str) -> str | None:
    """What was probably meant by an address that looks mistyped (naver.con), or None. For the person to judge."""
    flaws = read_emails(email).flaws
    return next((flaw.hint for flaw in flaws if flaw.code == "email_typo"), None)


def read_own_address(text: Any) -> str:
    """The suppression key of one typed address. Raises Invalid."""
    columns = _read({"address": text}, {"address": _email})
    if columns["address_key"] is None:
        raise Invalid("이메일 주소를 적어 주세요.", fields={"address": "이메일 주소를 적어 주세요."})
    return columns["address_key"]


def _read(given: Mapping[str, Any], readers: Mapping[str, Reader]) -> Columns:
    columns: Columns = {}
    wrong: dict[str, str] = {}
    for field, value in given.items():
        try:
            if looks_like_resident_number(str(value or "")) and field not in _NUMBERS:
                raise _Wrong(RESIDENT)
            columns |= readers[field](value)
        except _Wrong as error:
            wrong[field] = error.args[0]
    if wrong:
        raise Invalid("입력하신 내용을 확인해 주세요.", fields=wrong)
    return columns


def _text(field: str, limit: int, *, lines: bool = False) -> Reader:
    def read(value: Any) -> Columns:
        text = clean_text(value, lines=lines)
        if len(text) > limit:
            raise _Wrong(Text("%(limit)s자까지 적을 수 있습니다.", limit=limit))
        return {field: text}

    return read


def _checked(field: str, reader: Callable[[Any], Any], problem: str) -> Reader:
    """A cell reader of rules.py as a form's reader: what it can keep is taken, what it can't is refused."""

    def read(value: Any) -> Columns:
        found = reader(value)
        found = found.kept if isinstance(found, Flaw) else found
        if found is None and clean_text(value):
            raise _Wrong(problem)
        return {field: found}

    return read


def _name(value: Any) -> Columns:
    name = _text("name", 200)(value)["name"]
    key = normalise_company_name(name)
    if not key:
        raise _Wrong("기업명을 적어 주세요.")
    return {"name": name, "name_key": key}


def _industry(value: Any) -> Columns:
    found = ksic.read_industry_code(value)
    if isinstance(found, Flaw):
        raise _Wrong("표준산업분류(11차) 코드를 적어 주세요. 예: C25, 2511")
    code, section = found or ("", "")
    return {"ksic": code, "section": section, "ksic_version": ksic.REVISION}


def _homepage(value: Any) -> Columns:
    text = _text("homepage", 300)(value)["homepage"]
    if text and not _HOMEPAGE.fullmatch(text):
        raise _Wrong("홈페이지 주소를 확인해 주세요. 예: https://www.example.co.kr")
    return {"homepage": text}


def _address(value: Any) -> Columns:
    text = _text("address", 300)(value)["address"]
    return {"address": text, "address_key": place_key(text) if text else ""}


def _postcode(value: Any) -> Columns:
    found = _checked("postcode", read_postcode, Text("우편번호 5자리를 적어 주세요."))(value)
    return {"postcode": found["postcode"] or ""}


def _workplace_number(value: Any) -> Columns:
    problem = "사업장관리번호 11자리를 적어 주세요."
    found = _checked("workplace_number", read_workplace_number, problem)(value)["workplace_number"]
    return {"workplace_number": found.digits if found else None}


def _phone(value: Any) -> Columns:
    numbers, _flaw = read_phones(value)
    if len(numbers) > 1:
        raise _Wrong("전화번호는 하나만 적어 주세요.")
    if not numbers and clean_text(value):
        raise _Wrong("전화번호를 확인해 주세요. 예: 02-123-4567")
    return {"phone": numbers[0] if numbers else ""}


def _workplace_phone(value: Any) -> Columns:
    columns = _phone(value)
    return columns | {"phone_key": phone_key(columns["phone"])}


def _email(value: Any) -> Columns:
    text = clean_text(value)
    if not text:
        return {"email": "", "address_key": None}
    address = read_address(text)
    if isinstance(address, Flaw):
        raise _Wrong("이메일 주소를 확인해 주세요. 예: kim@company.co.kr")
    return {"email": address, "address_key": address_key(address)}


_NUMBERS = frozenset({"corporate_number", "business_number", "workplace_number", "phone"})  # they judge for themselves
_headcount = _checked("headcount", read_headcount, Text("사람 수를 숫자로 적어 주세요."))

_COMPANY: Mapping[str, Reader] = {
    "name": _name,
    "business_number": _checked(
        "business_number", read_business_number,
        Text("사업자등록번호 10자리를 확인해 주세요. 검증번호가 맞지 않습니다."),
    ),
    "corporate_number": _checked(
        "corporate_number", read_corporate_number,
        Text("법인등록번호 13자리를 확인해 주세요. 주민등록번호는 저장하지 않습니다."),
    ),
    "representative": _text("representative", 60),
    "ksic": _industry,
    "industry": _text("industry", 120),
    "headcount": _headcount,
    "homepage": _homepage,
    "memo": _text("memo", 4000, lines=True),
}
_WORKPLACE: Mapping[str, Reader] = {
    "name": _text("name", 200),
    "workplace_number": _workplace_number,
    "address": _address,
    "postcode": _postcode,
    "phone": _workplace_phone,
    "headcount": _headcount,
}
_CONTACT: Mapping[str, Reader] = {
    "name": _text("name", 60),
    "title": _text("title", 60),
    "email": _email,
    "phone": _phone,
}
