"""A case's pictures and the papers that prove what may be shown: taking them in, their rights, their order.

What a reviewer has published is not exchanged behind their back: a picture is added, or described anew, while the case
is being written. Taken away, or its rights set down again, it may be at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.library import service
from cases.library.models import Case, CasePhoto
from cases.library.rights import PhotoKind, photo_problems
from cases.library.rules import WRITABLE
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.errors import Invalid, NotFound
from outreach.pdf.pictures import MAX_BYTES, Purpose, SafePicture, check_picture
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from outreach.wording import Text

#: More than this is an album; the record tells one story.
MOST = 12
#: What may still be set down when the case is no longer written.
RIGHTS = ("rights_holder", "portrait", "portrait_evidence", "rights_until")
FIELDS = ("kind", "caption", "taken_by", "taken_on", *RIGHTS)
PDF = "application/pdf"


class Paper(NamedTuple):
    """A proof as it is kept: a photograph of a paper made safe like any picture, or a PDF as it was given."""

    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None


def read_paper(data: bytes) -> Paper:
    """A signed form or a letter, photographed or as PDF. Raises Invalid."""
    if data.startswith(b"%PDF-"):
        if len(data) > MAX_BYTES:
            raise Invalid(Text("파일은 %(size)sMB까지 올릴 수 있습니다.", size=MAX_BYTES // 1024 // 1024))
        return Paper(data, PDF)
    picture = check_picture(data, Purpose.PHOTO)
    return Paper(picture.data, picture.media_type, picture.width, picture.height)


def keep_paper(
    session: Session, actor: Actor, folder: Path, paper: Paper, *, name: str, now: datetime
) -> Upload:
    """Store a proof. It is shown to those of the case's own centre, never in public."""
    return uploads.store(
        session, folder, paper.data, kind="evidence", name=name, media_type=paper.media_type, now=now,
        user_id=actor.user_id, width=paper.width, height=paper.height,
    )


def get(case: Case, photo_id: int) -> CasePhoto:
    """Raises NotFound, also for another case's."""
    photo = next((photo for photo in case.photos if photo.id == photo_id), None)
    if photo is None:
        raise NotFound("이 사례의 사진이 아닙니다.")
    return photo


def lead(case: Case, day: date | None) -> CasePhoto | None:
    """The leading picture, if its rights allow it to be shown on ``day``; no other takes its place, since it was this
    one that was approved to lead."""
    first = case.photos[0] if case.photos else None
    return first if first is not None and not photo_problems(first, day) else None


def usable(case: Case, day: date) -> list[CasePhoto]:
    """The pictures that may be shown on ``day``, in order."""
    return [photo for photo in case.photos if not photo_problems(photo, day)]


def add(
    session: Session, actor: Actor, case: Case, folder: Path, picture: SafePicture, *, name: str,
    client_key: str | None = None, now: datetime,
) -> CasePhoto:
    """Put a picture that outreach.pdf.pictures made safe behind the others. One that came already (``client_key``) is
    given back. Raises Conflict (its state), Invalid (too many)."""
    known = next((photo for photo in case.photos if client_key and photo.client_key == client_key), None)
    if known is not None:
        return known
    service.check_writable(case)
    if len(case.photos) >= MOST:
        raise Invalid(Text("사진은 %(most)s장까지 넣을 수 있습니다.", most=MOST))
    upload = uploads.store(
        session, folder, picture.data, kind="picture", name=name, media_type=picture.media_type, now=now,
        user_id=actor.user_id, width=picture.width, height=picture.height,
    )
    photo = CasePhoto(
        upload=upload, position=max((row.position for row in case.photos), default=0) + 1, kind=PhotoKind.SCENE,
        client_key=client_key, created_at=now, created_by=actor.user_id,
    )
    case.photos.append(photo)
    _changed(session, actor, case, {"photo": (None, name or "사진")}, now)
    return photo


def describe(
    session: Session, actor: Actor, case: Case, photo: CasePhoto, values: Mapping[str, Any], *, now: datetime
) -> None:
    """What it shows, who took it, whose it is, who agreed and until when. ``values``: FIELDS, and ``evidence`` (an
    Upload). Raises Conflict: after the review only its rights are still set down."""
    allowed = FIELDS if case.state in WRITABLE else RIGHTS
    changes = audit.apply_changes(photo, {name: values[name] for name in allowed if name in values})
    if values.get("evidence") is not None:
        photo.evidence = values["evidence"]
        changes["evidence"] = (None, photo.evidence.name)
    if changes:
        _changed(session, actor, case, changes, now)


def put_first(session: Session, actor: Actor, case: Case, photo: CasePhoto, *, now: datetime) -> None:
    """Let it lead. Raises Conflict (its state)."""
    service.check_writable(case)
    others = [row for row in case.photos if row is not photo]
    for position, row in enumerate([photo, *others], 1):
        row.position = position
    case.photos.sort(key=lambda row: row.position)
    _changed(session, actor, case, {"photo_lead": (None, photo.caption or photo.upload.name)}, now)


def remove(session: Session, actor: Actor, case: Case, photo: CasePhoto, *, now: datetime) -> None:
    """Take it away, whatever the state: nothing is ever shown because it can't be taken down."""
    name = photo.caption or photo.upload.name
    case.photos.remove(photo)
    _changed(session, actor, case, {"photo": (name, None)}, now)


def set_consent_form(
    session: Session, actor: Actor, case: Case, upload: Upload, *, now: datetime
) -> None:
    """The company's signed form. Raises Conflict (its state)."""
    service.check_writable(case)
    case.consent_form = upload
    _changed(session, actor, case, {"consent_form": (None, upload.name)}, now)


def expiring(query: sa.Select[tuple[Case]], until: date) -> sa.Select[tuple[Case]]:
    """Those of the cases with a picture whose rights end by ``until``."""
    return query.where(sa.exists().where(CasePhoto.case_id == Case.id, CasePhoto.rights_until <= until))


def _changed(
    session: Session, actor: Actor, case: Case, changes: Mapping[str, tuple[Any, Any]], now: datetime
) -> None:
    case.updated_at = now
    session.flush()
    audit.record_change(session, actor, "case", case.id, "photo", changes, now=now)
