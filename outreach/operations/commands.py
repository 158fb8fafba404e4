"""`flask health`: does the background work? For a monitor or a person at the server."""

from __future__ import annotations

import json
import sys

import click
from flask import Flask, current_app

from outreach.cli import needs_database
from outreach.db import db, reading
from outreach.operations import watch


@click.command("health")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@needs_database
def health(as_json: bool) -> None:
    """Say what stands still: a silent clock, mailings and jobs that don't move. Exit status 1 if anything does."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with reading():
        found = watch.findings(app, db.session, app.extensions["outreach"].clock.now())
        db.session.rollback()
    if as_json:
        click.echo(json.dumps({"ok": not found, "findings": [
            {"name": one.name, "since": one.since.isoformat(), "title": one.title, "advice": one.advice}
            for one in found
        ]}, ensure_ascii=False))
    else:
        for one in found:
            click.echo(f"{one.title} ({one.since.isoformat(timespec='seconds')}) {one.advice}")
        if not found:
            click.echo("모두 움직이고 있습니다.")
    sys.exit(1 if found else 0)
