"""What the card of a record says on ``today``, in a mail as on a web page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from cases.library.citing import told
from cases.library.models import Case
from cases.library.rules import CaseState, Outlet, consent_problems
from cases.library.veil import shown
from outreach.programmes.models import ProgrammeVersion
from outreach.programmes.rules import amount_text, usable
from outreach.regions.models import Certainty
from outreach.wording import Text


def case_problem(case: Case, today: date, outlet: Outlet) -> Text | None:
    """Why the case may not be shown in ``outlet`` now; None if it may."""
    if case.state is not CaseState.PUBLISHED:
        return Text("사례 '%(title)s'은(는) 게시되지 않았습니다.", title=case.headline)
    if reasons := consent_problems(case, today, outlet):
        return Text("사례 '%(title)s': %(problem)s", title=case.headline, problem=Text.joined(reasons))
    return None


def case_warnings(case: Case, today: date) -> Iterator[Text]:
    """What should be known before the case is shown: programmes that have changed since."""
    for version in case.programmes:
        if not version.holds_on(today):
            yield Text(
                "사례 '%(title)s'에 나오는 제도 '%(programme)s'의 내용이 바뀌었습니다.",
                title=case.headline, programme=version.programme.name_ko,
            )


def case_card(case: Case) -> dict[str, Any]:
    """``place``: who it is, as far as may be said; ``headline``, ``summary``; ``figure``: {label, value} or None."""
    parts = [case.display_name, *shown(case)]
    return {
        "place": " · ".join(part for part in parts if part), "headline": case.headline, "summary": case.summary,
        "figure": figure(case.figures[0]) if case.figures else None,
    }


def figure(row: Mapping[str, Any]) -> dict[str, str]:
    """A figure of a case on one line: ``0 → 4명``."""
    before, after, unit = row.get("before"), row.get("after"), row.get("unit") or ""
    value = f"{before} → {after}{unit}" if before not in (None, "") else f"{after}{unit}"
    return {"label": row.get("label", ""), "value": value}


def programme_warnings(version: ProgrammeVersion, today: date) -> list[Text]:
    """What should be known before the programme is shown: unverified, ended, checked long ago."""
    name = version.programme.name_ko
    return [
        Text("제도 '%(programme)s': %(problem)s", programme=name, problem=Text(problem))
        for problem in usable(told(version, today).now, today)
    ]


def programme_card(version: ProgrammeVersion, today: date) -> dict[str, Any]:
    """Of the row in force (cases.library.citing): ``name``, ``summary``, up to three ``amounts`` {label, value}, and a
    ``note`` with agency, standing and check; ``then``: {summary, amounts, until} of the row that was asked for, if that
    is another one."""
    version, then = told(version, today)
    notes = [f"소관 {version.programme.agency}", f"신청 {version.apply_at}" if version.apply_at else ""]
    if not version.holds_on(today):
        notes.append("이 내용은 시행 기간이 지났거나 아직 시작되지 않았습니다")
    if version.checked_on:
        notes.append(f"{version.checked_on:%Y. %-m. %-d.} 기준")
    if version.certainty is not Certainty.VERIFIED:
        notes.append("신청 전 고용센터(1350)에서 확인해 주세요")
    return {
        "name": version.programme.name_ko, "summary": version.summary_ko,
        "note": " · ".join(note for note in notes if note), "amounts": _amounts(version),
        "then": {"summary": then.summary_ko, "amounts": _amounts(then), "until": then.valid_to} if then else None,
    }


def _amounts(version: ProgrammeVersion) -> list[dict[str, str]]:
    return [{"label": row.get("label", ""), "value": amount_text(row)} for row in version.amounts[:3]]
