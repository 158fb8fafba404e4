"""A partner's mark as PDF objects, made once per logo and used in all of its editions."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outreach.lazy import lazy
from outreach.pdf.errors import RenderError

if TYPE_CHECKING:
    import PIL
    from PIL import Image
else:
    PIL, Image = lazy("PIL"), lazy("PIL.Image")

# On paper a mark is at most about 50 mm wide: this many pixels are 300 dpi.
_MAX_SIDE = 600


@dataclass(frozen=True)
class Logo:
    """``width`` and ``height`` in pixels; ``picture`` and ``mask`` (or None) are PDF image streams: the entries of
    their dictionary, and their content."""

    width: int
    height: int
    picture: tuple[bytes, bytes]
    mask: tuple[bytes, bytes] | None = None


def logo(data: bytes) -> Logo:
    """A logo from the PNG or JPEG that :mod:`outreach.pdf.pictures` made.

    :raises RenderError: damaged, or another kind of file.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.format == "JPEG" and picture.mode == "RGB" and max(picture.size) <= _MAX_SIDE:
                picture.load()
                return Logo(*picture.size, (_entries(*picture.size, b"RGB") + b"/Filter/DCTDecode", data))
            picture.load()
            picture.thumbnail((_MAX_SIDE, _MAX_SIDE), Image.Resampling.LANCZOS)
            alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
            width, height = picture.size
            mask = _packed(width, height, b"Gray", alpha.tobytes()) if alpha else None
            return Logo(width, height, _packed(width, height, b"RGB", picture.convert("RGB").tobytes()), mask)
    except (PIL.UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise RenderError("로고 그림이 손상되었습니다. 로고를 다시 올려 주세요.") from error


def _packed(width: int, height: int, space: bytes, pixels: bytes) -> tuple[bytes, bytes]:
    return _entries(width, height, space) + b"/Filter/FlateDecode", zlib.compress(pixels, 6)


def _entries(width: int, height: int, space: bytes) -> bytes:
    return (b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/Device%s"
            % (width, height, space))
