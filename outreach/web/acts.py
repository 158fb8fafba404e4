"""One act of a person on a page: done and committed, or refused in words above the page that comes next."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash

from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.web.language import translated


def carry_out(act: Callable[[], object], done: str) -> None:
    """Do ``act``, commit and say ``done``; say why, if it is refused. Raises NotFound."""
    try:
        act()
        db.session.commit()
        flash(done, "success")
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
