"""Pages of the embedded mailbox."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for

from outreach.mailbox.content import Opened
from outreach.mailbox.server import mailbox_path
from outreach.mailbox.store import Mail, Store
from outreach.web import access, paging
from outreach.web.mail_frame import with_our_font

PAGE_SIZE = 30
VIEWS = ("html", "text", "headers", "source")
WIDTHS = ("desktop", "phone")
_REASON = "the demo's mails are fictional, and its mailbox stands for the recipients' own"

#: A mail is a stranger's page: no script, no form, no frame of the site; links leave into a new tab.
MAIL_CSP = {
    "default-src": "'none'",
    "img-src": "'self' data:",
    "style-src": "'self' 'unsafe-inline'",
    "font-src": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'self'",
    "sandbox": "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
}
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")


@blueprint.get("")
@access.public(_REASON)
def index() -> Any:
    """All mails, newest first."""
    search = request.args.get("q", "").strip()[:100]
    number = paging.page_number()
    mails, total = _store().page(search, number, PAGE_SIZE)
    page = paging.Page(mails, number, PAGE_SIZE, total)
    return render_template("mailbox/list.html", page=page, search=search)


@blueprint.post("/clear")
@access.public(_REASON)
def clear() -> Any:
    """Throw all mails away."""
    _store().clear()
    return redirect(url_for("mailbox.index"))


@blueprint.get("/<int:mail_id>")
@access.public(_REASON)
def show(mail_id: int) -> Any:
    """One mail; marks it as seen."""
    mail, raw = _mail(mail_id)
    if not mail.seen:
        _store().mark_seen(mail_id)
    opened = Opened(raw)
    views = VIEWS if opened.has_html else VIEWS[1:]
    view, width = request.args.get("view", views[0]), request.args.get("width", WIDTHS[0])
    if view not in views or width not in WIDTHS:
        abort(404)
    return render_template("mailbox/show.html", mail=mail, opened=opened, views=views, view=view, width=width)


@blueprint.get("/<int:mail_id>/html")
@access.public(_REASON)
def html(mail_id: int) -> Any:
    """The HTML side alone, for the frame in the page."""
    shown = Opened(_mail(mail_id)[1]).html(lambda number: url_for("mailbox.part", mail_id=mail_id, number=number))
    if shown is None:
        abort(404)
    return Response(with_our_font(shown), mimetype="text/html")


html.talisman_view_options = {"content_security_policy": MAIL_CSP}  # type: ignore[attr-defined]


@blueprint.get("/<int:mail_id>/parts/<int:number>")
@access.public(_REASON)
def part(mail_id: int, number: int) -> Any:
    """A picture inside a mail, or an attachment."""
    parts = Opened(_mail(mail_id)[1]).parts
    if number >= len(parts):
        abort(404)
    found = parts[number]
    if found.content_type in PICTURES:
        return Response(found.content, mimetype=found.content_type)
    return Response(
        found.content, mimetype="application/octet-stream", headers={"Content-Disposition": "attachment"}
    )


def _mail(mail_id: int) -> tuple[Mail, bytes]:
    return _store().get(mail_id) or abort(404)


def _store() -> Store:
    return _opened_store(mailbox_path(current_app.extensions["outreach"].settings))


@cache
def _opened_store(path: Path) -> Store:
    return Store(path)
