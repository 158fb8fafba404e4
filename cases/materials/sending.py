"""Sending an edition's file or a picture of its page, and counting the download."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, current_app, request, send_file

from cases.materials import service, store
from cases.materials.models import Edition
from cases.materials.rules import Way, counts_as_download
from outreach.db import db, unit_of_work

#: Files are what their hash says for ever, but who may have them can change.
CACHE = "private, no-cache"


def send_pdf(
    edition: Edition, way: Way, *, organisation_id: int | None = None, user_id: int | None = None, now: datetime
) -> Response:
    """The PDF under a Korean file name (RFC 6266, RFC 5987), with ETag and ranges (RFC 9110 §14). A download
    is counted in a unit of work of its own, after the file was opened. Raises NotFound."""
    edition_id, sha256, name = edition.id, edition.sha256 or "", file_name(edition)
    path = store.pdf_path(folder(), sha256)
    response: Response = send_file(
        path, mimetype="application/pdf", as_attachment=True, download_name=name, etag=sha256, conditional=True,
    )
    response.headers["Cache-Control"] = CACHE
    response.headers["X-Content-Type-Options"] = "nosniff"
    start = request.range.ranges[0][0] if request.range and request.range.ranges else None
    if counts_as_download(request.method, response.status_code, start):
        with unit_of_work(db.session) as session:
            service.count_download(
                session, edition_id, way, organisation_id=organisation_id, user_id=user_id, now=now
            )
    return response


def send_page(edition: Edition, number: int) -> Response:
    """The picture of a page. Raises NotFound."""
    path = store.page_path(folder(), edition.sha256, number)
    response: Response = send_file(path, mimetype="image/png", etag=f"{edition.sha256}-{number}", conditional=True)
    response.headers["Cache-Control"] = CACHE
    return response


def file_name(edition: Edition) -> str:
    """`제목 제3판.pdf`, without what file systems refuse."""
    title = "".join(" " if letter in '\\/:*?"<>|' or not letter.isprintable() else letter
                    for letter in edition.material.title)
    return f"{' '.join(title.split())[:80]} {service.printed_number(edition)}.pdf"


def folder() -> Any:
    """Where the files lie (cases.materials.store)."""
    return current_app.extensions["outreach"].settings.folder("materials")
