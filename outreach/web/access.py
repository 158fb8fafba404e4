"""Who may call a view, and the record of whose data it showed.

Every view is decorated with :func:`allow` or :func:`public`; a test walks all routes and fails on one
that is neither. An undecorated view is refused at run time, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.datastructures import WWWAuthenticate

from outreach.audit import service as audit
from outreach.audit.models import AccessKind
from outreach.audit.service import Actor
from outreach.db import db, unit_of_work
from outreach.scope import Role, Scope

View = TypeVar("View", bound=Callable[..., Any])

#: Views of libraries that guard themselves, with the reason.
LIBRARY_VIEWS = {"static": "files of the site itself"}


def allow(*roles: Role) -> Callable[[View], View]:
    """Only signed-in people with one of ``roles`` (all roles if none is named)."""

    def mark(view: View) -> View:
        view.access_roles = frozenset(roles or Role)  # type: ignore[attr-defined]
        return view

    return mark


def public(reason: str) -> Callable[[View], View]:
    """Anyone may call the view; ``reason`` says why that is right."""

    def mark(view: View) -> View:
        view.access_public = reason  # type: ignore[attr-defined]
        return view

    return mark


def scope() -> Scope:
    """The present person's reach. Only inside a guarded view."""
    if "scope" not in g:
        g.scope = current_user.scope()
    return g.scope


def actor() -> Actor:
    """The present person as the audit records name them."""
    if current_user.is_authenticated:
        return Actor(current_user.id, current_user.email, request.remote_addr or "", current_user.centre_id)
    return Actor(None, "public", request.remote_addr or "")


def log_access(
    kind: AccessKind, subject: str, ids: Iterable[int], detail: str = "", *, count: int | None = None
) -> None:
    """Note that this request shows or exports personal data of ``subject`` rows ``ids`` (of ``count`` rows the
    first ids, where there are more than a record names); written when the response is made, and the response is
    withheld if it cannot be written. An error page, which shows nobody, takes the note back; a form shown again
    with a refusal does not."""
    g.setdefault("access_notes", []).append((kind, subject, list(ids), detail, count))


def init_app(app: Flask) -> None:
    app.before_request(_guard)
    app.after_request(_write_access_notes)


def _guard() -> Any:
    if request.endpoint is None:
        return None
    view = current_app.view_functions.get(request.endpoint)
    if request.endpoint in LIBRARY_VIEWS or request.endpoint.endswith(".static"):
        return None
    # A class-based view carries the marks on its class; a blueprint of a library is listed at set-up.
    marked = getattr(view, "view_class", view)
    library = current_app.extensions["outreach"].library_views
    if getattr(marked, "access_public", None) or request.endpoint in library:
        return None
    roles = getattr(marked, "access_roles", None)
    if roles is None:
        abort(403)
    if not current_user.is_authenticated:
        if request.path.startswith("/api/"):
            abort(401, www_authenticate=WWWAuthenticate("bearer"))
        target = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
        return redirect(url_for("security.login", next=target))
    if current_user.role not in roles:
        abort(403)
    return None


def _write_access_notes(response: Any) -> Any:
    notes = g.pop("access_notes", None)
    if notes:
        who, now = actor(), current_app.extensions["outreach"].clock.now()
        with unit_of_work(db.session) as session:
            for kind, subject, ids, detail, count in notes:
                audit.record_access(session, who, kind, subject, ids, now=now, detail=detail, count=count)
    return response
