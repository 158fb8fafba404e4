"""Headers as strict readers want them, whatever is written into them."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.mail.address import Address, BadAddress, mailbox, path
from outreach.mail.headers import one_line, unstructured

TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
WORD = re.compile(rb"=\?utf-8\?b\?[A-Za-z0-9+/]+=*\?=")


def parsed(field: bytes, name: str):
    message = message_from_bytes(field + b"\r\nbody\r\n", policy=policy.default)
    assert message.keys() == [name], "one field, and nothing broken out of it"
    return message[name]


def check_lines(field: bytes) -> None:
    assert field.endswith(b"\r\n")
    lines = field[:-2].split(b"\r\n")
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
    assert all(line.startswith(b" ") for line in lines[1:])
    assert all(line.strip() for line in lines)
    for line in lines:
        if b"=?" in line:
            assert len(line) <= 76  # RFC 2047 §2
        for word in WORD.findall(line):
            assert len(word) <= 75


@given(TEXT)
@example("[㈜한빛정밀] 일·육아 동행 플래너 지원사업 안내드립니다 — 육아휴직 지원금과 대체인력 지원금을 한 번에")
@example("x\r\nBcc: victim@example.kr\r\n\r\nbody")
@example("=?utf-8?b?7Iic?= looks encoded")
@example("plain " * 40)
@example("👩‍👧‍👦" * 30)
def test_subject_reads_back(text: str) -> None:
    field = unstructured("Subject", text)
    check_lines(field)
    assert str(parsed(field, "Subject")) == one_line(text)


def test_short_ascii_stands_as_it_is() -> None:
    assert unstructured("Subject", "Notice 3 of 4: 50 % off?") == b"Subject: Notice 3 of 4: 50 % off?\r\n"


@given(TEXT)
@example('김"하늘\\')
@example("Kim, Haneul (HR)")
@example('a "quoted" <name@example.kr>')
@example("x\r\nBcc: victim@example.kr")
@example("x" * 300)
def test_display_name_reads_back(name: str) -> None:
    field = mailbox("To", Address(name, "hr@hanbit.example.kr"))
    check_lines(field)
    header = parsed(field, "To")
    (address,) = header.addresses
    assert address.addr_spec == "hr@hanbit.example.kr"
    # The address parser of Python 3.11 leaves a blank between adjacent encoded words, against RFC 2047 §6.2.
    words = field.replace(b"\r\n", b"").decode("ascii").removeprefix("To: ")
    encoded, _, _ = words.rpartition(" <")
    shown = str(make_header(decode_header(encoded))) if "=?" in words else parseaddr(words)[0]
    assert shown == one_line(name).strip()


@pytest.mark.parametrize(
    "email",
    [
        "", "a", "@b.kr", "a@", "a@b@c.kr", "a b@c.kr", "a@b.kr\r\nRCPT TO:<x@y.kr>", "a@b.kr>", "<a@b.kr>", "가@b.kr",
        "a@한글.kr", ".a@b.kr", "a..b@c.kr", "a@-b.kr", "a@b.kr-", "a@b_c.kr", "a" * 250 + "@b.kr", "a\x00@b.kr",
    ],
)
def test_address_that_could_break_out_is_refused(email: str) -> None:
    with pytest.raises(BadAddress):
        mailbox("To", Address("", email))
    if email:
        with pytest.raises(BadAddress):
            path(email)


@pytest.mark.parametrize("email", ["a@b.kr", "a.b+c@xn--bj0bj06e.kr", "o'neil@b.kr", "a@[127.0.0.1]", "x@localhost"])
def test_good_address(email: str) -> None:
    assert path(email) == f"<{email}>".encode()
    assert mailbox("To", Address("", email)) == f"To: {email}\r\n".encode()


@pytest.mark.parametrize("email", ["홍길동@b.kr", "a.가.b@xn--bj0bj06e.kr", "用户@b.kr"])
def test_international_address(email: str) -> None:
    """RFC 6531 and 6532; only where the caller says that it may be."""
    assert path(email, international=True) == f"<{email}>".encode()
    assert mailbox("To", Address("", email), international=True) == f"To: {email}\r\n".encode()
    with pytest.raises(BadAddress):
        path(email)


@pytest.mark.parametrize(
    "email",
    [
        "가\r\nRCPT TO:<x@y.kr>@b.kr", "가 나@b.kr", "가\u3000나@b.kr", "가\u2028나@b.kr", "가\x85나@b.kr", "가>@b.kr",
        "가@한글.kr", "가" * 90 + "@b.kr", "가@b@c.kr", ".가@b.kr", "가\udc80@b.kr", "@한글.kr",
    ],
)
def test_international_address_that_could_break_out_is_refused(email: str) -> None:
    with pytest.raises(BadAddress):
        path(email, international=True)


def test_null_path() -> None:
    assert path("") == b"<>"
