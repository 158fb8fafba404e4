"""The tray, typed-in responses, lists and exports: who may see and decide what."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from campaigns.responses import queries, service, tray
from campaigns.responses.models import Response
from campaigns.responses.queries import ResponseFilter
from campaigns.responses.rules import Answer, Channel, ResponseState
from outreach import links
from outreach.audit.models import AccessRecord
from outreach.companies.models import Company
from outreach.db import db
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.leads.models import Lead
from outreach.leads.rules import LeadState
from outreach.scope import Role
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing, make_place, nonce
from tests.outreach.leads.making import BASE_URL, make_company
from tests.people import make_centre, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def campaign(centre):
    return make_campaign(centre)


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre, name="최홍보")


@pytest.fixture
def waiting(campaign, now):
    """An answer by QR code in the tray."""
    company = {"company_name": "새길산업", "business_number": "1208147521"}
    answer = Answer(("visit",), person="이하나", phone="02-123-4567", **company)
    return service.submit_by_place(db.session, make_place(campaign), answer, submission=nonce(), now=now)


def _confirm(officer, response, company, now):
    return tray.confirm(
        db.session, officer.scope(), response.id, company.workplaces[0].id, now=now, base_url=BASE_URL
    )


# -- services ---------------------------------------------------------------------------------------------


def test_the_same_place_keeps_its_code(campaign, now):
    first = make_place(campaign)
    assert make_place(campaign).id == first.id
    assert make_place(campaign, "출입문").id != first.id


def test_confirming_opens_a_lead_once(officer, waiting, centre, now):
    company = make_company(centre, "새길산업")
    confirmed = _confirm(officer, waiting, company, now)
    assert (confirmed.state, confirmed.company_id) == (ResponseState.VERIFIED, company.id)
    assert (confirmed.lead.contact_name, confirmed.decided_by) == ("이하나", officer.id)
    with pytest.raises(Conflict):
        _confirm(officer, waiting, company, now)


def test_the_tray_suggests_by_number_before_name(officer, waiting, centre):
    make_company(centre, "새길산업")
    by_number = make_company(centre, "새길", number="1208147521")
    found = tray.suggestions(db.session, officer.scope(), waiting)
    assert [workplace.company_id for workplace in found] == [by_number.id]
    elsewhere = make_user(Role.PROMOTION)
    assert tray.suggestions(db.session, elsewhere.scope(), waiting) == []


def test_setting_aside_undoes_and_can_be_taken_back(officer, waiting, centre, now):
    company = make_company(centre, "새길산업")
    lead = _confirm(officer, waiting, company, now).lead
    with pytest.raises(Invalid):
        tray.dismiss(db.session, officer.scope(), waiting.id, " ", now=now)
    tray.dismiss(db.session, officer.scope(), waiting.id, "다른 회사였음", now=now)
    assert lead.state is LeadState.LOST and waiting.lead_id is None
    tray.restore(db.session, officer.scope(), waiting.id, now=now)
    assert waiting.state is ResponseState.UNVERIFIED
    other = make_company(centre, "새길")
    assert _confirm(officer, waiting, other, now).lead.company_id == other.id


def test_a_typed_in_response_counts_at_once_when_the_company_is_chosen(officer, centre, campaign, now):
    company = make_company(centre)

    def type_in(user=officer, **values):
        given = {"at": now, "workplace_id": company.workplaces[0].id, "campaign_id": campaign.id} | values
        channel = given.pop("channel", Channel.PHONE)
        answer = Answer(("flexible",), company_name=given.pop("name", ""))
        return service.type_in(db.session, user.scope(), answer, channel, now=now, base_url=BASE_URL, **given)

    response = type_in()
    assert response.state is ResponseState.VERIFIED and response.lead.company_id == company.id
    assert (response.company_name, response.entered_by) == (company.name, officer.id)
    loose = type_in(workplace_id=None, name="모르는 기업")
    assert (loose.state, loose.centre_id, loose.lead_id) == (ResponseState.UNVERIFIED, centre.id, None)
    for wrong in ({"channel": Channel.QR}, {"at": now + timedelta(days=1)}, {"workplace_id": None}):
        with pytest.raises(Invalid):
            type_in(**wrong)
    with pytest.raises(Forbidden):
        type_in(make_user(Role.AUDITOR))
    with pytest.raises(NotFound):
        type_in(make_user(Role.PROMOTION))


def test_filters(officer, waiting, campaign, now):
    def count(**values):
        query = queries.matching(officer.scope(), ResponseFilter(**values))
        return len(db.session.scalars(query).all())

    assert count() == count(want="visit") == count(channel="qr") == count(campaign_id=campaign.id) == 1
    assert count(text="새길") == count(text="120-81-47521") == count(since=now.date(), until=now.date()) == 1
    assert count(want="flexible") == count(state="verified") == count(until=now.date() - timedelta(days=1)) == 0


def test_counts_for_the_first_page(officer, waiting, now):
    assert queries.count_waiting(db.session, officer.scope()) == 1
    assert queries.counts_since(db.session, officer.scope(), queries.week_start(now)) == (1, 0)
    assert queries.week_start(now).weekday() == 6  # Sunday 15:00 UTC is Monday in Korea


# -- pages --------------------------------------------------------------------------------------------------


def test_the_list_and_its_scope(client, officer, waiting):
    for path in ("/responses/", "/responses/?state=unverified&want=visit&since=2026-11-01&campaign=x"):
        assert "새길산업" in sign_in(client, officer).get(path).text
        assert "새길산업" not in sign_in(client, make_user(Role.PROMOTION)).get(path).text
        assert sign_in(client, make_user(Role.PARTNER)).get(path).status_code == 403


def test_a_response_page_is_logged_and_within_reach_only(client, officer, waiting):
    page = sign_in(client, officer).get(f"/responses/{waiting.id}")
    assert page.status_code == 200 and "이하나" in page.text and "로비 포스터" in page.text
    assert db.session.scalars(sa.select(AccessRecord)).one().subject_ids == [waiting.id]
    sign_in(client, make_user(Role.PROMOTION))
    assert client.get(f"/responses/{waiting.id}").status_code == 404
    for action in ("confirm", "confirm-new", "dismiss", "restore"):
        data = {"workplace_id": 1, "name": "x", "reason": "x"}
        assert client.post(f"/responses/{waiting.id}/{action}", data=data).status_code == 404


def test_confirming_on_the_page(client, officer, waiting, centre):
    company = make_company(centre, "새길산업")
    sign_in(client, officer)
    assert client.post(f"/responses/{waiting.id}/confirm", data={}).status_code == 422
    data = {"workplace_id": company.workplaces[0].id}
    assert client.post(f"/responses/{waiting.id}/confirm", data=data).status_code == 302
    again = client.post(f"/responses/{waiting.id}/confirm", data=data)
    assert again.status_code == 409 and "다른 사람이 이 응답을 처리" in again.text
    lead = db.session.scalars(sa.select(Lead)).one()
    assert "QR 코드" in client.get(f"/leads/{lead.id}").text  # the panel of the lead's page


def test_another_centres_workplace_is_no_choice(client, officer, waiting):
    other = make_company(make_centre())
    data = {"workplace_id": other.workplaces[0].id}
    assert sign_in(client, officer).post(f"/responses/{waiting.id}/confirm", data=data).status_code == 404
    assert db.session.get(Response, waiting.id).state is ResponseState.UNVERIFIED


def test_entering_a_new_company_from_the_tray(client, officer, waiting, centre):
    sign_in(client, officer)
    wrong = client.post(f"/responses/{waiting.id}/confirm-new", data={"name": "새길산업", "business_number": "123"})
    assert wrong.status_code == 422
    data = {"name": "새길산업", "business_number": "1208147521", "address": "", "phone": "02-123-4567"}
    assert client.post(f"/responses/{waiting.id}/confirm-new", data=data).status_code == 302
    company = db.session.scalars(sa.select(Company)).one()
    assert (company.business_number, company.workplaces[0].centre_id) == ("1208147521", centre.id)
    assert db.session.scalars(sa.select(Lead)).one().company_id == company.id


def test_a_response_of_another_centres_company_is_handed_over(client, officer, waiting, campaign, now):
    """A code is scanned by whoever comes by; the centre whose company it is finds the answer in its own tray."""
    other = make_centre(name="구미고용센터")
    company = make_company(other, "새길산업")
    company.business_number = waiting.business_number
    db.session.flush()
    page = sign_in(client, officer).get(f"/responses/{waiting.id}").text
    assert "다른 센터 관할입니다" in page and f'selected value="{other.id}"' in page
    path = f"/responses/{waiting.id}/hand-over"
    assert client.post(path, data={"over-centre_id": 0}).status_code == 422
    assert client.post(path, data={"over-centre_id": officer.centre_id}).status_code == 422
    assert client.post(path, data={"over-centre_id": other.id}).location == "/responses/?state=unverified"
    assert client.get(f"/responses/{waiting.id}").status_code == 404
    colleague = make_user(Role.PROMOTION, centre=other)
    page = sign_in(client, colleague).get(f"/responses/{waiting.id}").text
    assert "구로고용센터" in page and "새길산업" in page and "다른 센터 관할입니다" not in page
    data = {"workplace_id": company.workplaces[0].id}
    assert client.post(f"/responses/{waiting.id}/confirm", data=data).status_code == 302
    assert db.session.scalars(sa.select(Lead)).one().centre_id == other.id
    with pytest.raises(Conflict):
        tray.hand_over(db.session, colleague.scope(), waiting.id, officer.centre_id, now=now)


def test_setting_aside_on_the_page(client, officer, waiting):
    sign_in(client, officer)
    assert client.post(f"/responses/{waiting.id}/dismiss", data={"reason": ""}).status_code == 422
    assert client.post(f"/responses/{waiting.id}/dismiss", data={"reason": "장난"}).status_code == 302
    assert "장난" in client.get(f"/responses/{waiting.id}").text
    assert client.post(f"/responses/{waiting.id}/restore").status_code == 302
    assert client.post(f"/responses/{waiting.id}/restore").status_code == 409


def test_typing_one_in_on_the_page(client, officer, centre, campaign):
    company = make_company(centre, "한빛정밀")
    sign_in(client, officer)
    assert client.get("/responses/new?q=한빛").text.count("한빛정밀") == 1
    assert "한빛정밀" in client.get("/responses/companies?q=한빛").text
    data = {
        "channel": "phone", "at": "2026-11-23T09:00", "campaign_id": campaign.id, "wants": ["substitute"],
        "person": "이하나", "phone": "02-123-4567", "message": "복직자 문의", "q": "한빛",
    }
    refused = client.post("/responses/new", data=data)
    assert refused.status_code == 422 and "복직자 문의" in refused.text and "한빛정밀" in refused.text
    data["workplace_id"] = company.workplaces[0].id
    late = client.post("/responses/new", data=data | {"at": "2027-01-01T09:00"})
    assert late.status_code == 422 and "뒤일 수 없습니다" in late.text
    saved = client.post("/responses/new", data=data)
    assert saved.status_code == 302
    assert db.session.scalars(sa.select(Lead)).one().company_id == company.id


def test_auditors_look_and_do_not_decide(client, waiting):
    sign_in(client, make_user(Role.AUDITOR))
    assert client.get(f"/responses/{waiting.id}").status_code == 200
    assert client.get("/responses/new").status_code == 403
    assert client.post(f"/responses/{waiting.id}/dismiss", data={"reason": "x"}).status_code == 403


def test_the_export(client, officer, waiting):
    response = sign_in(client, officer).get("/responses/export.xlsx?state=unverified")
    rows = CalamineWorkbook.from_filelike(BytesIO(response.data)).get_sheet_by_index(0).to_python()
    assert rows[1][1:4] == ["새길산업", "120-81-47521", "QR 코드"]
    assert db.session.scalars(sa.select(AccessRecord.kind)).one().value == "export"


def test_a_later_mail_answer_joins_the_open_lead(client, app, officer, waiting, centre, campaign, now):
    company = make_company(centre, "새길산업")
    lead = _confirm(officer, waiting, company, now).lead
    delivery = make_delivery(make_mailing(campaign), company)
    path = links.form_url("", app.extensions["outreach"].signer, delivery.id)
    client.post(path, data={"wants": ["materials"], "nonce": nonce()})
    assert db.session.get(Lead, lead.id).wants == ["visit", "materials"]
    assert len(queries.of_lead(db.session, officer.scope(), lead.id)) == 2
