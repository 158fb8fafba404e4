"""A message in the reader's language, whatever it was made of."""

from __future__ import annotations

from flask_babel import gettext

from outreach.wording import Text


def translated(message: str) -> str:
    """``message`` in the reader's language; words without a translation stay as they are."""
    if not isinstance(message, Text):
        return gettext(message) if message else ""  # the key "" is the catalogue's own head
    words = gettext(message.template)
    if not message.values:
        return words
    return words % {
        name: translated(value) if isinstance(value, Text) else value for name, value in message.values.items()
    }
