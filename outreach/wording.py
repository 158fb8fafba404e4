"""Messages that name a value and can still be said in another language.

A message is written in Korean, and its Korean is the key of its translation. Once a value is formatted into
it ("이미 3건이 있습니다.") the key is lost; ``Text`` keeps it.
"""

from __future__ import annotations

import json
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


def stored(message: str) -> str:
    """``message`` for a text column: as it is, or, if it names values, with what its translation needs."""
    if (isinstance(message, Text) and message.values) or message.startswith("{"):
        return json.dumps(_parts(Text(message)), ensure_ascii=False)
    return str(message)


def restored(text: str) -> str:
    """What :func:`stored` was given."""
    return _whole(json.loads(text)) if text.startswith("{") else text


def _parts(message: Text) -> dict[str, Any]:
    values = {name: _parts(value) if isinstance(value, Text) else value for name, value in message.values.items()}
    return {"template": message.template, "values": values}


def _whole(parts: dict[str, Any]) -> Text:
    values = {name: _whole(value) if isinstance(value, dict) else value for name, value in parts["values"].items()}
    return Text(parts["template"], **values)
