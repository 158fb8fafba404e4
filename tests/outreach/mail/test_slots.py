"""Where a slot may stand in HTML, and where it is refused."""

from __future__ import annotations

import pytest
from mjml import mjml2html

from outreach.mail.slots import BadTemplate, Place, Slot, parse, parse_html


def places(html: str) -> list[Place]:
    return [part.place for part in parse_html(html) if isinstance(part, Slot)]


@pytest.mark.parametrize(
    ("html", "place"),
    [
        ("{{x}}", Place.HTML),
        ("<p>a {{x}} b</p>", Place.HTML),
        ("<p>1 < 2 {{x}}</p>", Place.HTML),
        ("<title>{{x}}</title>", Place.HTML),
        ('<textarea rows="2">{{x}}</textarea>', Place.HTML),
        ('<img alt="{{x}}" src="https://a.kr/x.png">', Place.HTML),
        ("<img alt='{{x}}'/>", Place.HTML),
        ('<td\n  width="600"\n  title = "a {{ x }}" >', Place.HTML),
        ('<a href="{{x}}">', Place.URL),
        ('<a href="{{x}}?from=mail">', Place.URL),
        ('<a href="https://a.kr/c/{{x}}">', Place.URL_PART),
        ('<a href="https://a.kr?c={{x}}">', Place.URL_PART),
        ('<a href="https://a.kr/?a=1&amp;c={{x}}">', Place.URL_PART),
        ('<a href="HTTPS://a.kr/{{x}}">', Place.URL_PART),
        ('<a href="mailto:{{x}}">', Place.MAILTO),
        ('<a href="tel:{{x}}">', Place.MAILTO),
        ('<!doctype html><!-- note --><style>p{a:b}@media x{p{c:d}}</style><p>{{x}}</p>', Place.HTML),
        ("<!--[if mso]><table><tr><td><![endif]--><p>{{x}}</p><!--[if mso]></td></tr></table><![endif]-->", Place.HTML),
        ("<script>if (a<b && c>d) {}</script>{{x}}", Place.HTML),
    ],
)
def test_place(html: str, place: Place) -> None:
    assert places(html) == [place]
    literals = [part for part in parse_html(html) if isinstance(part, str)]
    assert "".join(literals) == html.replace("{{x}}", "").replace("{{ x }}", "")


def test_reads_what_mjml_writes() -> None:
    """The mail templates are MJML: its conditional comments, styles and quoted attributes must all be readable."""
    html = mjml2html(
        """<mjml><mj-head><mj-title>{{a}}</mj-title><mj-style>.x { color: red }</mj-style></mj-head><mj-body>
        <mj-section background-url="https://o.kr/x.png"><mj-column><mj-text>{{b}} <a href="{{c}}">d</a></mj-text>
        <mj-button href="{{c}}">e</mj-button><mj-image href="https://o.kr/{{d}}" src="https://o.kr/x.png" alt="{{b}}" />
        </mj-column></mj-section></mj-body></mjml>"""
    )
    assert set(places(html)) == {Place.HTML, Place.URL, Place.URL_PART}


def test_several_slots_in_one_link() -> None:
    assert places('<a href="{{base}}/c/{{a}}?b={{b}}" title="{{c}}">{{d}}</a>') == [
        Place.URL, Place.URL_PART, Place.URL_PART, Place.HTML, Place.HTML
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<a href={{x}}>",
        "<p {{x}}>",
        "<{{x}}>",
        "<p class=a{{x}}>",
        '<p {{x}}="a">',
        '<p style="color:{{x}}">',
        '<p onclick="go({{x}})">',
        '<img srcset="{{x}} 2x">',
        '<meta http-equiv="refresh" content="0;url={{x}}">',
        '<base href="{{x}}">',
        "<script>var a = '{{x}}'</script>",
        "<style>.a{color:{{x}}}</style>",
        "<STYLE>.a{color:{{x}}}</STYLE >",
        "<!-- {{x}} -->",
        "<!--[if mso]><p>{{x}}</p><![endif]-->",
        "<!--> {{x}} -->",
        "<!doctype {{x}}>",
        "<?php {{x}}>",
        "<noscript>{{x}}</noscript>",
        '<a href="javascript:go({{x}})">',
        '<a href="java&#115;cript:go({{x}})">',
        '<a href="data:text/html,{{x}}">',
        '<a href="//{{x}}/">',
        '<a href="/c/{{x}}">',
        '<a href="https://{{x}}/">',
        '<a href="https://a.kr{{x}}">',
        '<a href="https://user:{{x}}@a.kr/">',
        '<a href="{{a}}{{x}}">',
        '<a href=" {{x}}">',
        '<svg><a xlink:href="{{x}}"></a></svg>',
    ],
)
def test_place_that_no_escaping_makes_safe(html: str) -> None:
    with pytest.raises(BadTemplate) as caught:
        parse_html(html)
    assert "{{x}}" in str(caught.value) or "HTML" in str(caught.value)


@pytest.mark.parametrize(
    "html",
    [
        "<p title=it's>{{x}}</p><p title='a'>",  # browsers and simple readers part ways here
        '<p title="a"class="b">{{x}}</p>',
        '<p title="a>{{x}}</p>',
        "<p title=a`b>{{x}}</p>",
        "<!-- never closed {{x}}",
        "<script>never closed {{x}}",
        "<p",
        "a <3 b {{x}}",
        "</ p>{{x}}",
        "<p/ class=a>{{x}}",
    ],
)
def test_html_that_can_be_read_in_two_ways(html: str) -> None:
    with pytest.raises(BadTemplate):
        parse_html(html)


@pytest.mark.parametrize("text", ["{{", "{{}}", "{{a", "{{a}", "{{a\nb}}", "{{a{{b}}", "{{" + "x" * 80 + "}}"])
def test_unpaired_braces_are_pointed_out(text: str) -> None:
    with pytest.raises(BadTemplate, match="짝이 맞지 않습니다"):
        parse(f"앞 {text} 뒤", Place.PLAIN)


def test_plain_parts() -> None:
    assert parse("{{회사명}} 귀중, {{ 담당자 이름 }}님 }}", Place.PLAIN) == [
        Slot("회사명", Place.PLAIN), " 귀중, ", Slot("담당자 이름", Place.PLAIN), "님 }}"
    ]
