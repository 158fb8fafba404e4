"""Rules of the house that no library checks: read from the source itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.structure.source import PACKAGES, ROOT, modules, where

LONGEST_MODULE = 450  # lines
LUMBER_ROOMS = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py"}
CLOCK = Path("outreach/clock.py")
ENGINE = Path("campaigns/delivery/engine.py")
FLOOR_3_SUFFIXES = ("service.py",)


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            yield node


def services() -> dict[Path, ast.Module]:
    return {path: tree for path, tree in modules().items() if path.name.endswith(FLOOR_3_SUFFIXES)}


def test_the_import_directions_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_every_public_function_of_a_service_says_what_it_does() -> None:
    silent = [
        f"{where(path, node)} {node.name}"
        for path, tree in services().items() for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path, tree in modules().items() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_services_never_commit() -> None:
    """The caller's unit of work does; campaigns/delivery/engine.py is the one exception, since its commits
    are the sending protocol."""
    assert ENGINE in modules()
    found = [where(path, node) for path, tree in services().items() for node in calls(tree, "commit")]
    assert found == []


def test_services_know_no_request() -> None:
    found = [
        where(path, node)
        for path, tree in services().items() for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "flask"
        for name in node.names if name.name in {"request", "current_app", "g", "session"}
    ]
    assert found == []


def test_only_the_clock_asks_the_time() -> None:
    """Everything else is told ``now``; elapsed time is measured by time.monotonic()."""
    found = [
        where(path, node)
        for path, tree in modules().items() if path != CLOCK
        for node in calls(tree, "now", "utcnow", "today", "time")
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time"} and (node.args or node.func.attr != "time"
                                                                 or node.func.value.id == "time")
    ]
    assert found == []


def test_our_packages_are_imported_at_the_top() -> None:
    """An import hidden in a function hides a cycle."""
    found = [
        where(path, node)
        for path, tree in modules().items() for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_stay_readable(package: str) -> None:
    lengths = {path: len((ROOT / path).read_bytes().splitlines()) for path in modules() if path.parts[0] == package}
    assert {str(path): lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}
    assert [str(path) for path in lengths if path.name in LUMBER_ROOMS] == []
