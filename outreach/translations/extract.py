"""Finds what people read in our Python code, for Babel (see babel.cfg).

Korean is the language of the code, so a message need not be marked where its place already says that it is
one: the text of an error, a label. Everything else is marked by ``_()``, ``_l()`` or ``Text()``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

HANGUL = re.compile("[가-힣]")
#: Their first argument says where the word stands, since one Korean word may be several English ones.
CONTEXTUAL = frozenset({"pgettext", "lazy_pgettext"})
MARKS = frozenset({"_", "_l", "gettext", "lazy_gettext", "Text"})
#: Calls whose Korean is a message: errors, and what a job reports.
ERRORS = frozenset({
    "DomainError", "Invalid", "NotFound", "Forbidden", "Conflict", "Unavailable", "BadTemplate", "BadAddress",
    "RenderError", "RenderStopped", "ValidationError", "ValueError", "_Wrong", "ProtocolError", "OpeningFailed",
    "_Lost", "_Silence", "drop", "report",
})
#: Names that hold messages: tables of labels, and the locals an error is made of.
NAMES = re.compile(
    r"(?:[A-Z]+_)*(?:LABELS|MESSAGES|WORDS|TARGETS|FIELDS|TESTS|TEXTS|BANDS|SECTIONS|UNITS|RULE|HINTS|PLACES)$"
    r"|title$|text$|message$|needed$|required$|problem$|reason$"
)

Found = tuple[int, str | None, str | tuple[str, ...], list[str]]


def extract(file: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Babel's extraction method for Python: each message with its line."""
    seen = set()
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and _name(node.func) in CONTEXTUAL:
            yield node.lineno, "pgettext", tuple(ast.literal_eval(argument) for argument in node.args), []
        for constant in _messages(node):
            if constant not in seen:
                seen.add(constant)
                yield constant.lineno, None, constant.value, []


def _messages(node: ast.AST) -> Iterator[ast.Constant]:
    match node:
        case ast.Call(args=[first, *_]) if _name(node.func) in MARKS:
            yield from _choices(first)
        case ast.Call() if _name(node.func) in ERRORS:
            yield from filter(_korean, _arguments(node))
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if NAMES.match(name):
            yield from filter(_korean, _leaves(value))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if NAMES.match(name):
            yield from filter(_korean, _leaves(value))


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _arguments(call: ast.Call) -> Iterator[ast.Constant]:
    """The message, and the reasons at the fields."""
    for argument in call.args:
        yield from _choices(argument)
    for keyword in call.keywords:
        if keyword.arg in {"message", "fields"}:
            yield from _leaves(keyword.value)


def _choices(node: ast.expr) -> Iterator[ast.Constant]:
    """The texts ``node`` may be: one, or either side of an ``if``."""
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.IfExp():
            yield from _choices(node.body)
            yield from _choices(node.orelse)


def _leaves(node: ast.expr) -> Iterator[ast.Constant]:
    """The texts in a table: the values of a dict, the members of a sequence, however deep."""
    match node:
        case ast.Dict():
            for value in node.values:
                yield from _leaves(value)
        case ast.Tuple() | ast.List() | ast.Set():
            for member in node.elts:
                yield from _leaves(member)
        case _:
            yield from _choices(node)


def _korean(constant: ast.Constant) -> bool:
    return bool(HANGUL.search(constant.value))
