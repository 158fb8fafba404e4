"""Company lists as Korean offices really send them, made afresh for each test. All companies are invented: their
business numbers have a right check digit but middle digits (00) that belong to nobody."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date

import openpyxl
import xlwt

from outreach.companies.rules import business_number_is_valid, format_business_number


def business_number(serial: int) -> str:
    """The ten digits of an invented business."""
    stem = f"{100 + serial % 900:03}00{serial % 10_000:04}"
    return next(f"{stem}{check}" for check in range(10) if business_number_is_valid(f"{stem}{check}"))


def hyphened(serial: int) -> str:
    return format_business_number(business_number(serial))


def xlsx(sheets: dict[str, Sequence[Sequence[object]]], merges: Iterable[str] = ()) -> bytes:
    """A workbook; ``merges`` hold for its last sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for area in merges:
        sheet.merge_cells(area)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def complex_list_xlsx() -> bytes:
    """An industrial complex's list: cover sheet, title, unit line, heading of two rows with merges, serial numbers, two
    people under one company, a subtotal, a heading repeated at the page break, a footnote."""
    heading = [
        ["연번", "기업명", "사업자\n등록번호", "소재지", "상시\n근로자수", "담당자", "", "", "", "비고"],
        ["", "", "", "", "", "성 명", "직 위", "연락처", "이메일", ""],
    ]
    rows = [
        ["2026년 남동국가산업단지 입주기업 현황"],
        ["", "", "", "", "", "", "", "", "", "(단위: 명)"],
        *heading,
        [
            1,
            "㈜한빛정밀",
            int(business_number(1)),
            "인천 남동구 남동대로 12",
            "1,234명",
            "김철수",
            "과장",
            "010-1234-5678",
            "kim@hanbit.example",
            "우수",
        ],
        ["", "", "", "", "", "이영희", "대리", "01022223333", "lee@hanbit.example", ""],
        [
            2,
            "주식회사 대성",
            hyphened(2),
            "인천 남동구 논현로 5",
            50,
            "박민수 / 최수진",
            "",
            "032-123-4567",
            "park@x.example; choi@x.example",
            "",
        ],
        ["", "소계", "", "", 1284],
        *heading,
        [3, "(유)세움", hyphened(3), "인천 남동구 청능대로 7", "약 30", "", "", "", "", ""],
        ["", "합계", "", "", 1314],
        ["※ 자료: 남동공단 관리기관 (2026. 9. 30. 기준)"],
    ]
    merges = ["A1:J1", "F3:I3", *(f"{c}3:{c}4" for c in "ABCDEJ"), *(f"{c}5:{c}6" for c in "ABCDE")]
    cover = [[""], ["", "남동국가산업단지"], ["", "입주기업 명단"], ["", date(2026, 9, 30)]]
    return xlsx({"표지": cover, "명단": rows}, merges)


def centre_list_xls() -> bytes:
    """A BIFF workbook of an employment centre: numbers as numbers, lost zeros, a real date, consent marks."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("사업장 명부")
    sheet.write_merge(0, 0, 0, 8, "고용보험 적용 사업장 명부")
    heading = [
        "No.",
        "사업장명",
        "사업자등록번호",
        "업종코드",
        "피보험자수",
        "전화번호",
        "담당자",
        "이메일",
        "수신동의",
        "동의일자",
    ]
    for column, text in enumerate(heading):
        sheet.write(2, column, text)
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    rows = [
        [
            1,
            "한울산업",
            int(business_number(11)),
            2511,
            45,
            212345678,
            "정하나",
            "jung@hanul.example",
            "○",
            date(2024, 7, 2),
        ],
        [
            2,
            "도담테크㈜",
            hyphened(12),
            "C29",
            "10~29",
            "031)234-5678",
            "오지훈 부장",
            "oh@dodam.example",
            "X",
            "'24.7.2",
        ],
    ]
    for number, row in enumerate(rows, 3):
        for column, value in enumerate(row):
            sheet.write(number, column, value, day if isinstance(value, date) else xlwt.Style.default_style)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def portal_html(encoding: str = "cp949") -> bytes:
    """What a web portal hands out as ``list.xls``: an HTML table in a layout table, with row and column spans."""
    charset = {"cp949": "euc-kr", "utf-8": "utf-8"}[encoding]
    page = f"""<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset={charset}"></head><body>
<table><tr><td>기업지원포털 <b>내려받기</b></td></tr><tr><td>
<table border="1">
 <thead>
 <tr><th rowspan="2">번호</th><th rowspan="2">업체명</th><th rowspan="2">사업자번호</th><th colspan="2">담당자</th></tr>
 <tr><th>성명</th><th>E-mail</th></tr>
 </thead>
 <tbody>
 <tr><td rowspan="2">1</td><td rowspan="2">한솔&amp;바다 주식회사</td><td rowspan="2">{hyphened(21)}</td>
  <td>강민</td><td>kang@hansol.example</td></tr>
 <tr><td>서유진</td><td>seo@hansol.example</td></tr>
 <tr><td>2</td><td>푸른<br>나래</td><td>{hyphened(22)}</td><td>문지아</td><td>moon@narae.example</td></tr>
 </tbody>
</table></td></tr></table></body></html>"""
    return page.encode(encoding)


def association_rows() -> list[list[str]]:
    """A small-business association's plain list without business numbers."""
    return [
        ["회원사명", "대표자", "주소", "연락처", "담당자", "담당자 이메일", "비고"],
        [
            "가온식품(주)",
            "홍길동",
            "경기도 성남시 중원구 갈마치로 8, 3층",
            "031-111-2222",
            "조은별",
            "cho@gaon.example",
            "",
        ],
        ["늘봄 주식회사", "임꺽정", "경기 성남시 중원구 사기막골로 45", "", "", "", "휴업"],
        ["가온식품 주식회사", "", "", "0311112222", "한지민", "han@gaon.example", "중복"],
    ]


def text(rows: Iterable[Sequence[object]], *, encoding: str = "cp949", delimiter: str = ",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode(encoding)


def association_csv(encoding: str = "cp949", delimiter: str = ",") -> bytes:
    return text(association_rows(), encoding=encoding, delimiter=delimiter)


# -- files that mean harm or are in no state to be read ---------------------------------------------------


def with_member(workbook: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one more (or another) member in its zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content)
    return file.getvalue()


def sheet_xml(cells: str) -> bytes:
    """A worksheet part with the given rows in XML."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>"
    ).encode()


BILLION_LAUGHS = (
    b"""<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "ha">
"""
    + b"".join(b'<!ENTITY %c "%s">' % (name + 1, b"&%c;" % name * 50) for name in range(ord("a"), ord("h")))
    + b"""]><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&h;</t></si></sst>"""
)


def ole_with(stream: str) -> bytes:
    """The beginning of a compound file whose directory names a stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(512)
