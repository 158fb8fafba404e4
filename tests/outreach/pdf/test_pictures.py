"""Uploaded pictures: judged by content, turned upright, stripped, reduced."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from outreach.errors import Invalid
from outreach.pdf.pictures import MAX_BYTES, Purpose, check_picture


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photo(width: int = 400, height: int = 300) -> Image.Image:
    return Image.radial_gradient("L").resize((width, height)).convert("RGB")


def reopened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_kinds_are_taken_as_jpeg_photos(kind: str) -> None:
    made = check_picture(encoded(photo(), kind))
    assert (made.media_type, made.width, made.height) == ("image/jpeg", 400, 300)
    assert reopened(made.data).format == "JPEG"


@pytest.mark.parametrize("data", [
    encoded(photo(), "GIF"), encoded(photo(), "BMP"), encoded(photo(), "TIFF"), encoded(photo(), "ICO"),
    b"%PDF-1.7", b"<html>", b"", b"GIF89a", b"MZ" + bytes(100), b"\x89PNG\r\n\x1a\n" + bytes(40),
])
def test_other_content_is_refused_whatever_its_name(data: bytes) -> None:
    with pytest.raises(Invalid, match="PNG, JPEG, WebP"):
        check_picture(data)


@pytest.mark.parametrize("data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\n <?xml version='1.0'?><svg/>"])
def test_svg_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(Invalid, match="SVG"):
        check_picture(data)


def test_a_cut_off_file_is_refused() -> None:
    with pytest.raises(Invalid, match="손상"):
        check_picture(encoded(photo(), "JPEG")[:-2500])


def test_a_decompression_bomb_is_refused_before_decoding() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
            + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))
    with pytest.raises(Invalid, match="5천만 화소"):
        check_picture(bomb)


def test_size_limits() -> None:
    with pytest.raises(Invalid, match="10MB"):
        check_picture(b"\x89PNG" + bytes(MAX_BYTES))
    with pytest.raises(Invalid, match="작습니다"):
        check_picture(encoded(photo(20, 300), "PNG"))
    with pytest.raises(Invalid, match="길쭉"):
        check_picture(encoded(photo(4000, 40), "PNG"))


def test_an_animation_is_refused() -> None:
    frames = [photo(), photo().rotate(90)]
    with pytest.raises(Invalid, match="움직이는"):
        check_picture(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))


def test_a_phone_photo_with_a_second_picture_inside_is_taken() -> None:
    made = check_picture(encoded(photo(), "MPO", save_all=True, append_images=[photo(200, 150)]))
    assert (made.width, made.height) == (400, 300)


def test_a_photo_is_turned_upright_and_loses_its_secrets() -> None:
    picture = photo(400, 200)
    exif = picture.getexif()
    exif[ExifTags.Base.Orientation] = 6  # the camera was held upright
    exif[ExifTags.Base.Make] = "SecretCamera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (37.0, 33.0, 59.0)
    data = encoded(picture, "JPEG", exif=exif, comment=b"secret comment")
    made = check_picture(data)
    assert (made.width, made.height) == (200, 400)
    again = reopened(made.data)
    assert not again.getexif() and "comment" not in again.info
    assert b"Secret" in data and b"Secret" not in made.data and b"secret" not in made.data


def test_png_text_and_profile_are_dropped() -> None:
    info = PngInfo()
    info.add_text("Author", "secret person")
    made = check_picture(encoded(photo(), "PNG", pnginfo=info), Purpose.LOGO)
    assert b"secret" not in made.data
    assert set(reopened(made.data).info) <= {"dpi"}


def test_large_pictures_are_reduced() -> None:
    assert check_picture(encoded(photo(4000, 2000), "JPEG")).width == 2480
    assert check_picture(encoded(photo(4000, 2000), "JPEG"), Purpose.LOGO).width == 1200


@pytest.mark.parametrize("ground", [(0, 0, 0, 0), (255, 255, 255, 255)])
def test_a_logo_loses_its_empty_margin_and_keeps_transparency(ground: tuple[int, ...]) -> None:
    picture = Image.new("RGBA", (600, 400), ground)
    ImageDraw.Draw(picture).rectangle((200, 150, 399, 249), fill=(0, 80, 200, 255))
    made = check_picture(encoded(picture if ground[3] == 0 else picture.convert("RGB"), "PNG"), Purpose.LOGO)
    assert (made.media_type, made.width, made.height) == ("image/png", 200, 100)


def test_an_invisible_logo_is_refused() -> None:
    with pytest.raises(Invalid, match="보이지 않는"):
        check_picture(encoded(Image.new("RGB", (300, 200), "white"), "PNG"), Purpose.LOGO)
    with pytest.raises(Invalid, match="보이지 않는"):
        check_picture(encoded(Image.new("RGBA", (300, 200), (255, 255, 255, 120)), "PNG"), Purpose.LOGO)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_common_mode_is_read(mode: str) -> None:
    picture = photo().convert("L").point(lambda value: value) if mode == "I;16" else photo().convert(mode)
    if mode == "I;16":
        picture = picture.convert("I").convert("I;16")
    assert check_picture(encoded(picture, "PNG")).media_type == "image/jpeg"


def test_cmyk_from_a_print_shop_becomes_rgb() -> None:
    made = check_picture(encoded(photo().convert("CMYK"), "JPEG"))
    assert reopened(made.data).mode == "RGB"
