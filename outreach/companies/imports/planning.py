"""What each bundle changes in the database: a new company, or the fields of a known one that differ.

Blank cells say nothing. A value a person edited stands unless the list describes a later day (Plan.yields_to).
Every difference that is not carried out is a warning with its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from outreach.audit.models import ChangeRecord
from outreach.audit.service import Actor
from outreach.companies import entry, ksic
from outreach.companies.emails import address_key
from outreach.companies.identity import normalise_company_name, phone_key, place_key
from outreach.companies.imports import consents, persons
from outreach.companies.imports.bundles import Bundle
from outreach.companies.imports.geography import Geography
from outreach.companies.imports.matching import Known, Match, Person, Place, Record
from outreach.companies.imports.plan import Plan
from outreach.companies.imports.report import Report
from outreach.companies.imports.store import Batch, Ids
from outreach.companies.imports.workplaces import Told, assign
from outreach.companies.models import Company, Consent, Contact, Workplace
from outreach.companies.parsed_row import ParsedRow, target_label, unite
from outreach.companies.people import Contact as ToldPerson
from outreach.companies.problems import Problem, shortened
from outreach.db import as_json
from outreach.errors import Invalid

OF_COMPANY = ("name", "business_number", "corporate_number", "representative", "homepage", "memo")
OF_BOTH = ("ksic", "section", "industry")
OF_PLACE = ("workplace_number", "name", "address", "postcode", "phone", "headcount", "ksic", "section")
_SAME_EVERYWHERE = frozenset({"corporate_number", "representative", "homepage"})  # however many workplaces
#: The field whose hand edit also protects another column.
_EDITED_AS = {"section": "ksic"}
_UNTOLD = frozenset({"name_key", "address_key", "phone_key", "province_id", "district_id", "centre_id", "section",
                     "ksic_version", "complex_id"})  # follow from others; no lines of a history


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant of a chunk as the driver takes it, and its converter for others."""

    now: Any
    convert: Any


class NewCompany(NamedTuple):
    """A company that a chunk adds. ``rivals``: known companies it might be (matching.Match)."""

    id: int
    name_key: str
    has_number: bool
    rivals: Sequence[int]
    row: ParsedRow


@dataclass(slots=True)
class Changes:
    """What one bundle changed, for its history."""

    lines: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    touched: bool = False


class Planner:
    """Plans the bundles of one chunk into ``batch`` and ``report``."""

    def __init__(
        self, plan: Plan, geography: Geography, actor: Actor, batch: Batch, ids: Ids, report: Report, moment: Moment,
        suppressed: set[str],
    ):
        self.plan, self.geography, self.actor = plan, geography, actor
        self.batch, self.ids, self.report, self.moment = batch, ids, report, moment
        self.suppressed = suppressed
        self.created: list[NewCompany] = []

    def take(self, bundle: Bundle, match: Match) -> None:
        """One company: created, updated or unchanged, and counted so."""
        places = match.known.places if match.known else []
        told = assign(bundle, places)
        for row in (one.row for one in told):
            for warning in row.warnings:
                self.report.warn(warning)
            if len(row.contacts) > 1:
                row.contacts = unite(row.contacts)
        if match.known is None:
            self._create(told, match.rivals)
            self.report.counts["created"] += 1
        else:
            outcome = "updated" if self._update(match.known, told) else "unchanged"
            self.report.counts[outcome] += 1

    def _warn(self, code: str, row: ParsedRow, value: object, header: str = "", hint: object = "") -> None:
        self.report.warn(Problem(code, row.number, "", header, shortened(value), shortened(hint)))

    # -- a new company

    def _create(self, told: Sequence[Told], rivals: Sequence[int]) -> None:
        facts = self._company_facts(told)
        now, name = self.moment.now, facts["name"]
        company_id, key = self.ids.take(Company), normalise_company_name(name)
        counts = [one.row.workplace.get("headcount") for one in told]
        headcount = sum(counts) if None not in counts else None  # type: ignore[arg-type]
        self.batch.new[Company].append((
            company_id, name, key, facts.get("business_number"), facts.get("corporate_number"),
            facts.get("representative", ""), facts.get("ksic", ""), ksic.REVISION, facts.get("section", ""),
            facts.get("industry", ""), headcount, facts.get("homepage", ""), facts.get("memo", ""), False, "{}", now,
            now, 1,
        ))
        for at, one in enumerate(told):
            self._new_place(company_id, one.row, is_head=at == 0)
        self._history(company_id, "import", {"name": (None, name)})
        self.created.append(NewCompany(company_id, key, "business_number" in facts, rivals, told[0].row))

    def _company_facts(self, told: Sequence[Told]) -> dict[str, Any]:
        """What the rows of a company say of it, the head office first; where they differ the first stands."""
        facts: dict[str, Any] = {}
        for one in told:
            row = one.row
            for record, names in ((row.company, OF_COMPANY), (row.workplace, OF_BOTH)):
                for name in names:
                    if name not in record:
                        continue
                    stands = facts.setdefault(name, record[name])
                    if stands != record[name] and name in _SAME_EVERYWHERE:
                        self._warn("conflict", row, record[name], target_label("company", name), told[0].row.number)
        if "homepage" in facts:
            try:
                entry.company({"homepage": facts["homepage"]})
            except Invalid:
                self._warn("homepage_unreadable", told[0].row, facts.pop("homepage"))
        return facts

    def _new_place(self, company_id: int, row: ParsedRow, *, is_head: bool) -> None:
        place, now = row.workplace, self.moment.now
        place_id, address, phone = self.ids.take(Workplace), place.get("address", ""), place.get("phone", "")
        where = self._where(row)
        own = phone or next((number for one in row.contacts if (number := persons.stored_phone(one))), "")
        self.batch.new[Workplace].append((
            place_id, company_id, place.get("workplace_number"), place.get("name", ""), is_head, address,
            place_key(address) if address else "", place.get("postcode", ""), phone, phone_key(own) if own else "",
            where["province_id"], where["district_id"], where["centre_id"], self._complex_id(row),
            place.get("section", ""), place.get("ksic", ""), place.get("headcount"), "{}", now, now, 1,
        ))
        self.report.counts["places"] += 1
        self._count_outside(where)
        for contact in row.contacts:
            self._new_person(place_id, row, contact)

    def _where(self, row: ParsedRow) -> dict[str, int | None]:
        found = self.geography.locate(row.workplace)
        if found is None:
            if text := row.workplace.get("address") or row.workplace.get("region"):
                self._warn("region_unknown", row, text)
            found = self.geography.province(row.workplace)
        return found

    def _count_outside(self, where: Mapping[str, Any]) -> None:
        if self.plan.centre_id is not None and where["centre_id"] != self.plan.centre_id:
            self.report.counts["outside"] += 1

    def _complex_id(self, row: ParsedRow) -> int | None:
        name = row.workplace.get("complex")
        if not name:
            return None
        found = self.geography.complex_id(name)
        if found is None:
            self._warn("complex_unknown", row, name)
        return found

    def _new_person(self, place_id: int, row: ParsedRow, told: ToldPerson) -> None:
        contact_id, now = self.ids.take(Contact), self.moment.now
        key = address_key(told.email) if told.email else None
        self.batch.new[Contact].append((
            contact_id, place_id, told.name, told.title, told.email, key, persons.stored_phone(told), "{}", now, now, 1,
        ))
        self.report.counts["people"] += 1
        if told.phone and told.mobile:
            self._warn("mobile_left", row, told.mobile)
        self._suppression(key)
        if told.consent:
            self._consent(contact_id, row, told, [], {})

    def _suppression(self, key: str | None) -> None:
        if key in self.suppressed:
            self.report.counts["suppressed"] += 1

    # -- a known company

    def _update(self, known: Known, told: Sequence[Told]) -> bool:
        changes = Changes()
        before = [place.record["headcount"] for place in known.places]
        facts = self._company_facts(told)
        for one in told:
            if one.place is None:
                self._new_place(known.record["id"], one.row, is_head=not known.places)
                changes.lines["workplace"] = (None, one.row.workplace.get("name") or one.row.workplace.get("address"))
                changes.touched = True
            else:
                self._update_place(known, one.place, one.row, changes)
        wanted = self._company_values(known, facts, told, before)
        self._apply(Company, known.record, wanted, {}, told[0].row, changes, "company")
        if changes.lines:
            self._history(known.record["id"], "import", changes.lines)
        return changes.touched

    def _company_values(
        self, known: Known, facts: dict[str, Any], told: Sequence[Told], before: Sequence[int | None]
    ) -> dict[str, Any]:
        """Columns of the company as the list has them. Industry follows the head office; the headcount is carried
        up where it was the sum of the workplaces."""
        record, wanted = known.record, dict(facts)
        if normalise_company_name(wanted["name"]) == record["name_key"]:
            del wanted["name"]  # (주)한빛 and ㈜한빛: the spelling we have stays
        heads = [one for one in told if one.place is None or one.place is known.places[0]]
        if not any(one.place is known.places[0] for one in heads):
            for name in OF_BOTH:
                wanted.pop(name, None)
        after = [place.record["headcount"] for place in known.places]
        after += [one.row.workplace.get("headcount") for one in told if one.place is None]
        if None not in after and record["headcount"] in (None, _sum(before)):
            wanted["headcount"] = _sum(after)
        return wanted

    def _update_place(self, known: Known, place: Place, row: ParsedRow, changes: Changes) -> None:
        record, says = place.record, row.workplace
        wanted = {name: says[name] for name in OF_PLACE if name in says}
        if "complex" in says and (complex_id := self._complex_id(row)) is not None:
            wanted["complex_id"] = complex_id
        guard = known.record["edited"] if len(known.places) == 1 else {}
        guard = {name: guard[name] for name in ("ksic", "headcount") if name in guard}
        applied = self._apply(Workplace, record, wanted, guard, row, changes, "workplace")
        if "complex_id" in applied:
            changes.lines["workplace.complex"] = (None, says["complex"])
        if "address" in applied or (record["district_id"] is None and self.geography.locate(says)):
            self._move(place, row, changes, anew="address" in applied)
        self._count_outside(record)
        for contact, person in persons.pair(row.contacts, place.people):
            if person is None:
                self._new_person(record["id"], row, contact)
                changes.lines["contact"] = (None, contact.name or contact.email)
                changes.touched = True
            else:
                self._update_person(person, row, contact, changes)

    def _move(self, place: Place, row: ParsedRow, changes: Changes, *, anew: bool) -> None:
        """District and centre follow the address, unless a person chose them."""
        where = self.geography.locate(row.workplace)
        if where is None and anew:
            where = self._where(row) | {"centre_id": place.record["centre_id"]}
        edit = place.record["edited"].get("district_id")
        if where and not self.plan.yields_to(edit):
            self._set(Workplace, place.record, {k: v for k, v in where.items() if place.record[k] != v}, changes)

    def _update_person(self, person: Person, row: ParsedRow, told: ToldPerson, changes: Changes) -> None:
        wanted = {"name": told.name, "title": told.title, "email": told.email, "phone": persons.stored_phone(told)}
        wanted = {name: value for name, value in wanted.items() if value}
        key = person.record["address_key"]
        if "email" in wanted and address_key(told.email) == key:
            del wanted["email"]  # the same box, whatever its capitals
        if person.record["phone"] in (told.phone, told.mobile):
            wanted.pop("phone", None)
        if told.phone and told.mobile:
            self._warn("mobile_left", row, told.mobile)
        self._apply(Contact, person.record, wanted, {}, row, changes, "contact")
        self._suppression(person.record["address_key"])
        if told.consent:
            touched = self._consent(person.record["id"], row, told, person.consents, changes.lines)
            changes.touched = changes.touched or touched

    # -- fields

    def _apply(
        self, model: type[Any], record: Record, wanted: dict[str, Any], guard: Mapping[str, str], row: ParsedRow,
        changes: Changes, kind: str,
    ) -> dict[str, Any]:
        """Set what differs and may be set; what may not is a warning. ``guard``: hand edits elsewhere that protect
        this record, too."""
        values: dict[str, Any] = {}
        for name, value in wanted.items():
            if record[name] == value:
                continue
            field_name = _EDITED_AS.get(name, name)
            edits = (record["edited"].get(field_name), guard.get(field_name))
            if any(self.plan.yields_to(edit) for edit in edits):
                if name != "section":
                    self._warn("kept", row, value, _label(kind, name), record[name])
                continue
            values[name] = value
        if values:
            self._set(model, record, values, changes, kind)
        return values

    def _set(
        self, model: type[Any], record: Record, values: dict[str, Any], changes: Changes, kind: str = "workplace"
    ) -> None:
        if not values:
            return
        columns = values | _derived(model, values)
        changes.touched = True
        for name, value in values.items():
            if name not in _UNTOLD:
                changes.lines[name if kind == "company" else f"{kind}.{name}"] = (record[name], value)
        record.update(columns)
        edited = {name: at for name, at in record["edited"].items() if name not in values}
        if edited != record["edited"]:  # the list is newer than the hand edit: it is no longer one
            record["edited"] = edited
            columns["edited"] = as_json(edited)
        self.batch.update(model, record["id"], columns | {"updated_at": self.moment.now})

    # -- consent and history

    def _consent(
        self, contact_id: int, row: ParsedRow, told: ToldPerson, held: Sequence[Record], lines: dict[str, Any]
    ) -> bool:
        """Record or end the person's consent. Whether anything changed."""
        purpose, consent = self.plan.purpose, told.consent
        if consent is None:
            return False
        held = [one for one in held if one["purpose"] is purpose]
        key = address_key(told.email) if told.email else None
        verdict = consents.judge(consent, held, self.plan, is_suppressed=key in self.suppressed)
        if verdict.finding:
            self._warn(verdict.finding, row, told.name or told.email)
        how = consents.evidence(consent, self.plan)
        if verdict.given_at is not None:
            given_at = self.moment.convert(verdict.given_at)
            self.batch.new[Consent].append((contact_id, purpose.value, given_at, how, None, ""))
            self.report.counts["consents"] += 1
            lines[purpose.value] = (None, how)
        if verdict.ended is not None:
            ended = {"withdrawn_at": self.moment.now, "withdrawn_how": _refusal(self.plan)}
            self.batch.update(Consent, verdict.ended, ended)
            self.report.counts["withdrawn"] += 1
            lines[purpose.value] = (how, ended["withdrawn_how"])
        return verdict.given_at is not None or verdict.ended is not None

    def _history(self, company_id: int, action: str, lines: Mapping[str, tuple[Any, Any]]) -> None:
        told = as_json({name: [before, after] for name, (before, after) in lines.items()})
        self.batch.new[ChangeRecord].append(
            (self.moment.now, self.actor.user_id, self.actor.email, "company", company_id, action, told)
        )


def _refusal(plan: Plan) -> str:
    return f"명단에 ‘미동의’로 표시 · 명단 가져오기 {plan.import_id}번"


def _sum(counts: Sequence[int | None]) -> int | None:
    return None if None in counts else sum(counts)  # type: ignore[arg-type]


def _label(kind: str, name: str) -> str:
    name = {"complex_id": "complex"}.get(name, name)
    if kind == "company" and name in (*OF_BOTH, "headcount"):
        kind = "workplace"
    return target_label(kind, name)


def _derived(model: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that follow from others."""
    derived: dict[str, Any] = {}
    if model is Company and "name" in values:
        derived["name_key"] = normalise_company_name(values["name"])
    if model is Workplace and "address" in values:
        derived["address_key"] = place_key(values["address"])
    if model is Workplace and "phone" in values:
        derived["phone_key"] = phone_key(values["phone"])
    if model is Contact and "email" in values:
        derived["address_key"] = address_key(values["email"])
    if model is Company and "ksic" in values:
        derived["ksic_version"] = ksic.REVISION
    return derived
