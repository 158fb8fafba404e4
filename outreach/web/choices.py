"""Words in addresses that name one of several choices."""

from __future__ import annotations

import enum
from typing import TypeVar

Choice = TypeVar("Choice", bound=enum.Enum)


def one_of(kind: type[Choice], text: str | None) -> Choice | None:
    """The member of ``kind`` whose value is ``text``; None for nothing and for what is none of them."""
    return next((member for member in kind if member.value == text), None)
