"""A mail shown in a frame has our font, wherever its HTML came from."""

from __future__ import annotations

import pytest

from outreach.web.mail_frame import with_our_font


@pytest.mark.parametrize("html, shown", [
    ("<html><head lang=ko><title>x</title></head></html>", '<html><head lang=ko><link rel="stylesheet" href="/static/css/fonts.css"><title>x</title></head></html>'),  # noqa: E501
    ("<p>가</p>", '<link rel="stylesheet" href="/static/css/fonts.css"><p>가</p>'),
])
def test_the_font_is_linked(app, html, shown):
    with app.test_request_context():
        assert with_our_font(html) == shown


def test_fonts_are_lent_to_frames_without_origin_and_nothing_else_is(client):
    sheet = client.get("/static/css/fonts.css")
    assert "Access-Control-Allow-Origin" not in sheet.headers
    for font in ("Regular", "Medium", "Bold"):
        path = f"/static/vendor/krds-uiux/fonts/PretendardGOV-{font}.subset.woff2"
        assert path.rpartition("/")[2] in sheet.text
        answer = client.get(path)
        assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/health").headers
