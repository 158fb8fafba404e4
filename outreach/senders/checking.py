"""Looking a domain up with this application's keys and servers. An edge: it asks the outside world, and so is called
while no transaction is open."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask

from outreach.mail import dkim
from outreach.senders.lookup import Dns
from outreach.senders.rules import Assessment, assess


def check(app: Flask, domain: str) -> Assessment:
    """What DNS says now about ``domain``."""
    settings = app.extensions["outreach"].settings
    keys = app.extensions[dkim.KEY].keys_for(f"@{domain}")
    mail_server = urlsplit(settings.smtp_url or "").hostname or ""
    return assess(domain, keys, Dns(settings.nameservers), mail_server)
