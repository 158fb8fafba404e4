"""The first page: what needs doing today, as the features tell it for the person's role."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template

from outreach.clock import kst_today
from outreach.web import access

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@access.allow()
def index() -> Any:
    outreach = current_app.extensions["outreach"]
    return render_template("home/index.html", today=kst_today(outreach.clock.now()))
