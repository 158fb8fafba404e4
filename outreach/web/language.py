"""A message in the reader's language, whatever it was made of."""

from __future__ import annotations

from flask_babel import get_locale, gettext

from outreach.wording import Text, with_particles


def in_english() -> bool:
    """Whether the reader reads English: where reference data gives a name in both languages."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def translated(message: str) -> str:
    """``message`` in the reader's language; words without a translation stay as they are."""
    if not isinstance(message, Text):
        return gettext(message) if message else ""  # the key "" is the catalogue's own head
    words = gettext(message.template)
    if not message.values:
        return words
    return with_particles(words % {
        name: translated(value) if isinstance(value, Text) else value for name, value in message.values.items()
    })
