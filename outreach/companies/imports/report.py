"""What a run found: counts, warnings grouped by kind with some of their rows, and the rejected rows as a workbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from outreach.companies.problems import MESSAGES, Problem
from outreach.web import xlsx

SHOWN = 12
"""Rows kept of each kind of warning; all are counted."""

COUNTS = ("read", "created", "updated", "unchanged", "rejected", "warnings")
"""What every run counts. created, updated and unchanged are companies; read, rejected and warnings are rows and
findings in the file."""

TITLES: dict[str, Any] = {
    "kept": _("사람이 고친 값이어서 그대로 둔 항목"),
    "email_typo": _("오타로 보이는 이메일 주소"),
    "email_dead": _("서비스가 끝난 메일 주소"),
    "email_spaces": _("빈칸이나 전각 문자를 바로잡은 이메일"),
    "email_several": _("한 칸에 여러 개 적힌 이메일"),
    "region_unknown": _("시·군·구를 알 수 없는 주소"),
    "complex_unknown": _("등록되지 않은 산업단지"),
    "conflict": _("같은 기업의 행끼리 서로 다른 값"),
    "ambiguous": _("파일 안에서 어느 기업인지 정할 수 없는 행"),
    "rivals": _("등록된 기업 가운데 어느 곳인지 정할 수 없는 행"),
    "similar": _("이름이 같은 기업이 이미 있는 행"),
    "headcount_approximate": _("어림수로 적힌 근로자 수"),
    "headcount_range": _("범위로 적힌 근로자 수"),
    "headcount_unreadable": _("읽을 수 없는 근로자 수"),
    "business_number_zeros": _("앞자리 0을 채운 사업자등록번호"),
    "business_number_derived": _("사업장관리번호에서 가져온 사업자등록번호"),
    "business_number_differs": _("사업자등록번호와 맞지 않는 사업장관리번호"),
    "corporate_number_unreadable": _("읽을 수 없는 법인등록번호"),
    "corporate_number_check": _("검증번호가 맞지 않는 법인등록번호"),
    "resident_number": _("주민등록번호로 보여 저장하지 않은 값"),
    "workplace_number_unreadable": _("읽을 수 없는 사업장관리번호"),
    "workplace_number_zeros": _("앞자리 0을 채운 사업장관리번호"),
    "workplace_number_check": _("확인이 필요한 사업장관리번호"),
    "phone_unreadable": _("읽을 수 없는 전화번호"),
    "phone_zero": _("앞자리 0을 채운 전화번호"),
    "phone_range": _("이어진 번호로 적힌 전화번호"),
    "phone_partly": _("일부만 읽은 전화번호"),
    "phone_more": _("저장하지 않은 두 번째 전화번호"),
    "mobile_left": _("직통전화가 있어 저장하지 않은 휴대전화"),
    "date_unreadable": _("읽을 수 없는 날짜"),
    "date_future": _("오늘보다 뒤인 동의일"),
    "postcode_unreadable": _("읽을 수 없는 우편번호"),
    "industry_unreadable": _("읽을 수 없는 산업분류 코드"),
    "industry_tax_code": _("국세청 업종코드로 보이는 값"),
    "industry_unknown": _("표준산업분류에 없는 코드"),
    "industry_letter": _("영문자와 숫자가 맞지 않는 산업분류"),
    "homepage_unreadable": _("누리집 주소가 아닌 값"),
    "consent_withdrawn": _("‘미동의’여서 철회로 기록한 수신동의"),
    "consent_newer": _("명단보다 나중에 받은 동의여서 그대로 둔 수신동의"),
    "consent_undated": _("받은 날을 알 수 없어 기록하지 않은 수신동의"),
    "consent_ended": _("이미 철회되어 되살리지 않은 수신동의"),
    "consent_suppressed": _("수신거부된 주소여서 기록하지 않은 수신동의"),
    "consent_unreadable": _("알 수 없는 수신동의 표시"),
    "consent_nobody": _("담당자가 없는 수신동의"),
    "continuation": _("바로 위 기업의 담당자로 본 행"),
}
"""Every kind of warning by code, in the order of the page."""

STORE_MESSAGES: dict[str, Any] = {
    "kept": _("%(header)s: 지금 값은 ‘%(hint)s’, 명단에는 ‘%(value)s’"),
    "region_unknown": _("%(value)s"),
    "complex_unknown": _("%(value)s"),
    "homepage_unreadable": _("%(value)s"),
    "mobile_left": _("%(value)s"),
    "rivals": _("%(value)s: 새 기업으로 두고 합칠 후보로 올립니다."),
    "similar": _("%(value)s: 새 기업으로 두고 합칠 후보로 올립니다."),
    "consent_withdrawn": _("%(value)s"),
    "consent_newer": _("%(value)s"),
    "consent_undated": _("%(value)s: 동의일을 적거나 자료 기준일을 정해 주세요."),
    "consent_ended": _("%(value)s: 철회한 뒤에 다시 동의받은 날이 명단에 있어야 합니다."),
    "consent_suppressed": _("%(value)s"),
}
"""Wording of what only the database can tell; all else is in companies.problems."""


@dataclass(slots=True)
class Group:
    """Warnings of one kind: how many, and the first of them."""

    code: str
    count: int = 0
    first: list[Problem] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(TITLES.get(self.code, self.code))

    def messages(self) -> Iterator[tuple[Problem, str]]:
        for problem in self.first:
            yield problem, message(problem)


def message(problem: Problem) -> str:
    """A finding in the reader's language."""
    text = STORE_MESSAGES.get(problem.code) or MESSAGES.get(problem.code)
    return str(text) % problem._asdict() if text else problem.code


class Report:
    """Counts and warnings of a run; grows chunk by chunk and is kept as JSON between them."""

    def __init__(self, counts: dict[str, int] | None = None, warnings: Iterable[Any] = ()):
        self.counts: Counter[str] = Counter(counts or {})
        self.groups: dict[str, Group] = {}
        for entry in warnings:
            first = [Problem(*problem) for problem in entry["first"]]
            self.groups[entry["code"]] = Group(entry["code"], entry["count"], first)

    def warn(self, problem: Problem) -> None:
        group = self.groups.get(problem.code)
        if group is None:
            group = self.groups[problem.code] = Group(problem.code)
        group.count += 1
        if len(group.first) < SHOWN:
            group.first.append(problem)
        self.counts["warnings"] += 1

    def sorted(self) -> list[Group]:
        order = {code: at for at, code in enumerate(TITLES)}
        return sorted(self.groups.values(), key=lambda group: order.get(group.code, len(order)))

    def warnings_json(self) -> list[dict[str, Any]]:
        return [
            {"code": group.code, "count": group.count, "first": [list(problem) for problem in group.first]}
            for group in self.groups.values()
        ]


def reject_reason(errors: Sequence[Problem]) -> tuple[str, str]:
    """The columns and reasons of a rejected row, as its reject record keeps them."""
    places = ", ".join(dict.fromkeys(error.column for error in errors if error.column))
    reasons = " / ".join(dict.fromkeys(error.message for error in errors))
    return places[:120], reasons[:400]


def rejects_workbook(names: Sequence[str], rejects: Iterable[tuple[int, str, str, Sequence[Any]]]) -> bytes:
    """The rejected rows as (row, column, reason, cells) under their own headings, to be put right and imported
    again. Cells are written as text, so that none can become a formula."""
    headers = [gettext("원본 행"), gettext("열"), gettext("반려 사유"), *(name or f"({at})" for at, name in
               enumerate(names, 1))]
    rows = (
        [row, column, reason, *(cell if isinstance(cell, (int, float)) else str(cell or "") for cell in cells)]
        for row, column, reason, cells in rejects
    )
    return xlsx.workbook(headers, _fitting(rows, headers), sheet=gettext("반려된 행"))


def _fitting(rows: Iterable[list[Any]], headers: list[str]) -> Iterator[list[Any]]:
    for row in rows:
        yield row[: len(headers)]
