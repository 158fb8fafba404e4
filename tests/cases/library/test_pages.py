"""Pages of cases: who reads, writes and publishes which."""

from __future__ import annotations

import pytest

from cases.library.models import Case
from cases.library.rules import CaseState, ConsentScope
from cases.library.service import follow_merge
from outreach.audit import service as audit
from outreach.db import db
from outreach.feature import CompanyMerge
from outreach.regions.models import Certainty
from outreach.scope import Role
from tests.cases.making import make_case, make_company, make_crowd, make_programme
from tests.people import NOW, make_centre, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


@pytest.fixture
def reviewer(centre):
    return make_user(Role.CENTRE_MANAGER, centre=centre)


def form(**changes):
    values = {"headline": "나누어 맡고 수당을 드렸다", "display_name": "인천의 금속가공 회사", "consent_scope": "none",
              "veil": "trade"}
    return values | changes


def test_a_case_is_written_on_the_page(client, officer, centre):
    company, version = make_company(centre), make_programme()
    data = form(**{
        "company_id": str(company.id), "programme_ids": [str(version.id)], "keywords": "교대제, 수당",
        "steps-0-title": "적다", "steps-0-when": "3월", "steps-0-text": "일을 적었다", "figures-1-label": "지각",
        "figures-1-before": "61", "figures-1-after": "3", "figures-1-unit": "번", "figures-1-source": "장부",
        "advice": "먼저 적으세요\n\n물어보세요",
        "needs": ["sharing", "leave"], "outlets": ["web"], "interviewed_on": "2026-11-20",
    })
    response = sign_in(client, officer).post("/cases/new", data=data)
    assert response.status_code == 302
    case = db.session.query(Case).one()
    assert case.centre_id == centre.id and case.author_id == officer.id and case.state is CaseState.DRAFT
    assert case.steps == [{"when": "3월", "title": "적다", "text": "일을 적었다"}]
    assert case.figures[0]["after"] == "3" and case.advice == ["먼저 적으세요", "물어보세요"]
    assert case.keywords == ["교대제", "수당"] and case.programmes == [version]
    assert case.needs == ["leave", "sharing"] and case.outlets == ["web"]
    assert (case.section, case.industry, case.headcount) == ("C", "금속가공", 42)  # copied from the company
    page = client.get(response.location).text
    assert "인천의 금속가공 회사" in page and "적다" in page


def test_what_was_written_is_not_overwritten_by_the_company(client, officer, centre):
    company = make_company(centre)
    sign_in(client, officer).post("/cases/new", data=form(company_id=str(company.id), industry="도금", headcount="18"))
    case = db.session.query(Case).one()
    assert (case.industry, case.headcount, case.section) == ("도금", 18, "C")


def test_a_company_of_another_centre_can_not_be_linked(client, officer):
    stranger = make_company(make_centre())
    response = sign_in(client, officer).post("/cases/new", data=form(company_id=str(stranger.id)))
    assert response.status_code == 422 and db.session.query(Case).count() == 0
    assert "새봄정밀" not in client.get("/cases/companies?company_text=새봄").text


def test_companies_are_found_for_the_form(client, officer, centre):
    make_company(centre)
    assert "새봄정밀" in sign_in(client, officer).get("/cases/companies?company_text=새봄").text


def test_bad_input_is_named_and_kept(client, officer):
    response = sign_in(client, officer).post("/cases/new", data=form(headline="", headcount="열 명", problem="남은 글"))
    assert response.status_code == 422
    assert "제목을 적어 주세요" in response.text and "남은 글" in response.text


def test_an_old_version_is_refused(client, officer, centre):
    case = make_case(centre, CaseState.DRAFT)
    sign_in(client, officer).post(f"/cases/{case.id}/edit", data=form(headline="새 제목", version="1"))
    late = client.post(f"/cases/{case.id}/edit", data=form(headline="늦은 제목", version="1"))
    assert late.status_code == 422 and "다른 사람이" in late.text
    assert db.session.get(Case, case.id).headline == "새 제목"


@pytest.mark.parametrize("state", [CaseState.REVIEW, CaseState.PUBLISHED, CaseState.WITHDRAWN])
def test_a_reviewed_case_is_not_edited(client, officer, centre, state):
    case = make_case(centre, state)
    response = sign_in(client, officer).post(f"/cases/{case.id}/edit", data=form(version="1"))
    assert response.status_code == 422 and "고칠 수 없습니다" in response.text


def test_the_way_to_publication(client, officer, reviewer, centre):
    case = make_case(centre, CaseState.DRAFT, author_id=officer.id)
    make_crowd(centre)
    sign_in(client, officer)
    for state in ("fact_check", "consent", "review"):
        client.post(f"/cases/{case.id}/state", data={"state": state})
    assert db.session.get(Case, case.id).state is CaseState.REVIEW
    page = client.post(f"/cases/{case.id}/state", data={"state": "published"}, follow_redirects=True).text
    assert "작성하거나 고친 사람은 게시할 수 없습니다" in page
    sign_in(client, reviewer).post(f"/cases/{case.id}/state", data={"state": "published"})
    assert db.session.get(Case, case.id).state is CaseState.PUBLISHED
    history = audit.history(db.session, "case", case.id)
    assert history[0].user_id == reviewer.id and history[0].changes["state"] == ["검토", "게시"]


def test_one_who_edited_can_not_publish_either(client, officer, reviewer, centre):
    case = make_case(centre, CaseState.DRAFT, author_id=officer.id)
    sign_in(client, reviewer).post(f"/cases/{case.id}/edit", data=form(headline="고친 제목", version="1"))
    db.session.get(Case, case.id).state = CaseState.REVIEW
    page = client.post(f"/cases/{case.id}/state", data={"state": "published"}, follow_redirects=True).text
    assert "작성하거나 고친" in page


def test_facts_and_consent_come_before_their_steps(client, officer, centre):
    case = make_case(centre, CaseState.FACT_CHECK, fact_checked_on=None, consent_scope=ConsentScope.NONE)
    sign_in(client, officer)
    page = client.post(f"/cases/{case.id}/state", data={"state": "consent"}, follow_redirects=True).text
    assert "사실 확인일과" in page and db.session.get(Case, case.id).state is CaseState.FACT_CHECK


def test_a_move_the_table_lacks_is_refused(client, reviewer, centre):
    case = make_case(centre, CaseState.DRAFT)
    page = sign_in(client, reviewer).post(
        f"/cases/{case.id}/state", data={"state": "published"}, follow_redirects=True).text
    assert "바꿀 수 없습니다" in page
    assert client.get(f"/cases/{case.id}/state").status_code == 405


def test_warnings_about_programmes_must_be_read(client, reviewer, centre):
    case = make_case(centre, CaseState.REVIEW, author_id=10**6)
    make_crowd(centre)
    case.programmes = [make_programme(certainty=Certainty.SECONDARY)]
    sign_in(client, reviewer)
    assert "2차 자료로만" in client.get(f"/cases/{case.id}").text
    client.post(f"/cases/{case.id}/state", data={"state": "published"})
    assert db.session.get(Case, case.id).state is CaseState.REVIEW
    client.post(f"/cases/{case.id}/state", data={"state": "published", "acknowledged": "1"})
    assert db.session.get(Case, case.id).state is CaseState.PUBLISHED
    assert "2차 자료" in str(audit.history(db.session, "case", case.id)[0].changes["acknowledged"])


def test_planners_write_but_do_not_publish(client, centre):
    case = make_case(centre, CaseState.REVIEW, author_id=10**6)
    sign_in(client, make_user(Role.PLANNER, centre=centre))
    assert client.get("/cases/new").status_code == 200
    page = client.post(f"/cases/{case.id}/state", data={"state": "published"}, follow_redirects=True).text
    assert "게시는 홍보담당" in page


def test_other_centres_read_what_is_published_but_not_who_it_is(client, centre):
    company = make_company(centre)
    shown = make_case(centre, company_id=company.id)
    hidden = make_case(centre, CaseState.REVIEW, headline="아직 비밀")
    sign_in(client, make_user(Role.PROMOTION, centre=make_centre()))
    page = client.get(f"/cases/{shown.id}").text
    assert shown.headline in page
    assert "새봄정밀" not in page and "동의서 2026-3호" not in page and "42명" not in page
    assert client.get(f"/cases/{hidden.id}").status_code == 404
    assert "아직 비밀" not in client.get("/cases/").text
    assert client.get(f"/cases/{shown.id}/edit").status_code == 403
    assert client.post(f"/cases/{shown.id}/state", data={"state": "withdrawn"}).status_code == 403


def test_headquarters_sees_and_writes_all(client, centre):
    case = make_case(centre, CaseState.DRAFT)
    sign_in(client, make_user(Role.HEADQUARTERS))
    assert client.get(f"/cases/{case.id}/edit").status_code == 200


def test_auditors_read_only(client, centre):
    case = make_case(centre, CaseState.DRAFT)
    sign_in(client, make_user(Role.AUDITOR))
    assert client.get(f"/cases/{case.id}").status_code == 200
    assert client.post(f"/cases/{case.id}/state", data={"state": "fact_check"}).status_code == 403


def test_partners_and_strangers_are_kept_out(client, centre):
    case = make_case(centre)
    assert client.get(f"/cases/{case.id}").status_code == 302
    sign_in(client, make_user(Role.PARTNER))
    for path in ("/cases/", f"/cases/{case.id}", f"/cases/{case.id}/photos"):
        assert client.get(path).status_code == 403


def test_the_list_is_filtered(client, officer, centre):
    make_case(centre, headline="교대조 이야기")
    make_case(centre, CaseState.DRAFT, headline="쓰는 중인 이야기", section="J", keywords=["소프트웨어"])
    sign_in(client, officer)
    assert "쓰는 중인" not in client.get("/cases/?state=published").text
    assert "교대조" not in client.get("/cases/?section=J").text
    assert "쓰는 중인" in client.get("/cases/?q=소프트웨어").text
    assert "쓰는 중인" not in client.get("/cases/?q=소프트웨어&state=published").text
    make_case(centre, headline="대체 인력을 뽑았다", needs=["substitute"])
    found = client.get("/cases/?q=대체인력 뽑기").text
    assert "<mark>대체 인력</mark>을 뽑았다" in found and "교대조 이야기" not in found
    assert "교대조 이야기" not in client.get("/cases/?need=substitute").text
    assert "조건에 맞는 사례가 없습니다" in client.get("/cases/?q=없는말&state=junk&page=x").text
    assert client.get("/cases/999").status_code == 404


def test_a_case_follows_its_company_into_a_merge(session, centre):
    gone, kept = make_company(centre), make_company(centre, "새봄정밀공업")
    case = make_case(centre, company_id=gone.id)
    follow_merge(session, CompanyMerge(gone.id, kept.id, {}, {}, NOW))
    session.refresh(case)
    assert case.company_id == kept.id


def test_a_company_page_shows_cases_like_it(client, officer, centre):
    company = make_company(centre)
    make_case(centre, headline="비슷한 회사 이야기")
    make_case(centre, headline="바로 그 회사 이야기", company_id=company.id)
    page = sign_in(client, officer).get(f"/companies/{company.id}").text
    assert "비슷한 회사 이야기" in page and "바로 그 회사 이야기" not in page
