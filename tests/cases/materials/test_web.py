"""One source: what a document says on paper, on the web and in a mail begun with it."""

from __future__ import annotations

import re
from datetime import date

import pytest

from cases.blocks import cards
from cases.documents import versions
from cases.documents.kinds import one_pager
from cases.documents.kinds.brochure import KIND
from cases.library.rules import CaseState
from cases.materials import web
from cases.materials.models import Material
from cases.materials.rules import EditionState
from cases.sheets import service as sheets
from outreach import links
from outreach.db import db
from outreach.programmes.models import ProgrammeVersion
from outreach.scope import Role
from tests.cases.making import add_edition, make_case, make_document, make_material, make_programme
from tests.people import NOW, make_centre, make_user, sign_in

TODAY = date(2026, 11, 23)


@pytest.fixture
def centre(app):
    return make_centre("창원고용센터")


@pytest.fixture
def brochure(app, centre):
    """A published brochure whose document was changed since."""
    case, version = make_case(centre, headline="교대조를 다시 짠 공장"), make_programme("대체인력 지원금")
    document = make_document(centre, [case], [version], title="오래 함께", texts=KIND.opening() | {
        "figure1_label": "상담 비용", "figure1_value": "0", "figure1_unit": "원", "figure1_source": "고용노동부",
        "why_text": "첫 문단 **굵게**.\n\n<script>alert(1)</script>",
    })
    printed = versions.keep(db.session, document, None, now=NOW)
    material = Material(kind="brochure", title="오래 함께", centre_id=centre.id, document_id=document.id,
                        created_at=NOW, updated_at=NOW)
    db.session.add(material)
    add_edition(app, material, EditionState.PUBLISHED, document_version=printed.number,
                response_url="https://outreach.example/q/abc")
    document.texts = {**document.texts, "why_title": "아직 아무도 검토하지 않은 제목"}
    document.cases = []
    db.session.flush()
    return material


def page_of(app, client, material, **headers):
    outreach = app.extensions["outreach"]
    url = links.material_url("", outreach.signer, material.id)
    return client.get(f"{url}/web", headers=headers)


def test_the_web_edition_says_what_was_printed(app, client, brochure):
    answer = page_of(app, client, brochure)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "public, no-cache"
    again = page_of(app, client, brochure, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    page = answer.text
    for words in ("오래 함께", "한 사람의 육아가 회사의 걱정이 되지 않도록", "<strong>굵게</strong>",
                  "교대조를 다시 짠 공장", "대체인력 지원금", "월 140만 원", "이런 회사에 권합니다",
                  "https://outreach.example/q/abc"):
        assert words in page, words
    assert "아직 아무도 검토하지 않은" not in page and "<script>alert" not in page
    assert '<body class="web warm">' in page and page.count('href="tel:') == 3
    assert page.index("이렇게 함께합니다") < page.index("전화로 듣습니다") < page.index("활용할 수 있는 제도")
    assert re.search(r"web-figure.*?<b>0</b> <span class=\"unit\">원", page, re.S)


def test_paper_page_gallery_and_mail_tell_the_law_of_today(app, client, centre):
    then = make_programme("육아휴직", valid_from=None, valid_to=date(2026, 8, 19), summary_ko="1년까지 쓸 수 있었다.")
    now = ProgrammeVersion(programme=then.programme, created_at=NOW, updated_at=NOW, valid_from=date(2026, 8, 20),
                           certainty=then.certainty, source="법률", summary_ko="1년 6개월까지 쓸 수 있다.")
    db.session.add(now)
    material = make_material(app, centre)
    material.case.programmes = [then]
    db.session.flush()
    assert sheets.in_force(material.case, TODAY) == [now]
    card = cards.programme_card(then, TODAY)
    assert card["summary"] == now.summary_ko and card["then"]["summary"] == then.summary_ko
    assert not cards.programme_warnings(then, TODAY)
    order = (now.summary_ko, "이 회사가 쓸 때는", then.summary_ko)
    for page in (page_of(app, client, material).text, client.get(f"/gallery/{material.case.id}").text):
        assert sorted(order, key=page.index) == list(order)
    material.case.outlets = ["print"]
    assert page_of(app, client, material).status_code == 302, "agreed to paper alone"


def test_a_case_taken_down_withdraws_the_page_with_the_paper(app, client, brochure, session):
    brochure.document.cases = [make_case(None, CaseState.WITHDRAWN)]
    db.session.flush()
    answer = page_of(app, client, brochure)
    assert answer.status_code == 302 and client.get(answer.location).status_code == 410
    assert client.get("/m/not-a-link/web").status_code == 404


def test_the_sheet_of_a_case_has_a_web_edition_too(app, client, centre):
    page = page_of(app, client, make_material(app, centre, title="교대제 공장의 육아휴직")).text
    assert "대체표를 만들다" in page and "0 → 4" in page and "혼자만 아는 일을 세어 보세요." in page


def test_a_mail_begins_with_what_a_material_says(app, client, brochure, centre):
    from campaigns.mailings.models import Mailing
    from campaigns.planning.models import Campaign, CampaignMaterial

    officer = make_user(Role.PROMOTION, centre=centre)
    campaign = Campaign(name="봄", centre_id=centre.id, owner_id=officer.id, created_at=NOW, updated_at=NOW)
    campaign.materials.append(CampaignMaterial(material=brochure))
    db.session.add(campaign)
    db.session.flush()
    here = f"/campaigns/{campaign.id}/mailings/new"
    assert "오래 함께" in sign_in(client, officer).get(here).text
    client.post(here, data={"title": "봄 안내", "material_id": str(brochure.id)})
    mailing = db.session.query(Mailing).one()
    kinds = [block["kind"] for block in mailing.blocks]
    assert kinds[0] == "heading" and kinds[-2:] == ["button", "contact"]
    shown = web.blocks_of(db.session, brochure.editions[0])
    assert [block for block in mailing.blocks if block["kind"] in ("case", "programme", "figure")] == [
        block for block in shown if block["kind"] in ("case", "programme", "figure")
    ]
    preview = client.get(f"/mailings/{mailing.id}/mail").text
    assert "교대조를 다시 짠 공장" in preview and "대체인력 지원금" in preview and "상담 비용" in preview


def test_a_chart_is_the_same_on_the_page_and_words_in_a_mail(app, client, centre, session):
    texts = one_pager.KIND.opening() | {
        "p1_when": "휴직 뒤 12개월 안에", "chart1_title": "달라진 점", "chart1_rows": "야근; 22; 9",
        "chart1_kind": "전과 후",
        "chart1_unit": "시간", "chart1_source": "근태기록", "chart1_alt": "야근이 22시간에서 9시간으로 줄었다.",
    }
    version = make_programme("대체인력 지원금")
    document = make_document(centre, [], [version], kind="one_pager", title="한 장", texts=texts)
    material = Material(kind="one_pager", title="한 장", centre_id=centre.id, document_id=document.id, created_at=NOW,
                        updated_at=NOW)
    db.session.add(material)
    edition = add_edition(app, material, EditionState.PUBLISHED)
    page = page_of(app, client, material).text
    order = ("신청하는 때", "휴직 뒤 12개월 안에", "<svg", "야근이 22시간에서")
    assert sorted(order, key=page.index) == list(order)
    assert page.count("대체인력 지원금") == 2 and "활용할 수 있는 제도" not in page and "막대" not in page
    assert "style=" not in page[page.index("<svg"):page.index("</svg>")]
    said = [block.get("text", "") for block in web.in_words(web.blocks_of(session, edition))]
    (words,) = [text for text in said if "야근" in text]
    assert words == "달라진 점 전후 비교 그래프. 야근 22시간에서 9시간. (출처: 근태기록)"
