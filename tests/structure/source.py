"""The project's own files, read once for all structural tests."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("outreach", "cases", "campaigns")


@cache
def tracked() -> tuple[Path, ...]:
    """What the repository holds, and new files that are not ignored. In an unpacked archive: everything that a
    build does not make."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if not _made(path)]
    return tuple(path for path in (ROOT / name for name in names if name) if path.is_file())


def _made(path: Path) -> bool:
    return any(part in {".venv", "var", "__pycache__"} or part.endswith("_cache") for part in path.parts)


@cache
def modules() -> dict[Path, ast.Module]:
    """Every module of the program, parsed, by its path below the project's folder."""
    paths = [ROOT / "wsgi.py", *(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))]
    return {
        path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths if "versions" not in path.parts
    }


def where(path: Path, node: ast.AST) -> str:
    return f"{path}:{getattr(node, 'lineno', 1)}"
