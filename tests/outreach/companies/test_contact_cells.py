"""Phones, e-mail addresses and people as cells hold them."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from outreach.companies.emails import address_key, read_address, read_emails, suggest_domain
from outreach.companies.people import Contact, make_contacts, read_people
from outreach.companies.phones import is_mobile, read_phones
from outreach.companies.rules import Flaw

# -- phones ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "numbers"),
    [
        ("02-1234-5678", ["02-1234-5678"]), ("0212345678", ["02-1234-5678"]), ("02)123-4567", ["02-123-4567"]),
        ("(031) 123-4567", ["031-123-4567"]), ("031.1234.5678", ["031-1234-5678"]),
        ("010 1234 5678", ["010-1234-5678"]),
        ("010-12345678", ["010-1234-5678"]), ("+82-10-1234-5678", ["010-1234-5678"]),
        ("+82 (0)2 123 4567", ["02-123-4567"]),
        ("82-31-123-4567", ["031-123-4567"]), ("070-1234-5678", ["070-1234-5678"]),
        ("0505-123-4567", ["0505-123-4567"]),
        ("080-123-4567", ["080-123-4567"]), ("1588-1234", ["1588-1234"]), ("16441234", ["1644-1234"]),
        ("０２－１２３－４５６７", ["02-123-4567"]),
        ("031-123-4567, 010-1111-2222", ["031-123-4567", "010-1111-2222"]),
        ("02-123-4567\n02-123-4568", ["02-123-4567", "02-123-4568"]),
        ("T. 02-123-4567 H.P 010-1234-5678", ["02-123-4567", "010-1234-5678"]),
        ("02-123-4567(내선 12)", ["02-123-4567 내선 12"]),
        ("02-123-4567 / 02-123-4567", ["02-123-4567"]), ("", []), ("-", []),
    ],
)  # fmt: skip
def test_phones(raw, numbers):
    assert read_phones(raw) == (tuple(numbers), None)


@pytest.mark.parametrize(
    ("raw", "numbers", "code"),
    [
        (212345678.0, ["02-1234-5678"], "phone_zero"), (1012345678, ["010-1234-5678"], "phone_zero"),
        ("31-123-4567", ["031-123-4567"], "phone_zero"), ("02-123-4567~9", ["02-123-4567"], "phone_range"),
        ("031-123-4567 / 8", ["031-123-4567"], "phone_partly"),
        ("김철수 010-1234-5678", ["010-1234-5678"], "phone_partly"),
        ("123-4567", [], "phone_unreadable"), ("2123-4567", [], "phone_unreadable"), ("문의", [], "phone_unreadable"),
        ("+1-650-253-0000", [], "phone_unreadable"), ("1208147521", [], "phone_unreadable"),
        ("010-123-4567", [], "phone_unreadable"),
    ],
)  # fmt: skip
def test_phones_with_something_to_say(raw, numbers, code):
    found = read_phones(raw)
    assert (list(found.numbers), found.flaw.code) == (numbers, code)


AREAS = [
    "02",
    "031",
    "032",
    "033",
    "041",
    "042",
    "043",
    "044",
    "051",
    "052",
    "053",
    "054",
    "055",
    "061",
    "062",
    "063",
    "064",
    "070",
    "010",
    "0507",
]
CANONICAL = st.builds("{}-{:04}-{:04}".format, st.sampled_from(AREAS), st.integers(2000, 9999), st.integers(0, 9999))


@given(CANONICAL, st.sampled_from(["{}", "{} 내선 7", "☎ {}", "({})"]))
def test_a_canonical_number_reads_as_itself(number, frame):
    written = frame.format(number)
    assert read_phones(written).numbers[0].removesuffix(" 내선 7") == number
    assert read_phones(read_phones(written).numbers[0]).numbers == read_phones(written).numbers


@given(CANONICAL, st.sampled_from(["", " ", ".", "-"]), st.booleans())
def test_spelling_does_not_matter(number, gap, international):
    parts = number.split("-")
    if international:
        parts = ["+82", parts[0][1:], *parts[1:]]
    assert read_phones(gap.join(parts)).numbers == (number,)


@given(st.text(max_size=60))
def test_phones_never_fail(text):
    for number in read_phones(text).numbers:
        assert read_phones(number).numbers == (number,)


def test_mobile_numbers():
    assert is_mobile("010-1234-5678") and not is_mobile("02-123-4567") and not is_mobile("1588-1234")


# -- e-mail ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "addresses"),
    [
        ("hong@naver.com", ["hong@naver.com"]), ("Hong.Gil@Sub.Hanbit.CO.KR", ["Hong.Gil@sub.hanbit.co.kr"]),
        ("a@x.example; b@y.example", ["a@x.example", "b@y.example"]),
        ("a@x.example/b@y.example", ["a@x.example", "b@y.example"]),
        ("a@x.example\nb@y.example", ["a@x.example", "b@y.example"]), ("홍길동 <a@x.example>", ["a@x.example"]),
        ("a@x.example(홍길동)", ["a@x.example"]), ("mailto:a@x.example", ["a@x.example"]),
        ("a@한글.한국", ["a@xn--bj0bj06e.xn--3e0b707e"]),
        ("a+b_c-d@x.example", ["a+b_c-d@x.example"]), ("a@x.example, a@x.example", ["a@x.example"]), ("", []),
        ("없음", []),
    ],
)  # fmt: skip
def test_addresses(raw, addresses):
    found = read_emails(raw)
    assert list(found.addresses) == addresses and not found.flaws


def test_the_name_beside_an_address_is_kept():
    assert read_emails("홍길동 <a@x.example>").rest == "홍길동"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("hong.naver.com", "‘@’가 없습니다"), ("a@@b.com", "둘 이상"), ("@naver.com", "앞이 비어"),
        ("a@", "뒤가 비어"), ("홍@naver.com", "한글"),
        ("a..b@naver.com", "마침표"), ("a@naver", "도메인"), ("a@x.test", "받을 수 없는"), ("a@-x.com", "형식"),
        ("a" * 65 + "@x.com", "깁니다"),
        ("a@" + "b." * 140 + "com", "깁니다"), ("x" * 3000, "깁니다"),
    ],
)  # fmt: skip
def test_wrong_addresses_say_why(raw, reason):
    (flaw,) = read_emails(raw).flaws
    assert flaw.code == "email_invalid" and reason in flaw.hint


def test_one_wrong_address_among_good_ones_is_told():
    found = read_emails("a@x.example, b@@y")
    assert found.addresses == ("a@x.example",) and [flaw.code for flaw in found.flaws] == ["email_invalid"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("naver.con", "naver.com"), ("naver.co", "naver.com"), ("naver.vom", "naver.com"), ("navr.com", "naver.com"),
        ("naber.com", "naver.com"),
        ("nvaer.com", "naver.com"), ("naver.net", "naver.com"), ("gmail.con", "gmail.com"),
        ("gamil.com", "gmail.com"), ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"), ("daum.com", "daum.net"), ("daum.ner", "daum.net"), ("hanmail.com", "hanmail.net"),
        ("hamail.net", "hanmail.net"),
        ("hanbit.con", "hanbit.com"), ("kakao.con", "kakao.com"), ("naver.com", None), ("mail.com", None),
        ("email.com", None), ("hanbit.co.kr", None),
        ("korea.com", None), ("daum.net", None), ("company.example", None),
    ],
)  # fmt: skip
def test_typing_errors_are_suspected(written, meant):
    assert suggest_domain(written) == meant


def test_a_suspicion_changes_nothing():
    found = read_emails("hong@naver.con")
    assert found.addresses == ("hong@naver.con",) and found.flaws == (Flaw("email_typo", None, "hong@naver.com"),)
    assert read_emails("hong@paran.com").flaws[0].code == "email_dead"
    assert read_emails("hong @ naver.com") == (("hong@naver.com",), (Flaw("email_spaces", None, "hong@naver.com"),), "")


LOCAL = st.text(alphabet="abcXYZ019._+-!#가", min_size=1, max_size=20)
DOMAIN = st.text(alphabet="abcXYZ019.-가", min_size=1, max_size=24)


@given(
    st.one_of(
        st.builds("{}@{}".format, LOCAL, DOMAIN), st.builds("{}@{}.com".format, LOCAL, DOMAIN), st.text(max_size=40)
    )
)
def test_the_quick_way_agrees_with_email_validator(text):
    found = read_address(text)
    try:
        valid = validate_email(text, allow_smtputf8=False, check_deliverability=False, strict=True)
    except EmailNotValidError:
        assert isinstance(found, Flaw)
    else:
        assert isinstance(found, str) and address_key(found) == address_key(valid.ascii_email)
        assert found.isascii()


@pytest.mark.parametrize(
    ("address", "key"),
    [("Hong@Naver.COM", "hong@naver.com"), (" a@x.example ", "a@x.example"),
     ("A@한글.한국", "a@xn--bj0bj06e.xn--3e0b707e"),
     ("\u1112\u1161\u11ab@X.kr", "한@x.kr")],
)  # fmt: skip
def test_address_key(address, key):
    assert address_key(address) == key


@given(st.text(max_size=40))
def test_address_key_twice_changes_nothing(text):
    assert address_key(address_key(text)) == address_key(text)


# -- people -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("김철수", [("김철수", "")]), ("김철수 / 이영희", [("김철수", ""), ("이영희", "")]),
        ("김철수,이영희·박민수", [("김철수", ""), ("이영희", ""), ("박민수", "")]),
        ("김철수\n이영희", [("김철수", ""), ("이영희", "")]), ("김철수 과장", [("김철수", "과장")]),
        ("김철수과장", [("김철수", "과장")]),
        ("인사팀 김철수 과장님", [("김철수", "인사팀 과장")]), ("김철수(인사팀장)", [("김철수", "인사팀장")]),
        ("김철수, 과장", [("김철수", "과장")]),
        ("김철수 과장 / 이영희 대리", [("김철수", "과장"), ("이영희", "대리")]), ("박지원", [("박지원", "")]),
        ("경영지원팀 박지원", [("박지원", "경영지원팀")]),
        ("인사팀", [("인사팀", "")]), ("담당자", [("담당자", "")]), ("Kim, Chul-soo", [("Kim, Chul-soo", "")]),
        ("John Smith", [("John Smith", "")]),
        ("A/S 담당", [("A/S", "담당")]), ("남궁민수", [("남궁민수", "")]), ("", []),
    ],
)  # fmt: skip
def test_people(text, people):
    assert [(person.name, person.title) for person in read_people(text)] == people


def test_numbers_and_addresses_beside_a_name():
    first, second = read_people("김철수 과장(010-1234-5678) / 이영희 lee@x.example")
    assert (first.phones, second.emails) == (("010-1234-5678",), ("lee@x.example",))
    (only,) = read_people("김철수 / 010-1234-5678")
    assert (only.name, only.phones) == ("김철수", ("010-1234-5678",))


@given(st.text(max_size=60))
def test_people_never_fail(text):
    read_people(text)


def test_contacts_are_dealt_out_in_order():
    people = read_people("김철수/이영희")
    both = make_contacts(
        people, ["과장", "대리"], ["k@x.example", "l@x.example"], [["010-1111-2222", "010-3333-4444"]], None
    )
    assert both == [
        Contact("김철수", "과장", "k@x.example", "", "010-1111-2222"),
        Contact("이영희", "대리", "l@x.example", "", "010-3333-4444"),
    ]
    first = make_contacts(people, ["과장"], ["k@x.example"], [["02-123-4567"], ["010-1111-2222"]], None)
    assert first == [Contact("김철수", "과장", "k@x.example", "02-123-4567", "010-1111-2222"), Contact("이영희")]


def test_addresses_of_the_name_cell_and_the_address_column_are_both_kept():
    people = read_people("김철수 k@x.example")
    assert [c.email for c in make_contacts(people, [], ["k@x.example"], [], None)] == ["k@x.example"]
    assert [c.email for c in make_contacts(people, [], ["l@x.example"], [], None)] == ["k@x.example", "l@x.example"]


def test_every_further_address_is_a_contact_of_its_own():
    assert make_contacts(read_people("김철수"), [], ["a@x.example", "b@x.example"], [], None) == [
        Contact("김철수", email="a@x.example"), Contact(email="b@x.example"),
    ]  # fmt: skip
    assert make_contacts((), ["과장"], [], [], None) == []
