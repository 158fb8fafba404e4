"""What keeps a finished edition from being given out: an ended programme, a second person who sends it back."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from cases.materials import paper, service, terms
from cases.materials.models import Material
from cases.materials.rules import EditionState
from cases.sheets import service as sheets
from cases.sheets.licences import Licence
from outreach.audit.service import Actor
from outreach.db import db
from outreach.errors import Conflict
from outreach.mail.models import OutboxMessage
from outreach.programmes.models import ProgrammeVersion
from outreach.regions.models import Certainty
from outreach.scope import Role
from tests.cases.making import add_edition, make_case, make_document, make_material, make_programme
from tests.people import NOW, make_centre, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


def test_what_cites_an_ended_programme_is_not_published_anew(app, centre, officer):
    ended = make_programme("끝난 지원금", valid_to=date(2026, 10, 31))
    document = make_document(centre, [], [ended])
    material = Material(kind="brochure", title="책자", centre_id=centre.id, document_id=document.id, created_at=NOW,
                        updated_at=NOW, licence=Licence.KOGL_1)
    db.session.add(material)
    edition = add_edition(app, material, EditionState.READY)
    with pytest.raises(Conflict, match="1개 이상"):
        service.publish(db.session, Actor(officer.id, officer.email), edition, acknowledged=True, now=NOW)
    document.cases = [make_case(centre)]
    with pytest.raises(Conflict, match=r"종료된 제도.*끝난 지원금"):
        service.publish(db.session, Actor(officer.id, officer.email), edition, acknowledged=True, now=NOW)


def test_a_case_tells_of_the_programme_as_it_is_now(session, centre):
    then = make_programme("대체인력 지원금", valid_to=date(2025, 12, 31))
    now = ProgrammeVersion(
        programme=then.programme, valid_from=date(2026, 1, 1), summary_ko="새 금액", created_at=NOW, updated_at=NOW,
        certainty=Certainty.VERIFIED, checked_on=date(2026, 11, 1), amounts=[],
    )
    session.add(now)
    session.flush()
    case = make_case(centre)
    case.programmes = [then]
    assert sheets.in_force(case, date(2025, 6, 1)) == [then] and sheets.in_force(case, date(2026, 11, 23)) == [now]


def test_the_second_person_sends_it_back_with_a_reason(app, client, centre, officer):
    material = make_material(app, centre, EditionState.READY)
    material.editions[0].created_by = officer.id
    db.session.flush()
    second = make_user(Role.PROMOTION, centre=centre)
    here = f"/materials/{material.id}"
    assert "검토할 홍보물" not in sign_in(client, officer).get("/").text
    home = sign_in(client, second).get("/").text
    assert "검토할 홍보물" in home and f"{officer.name} 작성" in home and "나에게 요청" not in home
    stranger = make_user(Role.PLANNER, centre=centre)
    ask = f"{here}/editions/1/ask-review"
    for person in (officer, stranger):  # its maker, and one who may not publish
        sign_in(client, officer).post(ask, data={"reviewer": person.id})
    assert db.session.query(OutboxMessage).count() == 0
    client.post(ask, data={"reviewer": second.id})
    client.post(ask, data={"reviewer": second.id})
    mail = db.session.query(OutboxMessage).one()
    assert mail.to_address == second.email and here in mail.text and "검토를 부탁" in mail.subject
    assert f"{second.name}에게" in client.get(here).text
    assert "나에게 요청" in sign_in(client, second).get("/").text
    client.post(f"{here}/editions/1/send-back", data={"reason": " "})
    assert material.editions[0].state is EditionState.READY
    client.post(f"{here}/editions/1/send-back", data={"reason": "표지의 이름이 틀립니다."})
    assert material.editions[0].state is EditionState.RETURNED and "검토할 홍보물" not in client.get("/").text
    home = sign_in(client, officer).get("/").text
    assert "돌아온 홍보물" in home and "표지의 이름이 틀립니다." in home
    history = client.get(here).text
    assert second.name in history.split("변경 이력")[1] and second.email not in history
    assert "표지의 이름이 틀립니다." in sign_in(client, officer).get(here).text
    client.post(f"{here}/editions/1/publish")
    assert material.editions[0].state is EditionState.RETURNED


def test_a_subsidy_that_changed_is_taken_back_everywhere_at_once(app, client, centre, officer):
    ending = make_programme("대체인력 지원금", valid_to=date(2026, 11, 22))
    case = make_case(centre)
    case.programmes = [ending]
    sheet = make_material(app, centre, title="교대조를 다시 짠 공장")
    sheet.case.programmes, sheet.editions[0].created_at = [ending], NOW - timedelta(days=30)
    document = make_document(centre, [case], [ending])
    brochure = Material(kind="brochure", title="가을 책자", centre_id=centre.id, document_id=document.id,
                        created_at=NOW, updated_at=NOW)
    db.session.add(brochure)
    add_edition(app, brochure, EditionState.PUBLISHED)
    elsewhere = make_material(app, make_centre(), title="다른 센터의 사례집")
    elsewhere.case.programmes = [ending]
    db.session.flush()

    page = sign_in(client, officer).get(f"/programmes/{ending.programme_id}").text
    assert "가을 책자" in page and "교대조를 다시 짠 공장" in page and "홍보물 2개의 배포를 중단합니다" in page
    assert "다른 센터의 사례집" not in page
    assert "종료된 제도를 실은 홍보물" in client.get("/").text
    client.post(f"/materials/programmes/{ending.programme_id}/withdraw-outdated")
    states = [row.editions[0].state for row in (sheet, brochure, elsewhere)]
    assert states == [EditionState.WITHDRAWN, EditionState.WITHDRAWN, EditionState.PUBLISHED]
    assert "종료된 제도를 실은 홍보물" not in client.get("/").text


def test_a_sheet_is_set_in_the_style_chosen(app, client, centre, officer):
    material = make_material(app, centre)
    here, templates = f"/materials/{material.id}", Path(app.root_path, app.template_folder)
    assert "이웃 회사 이야기" in sign_in(client, officer).get(here).text
    client.post(f"{here}/style", data={"style": "baroque"})
    assert material.style == "warm"
    client.post(f"{here}/style", data={"style": "glance"})
    draft = paper.draft(db.session, templates, material, day=date(2026, 11, 23), response_url="")
    assert material.style == "glance" and 'data-style="glance"' in draft.html
    assert "scenes/glance/factory.svg" in draft.html  # its case has no photograph


def test_a_public_licence_is_printed_and_credited(app, client, centre, officer):
    material = make_material(app, centre, EditionState.READY, title="교대제 공장의 육아휴직", licence=Licence.NONE)
    material.unlicensed_for, here = "", f"/materials/{material.id}"
    assert "정해야 게시할 수 있습니다" in sign_in(client, officer).get(here).text
    for choice in ({"licence": "kogl9"}, {"licence": "unset"}, {"licence": ""}, {"licence": "", "reason": " "}, {}):
        client.post(f"{here}/licence", data=choice)
        assert not material.licence_chosen
    edition, actor = material.editions[0], Actor(10**6, "second@moel.example")
    with pytest.raises(Conflict, match="정하지 않아"):
        service.publish(db.session, actor, edition, acknowledged=True, now=NOW)
    client.post(f"{here}/licence", data={"licence": "", "reason": "사진의 권리가 기업에 있음"})
    assert terms.licence_problem(edition) == "" and "사진의 권리가 기업에 있음" in client.get(here).text
    client.post(f"{here}/licence", data={"licence": "kogl1"})
    page = client.get(here).text
    with pytest.raises(Conflict, match="새 판을 만들어 주세요"):
        service.publish(db.session, actor, edition, acknowledged=True, now=NOW)
    assert material.unlicensed_for == ""
    assert f"본 저작물은 ‘{centre.name_ko}’에서 ‘2026년’ 작성하여 공공누리 제1유형으로 개방한" in page
    templates = Path(app.root_path, app.template_folder)
    draft = paper.draft(db.session, templates, material, day=date(2026, 11, 23), response_url="")
    assert "공공누리 제1유형(출처표시)에 따라 이용할 수 있습니다" in draft.html
