"""The list of partners: whose it shows, filters, export."""

from datetime import date
from io import BytesIO

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from outreach.audit.models import AccessKind, AccessRecord
from outreach.organisations.models import OrganisationContact, OrganisationKind
from outreach.regions.loading import load_reference
from outreach.regions.models import Region
from outreach.scope import Role
from tests.people import make_centre, make_organisation, make_user, sign_in


def test_centre_staff_see_their_centres_and_headquarters_partners(officer):
    make_organisation(None, "전국중소기업단체")
    make_organisation(make_centre(), "남의센터기관")
    page = officer.get("/partners/").text
    assert "시험산업단지관리공단" in page and "전국중소기업단체" in page
    assert "남의센터기관" not in page


@pytest.mark.parametrize("role", [Role.HEADQUARTERS, Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_whole_sees_all(client, partner, role):
    make_organisation(make_centre(), "다른센터기관")
    page = sign_in(client, make_user(role)).get("/partners/").text
    assert "시험산업단지관리공단" in page and "다른센터기관" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [("q=산업단지", True), ("q=김담당", True), ("q=없는이름", False), ("kind=complex_manager", True),
     ("kind=related_agency", False), ("kind=nonsense", True), ("mou=ending", True), ("mou=ended", False),
     ("state=closed", False), ("page=99", True), ("province=x", True), ("q=%25", False)],
)
def test_filters(officer, partner, query, shown):
    partner.mou_to = date(2026, 12, 31)
    partner.contacts.append(OrganisationContact(name="김담당"))
    assert ("시험산업단지관리공단" in officer.get(f"/partners/?{query}").text) is shown


def test_a_province_matches_its_districts(officer, partner, session):
    load_reference(session)
    bundang = session.scalar(sa.select(Region).where(Region.code == "41135"))
    seoul = session.scalar(sa.select(Region).where(Region.code == "11"))
    partner.regions = [bundang]
    assert "시험산업단지관리공단" in officer.get(f"/partners/?province={bundang.parent_id}").text
    assert "시험산업단지관리공단" not in officer.get(f"/partners/?province={seoul.id}").text


def test_the_badge_says_how_many_days_are_left(officer, partner):
    partner.mou_from, partner.mou_to = date(2025, 1, 1), date(2026, 12, 3)
    assert "곧 종료 · 10일 남음" in officer.get("/partners/").text


def test_ending_agreements_stand_on_the_first_page(officer, partner):
    assert "협약이 곧 끝나는" not in officer.get("/").text
    partner.mou_to = date(2026, 12, 3)
    assert "협약이 곧 끝나는" in officer.get("/").text


def test_export_holds_the_filtered_rows_and_is_logged(officer, partner, centre, session):
    partner.contacts.append(OrganisationContact(name="=김담당", phone="031-000-0000"))
    make_organisation(centre, "빠질기관", OrganisationKind.RELATED_AGENCY)
    response = officer.get("/partners/export.xlsx?kind=complex_manager")
    rows = CalamineWorkbook.from_filelike(BytesIO(response.data)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows] == ["기관 이름", "시험산업단지관리공단"]
    assert rows[1][-1] == "=김담당 (031-000-0000)"
    record = session.scalar(sa.select(AccessRecord).where(AccessRecord.kind == AccessKind.EXPORT))
    assert record.subject_ids == [partner.id] and "complex_manager" in record.detail


def test_partners_have_no_list(insider):
    assert insider.get("/partners/").status_code == 403
    assert insider.get("/partners/export.xlsx").status_code == 403


def test_anonymous_is_sent_to_sign_in(client, partner):
    assert "/login" in client.get("/partners/").location
