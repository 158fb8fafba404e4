"""The editor of documents: what can be chosen, in which order and by whom; versions, comments, copies."""

from __future__ import annotations

from datetime import date

import pytest

from cases.documents import comments, printing, service, versions
from cases.documents.forms import form_for
from cases.documents.kinds import KINDS
from cases.documents.kinds.brochure import KIND
from cases.documents.models import Document
from cases.library.rules import CaseState
from cases.sheets import service as sheets
from outreach.audit.service import Actor
from outreach.db import db
from outreach.errors import Conflict
from outreach.regions.models import Certainty
from outreach.scope import Role
from tests.cases.making import TODAY, make_case, make_document, make_programme
from tests.people import NOW, make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


def form(**changes):
    values = {"title": "아이 키우는 직원과\r\n오래 함께", "style": "calm"}
    return values | {f"texts-{name}": text for name, text in KIND.opening().items()} | changes


def test_a_brochure_keeps_the_order_chosen(client, officer, centre):
    first, second = make_case(centre, headline="가"), make_case(None, headline="나")
    one, two = make_programme("ㄱ 제도"), make_programme("ㄴ 제도")
    partner = make_organisation(centre)
    data = form(**{
        "cases-0": second.id, "cases-2": first.id, "programmes-0": two.id, "programmes-1": one.id,
        "organisations-0": partner.id, "texts-why_text": "첫 문단\r\n\r\n둘째 문단",
    })
    response = sign_in(client, officer).post("/documents/new/brochure", data=data)
    assert response.status_code == 302
    brochure = db.session.query(Document).one()
    assert brochure.title == "아이 키우는 직원과\n오래 함께" and brochure.centre_id == centre.id
    shown = service.chosen(brochure)
    assert shown.cases == (second, first) and shown.programmes == (two, one) and shown.organisations == (partner,)
    assert brochure.texts["why_text"] == "첫 문단\n\n둘째 문단"
    page = client.get(response.location).text
    assert f'<option selected value="{second.id}">' in page


def test_only_published_cases_with_standing_consent_are_offered(client, officer, centre):
    draft = make_case(centre, CaseState.DRAFT, headline="쓰는 중")
    lapsed = make_case(centre, headline="동의 끝남", consent_until=date(2026, 11, 22))
    make_case(make_centre(), headline="다른 센터의 게시된 사례")
    page = sign_in(client, officer).get("/documents/new/brochure").text
    assert "다른 센터의 게시된 사례" in page and "쓰는 중" not in page and "동의 끝남" not in page
    for case in (draft, lapsed):
        assert client.post("/documents/new/brochure", data=form(**{"cases-0": case.id})).status_code == 422
    assert db.session.query(Document).count() == 0


def test_partners_of_other_centres_are_not_offered(client, officer):
    stranger = make_organisation(make_centre(), "남의 산단")
    assert "남의 산단" not in sign_in(client, officer).get("/documents/new/brochure").text
    assert client.post("/documents/new/brochure", data=form(**{"organisations-0": stranger.id})).status_code == 422


@pytest.mark.parametrize("changes", [{"title": ""}, {"style": "loud"}, {"title": "가" * 121}, {"cases-0": "x"}])
def test_bad_input_is_refused(client, officer, changes):
    assert sign_in(client, officer).post("/documents/new/brochure", data=form(**changes)).status_code == 422
    assert db.session.query(Document).count() == 0


def test_two_windows_are_told_apart_compared_and_one_may_win(client, officer, centre):
    brochure = make_document(centre, [], [])
    here = f"/documents/{brochure.id}"
    sign_in(client, officer).post(here, data=form(title="새 제목", version="1"))
    late = client.post(here, data=form(title="늦은 제목", version="1"))
    assert late.status_code == 409 and "다른 창에서 직접" in late.text and "늦은 제목" in late.text
    assert db.session.get(Document, brochure.id).title == "새 제목"

    compared = client.post(f"{here}/versions", data=form(title="늦은 제목", version="1")).text
    assert "<del>새</del>" in compared and "<ins>늦은</ins>" in compared
    assert db.session.get(Document, brochure.id).title == "새 제목", "comparing saves nothing"

    sign_in(client, make_user(Role.CENTRE_MANAGER, centre=centre))
    assert "님이 먼저 저장했습니다" in client.post(here, data=form(title="관리자", version="1")).text
    version = db.session.get(Document, brochure.id).version
    assert f'name="over" value="{version}"' in late.text
    assert client.post(here, data=form(title="관리자", version="1", over=str(version))).status_code == 302
    assert db.session.get(Document, brochure.id).title == "관리자"


def test_saving_leads_on_to_the_pdf(client, officer, centre):
    answer = sign_in(client, officer).post("/documents/new/brochure", data=form(make="1"))
    document = db.session.query(Document).one()
    assert answer.status_code == 307 and answer.location == f"/materials/from-document/{document.id}"


def test_refused_records_are_marked_where_they_are_chosen(client, officer):
    page = sign_in(client, officer).post("/documents/new/table_card", data=form(**{"organisations-0": 999}))
    assert page.status_code == 422 and 'href="#organisations-0"' in page.text


def test_programmes_to_choose_carry_a_word_not_a_sentence(client, officer):
    make_programme("확인 중인 제도", certainty=Certainty.SECONDARY)
    for page in ("/documents/new/brochure", "/cases/new"):
        text = sign_in(client, officer).get(page).text
        assert "확인 중인 제도 (2차)" in text and "원문을 확인해 주세요" not in text


def test_the_editor_folds_what_belongs_together(app):
    with app.test_request_context():
        folds = list(form_for(KIND)(meta={"csrf": False}, data={"texts": KIND.opening()}).folds())
    told = {str(fold.title): fold for fold in folds}
    assert [len(told[name].parts) for name in ("취지", "숫자", "이용 절차")] == [1, 3, 3]
    steps = told["이용 절차"]
    assert steps.says[0] == "전화로 듣습니다" and not steps.lacking and steps.numbered
    assert told["숫자"].says == [] and not told["숫자"].lacking
    assert next(form_for(KIND)(meta={"csrf": False}).folds()).lacking == 1


def test_reading_and_writing_by_belonging(client, officer, centre):
    brochure = make_document(centre, [], [])
    assert client.get(f"/documents/{brochure.id}").status_code == 302
    sign_in(client, make_user(Role.PLANNER, centre=centre))
    assert client.get(f"/documents/{brochure.id}").status_code == 200
    assert client.post(f"/documents/{brochure.id}", data=form(version="1")).status_code == 403
    sign_in(client, make_user(Role.PROMOTION))
    assert client.get(f"/documents/{brochure.id}").status_code == 404
    sign_in(client, make_user(Role.PARTNER))
    assert client.get(f"/documents/{brochure.id}").status_code == 403
    sign_in(client, officer)
    assert client.get("/documents/999").status_code == 404
    assert brochure.title.split("\n")[0] in client.get("/documents/").text


def test_what_keeps_it_from_print_is_named(app, centre):
    withdrawn = make_case(centre, CaseState.WITHDRAWN, headline="내려간 사례")
    brochure = make_document(centre, [withdrawn], [], texts={"why_title": "취지"})
    with pytest.raises(Conflict) as refused:
        printing.check_printable(brochure, TODAY)
    for words in ("이용 절차 1: 제목", "이런 회사에 권합니다", "지원제도를 1개 이상", "내려간 사례"):
        assert words in refused.value.message


def test_what_is_printed_comes_from_the_records(session, centre):
    case, version = make_case(centre, fictional=True), make_programme()
    brochure = make_document(centre, [case], [version], texts=KIND.opening() | {
        "figure1_label": "상담 비용", "figure1_value": "0", "figure1_unit": "원", "checklist": "하나\n\n둘",
    })
    brochure.organisations = [make_organisation(centre, "가온산단")]
    issue = sheets.issue(session, centre, day=TODAY, response_url="https://outreach.example/q/abc")
    content = KIND.compose(service.words(brochure), service.chosen(brochure), issue, sheets.Pictures())
    assert content.contact.address == "outreach.example/q/abc" and content.issuer == centre.name_ko
    assert content.programmes[0].amounts[0].value == "140" and content.programmes[0].amounts[0].unit == "만원/월"
    assert content.cases[0].effect.before == "0" and content.cases[0].programmes == ()
    assert [figure.label for figure in content.figures] == ["상담 비용"] and content.checklist == ("하나", "둘")
    assert [mark.name for mark in content.partners] == ["가온산단"] and content.partners[0].logo is None
    assert sheets.FICTIONAL in content.sources


def saved(client, document, **changes):
    values = form(version=str(db.session.get(Document, document.id).version), **changes)
    assert client.post(f"/documents/{document.id}", data=values).status_code == 302


def test_each_saving_is_a_version_to_compare_and_to_go_back_to(client, officer, centre):
    case = make_case(centre, headline="교대조를 다시 짠 공장")
    document = make_document(centre, [case], [], title="처음 제목", order={"cases": [case.id]})
    sign_in(client, officer)
    saved(client, document, title="둘째 제목", **{"texts-why_text": "아이가 아픈 날에는 늦게 나와도 됩니다."})
    saved(client, document, title="둘째 제목", **{"texts-why_text": "아이가 아픈 날에는 쉬어도 됩니다."})
    rows = versions.of_document(db.session, document)
    assert [row.number for row in rows] == [3, 2, 1] and rows[-1].content["title"] == "처음 제목"

    page = client.get(f"/documents/{document.id}/versions").text
    assert "<del>늦게 나와도</del>" in page and "<ins>쉬어도</ins>" in page
    assert "둘째 제목" not in page.split("compare-head")[1], "only what differs is shown"
    page = client.get(f"/documents/{document.id}/versions?before=1&after=3").text
    assert "<del>처음</del>" in page and "교대조를 다시 짠 공장" in page, "the case that was taken out has its name"
    assert client.get(f"/documents/{document.id}/versions?before=9").status_code == 404

    held = db.session.get(Document, document.id).version
    client.post(f"/documents/{document.id}/versions/1/restore", data={"version": held})
    db.session.expire_all()
    assert document.title == "처음 제목" and document.cases == [case]
    assert versions.newest(db.session, document).number == 4, "going back can be undone, too"
    client.post(f"/documents/{document.id}/versions/2/restore", data={"version": held})
    assert document.title == "처음 제목", "an older page changes nothing"


def test_a_version_with_what_may_no_longer_be_shown_comes_back_without_it(session, centre):
    officer = make_user(Role.PROMOTION, centre=centre)
    scope, actor = officer.scope(), Actor(officer.id, officer.email, "127.0.0.1")
    case = make_case(centre)
    document = make_document(centre, [case], [], order={"cases": [case.id]})
    service.edit(session, scope, actor, document, {"case_ids": []}, version=1, now=NOW)
    case.state = CaseState.WITHDRAWN
    session.flush()
    service.restore(session, scope, actor, document, 1, version=document.version, now=NOW)
    assert document.cases == [] and document.order["cases"] == []


def test_colleagues_comment_and_settle(client, officer, centre):
    document = make_document(centre, [], [])
    planner = make_user(Role.PLANNER, centre=centre, name="한서준")
    sign_in(client, planner)
    here = f"/documents/{document.id}"
    client.post(f"{here}/comments", data={"slot": "why_text", "text": "금액은 <b>표</b>에만 두면 어떨까요?"})
    client.post(f"{here}/comments", data={"slot": "no_such_slot", "text": "어디?"})
    client.post(f"{here}/comments", data={"text": "   "})
    (comment,) = comments.of_document(db.session, document)
    page = client.get(here).text
    assert "한서준" in page and "취지: 본문" in page and "&lt;b&gt;표" in page
    sign_in(client, officer).post(f"{here}/comments/{comment.id}/settle")
    assert comments.open_count(db.session, document) == 0 and comment.settled_by == officer.id
    other = make_document(centre, [], [])
    assert client.post(f"/documents/{other.id}/comments/{comment.id}/settle").status_code == 404
    sign_in(client, make_user(Role.PROMOTION))
    assert client.post(f"{here}/comments", data={"text": "남의 센터"}).status_code == 404


def test_drafts_belong_to_the_library_in_menu_and_tabs(client, officer):
    page = sign_in(client, officer).get("/documents/").text
    assert '<a href="/materials/" aria-current="page">' in page  # the menu's entry
    assert '<a href="/documents/" aria-current="page">' in page and '<a href="/print-orders/">' in page  # the tabs


def test_a_copy_begins_anew_in_ones_own_centre(client, centre):
    gone = make_case(centre, CaseState.WITHDRAWN)
    source = make_document(None, [gone], [make_programme()], title="본부 원고")
    colleague = make_user(Role.PROMOTION, centre=centre)
    sign_in(client, colleague).post(f"/documents/{source.id}/copy")
    copy = db.session.query(Document).filter(Document.id != source.id).one()
    assert copy.title == "본부 원고 (사본)" and copy.centre_id == centre.id and copy.author_id == colleague.id
    assert copy.cases == [] and copy.programmes == source.programmes and copy.texts == source.texts

    client.post(f"/documents/{source.id}/copy", data={"kind": "leaflet"})
    leaflet = db.session.query(Document).filter_by(kind="leaflet").one()
    assert leaflet.title == "본부 원고" and leaflet.texts["why_title"] == source.texts["why_title"]
    assert "step1_text" in leaflet.texts and leaflet.programmes == source.programmes
    assert client.post(f"/documents/{source.id}/copy", data={"kind": "papyrus"}).status_code == 404


def test_every_kind_has_a_page_to_begin_it(client, officer):
    chooser = sign_in(client, officer).get("/documents/new").text
    for kind in KINDS.values():
        assert f"/documents/new/{kind.name}" in chooser
        assert client.get(f"/documents/new/{kind.name}").status_code == 200
    assert client.get("/documents/new/papyrus").status_code == 404


def test_a_chart_is_seen_while_it_is_written(client, officer):
    """Its kind is chosen by name; without source and alternative text it can be seen, though not printed."""
    page = sign_in(client, officer).get("/documents/new/leaflet").text
    choice = page.split('name="texts-chart1_kind"')[1].split("</select>")[0]
    assert all(label in choice for label in ("가로 막대", "꺾은선", "비율 막대", "전과 후"))

    def drawn(kind="leaflet", **slots):
        texts = {f"texts-{name}": text for name, text in slots.items()}
        return client.post(f"/documents/{kind}/chart?number=1", data=form(**texts))

    rows = "10인 미만; 38\r\n100인 이상; 17"
    told = drawn(chart1_kind="line", chart1_title="구하는 데 걸린 날", chart1_unit="일", chart1_rows=rows).json
    assert told["svg"].startswith("<svg") and ">38일<" in told["svg"]
    assert told["sentence"] == "구하는 데 걸린 날 꺾은선그래프. 10인 미만 38일, 100인 이상 17일."
    assert drawn().json == {"svg": "", "sentence": ""}
    refused = drawn(chart1_rows="10인 미만")
    assert refused.status_code == 422 and "1번째 줄" in refused.json["reason"]
    assert drawn("papyrus").status_code == 404


def test_a_kind_of_chart_written_as_a_word_is_still_understood(client, officer, centre):
    texts = KIND.opening() | {"chart1_kind": "비중", "chart1_title": "몫", "chart1_rows": "가; 40\n나; 60"}
    document = make_document(centre, [], [], texts=texts)
    page = sign_in(client, officer).get(f"/documents/{document.id}").text
    assert '<option selected value="share">' in page
