"""The gallery as a feature of the site."""

from __future__ import annotations

import atexit

from flask import Flask

from cases.gallery import counting, routes
from cases.gallery.counting import Tally
from outreach.db import db, unit_of_work
from outreach.feature import Feature, Panel
from outreach.scope import STAFF_ROLES


def _init_app(app: Flask) -> None:
    """A tally for this process. In tests everything counted is written at once; else what is left is written when the
    process ends of itself."""
    testing = app.extensions["outreach"].settings.testing
    tally = app.extensions[routes.TALLY] = Tally(batch=1) if testing else Tally()
    if not testing:
        atexit.register(_write_rest, app, tally)


def _write_rest(app: Flask, tally: Tally) -> None:
    counts = tally.take()
    if counts:
        with app.app_context(), unit_of_work(db.session) as session:
            counting.write(session, counts)


feature = Feature(
    name="gallery",
    blueprints=(routes.blueprint,),
    panels=(Panel("case", 20, routes.case_panel, STAFF_ROLES),),
    init_app=_init_app,
)
