"""Messages that name a value and can still be said in another language.

A message is written in Korean, and its Korean is the key of its translation. Once a value is formatted into
it ("이미 3건이 있습니다.") the key is lost; ``Text`` keeps it.
"""

from __future__ import annotations

import json
import re
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
        text = super().__new__(cls, with_particles(template % values) if values else template)
        text.template, text.values = template, values
        return text

    @classmethod
    def joined(cls, messages: Iterable[str], separator: str = " ") -> Text:
        """Several messages as one, each of which keeps its translation."""
        values = {f"part{number}": cls(message) for number, message in enumerate(messages)}
        return cls(separator.join(f"%({name})s" for name in values), **values)


_PARTICLES = {  # as messages name them: after a final consonant, after a vowel
    "은(는)": ("은", "는"), "이(가)": ("이", "가"), "을(를)": ("을", "를"), "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
}
_CHOICE = re.compile(rf"(\S+?)({'|'.join(map(re.escape, _PARTICLES))})")
_UNREAD = re.compile(r"(?:[’”'\"」』》〉)\]}]|\([^()]*\))+$")
_RIEUL = 8  # of 28 finals, in the order of Unicode (§3.12)
# 영 일 이 삼 사 오 육 칠 팔 구, 엘 엠 엔 알
_READ = dict(zip("0123456789LMNR", (21, 8, 0, 16, 0, 0, 1, 8, 8, 0, 8, 16, 4, 8), strict=True))


def with_particles(words: str) -> str:
    """``words`` with each "을(를)" and the like settled by how the word before it ends.

    After a word in small Latin letters, whose reading can't be told, both forms stay. What stands in brackets is not
    read (한글 맞춤법 부록: 문장 부호).
    """
    return _CHOICE.sub(_settled, words) if "(" in words else words


def _settled(found: re.Match[str]) -> str:
    word, particle = found.groups()
    final = _final(word)
    if final is None:
        return found.group()
    after_consonant, after_vowel = _PARTICLES[particle]
    soft = not final or (particle == "(으)로" and final == _RIEUL)
    return word + (after_vowel if soft else after_consonant)


def _final(word: str) -> int | None:
    """The final consonant that ``word`` is read with: 0 none, otherwise its number; None: it can't be told."""
    last = _UNREAD.sub("", word)[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28
    if last.isdigit() or last.isupper():
        return _READ.get(last, 0)
    return None


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
