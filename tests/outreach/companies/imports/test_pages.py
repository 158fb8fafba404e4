"""The import on its pages: who may, the way through, hostile files, rejects."""

from __future__ import annotations

import errno
import io
import os

import openpyxl
import pytest
import sqlalchemy as sa

from outreach.audit.models import AccessKind, AccessRecord
from outreach.companies.imports import service
from outreach.companies.models import Company, Import, ImportProfile, ImportState
from outreach.db import db
from outreach.demo.companies import fictional_companies
from outreach.demo.workbook import office_workbook
from outreach.jobs.models import Job
from outreach.jobs.runner import JobSource
from outreach.regions.loading import load_reference
from outreach.scope import Role
from outreach.uploads.models import Upload
from tests.outreach.companies import office_files
from tests.outreach.companies.imports.lists import HEADINGS, company_row, folder, listing
from tests.people import make_centre, make_user, sign_in

FIELDS = ("company.name", "company.business_number", "workplace.address", "workplace.headcount", "workplace.phone",
          "contact.name", "contact.title", "contact.email")  # fmt: skip
COLUMNS = {f"column-{at}": target for at, target in enumerate(FIELDS)}


@pytest.fixture
def centre(app):
    load_reference(db.session)
    return make_centre()


@pytest.fixture
def officer(client, centre):
    return sign_in(client, make_user(Role.PROMOTION, centre=centre))


def send(client, content, name="명단.csv"):
    return client.post("/companies/imports/new", data={"file": (io.BytesIO(content), name)})


def only(model):
    (row,) = db.session.scalars(sa.select(model)).all()
    return row


def stored(model):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


# -- who may ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.HEADQUARTERS, Role.CENTRE_MANAGER, Role.PROMOTION])
def test_editors_see_history_and_upload(client, centre, role):
    sign_in(client, make_user(role, centre=centre if role is not Role.HEADQUARTERS else None))
    assert client.get("/companies/imports/").status_code == 200
    assert "끌어다" in client.get("/companies/imports/new").text


@pytest.mark.parametrize("role", [Role.PARTNER, Role.PLANNER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_others_can_not_import(client, centre, role):
    sign_in(client, make_user(role, centre=centre if role is Role.PLANNER else None))
    assert client.get("/companies/imports/").status_code == 403
    assert send(client, listing([company_row(1)])).status_code == 403
    assert stored(Import) == 0


def test_another_centre_finds_nothing(client, officer):
    send(officer, listing([company_row(1)]))
    import_id = only(Import).id
    sign_in(client, make_user(Role.PROMOTION, centre=make_centre()))
    assert "명단.csv" not in client.get("/companies/imports/").text
    for path in ("", "/mapping", "/rejects.xlsx"):
        assert client.get(f"/companies/imports/{import_id}{path}").status_code == 404, path
    for path in ("start", "cancel", "mapping"):
        assert client.post(f"/companies/imports/{import_id}/{path}").status_code == 404, path


# -- the way through -------------------------------------------------------------------------------------


def test_upload_mapping_check_import_and_result(app, officer):
    rows = [company_row(1), company_row(2), company_row(3, 사업자등록번호="123-45-67890")]
    response = send(officer, listing(rows))
    import_id = only(Import).id
    assert response.location.endswith(f"/companies/imports/{import_id}/mapping")
    page = officer.get(response.location).text
    assert "사업자등록번호가 같으면 같은 기업" in page
    assert "hr1@firm1.example.kr" in page and "확실" in page
    response = officer.post(response.location, data={**COLUMNS, "purpose": "advertising", "remember": "y"})
    assert response.status_code == 302
    page = officer.get(response.location).text
    assert "아직 아무것도 저장하지 않았습니다" in page and "123-45-67890" in page
    assert "기업 2곳을 새로 등록하고" in page
    assert stored(Company) == 0
    assert officer.post(f"/companies/imports/{import_id}/start").status_code == 302
    assert officer.get(f"/companies/imports/{import_id}").status_code == 200
    assert JobSource(app).step()
    page = officer.get(f"/companies/imports/{import_id}").text
    assert "가져옴" in page and stored(Company) == 2
    assert only(Import).state is ImportState.DONE
    assert "명단.csv" in officer.get("/companies/imports/").text
    assert officer.post(f"/companies/imports/{import_id}/start").status_code == 409
    assert officer.post(f"/companies/imports/{import_id}/cancel").status_code == 409
    assert officer.get(f"/companies/imports/{import_id}/mapping").status_code == 302


def test_a_long_list_is_checked_in_the_background(app, officer, monkeypatch):
    monkeypatch.setattr(service, "SMALL", 2)
    send(officer, listing([company_row(1), company_row(2)]))
    response = officer.post(f"/companies/imports/{only(Import).id}/mapping", data={**COLUMNS, "purpose": "advertising"})
    assert only(Import).state is ImportState.CHECKING
    assert "/progress" in officer.get(response.location).text
    assert JobSource(app).step()
    assert only(Import).state is ImportState.CHECKED
    assert stored(Company) == 0


def test_a_saved_mapping_is_used_again(officer):
    content = listing([["㈜하나", "02-2100-0001", "특별한 값"]], ["기업명", "전화번호", "우리만의 열"])
    send(officer, content)
    url = f"/companies/imports/{only(Import).id}/mapping"
    mine = {"column-0": "company.name", "column-1": "workplace.phone", "column-2": "company.memo"}
    officer.post(url, data={**mine, "purpose": "advertising", "remember": "y"})
    assert only(ImportProfile).mapping["2"] == "company.memo"
    page = officer.get(send(officer, content, "다음 달.csv").location).text
    assert "다시 썼습니다" in page and "직접 지정" in page


def test_a_mapping_that_can_not_be_used_is_explained(officer):
    send(officer, listing([company_row(1)]))
    url = f"/companies/imports/{only(Import).id}/mapping"
    response = officer.post(url, data={**COLUMNS, "column-0": "", "purpose": "advertising"})
    assert response.status_code == 422 and "기업명 열을 지정해 주세요" in response.text
    twice = {**COLUMNS, "column-5": "company.name"}
    assert officer.post(url, data={**twice, "purpose": "advertising"}).status_code == 422
    future = officer.post(url, data={**COLUMNS, "purpose": "advertising", "as_of": "2030-01-01"})
    assert "오늘이나 그 전" in future.text
    assert only(Import).state is ImportState.UPLOADED


def test_consent_needs_evidence(officer):
    send(officer, listing([[*company_row(1), "동의"]], [*HEADINGS, "수신동의"]))
    url = f"/companies/imports/{only(Import).id}/mapping"
    data = {**COLUMNS, "column-8": "contact.consent", "purpose": "advertising"}
    assert "어떻게 받았는지" in officer.post(url, data=data).text
    assert "자료 기준일을" in officer.post(url, data={**data, "evidence": "신청서"}).text
    assert officer.post(url, data={**data, "evidence": "신청서", "as_of": "2026-11-01"}).status_code == 302


def test_sheet_and_heading_rows_can_be_chosen(officer):
    sheets = {"표지": [["2026년 명단"]], "가": [["기업명", "전화번호"], ["하나", "02-100-2000"]],
              "나": [["아무 말", ""], ["상호", "연락처"], ["둘", "02-100-3000"]]}
    send(officer, office_files.xlsx(sheets), "두 시트.xlsx")
    url = f"/companies/imports/{only(Import).id}/mapping"
    assert "02-100-3000" in officer.get(f"{url}?sheet=나").text
    assert "02-100-2000" in officer.get(f"{url}?sheet=가&first=1&last=1").text
    for nonsense in ("sheet=없음", "first=9&last=2", "first=x&last=y", "last=59"):
        assert officer.get(f"{url}?{nonsense}").status_code == 200, nonsense


def test_cancelled_before_it_began_nothing_is_stored(officer):
    send(officer, listing([company_row(1)]))
    import_id = only(Import).id
    officer.post(f"/companies/imports/{import_id}/mapping", data={**COLUMNS, "purpose": "advertising"})
    assert officer.post(f"/companies/imports/{import_id}/cancel").status_code == 302
    assert only(Import).state is ImportState.CANCELLED and stored(Company) == 0
    assert officer.get(f"/companies/imports/{import_id}").status_code == 200


# -- rejects ---------------------------------------------------------------------------------------------


def test_rejects_are_text_and_their_download_is_recorded(officer):
    rows = [company_row(1), company_row(2, 사업자등록번호="1", 기업명='=HYPERLINK("http://x.example","㈜둘")')]
    send(officer, listing(rows))
    import_id = only(Import).id
    officer.post(f"/companies/imports/{import_id}/mapping", data={**COLUMNS, "purpose": "advertising"})
    response = officer.get(f"/companies/imports/{import_id}/rejects.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(response.data)).active
    heading, row = sheet.iter_rows()
    assert [cell.value for cell in heading][:5] == ["원본 행", "열", "반려 사유", "기업명", "사업자등록번호"]
    assert (row[0].value, row[1].value) == (3, "B")
    assert row[3].data_type == "s" and row[3].value.startswith("=HYPERLINK")
    record = db.session.scalars(sa.select(AccessRecord).filter_by(kind=AccessKind.EXPORT)).one()
    assert record.subject == "import" and record.subject_ids == [import_id]


# -- files that are none -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "빈 파일"), (b"%PDF-1.7 ...", "PDF"), (b"PK\x03\x04 broken", "손상"),
        (office_files.ole_with("EncryptedPackage"), "암호"), (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"a,b\n" + b"\xff\xfe\x00\x81" * 40, None), (b"\x00" * 4000, "빈 파일"),
    ],
)
def test_hostile_files_are_explained_and_nothing_is_kept(app, officer, content, words):
    response = send(officer, content, "파일.xlsx")
    assert response.status_code == 422
    assert words is None or words in response.text
    assert (stored(Import), stored(Upload)) == (0, 0)
    assert not folder(app).exists() or not any(folder(app).rglob("*"))


def test_no_file_and_a_file_too_large(officer, monkeypatch):
    assert "골라 주세요" in officer.post("/companies/imports/new", data={}).text
    monkeypatch.setattr(service, "WEB_LIMIT", 100)
    response = send(officer, listing([company_row(1), company_row(2)]))
    assert response.status_code == 422 and "너무 큽니다" in response.text
    assert stored(Upload) == 0


def test_full_disk_keeps_nothing(app, officer, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    response = send(officer, listing([company_row(1)]))
    assert response.status_code == 422 and "저장 공간이 부족합니다" in response.text
    assert (stored(Import), stored(Upload)) == (0, 0)
    assert not [path for path in folder(app).rglob("*") if path.is_file()]


def test_a_file_gone_from_the_disk_fails_the_job_with_the_reason(app, officer):
    send(officer, listing([company_row(1)]))
    import_id = only(Import).id
    officer.post(f"/companies/imports/{import_id}/mapping", data={**COLUMNS, "purpose": "advertising"})
    officer.post(f"/companies/imports/{import_id}/start")
    for path in folder(app).rglob("*"):
        if path.is_file():
            path.unlink()
    JobSource(app).step()
    assert only(Import).state is ImportState.FAILED
    assert "찾을 수 없습니다" in officer.get(f"/companies/imports/{import_id}").text


def test_office_workbook_through_the_pages(app, officer):
    send(officer, office_workbook(list(fictional_companies(60))), "입주기업현황.xlsx")
    row = only(Import)
    page = officer.get(f"/companies/imports/{row.id}/mapping").text
    assert "입주기업현황.xlsx" in page and "담당자 &gt; 이메일" in page
    assert stored(Job) == 0
