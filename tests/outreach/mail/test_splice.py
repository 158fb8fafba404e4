from __future__ import annotations

from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from outreach.mail.splice import SplicedBase64

LITERAL = st.binary(max_size=200)
PART = st.one_of(LITERAL, st.integers(0, 2))


@given(st.lists(PART, max_size=12), st.tuples(LITERAL, LITERAL, LITERAL))
def test_same_bytes_wherever_values_are_spliced_in(parts: list[bytes | int], values: tuple[bytes, ...]) -> None:
    encoded = SplicedBase64(parts).render(values)
    plain = b"".join(values[part] if isinstance(part, int) else part for part in parts)
    lines = encoded.split(b"\r\n")
    assert lines.pop() == b""
    assert all(0 < len(line) <= 76 and len(line) % 4 == 0 for line in lines)
    assert all(b"=" not in line for line in lines[:-1]), "padding only at the very end"
    assert b64decode(b"".join(lines), validate=True) == plain
