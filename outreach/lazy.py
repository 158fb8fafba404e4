"""Libraries that only some roles need, loaded when they are first used.

A worker that sends mail needs no PDF library and no web server; loading them all takes 35 MB of each process.
Used like this, so that type checkers see the library itself::

    if TYPE_CHECKING:
        import pikepdf
    else:
        pikepdf = lazy("pikepdf")
"""

from __future__ import annotations

import importlib
from typing import Any


def lazy(name: str) -> Any:
    """What stands for the module ``name`` until one of its names is asked for. Safe in threads, by Python's own
    lock on imports."""
    return _Lazy(name)


class _Lazy:
    def __init__(self, name: str):
        self.__name__ = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(importlib.import_module(self.__name__), attribute)
        setattr(self, attribute, found)  # asked for once
        return found
