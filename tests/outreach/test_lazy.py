"""What only some roles need is not loaded by all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from outreach.lazy import lazy

#: Together 49 MB of every process, were they loaded at its start.
HEAVY = (
    "PIL", "alembic", "dns", "granian", "holidays", "lxml", "pikepdf", "procrastinate", "psycopg", "pypdfium2",
    "weasyprint", "xlsxwriter",
)


def test_building_the_application_loads_none_of_them() -> None:
    code = f"import wsgi, sys; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.split() == []


def test_a_lazy_module_is_the_module_once_it_is_used() -> None:
    colorsys = lazy("colorsys")
    assert colorsys.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0.0)
    with pytest.raises(AttributeError):
        _ = colorsys.nonsense
    with pytest.raises(ModuleNotFoundError):
        _ = lazy("no_such_library").anything
