"""The audience's pages: who may choose, what is counted while choosing, whose data is noted."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from campaigns.audience import service
from campaigns.audience.models import Audience
from campaigns.planning import service as planning
from outreach.audit.models import AccessKind, AccessRecord
from outreach.audit.service import SERVICE
from outreach.db import db
from outreach.scope import Role
from tests.campaigns.audience.making import make_contact
from tests.people import make_user, sign_in


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION)


@pytest.fixture
def campaign(officer, now):
    return planning.create(db.session, officer.scope(), SERVICE, {"name": "시험 캠페인"}, now=now)


@pytest.fixture
def audience(campaign, now):
    conditions = {"sections": ["C"], "recent_days": 0}
    return service.save(db.session, SERVICE, campaign, name="제조업", conditions=conditions, now=now)


@pytest.fixture
def browse(app):
    return lambda user: sign_in(app.test_client(), user)


def path(campaign, rest=""):
    return f"/campaigns/{campaign.id}/audiences/{rest}"


# -- who may choose ---------------------------------------------------------------------------------------


def test_anonymous_people_are_sent_to_sign_in(client, campaign):
    assert "/login" in client.get(path(campaign, "new")).location


@pytest.mark.parametrize("role", [Role.PARTNER, Role.PLANNER, Role.AUDITOR])
def test_only_editors_choose(browse, campaign, role):
    client = browse(make_user(role))
    assert client.get(path(campaign, "new")).status_code == 403
    assert client.post(path(campaign, "count")).status_code == 403


def test_another_centre_finds_nothing(browse, campaign, audience):
    client = browse(make_user(Role.PROMOTION))
    for rest in ("new", f"{audience.id}", f"{audience.id}/size", f"{audience.id}/recipients.xlsx"):
        assert client.get(path(campaign, rest)).status_code == 404
    for rest in ("count", "sample", f"{audience.id}/delete"):
        assert client.post(path(campaign, rest)).status_code == 404


@pytest.mark.parametrize("rest", ["count", "sample", "1/delete"])
def test_acts_are_posts(browse, officer, campaign, rest):
    assert browse(officer).get(path(campaign, rest)).status_code == 405


# -- choosing ---------------------------------------------------------------------------------------------


def test_an_audience_is_made_and_changed(browse, officer, campaign):
    client = browse(officer)
    data = {"name": "정보통신업", "sections": ["J"], "min_headcount": "30", "max_headcount": "99", "recent_days": "14"}
    made_at = client.post(path(campaign, "new"), data=data).location
    made = db.session.query(Audience).one()
    assert made.conditions["sections"] == ["J"] and made.conditions["recent_days"] == 14
    page = client.get(made_at).text
    assert 'value="J" checked' in page and 'value="30"' in page
    client.post(made_at, data={"name": "이름을 바꿈", "recent_days": "0", "version": made.version})
    assert made.name == "이름을 바꿈" and made.conditions["sections"] == []
    assert made.conditions["recent_days"] == 0


def test_a_stale_version_is_refused(browse, officer, campaign, audience, now):
    old = audience.version
    service.save(
        db.session, SERVICE, campaign, name="먼저", conditions={}, now=now, audience=audience, version=old
    )
    page = browse(officer).post(path(campaign, f"{audience.id}"), data={"name": "나중", "version": old}).text
    assert "다른 사람이 내용을 저장했습니다" in page
    assert audience.name == "먼저"


@pytest.mark.parametrize(
    "data", [{"name": " "}, {"name": "x", "sections": ["Z"]}, {"name": "x", "min_headcount": "-1"}]
)
def test_bad_input_is_refused(browse, officer, campaign, data):
    assert browse(officer).post(path(campaign, "new"), data=data).status_code == 200
    assert db.session.query(Audience).count() == 0


def test_another_centres_mailing_can_not_be_asked_about(browse, officer, campaign):
    page = browse(officer).post(path(campaign, "count"), data={"mailed": ["999"]}).text
    assert "명에게 보냄" not in page


def test_a_free_audience_is_deleted(browse, officer, campaign, audience):
    browse(officer).post(path(campaign, f"{audience.id}/delete"))
    assert db.session.query(Audience).count() == 0


# -- counting ---------------------------------------------------------------------------------------------


def test_the_count_follows_the_form(browse, officer, campaign):
    make_contact(officer.centre_id)
    make_contact(officer.centre_id, section="J", ksic="62010")
    make_contact(officer.centre_id, email="")
    client = browse(officer)
    page = client.post(path(campaign, "count"), data={"sections": ["C"]}).text
    assert '<strong class="num">1</strong>' in page
    assert "메일 주소 없음" in page and "제조업" in page
    assert "광고 수신 동의 없음" not in page
    page = client.post(path(campaign, "count"), data={"advertising": "1"}).text
    assert '<strong class="num">0</strong>' in page and "광고 수신 동의 없음" in page


def test_a_contradiction_is_said_instead_of_counted(browse, officer, campaign):
    page = browse(officer).post(path(campaign, "count"), data={"min_headcount": "50", "max_headcount": "10"}).text
    assert "최소 인원이 최대 인원보다 큽니다" in page


def test_counting_names_nobody_and_the_sample_is_noted(browse, officer, campaign):
    contact = make_contact(officer.centre_id)
    make_contact(None)
    client = browse(officer)
    assert contact.email not in client.post(path(campaign, "count")).text
    assert db.session.query(AccessRecord).count() == 0
    page = client.post(path(campaign, "sample")).text
    assert contact.email in page
    record = db.session.query(AccessRecord).one()
    assert (record.kind, record.subject_ids) == (AccessKind.VIEW, [contact.id])


def test_the_workbook_is_noted(browse, officer, campaign, audience):
    make_contact(officer.centre_id)
    make_contact(officer.centre_id, section="J")
    response = browse(officer).get(path(campaign, f"{audience.id}/recipients.xlsx"))
    assert load_workbook(io.BytesIO(response.data)).active.max_row == 2
    assert db.session.query(AccessRecord).filter_by(kind=AccessKind.EXPORT).one().subject_count == 1


def test_the_campaign_shows_its_audiences_in_words(browse, officer, campaign, audience):
    make_contact(officer.centre_id)
    client = browse(officer)
    page = client.get(f"/campaigns/{campaign.id}").text
    assert "제조업" in page and "업종" in page
    assert "1명" in client.get(path(campaign, f"{audience.id}/size")).text
