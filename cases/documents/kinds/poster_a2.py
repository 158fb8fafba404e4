"""The poster on A2: the A3 poster's words and layout, larger."""

from __future__ import annotations

from dataclasses import replace

from cases.documents.kinds import poster_a3


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


KIND = replace(
    poster_a3.KIND, name="poster_a2", label=_("포스터(A2)"),
    about=_("A2 한 장. A3 포스터와 같은 내용을 더 크게, 건물 입구나 식당 벽에 붙입니다."),
    compose=poster_a3.composed_on(poster_a3.A2),
)
