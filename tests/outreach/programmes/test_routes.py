"""The catalogue's pages: who reads what, keeping, the command."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from outreach.db import db
from outreach.programmes import rules, service
from outreach.programmes.models import Programme, ProgrammeVersion
from outreach.regions.models import Certainty
from outreach.scope import Role
from tests.people import NOW, make_user, sign_in

TODAY = date(2026, 11, 23)
KEEPERS = [Role.HEADQUARTERS, Role.ADMINISTRATOR]


@pytest.fixture
def programme(app):
    service.load_reference(db.session, NOW)
    return db.session.scalars(sa.select(Programme).filter_by(code="substitute-grant")).one()


@pytest.fixture
def version(programme):
    return rules.current(programme.versions, TODAY)


@pytest.fixture
def keeper(client):
    return sign_in(client, make_user(Role.HEADQUARTERS, name="이본부"))


def paths(programme, version):
    return [
        "/programmes/new", f"/programmes/{programme.id}/edit", f"/programmes/{programme.id}/versions/new",
        f"/programmes/versions/{version.id}/edit", f"/programmes/versions/{version.id}/check",
    ]


@pytest.mark.parametrize("role", list(Role))
def test_everyone_reads(client, programme, role):
    sign_in(client, make_user(role))
    text = client.get("/programmes/").text
    assert "대체인력 지원금" in text
    assert "월 140만 원" in text
    assert "2차 자료" in text
    assert client.get(f"/programmes/{programme.id}").status_code == 200


def test_nobody_reads_unsigned(client, programme):
    assert client.get("/programmes/").status_code == 302


@pytest.mark.parametrize("role", [role for role in Role if role not in KEEPERS])
def test_readers_are_offered_and_allowed_no_edit(client, programme, version, role):
    sign_in(client, make_user(role))
    assert "versions/new" not in client.get(f"/programmes/{programme.id}").text
    for path in paths(programme, version):
        assert client.get(path).status_code == 403
        assert client.post(path).status_code == 403


@pytest.mark.parametrize("role", KEEPERS)
def test_keepers_open_every_form(client, programme, version, role):
    sign_in(client, make_user(role))
    for path in paths(programme, version):
        assert client.get(path).status_code == 200, path


def test_staff_see_the_past_and_partners_the_present(client, programme, version):
    past = programme.versions[0].summary_ko = "옛날의 요약"
    sign_in(client, make_user(Role.PLANNER))
    assert past in client.get(f"/programmes/{programme.id}").text
    sign_in(client, make_user(Role.PARTNER))
    text = client.get(f"/programmes/{programme.id}").text
    assert past not in text
    assert version.summary_ko in text
    version.valid_to = date(2026, 11, 1)
    assert client.get(f"/programmes/{programme.id}").status_code == 404
    assert "대체인력 지원금" not in client.get("/programmes/").text


@pytest.mark.parametrize("path", ["/programmes/999", "/programmes/999/edit", "/programmes/versions/999/check"])
def test_unknown_rows(keeper, path):
    assert keeper.get(path).status_code == 404


def test_empty_catalogue_says_what_to_do(keeper):
    assert "reference load" in keeper.get("/programmes/").text


def version_form(version, **values):
    form = {
        "version": version.version, "valid_from": version.valid_from, "summary_ko": version.summary_ko,
        "summary_en": version.summary_en, "audience": version.audience, "conditions": version.conditions,
        "period": version.period, "apply_at": version.apply_at, "legal_basis": version.legal_basis,
        "combination": version.combination,
    }
    for place, amount in enumerate(version.amounts):
        won = "" if amount["amount_won"] is None else amount["amount_won"]
        form |= {f"amounts-{place}-{name}": value for name, value in {**amount, "amount_won": won}.items()}
    return {**form, **values}


def test_saving_unchanged_changes_nothing_but_the_edit_counter(keeper, version):
    before = {name: getattr(version, name) for name in ("amounts", "conditions", "certainty", "checked_on")}
    response = keeper.post(f"/programmes/versions/{version.id}/edit", data=version_form(version))
    assert response.status_code == 302
    assert {name: getattr(version, name) for name in before} == before


def test_edit_amounts(keeper, version):
    data = version_form(version, **{"amounts-0-amount_won": "1500000", "amounts-1-label": ""})
    data |= {"amounts-3-label": "새 항목", "amounts-3-unit": "원", "amounts-3-note": "공고 확인"}
    assert keeper.post(f"/programmes/versions/{version.id}/edit", data=data).status_code == 302
    assert [amount["amount_won"] for amount in version.amounts] == [1_500_000, 1_200_000, None]
    assert version.certainty is Certainty.RECALLED
    assert "월 150만 원" in keeper.get(f"/programmes/{version.programme_id}").text


def test_bad_input_keeps_what_was_written(keeper, version):
    path = f"/programmes/versions/{version.id}/edit"
    response = keeper.post(path, data=version_form(version, summary_ko="", period="쓰던 기간"))
    assert response.status_code == 422
    assert "쓰던 기간" in response.text
    response = keeper.post(path, data=version_form(version, **{"amounts-0-amount_won": "-1"}))
    assert response.status_code == 422
    data = version_form(version)
    keeper.post(path, data=data)
    stale = keeper.post(path, data={**data, "period": "늦은 값"})
    assert stale.status_code == 422
    assert "다른 사람이" in stale.text
    assert "늦은 값" in stale.text


def test_new_version(keeper, programme, version):
    path = f"/programmes/{programme.id}/versions/new"
    assert version.summary_ko in keeper.get(path).text
    data = version_form(version, valid_from="2027-01-01", summary_ko="내년의 요약")
    assert keeper.post(path, data=data).location == f"/programmes/{programme.id}"
    assert version.valid_to == date(2026, 12, 31)
    text = keeper.get(f"/programmes/{programme.id}").text
    assert "내년의 요약" in text
    assert "시행 예정" in text
    assert keeper.post(path, data=data).status_code == 422


def test_check(keeper, version):
    path = f"/programmes/versions/{version.id}/check"
    data = {
        "version": version.version, "certainty": "V", "source": "고시 제10호", "source_url": "https://law.example/10",
        "checked_on": "2026-11-23",
    }
    assert keeper.post(path, data={**data, "certainty": "M"}).status_code == 422
    assert keeper.post(path, data={**data, "source_url": "javascript:alert(1)"}).status_code == 422
    assert keeper.post(path, data={**data, "checked_on": "2027-01-01"}).status_code == 422
    assert keeper.post(path, data=data).location == f"/programmes/{version.programme_id}"
    assert (version.certainty, version.checked_by) == (Certainty.VERIFIED, "이본부")


def test_create_and_retire(keeper, programme):
    data = {
        "code": "guro-grant", "kind": "local", "payee": "employer", "name_ko": "구로 지원금", "agency": "구로구",
        "active": "y", "summary_ko": "요약", "amounts-0-label": "1명", "amounts-0-amount_won": "100000",
        "amounts-0-unit": "원/월",
    }
    response = keeper.post("/programmes/new", data=data)
    assert response.status_code == 302
    assert keeper.post("/programmes/new", data=data).status_code == 422
    assert keeper.post("/programmes/new", data={**data, "code": "Not a code"}).status_code == 422
    row = db.session.scalars(sa.select(Programme).filter_by(code="guro-grant")).one()
    edit = {**data, "version": row.version, "active": ""}
    del edit["active"]
    assert keeper.post(f"/programmes/{row.id}/edit", data=edit).status_code == 302
    assert row.active is False
    assert "안내 안 함" in keeper.get("/programmes/").text


def test_the_command_loads_regions_and_programmes(app):
    result = app.test_cli_runner().invoke(args=["reference", "load"])
    assert result.exit_code == 0, result.output
    assert "제도 +24" in result.output
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ProgrammeVersion)) > 24
