"""What a printing house and an archive ask for: bleed, marks, standards, tags in order, text that can be read."""

from __future__ import annotations

import io

import pikepdf
import pytest
from PIL import Image

from outreach.pdf.colours import from_hex, ratio, to_hex
from outreach.pdf.errors import RenderError
from outreach.pdf.gamut import is_printable, lab
from outreach.pdf.impose import A4, SRA4, booklet, booklet_order
from outreach.pdf.inspect import inspect, thumbnails
from outreach.pdf.options import BLEED_MM, UA, VARIANTS, RenderedPdf, RenderOptions
from tests.outreach.pdf.test_render import png, printed
from tests.standards import faults
from tests.standards.reading import reading_order

MM = 72 / 25.4
CSS = """
@page { size: A5; margin: 0 } body { margin: 0 }
.page { position: relative; width: 148mm; height: 210mm; overflow: hidden; break-after: page; background: #fff3d6 }
.page:last-child { break-after: auto }
.field { position: absolute; left: 0; top: 0; width: 148mm; height: 40mm; background: #1f4fb5; color: #fff }
.inner { position: absolute; left: 20mm; top: 60mm; width: 40mm; height: 20mm; background: #c2431a }
.page img { position: absolute; right: 0; bottom: 0; width: 60mm; height: 60mm; object-fit: cover }
"""
PAGE = ('<section class="page"><div class="field"><p>{0}쪽</p></div><div class="inner"></div>'
        '<img src="asset:a" alt="그림"></section>')


def book(pages: int, **options: object) -> RenderedPdf:
    return printed("".join(PAGE.format(number) for number in range(1, pages + 1)), css=CSS,
                   assets={"a": png((700, 700))}, options=RenderOptions(**options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def press() -> RenderedPdf:
    return book(1, bleed_mm=BLEED_MM, marks=True, image_dpi=300)


@pytest.fixture(scope="module")
def plain() -> RenderedPdf:
    return book(6)


def picture(data: bytes, page: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(thumbnails(data, width=1000, pages=[page])[0])).convert("RGB")


def test_what_reaches_the_edge_goes_on_into_the_bleed_and_marks_stand_outside(press: RenderedPdf) -> None:
    with pikepdf.open(io.BytesIO(press.data)) as pdf:
        page = pdf.pages[0]
        media, trim, bleed = ([float(edge) for edge in box] for box in (page.MediaBox, page.TrimBox, page.BleedBox))
    assert trim == pytest.approx([0, 0, 148 * MM, 210 * MM], abs=0.1)
    assert all(trim[side] - bleed[side] >= 3 * MM for side in (0, 1))
    image = picture(press.data)
    scale = image.width / (media[2] - media[0])

    def at(x: float, y: float) -> tuple[int, ...]:  # mm from the upper left of the cut page
        return image.getpixel((int((x * MM - media[0]) * scale), int((y * MM - media[1]) * scale)))  # type: ignore

    assert at(-2.5, 20) == at(74, -2.5) == at(150.5, 20) == (0x1F, 0x4F, 0xB5)  # the field, on three sides
    assert at(-2.5, 150) == at(74, 212.5) == (0xFF, 0xF3, 0xD6)  # the page's own ground
    assert at(150.5, 180) not in ((255, 255, 255), (0xFF, 0xF3, 0xD6))  # the picture
    assert at(19, 70) == at(61, 70) == (0xFF, 0xF3, 0xD6)  # what is inside stays where it was
    assert at(-6, 100) == (255, 255, 255)
    corner = image.crop((0, 0, int(-media[0] * scale), int(-media[1] * scale)))
    assert min(corner.convert("L").tobytes()) < 100  # a mark to cut by


def test_without_marks_the_sheet_ends_with_the_bleed() -> None:
    assert inspect(book(1, bleed_mm=BLEED_MM).data).sizes[0] == (154.0, 216.0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_says_what_it_is_and_is_accessible(variant: str) -> None:
    made = printed('<h1>제목</h1><p>글</p><img src="asset:a" alt="그림">', assets={"a": png()},
                   options=RenderOptions(variant=variant))
    facts = inspect(made.data)
    assert facts.pdf_ua and facts.tagged and facts.all_fonts_embedded
    assert facts.pdf_a == ("" if variant == UA else variant.removeprefix("pdf/a-").upper())
    assert facts.output_intent == (variant != UA)
    assert faults(made.data) == []
    with pikepdf.open(io.BytesIO(made.data)) as pdf:
        described = b"pdfaExtension:schemas" in pdf.Root.Metadata.read_bytes()
    assert described == (variant != UA)


def test_tags_are_read_in_the_order_of_the_page(plain: RenderedPdf) -> None:
    assert faults(plain.data) == []
    order = [item for item in reading_order(plain.data) if item.edges is not None]
    assert [(item.page, item.kind, item.alt) for item in order[:2]] == [(1, "Span", ""), (1, "Figure", "그림")]
    assert order[0].edges is not None and order[0].edges[3] > 190 * MM


def test_what_is_read_before_what_stands_above_it_is_told() -> None:
    upset = printed('<p style="position: absolute; top: 60mm">아래에 있는 글</p>'
                    '<p style="position: absolute; top: 0">위에 있는 글</p>')
    assert faults(upset.data) == ["1쪽: 위에 있는 글을 나중에 읽음(Span)"]


def test_headings_that_skip_are_told_and_links_tagged_whatever_stands_in_them() -> None:
    skipped = printed('<h1>하나</h1><h3>셋</h3><p id="p"><a href="#p"><b>굵은</b> 글</a></p>')
    assert [rule.split()[0] for rule in faults(skipped.data)] == ["7.4.2"]
    with pikepdf.open(io.BytesIO(skipped.data)) as pdf:
        assert len(pdf.pages[0].Annots) == 1


def test_a_file_without_tags_and_figures_without_words_are_told(plain: RenderedPdf) -> None:
    with pikepdf.open(io.BytesIO(plain.data)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure":
                del item["/Alt"]
        wordless = io.BytesIO()
        pdf.save(wordless)
        del pdf.Root.StructTreeRoot, pdf.Root.Lang
        untagged = io.BytesIO()
        pdf.save(untagged)
    assert [rule[:15] for rule in faults(wordless.getvalue())] == ["7.3 Figure tags"]
    clauses = {rule.split()[0] for rule in faults(untagged.getvalue())}
    assert {"7.1", "7.2"} <= clauses, "no tags; no language"
    with pytest.raises(RenderError, match="태그"):
        reading_order(untagged.getvalue())


def test_contrast_is_measured_as_wcag_does() -> None:
    assert ratio((0, 0, 0), (1, 1, 1)) == 21
    assert ratio((0x77 / 255,) * 3, (1, 1, 1)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("style", "problem"), [
    ("color: #999", "2.8, 4.5 이상"),
    ("color: rgba(0, 0, 0, .3)", "흐립니다"),
    ("background: #1f4fb5; color: #46a", "흐립니다"),
    ("color: #999; font-size: 18pt", "2.8, 3 이상"),
])
def test_text_too_pale_for_its_ground_is_refused_with_its_place(style: str, problem: str) -> None:
    with pytest.raises(RenderError, match=rf"1쪽 ‘안내’: .*“지원금”.*{problem}|1쪽 ‘안내’: .*{problem}"):
        printed(f'<div data-fit="안내"><p style="{style}">지원금</p></div>')


def test_large_or_strong_text_and_text_on_pictures_pass() -> None:
    assert printed('<p style="color: #8a8a8a; font-size: 18pt">지원금</p><p style="color: #767676">글</p>'
                   '<div style="background: linear-gradient(#000, #fff); color: #777">글</div>').pages == 1
    assert printed('<p style="color: #ccc">글</p>', options=RenderOptions(contrast=False)).pages == 1


def test_a_picture_too_coarse_for_print_is_told_with_its_place() -> None:
    made = printed('<img src="asset:a" alt="작은 사진" style="width: 100mm">', assets={"a": png((300, 300))})
    (warning,) = made.warnings
    assert "1쪽 그림 ‘작은 사진’" in warning and "76dpi" in warning


@pytest.mark.parametrize(("colour", "shown"), [
    ("#009fe3", True), ("#e5007d", True), ("#ffed00", True), ("#c2431a", True), ("#000000", True), ("#121a33", True),
    ("#ffffff", True), ("#777777", True), ("#00ff00", False), ("#0000ff", False), ("#ff00ff", False),
    ("#2340c4", False),
])
def test_what_ink_can_show(colour: str, shown: bool) -> None:
    assert is_printable(from_hex(colour)) is shown


def test_a_colour_of_screens_is_told_when_it_goes_to_print(press: RenderedPdf) -> None:
    (warning,) = press.warnings
    assert warning.startswith("1쪽: #1f4fb5 색은 인쇄하면")
    assert to_hex(from_hex("#1f4fb5")) == "#1f4fb5"
    assert lab(from_hex("#ffffff")) == pytest.approx((100, 0, 0), abs=0.1)


def test_the_order_of_a_booklet() -> None:
    assert booklet_order(8) == [(8, 1), (2, 7), (6, 3), (4, 5)]
    assert booklet_order(6) == [(0, 1), (2, 0), (6, 3), (4, 5)]
    sides = booklet_order(20)
    assert sorted(page for side in sides for page in side) == list(range(1, 21))
    for front, back in zip(sides[::2], sides[1::2], strict=True):  # turned on the short edge, leaves lie on each other
        assert {front[1], back[0]} == {back[0], back[0] - 1} and {front[0], back[1]} == {back[1], back[1] + 1}


def test_a_booklet_is_folded_of_a4_and_its_text_stays_text(plain: RenderedPdf) -> None:
    made = booklet(plain.data)
    facts = inspect(made)
    assert made == booklet(plain.data)
    assert (facts.pages, set(facts.sizes), facts.title) == (4, {(297.0, 210.0)}, "시험 문서")
    assert [sorted(text.split()) for text in facts.text] == [["1쪽"], ["2쪽"], ["3쪽", "6쪽"], ["4쪽", "5쪽"]]
    side = picture(made)
    assert side.getpixel((250, 300)) == (255, 255, 255)  # blank: the back cover of six pages
    assert side.getpixel((750, 60)) == (0x1F, 0x4F, 0xB5)  # page 1 at the right
    assert picture(made, 2).getpixel((250, 60)) == (0x1F, 0x4F, 0xB5)


def test_a_booklet_to_cut_keeps_its_bleed(press: RenderedPdf) -> None:
    made = booklet(press.data, sheet=SRA4)
    assert inspect(made).sizes[0] == (320.0, 225.0)
    side = picture(made)
    scale = side.width / 320
    assert side.getpixel((int((320 + 297) / 2 * scale + 2 * scale), int(20 * scale))) == (0x1F, 0x4F, 0xB5)


def test_what_cannot_be_folded_is_refused(plain: RenderedPdf) -> None:
    with pytest.raises(RenderError):
        booklet(b"%PDF-1.7 nothing")
    mixed = printed('<p>가</p><p style="page: wide; break-before: page">나</p>', css="@page wide { size: A3 }")
    with pytest.raises(RenderError, match="크기"):
        booklet(mixed.data, sheet=A4)
    with pikepdf.open(io.BytesIO(plain.data)) as pdf:
        while len(pdf.pages) <= 64:
            pdf.pages.append(pdf.pages[0])
        long = io.BytesIO()
        pdf.save(long)
    with pytest.raises(RenderError, match="64쪽"):
        booklet(long.getvalue())
