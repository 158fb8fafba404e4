"""From records to what is printed: a case sheet's content, and the parts a brochure prints, too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from cases.library import citing
from cases.library.models import Case
from cases.library.photos import lead
from cases.library.rules import MAX_STEPS, ConsentScope
from cases.library.scenes import scene
from cases.library.veil import shown
from cases.sheets import licences
from cases.sheets.content import (
    Amount,
    CaseSheet,
    Contact,
    Fact,
    Figure,
    Mark,
    Picture,
    ProgrammeCard,
    Quote,
    Step,
    Style,
)
from cases.sheets.licences import Licence
from outreach.organisations.models import Organisation
from outreach.programmes.models import Payee, ProgrammeVersion
from outreach.regions import service as regions
from outreach.regions.models import Centre
from outreach.uploads.models import Upload

#: 고용노동부 고객상담센터: where a paper turns to when no centre issues it.
HELP_LINE = Contact("고용노동부 고객상담센터", "1350", "tel:1350", "국번 없이 1350", "평일 09:00~18:00")
HOURS = "평일 09:00~18:00"
PAYEES = {Payee.EMPLOYER: "사업주에게", Payee.WORKER: "노동자에게", Payee.SERVICE: "회사에"}
FICTIONAL = "이 사례는 시연을 위해 지어낸 것으로 실제 기업과 관계가 없습니다."


@dataclass(frozen=True)
class Issue:
    """The circumstances of one printing. ``day``: programme rows are judged by it; ``edition`` and ``licence``: as
    printed."""

    day: date
    contact: Contact
    issuer: str
    edition: str = ""
    licence: str = ""


@dataclass
class Pictures:
    """The uploads a document shows, by the name it calls each; the second value says where, for a person."""

    uploads: dict[str, tuple[Upload, str]] = field(default_factory=dict)

    def add(self, upload: Upload, place: str, alt: str, credit: str = "") -> Picture:
        name = f"upload-{upload.id}"
        self.uploads.setdefault(name, (upload, place))
        return Picture(name, alt, upload.width or 1, upload.height or 1, credit)


def issue(
    session: Session, centre: Centre | None, *, day: date, response_url: str = "", edition: str = "",
    licence: Licence = Licence.NONE,
) -> Issue:
    """Who issues a paper and where its QR code leads: to ``response_url``, else to the telephone."""
    contact = _contact(session, centre, response_url, day)
    return Issue(day, contact, centre.name_ko if centre else "고용노동부", edition, licences.printed(licence))


def _contact(session: Session, centre: Centre | None, url: str, day: date) -> Contact:
    if centre is None:
        base = HELP_LINE
    else:
        rows = [row for row in regions.jurisdictions(session, centre.id) if row.holds_on(day)]
        phone = centre.phone or HELP_LINE.phone
        names = ", ".join(dict.fromkeys(row.region.name_ko for row in rows))
        base = Contact(
            centre.name_ko, phone, f"tel:{phone.replace('-', '')}", HELP_LINE.address, HOURS, centre.address, names
        )
    if not url:
        return base
    return Contact(base.centre, base.phone, url, url.split("://", 1)[-1], base.hours, base.place, base.regions)


def sheet(
    case: Case, issue: Issue, pictures: Pictures, partners: tuple[Organisation, ...] = (), style: Style = Style.WARM
) -> CaseSheet:
    """A case as its two pages say it."""
    return CaseSheet(
        title=case.headline, lead=case.summary, company=case.display_name, facts=facts(case), problem=case.problem,
        actions=_actions(case), effects=tuple(figure(row) for row in case.figures), contact=issue.contact,
        issuer=issue.issuer, issued_on=issue.day, edition=issue.edition,
        anonymous=case.consent_scope is not ConsentScope.NAMED, photo=photo(case, pictures, issue.day),
        quote=quote(case),
        programmes=tuple(programme_card(version) for version in in_force(case, issue.day)), advice=tuple(case.advice),
        partners=tuple(mark(row, pictures) for row in partners), planner=case.planner_name,
        sources=(FICTIONAL,) if case.fictional else (), fact_checked_on=case.fact_checked_on, licence=issue.licence,
        style=style, scene=scene(case.section),
    )


def in_force(case: Case, day: date) -> list[ProgrammeVersion]:
    """The programmes the case used, each as readers are told of it on ``day`` (cases.library.citing)."""
    return [row.now for row in citing.all_told(case.programmes, day)]


def facts(case: Case) -> tuple[Fact, ...]:
    """Place, trade and size; of an anonymous company only as much as tells nobody who it is."""
    seen = shown(case)
    pairs = (("지역", seen.place), ("업종", seen.trade), ("규모", seen.size))
    return tuple(Fact(label, value) for label, value in pairs if value)


def _actions(case: Case) -> tuple[Step, ...]:
    """What was done, step by step; before it what was found with the planner and after it what came of it, as
    far as the page has room."""
    steps = [Step(row.get("title", ""), row.get("text", ""), row.get("when", "")) for row in case.steps]
    if case.effect and len(steps) < MAX_STEPS:
        steps.append(Step("그 뒤로 달라진 점", case.effect))
    if case.system and len(steps) < MAX_STEPS:
        steps.insert(0, Step("플래너와 함께 찾은 방법", case.system))
    return tuple(steps)


def figure(row: dict[str, Any]) -> Figure:
    """A figure of the case as the sheet shows it; what is not filled in is ''."""
    return Figure(
        row.get("label", ""), str(row.get("after", "")), row.get("unit", ""), str(row.get("before") or ""),
        row.get("source", ""),
    )


def quote(case: Case) -> Quote | None:
    """What the company says of it; None if nothing was taken down."""
    return Quote(case.quote, case.quote_by) if case.quote else None


def photo(case: Case, pictures: Pictures, day: date | None = None) -> Picture | None:
    """The case's leading picture with its caption and credit, if its rights let it be shown (on ``day``: give it
    wherever something is printed or shown); else None."""
    found = lead(case, day)
    if found is None:
        return None
    place = f"사례 ‘{case.headline}’의 사진"
    return pictures.add(found.upload, place, found.caption, f"사진 {found.rights_holder}")


def mark(organisation: Organisation, pictures: Pictures) -> Mark:
    """A partner's logo, or its name set in type."""
    if organisation.logo is None:
        return Mark(organisation.name)
    return Mark(organisation.name, pictures.add(organisation.logo, f"{organisation.name}의 로고", organisation.name))


def programme_card(version: ProgrammeVersion) -> ProgrammeCard:
    """A programme row as printed. What is unverified or has ended says so on paper (ProgrammeCard.standing)."""
    return ProgrammeCard(
        name=version.programme.name_ko, payee=PAYEES[version.programme.payee], summary=version.summary_ko,
        amounts=tuple(amount(row) for row in version.amounts),
        conditions=tuple(line for line in version.conditions.splitlines() if line.strip()),
        apply_at=version.apply_at, basis=version.legal_basis, source=version.source, period=version.period,
        agency=version.programme.agency, verified=version.verified,
        checked_on=version.checked_on, valid_to=version.valid_to,
    )


def amount(row: dict[str, Any]) -> Amount:
    """A sum split into what is set large and what small: 140 | 만원/월 | 30인 미만. Where no sum is known, the
    note stands in its place."""
    won, note, label = row.get("amount_won"), row.get("note") or "", row.get("label") or ""
    if not won:
        return Amount("무료" if won == 0 else note or "확인 필요", "", label)
    even = won % 10_000 == 0
    unit = ("만원" if even else "원") + ("/월" if row.get("unit") == "원/월" else "")
    return Amount(f"{won // 10_000 if even else won:,}", unit, f"{label}({note})" if note else label)
