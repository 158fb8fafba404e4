"""Contact persons out of list cells, where one cell may hold several people, their posts and their numbers.

'김철수 과장(010-1234-5678) / 이영희' is two people; 'Kim, Chul-soo' or 'A/S 담당' is one. A cell is divided only
when every part looks like a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from outreach.companies.emails import read_emails
from outreach.companies.phones import is_mobile, read_phones

_TITLES = (
    "대표이사|대표|공동대표|회장|부회장|사장|부사장|전무이사|전무|상무이사|상무|이사장|이사|감사|본부장|부문장|총괄|"
    "센터장|지점장|공장장|사업장장|연구소장|소장|원장|부원장|실장|국장|부장|차장|과장|대리|계장|주임|사원|팀장|부팀장|"
    "파트장|조장|반장|총무|경리|매니저|책임연구원|선임연구원|수석연구원|연구원|책임|선임|수석|사무국장|사무장|간사|"
    "주무관|담당관|담당자|담당|실무자|노무사|선생님|선생"
)
_TITLE = "|".join(sorted(_TITLES.split("|"), key=len, reverse=True))  # the longest that fits, first
_WORK = (
    "인사|총무|관리|경영|영업|생산|재무|회계|기획|지원|노무|경리|홍보|품질|개발|구매|자재|전략|업무|행정|운영|사업|교육"
)
_POST = re.compile(  # a title, or a department with or without one: '과장', '총무과장', '경영지원실', '영업1팀장'
    rf"(?:{_TITLE})|(?:(?:.{{2,}})?(?:{_WORK})\d*(?:팀|부|과|실|국|처|센터|본부|파트)?"
    rf"|.{{2,}}(?:팀|센터|본부|파트)|.{{4,}}(?:부|과|실|국|처))(?:장|{_TITLE})?"
)
_NAME_WITH_TITLE = re.compile(rf"([가-힣]{{2,4}}?)((?!.$)(?:{_TITLE}))")
_SEPARATORS = re.compile(r"[/,;\n·ㆍ・|、&]|\s및\s")
_IN_PARENTHESES = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_HANGUL_NAME = re.compile(r"[가-힣]{2,5}")
_PERSON_NAME = re.compile(r"[가-힣]{2,5}|[가-힣] [가-힣]{1,2}|[A-Za-z][A-Za-z.'\-]+(?: [A-Za-z][A-Za-z.'\-]*){1,3}")
_EMAIL = re.compile(r"[^\s,;/<>()\[\]]+@[^\s,;/<>()\[\]]+")
_PHONE = re.compile(r"(?:\+?\d|\(0\d{1,2}\))[\d\s.()\-]{5,18}\d", re.ASCII)
_HONORIFIC = re.compile(r"(?<=[가-힣]{2})님$")


class Consent(NamedTuple):
    """What the list says about receiving mail: given or refused, since when and how it was asked."""

    granted: bool
    on: date | None = None
    how: str = ""


@dataclass(slots=True)
class Contact:
    """One contact person of a row; '' for what the list does not say. ``mobile`` is a 01x number, ``phone`` another."""

    name: str = ""
    title: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    consent: Consent | None = None


class Person(NamedTuple):
    """One person as a name cell tells it."""

    name: str
    title: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def read_people(text: str) -> tuple[Person, ...]:
    """The people of a name cell (tidy text, line breaks kept)."""
    if len(text) < 4 and _HANGUL_NAME.fullmatch(text):
        return (Person(text),)
    plain = unicodedata.normalize("NFKC", text)
    parts = [part for part in _split_outside_parentheses(plain) if part.strip()]
    people = [_read_person(part) for part in parts]
    if len(people) > 1 and all(_is_person(person) for person in people):
        return tuple(people)
    if len(people) == 2 and _is_person(people[0]) and not _is_person(people[1]):  # '김철수, 과장', '김철수 / 010-…'
        first, second = people
        if not second.name or _POST.fullmatch(second.name):
            title = _join(first.title, second.title, second.name)
            return (Person(first.name, title, first.phones + second.phones, first.emails + second.emails),)
    person = _read_person(plain)
    return (person,) if person.name or person.phones or person.emails or person.title else ()


def _split_outside_parentheses(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    marks = {found.start(): found.end() for found in _SEPARATORS.finditer(text)}
    for at, ch in enumerate(text):
        if ch in "([":
            depth += 1
        elif ch in ")]":
            depth = max(0, depth - 1)
        elif depth == 0 and at in marks and at >= start:
            parts.append(text[start:at])
            start = marks[at]
    return [*parts, text[start:]]


def _read_person(text: str) -> Person:
    emails = tuple(address for word in _EMAIL.findall(text) for address in read_emails(word).addresses)
    text = _EMAIL.sub(" ", text)
    phones = tuple(number for run in _PHONE.findall(text) for number in read_phones(run).numbers)
    if phones:
        text = _PHONE.sub(" ", text)
    remarks = [a or b for a, b in _IN_PARENTHESES.findall(text)]
    name, title = _name_and_title(_IN_PARENTHESES.sub(" ", text).split())
    for remark in remarks:
        words = remark.split()
        if not name and remark.strip():
            name, more = _name_and_title(words)
            title = _join(title, more)
        elif words and all(_POST.fullmatch(word) for word in words):
            title = _join(title, " ".join(words))
        elif words:
            name = f"{name}({' '.join(words)})"
    return Person(name, title, phones, emails)


def _name_and_title(words: list[str]) -> tuple[str, str]:
    """'인사팀 김철수 과장' -> ('김철수', '인사팀 과장'); '김철수과장' -> ('김철수', '과장'). A post without a person
    ('인사팀', '담당자') is what one can write to, so it stands as the name."""
    names, posts = [], []
    for word in words:
        word = _HONORIFIC.sub("", word)
        glued = _NAME_WITH_TITLE.fullmatch(word)
        if glued and not _POST.fullmatch(glued[1]):
            names.append(glued[1])
            posts.append(glued[2])
        else:
            (posts if _POST.fullmatch(word) else names).append(word)
    return (" ".join(names), " ".join(posts)) if names else (" ".join(posts), "")


def _is_person(person: Person) -> bool:
    return bool(_PERSON_NAME.fullmatch(person.name)) and not _POST.fullmatch(person.name)


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def split_list(text: str) -> list[str]:
    """'과장/대리' -> ['과장', '대리']: the posts of several people in one cell."""
    return [part.strip() for part in _split_outside_parentheses(text) if part.strip()]


def make_contacts(
    people: Sequence[Person],
    titles: Sequence[str],
    emails: Sequence[str],
    phones: Sequence[Sequence[str]],
    consent: Consent | None,
) -> list[Contact]:
    """The people of one row's contact columns; ``phones`` has one entry per column. Where a cell holds as many titles
    or numbers as there are people they are dealt out in order; otherwise the first person gets them all. Addresses
    go to the people in order, every further one to a contact of its own. All share the row's consent."""
    if len(people) < 2 and len(emails) < 2 and not (people and people[0].emails):
        return _one_contact(people[0] if people else _NOBODY, titles, emails, phones, consent)
    contacts = [
        Contact(person.name, person.title, person.emails[0] if person.emails else "", consent=consent)
        for person in people
    ]
    waiting = [address for address in emails if all(contact.email != address for contact in contacts)]
    for contact in contacts:
        if waiting and not contact.email:
            contact.email = waiting.pop(0)
    contacts += [Contact(email=address, consent=consent) for address in waiting]
    _deal(contacts, len(people), titles, _give_title)
    for contact, person in zip(contacts, people, strict=False):
        for number in person.phones:
            _give_phone(contact, number)
    for numbers in phones:
        _deal(contacts, len(people), numbers, _give_phone)
    return contacts


def _deal(
    contacts: Sequence[Contact], people: int, values: Sequence[str], give: Callable[[Contact, str], None]
) -> None:
    each_own = len(values) == people > 1
    for place, value in enumerate(values):
        give(contacts[place if each_own else 0], value)


_NOBODY = Person("")


def _one_contact(
    person: Person,
    titles: Sequence[str],
    emails: Sequence[str],
    phones: Sequence[Sequence[str]],
    consent: Consent | None,
) -> list[Contact]:
    contact = Contact(person.name, person.title, emails[0] if emails else "", "", "", consent)
    for number in person.phones:
        _give_phone(contact, number)
    for numbers in phones:
        for number in numbers:
            _give_phone(contact, number)
    if not (contact.name or contact.email or contact.phone or contact.mobile):
        return []
    for title in titles:
        _give_title(contact, title)
    return [contact]


def _give_title(contact: Contact, title: str) -> None:
    if contact.title not in title:
        title = _join(title, contact.title)
    contact.title = title


def _give_phone(contact: Contact, number: str) -> None:
    if is_mobile(number):
        contact.mobile = contact.mobile or number
    else:
        contact.phone = contact.phone or number
