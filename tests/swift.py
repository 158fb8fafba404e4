"""What building an application for every test would do again and again, remembered: compiled templates and the
functions that werkzeug writes for its rules. Both are the same for the same source."""

from __future__ import annotations

import io
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing.rules import Rule


class _Memory(BytecodeCache):
    """A bucket's key is of the template's name and file, its checksum of its source."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._known.get((bucket.key, bucket.checksum))
        if code is not None:
            bucket.load_bytecode(io.BytesIO(code))

    def dump_bytecode(self, bucket: Bucket) -> None:
        out = io.BytesIO()
        bucket.write_bytecode(out)
        self._known[bucket.key, bucket.checksum] = out.getvalue()


TEMPLATES = _Memory()


def remember(app: Flask) -> Flask:
    """Let ``app`` use what other applications of this process have compiled."""
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


def remember_rules() -> None:
    """A rule's builder is made of its own words only; the rule is handed to it when it is called."""
    compiled: dict[tuple[Any, ...], Any] = {}
    compile_builder = Rule._compile_builder

    def builder(self: Rule, append_unknown: bool = True) -> Any:
        if self.defaults:
            return compile_builder(self, append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(self, append_unknown)
        return compiled[key]

    Rule._compile_builder = builder  # type: ignore[method-assign]
