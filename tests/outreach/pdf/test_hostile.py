"""Documents that would keep the renderer busy, or reach for what is not theirs: refused at once, in words."""

from __future__ import annotations

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from outreach.pdf.errors import RenderError
from outreach.pdf.hostile import check_style, check_svg
from tests.outreach.pdf.test_render import printed

NS = 'xmlns="http://www.w3.org/2000/svg" width="9" height="9"'
IMAGE = '<img src="asset:a" alt="그림">'
LAUGHS = "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
USES = [f'<use href="#a{i}"/>' * 10 for i in range(8)]
COPIES = "".join(f'<g id="a{i + 1}">{uses}</g>' for i, uses in enumerate(USES))


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
            + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))


@pytest.mark.parametrize("svg", [
    f"<svg {NS}><script>alert(1)</script></svg>",
    f'<svg {NS} onload="alert(1)"></svg>',
    f'<svg {NS}><image href="file:///etc/passwd" width="9" height="9"/></svg>',
    f'<svg {NS}><use href="http://127.0.0.1/x.svg#a"/></svg>',
    f'<svg {NS} xmlns:xlink="http://www.w3.org/1999/xlink"><use xlink:href="x.svg#a"/></svg>',
    f"<svg {NS}><foreignObject><p>글</p></foreignObject></svg>",
    f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">{LAUGHS}]><svg {NS}><text>&j;</text></svg>',
    f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg {NS}><text>&x;</text></svg>',
    f'<svg {NS}><rect id="a0" width="1" height="1"/>{COPIES}</svg>',
    f'<svg {NS}><g id="a"><use href="#a"/></g></svg>',
    f"<svg {NS}>{'<g>' * 5000}{'</g>' * 5000}</svg>",
    f"<svg {NS}>",
])
def test_a_hostile_drawing_is_refused(svg: str) -> None:
    with pytest.raises(RenderError) as raised:
        check_svg(svg.encode(), "asset:a")
    assert raised.value.place == "asset:a"


def test_a_drawing_is_judged_when_it_is_loaded() -> None:
    with pytest.raises(RenderError, match=r"asset:a \(\d+번째 줄\)"):
        printed(IMAGE, assets={"a": f'<svg {NS} onload="x()"></svg>'.encode()})
    with pytest.raises(RenderError, match="Failed to load image"):  # a style sheet of a drawing
        printed(IMAGE, assets={"a": f'<svg {NS}><style>@import "http://a.example/x.css";</style></svg>'.encode()})
    harmless = f'<svg {NS}><defs><rect id="a" width="4" height="4"/></defs><use href="#a"/></svg>'
    assert printed(IMAGE, assets={"a": harmless.encode()}).pages == 1


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(60_000, 60_000), (12_000, 12_000)])
def test_a_picture_is_judged_by_the_size_it_claims(size: tuple[int, int]) -> None:
    with pytest.raises(RenderError, match="5천만 화소"):
        printed(IMAGE, assets={"a": bomb(*size)})


@pytest.mark.parametrize(("body", "problem"), [
    ("<script>alert(1)</script>", "쓸 수 없는 요소"),
    ('<p onclick="x()">글</p>', "쓸 수 없는 요소"),
    ('<iframe src="http://127.0.0.1/"></iframe>', "쓸 수 없는 요소"),
    (f"<svg {NS}><title>그림</title><script>1</script></svg>", "쓸 수 없는 요소"),
    ("<div>" * 3000 + "글", "깊게"),
    ("<b><i>" * 400 + "글", "깊게"),
    ('<table><tr><td colspan="1000000000">글</td></tr></table>', "칸이 너무 많"),
    ('<div style="columns: 10000000">글</div>', "칸이 너무 많"),
    ('<div style="display: grid; grid-template-columns: repeat(10000000, 1fr)">글</div>', "칸이 너무 많"),
    (f'<p style="width: {"calc(" * 3000}1px{")" * 3000}">글</p>', "복잡"),
    (f'<div style="background: linear-gradient({",".join(["#123456"] * 60000)})"></div>', "복잡"),
])
def test_a_hostile_document_is_refused_at_once(body: str, problem: str) -> None:
    started = time.process_time()
    with pytest.raises(RenderError, match=problem):
        printed(body)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(("style", "problem"), [
    (":is(" * 2000 + "p" + ")" * 2000 + "{}", "복잡"),
    (",".join(f".a{number} p" for number in range(60_000)) + "{}", "복잡"),
    ("p{}" * 6000, "복잡"),
    ("{" * 20_000, "복잡"),
    ("@page { size: 1e6mm 1e6mm }", "종이"),
    ("@page { size: 210mm 99999in }", "종이"),
])
def test_a_hostile_style_sheet_is_refused(style: str, problem: str) -> None:
    with pytest.raises(RenderError, match=problem):
        check_style(style)


def test_our_own_style_sheets_are_far_from_the_limits() -> None:
    check_style("@page { size: A3 } @page wide { size: 420mm 297mm } p { font-size: 3000px; columns: 3 }")
    picture = io.BytesIO()
    Image.new("RGB", (40, 40)).save(picture, "PNG")
    assert printed("<div>" * 40 + IMAGE + "</div>" * 40, assets={"a": picture.getvalue()}).pages == 1
