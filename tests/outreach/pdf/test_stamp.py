"""Editions per partner: re-opened by two readers, looked at as pictures, read by a scanner."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from outreach.pdf.base import Base, prepare
from outreach.pdf.errors import RenderError
from outreach.pdf.faces import face
from outreach.pdf.inspect import PdfFacts, inspect, thumbnails
from outreach.pdf.layout import PartnerBox, code_box, partner_box
from outreach.pdf.marks import logo
from outreach.pdf.options import FONTS, RenderedPdf, StampPlace
from outreach.pdf.stamp import Edition, stamp
from outreach.pdf.templates import qr_svg
from tests.outreach.pdf.test_render import STATIC, printed
from tests.standards import faults

CSS = """
.partner { width: 90mm; height: 18mm; font-size: 12pt; color: #121a33 }
.tall { width: 50mm; height: 30mm; font-size: 12pt }
.code { width: 75mm; height: 28mm; font-size: 9pt } .under { width: 34mm; height: 42mm; font-size: 9pt }
.accent { color: #00897b; height: 3mm }
"""
BODY = """
<h1>표지 제목</h1><div class="accent" data-stamp="accent" data-stamp-name="띠"></div><p>첫 글</p>
<div class="partner" data-stamp="partner" data-stamp-name="표지 협력기관"></div><p>둘째 글</p>
<div class="code" data-stamp="qr" data-stamp-name="표지 QR"></div><p>셋째 글</p>
<p style="break-before: page">뒤 글</p>
<div class="tall" data-stamp="partner" data-stamp-name="뒤 협력기관"></div>
<a href="https://old.example/"><div class="under" data-stamp="qr" data-stamp-name="뒤 QR"></div></a>
"""
URL, ADDRESS = "https://donghaeng.example/r/7K2M9abcdefghijkl-012345678", "donghaeng.example/7K2M9abc"
GREEN = (0, 110, 90)


def logo_png(size: tuple[int, int] = (300, 100)) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", size, (*GREEN, 255)).save(out, "PNG")
    return out.getvalue()


EDITION = Edition("한빛산업단지관리공단", "기업지원팀 02-123-4567", logo(logo_png()), "#aa2255", URL, ADDRESS)


@pytest.fixture(scope="module")
def rendered() -> RenderedPdf:
    return printed(BODY, css=CSS)


@pytest.fixture(scope="module")
def base(rendered: RenderedPdf) -> Base:
    return prepare(rendered.data, rendered.stamps)


@pytest.fixture(scope="module")
def stamped(base: Base) -> bytes:
    return stamp(base, EDITION)


@pytest.fixture(scope="module")
def facts(stamped: bytes) -> PdfFacts:
    return inspect(stamped)


@pytest.fixture(scope="module")
def pictures(stamped: bytes) -> list[Image.Image]:
    return [Image.open(io.BytesIO(data)).convert("RGB") for data in thumbnails(stamped, width=1240)]


def pixels(picture: Image.Image, x: float, y: float, height: float = 841.89) -> tuple[int, ...]:
    """The colour at a point of the page (pt, from the lower left)."""
    scale = picture.width / 595.28
    return picture.getpixel((int(x * scale), int((height - y) * scale)))  # type: ignore[return-value]


def test_the_places_are_where_the_layout_put_them(rendered: RenderedPdf) -> None:
    places = {place.name: place for place in rendered.stamps}
    assert [(place.kind, place.page) for place in rendered.stamps] == [
        ("accent", 1), ("partner", 1), ("qr", 1), ("partner", 2), ("qr", 2)]
    assert places["표지 협력기관"].width == pytest.approx(90 * 72 / 25.4, abs=0.01)
    assert (places["표지 협력기관"].size, places["표지 협력기관"].ink) == (12, "#121a33")


def test_the_file_is_whole_and_keeps_what_it_was(stamped: bytes, rendered: RenderedPdf, facts: PdfFacts) -> None:
    assert stamped.startswith(rendered.data)  # nothing of it was taken apart
    with pikepdf.open(io.BytesIO(stamped)) as pdf:
        assert pdf.check_pdf_syntax() == []
    before = inspect(rendered.data)
    assert (facts.title, facts.language, facts.pages) == (before.title, before.language, 2)
    assert facts.tagged and facts.pdf_ua and facts.all_fonts_embedded
    assert faults(rendered.data) == faults(stamped) == []


def test_a_page_with_a_code_alone_names_no_object_that_is_not_there() -> None:
    made = printed('<h1>글</h1><div class="code" data-stamp="qr" data-stamp-name="QR"></div>', css=CSS)
    data = stamp(prepare(made.data, made.stamps), EDITION)
    assert faults(data) == []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        resources = pdf.pages[0].Resources
        named = [*resources.Font.values(), *resources.XObject.values()]
        assert len(named) >= 4 and all(isinstance(item, pikepdf.Object) and item.is_owned_by(pdf) for item in named)
        assert all(item.get("/Type") in ("/Font", "/XObject") for item in named)


def test_the_words_can_be_found_and_copied(facts: PdfFacts) -> None:
    for text in facts.text:
        assert "한빛산업단지관리공단" in text and "기업지원팀 02-123-4567" in text
    assert ADDRESS in facts.text[0]
    assert "표지 제목" in facts.text[0] and "셋째 글" in facts.text[0]


def test_everything_stands_upright_in_its_place(rendered: RenderedPdf, pictures: list[Image.Image]) -> None:
    places = {place.name: place for place in rendered.stamps}
    band, mark = places["띠"], places["표지 협력기관"]
    assert pixels(pictures[0], band.x + 5, band.y + band.height / 2) == (0xAA, 0x22, 0x55)
    middle = mark.y + mark.height / 2
    assert pixels(pictures[0], mark.x + 3, middle) == GREEN
    assert pixels(pictures[0], mark.x + mark.width - 3, middle) == (255, 255, 255)
    page = pypdfium2.PdfDocument(stamp(prepare(rendered.data, rendered.stamps), EDITION))[0].get_textpage()
    left, bottom, right, top = page.get_charbox(page.get_text_range().index("한빛"))
    assert mark.x < left < right < mark.x + mark.width and mark.y < bottom < top < mark.y + mark.height
    assert left < page.get_charbox(page.get_text_range().index("빛산업"))[0]  # left to right, not mirrored


def test_both_codes_are_read_and_large_enough(rendered: RenderedPdf, pictures: list[Image.Image]) -> None:
    for picture in pictures:
        (code,) = zxingcpp.read_barcodes(picture)
        assert (code.text, code.ec_level) == (URL, "M")
        side = code.position.top_right.x - code.position.top_left.x
        assert side / picture.width * 210 >= 19.9  # mm


def tags(pdf: pikepdf.Pdf) -> list[tuple[str, str]]:
    """Elements that hold content, in reading order, with their alternative text."""
    def walk(element: Any) -> Iterator[tuple[str, str]]:
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield from walk(kid)
            elif isinstance(kid, int):
                yield str(element.S), str(element.get("/Alt", ""))
    return list(walk(pdf.Root.StructTreeRoot.K[0]))


def test_the_tags_follow_the_page(stamped: bytes) -> None:
    with pikepdf.open(io.BytesIO(stamped)) as pdf:
        found = tags(pdf)
        assert [kind for kind, _ in found[:8]] == [
            "/Span", "/Span", "/Figure", "/P", "/P", "/Span", "/Figure", "/Link"]
        assert [alt for _, alt in found[:8] if alt] == ["한빛산업단지관리공단 로고", f"QR 코드: {ADDRESS}"]
        tree = pdf.Root.StructTreeRoot.ParentTree.Nums
        for page in pdf.pages:  # every marked content leads to the element that names it
            marks = tree[2 * page.obj.StructParents + 1]
            numbers = [int(operands[1].MCID) for operands, operator in pikepdf.parse_content_stream(page)
                       if str(operator) == "BDC" and isinstance(operands[1], pikepdf.Dictionary)]
            assert len(set(numbers)) == len(numbers)
            for number in numbers:
                assert number in [kid for kid in marks[number].K if isinstance(kid, int)]


def test_links_lead_to_the_partners_address_also_those_of_the_template(stamped: bytes) -> None:
    with pikepdf.open(io.BytesIO(stamped)) as pdf:
        links = [link for page in pdf.pages for link in page.Annots]
        assert [str(link.A.URI) for link in links] == [URL] * 3
        assert [str(link.Contents) for link in links] == [ADDRESS] * 3
        tree = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        owners = dict(zip(tree[::2], tree[1::2], strict=True))
        assert all(str(owners[link.StructParent].S) == "/Link" for link in links)
    assert b"old.example" not in pikepdf_bytes(stamped)


def pikepdf_bytes(data: bytes) -> bytes:
    """The file as a reader sees it: what was replaced is gone."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def test_what_a_template_shows_without_a_partner_gives_way(base: Base) -> None:
    own = "<p>문의 새길고용센터 02-000-1350</p>"
    body = (f'<h1>제목</h1><div class="partner" data-stamp="partner">{own}</div><p>사이 글</p>'
            f'<div data-stamp="qr" style="width: 28mm; height: 28mm">{qr_svg("https://own.example/", "우리 QR")}</div>'
            '<p>주소: <span>여기</span></p><p data-stamp="address">own.example/1</p><p>끝 글</p>')
    made = printed(body, css=CSS)
    before, after = inspect(made.data), inspect(stamp(prepare(made.data, made.stamps), EDITION))
    assert "문의 새길고용센터" in before.text[0] and "own.example/1" in before.text[0]
    assert "새길고용센터" not in after.text[0] and "own.example" not in after.text[0]
    assert after.text[0].count(ADDRESS) == 1 and "사이 글" in after.text[0] and "끝 글" in after.text[0]
    data = stamp(prepare(made.data, made.stamps), EDITION)
    assert faults(made.data) == faults(data) == []
    with pikepdf.open(io.BytesIO(made.data)) as plain, pikepdf.open(io.BytesIO(data)) as pdf:
        assert [alt for _, alt in tags(plain) if alt] == ["우리 QR"]
        assert [alt for _, alt in tags(pdf) if alt] == ["한빛산업단지관리공단 로고", f"QR 코드: {ADDRESS}"]
    image = Image.open(io.BytesIO(thumbnails(data, width=1240)[0]))
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [URL]


def test_the_same_edition_is_the_same_file_also_from_a_packed_base(base: Base, stamped: bytes) -> None:
    assert stamp(Base.unpack(base.pack()), EDITION) == stamped
    assert stamp(base, Edition("다른 기관", url=URL, address=ADDRESS)) != stamped


def test_without_a_mark_or_contact_nothing_is_left_empty(base: Base) -> None:
    data = stamp(base, Edition("한빛상공회의소", url=URL, address=ADDRESS))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert [alt for kind, alt in tags(pdf) if kind == "/Figure"] == [f"QR 코드: {ADDRESS}"] * 2
    picture, band = Image.open(io.BytesIO(thumbnails(data, width=1240, pages=[0])[0])), base.slots[0].place
    assert pixels(picture.convert("RGB"), band.x + 5, band.y + 2) == (0, 0x89, 0x7B)  # the template's own


def test_a_long_name_is_never_cut(base: Base) -> None:
    """On one line, on two, smaller, without the contact, at last alone in the smallest size, between syllables."""
    place = next(slot.place for slot in base.slots if slot.place.name == "표지 협력기관")
    faces = {"bold": face(STATIC / FONTS[1]), "regular": face(STATIC / FONTS[0])}
    name = "한국초정밀특수금속가공설비 부품제조협동조합 경남창원지부 기업지원본부"

    def box(text: str) -> PartnerBox:
        return partner_box(place, text, "기업지원팀 02-123-4567", EDITION.logo, **faces)

    longer_name = f"{name} {name} {name}"
    short, long, longer, longest = (
        box(text) for text in (name[:13], name[:31], longer_name, name.replace(" ", "") * 3))
    assert [(len(each.name), bool(each.contact), bool(each.logo)) for each in (short, long, longer, longest)] == [
        (1, True, True), (2, True, True), (3, False, True), (3, False, False)]
    assert short.name[0].size == long.name[0].size == place.size > longer.name[0].size >= longest.name[0].size == 6.5
    assert "".join(line.text for line in longer.name) == longer_name  # with the blanks at which it was broken
    with pytest.raises(RenderError, match="90×18mm 자리") as raised:
        partner_box(place, name * 9, "", None, **faces)
    assert raised.value.place == "표지 협력기관"


def test_a_letter_that_our_faces_lack_is_named(base: Base) -> None:
    with pytest.raises(RenderError, match=r"U\+1F600") as raised:
        stamp(base, Edition("웃는 기관 😀", url=URL))
    assert raised.value.place == "표지 협력기관"


def test_a_code_needs_an_address_that_fits(base: Base) -> None:
    with pytest.raises(RenderError, match="표지 QR"):
        stamp(base, Edition("기관"))
    with pytest.raises(RenderError, match="너무 깁니다"):
        stamp(base, Edition("기관", url="https://a.example/" + "x" * 200))
    narrow = StampPlace("qr", "좁은 QR", 1, 0, 0, 70, 74, 9, "#000000")
    with pytest.raises(RenderError, match=r"좁은 QR.*20mm"):
        code_box(narrow, 57, "a.example", regular=face(STATIC / FONTS[0]))


@pytest.mark.parametrize(("body", "problem"), [
    ('<div class="partner" data-stamp="partner"><a href="https://a.example/">글</a></div>', "링크"),
    ('<div class="partner" data-stamp="sticker"></div>', "알 수 없는"),
    ('<div style="width: 15mm; height: 15mm" data-stamp="qr" data-stamp-name="작은 QR"></div>',
     "1쪽 ‘작은 QR’.*작습니다"),
    ('<div class="code" style="margin-left: 140mm" data-stamp="qr"></div>', "종이 밖"),
    ('<div class="code" data-stamp="qr" data-stamp-name="a"></div>' * 2, "같은 이름"),
])
def test_a_place_that_cannot_be_used_is_an_error(body: str, problem: str) -> None:
    with pytest.raises(RenderError, match=problem):
        printed(body, css=CSS)


def test_only_our_own_documents_are_prepared(rendered: RenderedPdf) -> None:
    with pytest.raises(RenderError):
        prepare(b"%PDF-1.4 nothing", ())
    other = printed("<p>가</p>")
    with pytest.raises(RenderError, match="없는 자리"):
        prepare(other.data, rendered.stamps)


@pytest.mark.parametrize("data", [b"", b"GIF89a", logo_png()[:60]])
def test_a_damaged_logo_is_refused(data: bytes) -> None:
    with pytest.raises(RenderError, match="로고"):
        logo(data)
