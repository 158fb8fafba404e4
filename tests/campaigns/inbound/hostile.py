"""Mails made to hurt whoever reads them. Run as a program it reads them all, under the limits its caller sets, and
prints for each what it was taken for."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Callable

MB = 1 << 20

PLAIN = b"From: a@b.example\nMIME-Version: 1.0\n"


def deep(levels: int, kind: str = "mixed") -> bytes:
    """Parts within parts within parts."""
    head = b"".join(
        b'Content-Type: multipart/%b; boundary="b%d"\n\n--b%d\n' % (kind.encode(), n, n) for n in range(levels)
    )
    return PLAIN + head + b"Content-Type: text/plain\n\nhello\n" + b"".join(
        b"--b%d--\n" % n for n in reversed(range(levels))
    )


def multipart(boundary: bytes, body: bytes) -> bytes:
    return PLAIN + b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n' + body


def text(charset: str, body: bytes, encoding: str = "8bit") -> bytes:
    head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
    return PLAIN + head.encode() + body


def html(body: bytes) -> bytes:
    return PLAIN + b"Content-Type: text/html; charset=utf-8\n\n" + body


def bounce(body: bytes) -> bytes:
    return b"From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: failure notice\n\n" + body


def report(body: bytes) -> bytes:
    return PLAIN + (
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
        b"Content-Type: message/delivery-status\n\n"
    ) + body


def rfc822(levels: int) -> bytes:
    return PLAIN + b"Content-Type: message/rfc822\n\n" * levels + b"hello"


def wrapped(levels: int) -> bytes:
    """A mail in a mail in a mail, each encoded."""
    raw = b"Subject: inner\n\n" + b"x" * (200 << 10)
    for _ in range(levels):
        head = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        raw = PLAIN + head + base64.encodebytes(raw)
    return raw


MAILS: dict[str, Callable[[], bytes]] = {
    "deep": lambda: deep(20_000),
    "deep digest": lambda: deep(5_000, "digest"),
    "mail in mail": lambda: rfc822(100_000),
    "many headers": lambda: b"".join(b"X-%d: y\n" % n for n in range(100_000)) + PLAIN + b"\nhello",
    "many same headers": lambda: b"Received: by x\n" * 100_000 + b"References: <a@b>\n" * 100_000 + b"\nhello",
    "one huge header": lambda: b"Subject: " + b"a" * (20 * MB) + b"\n\nhello",
    "folded header": lambda: b"Subject: a\n" + b" a\n" * MB + b"\nhello",
    "no body": lambda: b"Subject: a\n" * MB,
    "encoded words": lambda: b"Subject: " + b"=?utf-8?b?YQ==?= " * 100_000 + b"\n\nhello",
    "broken encoded words": lambda: b"Subject: " + b"=?a?b?" * 200_000 + b"\n\nhello",
    "many parts": lambda: multipart(b"b", b"--b\n\nx\n" * MB),
    "boundary of a dash": lambda: multipart(b"-", b"---\n" * MB + b"-" * (10 * MB)),
    "boundary with blanks behind": lambda: multipart(b"b", (b"--b" + b" " * 1000) * 5_000),
    "odd boundary": lambda: multipart(b"(.*)+[", b"--(.*)+[\n\nhello"),
    "boundary too long": lambda: multipart(b"x" * 100_000, b"hello"),
    "parameters": lambda: PLAIN + b"Content-Type: multipart/mixed" + b'; a="b' * 100_000 + b"\n\nhello",
    "base64 rubbish": lambda: text("utf-8", b"*&^%=A" * (2 * MB), "base64"),
    "quoted rubbish": lambda: text("utf-8", b"=Z=\n=" * (2 * MB), "quoted-printable"),
    "unknown charset": lambda: text("x-no-such", b"\xff\xfe\x00" * MB),
    "quadratic charset": lambda: text("punycode", b"a-" + b"z" * MB),
    "charset that is none": lambda: text("zip", b"x" * MB),
    "utf-7": lambda: text("utf-7", b"+AAAA-" * MB),
    "iso-2022-kr escapes": lambda: text("iso-2022-kr", b"\x1b$)C" + b"\x0e!!\x0f" * MB),
    "nul": lambda: text("utf-8", b"\x00" * (5 * MB)),
    "no line end": lambda: text("utf-8", b"a" * (12 * MB)),
    "only line ends": lambda: b"\n" * (12 * MB),
    "only carriage returns": lambda: b"\r" * (12 * MB),
    "carriage returns in heads": lambda: b"Subject: a\r\n" + b"\r\n\r" * MB,
    "quotes": lambda: text("utf-8", b"> " * MB + b">\n" * MB),
    "introductions": lambda: text("utf-8", (b"On " + b"x" * 150 + b"\n") * 50_000),
    "dividers": lambda: text("utf-8", b"-" * (200 << 10) + b"x\n" + (b"- " * 300 + b"\n") * 5000),
    "from lines": lambda: text("utf-8", b"From: x\n" * 200_000),
    "refusals": lambda: text("utf-8", "메일 ".encode() * 400_000),
    "open tags": lambda: html(b"<div>" * 500_000),
    "formatting tags": lambda: html(b"<b><i><a>" * 100_000 + b"</p>" * 100_000),
    "half tags": lambda: html(b"<a" * MB + b"<!-" * MB + b"&" * MB),
    "quotations": lambda: html(b"<blockquote>" * 500_000),
    "report groups": lambda: report(b"Final-Recipient: rfc822; a@b.example\n\n" * 200_000),
    "report lines": lambda: report(b"Diagnostic-Code: smtp; " + b"5.1.1 " * 300_000 + b"\n a" * 300_000),
    "bounce in words": lambda: bounce(b"<a@b.example>: 550 user\n" * 200_000),
    "bounce of brackets": lambda: bounce(b"<" * MB + b"@" * MB + b"(" * MB),
    "bounce of parts": lambda: b"Return-Path: <>\n" + deep(3_000).replace(PLAIN, b"From: postmaster@x.example\n"),
    "bounce of codes": lambda: bounce(b"5.1." * MB),
    "tokens": lambda: text("utf-8", b"+0123456789abcdef01234567@x " * 200_000),
    "half tokens": lambda: text("utf-8", b"+0123456789abcdef01234567" * 300_000),
    "addresses": lambda: b"To: " + b"a@b.example, " * 200_000 + b"\n\nhello",
    "odd addresses": lambda: b"From: " + b"(" * 100_000 + b"<" * 100_000 + b"\n\nhello",
    "mail in mail in base64": lambda: wrapped(12),
    "base64 of base64": lambda: text("utf-8", base64.encodebytes(base64.encodebytes(b"x" * (8 * MB))), "base64"),
}


def main() -> None:
    from campaigns.inbound import fallback, parsing, tracing
    from campaigns.inbound.classification import Context, classify
    from campaigns.inbound.identity import identity

    for name, make in MAILS.items():
        raw = make()
        start = time.process_time()
        mail = parsing.parse(raw)
        raw = raw[:parsing.MAX_BYTES]
        identity(mail, raw)
        tracing.delivery_of(mail, lambda kind, token: None)
        found = classify(mail, Context(), lambda raw=raw: fallback.failures(raw))
        sys.stderr.write(f"{time.process_time() - start:6.2f} {name}\n")
        print(f"read {name}: {found.kind.value}", flush=True)


if __name__ == "__main__":
    main()
