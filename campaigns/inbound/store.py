"""The mails themselves, as they came: one compressed file each below the data folder, named by its content."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from pathlib import Path

from outreach.errors import NotFound

FOLDER = "inbound"


def keep(folder: Path, raw: bytes) -> str:
    """Write ``raw`` whole or not at all; its SHA-256 (hex). Raises OSError, e.g. when the disk is full."""
    digest = hashlib.sha256(raw).hexdigest()
    path = _path(folder, digest)
    if path.is_file():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            file.write(zlib.compress(raw, 6))
            file.flush()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return digest


def read(folder: Path, sha256: str) -> bytes:
    """The mail. Raises NotFound if it was erased."""
    path = _path(folder, sha256)
    if not sha256 or not path.is_file():
        raise NotFound("보관 기간이 지나 원문을 지웠습니다.")
    return zlib.decompress(path.read_bytes())


def erase(folder: Path, sha256: str) -> None:
    """Take the file from the disk; one that is gone already is no error."""
    if sha256:
        _path(folder, sha256).unlink(missing_ok=True)


def _path(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / f"{sha256}.z"
