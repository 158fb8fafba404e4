"""Names, numbers, dates, consent and the rule of identity, by table and by property."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.companies import identity as company_identity
from outreach.companies.identity import identity, identity_key, likeness_key, normalise_company_name, place_key
from outreach.companies.ksic import SECTION_OF_DIVISION, SECTIONS, Industry, read_industry_code
from outreach.companies.rules import (
    BusinessKind,
    Flaw,
    WorkplaceNumber,
    business_kind,
    business_number_is_valid,
    clean_text,
    compact,
    format_business_number,
    format_workplace_number,
    looks_like_resident_number,
    read_business_number,
    read_consent,
    read_corporate_number,
    read_date,
    read_headcount,
    read_postcode,
    read_workplace_number,
    safe_cell,
)
from tests.outreach.companies.office_files import business_number

CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40))
READERS = [
    read_business_number, read_corporate_number, read_workplace_number, read_headcount, read_postcode, read_date,
    read_consent, read_industry_code,
]  # fmt: skip


def code(found: object) -> str:
    assert isinstance(found, Flaw), found
    return found.code


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("blank", ["", " ", None, "-", "없음", "\u200b", "\n"])
def test_blank_is_nothing(read, blank):
    assert read(blank) is None


@given(st.sampled_from(READERS), CELLS)
def test_readers_never_fail(read, cell):
    read(cell)


# -- text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  가  나\t다 ", "가 나 다"),
        ("가\r\n나", "가 나"),
        ("가\u00a0나\u3000다", "가 나 다"),
        ("\ufeff가\u200b나", "가나"),
        ("\u1112\u1161\u11ab", "한"),
        ("'010", "010"),
        (1208147521.0, "1208147521"),
        (0.5, "0.5"),
        (True, "TRUE"),
        (float("nan"), ""),
        (0, "0"),
        ("해당 없음", ""),
        ("#N/A", ""),
        ("없음상사", "없음상사"),
    ],
)
def test_clean_text(raw, text):
    assert clean_text(raw) == text


def test_clean_text_can_keep_lines():
    assert clean_text(" 김철수 \r\n\n 이영희", lines=True) == "김철수\n이영희"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    once = clean_text(text)
    assert clean_text(once) == once or once.startswith("'")


@pytest.mark.parametrize("text", ["=1+2", "+82-10", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_formulas_are_neutralised_on_output(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["가나", "", "'=1", -5, 1.5, None, date(2024, 7, 2)])
def test_other_values_are_written_as_they_are(value):
    assert safe_cell(value) == value


# -- business, corporate and workplace numbers -------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        "120-81-47521",
        "1208147521",
        1208147521,
        1208147521.0,
        " 120 81 47521 ",
        "120.81.47521",
        "１２０－８１－４７５２１",
        "'120-81-47521",
        "120‑81‑47521",
    ],
)
def test_business_number_in_every_spelling(raw):
    assert read_business_number(raw) == "1208147521"


@pytest.mark.parametrize(
    "raw",
    [
        "120-81-47520",
        "12081475210",
        "120-81-4752",
        "000-00-00000",
        "0000000000",
        "없음?",
        "120-81-47521 외 1",
        "１２３",
        12.5,
        True,
    ],
)
def test_wrong_business_numbers(raw):
    assert code(read_business_number(raw)) == "business_number_invalid"


def test_lost_zeros_are_put_back_only_if_the_check_digit_agrees():
    number = next(f"00{n:08}" for n in range(12345, 99999) if business_number_is_valid(f"00{n:08}"))
    assert read_business_number(float(number)) == Flaw("business_number_invalid")  # fewer than seven digits are left
    number = next(f"01{n:08}" for n in range(12345, 99999) if business_number_is_valid(f"01{n:08}"))
    assert read_business_number(int(number)) == Flaw("business_number_zeros", number, format_business_number(number))
    wrong = f"{int(number) // 10}{(int(number) + 1) % 10}"
    assert code(read_business_number(wrong)) == "business_number_invalid"


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_exactly_one_check_digit_fits(stem):
    fitting = [digit for digit in "0123456789" if business_number_is_valid(stem + digit)]
    assert len(fitting) == (0 if stem == "000000000" else 1)


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_the_check_digit_is_the_published_one(stem):
    weighed = sum(int(digit) * weight for digit, weight in zip(stem, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    check = (10 - (weighed + int(stem[8]) * 5 // 10) % 10) % 10
    assert business_number_is_valid(f"{stem}{check}") == (stem != "000000000")


@pytest.mark.parametrize(
    ("number", "kind"),
    [("1208147521", BusinessKind.CORPORATION), ("1230112345", BusinessKind.SOLE),
     ("1238212345", BusinessKind.NON_PROFIT),
     ("1238312345", BusinessKind.PUBLIC), ("1238512345", BusinessKind.BRANCH), ("1239012345", BusinessKind.SOLE),
     ("1230012345", BusinessKind.OTHER), ("1238012345", BusinessKind.OTHER)],
)  # fmt: skip
def test_business_kind(number, kind):
    assert business_kind(number) is kind


def test_corporate_number():
    assert read_corporate_number("130111-0006246") == "1301110006246"
    assert read_corporate_number("130111-0006247") == Flaw("corporate_number_check", "1301110006247")
    assert code(read_corporate_number("130111-000624")) == "corporate_number_unreadable"
    assert read_corporate_number("900101-1234567") == Flaw("resident_number")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("900101-1234567", True),
        ("9001011234567", True),
        ("991301-1234567", False),
        ("010-1234-5678", False),
        ("비고: 850715-2345678 확인", True),
    ],
)
def test_resident_numbers_are_noticed(text, found):
    assert looks_like_resident_number(text) is found


def test_workplace_number():
    digits = business_number(5) + "0"
    whole = WorkplaceNumber(digits, business_number(5))
    assert read_workplace_number(format_workplace_number(digits)) == whole
    assert read_workplace_number(float(digits)) == whole
    assert read_workplace_number("900-12-34567-0") == WorkplaceNumber("90012345670", None)
    assert read_workplace_number("123-45-67890-1") == Flaw(
        "workplace_number_check", WorkplaceNumber("12345678901", None)
    )
    assert code(read_workplace_number("1234")) == "workplace_number_unreadable"


# -- head counts, dates, consent ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("50", 50), (45.0, 45), ("1,234명", 1234), (" 7 인", 7), ("총 12명", 12), ("0", 0), (0, 0), ("１２", 12),
        ("12.0", 12),
        ("약 50", Flaw("headcount_approximate", 50, "50")), (12.5, Flaw("headcount_approximate", 12, "12")),
        ("50여명", Flaw("headcount_approximate", 50, "50")), ("300인 이상", Flaw("headcount_approximate", 300, "300")),
        ("10~29", Flaw("headcount_range", 10, "10")), ("100인 - 299인", Flaw("headcount_range", 100, "100")),
        ("5인 미만", Flaw("headcount_unreadable")), ("다수", Flaw("headcount_unreadable")),
        (-3, Flaw("headcount_unreadable")),
        (9_999_999, Flaw("headcount_unreadable")),
    ],
)  # fmt: skip
def test_headcount(raw, found):
    assert read_headcount(raw) == found


@pytest.mark.parametrize(
    ("raw", "found"), [("06164", "06164"), (6164.0, "06164"), ("(06164)", "06164"), ("135-080", None), ("x", None)]
)
def test_postcode(raw, found):
    assert read_postcode(raw) == (found or Flaw("postcode_unreadable"))


@pytest.mark.parametrize(
    "raw",
    ["'24.7.2", "24.7.2", "‘24.7.2", "’24. 7. 2.", "2024.7.2.", "2024. 7. 2.(화)", "2024-07-02", "2024/7/2", "20240702",
     20240702.0,
     "2024년 7월 2일", "24년7월2일", 45475.0, "45475", "2024-07-02 09:30:00", "2024-07-02T09:30"],
)  # fmt: skip
def test_dates_in_every_spelling(raw):
    assert read_date(raw) == date(2024, 7, 2)


@pytest.mark.parametrize("raw", ["2024.13.1", "2024-02-30", "7월 2일", "작년", 123.0, "20241301"])
def test_what_is_no_date(raw):
    assert read_date(raw) == Flaw("date_unreadable")


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%Y.%m.%d.", "%Y-%m-%d", "'%y.%m.%d", "%Y년 %m월 %d일", "%Y%m%d"]),
)
def test_every_day_comes_back(day, style):
    assert read_date(day.strftime(style)) == day


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_every_excel_serial_comes_back(day):
    assert read_date(float((day - date(1899, 12, 30)) // timedelta(days=1))) == day


@pytest.mark.parametrize(
    "raw", ["동의", "수신동의", " 동 의 ", "Y", "yes", "O", "o", "○", "〇", "ㅇ", "예", "1", 1.0, True, "√", "Ｙ"]
)
def test_consent_given(raw):
    assert read_consent(raw) is True


@pytest.mark.parametrize(
    "raw", ["미동의", "동의 안 함", "수신거부", "N", "no", "X", "×", "아니오", "0", 0, False, "철회"]
)
def test_consent_refused(raw):
    assert read_consent(raw) is False


@pytest.mark.parametrize("raw", ["모름", "문의 예정", "동의?", "2", "동의/미동의"])
def test_consent_is_never_guessed(raw):
    assert read_consent(raw) == Flaw("consent_unreadable")


# -- industry ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("C", Industry("", "C")), ("C25", Industry("25", "C")), ("25", Industry("25", "C")),
        (25.0, Industry("25", "C")),
        ("2511", Industry("2511", "C")), ("C2511 구조용 금속제품", Industry("2511", "C")),
        ("c-62", Flaw("industry_letter", None, "J62")),
        ("J62010", Industry("62010", "J")), ("(C29)", Industry("29", "C")), ("1", Industry("01", "A")),
        ("721000", Flaw("industry_tax_code")), ("77", Flaw("industry_unknown")),
        ("제조업", Flaw("industry_unreadable")),
        ("Z10", Flaw("industry_unreadable")), ("COM", Flaw("industry_unreadable")),
    ],
)  # fmt: skip
def test_industry_code(raw, found):
    assert read_industry_code(raw) == found


def test_divisions_belong_to_sections():
    assert set(SECTION_OF_DIVISION.values()) == set(SECTIONS)
    assert [SECTION_OF_DIVISION[d] for d in ("01", "10", "34", "35", "68", "74", "99")] == list("ACCDLNU")
    assert Industry("2511", "C").division == "25"


# -- names and identity -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["한빛", "㈜한빛", "(주)한빛", "( 주 ) 한 빛", "한빛㈜", "주식회사 한빛", "한빛주식회사", "(유)한빛",
     "유한회사한빛", "주)한빛", "한빛(주",
     "농업회사법인 주식회사 한빛", "㈔한빛", "[주] 한빛", "한빛 Co., Ltd.", "한·빛"],
)  # fmt: skip
def test_legal_form_and_marks_do_not_matter(name):
    assert normalise_company_name(name) == "한빛"


@pytest.mark.parametrize(
    ("name", "key"),
    [("ABC Corp.", "abc"), ("ＡＢＣ전자", "abc전자"), ("주식회사", "주식회사"), ("㈜", "주"), ("Co Ltd", "co"),
     ("A&B", "ab"), ("!!!", ""),
     ("우주항공", "우주항공"), ("주원", "주원"), ("한빛(안산)", "한빛안산")],
)  # fmt: skip
def test_normalised_names(name, key):
    assert normalise_company_name(name) == key


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("㈜()주유식회사 한빛Co.,Ltd")), max_size=25))
def test_normalising_twice_changes_nothing(name):
    key = normalise_company_name(name)
    assert normalise_company_name(key) == key


@given(st.text(max_size=25))
def test_compact_twice_changes_nothing(text):
    assert compact(compact(text)) == compact(text)


def test_likeness_is_coarser_than_identity():
    assert {likeness_key(n) for n in ("㈜한빛 2공장", "한빛(구. 하늘)", "한빛 본사", "한빛")} == {"한빛"}
    assert likeness_key("본사") == "본사"


@pytest.mark.parametrize(
    ("one", "other"),
    [("서울특별시 금천구 가산디지털1로 123, 4층 (가산동)", "서울 금천구 가산디지털1로 123 4층"),
     ("경기도 화성시 동탄대로5길 21-3, A동", "경기 화성시 동탄대로 5길 21-3"),
     ("경기 안산시 단원구 원시동 123-4", "경기도 안산시 단원구  원시동 123-4")],
)  # fmt: skip
def test_same_place(one, other):
    assert place_key(one) == place_key(other)


def test_other_places():
    assert (
        len(
            {
                place_key(a)
                for a in (
                    "경기 화성시 동탄대로 2",
                    "경기 화성시 동탄대로 21",
                    "경기 화성시 동탄대로2길 1",
                    "경기 화성시 동탄대로 2-1",
                )
            }
        )
        == 4
    )


PIECES = ["㈜", "(주)", "주식회사", "유한", "법인", "회사", "한빛", "co", "abc", "7", " ", "·", "("]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_common_names_take_a_short_way_to_the_same_key(name):
    key = company_identity._without_legal_form(name)
    while (shorter := company_identity._without_legal_form(key)) != key:
        key = shorter
    assert normalise_company_name(name) == key


def test_identity_by_number_then_by_name_with_phone_or_address():
    assert identity_key(name="한빛", business_number="1208147521") == "1208147521/"
    assert (
        identity_key(name="한빛", business_number="1208147521", workplace_number="12081475210")
        == "1208147521/12081475210"
    )
    assert identity(name="㈜한빛", phones=["031-123-4567 내선 3"], address="경기도 화성시 동탄대로 1").loose == (
        "한빛|t0311234567", "한빛|a경기화성시동탄대로1",
    )  # fmt: skip
    assert identity_key(name="한빛", emails=["a@x.example"]) == "한빛|ma@x.example"
    assert identity(name="한빛", phones=["02-123-4567"], emails=["a@x.example"]).loose == ("한빛|t021234567",)
    assert identity_key(name="한빛") is None
    assert identity_key(name="!!", phones=["02-123-4567"]) is None
