"""What a partner may be told in numbers."""

from __future__ import annotations

#: A smaller group could point to single companies (작은 집단의 재식별 방지).
SMALLEST_CELL = 5


def cell(count: int) -> int | None:
    """``count`` as a partner sees it: None stands for "fewer than SMALLEST_CELL", which includes one but not
    zero: that nothing came yet says nothing about anyone."""
    return None if 0 < count < SMALLEST_CELL else count
