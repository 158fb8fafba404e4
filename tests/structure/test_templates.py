"""Templates: every one compiles, every name leads to one, and pages keep to the content security policy."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, meta, nodes

from outreach.pdf.templates import environment as paper
from tests.conftest import make_app
from tests.structure.source import ROOT, modules, where

FOLDER = ROOT / "templates"
#: Written in places by the libraries themselves, below names of their own.
LIBRARY_PREFIXES = ("security/", "flask-smorest/")
RENDERERS = {"render_template", "get_template"}
#: Documents with a policy of their own: they are shown in a sandboxed frame, or are no pages at all.
OWN_POLICY = re.compile(r"^pdf/|/mail/|/email/|^mailings/preview_")

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)|<[^>%]*\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)
INLINE_STYLE = re.compile(r"<style\b|<[a-z][^>]*\sstyle\s*=\s*[\"']", re.IGNORECASE)
OUTSIDE = re.compile(
    r"<(?:script|link|img|iframe|source|video|audio|use)\b[^>]*\b(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE
)
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def names() -> list[str]:
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())


def pages() -> list[str]:
    return [name for name in names() if name.endswith(".html") and not OWN_POLICY.search(name)]


def plain(name: str) -> str:
    """The template's own markup, without expressions."""
    return EXPRESSION.sub("", (FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Environment]:
    """The environment that a template is rendered in, by its name."""
    app, pdf = make_app("sqlite:///unused", tmp_path_factory.mktemp("data")), paper(FOLDER)
    return lambda name: pdf if name.startswith("pdf/") else app.jinja_env


def parsed(environment: Callable[[str], Environment]) -> Iterator[tuple[str, nodes.Template]]:
    for name in names():
        if name.endswith((".html", ".txt", ".mjml")):
            yield name, environment(name).parse((FOLDER / name).read_text(encoding="utf-8"), filename=name)


def test_templates_compile_and_find_their_parts(environment: Callable[[str], Environment]) -> None:
    for name, tree in parsed(environment):
        environment(name).get_template(name)
        for part in meta.find_referenced_templates(tree):
            assert part is None or environment(name).get_template(part), name


def test_every_template_that_is_asked_for_exists() -> None:
    missing = [
        f"{where(path, call)} {name}"
        for path, tree in modules().items() for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _called(call) in RENDERERS
        for name in _names_in(call) if not (FOLDER / name).is_file() and not name.startswith(LIBRARY_PREFIXES)
    ]
    assert missing == []


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _names_in(call: ast.Call) -> list[str]:
    if not call.args:
        return []
    return [
        node.value for node in ast.walk(call.args[0])
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w/-]+\.\w+", node.value)
    ]


def test_every_template_is_used(environment: Callable[[str], Environment]) -> None:
    """By a view, by another template, or by a library under its own name; names that a view puts together are
    judged by their folder."""
    sources = "".join((ROOT / path).read_text(encoding="utf-8") for path in modules())
    referred: set[str | None] = set()
    for _, tree in parsed(environment):
        referred.update(meta.find_referenced_templates(tree))
        referred.update(node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str))
    put_together = set(re.findall(r'f"([\w/]+/)\{', sources))
    unused = [
        name for name in names()
        if name not in referred and f'"{name}"' not in sources and not name.startswith(LIBRARY_PREFIXES)
        and not name.startswith(("pdf/", "layout/")) and f"{Path(name).parent}/" not in put_together
    ]
    assert unused == []


@pytest.mark.parametrize("pattern", [INLINE_SCRIPT, INLINE_STYLE], ids=["script", "style"])
def test_pages_hold_no_inline_code(pattern: re.Pattern[str]) -> None:
    """The content security policy would drop it (outreach.app.CSP)."""
    assert [f"{name}: {found[0]}" for name in pages() if (found := pattern.search(plain(name)))] == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    texts = [(name, (FOLDER / name).read_text(encoding="utf-8")) for name in names()]
    assert [f"{name}: {found[0]}" for name, text in texts if (found := OUTSIDE.search(text))] == []
    sheets = sorted((ROOT / "static").rglob("*.css"))
    remote = re.compile(r"@import\s+[\"']https?:|url\(\s*[\"']?(?:https?:)?//", re.IGNORECASE)
    assert [str(path.relative_to(ROOT)) for path in sheets if remote.search(path.read_text(encoding="utf-8"))] == []


def test_static_files_that_templates_name_exist() -> None:
    named = re.compile(r"url_for\(\s*['\"]static['\"],\s*filename\s*=\s*['\"]([^'\"]+)['\"]")
    missing = [
        f"{name}: {file}" for name in names() if name.endswith(".html")
        for file in named.findall((FOLDER / name).read_text(encoding="utf-8"))
        if not Path(ROOT, "static", file).is_file() and not file.endswith("/")
    ]
    assert missing == []


def mails() -> list[str]:
    return [name for name in names() if "/mail/" in name or "/email/" in name]


@pytest.mark.parametrize("name", [name for name in mails() if re.search(r"\.(html|mjml)$", name)])
def test_every_mail_has_a_text_part(name: str) -> None:
    text = FOLDER / re.sub(r"\.(html|mjml)$", ".txt", name)
    source = (FOLDER / name).read_text(encoding="utf-8")
    if "{% macro" in source or "{% block body %}{% endblock %}" in source:  # a part or the frame of mails, no mail
        return
    assert text.is_file() and text.read_text(encoding="utf-8").strip()


def test_every_mail_carries_the_language_and_a_title() -> None:
    frames = [name for name in mails() if "<html" in (FOLDER / name).read_text(encoding="utf-8")]
    assert frames
    for name in frames:
        source = (FOLDER / name).read_text(encoding="utf-8")
        assert re.search(r"<html[^>]*\slang=", source), name
        assert re.search(r"<title>.+</title>", source), name
