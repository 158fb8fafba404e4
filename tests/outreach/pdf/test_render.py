"""The renderer's promises: closed to the outside, no holes, whole words, same bytes for the same input."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from outreach.pdf.errors import RenderError
from outreach.pdf.fetcher import BASE_URL, ClosedFetcher
from outreach.pdf.glyphs import missing_glyphs
from outreach.pdf.inspect import inspect
from outreach.pdf.options import FONTS, RenderedPdf, RenderOptions, fingerprint
from outreach.pdf.render import render

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "static"
CSS = """
@font-face { font-family: "Pretendard GOV"; src: url(vendor/pretendard-gov/PretendardGOV-Regular.ttf) }
@font-face { font-family: "Pretendard GOV"; src: url(vendor/pretendard-gov/PretendardGOV-Bold.ttf); font-weight: 700 }
@page { size: A4; margin: 20mm }
html { font: 11pt/18pt "Pretendard GOV"; overflow-wrap: break-word }
.fit { width: 60mm; height: 30mm }
.fit[data-density="1"] { font-size: 6pt; line-height: 9pt }
"""


def page(body: str, *, css: str = "", lang: str = "ko", title: str = "시험 문서") -> str:
    return (f'<html lang="{lang}"><head><title>{title}</title><meta name="dcterms.created" content="2026-11-23">'
            f"<style>{CSS}{css}</style></head><body>\n{body}\n</body></html>")


def printed(body: str, **more: object) -> RenderedPdf:
    assets = more.pop("assets", None)
    options = more.pop("options", RenderOptions())
    return render(page(body, **more), base_dir=STATIC, assets=assets, options=options)  # type: ignore[arg-type]


def png(size: tuple[int, int] = (20, 20)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).save(out, "PNG")
    return out.getvalue()


def test_a_plain_page_is_accessible_and_complete() -> None:
    made = printed("<h1>육아기 근로시간 단축</h1><p>월 <b>140만원</b></p>")
    facts = inspect(made.data)
    assert (made.pages, facts.title, facts.language) == (1, "시험 문서", "ko")
    assert facts.tagged and facts.pdf_ua and facts.all_fonts_embedded
    assert "육아기 근로시간 단축" in facts.text[0]


def test_the_same_input_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    html = page('<h1>같은 글</h1><p>다시 <b>만들어도</b></p><img src="asset:a" alt="그림">')
    code = ("import sys, hashlib; from pathlib import Path; from outreach.pdf.render import render;"
            "html = sys.stdin.read(); image = Path(sys.argv[2]).read_bytes();"
            "print(render(html, base_dir=Path(sys.argv[1]), assets={'a': image}).sha256)")
    image = png((8, 8))
    here = render(html, base_dir=STATIC, assets={"a": image})
    (tmp_path / "a.png").write_bytes(image)
    seeds = []
    for seed in ("1", "2"):
        done = subprocess.run([sys.executable, "-c", code, str(STATIC), str(tmp_path / "a.png")], input=html, text=True,
                              capture_output=True, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed})
        seeds.append(done.stdout.strip())
    assert seeds == [here.sha256, here.sha256]


def test_a_fingerprint_follows_every_part_of_the_input() -> None:
    first = fingerprint("글", {"a": b"1"})
    assert first == fingerprint("글", {"a": b"1"})
    others = [fingerprint("말", {"a": b"1"}), fingerprint("글", {"a": b"2"}), fingerprint("글", {"b": b"1"}),
              fingerprint("글", {}), fingerprint("글", {"a": b"1"}, RenderOptions(pages=8))]
    assert first not in others and len(set(others)) == len(others)


@pytest.mark.parametrize("body", [
    '<img src="file:///etc/passwd" alt="x">',
    '<img src="http://169.254.169.254/latest/meta-data" alt="x">',
    '<img src="https://static.invalid.example/x.png" alt="x">',
    '<img src="data:image/png;base64,iVBORw0KGgo=" alt="x">',
    '<img src="../pyproject.toml" alt="x">',
    '<img src="/etc/passwd" alt="x">',
    '<img src="%2e%2e/%2e%2e/etc/passwd" alt="x">',
    '<img src="ftp://static.invalid/x" alt="x">',
    '<link rel="stylesheet" href="file:///etc/passwd">',
    '<link rel="attachment" href="file:///etc/passwd">',
    '<object data="file:///etc/passwd"></object>',
    '<p style="background: url(http://localhost:5432/)">x</p>',
    '<style>@import "https://evil.example/x.css";</style>',
    '<style>@font-face { font-family: y; src: url(file:///etc/passwd) } p { font-family: y }</style><p>x</p>',
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>x</title>'
    '<image href="file:///etc/passwd" width="9" height="9"/></svg>',
])
def test_nothing_outside_can_be_reached(body: str) -> None:
    with pytest.raises(RenderError):
        printed(body)


def test_a_link_out_of_the_static_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "static" / "innocent.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(RenderError, match="폴더 밖"):
        ClosedFetcher(tmp_path / "static", {}).fetch(BASE_URL + "innocent.png")


def test_a_missing_picture_names_its_line() -> None:
    with pytest.raises(RenderError, match=r"asset:logo-3 \(\d+번째 줄\)"):
        printed('<p>가</p>\n<img src="asset:logo-3" alt="로고">')


@pytest.mark.parametrize("damaged", [png((200, 200))[:900], b"not a picture", b""])
def test_a_damaged_picture_is_an_error(damaged: bytes) -> None:
    with pytest.raises(RenderError):
        printed('<img src="asset:a" alt="그림">', assets={"a": damaged})


def test_a_picture_without_words_for_it_is_an_error() -> None:
    with pytest.raises(RenderError, match="alt"):
        printed('<img src="asset:a">', assets={"a": png()})


@pytest.mark.parametrize("character", ["😀", "ᄒ", "\ue000", "\u0e01"])
def test_a_character_our_fonts_lack_is_named_with_its_place(character: str) -> None:
    if not missing_glyphs(character, [STATIC / name for name in FONTS]):
        pytest.skip("the font has it")
    with pytest.raises(RenderError, match=f"U\\+{ord(character):04X}.*지원금"):
        printed(f"<p>육아휴직 지원금 {character} 안내</p>")


def test_a_character_from_the_style_sheet_is_checked_too() -> None:
    with pytest.raises(RenderError):
        printed("<p>가</p>", css='p::before { content: "😀" }')


def test_another_font_is_refused() -> None:
    with pytest.raises(RenderError, match="준비된 글꼴이 아닌"):
        printed('<p style="font-family: sans-serif">abc</p>')


def test_language_and_title_are_required() -> None:
    with pytest.raises(RenderError, match="언어"):
        printed("<p>가</p>", lang="")
    with pytest.raises(RenderError, match="제목"):
        printed("<p>가</p>", title=" ")


def test_an_unknown_property_is_an_error_each_time() -> None:
    for _ in range(2):  # the style sheet itself is read once
        with pytest.raises(RenderError, match="frobnicate"):
            printed("<p>가</p>", css="p { frobnicate: 1 }")


@pytest.mark.parametrize("more", ["", "@counter-style dot { system: cyclic; symbols: '가' }"])
def test_style_sheets_rank_as_in_the_document(more: str) -> None:
    css = f"p {{ color: #111 }} .a {{ color: #222 !important }} {more}"
    body = ('<style>p { color: #333 }</style><p>셋</p><p class="a" style="color: #444">둘</p>'
            '<p style="color: #555">다섯</p>')
    with pikepdf.open(io.BytesIO(printed(body, css=css).data)) as pdf:
        content = pikepdf.parse_content_stream(pdf.pages[0])
    inks = [round(float(operands[0]) * 15) for operands, operator in content if str(operator) == "rg"]
    assert [ink for ink in dict.fromkeys(inks) if ink not in (0, 15)] == [3, 2, 5]


def test_complaints_are_heard_though_the_log_leaves_them_out() -> None:
    logger = logging.getLogger("weasyprint")
    level = logger.level
    logger.setLevel(logging.ERROR)  # as outreach.logs does for every process
    try:
        with pytest.raises(RenderError, match="frobnicate"):
            printed("<p>가</p>", css="p { frobnicate: 1 }")
        assert logger.level == logging.ERROR
    finally:
        logger.setLevel(level)


def test_korean_words_stay_whole_and_the_text_stays_clean() -> None:
    words = "육아기 근로시간 단축을 사용하는 노동자의 업무를 분담한 동료에게 사업주가 금전으로 보상하는 경우"
    text = inspect(printed(f'<div style="width: 47mm">{words}</div>').data).text[0]
    assert "\u2060" not in text
    assert " ".join(text.split()) == words
    assert all(f" {line.strip()} " in f" {words} " for line in text.splitlines() if line.strip())


@pytest.mark.parametrize("width", range(36, 64, 4))
def test_a_date_stays_on_one_line(width: int) -> None:
    text = inspect(printed(f'<div style="width: {width}mm">제도는 2026. 11. 23.(월) 기준입니다.</div>').data).text[0]
    assert any("2026. 11. 23." in line for line in text.splitlines())


def test_a_word_wider_than_its_line_is_broken_not_lost() -> None:
    name = "한국초정밀특수금속가공자동화설비부품제조유통주식회사"
    text = inspect(printed(f'<div style="width: 40mm">{name}</div>').data).text[0]
    assert "".join(text.split()) == name


def test_bookmarks_carry_no_joiners() -> None:
    with pikepdf.open(io.BytesIO(printed("<h1>육아휴직 지원금</h1>").data)) as pdf, pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == ["육아휴직 지원금"]


def test_overflow_is_tightened_and_then_refused() -> None:
    text = "육아기 근로시간 단축 지원금 "
    assert printed(f'<div class="fit" data-fit="설명" data-steps="1">{text * 8}</div>').pages == 1
    with pytest.raises(RenderError, match="1쪽 ‘설명’"):
        printed(f'<div class="fit" data-fit="설명" data-steps="1">{text * 60}</div>')
    with pytest.raises(RenderError, match="설명"):
        printed(f'<div class="fit" data-fit="설명">{text * 12}</div>')


def test_a_group_is_tightened_together() -> None:
    text = "육아기 근로시간 단축 지원금 "
    box = '<div class="fit" data-fit="{0}" data-steps="1" data-group="a"><b>{0}</b>{1}</div>'
    made = printed(box.format("갑", text * 8) + box.format("을", "가나다"))
    with pikepdf.open(io.BytesIO(made.data)) as pdf:
        content = pikepdf.parse_content_stream(pdf.pages[0])
    sizes = {float(operands[1]) for operands, operator in content if str(operator) == "Tf"}
    assert sizes == {8.0}  # 6 pt in CSS pixels, for both


def test_text_off_the_paper_is_refused() -> None:
    with pytest.raises(RenderError, match="종이 밖"):
        printed('<p style="position: absolute; left: 180mm; white-space: nowrap">가나다라마바사아자</p>')


def test_the_page_count_can_be_demanded() -> None:
    with pytest.raises(RenderError, match="2쪽이어야"):
        printed("<p>가</p>", options=RenderOptions(pages=2))


def test_large_pictures_are_reduced_to_print_resolution() -> None:
    big = png((1600, 1600))
    made = printed('<img src="asset:a" alt="그림" style="width: 20mm">', assets={"a": big})
    assert len(made.data) < len(big) / 10
