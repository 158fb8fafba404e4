"""The demo's stories as plain data: partners, accounts, campaigns, cases, brochures, mailings, answers, leads.

Everything is invented and marked so. The texts stand in ``data/*.toml``; this module turns them into rows with real
dates and refuses a reference that leads nowhere. Times are counted from the day given, so that open tasks are due
about then; what is over has fixed dates in 2026.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from outreach.clock import KST, as_utc
from outreach.demo.references import dangling

DATA = Path(__file__).with_name("data")
ACCOUNT_DOMAIN = "outreach.example"


_RELATIVE_DAY = re.compile(r"\{([+-][0-9]+)\}")


@dataclass(frozen=True, slots=True)
class PartnerContact:
    name: str
    title: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner organisation. ``kind`` as OrganisationKind; ``centre``: code; ``regions``: province or district
    codes; ``mark``: letters and colour (#rrggbb) for a drawn logo."""

    key: str
    kind: str
    name: str
    name_en: str
    centre: str
    regions: tuple[str, ...]
    phone: str
    homepage: str
    mou_from: date
    mou_to: date
    mou_note: str
    mark: tuple[str, str]
    contacts: tuple[PartnerContact, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account. ``role`` as Role; ``centre``: code or ''; ``partner``: key or ''; ``shown``: on the
    sign-in page (exactly one a role)."""

    key: str
    email: str
    name: str
    role: str
    centre: str
    partner: str
    shown: bool


@dataclass(frozen=True, slots=True)
class CampaignPartner:
    """``role`` as PartnerRole."""

    partner: str
    role: str
    note: str


@dataclass(frozen=True, slots=True)
class Stage:
    """``kind`` as StageKind, ``state`` as StageState, ``owner``: account key."""

    kind: str
    owner: str
    due_on: date
    state: str
    done_on: date | None
    note: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """``state`` as CampaignState; ``budget`` in won; ``stages``: all eight in order."""

    key: str
    name: str
    purpose: str
    centre: str
    state: str
    owner: str
    starts_on: date
    ends_on: date
    budget: int
    regions: tuple[str, ...]
    targets: dict[str, int]
    partners: tuple[CampaignPartner, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    text: str
    when: str


@dataclass(frozen=True, slots=True)
class Figure:
    """``before`` may be ''; ``source`` says where the (invented) number comes from."""

    label: str
    before: str
    after: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Case:
    """A best-practice case. ``company``: key of a featured company; ``state`` as CaseState; ``consent_scope`` as
    ConsentScope, ``outlets`` as Outlet, ``veil`` as Veil, ``needs`` as Need; ``programmes``: programme code and the day
    whose version is cited; ``planner``: account key."""

    key: str
    company: str
    state: str
    consent_scope: str
    consent_on: date | None
    consent_until: date | None
    consent_evidence: str
    consented_by: str
    outlets: tuple[str, ...]
    veil: str
    needs: tuple[str, ...]
    fact_checked_on: date | None
    fact_checked_by: str
    planner: str
    display_name: str
    headline: str
    summary: str
    problem: str
    system: str
    effect: str
    costs: str
    quote: str
    quote_by: str
    keywords: tuple[str, ...]
    programmes: tuple[tuple[str, date], ...]
    steps: tuple[Step, ...]
    figures: tuple[Figure, ...]
    advice: tuple[str, ...]

    @property
    def execution(self) -> str:
        """The steps as one text, a line each."""
        return "\n".join(f"{step.when} — {step.title}: {step.text}" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Passage:
    title: str
    lead: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BrochureFigure:
    label: str
    value: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Brochure:
    """``style`` as cases.documents.kinds.base.Style; ``programmes``: codes; ``cases``, ``partners``: keys."""

    key: str
    campaign: str
    title: str
    subtitle: str
    style: str
    author: str
    partners: tuple[str, ...]
    cases: tuple[str, ...]
    programmes: tuple[str, ...]
    audience: tuple[str, ...]
    checklist: tuple[str, ...]
    sources: tuple[str, ...]
    why: Passage
    apply: Passage
    steps: tuple[Step, ...]
    figures: tuple[BrochureFigure, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """``kind`` as in cases.documents.kinds, ``texts`` by its slots; the rest as of a brochure."""

    key: str
    kind: str
    campaign: str
    title: str
    subtitle: str
    style: str
    author: str
    partners: tuple[str, ...]
    cases: tuple[str, ...]
    programmes: tuple[str, ...]
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Mailing:
    """``state`` as MailingState, ``message_class`` as MessageClass. ``blocks`` are those of
    campaigns.mailings.content, but a case block names ``case`` (key) and a programme block ``programme`` (code)."""

    key: str
    campaign: str
    title: str
    state: str
    author: str
    approver: str
    message_class: str
    class_reason: str
    scheduled_at: datetime | None
    subject: str
    preheader: str
    blocks: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as given. ``company``: key of a featured company or '' (then the typed fields say who);
    ``channel`` as Channel, ``state`` as ResponseState, ``wants`` as Want; ``entered_by``: account key or ''."""

    key: str
    company: str
    campaign: str
    mailing: str
    channel: str
    state: str
    at: datetime
    wants: tuple[str, ...]
    message: str
    preferred_time: str
    entered_by: str
    company_name: str
    person: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Activity:
    """``kind`` as ActivityKind, ``by``: account key."""

    kind: str
    at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Lead:
    """What became of a reply. ``planner``: account key or '' (not yet assigned); ``state`` as LeadState;
    ``closed_at`` is set exactly for won and lost."""

    reply: str
    planner: str
    state: str
    next_action: str
    next_due: date | None
    closed_at: datetime | None
    outcome: str
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class ShortReply:
    """An answer to deal out to generated companies of the finished campaign."""

    wants: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class DemoContent:
    partners: tuple[Partner, ...]
    accounts: tuple[Account, ...]
    campaigns: tuple[Campaign, ...]
    cases: tuple[Case, ...]
    brochures: tuple[Brochure, ...]
    documents: tuple[Document, ...]
    mailings: tuple[Mailing, ...]
    replies: tuple[Reply, ...]
    leads: tuple[Lead, ...]
    short_replies: tuple[ShortReply, ...]


def demo_content(today: date) -> DemoContent:
    """The demo as it looks on ``today``. Raises ValueError naming a key that leads nowhere."""
    content = DemoContent(
        partners=_rows("partners", "partner", lambda row: _partner(row, today)),
        accounts=_rows("accounts", "account", _account),
        campaigns=_rows("campaigns", "campaign", lambda row: _campaign(row, today)),
        cases=_rows("cases", "case", lambda row: _case(row, today)),
        brochures=_rows("brochures", "brochure", _brochure),
        documents=_rows("documents", "document", lambda row: _document(row, today)),
        mailings=_rows("mailings", "mailing", lambda row: _mailing(row, today)),
        replies=_rows("replies", "reply", lambda row: _reply(row, today)),
        leads=_rows("replies", "lead", lambda row: _lead(row, today)),
        short_replies=_rows("replies", "short", lambda row: ShortReply(tuple(row["wants"]), row["message"])),
    )
    problems = list(dangling(content))
    if problems:
        raise ValueError("demo content: " + "; ".join(problems))
    return content


def _rows(file: str, table: str, make: Callable[[dict[str, Any]], Any]) -> tuple[Any, ...]:
    entries = tomllib.loads((DATA / f"{file}.toml").read_text(encoding="utf-8"))[table]
    return tuple(make(entry) for entry in entries)


def _day(text: str, today: date) -> date | None:
    """'2026-03-05', or days from today: '-6', '0', '+14'; '' is None. Nobody works at weekends: a counted day
    that falls on one moves to the Friday before or, if it is to come, to the Monday after."""
    if not text:
        return None
    if len(text) == 10:
        return date.fromisoformat(text)
    day = today + timedelta(days=int(text))
    over = max(day.weekday() - 4, 0)  # 1 on Saturday, 2 on Sunday
    return day + timedelta(days=3 - over if over and text.startswith("+") else -over)


def _moment(text: str, today: date) -> datetime | None:
    """'2026-03-05 10:20' or '-6 10:20', Korean time, as an instant in UTC; '' is None."""
    if not text:
        return None
    day, _, clock = text.partition(" ")
    return as_utc(datetime.fromisoformat(f"{_day(day, today)}T{clock}").replace(tzinfo=KST))


def _days(row: dict[str, Any], today: date, *names: str) -> dict[str, Any]:
    return {name: _day(row[name], today) for name in names}


def _account(row: dict[str, Any]) -> Account:
    defaults: dict[str, Any] = {"centre": "", "partner": "", "shown": False}
    return Account(**defaults | row)


def _partner(row: dict[str, Any], today: date) -> Partner:
    contacts = tuple(PartnerContact(**contact) for contact in row["contacts"])
    lists: dict[str, Any] = {"regions": tuple(row["regions"]), "mark": tuple(row["mark"]), "contacts": contacts}
    return Partner(**row | lists | _days(row, today, "mou_from", "mou_to"))


def _campaign(row: dict[str, Any], today: date) -> Campaign:
    stages = tuple(Stage(**stage | _days(stage, today, "due_on", "done_on")) for stage in row["stages"])
    partners = tuple(CampaignPartner(**partner) for partner in row["partners"])
    lists: dict[str, Any] = {"regions": tuple(row["regions"]), "stages": stages, "partners": partners}
    return Campaign(**row | lists | _days(row, today, "starts_on", "ends_on"))


def _case(row: dict[str, Any], today: date) -> Case:
    lists: dict[str, Any] = {
        "keywords": tuple(row["keywords"]), "outlets": tuple(row["outlets"]), "needs": tuple(row["needs"]),
        "advice": tuple(row["advice"]),
        "programmes": tuple((code, _day(day, today)) for code, day in row["programmes"]),
        "steps": tuple(Step(**step) for step in row["steps"]),
        "figures": tuple(Figure(**figure) for figure in row["figures"]),
    }
    return Case(**row | lists | _days(row, today, "consent_on", "consent_until", "fact_checked_on"))


def _brochure(row: dict[str, Any]) -> Brochure:
    flat: dict[str, Any] = {
        name: tuple(row[name]) for name in ("partners", "cases", "programmes", "audience", "checklist", "sources")
    }
    passages: dict[str, Any] = {
        name: Passage(row[name]["title"], row[name]["lead"], tuple(row[name]["paragraphs"]))
        for name in ("why", "apply")
    }
    parts: dict[str, Any] = {
        "steps": tuple(Step(**step) for step in row["steps"]),
        "figures": tuple(BrochureFigure(**figure) for figure in row.get("figures", ())),
    }
    return Brochure(**row | flat | passages | parts)


def _document(row: dict[str, Any], today: date) -> Document:
    def dated(text: str) -> str:
        return _RELATIVE_DAY.sub(lambda day: _spelt(today + timedelta(days=int(day[1]))), text)

    lists: dict[str, Any] = {name: tuple(row[name]) for name in ("partners", "cases", "programmes")}
    return Document(**row | lists | {"texts": {name: dated(text) for name, text in row["texts"].items()}})


def _spelt(day: date) -> str:
    return f"{day.year}. {day.month}. {day.day}.({'월화수목금토일'[day.weekday()]})"


def _mailing(row: dict[str, Any], today: date) -> Mailing:
    return Mailing(**row | {"blocks": tuple(row["blocks"]), "scheduled_at": _moment(row["scheduled_at"], today)})


def _reply(row: dict[str, Any], today: date) -> Reply:
    typed: dict[str, Any] = dict.fromkeys(("entered_by", "company_name", "person", "phone", "email"), "")
    return Reply(**typed | row | {"wants": tuple(row["wants"]), "at": _moment(row["at"], today)})


def _lead(row: dict[str, Any], today: date) -> Lead:
    row = dict(row)
    activities = tuple(Activity(**entry | {"at": _moment(entry["at"], today)}) for entry in row["activities"])
    closed_at = _moment(row.pop("closed"), today)
    return Lead(**row | {"activities": activities, "next_due": _day(row["next_due"], today), "closed_at": closed_at})
