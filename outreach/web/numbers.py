"""Row ids in addresses: `<int:…>` takes what a database key can be, and anything else is a page not found."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter

#: The largest key: 63 bits, on SQLite and PostgreSQL.
MAX_ID = 2**63 - 1


class RowIdConverter(IntegerConverter):
    """`<int:…>` in ASCII digits, at most MAX_ID. A larger number would overflow only in the database driver."""

    regex = "[0-9]{1,19}"

    def __init__(self, url_map: Any, *args: Any, **options: Any):
        options["max"] = min(options.get("max") or MAX_ID, MAX_ID)
        super().__init__(url_map, *args, **options)


def read_id(text: str | None) -> int | None:
    """The id an argument of an address names; None for nothing and for what can be none. str.isdigit alone
    also takes '²', which int refuses."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if 0 < number <= MAX_ID else None


def init_app(app: Flask) -> None:
    """Before any rule is added."""
    app.url_map.converters["int"] = RowIdConverter
