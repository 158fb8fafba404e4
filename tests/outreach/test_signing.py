"""Tokens of public links: they read back, and nothing else does."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.signing import BadToken, Signer

OLD, NEW, OTHER = b"old key, 16 bytes", b"new key, 16 bytes", b"somebody else's key"
kinds = st.sampled_from("abcuvq")
numbers = st.lists(st.integers(min_value=0, max_value=2**63), max_size=5)


@given(kinds, numbers)
def test_a_token_reads_back(kind: str, values: list[int]) -> None:
    token = Signer([NEW]).sign(kind, *values)
    assert Signer([NEW]).read(kind, token, len(values)) == tuple(values)
    assert token.isascii() and all(char.isalnum() or char in "-_" for char in token)


@given(kinds, numbers)
def test_an_old_key_still_verifies_after_rotation(kind: str, values: list[int]) -> None:
    token = Signer([OLD]).sign(kind, *values)
    assert Signer([NEW, OLD]).read(kind, token, len(values)) == tuple(values)
    assert Signer([NEW, OLD]).sign(kind, *values) == Signer([NEW]).sign(kind, *values)


@given(kinds, numbers)
def test_another_key_is_refused(kind: str, values: list[int]) -> None:
    with pytest.raises(BadToken):
        Signer([NEW]).read(kind, Signer([OTHER]).sign(kind, *values), len(values))


@given(kinds, kinds, numbers)
def test_another_purpose_is_refused(kind: str, wanted: str, values: list[int]) -> None:
    if kind != wanted:
        with pytest.raises(BadToken):
            Signer([NEW]).read(wanted, Signer([NEW]).sign(kind, *values), len(values))


@given(kinds, numbers, st.integers(min_value=0))
def test_every_bit_counts(kind: str, values: list[int], position: int) -> None:
    raw = bytearray(_decoded(Signer([NEW]).sign(kind, *values)))
    raw[position // 8 % len(raw)] ^= 1 << position % 8
    flipped = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(BadToken):
        Signer([NEW]).read(kind, flipped, len(values))


@given(st.text(max_size=300))
def test_any_text_is_only_ever_refused(text: str) -> None:
    with pytest.raises(BadToken):
        Signer([NEW]).read("a", text, 1)


@given(numbers)
def test_the_number_of_values_is_part_of_the_token(values: list[int]) -> None:
    with pytest.raises(BadToken):
        Signer([NEW]).read("a", Signer([NEW]).sign("a", *values), len(values) + 1)


@pytest.mark.parametrize("keys", [[], [b"short"], [NEW, b""]])
def test_weak_keys_are_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Signer(keys)


def test_a_token_fits_a_small_qr_code() -> None:
    assert len(Signer([NEW]).sign("u", 9_999_999, 9_999_999)) <= 28


def _decoded(token: str) -> bytes:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
