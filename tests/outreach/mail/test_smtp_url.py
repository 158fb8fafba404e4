from __future__ import annotations

import ssl

import pytest

from outreach.mail.smtp_url import BadSmtpUrl, Security, SmtpUrl


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("smtp://relay.example.kr", SmtpUrl("relay.example.kr", 25)),
        ("smtp://127.0.0.1:2525/", SmtpUrl("127.0.0.1", 2525)),
        ("smtp://[::1]:2525", SmtpUrl("::1", 2525)),
        ("smtp://relay.example.kr?starttls=0", SmtpUrl("relay.example.kr", 25)),
        ("smtp://relay.example.kr?starttls=1", SmtpUrl("relay.example.kr", 587, Security.STARTTLS)),
        ("smtps://relay.example.kr", SmtpUrl("relay.example.kr", 465, Security.TLS)),
        ("smtp://user:pass@localhost:25", SmtpUrl("localhost", 25, Security.NONE, "user", "pass")),
        (
            "smtps://user%40corp:p%2F%3F%23%40%3A%EA%B0%80@relay.example.kr:4465",
            SmtpUrl("relay.example.kr", 4465, Security.TLS, "user@corp", "p/?#@:가"),
        ),
    ],
)
def test_reads(text: str, expected: SmtpUrl) -> None:
    assert SmtpUrl.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "scheme"),
        ("relay.example.kr:25", "scheme"),
        ("http://relay.example.kr", "scheme"),
        ("smtp://", "host"),
        ("smtp://:25", "host"),
        ("smtp://relay:0", "port"),
        ("smtp://relay:70000", "port"),
        ("smtp://relay:abc", "port"),
        ("smtp://relay.example.kr/queue", "only ?starttls=1"),
        ("smtp://relay.example.kr#x", "only ?starttls=1"),
        ("smtp://relay.example.kr?tls=1", "unknown option 'tls'"),
        ("smtp://relay.example.kr?starttls=yes", "starttls"),
        ("smtp://relay.example.kr?starttls", "can't be read"),
        ("smtps://relay.example.kr?starttls=1", "from the start"),
        ("smtp://user@relay.example.kr?starttls=1", "both or none"),
        ("smtp://user:@relay.example.kr?starttls=1", "both or none"),
        ("smtp://:secret@relay.example.kr?starttls=1", "both or none"),
        ("smtp://user:secret@relay.example.kr", "unencrypted"),
        ("smtps://user:%FF@relay.example.kr", "UTF-8"),
        ("smtps://user:a%00b@relay.example.kr", "NUL"),
        ("smtp://re lay", "ASCII"),
        ("smtp://relay\r\n.example.kr", "ASCII"),
        ("smtp://메일.example.kr", "ASCII"),
    ],
)
def test_refuses_nonsense_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(BadSmtpUrl, match=reason.replace("?", r"\?")):
        SmtpUrl.parse(text)


@pytest.mark.parametrize("text", ["smtp://user:hunter2@relay.example.kr", "smtp://user:hunter2/x@relay:25"])
def test_never_shows_the_password(text: str) -> None:
    with pytest.raises(BadSmtpUrl) as caught:
        SmtpUrl.parse(text)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "hunter2" not in repr(SmtpUrl.parse("smtps://user:hunter2@relay.example.kr"))


def test_verifies_certificates_by_default() -> None:
    context = SmtpUrl.parse("smtps://relay.example.kr").tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
