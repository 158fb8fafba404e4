"""What the compiler writes must read back as what `email` itself would have written."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.headerregistry import Address as ReferenceAddress
from email.message import EmailMessage
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.mail.address import Address, BadAddress
from outreach.mail.compile import CompiledMessage, compile_message
from outreach.mail.content import Canonical, wire_content
from outreach.mail.headers import one_line
from outreach.mail.slots import BadTemplate

SENDER = Address("서울고용노동청 기업지원과", "outreach@seoul.example.go.kr")
DATE = datetime(2026, 11, 23, 10, 30, 15, 123456, tzinfo=timezone(timedelta(hours=9)))
SUBJECT = "[{{회사명}}] {{담당자}}님께 일·육아 동행 플래너를 안내드립니다"
TEXT = "안녕하세요, {{담당자}}님.\n{{회사명}} 귀중\n\n.점으로 시작하는 줄\n육아휴직 지원금 안내\n자세히: {{링크}}\n"
HTML = (
    '<!doctype html>\n<html lang="ko"><head><title>{{회사명}}</title><style>p{margin:0}</style></head><body>\n'
    '<p title="{{회사명}}">안녕하세요, <b>{{담당자}}</b>님.</p>\n'
    + "<p>중소기업의 육아휴직 지원금과 대체인력 지원금을 한 번에 안내해 드립니다.</p>\n" * 20
    + '<a href="{{링크}}">자세히 보기</a> <a href="https://o.example.kr/s?q={{회사명}}&amp;p=1">검색</a>\n</body></html>\n'
)
FIELDS = {"회사명", "담당자", "링크", "수신거부"}
HEADERS = {
    "List-Unsubscribe": "<{{수신거부}}>, <mailto:outreach@seoul.example.go.kr?subject=unsubscribe>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Auto-Submitted": "auto-generated",
}
LINKS = {"링크": "https://o.example.kr/c/Ab-_9?x=1&y=2", "수신거부": "https://o.example.kr/u/Zz09-_"}
VALUES = {"회사명": "㈜한빛정밀", "담당자": "김하늘", **LINKS}

COMPILED = compile_message(sender=SENDER, subject=SUBJECT, text=TEXT, html=HTML, fields=FIELDS, headers=HEADERS)

#: All kinds of things a company may be called, or someone may try.
HOSTILE = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=120),
    st.text(st.sampled_from("<>\"'&=`/{}%\r\n\t .:;?#가힣ㄱ㈜👩"), min_size=1, max_size=40),
).filter(lambda value: not value.isspace())


def render(compiled: CompiledMessage = COMPILED, values: dict[str, str] = VALUES, name: str = "김하늘") -> Canonical:
    return compiled.render(
        values, to=Address(name, "hr@hanbit.example.kr"), message_id="<d1.x@o.example.kr>", date=DATE
    )


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert not message.defects
    for part in message.walk():
        assert not part.defects
    return message


def body(message: EmailMessage, subtype: str) -> str:
    return message.get_body((subtype,)).get_content().replace("\r\n", "\n")


def filled(template: str, values: dict[str, str], place) -> str:
    return re.sub(r"\{\{(.+?)\}\}", lambda match: place(one_line(values[match[1]])), template)


class Tags(HTMLParser):
    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes.update({f"{tag}.{name}": value for name, value in attrs})

    def handle_data(self, data: str) -> None:
        self.text += data


@settings(deadline=None)
@given(HOSTILE, HOSTILE)
@example("</title><script>alert(1)</script>", '"><img src=x onerror=alert(1)>')
@example("x\r\nBcc: victim@example.kr\r\n\r\nbody", "=?utf-8?b?7Iic?=")
@example("{{담당자}}", "&amp;&#39;")
@example("a" * 500, "가" * 300)
def test_any_value_reads_back(company: str, person: str) -> None:
    values = {**VALUES, "회사명": company, "담당자": person}
    raw = render(values=values, name=person)
    message = read(raw)
    assert message.keys() == [
        "Date", "From", "List-Unsubscribe-Post", "Auto-Submitted", "To", "Subject", "Message-ID", "List-Unsubscribe",
        "MIME-Version", "Content-Type",
    ]
    assert message["Subject"] == filled(SUBJECT, values, str)
    assert body(message, "plain") == filled(TEXT, values, str)
    html = body(message, "html")
    reference = Tags(body(read(render()), "html"))
    tags = Tags(html)
    assert tags.tags == reference.tags, "no value adds a tag or an attribute"
    assert tags.attributes["p.title"] == one_line(company)
    assert one_line(person) in tags.text
    check_wire(raw)


def check_wire(raw: Canonical) -> None:
    """Canonical is what it promises, and lines keep to their limits."""
    assert isinstance(raw, Canonical)
    assert wire_content(bytes(raw)) == wire_content(raw), "no dot to stuff, no line end to mend"
    head, _, rest = raw.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in rest.split(b"\r\n"))
    for line in head.split(b"\r\n"):
        assert len(line) <= (76 if b"=?" in line else 998)
    for word in re.findall(rb"=\?.*?\?=", head):
        assert len(word) <= 75


def test_a_thousand_messages_equal_the_reference() -> None:
    for number in range(1000):
        values = {
            "회사명": f"㈜한빛{'정밀' * (number % 9)}{number}", "담당자": f"김하늘{number % 7}",
            "링크": f"https://o.example.kr/c/{number}?a=1&b=2", "수신거부": f"https://o.example.kr/u/{number}",
        }
        message = read(render(values=values, name=values["담당자"]))
        reference = EmailMessage()
        reference["Subject"] = filled(SUBJECT, values, str)
        reference["From"] = ReferenceAddress(SENDER.name, addr_spec=SENDER.email)
        reference["To"] = ReferenceAddress(values["담당자"], addr_spec="hr@hanbit.example.kr")
        reference["Date"] = DATE.replace(microsecond=0)
        reference["Message-ID"] = "<d1.x@o.example.kr>"
        reference["List-Unsubscribe"] = filled(HEADERS["List-Unsubscribe"], values, str)
        reference.set_content(filled(TEXT, values, str))
        markup = HTML.replace("q={{회사명}}", "q={{인코딩}}")
        quoted = "".join(f"%{byte:02X}" if byte > 127 else chr(byte) for byte in values["회사명"].encode())
        reference.add_alternative(filled(markup, {**values, "인코딩": quoted}, escape), subtype="html")
        # Headers as set: written out, email 3.11 loses a blank between two encoded words of a subject.
        for header in ("Subject", "To", "Date", "Message-ID", "List-Unsubscribe", "MIME-Version"):
            assert message[header] == reference[header]
        assert message["From"].addresses[0].addr_spec == SENDER.email
        reference = read(reference.as_bytes(policy=policy.SMTP))
        assert message.get_content_type() == reference.get_content_type()
        for subtype in ("plain", "html"):
            assert body(message, subtype) == body(reference, subtype)


def test_one_click_headers_as_rfc_8058_wants_them() -> None:
    message = read(render())
    assert message["List-Unsubscribe"].startswith("<https://o.example.kr/u/Zz09-_>, <mailto:")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Date"].datetime == DATE.replace(microsecond=0)


def test_text_alone() -> None:
    compiled = compile_message(
        sender=SENDER, reply_to=Address("", "team@seoul.example.go.kr"), subject="안내", text="한 줄\n", fields=()
    )
    message = read(render(compiled, {}))
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == "한 줄\n"
    assert message["Reply-To"] == "team@seoul.example.go.kr"
    assert compiled.fields == frozenset()


def test_empty_texts() -> None:
    message = read(render(compile_message(sender=SENDER, subject="", text="", html="", fields=()), {}))
    assert (message["Subject"], body(message, "plain"), body(message, "html")) == ("", "", "")


def test_missing_values_are_named() -> None:
    assert COMPILED.fields == FIELDS
    assert COMPILED.missing({"회사명": " ", "담당자": "김하늘", **LINKS}) == ["회사명"]
    assert COMPILED.missing({}) == sorted(FIELDS)
    for value in (None, "", " ", "\u3000\n", 7):
        with pytest.raises(BadTemplate, match=r"\{\{담당자\}\}.*값이 없습니다"):
            render(values={**VALUES, "담당자": value})  # type: ignore[dict-item]
    with pytest.raises(BadTemplate, match="링크"):
        render(values={"회사명": "a", "담당자": "b", "수신거부": LINKS["수신거부"]})


@pytest.mark.parametrize("place", ["subject", "text", "html"])
def test_unknown_slot_is_named_with_those_that_exist(place: str) -> None:
    texts = {"subject": "s", "text": "t", "html": "h", place: "안녕 {{이름}}"}
    with pytest.raises(BadTemplate, match=r"\{\{이름\}\}.*담당자, 회사명"):
        compile_message(sender=SENDER, fields={"회사명", "담당자"}, **texts)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "o.example.kr", "https://", "https://a b", 'https://a.kr/"x', "https://가.kr", "//a.kr",
        "https://user@a.kr/", "data:x",
    ],
)
def test_link_must_be_a_link(link: str) -> None:
    with pytest.raises(BadTemplate, match="링크"):
        render(values={**VALUES, "링크": link})


@pytest.mark.parametrize("value", ["a b", "a>", "<a", "가", "a\r\nBcc: x@y.kr", "x" * 1000])
def test_header_value_must_be_plain(value: str) -> None:
    with pytest.raises(BadTemplate, match="수신거부"):
        render(values={**VALUES, "수신거부": value})


@pytest.mark.parametrize(
    "headers",
    [
        {"Subject": "x"}, {"bcc": "a@b.kr"}, {"Content-Type": "x"}, {"X y": "x"}, {"": "x"}, {"X-A\r\nBcc": "x"},
        {"X-A": "x\r\nBcc: a@b.kr"}, {"X-A": "가"}, {"X-A": "a" * 1000},
    ],
)
def test_header_that_must_not_be_set(headers: dict[str, str]) -> None:
    with pytest.raises(BadTemplate):
        compile_message(sender=SENDER, subject="s", text="t", fields=(), headers=headers)


@pytest.mark.parametrize("message_id", ["", "a@b.kr", "<a@b.kr>\r\nBcc: x@y.kr", "<a b@c.kr>", "<가@b.kr>"])
def test_message_id_is_checked(message_id: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        COMPILED.render(VALUES, to=Address("", "a@b.kr"), message_id=message_id, date=DATE)


def test_recipient_is_checked() -> None:
    with pytest.raises(BadAddress):
        COMPILED.render(VALUES, to=Address("", "a@b.kr\r\nBcc: x@y.kr"), message_id="<a@b.kr>", date=DATE)
