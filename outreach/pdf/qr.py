"""QR codes as PDF operators: one filled path, sharp at every size and printed in one ink."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from outreach.errors import Invalid
from outreach.lazy import lazy

if TYPE_CHECKING:
    import segno
else:
    segno = lazy("segno")

QUIET = 4  # modules of white around a code (ISO/IEC 18004 §6.3.8)
# Bytes that versions 1 to 10 hold at error correction level M (ISO/IEC 18004, table 7).
_CAPACITY = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)
# Any mask can be read. Trying all eight for the evenest picture is most of the time that making a code takes.
_MASK = 2
_DARK = re.compile(b"\x01+")
_RECTANGLE = re.compile(r"(\d+) (\d+) (\d+) 1 re\n")


class QrCode(NamedTuple):
    """``side`` in modules, without quiet zone; ``path`` in modules from the upper left corner, y down, unfilled."""

    side: int
    path: bytes


def qr_code(address: str) -> QrCode:
    """The code of an address, error correction level M.

    :raises Invalid: longer than 213 bytes; such a code is too fine for a leaflet.
    """
    content = address.encode()
    version = bisect_left(_CAPACITY, len(content)) + 1
    if version > len(_CAPACITY):
        raise Invalid("QR 코드에 담기에는 주소가 너무 깁니다.")
    code = segno.make_qr(content, error="m", version=version, mask=_MASK, mode="byte", boost_error=False)
    path = b"".join(
        b"%d %d %d 1 re\n" % (dark.start(), y, dark.end() - dark.start())
        for y, row in enumerate(code.matrix) for dark in _DARK.finditer(row)
    )
    return QrCode(len(code.matrix), path)


@lru_cache(maxsize=256)
def qr_picture(address: str, title: str) -> Markup:
    """The same for a page that may be printed: SVG with its quiet zone, ``title`` its alternative text.

    :raises Invalid: as ``qr_code``.
    """
    code = qr_code(address)
    path = _RECTANGLE.sub(r"M\1 \2h\3v1h-\3z", code.path.decode())
    return Markup('<svg class="qr" role="img" viewBox="{0} {0} {1} {1}" shape-rendering="crispEdges"><title>{2}</title>'
                  '<path d="{3}"/></svg>').format(-QUIET, code.side + 2 * QUIET, title, path)
