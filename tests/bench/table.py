"""Printing a benchmark's result."""

from __future__ import annotations

from collections.abc import Sequence


def show(rows: Sequence[tuple[str, float, str]], limit: int = 0) -> None:
    """Rows of (what, rate, unit); each is compared with the row ``limit``."""
    width = max(len(row[0]) for row in rows)
    for what, rate, unit in rows:
        print(f"{what:<{width}}  {rate:>12,.1f} {unit:<12} {rate / rows[limit][1]:>7.2f} x")
