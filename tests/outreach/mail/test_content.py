from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.mail.content import Canonical, wire_content


def read_back(wire: bytes) -> bytes:
    """As a server reads it, line by line (RFC 5321 §4.5.2)."""
    lines = wire.split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    assert b"." not in lines[:-2]
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:-2])


@given(st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x.", b"text", b". "])))
def test_dots_survive(lines: list[bytes]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    assert read_back(wire_content(content)) == (content or b"\r\n")


def test_last_line_is_ended() -> None:
    assert wire_content(b"a\r\nb") == b"a\r\nb\r\n.\r\n"
    assert wire_content(Canonical(b"a\r\n")) == b"a\r\n.\r\n"


@pytest.mark.parametrize(
    "content",
    [b"a\nb\r\n", b"a\rb\r\n", b"a\rb\nc\r\n", b"\n.\r\n", b"x\r\n.\nMAIL FROM:<evil@example.kr>\r\n", b"a\r"],
)
def test_lone_line_ends_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="bare"):
        wire_content(content)


def test_eight_bit_is_refused() -> None:
    with pytest.raises(ValueError, match="7-bit"):
        wire_content("가\r\n".encode())
