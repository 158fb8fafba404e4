"""Commands of the whole application: the roles (web, clock, worker, serve) and jobs."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    pass
