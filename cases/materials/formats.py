"""An edition in the formats that are made of its PDF: a light one for screens, pictures for posts and messages.

Heavy (a rendering, decoding pictures): for worker processes only. What is made lies beside the PDF by the same hash.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment

from cases.materials.rules import CHANNEL_BYTES, PICTURES, Format
from outreach.lazy import lazy
from outreach.pdf.inspect import thumbnails
from outreach.pdf.options import RenderedPdf, RenderOptions

if TYPE_CHECKING:
    import pikepdf
    from PIL import Image
else:
    pikepdf, Image = lazy("pikepdf"), lazy("PIL.Image")

#: Longest side of a picture within a PDF for screens: a page's width at twice the density of a desk screen.
SCREEN_PIXELS = 1600
SCREEN_QUALITY = 78
#: Smaller streams gain nothing.
WORTHWHILE_BYTES = 40_000
_CARDS = "pdf/social/cards.html"

#: Field, accent and edge by the style of the paper: its own accents, paled. Case sheets have the warm ones.
_COLOURS = {
    "calm": ("#eaedfb", "#2340c4", "#c8cddb"), "warm": ("#fbf2ea", "#a93714", "#ecd9ca"),
    "glance": ("#fff4bf", "#111111", "#e3d48a"),
}

Render = Callable[..., RenderedPdf]


@dataclass(frozen=True)
class Card:
    """The words on a picture for posts."""

    title: str
    kind: str
    issuer: str
    phone: str
    field: str
    accent: str
    edge: str


def card(style: str, label: str, title: str, issuer: str, phone: str) -> Card:
    """In the colours of the paper's style."""
    return Card(title, label, issuer, phone, *_COLOURS.get(style, _COLOURS["warm"]))


def for_screens(data: bytes) -> bytes:
    """The same pages, tags and text with smaller pictures, readable from the first bytes on (linearised). What is
    light already is given back as it is."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image":
                _shrink(pdf, item)
        out = io.BytesIO()
        pdf.save(
            out, linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True,
            recompress_flate=True, deterministic_id=True,
        )
    return out.getvalue() if out.tell() < len(data) else data


def _shrink(pdf: pikepdf.Pdf, stream: pikepdf.Stream) -> None:
    """Reduce one picture, if that saves anything. Masks and rare colour spaces stay as they are."""
    size = len(stream.read_raw_bytes())
    if size < WORTHWHILE_BYTES or stream.get("/ImageMask") or stream.get("/ColorSpace") not in (
        "/DeviceRGB", "/DeviceGray"
    ) or int(stream.get("/BitsPerComponent", 8)) != 8:
        return
    picture = pikepdf.PdfImage(stream).as_pil_image()
    if max(picture.size) > SCREEN_PIXELS:
        picture.thumbnail((SCREEN_PIXELS, SCREEN_PIXELS), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=SCREEN_QUALITY, optimize=True, progressive=True)
    if out.tell() >= size:
        return
    stream.write(out.getvalue(), filter=pikepdf.Name.DCTDecode)
    stream.Width, stream.Height = picture.size
    if "/DecodeParms" in stream:
        del stream.DecodeParms


def pictures(env: Environment, words: Card, data: bytes, render: Render) -> dict[Format, bytes]:
    """PNG pictures at exactly the sizes of ``PICTURES``, composed of the words and the PDF's first page.

    :param render: prints HTML, as outreach.pdf.worker.PdfWorker.render does.
    :raises RenderError: a title that fits nowhere.
    """
    sizes = [(form.value, *size) for form, size in PICTURES.items()]
    html = env.get_template(_CARDS).render(card=words, sizes=sizes)
    [first] = thumbnails(data, width=1200, pages=[0])
    pages = render(html, assets={"page": first}, options=RenderOptions(pages=len(sizes))).data
    made = {}
    for number, (form, (width, height)) in enumerate(PICTURES.items()):
        [drawn] = thumbnails(pages, width=width, pages=[number])
        made[form] = _exact(drawn, width, height, CHANNEL_BYTES if form is Format.CHANNEL else 0)
    return made


def _exact(drawn: bytes, width: int, height: int, most: int) -> bytes:
    """Pixels round: a page may come out one row off. ``most``: see :func:`png`."""
    picture = Image.open(io.BytesIO(drawn)).convert("RGB")
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return png(picture, most, optimize=True)


def png(picture: Image.Image, most: int = 0, *, optimize: bool = False) -> bytes:
    """A picture's file. ``most``: bytes; more is set in fewer colours."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=optimize)
    if most and out.tell() > most:
        out = io.BytesIO()
        picture.quantize(192).save(out, "PNG", optimize=True)
    return out.getvalue()
