"""Which contact person of a workplace a row tells of: the one with the address, else with name and telephone."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.companies.emails import address_key
from outreach.companies.imports.matching import Person
from outreach.companies.people import Contact


def stored_phone(told: Contact) -> str:
    """The one number kept of a person: the direct line, else the mobile phone."""
    return told.phone or told.mobile


def pair(told: Sequence[Contact], known: Sequence[Person]) -> list[tuple[Contact, Person | None]]:
    """Each person told with the one known (None: new). Nobody known is two people told."""
    if not known:
        return [(contact, None) for contact in told]
    free = list(known)
    pairs: dict[int, Person] = {}
    for fits in (_same_address, _same_name_and_phone, _same_name, _same_phone):
        for at, contact in enumerate(told):
            if at in pairs:
                continue
            person = next((person for person in free if fits(contact, person)), None)
            if person is not None:
                pairs[at] = person
                free.remove(person)
    return [(contact, pairs.get(at)) for at, contact in enumerate(told)]


def _same_address(told: Contact, known: Person) -> bool:
    return bool(told.email) and known.record["address_key"] == address_key(told.email)


def _compatible(told: Contact, known: Person) -> bool:
    """Not two people by their addresses."""
    return not told.email or not known.record["address_key"]


def _same_name_and_phone(told: Contact, known: Person) -> bool:
    phone = known.record["phone"]
    same = bool(phone) and phone in (told.phone, told.mobile)
    return same and told.name == known.record["name"] and _compatible(told, known)


def _same_name(told: Contact, known: Person) -> bool:
    """The same name, where one of the two has no telephone."""
    lacking = not stored_phone(told) or not known.record["phone"]
    return bool(told.name) and told.name == known.record["name"] and lacking and _compatible(told, known)


def _same_phone(told: Contact, known: Person) -> bool:
    """A number without a name tells nothing new of whoever has it."""
    phone = known.record["phone"]
    return not told.name and not told.email and bool(phone) and phone in (told.phone, told.mobile)
