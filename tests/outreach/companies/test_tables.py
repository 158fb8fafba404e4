"""Any file to sheets: format by content, merged cells, and nothing but Invalid for what can't be read."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.companies import tables
from outreach.companies.tables import Limits, Merge, read_tables
from outreach.errors import Invalid
from tests.outreach.companies import office_files as office


def rows_of(content: bytes, place: int = 0) -> list[list[object]]:
    with read_tables(content) as file:
        return [list(row) for row in file.sheets[place].rows()]


def refusal(content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Invalid) as refused, read_tables(content, limits or Limits()) as file:
        for sheet in file.sheets:
            list(sheet.rows())
    return refused.value.message


def test_xlsx_keeps_places_values_and_merges():
    with read_tables(office.complex_list_xlsx()) as file:
        cover, rows = file.sheets
        assert (file.kind, cover.name, rows.name) == ("xlsx", "표지", "명단")
        assert list(cover.rows())[3][1] == "2026-09-30"
        fifth = list(rows.rows())[4]
        assert fifth[:3] == [1.0, "㈜한빛정밀", float(office.business_number(1))]
        assert Merge(top=4, left=1, bottom=5, right=1) in rows.merged
        assert rows.head(1) == [["2026년 남동국가산업단지 입주기업 현황", *[""] * 9]]


def test_a_sheet_can_be_read_again_and_twice_at_once():
    with read_tables(office.complex_list_xlsx()) as file:
        sheet = file.sheets[1]
        assert list(zip(sheet.rows(), sheet.rows(), strict=True)) == [(row, row) for row in sheet.rows()]


def test_blank_rows_and_columns_before_the_table_keep_their_place():
    content = office.xlsx({"표": [[], ["", "", "기업명"], ["", "", "가"]]})
    assert rows_of(content) == [[], ["", "", "기업명"], ["", "", "가"]]


def test_biff_xls():
    with read_tables(office.centre_list_xls()) as file:
        rows = [list(row) for row in file.sheets[0].rows()]
        assert file.kind == "xls"
        assert rows[3][:6] == [1.0, "한울산업", float(office.business_number(11)), 2511.0, 45.0, 212345678.0]
        assert rows[3][9] == "2024-07-02"
        assert Merge(0, 0, 0, 8) in file.sheets[0].merged


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
def test_html_named_xls(encoding: str):
    with read_tables(office.portal_html(encoding)) as file:
        assert (file.kind, file.encoding) == ("html", encoding)
        inner = file.sheet("표 2")
        rows = [list(row) for row in inner.rows()]
        assert rows[0] == ["번호", "업체명", "사업자번호", "담당자", ""]
        assert rows[2] == ["1", "한솔&바다 주식회사", office.hyphened(21), "강민", "kang@hansol.example"]
        assert rows[3] == ["", "", "", "서유진", "seo@hansol.example"]
        assert rows[4][1] == "푸른\n나래"
        assert Merge(2, 1, 3, 1) in inner.merged
        assert list(file.sheets[0].rows()) == [["기업지원포털 내려받기"], [""]]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["cp949", "utf-8", "utf-8-sig", "utf-16"])
def test_delimited_text(encoding: str, delimiter: str):
    with read_tables(office.association_csv(encoding, delimiter)) as file:
        assert (file.kind, file.encoding) == ("csv", encoding)
        assert [list(row) for row in file.sheets[0].rows()] == office.association_rows()
        assert file.sheets[0].height >= 4


def test_a_sheet_by_its_name():
    with read_tables(office.complex_list_xlsx()) as file:
        assert file.sheet("명단") is file.sheets[1]
        with pytest.raises(Invalid, match="명부"):
            file.sheet("명부")


def test_text_from_a_path_is_not_read_into_memory(tmp_path):
    path = tmp_path / "이름은 상관없음.xlsx"
    path.write_bytes(office.association_csv())
    with read_tables(path) as file:
        assert [list(row) for row in file.sheets[0].rows()] == office.association_rows()


def test_quoted_cells_may_hold_line_breaks_and_delimiters():
    assert rows_of('기업명,비고\n"가, 나","첫 줄\n둘째 줄"\n'.encode()) == [
        ["기업명", "비고"],
        ["가, 나", "첫 줄\n둘째 줄"],
    ]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "빈 파일"),
        (b"\xef\xbb\xbf\r\n", "빈 파일"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"PK\x03\x04broken", "손상"),
        (office.with_member(office.xlsx({"a": [["b"]]}), "xl/workbook.xml", b"<workbook"), "손상"),
        (b"PK\x05\x06" + bytes(18), "부호"),
        (office.ole_with("EncryptedPackage"), "암호"),
        (office.ole_with("HwpSummaryInformation"), "HWP"),
        (office.ole_with("WordDocument"), "DOC"),
        (office.ole_with("Workbook"), "손상"),
        (b"<html><body>nothing</body></html>", "표가 없습니다"),
        (b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>", "XML"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x", "MHTML"),
        (b"a,b\x00\x01\x02,c\n", "부호"),
        (b"\xff\xfea\x00\x00\xd8", "부호"),
        ("한글".encode("cp949") + b"\xff\xff,x\n", "부호"),
        (b'a,"' + b"x" * 200_000, "따옴표"),
        (b",".join([b"x"] * 201), "200"),
    ],
)
def test_refusals_say_what_to_do(content: bytes, word: str):
    assert word in refusal(content)


def test_limits():
    book = office.xlsx({"표": [["기업명", "x" * 3000]] * 50})
    assert "너무 큽니다" in refusal(book, Limits(workbook_bytes=1000))
    assert "너무 큽니다" in refusal(b"a,b\n" * 1000, Limits(text_bytes=1000))
    assert "너무 많습니다" in refusal(b"a,b\n" * 11, Limits(rows=10))
    assert rows_of(b"a,b\n" * 10) and "200" in refusal(office.xlsx({"표": [["x"] * 201]}))


# -- the hostile ------------------------------------------------------------------------------------------


def test_zip_bomb_is_refused_before_unpacking():
    bomb = office.with_member(office.xlsx({"표": [["a"]]}), "xl/media/zeros.bin", bytes(5_000_000))
    assert len(bomb) < 50_000
    assert "지나치게" in refusal(bomb, Limits(unpacked_bytes=1_000_000))


def test_two_cells_at_the_far_corners_do_not_exhaust_memory():
    """The reader's grid is dense; a stray cell in the last row and column would need 400 GB."""
    xml = office.sheet_xml(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    assert "손상" in refusal(office.with_member(office.xlsx({"표": [["a"]]}), "xl/worksheets/sheet1.xml", xml))


def test_damaged_xls_that_aborts_the_reader_is_only_invalid():
    """Changed bytes make the library ask for hundreds of gigabytes, index past arrays, or read something else."""
    good = office.centre_list_xls()
    chance = random.Random(7)
    for _ in range(25):
        bad = bytearray(good)
        for _ in range(40):
            bad[chance.randrange(512, len(bad))] = chance.randrange(256)
        read_or_refuse(bytes(bad))


def test_billion_laughs_are_not_laughed():
    book = office.with_member(office.xlsx({"표": [["a"]]}), "xl/sharedStrings.xml", office.BILLION_LAUGHS)
    read_or_refuse(book)


def test_macros_are_not_looked_at():
    book = office.with_member(office.xlsx({"표": [["기업명"], ["가"]]}), "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0macro")
    assert rows_of(book) == [["기업명"], ["가"]]


def test_formulas_give_their_stored_value_only():
    xml = office.sheet_xml(
        '<row r="1"><c r="A1"><f>1+2</f><v>3</v></c><c r="B1" t="str"><f>HYPERLINK("http://x")</f><v>가</v></c>'
        '<c r="C1" t="e"><v>#REF!</v></c></row>'
    )
    assert rows_of(office.with_member(office.xlsx({"표": [["a"]]}), "xl/worksheets/sheet1.xml", xml)) == [
        [3.0, "가", ""]
    ]


def test_a_cell_of_ten_megabytes():
    assert len(rows_of(office.xlsx({"표": [["기업명"], ["가"]]}))) == 2
    xml = office.sheet_xml('<row r="1"><c r="A1" t="inlineStr"><is><t>' + "가" * 3_400_000 + "</t></is></c></row>")
    book = office.with_member(office.xlsx({"표": [["a"]]}), "xl/worksheets/sheet1.xml", xml)
    assert len(rows_of(book)[0][0]) == 3_400_000


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><td colspan=999999999 rowspan=999999999>a</table>",
        "<table>" + "<tr><td><table>" * 300 + "x",
        "<table>" + "<tr>" + "<td>x" * 5000,
        "<table><tr><td>&#0;&#x1F;&unknown;</td></tr></table>",
        "<table><tr><td rowspan='-3' colspan='x'>a</td><td>b</table><table>",
        "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><table><tr><td>&x;</table>",
    ],
)
def test_strange_html(page: str):
    with read_tables(page.encode()) as file:
        for sheet in file.sheets:
            for row in sheet.rows():
                assert len(row) <= 200 and "root:" not in "".join(row)


def read_or_refuse(content: bytes) -> None:
    try:
        with read_tables(content) as file:
            for sheet in file.sheets:
                for row in sheet.rows():
                    assert all(cell is None or isinstance(cell, str | int | float) for cell in row)
    except Invalid as refused:
        assert refused.message


def test_a_part_that_packs_to_nothing_is_refused_before_it_is_read(monkeypatch):
    """A megabyte that unpacks to a gigabyte would keep a worker busy for a minute."""
    monkeypatch.setattr(tables, "_run_reader", lambda *_: pytest.fail("the bomb was opened"))
    cell = f'<row><c t="inlineStr"><is><t>{"A" * 200_000_000}</t></is></c></row>'
    bomb = office.with_member(office.complex_list_xlsx(), "xl/worksheets/sheet1.xml", office.sheet_xml(cell))
    assert len(bomb) < 1_000_000 and "지나치게 커집니다" in refusal(bomb)


STARTS = [
    b"",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"<html><table>",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"a,b\n",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(STARTS), st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(start: bytes, rest: bytes):
    read_or_refuse(start + rest)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000_000), st.integers(1, 30))
def test_any_damage_to_an_xlsx_is_read_or_refused(seed: int, changes: int):
    chance = random.Random(seed)
    bad = bytearray(office.complex_list_xlsx())
    for _ in range(changes):
        bad[chance.randrange(4, len(bad))] = chance.randrange(256)
    read_or_refuse(bytes(bad))
