"""Small routes and settings of the whole site: language, health, transactions per request."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    g,
    has_request_context,
    jsonify,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import Babel, lazy_pgettext
from flask_login import current_user
from markupsafe import Markup

from outreach.db import begin_mode, db
from outreach.web import access

LANGUAGES = {"ko": "한국어", "en": "English"}

blueprint = Blueprint("site", __name__)


@blueprint.get("/language/<code>")
@access.public("anyone may choose the language of the page")
def language(code: str) -> Any:
    """Remember the language and go back to where the person was."""
    if code not in LANGUAGES:
        abort(404)
    session["language"] = code
    return redirect(_own_path(request.args.get("next")) or url_for("home.index"))


@blueprint.get("/health")
@access.public("load balancers ask without an account")
def health() -> Any:
    """200 if the database answers. ``background`` is "attention" if something there stands still (`flask health` and
    the administrators' pages say what): the web itself may go on being asked. Tells nothing else."""
    started = time.perf_counter()
    db.session.execute(sa.text("SELECT 1"))
    took = round(1000 * (time.perf_counter() - started), 1)
    outreach = current_app.extensions["outreach"]
    found = any(look(db.session, outreach.clock.now()) for look in outreach.registry.checks())
    return jsonify(status="ok", database_ms=took, background="attention" if found else "ok")


def _own_path(target: str | None) -> str | None:
    """``target`` if it is a path of this site (no open redirect)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    return target if not urlsplit(target).netloc else None


def chosen_language() -> str:
    """The person's choice, else what the browser prefers, else Korean, which jobs and commands speak, too."""
    if not has_request_context():
        return "ko"
    if "language" in g:
        return g.language
    chosen = session.get("language")
    g.language = chosen if chosen in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES), "ko")
    return g.language


def init_app(app: Flask) -> None:
    Babel(app, locale_selector=chosen_language, default_locale="ko", default_timezone="Asia/Seoul",
          default_translation_directories=str(app.extensions["outreach"].translations))
    app.before_request(_begin_request)
    app.register_blueprint(blueprint)
    app.context_processor(_page_globals)


def _begin_request() -> None:
    """Reading requests use read transactions. A body is read in full before the first query, so that a
    slow upload never holds the database's write lock."""
    safe = request.method in {"GET", "HEAD", "OPTIONS"}
    begin_mode("DEFERRED" if safe else "IMMEDIATE")
    if not safe:
        request.get_data(cache=True, parse_form_data=True)


def _page_globals() -> dict[str, Any]:
    return {"menu": _menu, "languages": LANGUAGES, "current_language": chosen_language(), "panels": _panels}


#: Headings of the main menu that hold several entries.
MENU_GROUPS = {"responses": lazy_pgettext("menu", "응답"), "administration": lazy_pgettext("menu", "관리")}


def _menu() -> list[dict[str, Any]]:
    """The entries of the main menu; one with ``below`` is a heading over several, at the place of its first."""
    if not current_user.is_authenticated:
        return []
    registry = current_app.extensions["outreach"].registry
    entries: list[dict[str, Any]] = []
    headings: dict[str, dict[str, Any]] = {}
    for item in registry.menu(current_user.role):
        entry = {"label": item.label, "url": url_for(item.endpoint), "current": _is_current(item.prefix)}
        if not item.group:
            entries.append(entry)
            continue
        if item.group not in headings:
            headings[item.group] = {"label": MENU_GROUPS[item.group], "below": [], "current": False}
            entries.append(headings[item.group])
        headings[item.group]["below"].append(entry)
        headings[item.group]["current"] |= entry["current"]
    return [entry["below"][0] if len(entry.get("below", ())) == 1 else entry for entry in entries]


def _is_current(prefix: str | tuple[str, ...]) -> bool:
    """Whether the present page lies below ``prefix``; "/" stands for the first page alone."""
    return request.path == "/" if prefix == "/" else bool(prefix) and request.path.startswith(prefix)


def _panels(slot: str, subject: Any = None) -> list[Any]:
    """What the features show in ``slot`` of this page, for this person."""
    registry = current_app.extensions["outreach"].registry
    rendered = (panel.render(access.scope(), subject) for panel in registry.panels(slot, current_user.role))
    return [Markup(html) for html in rendered if html]  # noqa: S704 (made of our own templates, which escape)
