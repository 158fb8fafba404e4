"""Our QR codes, read by a scanner as pixels, as SVG and as PDF operators draw them."""

from __future__ import annotations

import re

import pytest
import zxingcpp

from outreach.errors import Invalid
from outreach.pdf.qr import QUIET, qr_code, qr_svg


@pytest.mark.parametrize("size", [1, 14, 15, 59, 107, 181, 213])
def test_a_scanner_reads_a_code_of_any_size(size: int) -> None:
    address = ("https://donghaeng.example/q/" + "7K2M9abcXYZ-_" * 20)[:size]
    code = qr_code(address)
    [read] = zxingcpp.read_barcodes(code.picture(scale=4))
    assert (read.text, read.ec_level) == (address, "M")
    assert code == qr_code(address), "the same address gives the same code"


def test_operators_and_svg_draw_the_modules_of_the_picture() -> None:
    code = qr_code("https://donghaeng.example/q/7K2M9abcXYZ")
    drawn = bytearray(b"\xff" * code.side ** 2)
    for x, y, width in code.runs():
        drawn[y * code.side + x:y * code.side + x + width] = bytes(width)
    assert bytes(drawn) == code.modules
    assert code.path.count(b" re\n") == len(list(code.runs()))
    svg = qr_svg("https://donghaeng.example/q/7K2M9abcXYZ", "<신청>", QUIET)
    assert f'viewBox="-4 -4 {code.side + 8} {code.side + 8}"' in svg and "<title>&lt;신청&gt;</title>" in svg
    assert len(re.findall("M", svg.split('d="')[1])) == len(list(code.runs()))


def test_a_code_too_fine_for_a_leaflet_is_refused() -> None:
    with pytest.raises(Invalid):
        qr_code("x" * 214)
