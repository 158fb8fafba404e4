"""The pieces templates are made of: line balance, Korean words, dates, QR codes."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from jinja2 import UndefinedError
from PIL import Image, ImageDraw

from outreach.pdf.korean import JOINER, keep_words
from outreach.pdf.templates import balanced, environment, grouped, korean_date_with_weekday, qr_svg


@pytest.mark.parametrize(("text", "kept"), [
    ("육아휴직", ["육아휴직"]),
    ("제19조의2에서", ["제19조의2에서"]),
    ("센터(서울)에서", ["센터", "(서울)에서"]),
    ("휴직·단축·유연근무", ["휴직·", "단축·", "유연근무"]),
    ("1,200만원(우선지원대상기업)", ["1,200만원", "(우선지원대상기업)"]),
    ("9시~18시", ["9시~18시"]),
])
def test_lines_break_only_where_a_korean_reader_expects(text: str, kept: list[str]) -> None:
    joined = keep_words(text)
    assert joined.replace(JOINER, "") == text
    # Between Hangul and anything else a break is possible unless a joiner or UAX #14 forbids it.
    pieces = re.split(r"(?<=[·])(?=[가-힣])|(?<=[가-힣])(?=\()", joined)
    assert [piece.replace(JOINER, "") for piece in pieces] == kept
    assert not any(re.search(r"[가-힣][가-힣]", piece) for piece in pieces)


def test_headings_are_broken_evenly() -> None:
    assert balanced("한 사람의 육아가 회사의 걱정이 되지 않도록", 13) == (
        "한 사람의 육아가 회사의", "걱정이 되지 않도록")
    assert balanced("짧은 제목", 13) == ("짧은 제목",)
    assert balanced("내가 정한\n줄바꿈", 30) == ("내가 정한", "줄바꿈")
    assert balanced("띄어쓰기없는아주긴제목하나", 5) == ("띄어쓰기없는아주긴제목하나",)
    assert balanced("", 5) == ()


def test_dates_and_numbers() -> None:
    assert korean_date_with_weekday(date(2026, 11, 23)) == "2026. 11. 23.(월)"
    assert (grouped(1234567), grouped(3.5)) == ("1,234,567", "3.5")


def test_templates_are_strict_escaping_and_composed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("{{ name }}{% if later %}{{ later.text }}{% endif %}")
    env = environment(tmp_path)
    template = env.get_template("a.html")
    with pytest.raises(UndefinedError):
        template.render(name="가")
    assert template.render(name=unicodedata.normalize("NFD", "한글<b>"), later=None) == "한글&lt;b&gt;"


def test_a_qr_code_is_vector_and_readable() -> None:
    address = "https://donghaeng.example/r/7K2M9?가=나"
    svg = str(qr_svg(address, 'QR <코드> "주소"'))
    assert "<title>QR &lt;코드&gt; &#34;주소&#34;</title>" in svg
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])  # type: ignore[index]
    picture = Image.new("L", ((side + 8) * 8,) * 2, 255)
    draw = ImageDraw.Draw(picture)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)", svg):
        left, top = (int(x) + 4) * 8, (int(y) + 4) * 8
        draw.rectangle((left, top, left + int(width) * 8 - 1, top + 7), fill=0)
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(_png(picture))))
    assert code.text == address
    assert code.ec_level in ("M", "Q", "H")


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
