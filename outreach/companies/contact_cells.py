"""The contact columns of a row: name, post, e-mail, telephones and consent of one person, or of several in one cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from outreach.companies.emails import read_emails
from outreach.companies.people import Consent, Contact, Person, make_contacts, read_people, split_list
from outreach.companies.phones import read_phones
from outreach.companies.rules import Cell, Flaw, clean_text, read_consent, read_date

TEXT_LIMIT = 60  # characters of a name or post
HOW_LIMIT = 200
_LONGEST_NAME_CELL = 500  # no cell of names is longer, and no pattern need search ten megabytes

Note = Callable[[Any, Flaw, int, Cell], Any]
"""Writes down a flaw of a row's cell and returns what may be kept of it: (row, flaw, column, cell)."""

T = TypeVar("T")


def few_values(read: Callable[[Cell], T]) -> Callable[[Cell], T]:
    """The reader of a column that repeats few values (업종, 직위, 동의), with a memory for short ones."""
    remembered = lru_cache(maxsize=4096, typed=True)(read)

    def recall(raw: Cell) -> T:
        return remembered(raw) if type(raw) is str and len(raw) < 40 else read(raw)

    return recall


_read_consent = few_values(read_consent)
_read_date = few_values(read_date)
_clean_title = few_values(clean_text)


class ContactCells:
    """Reads the columns of the first, second or third person, given as field name to its columns."""

    def __init__(self, columns: Mapping[str, Sequence[int]], today: date | None) -> None:
        self.today = today
        first: dict[str, Any] = {field: places[0] for field, places in columns.items()}
        self.name: Any = first.get("name")
        self.email: Any = first.get("email")
        self.consent: Any = first.get("consent")
        self.consent_on: Any = first.get("consent_on")
        self.consent_how: Any = first.get("consent_how")
        self.titles = tuple(columns.get("title", ()))
        self.phones = (*columns.get("phone", ()), *columns.get("mobile", ()))

    def read(self, row: Any, cells: Sequence[Cell], note: Note) -> list[Contact]:
        """The people these cells name; none if they say nothing."""
        people: tuple[Person, ...] = ()
        addresses: tuple[str, ...] = ()
        if self.name is not None and cells[self.name]:
            people = self._read_names(row, cells, note)
        if self.email is not None and cells[self.email]:
            emails = read_emails(cells[self.email])
            addresses = emails.addresses
            if len(addresses) != 1 or emails.flaws or emails.rest:
                people = self._remark_emails(row, cells, note, people)
        phones = [self._read_phones(row, column, cells, note) for column in self.phones if cells[column]]
        titles = self._read_titles(row, cells, note, len(people)) if self.titles else ()
        consent = (
            self._read_consent(row, cells, note) if self.consent is not None and cells[self.consent] != "" else None
        )
        contacts = make_contacts(people, titles, addresses, phones, consent)
        if consent and not contacts:
            note(row, Flaw("consent_nobody"), self.consent, cells[self.consent])
        if len(phones) > 1 or (phones and len(phones[0]) > 1):
            self._note_lost_phones(row, cells, note, phones, contacts)
        return contacts

    def _read_names(self, row: Any, cells: Sequence[Cell], note: Note) -> tuple[Person, ...]:
        text = clean_text(cells[self.name], lines=True)
        if not text:
            return ()
        people = read_people(text) if len(text) <= _LONGEST_NAME_CELL else ()
        if not people or any(len(person.name) > TEXT_LIMIT or len(person.title) > TEXT_LIMIT for person in people):
            note(row, Flaw("too_long", None, str(TEXT_LIMIT)), self.name, cells[self.name])
            return ()
        return people

    def _remark_emails(
        self, row: Any, cells: Sequence[Cell], note: Note, people: tuple[Person, ...]
    ) -> tuple[Person, ...]:
        """Notes what is strange about the address cell; a name in it serves where the name cell is blank."""
        raw = cells[self.email]
        emails = read_emails(raw)
        for flaw in emails.flaws:
            note(row, flaw, self.email, raw)
        if len(emails.addresses) > 1:
            note(row, Flaw("email_several", None, str(len(emails.addresses))), self.email, raw)
        if emails.addresses and emails.rest and not people and len(emails.rest) <= TEXT_LIMIT:
            return read_people(emails.rest)
        return people

    def _read_titles(self, row: Any, cells: Sequence[Cell], note: Note, people: int) -> Sequence[str]:
        if people > 1 and len(self.titles) == 1:
            text = clean_text(cells[self.titles[0]], lines=True)
            each = split_list(text) if len(text) <= TEXT_LIMIT * people else []
            if len(each) == people:
                return each
        if len(self.titles) == 1:
            title = _clean_title(cells[self.titles[0]])
        else:
            title = " ".join(filter(None, [_clean_title(cells[column]) for column in self.titles]))
        if len(title) > TEXT_LIMIT:
            note(row, Flaw("too_long", None, str(TEXT_LIMIT)), self.titles[0], cells[self.titles[0]])
            return ()
        return (title,) if title else ()

    def _read_phones(self, row: Any, column: int, cells: Sequence[Cell], note: Note) -> tuple[str, ...]:
        numbers, flaw = read_phones(cells[column])
        if flaw:
            note(row, flaw, column, cells[column])
        return numbers

    def _note_lost_phones(
        self, row: Any, cells: Sequence[Cell], note: Note, phones: Sequence[Sequence[str]], contacts: Sequence[Contact]
    ) -> None:
        kept = {number for contact in contacts for number in (contact.phone, contact.mobile)}
        if lost := [number for numbers in phones for number in numbers if number not in kept]:
            note(row, Flaw("phone_more", None, ", ".join(lost)), self.phones[0], cells[self.phones[0]])

    def _read_consent(self, row: Any, cells: Sequence[Cell], note: Note) -> Consent | None:
        granted = _read_consent(cells[self.consent])
        on: date | None = None
        how = ""
        if isinstance(granted, Flaw):
            if isinstance(_read_date(cells[self.consent]), date):  # 수신동의(일자): the day says that, and when
                on = self._read_day(row, self.consent, cells, note)
                granted = True if on else None
            else:
                granted = note(row, granted, self.consent, cells[self.consent])
        if granted is None:
            return None
        if self.consent_on is not None:
            on = self._read_day(row, self.consent_on, cells, note) or on
        if self.consent_how is not None:
            how = clean_text(cells[self.consent_how])
            how = how if len(how) <= HOW_LIMIT else how[: HOW_LIMIT - 1] + "…"
        return Consent(granted, on, how)

    def _read_day(self, row: Any, column: int, cells: Sequence[Cell], note: Note) -> date | None:
        """A day that is not in the future; anything else is noted."""
        day = _read_date(cells[column])
        if isinstance(day, date) and self.today and day > self.today:
            day = Flaw("date_future")
        return note(row, day, column, cells[column]) if isinstance(day, Flaw) else day
