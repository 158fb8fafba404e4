"""One company as a list tells it, and how two mentions of the same company become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach.companies.columns import LABELS
from outreach.companies.emails import address_key
from outreach.companies.identity import Identity, identity, normalise_company_name, place_key
from outreach.companies.people import Contact
from outreach.companies.problems import Problem, shortened
from outreach.companies.rules import Cell


@dataclass(slots=True)
class ParsedRow:
    """What one company row says, with the rows of further people below it. Only what is said: a blank cell leaves no
    key in ``company`` or ``workplace``, so that storing it can't blank anything.

    company: name, business_number, corporate_number, representative, homepage, memo.
    workplace: workplace_number, name, ksic, section, industry, headcount, phone, postcode, address, region, complex.
    """

    number: int
    company: dict[str, Any]
    workplace: dict[str, Any]
    contacts: list[Contact] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    also: list[int] = field(default_factory=list)
    cells: Sequence[Cell] = ()

    @property
    def rejected(self) -> bool:
        """Whether the row must be handed back; ``cells`` then holds it as it stands in the file."""
        return bool(self.errors)

    def identity(self) -> Identity:
        """The keys of the company by the rule of identity. The phone is the company's, else the first person's."""
        phone = self.workplace.get("phone") or next(
            (c.phone or c.mobile for c in self.contacts if c.phone or c.mobile), ""
        )
        return identity(
            name=self.company.get("name", ""),
            business_number=self.company.get("business_number"),
            workplace_number=self.workplace.get("workplace_number"),
            phones=(phone,) if phone else (),
            address=self.workplace.get("address"),
            emails=(address_key(contact.email) for contact in self.contacts if contact.email),
        )

    def number_key(self) -> str | None:
        """``identity().number``, without the cost of the other keys."""
        business_number = self.company.get("business_number")
        return f"{business_number}/{self.workplace.get('workplace_number', '')}" if business_number else None


def merge(whole: ParsedRow, row: ParsedRow) -> None:
    """Adds what another row of the same company says: blanks are filled, people united, differences reported. The row
    nearer the top of the file comes first."""
    if row.number < whole.number:
        _swap(whole, row)
    for record, ours, theirs in (
        ("company", whole.company, row.company),
        ("workplace", whole.workplace, row.workplace),
    ):
        for name, value in theirs.items():
            if name not in ours:
                ours[name] = value
            elif name == "memo":
                ours[name] = ours[name] if value in ours[name] else f"{ours[name]} / {value}"[:2000]
            elif _differ(name, ours[name], value):
                where = Problem(
                    "conflict", row.number, "", target_label(record, name), shortened(value), str(whole.number)
                )
                whole.warnings.append(where)
    whole.contacts = unite(whole.contacts + row.contacts)
    whole.warnings += row.warnings
    whole.also += [row.number, *row.also]


def _swap(a: ParsedRow, b: ParsedRow) -> None:
    for name in ParsedRow.__slots__:
        first, second = getattr(a, name), getattr(b, name)
        setattr(a, name, second)
        setattr(b, name, first)


_SAME_BY = {"name": normalise_company_name, "address": place_key}
"""Values that are spelt in many ways, and what tells that two of them say the same."""


def _differ(name: str, ours: object, theirs: object) -> bool:
    if ours == theirs or name == "section":
        return False
    key = _SAME_BY.get(name)
    return key is None or key(str(ours)) != key(str(theirs))


def unite(contacts: Iterable[Contact]) -> list[Contact]:
    """The people without repetitions: the same by e-mail address, else by name with phone; a nameless or unaddressed
    mention fills blanks of the fuller one. Where consent is told twice, a refusal counts."""
    united: list[Contact] = []
    for contact in contacts:
        same = next((known for known in united if _same_person(known, contact)), None)
        if same is None:
            united.append(contact)
            continue
        for name in ("name", "title", "email", "phone", "mobile"):
            setattr(same, name, getattr(same, name) or getattr(contact, name))
        if same.consent is None or (contact.consent and not contact.consent.granted):
            same.consent = contact.consent or same.consent
    return united


def _same_person(a: Contact, b: Contact) -> bool:
    if a.email and b.email:
        return address_key(a.email) == address_key(b.email)
    if not a.name or a.name != b.name:
        return False
    numbers = {a.phone, a.mobile} - {""}, {b.phone, b.mobile} - {""}
    return bool(numbers[0] & numbers[1]) or not (numbers[0] and numbers[1])


def target_label(record: str, name: str) -> str:
    """The name of a field of a parsed row on the page."""
    keys = {"ksic": "industry_code", "section": "industry_code", "workplace_number": "number"}
    return str(LABELS[f"{record}.{keys.get(name, name)}"])
