"""Pages that are drawn, not laid out: thousands of letters on one rendered base, labels, lists.

Text, codes and lines are PDF operators; every page shares the letters of two faces, and the base is in the file once,
whatever the number of pages. All lengths are millimetres from the upper left corner of the page, sizes of type points.
For print: the pages carry no tags (the base by itself, from which they are made, does).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outreach.lazy import lazy
from outreach.pdf.barcode import bars, modules
from outreach.pdf.faces import Subset, face, printable
from outreach.pdf.options import FONTS
from outreach.pdf.qr import QUIET, qr_code

if TYPE_CHECKING:
    import pikepdf
else:
    pikepdf = lazy("pikepdf")

MM = 72 / 25.4
A4 = (210.0, 297.0)
INK, SOFT, LINE = "#1d1f24", "#5b616b", "#c9ced6"
_SHRINK = 0.96


class Canvas:
    """One file of A4 pages.

    :param static: the folder of our faces.
    :param base: a PDF whose pages may be drawn on.
    """

    def __init__(self, static: Path, *, title: str, base: bytes | None = None):
        self._pdf = pikepdf.new()
        self._title = title
        self._subsets = {"R": Subset(face(static / FONTS[0])), "B": Subset(face(static / FONTS[1]))}
        self._leaves: list[tuple[Leaf, str | None]] = []
        self._forms: dict[str, Any] = {}
        self._base = pikepdf.open(io.BytesIO(base)) if base is not None else None

    @property
    def base_pages(self) -> int:
        """How many pages the base has."""
        return len(self._base.pages) if self._base is not None else 0

    def page(self, base_page: int | None = None) -> Leaf:
        """A further page, empty or with a page of the base (counted from 0) below what is drawn."""
        leaf = Leaf(self._subsets)
        self._leaves.append((leaf, None if base_page is None else self._form(base_page)))
        return leaf

    def _form(self, number: int) -> str:
        """The name of a page of the base within this file, where it stands once."""
        name = f"P{number}"
        if name not in self._forms:
            assert self._base is not None
            form = _untagged(self._base.pages[number].as_form_xobject())
            self._forms[name] = self._pdf.copy_foreign(form)
        return name

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """How wide ``text`` is set, in mm."""
        return self._subsets["B" if bold else "R"].face.width(printable(text), size, text) / MM

    def pdf(self) -> bytes:
        """The file; the same drawing gives the same bytes."""
        pdf, Name = self._pdf, pikepdf.Name  # noqa: N806 - its own name
        contents = [(leaf.content(), form) for leaf, form in self._leaves]
        fonts = {f"/{name}": self._font(subset) for name, subset in self._subsets.items() if subset}
        forms = {f"/{name}": form for name, form in self._forms.items()}
        resources = pdf.make_indirect(pikepdf.Dictionary(
            {"/Font": pikepdf.Dictionary(fonts), "/XObject": pikepdf.Dictionary(forms)}))
        box = pikepdf.Array([0, 0, round(A4[0] * MM, 2), round(A4[1] * MM, 2)])
        for drawn, form in contents:
            below = b"" if form is None else b"q /%s Do Q\n" % form.encode()
            page = pikepdf.Dictionary(
                Type=Name.Page, MediaBox=box, Resources=resources, Contents=pdf.make_stream(below + drawn))
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        pdf.Root.Lang = "ko"
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True, PrintScaling=Name("/None"))
        pdf.docinfo["/Title"] = self._title
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()

    def _font(self, subset: Subset) -> Any:
        """The face's dictionaries with the letters used (ISO 32000-1 §9.7)."""
        pdf, used, Name = self._pdf, subset.face, pikepdf.Name  # noqa: N806 - its own name
        scale = 1000 / used.units
        name = Name(f"/{subset.tag}+{used.name}")
        data = subset.font_file()  # first: composed letters bring their parts
        file = pdf.make_stream(data)
        file.Length1 = len(data)
        descriptor = pdf.make_indirect(pikepdf.Dictionary(
            Type=Name.FontDescriptor, FontName=name, Flags=4, FontBBox=[round(edge * scale) for edge in used.box],
            ItalicAngle=0, Ascent=round(used.ascent * scale), Descent=round(used.descent * scale),
            CapHeight=round(used.capital * scale), StemV=80, FontFile2=file))
        system = pikepdf.Dictionary(
            Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0)
        widths = [0, [int(width) for width in subset.widths().split()]]
        descendant = pdf.make_indirect(pikepdf.Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=name, CIDToGIDMap=Name.Identity,
            FontDescriptor=descriptor, CIDSystemInfo=system, DW=1000, W=widths))
        return pdf.make_indirect(pikepdf.Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=name, Encoding=Name("/Identity-H"),
            DescendantFonts=[descendant], ToUnicode=pdf.make_stream(subset.to_unicode())))


class Leaf:
    """One page to draw on."""

    def __init__(self, subsets: dict[str, Subset]):
        self._subsets = subsets
        self._drawn: list[bytes] = []

    def text(
        self, x: float, y: float, text: str, size: float, *, bold: bool = False, ink: str = INK, right: bool = False,
        spread: float = 0,
    ) -> None:
        """A line of text with its baseline at ``y``, beginning at ``x`` (``right``: ending there). ``spread``: points
        between letters.

        :raises RenderError: our faces lack a character; names the text.
        """
        text = printable(text)
        if not text:
            return
        name = "B" if bold else "R"
        subset = self._subsets[name]
        if right:
            x -= (subset.face.width(text, size, text) + spread * len(text)) / MM
        self._drawn.append(b"BT %s rg /%s %.5g Tf %.4g Tc %s Td %s Tj ET\n" % (
            _colour(ink), name.encode(), size, spread, _at(x, y), subset.encode(text, text)))

    def fitted(
        self, x: float, y: float, text: str, size: float, width: float, *, smallest: float = 6.5, bold: bool = False,
        ink: str = INK,
    ) -> None:
        """A line set smaller until it is no wider than ``width``; too long even then, it ends in an ellipsis."""
        text, size = printable(text), self.size_for(text, size, width, smallest=smallest, bold=bold)
        used = self._subsets["B" if bold else "R"].face
        if used.width(text, size, text) > width * MM:
            while text and used.width(f"{text}…", size, text) > width * MM:
                text = text[:-1]
            text = f"{text.rstrip()}…"
        self.text(x, y, text, size, bold=bold, ink=ink)

    def size_for(self, text: str, size: float, width: float, *, smallest: float, bold: bool = False) -> float:
        """The largest size up to ``size`` at which the text is no wider than ``width``, or ``smallest``."""
        used = self._subsets["B" if bold else "R"].face
        while size > smallest and used.width(text, size, text) > width * MM:
            size = max(smallest, size * _SHRINK)
        return size

    def broken(self, text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
        """The text on lines no wider than ``width``, between words; a longer word is broken where it must be."""
        used, lines, line = self._subsets["B" if bold else "R"].face, [], ""
        for word in printable(text).split(" "):
            tried = f"{line} {word}".strip()
            if used.width(tried, size, text) <= width * MM:
                line = tried
                continue
            lines += [line] if line else []
            while used.width(word, size, text) > width * MM:
                fits = (at for at in range(1, len(word)) if used.width(word[:at], size, text) <= width * MM)
                cut = max(fits, default=1)
                lines, word = [*lines, word[:cut]], word[cut:]
            line = word
        return [*lines, line] if line else lines

    def line(self, x1: float, y1: float, x2: float, y2: float, *, weight: float = 0.4, ink: str = LINE,
             dashed: bool = False) -> None:
        """A line, ``weight`` points thick."""
        dash = b"[2 2] 0 d " if dashed else b""
        self._drawn.append(b"q %s%s RG %.3g w %s m %s l S Q\n" % (
            dash, _colour(ink), weight, _at(x1, y1), _at(x2, y2)))

    def frame(self, x: float, y: float, width: float, height: float, *, weight: float = 0.4, ink: str = LINE,
              dashed: bool = False) -> None:
        """A rectangle's outline; ``x`` and ``y`` are its upper left corner."""
        dash = b"[2 2] 0 d " if dashed else b""
        self._drawn.append(b"q %s%s RG %.3g w %s re S Q\n" % (dash, _colour(ink), weight, _box(x, y, width, height)))

    def field(self, x: float, y: float, width: float, height: float, ink: str) -> None:
        """A filled rectangle."""
        self._drawn.append(b"%s rg %s re f\n" % (_colour(ink), _box(x, y, width, height)))

    def qr(self, x: float, y: float, side: float, address: str) -> None:
        """The QR code of an address, ``side`` wide with its quiet zone."""
        code = qr_code(address)
        module = side * MM / (code.side + 2 * QUIET)
        self._drawn.append(b"q 1 g %s re f 0 g %s cm\n%sf Q\n" % (
            _box(x, y, side, side),
            _numbers(module, 0, 0, -module, x * MM + QUIET * module, (A4[1] - y) * MM - QUIET * module), code.path))

    def bars(self, x: float, y: float, width: float, height: float, digits: str) -> None:
        """The bar code of an even number of digits, ``width`` without its quiet zones."""
        module = width / modules(digits)
        drawn = b"".join(
            _box(x + bar.start * module, y, bar.width * module, height) + b" re\n" for bar in bars(digits))
        self._drawn.append(b"0 g\n" + drawn + b"f\n")

    def content(self) -> bytes:
        """What has been drawn."""
        return b"".join(self._drawn)


def _untagged(form: Any) -> Any:
    for name in ("/StructParent", "/StructParents"):
        if name in form:
            del form[name]
    return form


def _colour(value: str) -> bytes:
    return b" ".join(b"%.4g" % (int(value[at:at + 2], 16) / 255) for at in (1, 3, 5))


def _at(x: float, y: float) -> bytes:
    return b"%.2f %.2f" % (x * MM, (A4[1] - y) * MM)


def _box(x: float, y: float, width: float, height: float) -> bytes:
    return b"%.3f %.3f %.3f %.3f" % (x * MM, (A4[1] - y - height) * MM, width * MM, height * MM)


def _numbers(*values: float) -> bytes:
    return b" ".join(b"%.7g" % round(value, 4) for value in values)
