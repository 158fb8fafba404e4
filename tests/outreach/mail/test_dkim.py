"""Signatures are judged by another program: dkimpy."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from outreach.config import DkimSetting
from outreach.mail.address import Address
from outreach.mail.compile import compile_message
from outreach.mail.content import Canonical
from outreach.mail.dkim import BadKey, DkimKey, DkimSigner, pieces
from tests import signatures

AT, SENDER = 1_795_860_000, "centre@outreach.example"


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def rsa_key() -> DkimKey:
    return DkimKey.load("outreach.example", "r2026", pem(rsa.generate_private_key(65537, 2048)))


@pytest.fixture(scope="module")
def ed_key() -> DkimKey:
    return DkimKey.load("outreach.example", "e2026", pem(ed25519.Ed25519PrivateKey.generate()))


def message(subject: str = "가상기업 대표님께", company: str = "가상기업") -> Canonical:
    compiled = compile_message(
        sender=Address("시험고용센터", "centre@outreach.example"), subject=subject + " {{회사명}}", fields=["회사명"],
        text="{{회사명}} 대표님, 대체인력을 찾아 드립니다.\n" * 30, html="<p>{{회사명}}</p>" * 30,
        headers={
            "List-Unsubscribe": "<https://outreach.example/u/abc>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    return compiled.render(
        {"회사명": company}, to=Address("", "a@b.example"), message_id="<d1@outreach.example>",
        date=datetime(2026, 11, 28, tzinfo=UTC),
    )


def signer(*keys: DkimKey) -> DkimSigner:
    return DkimSigner(keys, clock=lambda: AT)


def verdicts(data: bytes, *keys: DkimKey) -> list[bool]:
    return signatures.verdicts(data, {key.record_name: key.record for key in keys})


@pytest.mark.parametrize("subject", ["짧은 제목", "Plain words", "아주 긴 제목이 여러 줄로 접힙니다 " * 8])
@pytest.mark.parametrize("company", ["가", "(주)이름이 긴 가상의 회사" * 6, "Ltd <&>"])
def test_both_signatures_verify(rsa_key: DkimKey, ed_key: DkimKey, subject: str, company: str) -> None:
    signed = signer(ed_key, rsa_key).sign(SENDER, message(subject, company))
    assert verdicts(signed, ed_key, rsa_key) == [True, True]


@pytest.mark.parametrize("old, new", [
    (b"To: a@b.example", b"To: c@b.example"), (b"/u/abc", b"/u/abd"), (b"=One-Click", b"=Two-Click"),
    (b"Content-Type: text/html", b"Content-Type: text/htm1"),
])
def test_a_change_breaks_them(rsa_key: DkimKey, ed_key: DkimKey, old: bytes, new: bytes) -> None:
    signed = signer(ed_key, rsa_key).sign(SENDER, message())
    assert old in signed
    assert verdicts(signed.replace(old, new, 1), ed_key, rsa_key) == [False, False]


@pytest.mark.parametrize("added", [b"From: other@evil.example\r\n", b"Subject: x\r\n", b"To: x@y.example\r\n"])
def test_a_second_header_breaks_them(ed_key: DkimKey, added: bytes) -> None:
    signed = signer(ed_key).sign(SENDER, message())
    assert verdicts(added + signed, ed_key) == [False]


def test_the_message_itself_stays_as_it_was(ed_key: DkimKey) -> None:
    original = message()
    signed = signer(ed_key).sign(SENDER, original)
    assert isinstance(signed, Canonical) and signed.endswith(original)
    assert max(map(len, signed.split(b"\r\n"))) <= 78
    assert b"t=%d" % AT in signed


def test_only_the_senders_own_domains_sign(ed_key: DkimKey) -> None:
    everyone = DkimSigner([ed_key])
    assert everyone.keys_for("a@mail.outreach.example") == (ed_key,)
    assert everyone.keys_for("a@OUTREACH.example") == (ed_key,)
    for other in ("a@example", "a@other.example", "a@notoutreach.example"):
        assert everyone.keys_for(other) == ()
        assert everyone.sign(other, message()) == message()


def test_a_header_given_twice_is_not_signed(ed_key: DkimKey) -> None:
    with pytest.raises(ValueError, match="twice"):
        signer(ed_key).sign(SENDER, b"From: a@b.example\r\nFrom: c@d.example\r\n\r\nx\r\n")


def test_the_record_tells_kind_and_key(rsa_key: DkimKey, ed_key: DkimKey) -> None:
    assert ed_key.record.startswith("v=DKIM1; k=ed25519; p=")
    assert len(base64.b64decode(ed_key.record.rpartition("p=")[2])) == 32
    assert rsa_key.record.startswith("v=DKIM1; k=rsa; p=MII")
    assert rsa_key.record_name == "r2026._domainkey.outreach.example"


def test_a_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadKey, match=r"absent\.pem: No such file"):
        DkimSigner.load([DkimSetting("s", "outreach.example", tmp_path / "absent.pem")])
    (tmp_path / "bad.pem").write_bytes(b"x")
    with pytest.raises(BadKey, match=r"bad\.pem: not a private key"):
        DkimSigner.load([DkimSetting("s", "outreach.example", tmp_path / "bad.pem")])


def test_a_long_record_is_cut_for_the_zone_file(rsa_key: DkimKey) -> None:
    assert "".join(pieces(rsa_key.record)) == rsa_key.record
    assert len(pieces(rsa_key.record)) == 2 and max(map(len, pieces(rsa_key.record))) <= 255


@pytest.mark.parametrize("domain, selector, key, why", [
    ("outreach.example", "s", b"nonsense", "PEM"),
    ("outreach.example", "s;v=1", None, "selector"),
    ("localhost", "s", None, "domain"),
    ("outreach.example", "s", pem(ec.generate_private_key(ec.SECP256R1())), "neither"),
    ("outreach.example", "s", pem(rsa.generate_private_key(65537, 1024)), "1024 bits"),
])
def test_what_cannot_sign_is_refused(domain: str, selector: str, key: bytes | None, why: str) -> None:
    with pytest.raises(BadKey, match=why):
        DkimKey.load(domain, selector, key or pem(ed25519.Ed25519PrivateKey.generate()))
