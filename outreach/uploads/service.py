"""Storing and reading uploaded files. The path is the content's hash: nothing of the user's file name
reaches the file system."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.errors import NotFound
from outreach.uploads.models import Upload
from outreach.wording import Text

#: The kind of a row whose file was erased.
ERASED = "erased"


def store(
    session: Session, folder: Path, content: bytes | Path, *, kind: str, name: str, media_type: str, now: datetime,
    user_id: int | None, width: int | None = None, height: int | None = None,
) -> Upload:
    """Keep ``content`` (bytes, or a file to copy) below ``folder`` and return its row. The same content is kept
    once on disk. Raises OSError, e.g. when the disk is full; nothing is left behind then."""
    digest, size = _keep(folder, content)
    row = Upload(
        kind=kind, sha256=digest, name=name[-255:], media_type=media_type, size=size, width=width, height=height,
        created_at=now, created_by=user_id,
    )
    session.add(row)
    session.flush()
    return row


def _keep(folder: Path, content: bytes | Path) -> tuple[str, int]:
    """Write the content under its hash, whole or not at all; its hash and size."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        try:
            for part in _parts(content):
                digest.update(part)
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
            path = file_path(folder, digest.hexdigest())
            path.parent.mkdir(exist_ok=True)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
        return digest.hexdigest(), file.tell()


def _parts(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while part := source.read(1 << 20):
            yield part


def file_path(folder: Path, sha256: str) -> Path:
    """Where the content with this SHA-256 (hex) lies below ``folder``."""
    return folder / sha256[:2] / sha256


def open_path(folder: Path, upload: Upload) -> Path:
    """The stored file's path. Raises NotFound if the file was erased or is gone from the disk."""
    if upload.kind == ERASED:
        raise NotFound(Text("보관 기간이 지나 지운 파일입니다: %(name)s", name=upload.name))
    path = file_path(folder, upload.sha256)
    if not path.is_file():
        raise NotFound(Text("저장된 파일을 찾을 수 없습니다: %(name)s", name=upload.name))
    return path


def erase(session: Session, folder: Path, upload: Upload) -> None:
    """Take the file from the disk, unless another row has the same content; the row stays, marked. The file goes
    before the commit: should that fail, the next try finds a row without a file, never a file without a row."""
    upload.kind = ERASED
    session.flush()
    same = sa.select(Upload.id).where(Upload.sha256 == upload.sha256, Upload.kind != ERASED)
    if session.scalar(same.limit(1)) is None:
        file_path(folder, upload.sha256).unlink(missing_ok=True)
