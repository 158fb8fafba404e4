"""Sending an edition's file or a picture of its page, and counting the download.

What is sent is decided in :func:`own` and :func:`parcel` alone; how, in :func:`_hand_over`: by this server from the
file, or by the web server in front of it (setting OUTREACH_FILES_PREFIX, docs/deployment.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, request, send_file
from werkzeug.http import is_resource_modified
from werkzeug.wsgi import wrap_file

from cases.materials import own_files, partner_editions, service, store
from cases.materials.models import Edition
from cases.materials.own_files import OwnFile
from cases.materials.partner_editions import PARTNER_PLACES
from cases.materials.rules import FORMAT_LABELS, PICTURES, Format, Way, counts_as_download, suffix
from cases.sheets.hwpx import MEDIA_TYPE as HWPX_TYPE
from outreach.clock import kst_today
from outreach.db import db, unit_of_work
from outreach.organisations.models import Organisation
from outreach.web.xlsx import disposition

#: Files are what their hash says for ever, but who may have them can change.
CACHE = "private, no-cache"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file to be given out: where it is, what it is called, and the hash by which it is known to be the same."""

    path: Path
    name: str
    media_type: str
    etag: str


def parcel(edition: Edition, form: Format = Format.PRINT) -> Parcel:
    """The file of an edition in a format. Raises NotFound if it was not made or is gone from the disk."""
    sha256 = edition.sha256 or ""
    etag = sha256 if form is Format.PRINT else f"{sha256}-{form.value}"
    return Parcel(store.format_path(folder(), sha256, form), file_name(edition, form), media_type(form), etag)


def media_type(form: Format) -> str:
    """Of a format's file."""
    if form in PICTURES:
        return "image/png"
    return HWPX_TYPE if form is Format.HWPX else "application/pdf"


def own(
    edition: Edition, form: Format, partner: Organisation | None, use: str = "", *, fold: bool = False, now: datetime,
) -> OwnFile | None:
    """The partner's own file of the edition, for ``use``; None where the format bears no mark, or no partner hands it
    out. ``fold``: as a booklet. Raises RenderError: the partner's words do not fit, NotFound: a place of use that was
    never kept."""
    static, sha256 = Path(current_app.static_folder or ""), edition.sha256 or ""
    if partner is None or not own_files.bears_mark(folder(), sha256, form):
        return None
    words = partner_editions.words(
        db.session, current_app.extensions["outreach"].settings.folder("uploads"), edition, partner,
        current_app.extensions.get(PARTNER_PLACES), use=use or partner_editions.use_of(form), day=kst_today(now),
    )
    file = own_files.own_file(folder(), static, sha256, form, words)
    return own_files.folded(file) if fold else file


#: Who follows a link wants to read; a messenger's own browser often can't save.
_HOW = {Way.LINK: "inline", Way.SHARE: "inline"}


def send(
    edition: Edition, way: Way, form: Format = Format.PRINT, *, partner: Organisation | None = None, use: str = "",
    fold: bool = False, organisation_id: int | None = None, user_id: int | None = None, share_id: int | None = None,
    now: datetime,
) -> Response:
    """The file under a Korean file name (RFC 6266, RFC 5987), with ETag and ranges (RFC 9110 §14): the own one of the
    ``partner`` that hands it out, where the format bears its mark. A download is counted, for the partner or
    ``organisation_id``, in a unit of work of its own, after the file was opened. Raises NotFound, RenderError."""
    edition_id, organisation_id = edition.id, partner.id if partner is not None else organisation_id
    file = own(edition, form, partner, use, fold=fold, now=now)
    if file is None or partner is None:
        name, response = file_name(edition, form), _hand_over(parcel(edition, form))
    else:
        name = own_name(edition, partner, form)
        response = hand_over_own(file, name, media_type(form))
    if response.status_code < 300:
        header = disposition(name, f"material{suffix(form)}")
        response.headers["Content-Disposition"] = header.replace("attachment", _HOW.get(way, "attachment"), 1)
    start = request.range.ranges[0][0] if request.range and request.range.ranges else None
    if counts_as_download(request.method, response.status_code, start):
        with unit_of_work(db.session) as session:
            service.count_download(
                session, edition_id, way, form=form, organisation_id=organisation_id, user_id=user_id,
                share_id=share_id, now=now,
            )
    return response


def hand_over_own(file: OwnFile, name: str, kind: str, how: str = "attachment") -> Response:
    """A partner's own file as an answer, made while it is sent."""
    response = Response(wrap_file(request.environ, file.open()), mimetype=kind, direct_passthrough=True)
    header = disposition(name, "material" + Path(name).suffix)
    response.headers["Content-Disposition"] = header.replace("attachment", how, 1)
    response.content_length = file.size
    response.set_etag(file.etag)
    response.make_conditional(request, accept_ranges=True, complete_length=file.size)
    return _kept_private(response)


def _kept_private(response: Response) -> Response:
    response.headers["Cache-Control"] = CACHE
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _hand_over(file: Parcel) -> Response:
    prefix = current_app.extensions["outreach"].settings.files_prefix
    return _kept_private(
        _named(file, prefix) if prefix
        else send_file(file.path, mimetype=file.media_type, etag=file.etag, conditional=True))


def _named(file: Parcel, prefix: str) -> Response:
    """An answer without a body that tells nginx which file to send (X-Accel-Redirect). Ranges are nginx's business;
    its ETag is of time and size, so a check for change is answered by the same here, and is no download."""
    found = file.path.stat()
    etag = f'"{int(found.st_mtime):x}-{found.st_size:x}"'
    if not is_resource_modified(request.environ, etag):
        return Response(status=304, headers={"ETag": etag})
    response = Response(mimetype=file.media_type)
    response.headers["X-Accel-Redirect"] = f"{prefix}/{quote(str(file.path.relative_to(folder())))}"
    return response


def send_page(edition: Edition, number: int) -> Response:
    """The picture of a page. Raises NotFound."""
    path = store.page_path(folder(), edition.sha256, number)
    response: Response = send_file(path, mimetype="image/png", etag=f"{edition.sha256}-{number}", conditional=True)
    response.headers["Cache-Control"] = CACHE
    return response


def send_picture(edition: Edition, form: Format) -> Response:
    """A picture for posts as part of a page. Raises NotFound."""
    path = store.format_path(folder(), edition.sha256, form)
    response: Response = send_file(path, mimetype="image/png", etag=f"{edition.sha256}-{form.value}", conditional=True)
    response.headers["Cache-Control"] = CACHE
    return response


def file_name(edition: Edition, form: Format = Format.PRINT) -> str:
    """`제목 제3판.pdf`, `제목 제3판(카카오톡 공유).png`, without what file systems refuse."""
    title = "".join(" " if letter in '\\/:*?"<>|' or not letter.isprintable() else letter
                    for letter in edition.material.title)
    which = "" if form in (Format.PRINT, Format.HWPX) else f"({FORMAT_LABELS[form].replace('·', ' ')})"
    return f"{' '.join(title.split())[:80]} {service.printed_number(edition)}{which}{suffix(form)}"


def own_name(edition: Edition, partner: Organisation, form: Format = Format.PRINT) -> str:
    """`제목 제3판(화면용) 기관.pdf`."""
    return f"{file_name(edition, form).removesuffix(suffix(form))} {' '.join(partner.name.split())}{suffix(form)}"


def folder() -> Any:
    """Where the files lie (cases.materials.store)."""
    return current_app.extensions["outreach"].settings.folder("materials")
