"""The only way a document reaches anything outside its own HTML: named assets and files below ``static/``.

Everything else (``file:``, ``http:``, ``data:``, a path that climbs out of the folder) stops the rendering,
so that neither a template nor a pasted text can read the server's disk or its network.
"""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import Image
from weasyprint.urls import URLFetcher, URLFetcherResponse

from outreach.pdf.errors import RenderError
from outreach.pdf.hostile import check_pixels, check_svg

# Relative addresses in a template resolve against this one. ".invalid" can never exist (RFC 6761 §6.4), so an
# address that slips past the fetcher leads nowhere.
BASE_URL = "https://static.invalid/"

_RASTER = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


class ClosedFetcher(URLFetcher):
    """Answers ``asset:name`` from ``assets`` and relative addresses from ``base_dir``; refuses all else."""

    def __init__(self, base_dir: Path, assets: Mapping[str, bytes]):
        # fail_on_errors: WeasyPrint would otherwise log the failure and leave a hole in the page.
        super().__init__(allowed_protocols=("asset", "https"), fail_on_errors=True)
        self._base_dir = base_dir.resolve()
        self._assets = assets

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The bytes behind ``url``.

        :raises RenderError: the address is not allowed, nothing is there, or a picture is damaged.
        """
        if url.startswith("asset:"):
            name = unquote(url.removeprefix("asset:"))
            if name not in self._assets:
                raise RenderError(f"그림 ‘{name}’이(가) 주어지지 않았습니다.", place=url)
            body, media_type = self._assets[name], ""
        elif url.startswith(BASE_URL):
            path = self._static_file(url)
            body, media_type = path.read_bytes(), mimetypes.guess_type(path.name)[0] or ""
        else:
            raise RenderError("문서 밖의 주소는 불러올 수 없습니다.", place=url[:120])
        media_type = _sniffed(body) or media_type or "application/octet-stream"
        if media_type in _RASTER.values():
            _refuse_damaged(body, url)
        elif media_type == "image/svg+xml" and url.startswith("asset:"):  # static/ is our own
            check_svg(body, url)
        return URLFetcherResponse(url, body, {"Content-Type": media_type})

    def _static_file(self, url: str) -> Path:
        wanted = self._base_dir / unquote(urlsplit(url).path).lstrip("/")
        path = wanted.resolve()
        if not path.is_relative_to(self._base_dir):
            raise RenderError("정적 파일 폴더 밖의 파일은 불러올 수 없습니다.", place=url)
        if not path.is_file():
            raise RenderError("파일이 없습니다.", place=str(wanted.relative_to(self._base_dir)))
        return path


def _sniffed(body: bytes) -> str | None:
    for magic, media_type in _RASTER.items():
        if body.startswith(magic):
            return media_type
    head = body[:512].lstrip()
    return "image/svg+xml" if head.startswith((b"<svg", b"<?xml")) else None


def _refuse_damaged(body: bytes, url: str) -> None:
    """Decode once, if it is no bomb: WeasyPrint embeds a JPEG undecoded and paints a truncated one half grey."""
    try:
        with Image.open(io.BytesIO(body)) as picture:
            check_pixels(*picture.size, place=url)
            picture.load()
    except Image.DecompressionBombError as error:
        raise RenderError("그림이 너무 큽니다. 5천만 화소까지 쓸 수 있습니다.", place=url) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise RenderError("그림 파일이 손상되었습니다.", place=url) from error
