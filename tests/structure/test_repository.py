"""What the repository holds, and what it must not."""

from __future__ import annotations

import re

from tests.structure.source import ROOT, tracked

TOP_LEVEL = {
    "campaigns", "cases", "outreach", "static", "templates", "tests", "wsgi.py", "requirements.txt", "README.md",
    "Makefile", "pyproject.toml", "CHANGELOG.md", "docs",
}
ELSEWHERE = re.compile(
    rb"(?<![\w.])/(?:wor[k]|hom[e]|roo[t])/|\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|proxy\.golang\.org|crates\.io)\b"
    rb"|--(?:extra-)?inde[x]-url"
)
BINARY = {".png", ".jpg", ".jpeg", ".webp", ".woff2", ".ttf", ".otf", ".pdf", ".xls", ".xlsx", ".ico", ".zip"}
SETTING = re.compile(r"OUTREACH_[A-Z_]+")
LARGEST_FILE = 8 << 20  # bytes; the two faces of the paper font are 5.6 MB each


def test_the_top_level_is_the_agreed_one() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".")} - TOP_LEVEL == set()


def test_nothing_of_one_machine_is_kept() -> None:
    """No path of someone's disk, no address of a package registry: set-up uses what the machine is set to."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}" for path in tracked()
        if path.suffix not in BINARY and "vendor" not in path.parts
        and (match := ELSEWHERE.search(path.read_bytes()))
    ]
    assert found == []


def test_no_secret_and_no_data_is_kept() -> None:
    names = [str(path.relative_to(ROOT)) for path in tracked()]
    assert [name for name in names if re.search(r"\.(env|pem|key|sqlite3?|db|log)$|(^|/)var/", name)] == []


def test_no_file_is_huge() -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.stat().st_size > LARGEST_FILE] == []


def test_every_setting_is_documented() -> None:
    """In docs/deployment.md; and what it documents exists."""
    config = (ROOT / "outreach" / "config.py").read_text(encoding="utf-8")
    documented = set(SETTING.findall((ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")))
    assert set(SETTING.findall(config)) == documented


def test_every_decision_has_its_parts() -> None:
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        assert re.match(r"\d{4}-[a-z0-9-]+\.md", path.name)
        assert all(f"\n## {part}\n" in text for part in ("Context", "Decision", "Consequences")), path.name


def test_documents_point_to_files_that_exist() -> None:
    """Paths in backquotes that name one of our folders."""
    ours = re.compile(r"`((?:outreach|cases|campaigns|templates|static|tests|docs)/[\w./-]+)`")
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    missing = [
        f"{path.relative_to(ROOT)}: {name}" for path in documents if path.is_file()
        for name in ours.findall(path.read_text(encoding="utf-8")) if not (ROOT / name).exists()
    ]
    assert missing == []
