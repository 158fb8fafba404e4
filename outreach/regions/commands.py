"""The command that loads the shipped tables; set-up, the demo and the tests run it after migrating."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from outreach.db import db, unit_of_work
from outreach.regions.loading import load_reference

reference = AppGroup("reference", help="지역·센터 기준자료 / regions and centres")

WORDS = {
    "provinces": "시도", "districts": "시군구", "centres": "고용센터", "jurisdictions": "관할", "complexes": "산업단지",
}


@reference.command()
def load() -> None:
    """Load the shipped regions, centres, jurisdictions and complexes; loading again changes nothing."""
    try:
        with unit_of_work(db.session) as session:
            added = load_reference(session)
    except ValueError as error:
        raise click.ClickException(f"기준자료가 잘못되었습니다: {error}") from error
    click.echo(" · ".join(f"{word} +{added[key]}" for key, word in WORDS.items()))
