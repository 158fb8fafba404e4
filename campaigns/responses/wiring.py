"""The fast layer in front of the application, however it is served."""

from __future__ import annotations

from flask import Flask

from campaigns.responses import clicks, targets
from campaigns.responses.clicks import Pump
from campaigns.responses.fast import FastLayer
from campaigns.responses.spool import Spool
from campaigns.responses.targets import LinkBook, Targets
from outreach.db import db, reading

#: Where the layer is found in ``app.extensions``.
FAST = "responses.fast"


def init_app(app: Flask) -> None:
    """Put the layer before all else, the proxy's headers included: it reads the one it needs itself. In tests nothing
    is taken in behind their back: they say when."""

    def ask(mailing_id: int) -> Targets | None:
        with app.app_context(), reading():
            try:
                return targets.of_mailing(db.session, mailing_id)
            finally:
                db.session.rollback()

    outreach = app.extensions["outreach"]
    noted = Pump(app).noted if not outreach.settings.testing else lambda: None
    layer = FastLayer(
        app.wsgi_app, outreach, Spool(clicks.folder(app)), LinkBook(clicks.links_folder(app), ask),
        base_url=outreach.settings.base_url, noted=noted,
    )
    app.extensions[FAST] = layer
    app.wsgi_app = layer  # type: ignore[method-assign]
