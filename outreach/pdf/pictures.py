"""Uploaded logos and photos, made safe to keep and to print.

A picture is judged by its content, never by its name: decoded, turned upright, reduced, stripped of everything
that is not pixels (place, camera, thumbnails, comments) and written anew. What comes out was made here.
"""

from __future__ import annotations

import io
import warnings
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from outreach.errors import Invalid
from outreach.lazy import lazy
from outreach.wording import Text

if TYPE_CHECKING:
    import PIL
    from PIL import Image, ImageChops, ImageCms, ImageOps
else:
    PIL, Image, ImageChops = lazy("PIL"), lazy("PIL.Image"), lazy("PIL.ImageChops")
    ImageCms, ImageOps = lazy("PIL.ImageCms"), lazy("PIL.ImageOps")

MAX_BYTES = 10 * 1024 * 1024
# A 50-megapixel photo decodes to about 150 MB; more is a mistake or an attack ("decompression bomb").
MAX_PIXELS = 50_000_000
MIN_SIDE = 32
MAX_RATIO = 20

_FORMATS = ("PNG", "JPEG", "WEBP")


class Purpose(str, Enum):
    """What the picture is for: a logo keeps transparency and loses its empty margin, a photo becomes JPEG."""

    LOGO = "logo"
    PHOTO = "photo"


_MAX_SIDE = {Purpose.LOGO: 1200, Purpose.PHOTO: 2480}  # px; 2,480 is A4's width at 300 dpi


class SafePicture(NamedTuple):
    """Re-encoded bytes with their media type and size in pixels."""

    data: bytes
    media_type: str
    width: int
    height: int


def check_picture(data: bytes, purpose: Purpose = Purpose.PHOTO) -> SafePicture:
    """Take in an uploaded picture.

    :raises Invalid: not PNG, JPEG or WebP by content, animated, damaged, too large in bytes or pixels, too small, or a
        mere stripe.
    """
    if len(data) > MAX_BYTES:
        raise Invalid(Text("그림 파일은 %(size)sMB까지 올릴 수 있습니다.", size=MAX_BYTES // 1024 // 1024))
    picture = _upright(_decoded(data))
    picture = _in_srgb(picture)
    if purpose is Purpose.LOGO:
        picture = _without_margin(picture)
    if min(picture.size) < MIN_SIDE:
        raise Invalid(Text("그림이 너무 작습니다. 짧은 쪽이 %(pixels)s픽셀 이상이어야 합니다.", pixels=MIN_SIDE))
    if max(picture.size) > MAX_RATIO * min(picture.size):
        raise Invalid("그림이 너무 길쭉합니다. 긴 쪽이 짧은 쪽의 20배를 넘지 않게 잘라 주세요.")
    picture.thumbnail((_MAX_SIDE[purpose],) * 2, Image.Resampling.LANCZOS)
    return _encoded(picture, purpose)


def _decoded(data: bytes) -> Image.Image:
    """Open and fully decode, checking the size announced in the header first."""
    if data[:1024].lstrip().lower().startswith((b"<svg", b"<?xml", b"<!doctype")):
        raise Invalid("SVG는 올릴 수 없습니다. PNG, JPEG, WebP 파일로 바꾸어 올려 주세요.")
    try:
        with warnings.catch_warnings():
            # Pillow's own bomb warning comes at its own limit; ours is checked below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:  # far beyond our own limit, by the size its header claims
        raise Invalid("그림이 너무 큽니다. 5천만 화소까지 올릴 수 있습니다.") from error
    except (PIL.UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Invalid("PNG, JPEG, WebP 그림 파일만 올릴 수 있습니다.") from error
    if picture.width * picture.height > MAX_PIXELS:
        raise Invalid(Text(
            "그림이 너무 큽니다(%(width)s×%(height)s). 5천만 화소까지 올릴 수 있습니다.",
            width=picture.width, height=picture.height,
        ))
    # A phone's JPEG may hold a second picture (MPO); Pillow opens it as JPEG, and the first one is the photo.
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise Invalid("움직이는 그림은 쓸 수 없습니다.")
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise Invalid("그림 파일이 손상되었습니다. 원본을 다시 확인해 주세요.") from error
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Apply the camera's orientation (Exif tag 0x0112) to the pixels."""
    return ImageOps.exif_transpose(picture) or picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    """RGB or RGBA in the sRGB colour space, without palette or profile."""
    profile = picture.info.get("icc_profile")
    transparent = picture.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in picture.info
    target = "RGBA" if transparent else "RGB"
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a broken or foreign profile: the plain conversion below is the best there is
        if converted is not None:
            return converted
    if picture.mode in ("I", "I;16", "F"):
        picture = picture.convert("L")
    return picture.convert(target)


def _without_margin(picture: Image.Image) -> Image.Image:
    """Cut the transparent or white margin off, so that marks of different makers stand equally large on a page."""
    if picture.mode == "RGBA":
        box = picture.getchannel("A").getbbox()
        picture = picture.crop(box) if box else picture
    opaque = Image.new("RGB", picture.size, "white")
    opaque.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    difference = ImageChops.difference(opaque, Image.new("RGB", picture.size, "white")).convert("L")
    # JPEG noise around a white ground stays below 12 of 255.
    box = difference.point(lambda value: 255 if value > 12 else 0).getbbox()
    if picture.mode == "RGB" and box:
        picture = picture.crop(box)
    if not box:
        raise Invalid("흰 바탕에 보이지 않는 로고입니다. 색이 있는 로고를 올려 주세요.")
    return picture


def _encoded(picture: Image.Image, purpose: Purpose) -> SafePicture:
    out = io.BytesIO()
    bare = Image.new(picture.mode, picture.size)  # a fresh picture carries no metadata along
    bare.paste(picture)
    if purpose is Purpose.LOGO:
        bare.save(out, "PNG", optimize=True)
        return SafePicture(out.getvalue(), "image/png", *bare.size)
    if bare.mode == "RGBA":
        ground = Image.new("RGB", bare.size, "white")
        ground.paste(bare, mask=bare.getchannel("A"))
        bare = ground
    bare.save(out, "JPEG", quality=88, optimize=True, progressive=True)
    return SafePicture(out.getvalue(), "image/jpeg", *bare.size)
