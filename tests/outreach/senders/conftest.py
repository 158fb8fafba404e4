"""A DNS server in which example.go.kr is set up as it should be, and the keys we sign with."""

from __future__ import annotations

import functools

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from outreach.mail.dkim import KEY as DKIM
from outreach.mail.dkim import DkimKey, DkimSigner, pieces
from tests.conftest import make_app
from tests.dns_server import DnsServer

DOMAIN = "example.go.kr"


@functools.cache
def key(selector: str, kind: str, domain: str = DOMAIN) -> DkimKey:
    made = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return DkimKey.load(domain, selector, pem)


RSA = key("r", "rsa")
ED = key("ed", "ed25519")


@pytest.fixture
def server():
    with DnsServer() as server:
        server.texts = {
            DOMAIN: ["site-verification=abc", "v=spf1 ip4:203.0.113.7 include:_spf.relay.kr ~all"],
            "_spf.relay.kr": ["v=spf1 ip4:198.51.100.0/24 -all"],
            RSA.record_name: [tuple(pieces(RSA.record))],
            ED.record_name: [ED.record],
            f"_dmarc.{DOMAIN}": ["v=DMARC1; p=none; rua=mailto:postmaster@example.go.kr"],
        }
        yield server


@pytest.fixture
def site(tmp_path, database_url, clock, server):
    """The application as outside the demo: it asks ``server``, and a domain must be in order."""
    app = make_app(database_url, tmp_path, clock, sender_check=True, nameservers=(server.address,),
                   mail_from=f"no-reply@{DOMAIN}")
    app.extensions[DKIM] = DkimSigner([RSA, ED])
    return app
