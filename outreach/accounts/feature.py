"""Accounts as a feature: sign-in, account administration, one's own page, commands."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from outreach.accounts import routes, security
from outreach.accounts.commands import accounts
from outreach.feature import Feature, MenuItem

feature = Feature(
    name="accounts",
    blueprints=(routes.blueprint, routes.me, routes.demo),
    menu=(
        MenuItem(_("계정"), "accounts.index", order=90, roles=frozenset(routes.MANAGERS), prefix="/accounts"),
    ),
    commands=(accounts,),
    init_app=security.init_app,
)
