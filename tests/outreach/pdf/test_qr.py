"""Our QR codes: the same modules as a code library's, and read by a scanner."""

from __future__ import annotations

import pytest
import segno
import zxingcpp
from PIL import Image

from outreach.errors import Invalid
from outreach.pdf.qr import QUIET, QrCode, qr_code

FULL = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)  # bytes of versions 1 to 10 (ISO/IEC 18004, table 7, level M)


def modules(code: QrCode) -> list[bytes]:
    rows = [bytearray(code.side) for _ in range(code.side)]
    for x, y, width in code.runs():
        rows[y][x:x + width] = b"\x01" * width
    return [bytes(row) for row in rows]


@pytest.mark.parametrize("size", FULL)
def test_a_full_code_is_the_librarys_module_for_module(size: int) -> None:
    """One with padding is not: segno 1.6 puts an empty byte before it."""
    address = ("https://donghaeng.example/q/" + "7K2M9abcXYZ-_" * 20)[:size]
    library = segno.make_qr(address.encode(), error="m", mask=2, mode="byte", boost_error=False)
    assert modules(qr_code(address)) == [bytes(row) for row in library.matrix]


@pytest.mark.parametrize("size", [1, 15, 59, 107, 181, 200])
def test_a_scanner_reads_a_code_with_padding(size: int) -> None:
    address = ("https://donghaeng.example/q/" + "7K2M9abcXYZ-_" * 20)[:size]
    code = qr_code(address)
    picture = Image.new("L", (code.side + 2 * QUIET,) * 2, 255)
    picture.paste(Image.frombytes("L", (code.side,) * 2, b"".join(modules(code))).point(lambda v: 255 - 255 * v),
                  (QUIET, QUIET))
    [read] = zxingcpp.read_barcodes(picture.resize((4 * picture.width,) * 2, Image.Resampling.NEAREST))
    assert read.text == address


def test_a_code_too_fine_for_a_leaflet_is_refused() -> None:
    with pytest.raises(Invalid):
        qr_code("x" * 214)
