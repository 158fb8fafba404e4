"""Starting the product's roles as real processes against a test's database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import TEST_SECRET

ROOT = Path(__file__).resolve().parents[1]


def start_role(
    data_dir: Path, database_url: str, smtp_url: str, *role: str, environment: Mapping[str, str] | None = None,
    before: tuple[str, ...] = (),
) -> subprocess.Popen[bytes]:
    """`flask --app wsgi <role>`, silent; the caller ends it. ``environment``: further settings; ``before``: what
    the command is run by."""
    settings = {
        **os.environ, "OUTREACH_DATABASE_URL": database_url, "OUTREACH_DATA_DIR": str(data_dir),
        "OUTREACH_SMTP_URL": smtp_url, "OUTREACH_BASE_URL": "http://localhost",
        "OUTREACH_SECRET_KEY": TEST_SECRET, "OUTREACH_LINK_KEYS": TEST_SECRET,
        **(environment or {}),
    }
    command = [*before, sys.executable, "-m", "flask", "--app", "wsgi", *role]
    return subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
