"""The receiving domain of an address, as a part of queries."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class domain_of(FunctionElement[str]):  # noqa: N801 - it stands in queries as a function does
    """The part of a normalised address behind the @; in one place, so that it can become a column."""

    type = sa.String()
    inherit_cache = True


@compiles(domain_of)
def _domain_of(element: domain_of, compiler: Any, **options: Any) -> str:
    return f"split_part({compiler.process(element.clauses, **options)}, '@', 2)"


@compiles(domain_of, "sqlite")
def _domain_of_on_sqlite(element: domain_of, compiler: Any, **options: Any) -> str:
    address = compiler.process(element.clauses, **options)
    return f"substr({address}, instr({address}, '@') + 1)"
