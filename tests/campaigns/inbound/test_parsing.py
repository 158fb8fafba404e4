"""Reading mails: character sets, encodings, structures, as Korean servers and clients make them."""

from __future__ import annotations

import base64
import quopri

import pytest

from campaigns.inbound import parsing
from campaigns.inbound.content import mailbox
from campaigns.inbound.identity import identity

KOREAN = "육아휴직 대체인력 문의드립니다. 똠방각하"  # 똠 is in CP949, but not in EUC-KR


def mail(head: str | bytes, body: bytes = b"hello") -> parsing.Mail:
    head = head.encode() if isinstance(head, str) else head
    return parsing.parse(head + b"\n\n" + body)


@pytest.mark.parametrize("charset", [
    "euc-kr", "EUC-KR", "ks_c_5601-1987", "cp949", '"ks_c_5601-1987"', "utf-8", "UTF8", "x-windows-949", "korean",
])
def test_text_in_korean_character_sets(charset):
    codec = "utf-8" if "utf" in charset.lower() else "cp949"
    assert mail(f"Content-Type: text/plain; charset={charset}", KOREAN.encode(codec)).text == KOREAN


def test_iso_2022_kr():
    text = "대체인력 문의"
    assert mail("Content-Type: text/plain; charset=iso-2022-kr", text.encode("iso2022_kr")).text == text


@pytest.mark.parametrize("head", ["", "Content-Type: text/plain", "Content-Type: text/plain; charset=us-ascii"])
@pytest.mark.parametrize("codec", ["utf-8", "cp949"])
def test_text_that_says_nothing_or_lies_about_its_character_set(head, codec):
    assert mail(f"X: y\n{head}".strip(), KOREAN.encode(codec)).text == KOREAN


@pytest.mark.parametrize("encoding, encode", [
    ("base64", base64.encodebytes), ("quoted-printable", quopri.encodestring), ("8bit", bytes), ("x-odd", bytes),
])
def test_transfer_encodings(encoding, encode):
    head = f"Content-Type: text/plain; charset=cp949\nContent-Transfer-Encoding: {encoding}"
    assert mail(head, encode(KOREAN.encode("cp949"))).text.strip() == KOREAN


def test_a_subject_of_encoded_words_cut_within_a_letter():
    raw = "회신: 대체인력 안내".encode("cp949")
    words = [f"=?euc-kr?B?{base64.b64encode(part).decode()}?=" for part in (raw[:7], raw[7:])]
    assert mail("Subject: " + "\n ".join(words)).subject == "회신: 대체인력 안내"
    assert mail("Subject: Re: =?UTF-8?Q?=EC=95=88_=EB=82=B4?= 2").subject == "Re: 안 내 2"


@pytest.mark.parametrize("codec", ["utf-8", "cp949"])
def test_raw_letters_in_a_header(codec):
    found = mail("From: 김민수 <minsu@company.example>\nSubject: 회신".encode(codec))
    assert (found.sender, found.subject) == (("김민수", "minsu@company.example"), "회신")


def test_broken_encoded_words_stay_as_they_are():
    assert mail("Subject: =?utf-8?b?????=").subject == "=?utf-8?b?????="
    assert mail("Subject: =?utf-8?b?7JWI64K0*=&?= end").subject == "안내 end"


@pytest.mark.parametrize("value, expected", [
    ('"김민수 (구로)" <Minsu@Company.Example>', ("김민수 (구로)", "minsu@company.example")),
    ("minsu@company.example", ("", "minsu@company.example")),
    ("minsu@company.example (김민수)", ("", "minsu@company.example")),
    ("<>", ("", "")), ("", ("", "")), ("no address", ("", "")),
])
def test_mailboxes(value, expected):
    assert mailbox(value) == expected


MIXED = b"""--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain; charset=utf-8

plain words
--in
Content-Type: text/html; charset=utf-8

<p>html words</p>
--in--

--out
Content-Type: text/plain
Content-Disposition: attachment; filename=a.txt

a file
--out
Content-Type: message/rfc822

Subject: inner
Message-ID: <inner@x.example>

inner words
--out--
"""


def test_what_the_sender_wrote_is_told_from_files_and_carried_mails():
    found = mail('Content-Type: multipart/mixed; boundary="out"', MIXED)
    assert found.text.strip() == "plain words"
    assert [original.first("message-id") for original in found.originals] == ["<inner@x.example>"]
    assert list(found.texts("text/plain", embedded=True)) == ["plain words", "inner words"]


@pytest.mark.parametrize("encoding, encode", [
    ("base64", base64.encodebytes), ("quoted-printable", quopri.encodestring),
])
def test_a_carried_mail_may_be_encoded(encoding, encode):
    """As some Exchange servers return it."""
    inner = "Subject: 안내\nMessage-ID: <inner@x.example>\n\n안녕".encode()
    found = mail(f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}", encode(inner))
    assert [original.first("message-id") for original in found.originals] == ["<inner@x.example>"]
    assert found.text == "" and list(found.texts("text/plain", embedded=True)) == ["안녕"]


def test_a_page_becomes_text_with_its_quotation_marked():
    page = "<style>p{}</style><p>전화&nbsp;주세요</p><div>내일 &lt;오전&gt;</div><blockquote>옛 메일</blockquote>"
    found = mail("Content-Type: text/html; charset=utf-8", page.encode())
    assert found.text.splitlines() == ["전화 주세요", "내일 <오전>", "> 옛 메일"]


def test_what_no_database_takes_is_left_out():
    found = mail("Subject: a\x00b\x1b[31m", "c\x00d\u202ee".encode())
    assert (found.subject, found.text) == ("ab[31m", "cde")


def test_what_is_cut_says_so():
    found = parsing.parse(b"Subject: a\n\n" + b"x" * (parsing.MAX_BYTES + 1))
    assert (found.cut, found.size) == (True, parsing.MAX_BYTES + 13)
    assert not parsing.parse(b"Subject: a\n\nx").cut


def test_a_mail_is_the_same_however_it_came():
    raw = b"From: a@b.example\nMessage-ID: <1@b>\n\nhello\nyou\n"
    keys = {
        identity(parsing.parse(each), each)
        for each in (raw, raw.replace(b"\n", b"\r\n"), b"Received: by x\nDelivered-To: y@z\n" + raw, raw + b"\n")
    }
    assert len(keys) == 1
    other = raw.replace(b"<1@b>", b"<2@b>")
    assert identity(parsing.parse(other), other) not in keys
