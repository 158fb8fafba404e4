"""`companies import`: what it prints, what it stores, how it ends."""

from __future__ import annotations

import json

import openpyxl
import pytest
import sqlalchemy as sa

from outreach.companies.models import Company, Import, Workplace
from outreach.db import db
from outreach.regions.loading import load_reference
from outreach.uploads.models import Upload
from tests.outreach.companies.imports.lists import company_row, folder, listing
from tests.people import make_centre


@pytest.fixture
def run(app, tmp_path):
    load_reference(db.session)
    db.session.commit()

    def command(content: bytes | None, *options: str):
        path = tmp_path / "list.csv"
        if content is not None:
            path.write_bytes(content)
        return app.test_cli_runner().invoke(args=["companies", "import", str(path), *options])

    return command


def count(model):
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def last_json(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


ROWS = [
    company_row(1), company_row(2), company_row(3, 사업자등록번호="123-45-67890"), company_row(4, 이메일="a@naver.con")
]


def test_json_counts_companies_and_rows(run):
    result = run(listing(ROWS), "--json")
    assert result.exit_code == 0
    assert last_json(result) == {
        "read": 4, "created": 3, "updated": 0, "unchanged": 0, "rejected": 1, "warnings": 1
    }
    assert count(Company) == 3
    again = run(listing(ROWS), "--json")
    assert again.exit_code == 0, again.output
    assert last_json(again)["unchanged"] == 3 and last_json(again)["created"] == 0


def test_dry_run_leaves_nothing_behind(app, run, tmp_path):
    result = run(listing(ROWS), "--dry-run", "--json", "--rejects", str(tmp_path / "out.xlsx"))
    assert result.exit_code == 0 and last_json(result)["created"] == 3
    assert (count(Company), count(Import), count(Upload)) == (0, 0, 0)
    assert not folder(app).exists() or not any(folder(app).rglob("*"))
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert [cell.value for cell in sheet[2]][:2] == [4, "B"]


def test_rejects_of_the_import_itself(run, tmp_path):
    assert run(listing(ROWS), "--rejects", str(tmp_path / "out.xlsx")).exit_code == 0
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet.max_row == 2 and sheet["D2"].value == "㈜시험3정밀"


def test_words_for_a_person(run):
    result = run(listing(ROWS))
    assert "새 기업 3" in result.stdout and "오타로 보이는 이메일 주소: 1" in result.stdout


def test_centre_keeps_what_no_address_assigns(run):
    centre = make_centre(code="my-centre")
    db.session.commit()
    assert run(listing([company_row(1, 소재지="")]), "--centre", "my-centre").exit_code == 0
    assert db.session.scalar(sa.select(Workplace.centre_id)) == centre.id
    assert db.session.scalar(sa.select(Import.centre_id)) == centre.id


def test_exit_status_1_when_nothing_can_be_imported(run):
    assert run(b"%PDF-1.7").exit_code == 1
    assert run(b"").exit_code == 1
    result = run(listing([company_row(1, 사업자등록번호="1")]), "--json")
    assert result.exit_code == 1 and last_json(result)["rejected"] == 1
    assert "열" in run(b"a,b\n1,2\n").output


@pytest.mark.parametrize("options", [["--centre", "nowhere"], ["--as-of", "2030-01-01"], ["--as-of", "x"], ["--what"]])
def test_exit_status_2_for_bad_arguments(run, options):
    assert run(listing(ROWS), *options).exit_code == 2
    assert count(Company) == 0


def test_no_such_file(run):
    assert run(None).exit_code == 2


def test_nothing_is_imported_if_the_rejects_have_no_place(run, tmp_path):
    result = run(listing(ROWS), "--rejects", str(tmp_path / "nowhere" / "out.xlsx"))
    assert result.exit_code == 2 and "nowhere" in result.output
    assert count(Company) == 0
