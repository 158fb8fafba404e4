"""Finding cases as Korean is typed, and the cases nearest to a company."""

from __future__ import annotations

import pytest

from cases.library import finding, grams, highlight, nearest, service
from cases.library.models import CaseGram
from cases.library.rules import CaseState
from cases.library.veil import Veil
from outreach.companies.models import Workplace
from outreach.db import db
from outreach.leads.rules import Want
from outreach.regions.models import Certainty, Region, RegionLevel
from outreach.scope import Role
from tests.cases.making import TODAY, make_case, make_company
from tests.outreach.leads.making import answer
from tests.people import make_centre, make_user, sign_in

#: What is typed, and which of the three cases it finds, the best first.
SEARCHES = {
    "육아휴직을": ["leave", "substitute"], "육아 휴직": ["leave", "substitute"], "대체인력 뽑기": ["substitute"],
    "대체 인력": ["substitute"], "유연근무": ["flexible"], "유연 근무제": ["flexible"], "erp": ["flexible"],
    "ＥＲＰ를": ["flexible"], "하루 두 시간": ["flexible"], "우주선": [], "!?": [], "인력거": [],
}


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION, centre=make_centre())


@pytest.fixture
def told(officer):
    """Three cases; none has in its texts what only another is about."""
    plain = {"summary": "", "problem": "", "effect": "", "steps": [], "figures": [], "advice": [], "keywords": [],
             "industry": "", "section": ""}
    centre = officer.centre
    return {
        "leave": make_case(centre, **plain | {"headline": "육아휴직자가 돌아왔다", "effect": "모두 반겼다."}),
        "substitute": make_case(centre, **plain | {
            "headline": "빈자리를 채우다", "problem": "육아 휴직이 처음이라 대체 인력을 뽑은 적이 없었다."}),
        "flexible": make_case(centre, **plain | {
            "headline": "등원을 돕는 회사", "keywords": ["유연근무제"],
            "effect": "하루 두 시간 늦게 와서 ERP 화면을 본다.",
        }),
    }


def ids(session, person, query):
    return [case.id for case in session.scalars(service.cases_query(person.scope(), text=query)).unique()]


def test_korean_is_found_however_it_is_typed(session, officer, told):
    names = {case.id: name for name, case in told.items()}
    found = {query: [names[case_id] for case_id in ids(session, officer, query)] for query in SEARCHES}
    assert found == SEARCHES


def test_the_index_follows_what_is_written(client, session, officer, told):
    case = told["leave"]
    case.state = CaseState.DRAFT
    session.flush()
    form = {"headline": "새 제목은 시차출퇴근", "display_name": "회사", "consent_scope": "none", "veil": "trade",
            "version": str(case.version)}
    assert sign_in(client, officer).post(f"/cases/{case.id}/edit", data=form).status_code == 302
    assert ids(session, officer, "시차 출퇴근을") == [case.id] and ids(session, officer, "반겼다") == []
    session.delete(session.get(type(case), case.id))
    session.flush()
    assert session.query(CaseGram).filter_by(case_id=case.id).count() == 0


def test_what_resembles_it_is_shown_where_nothing_matches(client, officer, told):
    page = sign_in(client, officer).get("/cases/?q=대체근로 사무실").text
    assert "조건에 맞는 사례가 없습니다" in page or "비슷한 사례를 보여" in page
    assert "비슷한 사례를 보여" in client.get("/cases/?q=육아수당").text


def test_what_was_found_is_marked_and_nothing_else(told):
    search = grams.asked("육아휴직 <b>")
    assert highlight.marked("<i>육아 휴직</i>을", search) == "&lt;i&gt;<mark>육아 휴직</mark>&lt;/i&gt;을"
    assert "<mark>대체 인력</mark>" in highlight.piece(told["substitute"], grams.asked("대체인력"))
    assert highlight.piece(told["leave"], grams.asked("육아휴직")) == "" == highlight.piece(told["leave"], None)


def test_a_search_does_not_tell_what_the_veil_hides(session, officer):
    case = make_case(officer.centre, veil=Veil.SECTION, industry="나전칠기", display_name="어느 회사")
    assert not session.scalars(service.cases_query(officer.scope(), text="나전칠기")).all()
    case.veil = Veil.TRADE
    finding.index(session, case)
    assert session.scalars(service.cases_query(officer.scope(), text="나전칠기")).all()


@pytest.fixture
def province(session):
    row = Region(level=RegionLevel.PROVINCE, code="28", name_ko="인천광역시", name_en="Incheon", source="시험",
                 certainty=Certainty.VERIFIED)
    session.add(row)
    session.flush()
    return row


def test_the_nearest_case_says_why(client, session, officer, province):
    def told(name, **values):
        return make_case(officer.centre, headline=name, industry="", **{"section": "J", "headcount": 400} | values)

    told("아무것도 같지 않음")
    told("업종과 고민", section="C", needs=["substitute", "leave"])
    told("시도", province_id=province.id)
    told("시도와 규모", province_id=province.id, headcount=55)
    told("가려진 시도와 규모", province_id=province.id, headcount=42, veil=Veil.NO_PLACE, needs=["substitute"])
    company = make_company(officer.centre)
    company.workplaces[0].province_id = province.id
    lead = answer(company, wants=(Want.SUBSTITUTE.value,))
    like = nearest.of_workplace(company.workplaces[0], nearest.needs_of_company(session, company.id))
    found = nearest.nearest(session, service.publishable(officer.scope(), TODAY), like, limit=9)
    assert [near.case.headline for near in found] == [
        "시도와 규모", "시도", "업종과 고민", "가려진 시도와 규모", "아무것도 같지 않음",
    ]
    page = sign_in(client, officer).get(f"/companies/{company.id}").text
    assert "같은 시·도 · 비슷한 규모(50~99인)" in page and "같은 업종 · 같은 고민: 대체인력" in page
    assert "시도와 규모" in client.get(f"/leads/{lead.id}").text


def test_sizes_beside_each_other_are_near():
    like = nearest.Likeness(headcount=42)
    assert nearest._around(0) == (0, 9) and nearest._around(300) == (100, None)
    assert nearest.of_workplace(Workplace(headcount=42, section="")) == like


def test_the_nearest_are_asked_by_the_api(client, session, officer):
    company = make_company(officer.centre)
    make_case(officer.centre, consent_until=None)
    db.session.commit()
    headers = {"Authorization": f"Bearer {_token(officer)}"}
    found = client.get(f"/api/v1/cases/nearest?company_id={company.id}", headers=headers)
    assert found.json[0]["reasons"] == ["같은 업종", "비슷한 규모(30~49인)"]
    stranger = make_company(make_centre())
    assert client.get(f"/api/v1/cases/nearest?company_id={stranger.id}", headers=headers).status_code == 404
    assert client.get("/api/v1/cases?text=육아휴직", headers=headers).json["items"] == []


def _token(user):
    from outreach.accounts import service as accounts
    from tests.people import NOW

    return accounts.issue_token(db.session, user, name="시험", now=NOW)
