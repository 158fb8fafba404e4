"""Messages that name a value and can still be said in another language.

A message is written in Korean, and its Korean is the key of its translation. Once a value is formatted into
it ("이미 3건이 있습니다.") the key is lost; ``Text`` keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Text(str):
    """A Korean message. It is its own finished wording, so whoever knows nothing of languages uses it as any
    string; outreach.web.language says it in the reader's language from ``template`` and ``values``.

    ``Text("%(name)s: 없는 항목입니다.", name=name)``. A value that is itself a ``Text`` is translated, too;
    a plain string is data and stays. Without values it only marks its words as a message.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> Text:
        if isinstance(template, Text) and not values:
            return template
        text = super().__new__(cls, template % values if values else template)
        text.template, text.values = template, values
        return text

    @classmethod
    def joined(cls, messages: Iterable[str], separator: str = " ") -> Text:
        """Several messages as one, each of which keeps its translation."""
        values = {f"part{number}": cls(message) for number, message in enumerate(messages)}
        return cls(separator.join(f"%({name})s" for name in values), **values)
