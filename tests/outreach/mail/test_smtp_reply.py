from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.mail.smtp_reply import ProtocolError, Reply, ReplyParser

STREAM = (
    b"220 ready\r\n"
    b"250-host\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
    b"250 2.1.0 Ok\r\n550-5.1.1 No such user\r\n550 5.1.1 here\r\n354\r\n"
    b"250 2.0.0 Ok: queued as 4F1\r\n221-\r\n221 \r\n"
)
CODES = [220, 250, 250, 550, 354, 250, 221]


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_packets_may_be_cut_anywhere(cuts: list[int]) -> None:
    parser = ReplyParser()
    edges = [0, *sorted(cuts), len(STREAM)]
    replies = [reply for start, end in pairwise(edges) for reply in parser.feed(STREAM[start:end])]
    assert [reply.code for reply in replies] == CODES
    assert replies[1].lines == (b"host", b"PIPELINING", b"8BITMIME")
    assert not parser.midway


def one(line: bytes) -> Reply:
    (reply,) = ReplyParser().feed(line)
    return reply


@pytest.mark.parametrize(
    ("line", "enhanced", "text"),
    [
        (b"250 2.1.0 Ok\r\n", "2.1.0", "Ok"),
        (b"250 Ok\r\n", None, "Ok"),
        (b"550-5.1.1 No such\r\n550 5.1.1 user\r\n", "5.1.1", "No such user"),
        (b"550 2.1.0 another class\r\n", None, "another class"),
        (b"550 5.1.1\r\n", "5.1.1", ""),
        (b"550 5.1.10 Recipient not found\r\n", "5.1.10", "Recipient not found"),
        (b"250 queued at 4.2.1 somewhere\r\n", None, "queued at 4.2.1 somewhere"),
        (b"250\r\n", None, ""),
        (b"550 a\x00b\x1b[31m\r\n", None, "a b [31m"),
        ("550 사용자 없음\r\n".encode(), None, "사용자 없음"),
        ("550 사용자 없음\r\n".encode("cp949"), None, None),
        (b"250 bare line feed\n", None, "bare line feed"),
    ],
)
def test_status_and_words(line: bytes, enhanced: str | None, text: str | None) -> None:
    reply = one(line)
    assert reply.enhanced == enhanced
    assert text is None or reply.text == text
    assert reply.text.isprintable()


@pytest.mark.parametrize(
    "junk",
    [
        b"hello\r\n", b"\r\n", b"25\r\n", b"2500 x\r\n", b"+25 x\r\n", b" 25 x\r\n", b"2_5 x\r\n", b"199 x\r\n",
        b"600 x\r\n", b"250-a\r\n251 b\r\n", b"250\tx\r\n", b"x" * 5000, b"250-a\r\n" * 300, b"\xb2\xb5\xb0 x\r\n",
    ],
)
def test_junk_is_an_error(junk: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(ReplyParser().feed(junk))


def test_replies_before_junk_count() -> None:
    replies = ReplyParser().feed(b"250 one\r\nwhat\r\n")
    assert next(replies).code == 250
    with pytest.raises(ProtocolError):
        next(replies)


@given(st.binary(max_size=300))
def test_never_fails_otherwise(data: bytes) -> None:
    try:
        for reply in ReplyParser().feed(data):
            assert 200 <= reply.code < 600
            assert reply.text.isprintable()
    except ProtocolError:
        pass
