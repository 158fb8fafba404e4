"""A material in words for someone else's newsletter, blog or site: plain text, HTML, and a card that shows the present
first page and leads to the file. All of them lead to the public link, which always opens the edition given out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cases.materials import giving
from cases.materials.models import Edition
from cases.materials.partner_editions import in_a_line
from outreach.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Snippets:
    """What is copied: ``text`` and ``html`` for a newsletter, ``card`` for a page."""

    text: str
    html: str
    card: str


def snippets(edition: Edition, url: str, cover: str, partner: Organisation | None = None) -> Snippets:
    """``url``: the public link; ``cover``: the address of the first page's picture. Both whole, with the host.
    ``partner``: who hands it out, named beside the centre."""
    material = edition.material
    title, about = " ".join(material.title.split()), giving.description(material)
    credit, sender = giving.credit_line(edition), _sender(edition)
    by = f"나누는 곳: {in_a_line(partner)}" if partner is not None else ""
    text = "\n".join(filter(None, (f"■ {title}", about, f"▶ 자료 보기: {url}", by, f"문의: {sender}", credit)))
    html = Markup(
        '<div style="max-width:600px;font-size:16px;line-height:1.65;word-break:keep-all">'
        '<p style="margin:0 0 8px;font-size:20px;font-weight:700">{title}</p>{about}'
        '<p style="margin:0 0 8px"><a href="{url}">자료 보기(PDF)</a></p>'
        '<p style="margin:0;font-size:14px;color:#58616a">{by}문의: {sender}<br>{credit}</p></div>'
    ).format(
        title=title, url=url, sender=sender, credit=credit, by=Markup("{}<br>").format(by) if by else "",
        about=Markup('<p style="margin:0 0 8px">{}</p>').format(about) if about else "",
    )
    card = Markup(
        '<a href="{url}" target="_blank" rel="noopener"><img src="{cover}" alt="{alt}" width="320" '
        'style="max-width:100%;height:auto;border:1px solid #cdd1d5"></a>'
    ).format(url=url, cover=cover, alt=f"{title} (PDF)")
    return Snippets(text, str(html), str(card))


def _sender(edition: Edition) -> str:
    centre = edition.material.centre
    return f"{centre.name_ko} {centre.phone or '1350'}" if centre else "고용노동부 고객상담센터 1350"


def contents(files: Sequence[tuple[str, str]], credits: Sequence[str], made_on: str) -> str:
    """The 읽어보기.txt of a bundle: what each file is, how it is quoted, what must be kept in mind. CRLF, since it is
    read in Notepad."""
    lines = [
        "동행 아웃리치 자료 묶음", f"받은 날: {made_on}", "", "[들어 있는 파일]",
        *(f"- {name}\n  {what}" for name, what in files), "",
        "[출처 표시]", "자료를 옮겨 싣거나 인용하실 때에는 아래와 같이 출처를 적어 주세요.", *credits, "",
        "[알아 두실 것]",
        "- 지원제도의 금액과 조건은 바뀔 수 있습니다. 나누어 주시기 전에 자료실에서 새 판이 나왔는지 확인해 주세요.",
        "- 배포를 중단한 판은 인쇄물과 누리집에서도 함께 거두어 주세요.",
        "- 내용과 그림을 고치거나 일부만 떼어 쓰시려면 담당 고용센터에 먼저 알려 주세요.", "",
    ]
    return "\n".join(lines).replace("\n", "\r\n")
