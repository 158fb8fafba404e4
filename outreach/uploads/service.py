"""Storing and reading uploaded files. The path is the content's hash: nothing of the user's file name
reaches the file system."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.errors import NotFound
from outreach.uploads.models import Upload


def store(
    session: Session, folder: Path, content: bytes, *, kind: str, name: str, media_type: str, now: datetime,
    user_id: int | None, width: int | None = None, height: int | None = None,
) -> Upload:
    """Keep ``content`` below ``folder`` and return its row. The same content is kept once on disk."""
    digest = hashlib.sha256(content).hexdigest()
    path = file_path(folder, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    row = Upload(
        kind=kind, sha256=digest, name=name[-255:], media_type=media_type, size=len(content), width=width,
        height=height, created_at=now, created_by=user_id,
    )
    session.add(row)
    session.flush()
    return row


def file_path(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def open_path(folder: Path, upload: Upload) -> Path:
    """The stored file's path. Raises NotFound if the file is gone from the disk."""
    path = file_path(folder, upload.sha256)
    if not path.is_file():
        raise NotFound(f"저장된 파일을 찾을 수 없습니다: {upload.name}")
    return path
