"""Whatever comes costs bounded time and memory, and raises nothing."""

from __future__ import annotations

import resource
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.inbound import fallback, parsing, tracing
from campaigns.inbound.classification import Context, classify
from campaigns.inbound.identity import identity
from campaigns.inbound.rules import Kind
from tests.campaigns.inbound.hostile import MAILS
from tests.campaigns.inbound.making import complaint, failed, letter, report
from tests.roles import ROOT

#: For all of them together; measured: 8 seconds, and 330 MB of addresses for the interpreter with its libraries.
CPU_SECONDS, ADDRESS_SPACE = 120, 640 << 20


def test_mails_made_to_hurt_cost_little() -> None:
    """Limited by the kernel: processor time (not the clock's, so a busy machine makes no difference) and addresses."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))

    done = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.inbound.hostile"], cwd=ROOT, capture_output=True, check=False,
        preexec_fn=limit, text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    read = [line[5:].partition(":")[0] for line in done.stdout.splitlines() if line.startswith("read ")]
    assert read == list(MAILS)


SEEDS = [
    report(recipients=failed("a@b.example", "5.1.1", "550 unknown"), returned="Message-ID: <d1.abc@x.example>"),
    complaint("fbl@x.example", "Subject: x\nMessage-ID: <d1.abc@x.example>\n"),
    letter("전화 주세요.\n\n2026년 11월 23일, 시험고용센터 <a@b.example>님이 작성:\n> 안내", sender="김 <a@b.example>",
           subject="=?euc-kr?B?vsiz5w==?="),
]
PIECES = st.sampled_from([
    b"\n", b"\r\n", b"--b1", b"--b1--", b"Content-Type: multipart/mixed; boundary=",
    b"Content-Transfer-Encoding: base64",
    b"=?utf-8?b?", b"?=", b"\x00", b"\xff\xfe", b"From: ", b"<", b">", b"Content-Type: message/rfc822\n\n",
    b"Content-Type: text/plain; charset=", b"iso-2022-kr", b"utf-16", b"Final-Recipient:", b"Status: 5", b"\x1b$)C\x0e",
])


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    """A good mail with pieces cut out and others put in."""
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(raw)))
        length = draw(st.integers(0, 60))
        raw[start:start + length] = draw(st.one_of(PIECES, st.binary(max_size=20)))
    return bytes(raw)


@settings(max_examples=200, deadline=None)
@given(mails(), st.booleans())
def test_nothing_raises_and_everything_can_be_stored(raw: bytes, ours: bool) -> None:
    mail = parsing.parse(raw)
    tracing.delivery_of(mail, lambda kind, token: None)
    found = classify(mail, Context(ours=ours), lambda: fallback.failures(raw))
    assert len(identity(mail, raw)) == 64
    for text in (mail.subject, *mail.sender, found.text, found.address, found.diagnostic, mail.text):
        assert "\x00" not in text and text.encode("utf-8") is not None
    assert found.kind in Kind


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000))
def test_nor_does_what_is_no_mail(raw: bytes) -> None:
    mail = parsing.parse(raw)
    classify(mail, Context(), lambda: fallback.failures(raw))
