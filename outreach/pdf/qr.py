"""QR codes: as PDF operators, as SVG, as pixels; error correction level M.

zxing-cpp makes them. A partner's edition is little more than its code, and it takes 0.3 ms for one of ours where segno,
told version and mask, takes 1.1 (measured).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from outreach.errors import Invalid
from outreach.lazy import lazy

if TYPE_CHECKING:
    import zxingcpp
    from PIL import Image
else:
    zxingcpp, Image = lazy("zxingcpp"), lazy("PIL.Image")

QUIET = 4  # modules of white around a code (ISO/IEC 18004 §6.3.8)
_MAX_BYTES = 213  # what version 10 holds (ISO/IEC 18004, table 7)
_DARK = re.compile(b"\x00+")


class QrCode(NamedTuple):
    """``side`` in modules, without quiet zone; ``modules`` a byte each, row by row, 0 is dark."""

    side: int
    modules: bytes

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """The dark modules as runs in a row: x and y from the upper left corner, length."""
        for start in range(0, self.side * self.side, self.side):
            for run in _DARK.finditer(self.modules, start, start + self.side):
                yield run.start() - start, start // self.side, run.end() - run.start()

    @property
    def path(self) -> bytes:
        """One path in modules, y down, not filled yet; sharp at every size and printed in one ink."""
        return b"".join(b"%d %d %d 1 re\n" % run for run in self.runs())

    def picture(self, scale: int) -> Image.Image:
        """In grey with its quiet zone, a module ``scale`` pixels wide."""
        side = self.side + 2 * QUIET
        drawn = Image.new("L", (side, side), 255)
        drawn.paste(Image.frombytes("L", (self.side, self.side), self.modules), (QUIET, QUIET))
        return drawn.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def qr_code(address: str) -> QrCode:
    """The code of an address.

    :raises Invalid: longer than 213 bytes; such a code is too fine for a leaflet.
    """
    if len(address.encode()) > _MAX_BYTES:
        raise Invalid("QR 코드에 담기에는 주소가 너무 깁니다.")
    code = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = memoryview(code.to_image(scale=1, add_quiet_zones=False))
    return QrCode(image.shape[0], image.tobytes())


def qr_svg(address: str, title: str, quiet: int = 0) -> Markup:
    """The code as inline SVG; ``title`` is its alternative text. Without ``quiet`` (in modules) the page must leave
    QUIET modules of white around it; it is read from 20 mm on.

    :raises Invalid: as ``qr_code``.
    """
    code = qr_code(address)
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in code.runs())
    return Markup(
        '<svg class="qr" role="img" xmlns="http://www.w3.org/2000/svg" viewBox="{0} {0} {1} {1}" '
        'shape-rendering="crispEdges"><title>{2}</title><path fill="#000000" d="{3}"/></svg>'
    ).format(-quiet, code.side + 2 * quiet, title, path)
