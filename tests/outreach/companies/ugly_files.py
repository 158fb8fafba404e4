"""Lists as they lie in drawers: worse than office_files.py, and each with what a person would read in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime

import openpyxl
import xlsxwriter
import xlwt

from tests.outreach.companies.office_files import business_number, hyphened


def campaign_xlsx() -> bytes:
    """Cover sheet, hidden sheet of codes, heading of three merged rows with line breaks, a unit line, two people under
    merged cells, a ditto mark, subtotals by formula in a hidden row, a filter, footnotes of three styles."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    cover = book.add_worksheet("표지")
    cover.merge_range("B3:H5", "일·생활 균형 캠페인\n참여 희망기업 명단")
    cover.write("B9", "담당자 : 홍길동 (032-460-4512)")
    codes = book.add_worksheet("코드표")
    codes.write_row(0, 0, ["코드", "명칭"])
    codes.hide()
    sheet = book.add_worksheet("참여기업")
    sheet.merge_range("A1:M1", "참여 희망기업 현황 (2024. 7. 2. 기준)")
    sheet.write("M2", "(단위 : 명)")
    for area, text in (
        ("A3:A5", "연번"), ("B3:D3", "기업 개요"), ("B4:B5", "업 체 명"), ("C4:C5", "사업자\n등록번호"),
        ("D4:D5", "대표자"), ("E3:G3", "소재지 및 규모"), ("E4:E5", "주소\n(도로명)"), ("F4:G4", "근로자 수"),
        ("H3:L3", "업무 담당자"), ("H4:H5", "성명\n(직위)"), ("I4:J4", "연락처"), ("K4:K5", "E-mail"),
        ("L4:L5", "수신동의\n(일자)"), ("M3:M5", "비 고"),
    ):  # fmt: skip
        sheet.merge_range(area, text)
    sheet.write_row("F5", ["계", "여"])
    sheet.write_row("I5", ["사무실", "휴대폰"])
    rows: list[list[object]] = [
        [1, "㈜가람정밀", hyphened(101), "김가람", "인천광역시 남동구 남동대로 215번길 30 (고잔동)", 45, 12,
         "이수연(과장)", "032)812-3456", "010.1234.5678", "sylee@garam.example", "2024.7.2."],
        ["", "", "", "", "", "", "", "박지훈(대리)", "〃", "010-2345-6789", "jhpark@garam.example"],
        [2, "나래산업(주)", int(business_number(102)), "나래", "인천 남동구 논현동 123-4", "120명", 30, "최민지 팀장",
         "032-8121234", "", "mj.choi@narae.example , ceo@narae.example", "'24.7.2"],
        ["", "남동구 소계", "", "", "", "=SUM(F6:F8)"],
        [3, "주식회사 다온", hyphened(103), "", "인천시 부평구 부평대로 1", "1,050", "-", "", "1588-1234", "", "",
         45475],
        ["", "합 계", "", "", "", "=SUM(F6:F10)"],
        [],
        ["주1) 근로자 수는 고용보험 피보험자 기준"],
        ["* 여성은 2024년 6월 말 기준"],
        ["※ 문의: 032-460-4512"],
    ]
    for number, row in enumerate(rows, 5):
        sheet.write_row(number, 0, row)
    for column, value in enumerate(rows[0][:7]):
        sheet.merge_range(5, column, 6, column, value)
    sheet.autofilter("A5:M10")
    sheet.set_row(8, None, None, {"hidden": True})
    book.close()
    return file.getvalue()


def insured_xls() -> bytes:
    """BIFF with numbers as numbers: workplace and business numbers, a postcode and a telephone without their zero."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    book.add_sheet("Sheet2")
    sheet.write_merge(0, 0, 0, 9, "고용보험 적용사업장 명부(출력일: 2026-03-04)")
    sheet.write(1, 9, "[단위: 명]")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    rows = [
        ["순번", "사업장관리번호", "사업장명", "사업자번호", "우편번호", "소재지", "피보험자수", "전화번호", "FAX",
         "업종코드", "담당자", "E-Mail", "동의일자", "수신동의"],
        [1, int(business_number(111) + "0"), "한빛테크(주)", int(business_number(111)), 4631,
         "서울특별시 구로구 디지털로26길 5", 33, 28581234, 28581235, 25110, "김한빛", "hb.kim@naver.con",
         date(2025, 5, 1), "Y"],
        [2, hyphened(112) + "-0", "(주)한빛테크 제2공장", hyphened(112), "08390", "서울 금천구 가산디지털1로 1",
         "5인 이상", "02-858-5555~6", "", "C26", "이두리 / 박세나", "duri@hb.example\nsena@hb.example", "2025.5.1",
         "동의"],
        [3, "", "대한민국상사", 123456789, "", "경기도 안산시 단원구 산단로 1", 2, "0314901234"],
        [4, "", "무번호상회", "", "", "경기도 시흥시 공단1대로 204", 3, "031-490-0000", "", "", "주인장",
         "owner@shop.example", "24/7/2", "O"],
    ]  # fmt: skip
    for number, row in enumerate(rows, 2):
        for column, value in enumerate(row):
            sheet.write(number, column, value, day if isinstance(value, date) else xlwt.Style.default_style)
    sheet.write(8, 2, "총 계")
    sheet.write(8, 6, xlwt.Formula("SUM(G4:G7)"))
    sheet.write(10, 0, "끝.")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def members_text(encoding: str, delimiter: str, end: str = "\r\n") -> bytes:
    """A title and a blank line, both kinds of address, good rows and bad ones of each kind."""
    rows = [
        ["협의회 회원사 명단"], [],
        ["번호", "기업체명", "사업자등록번호", "도로명주소", "지번주소", "상시 근로자(명)", "TEL", "담당부서", "담당자",
         "휴대전화", "전자우편", "메모"],
        ["1", "(주)마루전자", hyphened(121), "경기도 성남시 분당구 판교로 255", "경기도 성남시 분당구 삼평동 1", "85",
         "031-789-1234", "인사팀", "김마루", "01012345678", "maru@maru.example", "=cmd|calc"],
        ["2", "바다물산 주식회사", business_number(122), "부산광역시 강서구 녹산산단 335로 7", "", "1,200",
         "(051) 123-4567", "총무부", "이바다 차장", "10-9876-5432", "bada@daum.com", '"큰" 기업; 방문'],
        ["3", "사랑식품", "123-45-67890", "대구 달서구 성서공단로 11"],
        ["4", "아라", "", "", "", "", "", "", "", "", "", "아무 것도 없음"],
        ["5", "", hyphened(125), "대구 달서구 성서공단로 12"],
        ["6", "자연㈜", hyphened(126), "대구 달서구 성서공단로 13", "", "8", "", "", "", "", "not-an-email"],
    ]  # fmt: skip
    return _text(rows, encoding, delimiter, end)


def twice_told_csv() -> bytes:
    """The same company over three rows and in three spellings; another without a number, twice."""
    rows = [
        ["일련번호", "법인명", "사업자번호", "사업장 주소", "담당자", "직책", "e-mail 주소", "직통 전화번호",
         "마케팅 수신 동의 여부", "동의 일시"],
        ["1", "거북선(주)", hyphened(151), "울산 남구 산업로 1", "김하나", "과장", "one@gb.example", "052-200-0001",
         "동의함", "2026-01-02 10:11:12"],
        ["2", "㈜거북선", business_number(151), "", "이두리", "대리", "two@gb.example", "052.200.0002", "미동의", ""],
        ["3", "㈜ 거북선", hyphened(151), "울산광역시 남구 산업로 1", "김하나", "과장", "ONE@gb.example"],
        [],
        ["4", "무번호", "", "울산 남구 산업로 9"],
        ["5", "(주)무번호", "", "울산광역시 남구 산업로 9, 2층", "무담당", "", "mu@mu.example", "", "○", "26.1.2"],
    ]  # fmt: skip
    return _text(rows, "cp949", ",", "\r")


def portal_xls() -> bytes:
    """HTML without closing tags, with non-breaking spaces and entities, a caption and a closing line."""
    return f"""<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv=Content-Type content="text/html; charset=ks_c_5601-1987"></head><body>
<table border=1><caption>조회결과</caption><tr><td colspan=7><b>기업 조회 결과</b></td></tr>
<tr><td colspan=7 align=right>출력일시: 2026-11-01 10:00:00</td></tr>
<tr><td rowspan=2>No<td rowspan=2>회사명<br>(상호)<td rowspan=2>사업자<br>번호<td colspan=3>담당자 정보
<td rowspan=2>주 소</tr><tr><td>이름<td>전화<td>메일주소</tr>
<tr><td>1<td>차오름&nbsp;(주)<td>{hyphened(131)}<td>김&nbsp;차오<td>02&ndash;2100&ndash;1234
<td><a href="mailto:cha@cha.example">cha@cha.example</a><td>서울 영등포구 여의대로 24</tr>
<tr><td>2<td>카페&amp;빵<td>{hyphened(132)}<td>박카페<td>010 1111 2222<td>cafe@gmial.com
<td>서울 마포구 월드컵북로 396</tr>
<tr><td colspan=7>총 2건</td></tr></table></body></html>""".encode("cp949")


def english_xlsx() -> bytes:
    return _xlsx([
        ["Partner company contact sheet FY2026"], [],
        ["No.", "Company Name", "Biz Reg. No.", "Address", "Employees", "Contact Person", "Job Title", "E-mail",
         "Mobile Phone", "Tel.", "Consent (Y/N)", "Consent Date", "Remarks"],
        [1, "Hanbit Precision Co., Ltd.", hyphened(141), "12, Namdong-daero, Namdong-gu, Incheon", "1,234",
         "Kim, Chul-soo", "Manager", "cs.kim@hanbit.example", "+82-10-1234-5678", "+82 32 123 4567", "Y",
         datetime(2026, 3, 4), ""],
        [2, "ABC Korea Inc", "", "서울 강남구 테헤란로 152", 30, "Lee", "Director", "lee@abc.example", "",
         "02-111-2222 (ext. 12)", "N"],
    ])  # fmt: skip


def tenants_xlsx() -> bytes:
    """Two people beside each other under the same words, an error value, totals by formula, no business numbers."""
    return _xlsx([
        ["산업단지 입주업체 (자료: 관리공단)"],
        ["구분", "업체명", "대표자명", "주생산품", "소재지", "종업원수", "담당자(정)", "연락처", "이메일", "담당자(부)",
         "연락처", "이메일"],
        ["남동", "㈜타오", "김대표", "볼트, 너트", "인천 남동구 은봉로 1", "48", "정담당 과장", "010-1000-0001",
         "a@tao.example", "부담당", "010-1000-0002", "b@tao.example"],
        ["남동", "(유)파랑", "이대표", "사출", "인천 남동구 은봉로 2", "#N/A", "정하나", "032-811-0000",
         "pa@parang.example"],
        ["", "소   계", "", "", "", "=SUM(F3:F4)"],
        ["주안", "하늘(합)", "박대표", "도금", "인천 미추홀구 염전로 1", "12", "", "070-1234-5678"],
        ["", "계", "", "", "", "60"],
        ["비고: 종업원 수는 2026년 1월 기준임"],
    ])  # fmt: skip


def bare_csv() -> bytes:
    """No heading at all."""
    rows = [[str(at), f"㈜무제{at}", hyphened(160 + at), f"서울 중구 세종대로 {at}", f"02-700-{1000 + at}",
             f"n{at}@n.example"] for at in range(1, 5)]  # fmt: skip
    return _text(rows, "cp949", ",", "\n")


def _xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _text(rows: Sequence[Sequence[object]], encoding: str, delimiter: str, end: str) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(rows)
    return file.getvalue().encode(encoding)
