"""The command that loads the tables features ship; set-up and the demo run it after migrating."""

from __future__ import annotations

import click
from flask import current_app

from outreach.cli import CommandGroup
from outreach.db import db, unit_of_work

reference = CommandGroup("reference", help="지역·센터·제도 기준자료 / regions, centres, programmes")


@reference.command()
def load() -> None:
    """Load the shipped regions, centres, complexes and programmes; loading again changes nothing."""
    outreach = current_app.extensions["outreach"]
    for tables in outreach.registry.reference():
        try:
            with unit_of_work(db.session) as session:
                added = tables.load(session, outreach.clock.now())
        except ValueError as error:
            raise click.ClickException(f"기준자료가 잘못되었습니다: {error}") from error
        click.echo(" · ".join(f"{word} +{added.get(key, 0)}" for key, word in tables.words.items()))
