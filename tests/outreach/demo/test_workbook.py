"""The office's workbook is as awkward as a real one, and holds what it should."""

import io

import pytest
from python_calamine import CalamineWorkbook

from outreach.demo.companies import fictional_companies
from outreach.demo.workbook import BAD_ROWS, COLUMNS, FIRST_DATA_ROW, SHEET, office_workbook


@pytest.fixture(scope="module")
def companies():
    return list(fictional_companies(200))


@pytest.fixture(scope="module")
def rows(companies):
    book = CalamineWorkbook.from_filelike(io.BytesIO(office_workbook(companies)))
    return book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)


def test_title_unit_line_and_merged_headings(rows):
    assert "입주기업 현황(가상 자료)" in rows[0][0]
    assert "기준일: '26.11.1." in rows[1][0]
    assert rows[2][:3] == ["연번", "업체명", "사업장명"]
    assert rows[2].index("담당자") == rows[3].index("성명")
    assert len(rows[2]) == len(COLUMNS)


def test_every_workplace_stands_in_it(rows, companies):
    names = {row[1].replace("(주)", "㈜") for row in rows[FIRST_DATA_ROW - 1 :]}
    assert {company.name.replace("(주)", "㈜") for company in companies} <= names


def test_subtotals_add_up_to_the_total(rows, companies):
    at = COLUMNS.index("상시근로자수")
    sums = [row[at] for row in rows if str(row[0]).endswith("소계")]
    total = next(row[at] for row in rows if row[0] == "합계")
    assert sum(sums) == total == sum(company.headcount for company in companies)


def test_habits_of_offices_occur(rows):
    data = [row for row in rows[FIRST_DATA_ROW - 1 :] if isinstance(row[0], float)]
    numbers = [row[COLUMNS.index("사업자등록번호")] for row in data]
    phones = [row[COLUMNS.index("전화번호")] for row in data]
    people = [row[COLUMNS.index("성명")] for row in data]
    assert any(isinstance(number, float) for number in numbers)
    assert any("-" in str(number) for number in numbers)
    assert any(isinstance(phone, float) for phone in phones)  # the zero in front is lost
    assert any("\n" in person for person in people)
    assert any(str(row[COLUMNS.index("상시근로자수")]).endswith("명") for row in data)
    assert rows[-1][0].startswith("※")


def test_serial_numbers_start_again_in_every_group(rows):
    serials = [row[0] for row in rows if isinstance(row[0], float)]
    assert serials.count(1.0) == sum(str(row[0]).endswith("소계") for row in rows)


def test_bad_rows_can_be_left_out(rows, companies):
    def marked(table):
        return sum("빈칸솔" in str(row[1]) or "binkan-sol" in str(row[15]) for row in table)

    clean = CalamineWorkbook.from_filelike(io.BytesIO(office_workbook(companies, bad_rows=False)))
    assert marked(rows) == len(BAD_ROWS)
    assert marked(clean.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)) == 0


def test_the_same_companies_give_the_same_cells(companies):
    first, second = (
        CalamineWorkbook.from_filelike(io.BytesIO(office_workbook(companies))).get_sheet_by_name(SHEET).to_python()
        for _ in range(2)
    )
    assert first == second
