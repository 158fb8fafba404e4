"""Re-opening: what a file says of itself, including files that are not ours."""

from __future__ import annotations

import io

import pikepdf
import pytest
from PIL import Image

from outreach.pdf.errors import RenderError
from outreach.pdf.inspect import inspect, thumbnails
from tests.outreach.pdf.test_render import printed


def test_thumbnails_have_the_asked_width() -> None:
    data = printed('<p>하나</p><p style="break-before: page">둘</p>').data
    pictures = [Image.open(io.BytesIO(picture)) for picture in thumbnails(data, width=300)]
    assert [picture.width for picture in pictures] == [300, 300]
    assert pictures[0].height == pytest.approx(300 * 297 / 210, abs=1)
    assert len(thumbnails(data, width=100, pages=[1])) == 1


def test_a_font_that_is_not_inside_is_told() -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    font = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1,
                                                BaseFont=pikepdf.Name.Helvetica))
    pdf.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    out = io.BytesIO()
    pdf.save(out)
    facts = inspect(out.getvalue())
    assert [(font.name, font.embedded) for font in facts.fonts] == [("Helvetica", False)]
    assert not (facts.all_fonts_embedded or facts.tagged or facts.pdf_ua)
    assert (facts.title, facts.language) == ("", "")


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 nothing", b"<html></html>"])
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(RenderError):
        inspect(data)
    with pytest.raises(RenderError):
        thumbnails(data, width=100)
