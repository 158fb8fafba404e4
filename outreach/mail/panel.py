"""The mail servers and how they fare, as a piece of other pages."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template
from markupsafe import Markup

from outreach.db import db
from outreach.mail.health import health
from outreach.mail.servers import parse_servers
from outreach.scope import Scope


def servers_panel(scope: Scope, subject: Any = None) -> Markup:
    """A table of the servers in the setting; without one, what to do."""
    outreach = current_app.extensions["outreach"]
    url = outreach.settings.smtp_url
    servers = health(db.session, parse_servers(url)) if url else []
    page = render_template("servers/panel.html", servers=servers, now=outreach.clock.now())
    return Markup(page)  # noqa: S704 - our own template
