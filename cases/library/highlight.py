"""What was searched for, marked in a text that a page shows."""

from __future__ import annotations

from markupsafe import Markup, escape

from cases.library.grams import Asked, excerpt, marks
from cases.library.models import Case


def marked(text: str, search: Asked | None) -> Markup:
    """The text, escaped, with <mark> around what was searched for."""
    if search is None:
        return escape(text)
    parts, last = [], 0
    for begin, end in marks(text, search):
        parts += [escape(text[last:begin]), Markup("<mark>%s</mark>") % text[begin:end]]
        last = end
    return Markup("").join([*parts, escape(text[last:])])


def piece(case: Case, search: Asked | None) -> Markup:
    """A marked piece of the case's body that tells why it was found; empty if its title and summary do."""
    if search is None or marks(f"{case.headline} {case.summary}", search):
        return Markup("")
    steps = [f"{step.get('title', '')} {step.get('text', '')}" for step in case.steps]
    for text in (case.problem, case.system, *steps, case.effect, case.quote, *case.advice):
        if found := excerpt(" ".join(text.split()), search):
            return marked(found, search)
    return Markup("")
