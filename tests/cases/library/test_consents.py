"""Consents that end, anonymous cases that could be recognised, and a company that wants its case gone."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from campaigns.delivery import lawful
from cases.blocks.cards import consent_problems as asked_by_mails
from cases.library import cells, consents, retention, service
from cases.library.models import Case
from cases.library.rules import CaseState, ConsentScope, Outlet
from cases.library.veil import Veil
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.db import db
from outreach.scope import Role
from outreach.uploads import service as uploads
from tests.cases.library.test_photos import stored
from tests.cases.making import TODAY, add_photo, make_case, make_company, make_crowd, make_material
from tests.people import NOW, make_centre, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


def days(count):
    return TODAY + timedelta(days=count)


def test_what_ends_is_listed_in_time(app, client, officer, centre):
    for name, left in (("끝난", -1), ("곧", 30), ("나중", 60), ("멀리", 61)):
        make_case(centre, headline=f"{name} 사례", consent_until=days(left))
    make_case(make_centre(), headline="남의 사례", consent_until=days(-1))
    make_case(centre, CaseState.DRAFT, headline="쓰는 사례", consent_until=days(-1))
    pictured = make_case(centre, headline="사진 사례")
    add_photo(pictured, stored(app), rights_until=days(10))
    found = consents.endings(db.session, officer.scope(), TODAY)
    assert [(row.case.headline, row.left(TODAY)) for row in found] == [
        ("끝난 사례", -1), ("사진 사례", 10), ("곧 사례", 30), ("나중 사례", 60),
    ]
    page = sign_in(client, officer).get("/cases/consents?when=soon").text
    assert "곧 사례" in page and "사진 사례" in page and "나중 사례" not in page and "끝난 사례" not in page
    home = client.get("/").text
    assert "더 실리지 않는 사례 1건" in home and "곧 끝나는 사례 2건" in home


@pytest.mark.parametrize("change", [
    {"consent_until": days(-1)}, {"outlets": ["web"]}, {"consent_scope": ConsentScope.NONE},
    {"state": CaseState.WITHDRAWN},
])
def test_what_may_not_be_printed_is_not_offered(session, centre, officer, change):
    case = make_case(centre, **{"state": CaseState.PUBLISHED} | change)
    offered = session.scalars(service.publishable(officer.scope(), TODAY)).all()
    assert case not in offered and (service.problems(session, case, TODAY) or change.keys() & {"state", "outlets"})


def test_mails_ask_for_their_own_consent(centre):
    case = make_case(centre, outlets=["print"])
    assert asked_by_mails(case, TODAY, Outlet.PRINT) == [] != asked_by_mails(case, TODAY, Outlet.MAIL)


def test_a_company_takes_its_case_back_in_one_act(app, client, officer, centre):
    material = make_material(app, centre)
    case = material.case
    sign_in(client, make_user(Role.PLANNER, centre=centre))
    data = {"reason": "대표가 바뀌어 더는 원하지 않음", "asked_by": "한결 상무", "asked_on": TODAY.isoformat()}
    page = client.post(f"/cases/{case.id}/take-down", data=data, follow_redirects=True).text
    assert "사례를 내렸습니다" in page and "회사의 요청으로 내렸습니다" in page and "대표가 바뀌어" in page
    case = db.session.get(Case, case.id)
    assert (case.state, case.taken_down, case.consent_scope, case.outlets) == (
        CaseState.WITHDRAWN, True, ConsentScope.NONE, [],
    )
    record = audit.history(db.session, "case", case.id)[0]
    assert record.action == "take_down" and record.changes["asked_by"] == [None, "한결 상무"]
    partner_paper = client.get(f"/materials/{material.id}")
    assert partner_paper.status_code == 200 and "내려" in partner_paper.text
    client.post(f"/cases/{case.id}/state", data={"state": "draft"})
    again = db.session.get(Case, case.id)
    assert again.state is CaseState.DRAFT and not again.taken_down
    assert "공개 동의 범위" in " ".join(service.problems(db.session, again, TODAY))


def test_an_approved_mail_with_the_case_is_held_back(session, centre, officer):
    case = make_case(centre)
    mailing = SimpleNamespace(blocks=[{"kind": "text", "text": ""}, {"kind": "case", "case_id": case.id}])
    assert lawful._taken_down(session, mailing, NOW) == []
    consents.take_down(
        session, officer.scope(), Actor(officer.id, officer.email), case, reason="원하지 않음", asked_on=TODAY,
        asked_by="", now=NOW,
    )
    assert case.headline in str(lawful._taken_down(session, mailing, NOW)[0])


def test_proofs_are_kept_while_they_prove_something(app, session, centre):
    case, shown = make_case(centre, consent_form=stored(app, "동의서.jpg")), make_case(centre)
    photo = add_photo(case, stored(app), evidence=stored(app, "초상.jpg"))
    service.enter(case, CaseState.WITHDRAWN, now=NOW)
    session.flush()
    assert session.scalars(retention.due(NOW)).all() == [], "it is withdrawn today"
    after = NOW + timedelta(seconds=1)
    assert session.scalars(retention.due(after)).all() == [case.id]
    form = case.consent_form
    retention.erase(app, session, [case.id])
    session.flush()
    assert (case.consented_by, case.consent_form, photo.evidence, form.kind) == ("", None, None, uploads.ERASED)
    assert shown.consented_by and session.scalars(retention.due(after)).all() == []


@pytest.mark.parametrize("data", [
    {"asked_on": "2026-11-23"}, {"reason": "원하지 않음"}, {"reason": "원하지 않음", "asked_on": "2026-11-24"},
])
def test_a_take_down_says_why_and_when(client, officer, centre, data):
    case = make_case(centre)
    sign_in(client, officer).post(f"/cases/{case.id}/take-down", data=data)
    assert db.session.get(Case, case.id).state is CaseState.PUBLISHED
    sign_in(client, make_user(Role.PROMOTION, centre=make_centre()))
    assert client.post(f"/cases/{case.id}/take-down", data=data).status_code == 403


def test_a_small_cell_keeps_an_anonymous_case_back(session, centre):
    case = make_case(centre, CaseState.REVIEW)
    crowd = make_crowd(centre, 4)
    made = cells.cells(session, case)
    assert [cell.companies for cell in made] == [4, 4, 4, 4, 4]
    assert "4곳뿐" in _said(cells.cell_problems(made, Veil.TRADE))
    for company in make_crowd(centre, 3, headcount=120):  # the same section, another trade and size
        company.industry = "도금"
    made = {cell.veil: cell.companies for cell in cells.cells(session, case)}
    assert made == {Veil.TRADE: 4, Veil.SECTION: 4, Veil.WIDE: 4, Veil.NO_SIZE: 7, Veil.NO_PLACE: 4}
    problem = _said(service.problems(session, case, TODAY))
    assert "금속가공 · 30~49인" in problem and "7곳" in problem and "시·도, 업종 대분류" in problem
    case.veil, case.display_name = Veil.NO_SIZE, "경남의 어느 공장"
    assert service.problems(session, case, TODAY) == [] == service.to_confirm(session, case, TODAY)
    crowd[0].industry = "도금"
    case.veil, case.consent_scope = Veil.TRADE, ConsentScope.NAMED
    assert cells.cells(session, case) == []


def test_where_no_list_can_tell_a_reviewer_decides(client, session, centre):
    case = make_case(centre, CaseState.REVIEW, author_id=10**6)
    make_company(centre)
    assert "‘업종 대분류, 넓은 규모(지역 없이)’로 낮춰" in _said(service.problems(session, case, TODAY))
    case.veil, case.display_name = Veil.NO_PLACE, "부품 회사"
    assert service.problems(session, case, TODAY) == [] and "1곳뿐" in _said(service.to_confirm(session, case, TODAY))
    sign_in(client, make_user(Role.CENTRE_MANAGER, centre=centre))
    client.post(f"/cases/{case.id}/state", data={"state": "published"})
    assert db.session.get(Case, case.id).state is CaseState.REVIEW
    client.post(f"/cases/{case.id}/state", data={"state": "published", "acknowledged": "1"})
    assert db.session.get(Case, case.id).published_at == NOW


def _said(problems):
    return " ".join(_words(problem) for problem in problems)


def _words(text):
    values = {name: _words(value) if hasattr(value, "template") else value for name, value in text.values.items()}
    return text.template % values if values else text.template
