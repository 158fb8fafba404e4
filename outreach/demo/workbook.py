"""A company list as Korean offices really keep them, for the demo import and its tests.

Title row, unit line, headings merged over two rows, serial numbers that start again after every group,
subtotals, a total, footnotes, three ways of writing ㈜, numbers typed as numbers (so the zeros in front are
gone), two people in one cell, and a few rows that are plainly wrong.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import xlsxwriter

from outreach.demo.companies import FictionalCompany, FictionalContact, FictionalWorkplace, business_number
from outreach.regions.reference import load_regions

SHEET = "입주기업현황"

#: Headings: (top, its parts); no parts: the top cell covers both rows.
HEADINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("연번", ()),
    ("업체명", ()),
    ("사업장명", ()),
    ("사업자등록번호", ()),
    ("사업장관리번호", ()),
    ("대표자", ()),
    ("업종", ("코드", "업종명")),
    ("소재지", ("산업단지", "주소")),
    ("상시근로자수", ()),
    ("전화번호", ()),
    ("담당자", ("성명", "직위", "연락처", "이메일")),
    ("수신동의", ()),
    ("비고", ()),
)
COLUMNS = tuple(part for top, parts in HEADINGS for part in parts or (top,))
_WIDTHS = (6, 24, 11, 15, 16, 9, 7, 26, 20, 44, 11, 15, 10, 16, 16, 28, 9, 18)
FIRST_DATA_ROW = 5  # counted from 1; above it the title, the unit line and two rows of headings

#: Rows that no office would want imported, by what is wrong with them.
BAD_ROWS: dict[str, dict[str, Any]] = {
    "business number with a wrong check digit": {"사업자등록번호": "123-00-45678"},
    "e-mail without @": {"이메일": "insa.binkan-sol.example"},
    "e-mail of a mistyped provider": {"이메일": "binkan.sol@naver.con"},
    "headcount in words": {"상시근로자수": "약 스무 명"},
    "no company name": {"업체명": ""},
}


def office_workbook(
    companies: Iterable[FictionalCompany], *, as_of: date = date(2026, 11, 1), bad_rows: bool = True
) -> bytes:
    """The companies as an ``.xlsx`` file: a row or two for each workplace, grouped by complex. With
    ``bad_rows`` the rows of BAD_ROWS stand at the end of the first group."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": "산업단지 입주기업 현황(가상 자료)", "created": None})
    sheet = book.add_worksheet(SHEET)
    styles = _styles(book)
    _write_head(sheet, styles, as_of)
    row = FIRST_DATA_ROW - 1
    total = 0
    for name, group in _groups(companies):
        lines = [line for place in group for line in _lines(*place)]
        if bad_rows and total == 0:
            lines += [_bad_line(at, wrong) for at, wrong in enumerate(BAD_ROWS.values())]
        for serial, line in enumerate(lines, start=1):
            _write_line(sheet, row, [serial, *line], styles)
            row += 1
        heads = sum(place.headcount for _, place in group)
        total += heads
        _write_sum(sheet, row, f"{name} 소계", f"{len(lines)}개사", heads, styles)
        row += 1
    _write_sum(sheet, row, "합계", "", total, styles)
    for note in (
        "※ 상시근로자수는 고용보험 피보험자 기준이며, 일용근로자는 제외함.",
        "※ 이 명단의 회사와 사람은 모두 가상임.",
    ):
        row += 1
        sheet.write_string(row, 0, note, styles["note"])
    book.close()
    return buffer.getvalue()


def _styles(book: xlsxwriter.Workbook) -> dict[str, Any]:
    base = {"font_name": "맑은 고딕", "font_size": 10, "valign": "vcenter"}
    boxed = base | {"border": 1}
    return {
        "title": book.add_format(base | {"font_size": 16, "bold": True, "align": "center"}),
        "unit": book.add_format(base | {"align": "right"}),
        "head": book.add_format(boxed | {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#DDE4F0"}),
        "text": book.add_format(boxed | {"text_wrap": True}),
        "number": book.add_format(boxed | {"num_format": "#,##0"}),
        "plain": book.add_format(boxed | {"num_format": "0"}),
        "sum": book.add_format(boxed | {"bold": True, "bg_color": "#F3F3F3", "num_format": "#,##0", "align": "center"}),
        "note": book.add_format(base | {"font_size": 9}),
    }


def _write_head(sheet: Any, styles: dict[str, Any], as_of: date) -> None:
    last = len(COLUMNS) - 1
    sheet.merge_range(0, 0, 0, last, f"{as_of.year}년 산업단지 입주기업 현황(가상 자료)", styles["title"])
    sheet.merge_range(1, 0, 1, last, f"(기준일: '{as_of:%y}.{as_of.month}.{as_of.day}. / 단위: 명)", styles["unit"])
    column = 0
    for top, parts in HEADINGS:
        if not parts:
            sheet.merge_range(2, column, 3, column, top, styles["head"])
            column += 1
            continue
        sheet.merge_range(2, column, 2, column + len(parts) - 1, top, styles["head"])
        for part in parts:
            sheet.write_string(3, column, part, styles["head"])
            column += 1
    for at, width in enumerate(_WIDTHS):
        sheet.set_column(at, at, width)
    sheet.freeze_panes(FIRST_DATA_ROW - 1, 2)


def _groups(
    companies: Iterable[FictionalCompany],
) -> Iterable[tuple[str, list[tuple[FictionalCompany, FictionalWorkplace]]]]:
    """Workplaces by complex, in the order of the complexes' codes; those of the town last."""
    places = [(company, place) for company in companies for place in company.workplaces]
    places.sort(key=lambda pair: (not pair[1].complex, pair[1].complex))
    names = _complex_names()
    for code, group in groupby(places, key=lambda pair: pair[1].complex):
        yield names.get(code, "단지 외"), list(group)


def _lines(company: FictionalCompany, place: FictionalWorkplace) -> list[list[Any]]:
    """A workplace's rows without serial number. Two people of one workplace share the cells in one office's
    list and have a row each in another's."""
    odd = sum(map(int, company.business_number))  # decides how this office happened to type the row
    together = odd % 3 == 0 or len(place.contacts) < 2
    rows = [place.contacts] if together else [(contact,) for contact in place.contacts]
    head = [
        _company_name(company.name, odd),
        place.name,
        _number_as_typed(company.business_number, odd),
        "" if odd % 4 == 1 else place.number,
        company.representative,
        f"C{company.ksic}" if company.ksic < "350" and odd % 5 == 0 else company.ksic,
        company.industry,
        _complex_names().get(place.complex, ""),
        place.address,
        f"{place.headcount}명" if odd % 11 == 0 else place.headcount,
        _phone_as_typed(place.phone, odd),
    ]
    remark = "본사" if place.is_head and len(company.workplaces) > 1 else ""
    return [[*head, *_people(people), remark] for people in rows]


def _people(contacts: Sequence[FictionalContact]) -> list[str]:
    """Name, title, phone, e-mail and consent of the people of one row, a line for each."""
    cells = [
        "\n".join(dict.fromkeys(filter(None, (getattr(contact, field) for contact in contacts))))
        for field in ("name", "title", "phone", "email")
    ]
    return [*cells, "동의" if all(contact.consent for contact in contacts) else "미동의"]


def _company_name(name: str, odd: int) -> str:
    """The same legal form, written as the clerk of the day wrote it."""
    if "㈜" not in name:
        return name
    return name.replace("㈜", "(주)") if odd % 3 == 1 else name


def _number_as_typed(digits: str, odd: int) -> str | int:
    if odd % 7 == 0:
        return int(digits)
    return digits if odd % 5 == 0 else f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


def _phone_as_typed(phone: str, odd: int) -> str | int:
    if odd % 9 == 0 and phone:
        return int(phone.replace("-", ""))  # a spreadsheet drops the zero in front
    return phone.replace("-", ".", 1).replace("-", ".") if odd % 13 == 0 else phone


def _bad_line(at: int, wrong: dict[str, Any]) -> list[Any]:
    digits = business_number(8_998_000 + at)
    line = {
        "사업장명": "",
        "업체명": f"빈칸솔{'가나다라마바사'[at]}산업㈜",
        "사업자등록번호": f"{digits[:3]}-{digits[3:5]}-{digits[5:]}",
        "사업장관리번호": "",
        "대표자": "김도담",
        "코드": "259",
        "업종명": "기타 금속 가공제품 제조업",
        "산업단지": "",
        "주소": f"인천광역시 남동구 새결로 {at + 1}",
        "상시근로자수": 12,
        "전화번호": f"032-000-900{at}",
        "성명": "이하늬",
        "직위": "과장",
        "연락처": "",
        "이메일": f"office{at}@binkan-sol.example",
        "수신동의": "",
        "비고": "",
    }
    return [(line | wrong)[column] for column in COLUMNS[1:]]


def _write_line(sheet: Any, row: int, values: list[Any], styles: dict[str, Any]) -> None:
    for column, value in enumerate(values):
        if isinstance(value, str):
            sheet.write_string(row, column, value, styles["text"])
        else:
            sheet.write_number(row, column, value, styles["number" if value < 100_000 else "plain"])


def _write_sum(sheet: Any, row: int, label: str, count: str, heads: int, styles: dict[str, Any]) -> None:
    for column in range(len(COLUMNS)):
        sheet.write_blank(row, column, None, styles["sum"])
    sheet.merge_range(row, 0, row, 1, label, styles["sum"])
    sheet.write_string(row, 2, count, styles["sum"])
    sheet.write_number(row, COLUMNS.index("상시근로자수"), heads, styles["sum"])


def _complex_names() -> dict[str, str]:
    return {row.code: row.name_ko for row in load_regions().complexes}
