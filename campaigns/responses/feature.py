"""Responses as a feature of the site."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from campaigns.responses import (
    api,
    click_routes,
    clicks,
    commands,
    history,
    judging,
    merging,
    panels,
    places,
    public,
    retention,
    routes,
    wiring,
)
from campaigns.responses.rules import VIEW_ROLES
from outreach.feature import Feature, MenuItem, Panel, WorkSource


def _init_app(app: Flask) -> None:
    """Hand lower areas what only responses know: the past of an address, and the form behind a QR code."""
    history.init_app(app)
    places.init_app(app)
    wiring.init_app(app)


feature = Feature(
    name="responses",
    blueprints=(routes.blueprint, click_routes.blueprint, public.blueprint),
    api_blueprints=(api.blp,),
    menu=(MenuItem(_l("응답함"), "responses.index", 55, VIEW_ROLES, "/responses", "responses"),),
    panels=(
        Panel("home", 30, panels.today, panels.HOME_ROLES),
        Panel("lead", 10, panels.of_lead, VIEW_ROLES),
        Panel("delivery", 10, panels.of_delivery, VIEW_ROLES),
        Panel("mailing", 10, panels.of_mailing, VIEW_ROLES),
    ),
    work=(WorkSource("clicks", clicks.Intake), WorkSource("verdicts", judging.Judge)),
    commands=(commands.clicks,),
    company_merges=(merging.carry_over,),
    records=(retention.RESPONSES, retention.CLICKS, retention.SIGNALS),
    init_app=_init_app,
)
