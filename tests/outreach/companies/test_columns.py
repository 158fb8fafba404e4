"""Which column holds what: headings, their rows, content, mappings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.companies.columns import (
    IDENTIFYING,
    JOINED,
    LABELS,
    MANDATORY,
    check_mapping,
    missing,
    recognise,
    signature,
    suggest,
    to_mapping,
)
from outreach.companies.headers import Header, find_header, header_at, rank_sheets
from outreach.companies.headings import KNOWN, PATTERNS
from outreach.companies.tables import Merge, read_tables
from outreach.errors import Invalid
from tests.outreach.companies import office_files as office


def targets(headers: list[str], sample: list[list[object]] | None = None) -> list[str]:
    return [s.target for s in suggest(headers, sample or [])]


@pytest.mark.parametrize(
    ("heading", "target"),
    [
        ("기업명", "company.name"), ("상 호", "company.name"), ("상호(법인명)", "company.name"),
        ("Company Name", "company.name"),
        ("사업자\n등록번호", "company.business_number"), ("사업자등록번호(-없이)", "company.business_number"),
        ("BRN", "company.business_number"),
        ("법인등록번호", "company.corporate_number"), ("사업장관리번호", "workplace.number"),
        ("대표자 성명", "company.representative"),
        ("대표자 > 성명", "company.representative"), ("상시ㆍ근로자수", "workplace.headcount"),
        ("근로자수(명)", "workplace.headcount"),
        ("피보험자 수", "workplace.headcount"), ("업종코드(KSIC)", "workplace.industry_code"),
        ("업태/종목", "workplace.industry"),
        ("주소(도로명)", "workplace.address"), ("소재지", "workplace.address"), ("우편번호", "workplace.postcode"),
        ("시·군·구", "workplace.region"),
        ("단지명", "workplace.complex"), ("회사 전화번호", "workplace.phone"), ("TEL", "workplace.phone"),
        ("담당자", "contact.name"),
        ("담당자 > 성 명", "contact.name"), ("담당자 > 연락처", "contact.phone"), ("담당자 휴대폰", "contact.mobile"),
        ("H.P.", "contact.mobile"),
        ("E-mail", "contact.email"), ("담당자 메일 주소", "contact.email"), ("전자우편", "contact.email"),
        ("직위(직책)", "contact.title"),
        ("이메일 수신동의 여부", "contact.consent"), ("수신 동의일", "contact.consent_on"),
        ("직통 전화번호", "contact.phone"), ("담당자 > 소속", "contact.title"), ("담당자 성함", "contact.name"),
        ("근로자수 > 남", ""), ("근로자수 > 여", ""), ("근로자수 > 계", "workplace.headcount"),
        ("종업원수(여)", ""), ("종업원수(합계)", "workplace.headcount"), ("Biz No.", "company.business_number"),
        ("동의 경로", "contact.consent_how"), ("비 고", "company.memo"),
        ("홈페이지", "company.homepage"), ("연번", ""), ("No.", ""), ("FAX", ""), ("개인정보 수집·이용 동의", ""),
    ],
)  # fmt: skip
def test_headings(heading, target):
    found = recognise(heading)
    assert found is not None and found.target == target


@pytest.mark.parametrize(
    ("heading", "group"),
    [("담당자2", 2), ("이메일 ②", 2), ("담당자3 > 이메일", 3), ("Email 2", 2), ("담당자(부)", 2), ("담당자", 0)],
)
def test_whom_a_heading_is_about(heading, group):
    assert recognise(heading).group == group


@pytest.mark.parametrize("heading", ["", "가나다", "2026년", "ㆍ", "x" * 10_000])
def test_strange_headings_say_nothing(heading):
    assert recognise(heading) is None


def test_every_known_name_leads_to_a_target_that_exists():
    assert {target for target in KNOWN.values() if target} <= set(LABELS)
    assert {target for _pattern, target in PATTERNS if target} <= set(LABELS)
    assert set(MANDATORY) | set(IDENTIFYING) <= set(LABELS)
    assert [str(LABELS[t]) for t in ("contact.name", "contact3.email")] == ["담당자 이름", "담당자 이메일 3"]


def test_second_and_third_people():
    assert targets(["기업명", "성명", "이메일", "성명", "이메일"]) == [
        "company.name", "contact.name", "contact.email", "contact2.name", "contact2.email",
    ]  # fmt: skip
    assert targets(["담당자", "부서", "직위", "이메일1", "이메일2"]) == [
        "contact.name", "contact.title", "contact.title", "contact.email", "contact2.email",
    ]  # fmt: skip


def test_headings_beside_each_other():
    assert targets(["기업명", "연락처"]) == ["company.name", "workplace.phone"]
    assert targets(["기업명", "담당자", "연락처"]) == ["company.name", "contact.name", "contact.phone"]
    assert targets(["사업장명", "전화번호"]) == ["company.name", "workplace.phone"]
    assert targets(["기업명", "사업장명"]) == ["company.name", "workplace.name"]
    assert targets(["기업명", "대표전화", "전화번호"]) == ["company.name", "workplace.phone", "contact.phone"]
    assert targets(["지번주소", "도로명주소", "상세주소"]) == ["", "workplace.address", "workplace.address"]
    assert targets(["기업명", "업체명"]) == ["company.name", ""]


def test_content_speaks_where_headings_do_not():
    sample = [
        ["㈜한빛", office.hyphened(1), "a@x.example", "010-1111-2222", "031-123-4567", "경기 화성시 동탄대로 1", "가"],
        [
            "대성(주)",
            office.hyphened(2),
            "b@x.example",
            "010-1111-2223",
            "031-123-4568",
            "경기 화성시 동탄대로 2",
            "나",
        ],
    ]
    assert targets([""] * 7, sample) == [
        "company.name", "company.business_number", "contact.email", "contact.mobile", "workplace.phone",
        "workplace.address", "",
    ]  # fmt: skip
    assert [s.by for s in suggest(["", "기업명"], [["a@x.example", "가"]])] == ["content", "name"]


def test_content_never_gives_one_target_to_two_columns():
    row = ["가", "02-123-4567", "02-123-4568", office.hyphened(1), office.hyphened(2), "a@x.example", "b@x.example"]
    headers = ["기업명", "전화번호", "?", "?", "?", "?", "?"]
    suggestions = suggest(headers, [row] * 3)
    assert [s.target for s in suggestions] == [
        "company.name", "workplace.phone", "", "company.business_number", "", "contact.email", "contact2.email",
    ]  # fmt: skip
    check_mapping(to_mapping(suggestions))


def test_content_that_contradicts_a_heading_lowers_confidence():
    sure, doubtful = suggest(["이메일"], [["a@x.example"]] * 3)[0], suggest(["이메일"], [["없어요"]] * 3)[0]
    assert (sure.target, doubtful.target) == ("contact.email", "contact.email")
    assert doubtful.confidence == sure.confidence / 2
    assert to_mapping([sure, doubtful], at_least=0.8) == {0: "contact.email"}


def test_mappings_are_checked():
    check_mapping({0: "company.name", 1: "workplace.address", 2: "workplace.address"})
    for mapping, word in [
        ({0: "company.name"}, "사업자등록번호"),
        ({0: "workplace.phone"}, "기업명"),
        ({}, "기업명"),
        ({0: "company.name", 1: "company.name", 2: "workplace.phone"}, "둘 이상"),
        ({0: "company.name", 1: "company.secret"}, "알 수 없는"),
    ]:
        with pytest.raises(Invalid, match=word):
            check_mapping(mapping)
    assert missing({0: "company.name", 1: "contact.email"}) == []
    assert missing({}) == ["company.name", "identity"]


def test_signature_is_of_the_headings_only():
    assert signature(["기업 명", "E-MAIL"]) == signature(["기업명", "email"]) != signature(["email", "기업명"])
    assert len(signature([])) == 64


# -- where the table begins ---------------------------------------------------------------------------------


def test_cover_sheet_title_unit_line_and_merged_heading():
    with read_tables(office.complex_list_xlsx()) as file:
        best, other = rank_sheets(file.sheets)
    assert (best.sheet.name, other.sheet.name) == ("명단", "표지")
    assert (best.header.first, best.header.last) == (3, 4)
    assert best.header.names[2:9] == (
        "사업자 등록번호", "소재지", "상시 근로자수", "담당자 > 성 명", "담당자 > 직 위", "담당자 > 연락처",
        "담당자 > 이메일",
    )  # fmt: skip


def test_a_merge_lost_in_csv_still_covers_its_columns():
    rows = [
        ["기업명", "대표자", "담당자", "", ""],
        ["", "", "성명", "직위", "이메일"],
        ["가", "나", "다", "라", "a@x.example"],
    ]
    header = find_header(rows)
    assert header[:3] == (1, 2, ("기업명", "대표자", "담당자 > 성명", "담당자 > 직위", "담당자 > 이메일"))


def test_heading_of_three_rows():
    merged = [Merge(0, 0, 2, 0), Merge(0, 1, 0, 3), Merge(1, 2, 1, 3)]
    rows = [["기업명", "현황", "", ""], ["", "소재지", "담당자", ""], ["", "", "성명", "이메일"]]
    assert find_header(rows, merged).names == (
        "기업명",
        "현황 > 소재지",
        "현황 > 담당자 > 성명",
        "현황 > 담당자 > 이메일",
    )


def test_a_title_over_the_whole_width_is_no_heading():
    rows = [["2026년 기업 명단", "", ""], ["기업명", "전화번호", "주소"], ["가", "02-123-4567", "서울 중구 1"]]
    assert find_header(rows, [Merge(0, 0, 0, 2)])[:3] == (2, 2, ("기업명", "전화번호", "주소"))


def test_unknown_heading_above_data():
    header = find_header([["제목"], ["Firma", "Kontakt"], ["가", "a@x.example"], ["나", "b@x.example"]])
    assert header == Header(2, 2, ("Firma", "Kontakt"))


def test_no_heading_at_all():
    assert find_header([["㈜가", "02-123-4567"], ["㈜나", "02-123-4568"]]) == Header(0, 0, ("", ""))
    assert find_header([["안내"], ["㈜가", "02-123-4567"]]) == Header(0, 1, ("", ""))
    assert find_header([]) == Header(0, 0, ())


def test_a_person_may_say_where_the_heading_is():
    head = [["x"], ["기업명", "비고"], ["가", "나"]]
    assert header_at(head, [], 2, 2).names == ("기업명", "비고")
    assert header_at(head, [], 0, 0) == Header(0, 0, ("", ""))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.text(max_size=8), st.sampled_from(sorted(KNOWN)), st.floats()), max_size=6), max_size=8
    )
)
def test_any_grid_has_some_header(rows):
    header = find_header(rows)
    assert 0 <= header.first <= header.last <= len(rows)
    suggestions = suggest(header.names, rows[header.last :])
    assert len(suggestions) == len(header.names)
    single = [s.target for s in suggestions if s.target and s.target not in JOINED]
    assert len(single) == len(set(single))
