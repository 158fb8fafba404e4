"""Accounts as a feature: sign-in, account administration, one's own page, commands."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template
from flask_babel import lazy_pgettext
from markupsafe import Markup

from outreach.accounts import administration, routes, security
from outreach.accounts.commands import accounts
from outreach.accounts.rules import AccountState
from outreach.db import db
from outreach.feature import Feature, MenuItem, Panel
from outreach.scope import Scope


def _accounts_to_look_at(scope: Scope, _subject: Any) -> Markup:
    counts = administration.count_by_state(db.session, scope, now=current_app.extensions["outreach"].clock.now())
    return Markup(render_template("accounts/home.html", counts=counts, State=AccountState))  # noqa: S704


feature = Feature(
    name="accounts",
    blueprints=(routes.blueprint, routes.me, routes.demo),
    menu=(
        MenuItem(
            lazy_pgettext("menu", "계정"), "accounts.index", order=90,
            roles=frozenset(routes.MANAGERS), prefix="/accounts", group="administration",
        ),
    ),
    panels=(Panel("home", 90, _accounts_to_look_at, roles=frozenset(routes.MANAGERS)),),
    commands=(accounts,),
    init_app=security.init_app,
)
