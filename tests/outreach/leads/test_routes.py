"""The lead pages: owner, colleague, stranger, bad id, bad input, GET changes nothing."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from outreach.audit.models import AccessRecord
from outreach.db import db
from outreach.leads import service
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import ActivityKind, LeadState
from outreach.leads.service import LogEntry
from outreach.scope import Role
from tests.outreach.leads.making import answer, make_company
from tests.people import make_centre, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def planner(centre):
    return make_user(Role.PLANNER, centre=centre, name="박플래너")


@pytest.fixture
def lead(centre, planner):
    return answer(make_company(centre, "한빛정밀"))


def _log_data(lead, **values):
    return {
        "log-version": lead.version, "log-kind": "call", "log-at": "2026-11-23T09:30", "log-note": "담당자와 통화",
        "log-next_action": "방문 약속", "log-next_due": "2026-11-27", **values,
    }


PAGES = ["/leads/", "/leads/list", "/leads/list?state=closed", "/leads/list?sort=planner&dir=desc&due=waiting&planner="]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", [Role.PLANNER, Role.CENTRE_MANAGER, Role.PROMOTION, Role.HEADQUARTERS, Role.AUDITOR])
def test_staff_see_their_lists(client, centre, lead, path, role):
    user = make_user(role, centre=centre if role in {Role.PLANNER, Role.CENTRE_MANAGER, Role.PROMOTION} else None)
    response = sign_in(client, user).get(path)
    assert response.status_code == 200
    shown = "한빛정밀" in response.text
    assert shown == ("closed" not in path and not (role is Role.PLANNER and "planner=" not in path))


@pytest.mark.parametrize("path", [*PAGES, "/leads/export.xlsx"])
def test_another_centre_sees_nothing(client, lead, path):
    response = sign_in(client, make_user(Role.CENTRE_MANAGER)).get(path)
    assert response.status_code == 200
    content = _rows(response) if path.endswith("xlsx") else response.text
    assert "한빛정밀" not in str(content)


def _rows(response):
    return CalamineWorkbook.from_filelike(BytesIO(response.data)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("query", ["planner=²&centre=٣", f"planner={'9' * 30}&centre={'9' * 30}&sort=y&endpoint=z"])
def test_a_nonsense_address_is_read_as_nothing(client, lead, query):
    sign_in(client, make_user(Role.HEADQUARTERS))
    for path in ("/leads/", "/leads/list", "/leads/export.xlsx", "/responses/"):
        assert client.get(f"{path}?{query}&campaign=²").status_code == 200


def test_a_lead_outside_ones_reach_is_not_there(client, lead):
    sign_in(client, make_user(Role.PLANNER))
    assert client.get(f"/leads/{lead.id}").status_code == 404
    assert client.post(f"/leads/{lead.id}/log", data=_log_data(lead)).status_code == 404
    assert client.post(f"/leads/{lead.id}/board-move", data={"state": "visit", "version": 1}).status_code == 404
    assert client.get("/leads/999999").status_code == 404


def test_partners_and_strangers_are_kept_out(client, lead):
    assert client.get("/leads/").status_code == 302
    sign_in(client, make_user(Role.PARTNER))
    for path in ("/leads/", f"/leads/{lead.id}", "/leads/export.xlsx"):
        assert client.get(path).status_code == 403


def test_promotion_staff_may_look_and_not_touch(client, centre, lead):
    sign_in(client, make_user(Role.PROMOTION, centre=centre))
    page = client.get(f"/leads/{lead.id}")
    assert page.status_code == 200 and "기록 저장" not in page.text
    assert client.post(f"/leads/{lead.id}/log", data=_log_data(lead)).status_code == 403


@pytest.mark.parametrize("role", [Role.PLANNER, Role.CENTRE_MANAGER, Role.HEADQUARTERS, Role.PROMOTION])
def test_the_first_page_says_what_is_to_be_done(client, centre, planner, lead, clock, role):
    clock.advance(days=9)
    belonging = None if role is Role.HEADQUARTERS else centre
    user = planner if role is Role.PLANNER else make_user(role, centre=belonging)
    page = sign_in(client, user).get("/").text
    assert '<div class="stats">' in page
    assert ("한빛정밀" in page and "6일 지남" in page) == (role is Role.PLANNER)
    assert ("박플래너" in page) == (role in {Role.PLANNER, Role.CENTRE_MANAGER, Role.HEADQUARTERS})


def test_the_page_of_a_company_tells_its_whole_history(client, centre, planner, lead, now):
    service.log(
        db.session, planner.scope(), lead.id, LogEntry(ActivityKind.CALL, now, "오전에 통화함"), version=None, now=now
    )
    lead.state, lead.closed_at = LeadState.LOST, now
    db.session.flush()
    again = answer(lead.company, source="response:second", note="다시 문의합니다")
    assert again.id != lead.id
    page = sign_in(client, planner).get(f"/companies/{lead.company_id}").text
    assert page.count("응답: 메일 링크") == 2
    assert page.index("오전에 통화함") > 0 and page.index("다시 문의합니다") > 0


def test_the_page_of_a_lead_is_written_to_the_access_log(client, planner, lead):
    response = sign_in(client, planner).get(f"/leads/{lead.id}")
    assert response.status_code == 200 and "이하나" in response.text
    record = db.session.scalars(sa.select(AccessRecord)).one()
    assert (record.subject, record.subject_ids, record.user_id) == ("lead", [lead.id], planner.id)


def test_looking_changes_nothing(client, planner, lead):
    before = (lead.version, lead.updated_at)
    sign_in(client, planner)
    for path in ("/leads/", "/leads/list", f"/leads/{lead.id}", "/leads/export.xlsx"):
        client.get(path)
    for action in ("log", "next", "move", "close", "take", "assign", "board-move"):
        assert client.get(f"/leads/{lead.id}/{action}").status_code in {405, 404}
    db.session.refresh(lead)
    assert (lead.version, lead.updated_at) == before


def test_logging_a_call(client, planner, lead):
    response = sign_in(client, planner).post(f"/leads/{lead.id}/log", data=_log_data(lead))
    assert response.status_code == 302
    db.session.refresh(lead)
    assert (lead.state, lead.next_action) == (LeadState.CONTACTED, "방문 약속")
    assert lead.first_contact_at.hour == 0  # 09:30 in Korea
    page = client.get(f"/leads/{lead.id}").text
    assert "담당자와 통화" in page and "박플래너" in page


def test_a_character_no_database_can_hold_is_no_breakdown(client, planner, lead):
    """SQLite takes the zero character, PostgreSQL refuses it."""
    sign_in(client, planner)
    assert client.get("/leads/list?q=%00").status_code in (200, 422)
    refused = client.post(f"/leads/{lead.id}/log", data=_log_data(lead, **{"log-note": "통화\0함"}))
    assert refused.status_code in (302, 422)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"log-note": ""}, "입력하신 내용을 확인해 주세요"), ({"log-kind": "state"}, "입력하신 내용을 확인해 주세요"),
        ({"log-next_due": ""}, "함께 적어 주세요"), ({"log-at": "2026-11-24T09:30"}, "다음 할 일"),
    ],
)
def test_a_wrong_log_entry_comes_back_with_its_text(client, planner, lead, values, words):
    response = sign_in(client, planner).post(f"/leads/{lead.id}/log", data=_log_data(lead, **values))
    assert response.status_code == 422
    assert words in response.text and "방문 약속" in response.text
    assert db.session.get_one(Lead, lead.id).state is LeadState.NEW


def test_a_stale_edit_keeps_the_persons_text_and_shows_the_others(client, planner, lead):
    old = _log_data(lead, **{"log-note": "내가 쓰던 긴 글"})
    sign_in(client, planner).post(f"/leads/{lead.id}/log", data=_log_data(lead, **{"log-note": "먼저 저장한 글"}))
    response = client.post(f"/leads/{lead.id}/log", data=old)
    assert response.status_code == 409
    assert "다른 사람이 먼저 저장했습니다" in response.text
    assert "내가 쓰던 긴 글" in response.text and "먼저 저장한 글" in response.text
    notes = sa.select(LeadActivity.note).where(LeadActivity.lead_id == lead.id)
    assert "내가 쓰던 긴 글" not in db.session.scalars(notes).all()
    db.session.refresh(lead)
    assert f'name="log-version" value="{lead.version}"' in response.text
    again = client.post(f"/leads/{lead.id}/log", data=old | {"log-version": lead.version})
    assert again.status_code == 302 and "내가 쓰던 긴 글" in db.session.scalars(notes).all()


def test_moving_a_card_draws_the_board_again(client, planner, lead):
    sign_in(client, planner)
    data = {"state": "visit", "version": lead.version}
    response = client.post(f"/leads/{lead.id}/board-move?planner=", data=data, headers={"HX-Request": "true"})
    assert response.status_code == 200 and response.text.lstrip().startswith("<div id=\"lead-board\"")
    assert db.session.get_one(Lead, lead.id).state is LeadState.VISIT
    stale = client.post(f"/leads/{lead.id}/board-move", data=data, headers={"HX-Request": "true"})
    assert "그 사이 다른 사람이" in stale.text
    plain = client.post(f"/leads/{lead.id}/board-move?q=x", data=data | {"state": "nonsense"})
    assert plain.status_code == 302 and plain.location.endswith("/leads/?q=x")


def test_closing_and_reopening(client, planner, lead):
    sign_in(client, planner)
    refused = client.post(f"/leads/{lead.id}/close", data={"close-version": lead.version, "close-state": "won"})
    assert refused.status_code == 422
    data = {"close-version": lead.version, "close-state": "won", "close-outcome": "유연근무 장려금 신청"}
    assert client.post(f"/leads/{lead.id}/close", data=data).status_code == 302
    lead = db.session.get_one(Lead, lead.id)
    assert lead.state is LeadState.WON
    assert "다시 열기" in client.get(f"/leads/{lead.id}").text
    client.post(f"/leads/{lead.id}/move", data={"version": lead.version, "state": "contacted"})
    assert db.session.get_one(Lead, lead.id).closed_at is None


def test_planning_taking_and_assigning(client, centre, lead):
    manager = make_user(Role.CENTRE_MANAGER, centre=centre, name="한센터장")
    colleague = make_user(Role.PLANNER, centre=centre, name="정플래너")
    sign_in(client, manager)
    assert "정플래너" in client.get(f"/leads/{lead.id}").text
    data = {"assign-version": lead.version, "assign-planner": colleague.id}
    assert client.post(f"/leads/{lead.id}/assign", data=data).status_code == 302
    lead = db.session.get_one(Lead, lead.id)
    assert lead.planner_id == colleague.id
    lead.planner = None
    db.session.flush()
    sign_in(client, colleague)
    assert client.post(f"/leads/{lead.id}/assign", data=data).status_code == 403
    assert client.post(f"/leads/{lead.id}/take", data={"version": lead.version}).status_code == 302
    lead = db.session.get_one(Lead, lead.id)
    plan = {"next-version": lead.version, "next-next_action": "자료 보내기", "next-next_due": "2026-11-25"}
    assert client.post(f"/leads/{lead.id}/next", data=plan).status_code == 302
    assert db.session.get_one(Lead, lead.id).next_action == "자료 보내기"


def test_the_export_is_logged_and_holds_no_formula(client, centre, planner):
    lead = answer(make_company(centre, "=1+1"))
    response = sign_in(client, planner).get("/leads/export.xlsx")
    rows = _rows(response)
    assert rows[0][0] == "기업명" and rows[1][0] == "=1+1"
    with ZipFile(BytesIO(response.data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    record = db.session.scalars(sa.select(AccessRecord)).one()
    assert (record.kind.value, record.subject_ids) == ("export", [lead.id])
