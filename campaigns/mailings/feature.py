"""What writing mailings contributes."""

from __future__ import annotations

from flask import Flask

from campaigns.audience.users import KEY as AUDIENCE_USERS
from campaigns.mailings import api, leading, routes, service
from cases.materials.withdrawing import MAILINGS
from outreach.feature import Feature, Panel
from outreach.scope import EDITOR_ROLES, STAFF_ROLES


def _tell_lower_areas(app: Flask) -> None:
    """An approval covers the audience: its edit voids it. Whoever withdraws a material sees the mails that lead to
    it."""
    app.extensions[AUDIENCE_USERS] = service.audience_changed
    app.extensions[MAILINGS] = leading.under_way


feature = Feature(
    name="mailings",
    init_app=_tell_lower_areas,
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    panels=(
        Panel("campaign", 20, routes.campaign_panel, STAFF_ROLES),
        Panel("home", 10, routes.home_panel, EDITOR_ROLES),
    ),
)
