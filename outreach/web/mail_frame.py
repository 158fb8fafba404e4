"""Mails on screen: what a page adds to a mail's HTML to show it in a frame."""

from __future__ import annotations

import re

from flask import Flask, Response, request, url_for
from markupsafe import escape

_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_FONT_SUFFIX = ".woff2"


def with_our_font(html: str) -> str:
    """``html`` with the site's font at hand. Our mails name it first; without it they would be drawn with what
    the reader's computer has, and one without a Korean font shows boxes. The page's policy must let styles
    and fonts of ``'self'`` in."""
    link = f'<link rel="stylesheet" href="{escape(url_for("static", filename="css/fonts.css"))}">'
    shown, found = _HEAD.subn(lambda match: match[0] + link, html, count=1)
    return shown if found else link + html


def init_app(app: Flask) -> None:
    app.after_request(_lend_fonts)


def _lend_fonts(response: Response) -> Response:
    """A sandboxed frame is of no origin, and fonts are only given to those they are lent to (Fetch, CORS)."""
    if request.endpoint == "static" and request.path.endswith(_FONT_SUFFIX):
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response
