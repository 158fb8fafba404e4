"""The access log's page: who reads it, filters in Korean days, the export with its reason."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from outreach.audit.models import AccessKind, AccessRecord
from outreach.audit.service import Actor, record_access
from outreach.scope import Role
from tests.people import make_user, sign_in

PLANNER = Actor(7, "plan@suwon.example", "10.0.0.7")


@pytest.fixture
def records(session, now):
    record_access(session, PLANNER, AccessKind.VIEW, "lead", [1, 2, 3], now=now)
    record_access(session, PLANNER, AccessKind.EXPORT, "company", [4], now=now, detail="월간 보고")
    late = datetime(2026, 11, 10, 15, 30, tzinfo=UTC)  # 11 November, 00:30 in Korea
    record_access(session, Actor(8, "head@daegu.example"), AccessKind.VIEW, "contact", [5], now=late)


@pytest.fixture
def auditor(client, records):
    return sign_in(client, make_user(Role.AUDITOR, email="audit@labor.example"))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.HEADQUARTERS])
def test_who_reads_it(client, records, role):
    page = sign_in(client, make_user(role)).get("/audit/").text
    assert "plan@suwon.example" in page and "월간 보고" in page and "10.0.0.7" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [("person=plan", True), ("person=head", False), ("kind=export", True), ("kind=delete", False),
     ("kind=nonsense", True), ("subject=company", True), ("subject=mailing", False),
     ("since=2026-11-23&until=2026-11-23", True), ("until=2026-11-22", False), ("since=nonsense", True),
     ("since=0001-01-01", True), ("person=%25", False)],
)
def test_filters(auditor, query, shown):
    assert ("월간 보고" in auditor.get(f"/audit/?{query}").text) is shown


@pytest.mark.parametrize(("day", "shown"), [("2026-11-10", False), ("2026-11-11", True)])
def test_days_are_korean_days(auditor, day, shown):
    assert ("head@daegu.example" in auditor.get(f"/audit/?since={day}&until={day}").text) is shown


def test_reading_the_log_is_logged(auditor, session):
    auditor.get("/audit/")
    record = session.scalar(sa.select(AccessRecord).where(AccessRecord.subject == "access_record"))
    assert record.user_email == "audit@labor.example" and record.subject_count == 3


def test_the_export_holds_the_filtered_rows_and_its_reason(auditor, session):
    response = auditor.post("/audit/export?kind=export", data={"reason": "11월 정기 점검"})
    rows = CalamineWorkbook.from_filelike(BytesIO(response.data)).get_sheet_by_index(0).to_python()
    assert len(rows) == 2 and rows[1][1] == "plan@suwon.example"
    record = session.scalar(
        sa.select(AccessRecord).where(AccessRecord.subject == "access_record", AccessRecord.kind == AccessKind.EXPORT)
    )
    assert record.detail == "11월 정기 점검" and record.subject_count == 1


@pytest.mark.parametrize("reason", ["", "점검", "가" * 201])
def test_the_export_needs_a_reason(auditor, session, reason):
    response = auditor.post("/audit/export?kind=export", data={"reason": reason})
    assert response.status_code == 302 and "kind=export" in response.location
    assert "까닭을" in auditor.get(response.location).text


def test_get_is_refused_for_the_export(auditor):
    assert auditor.get("/audit/export").status_code == 405


@pytest.mark.parametrize("role", [Role.CENTRE_MANAGER, Role.PROMOTION, Role.PLANNER, Role.PARTNER])
def test_other_roles_are_refused(client, records, role):
    sign_in(client, make_user(role))
    assert client.get("/audit/").status_code == 403
    assert client.post("/audit/export", data={"reason": "점검합니다"}).status_code == 403


def test_anonymous_is_sent_to_sign_in(client):
    assert "/login" in client.get("/audit/").location
