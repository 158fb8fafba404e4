"""What a finished PDF is held to: the standards it says it keeps, and a reading order that follows the page."""

from __future__ import annotations

from outreach.pdf.inspect import inspect
from tests.standards.reading import upset
from tests.standards.verapdf import UA1, broken_rules


def faults(data: bytes) -> list[str]:
    """What keeps a file from being accessible, and from what it says of itself; empty when nothing does.

    veraPDF looks at tags, alternative texts, title, language and fonts, in a file for an archive at colour profiles
    and pictures, too. No machine rule tells whether the order makes sense: that is looked at beside it.

    :raises RenderError: the bytes are not a readable PDF.
    """
    facts = inspect(data)
    standards = [UA1, facts.pdf_a.lower()] if facts.pdf_a else [UA1]
    found = [rule for standard in standards for rule in broken_rules(data, standard)]
    return found + upset(data) if facts.tagged else found
