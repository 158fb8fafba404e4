"""What the public reaches: forged, rotated and forwarded links, GET that changes nothing, one answer per
form, leaving and coming back."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.responses.models import ClickEvent, Response, WeakSignal
from campaigns.responses.rules import Channel, ResponseState
from campaigns.responses.service import MACHINE_MADE
from outreach import links
from outreach.audit.models import ChangeRecord
from outreach.companies.models import Consent, ConsentPurpose, Contact, Suppression, SuppressionReason
from outreach.db import db
from outreach.leads.models import Lead
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from outreach.signing import Signer
from outreach.web.protection import limiter
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing, make_place, nonce
from tests.outreach.leads.making import make_company
from tests.people import make_centre, make_user


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def planner(centre):
    return make_user(Role.PLANNER, centre=centre)


@pytest.fixture
def delivery(centre, planner):
    return make_delivery(make_mailing(make_campaign(centre)), make_company(centre, "한빛정밀"))


@pytest.fixture
def place(centre, planner):
    return make_place(make_campaign(centre))


@pytest.fixture
def signer(app):
    return app.extensions["outreach"].signer


@pytest.fixture
def paths(signer, delivery):
    """The delivery's addresses, without the site's own."""
    return {
        "form": links.form_url("", signer, delivery.id),
        "leave": links.unsubscribe_url("", signer, delivery.id),
    }


def _count(model):
    """As it stands now, whoever wrote it."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def _answer(**values):
    return {"wants": ["flexible", "visit"], "nonce": nonce(), **values}


# -- links that are none of ours --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["c", "r", "u", "q"])
@pytest.mark.parametrize("token", ["x", "AAAA", "한글", "a" * 300, "cm9nZXI"])
def test_a_bad_token_is_a_friendly_404(client, kind, token):
    response = client.get(f"/{kind}/{token}")
    assert response.status_code == 404 and "열 수 없는 링크입니다" in response.text


def test_a_token_holds_for_its_own_purpose_only(client, signer, delivery):
    for path in (f"/r/{signer.sign('u', delivery.id)}", f"/u/{signer.sign('r', delivery.id)}",
                 f"/q/{signer.sign('r', delivery.id)}", f"/c/{signer.sign('r', delivery.id)}"):
        assert client.get(path).status_code == 404
    assert client.post(f"/u/{signer.sign('r', delivery.id)}").status_code == 404
    assert _count(Suppression) == 0


def test_a_token_of_nothing_is_gone(client, signer):
    for token in (signer.sign("r", 999), signer.sign("r", 2**63 + 5)):
        assert client.get(f"/r/{token}").status_code == 404
    assert client.get(f"/c/{signer.sign('c', 999, 0)}").status_code == 404


def test_old_links_work_after_the_keys_were_rotated(app, client, delivery, paths):
    old = app.extensions["outreach"].settings.link_keys[0].encode()
    app.extensions["outreach"].signer = Signer([b"another-key-" + b"y" * 32, old])
    assert client.get(paths["leave"]).status_code == 200
    app.extensions["outreach"].signer = Signer([b"another-key-" + b"y" * 32])
    assert client.get(paths["leave"]).status_code == 404


# -- the form by mail link ----------------------------------------------------------------------------------


def test_the_form_shows_the_company_and_a_masked_person_only(client, paths, delivery):
    page = client.get(paths["form"])
    assert page.status_code == 200
    assert "한빛정밀" in page.text and "김*수" in page.text and "mi***@company.example" in page.text
    contact = db.session.get(Contact, delivery.contact_id)
    for secret in ("김민수", contact.email, contact.phone, "구로구"):
        assert secret not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_looking_at_pages_changes_nothing(client, paths, place, signer):
    code = links.place_url("", signer, place.id)
    for path in (paths["form"], paths["leave"], f"{code}/form", f"{paths['form']}/thanks"):
        for method in ("GET", "HEAD"):
            assert client.open(path, method=method).status_code == 200
    for model in (Response, Lead, Suppression, OutboxMessage, ClickEvent, WeakSignal):
        assert _count(model) == 0


def test_an_answer_opens_the_companys_lead(client, paths, delivery, planner):
    data = _answer(person="이하나", phone="010 1234 5678", email="hana@company.example", consent="y")
    response = client.post(paths["form"], data=data)
    assert response.status_code == 303
    thanks = client.get(response.location)
    assert "02-0000-0009" in thanks.text
    saved = db.session.scalars(sa.select(Response)).one()
    assert (saved.channel, saved.state, saved.phone) == (Channel.MAIL_LINK, ResponseState.VERIFIED, "010-1234-5678")
    assert (saved.campaign_id, saved.company_id) == (delivery.mailing.campaign_id, delivery.company_id)
    lead = saved.lead
    assert (lead.planner_id, lead.contact_name, lead.wants) == (planner.id, "이하나", ["flexible", "visit"])
    to = db.session.scalars(sa.select(OutboxMessage.to_address)).all()
    assert sorted(to) == sorted([planner.email, "hana@company.example"])


def test_an_answer_without_a_name_falls_back_on_whom_we_wrote_to(client, paths):
    client.post(paths["form"], data=_answer())
    assert db.session.scalars(sa.select(Lead)).one().contact_name == "김민수"


def test_an_answer_overwrites_no_record(client, paths, delivery):
    client.post(paths["form"], data=_answer(person="다른 사람", email="other@x.example", consent="y"))
    contact = db.session.get(Contact, delivery.contact_id)
    assert contact.name == "김민수" and contact.email.endswith("@company.example")


def test_pressing_twice_is_one_answer(client, paths):
    data = _answer()
    assert [client.post(paths["form"], data=data).status_code for _ in range(2)] == [303, 303]
    assert (_count(Response), _count(Lead)) == (1, 1)
    client.post(paths["form"], data=_answer())
    assert (_count(Response), _count(Lead)) == (2, 1)


def test_a_form_gone_back_to_and_changed_is_another_answer(client, paths):
    data = _answer()
    refused = client.post(paths["form"], data=data | {"wants": []})
    assert refused.headers["Cache-Control"] == "private, no-cache"  # or "back" would show an error
    for wants in (["visit"], ["visit", "materials"]):
        assert client.post(paths["form"], data=data | {"wants": wants}).status_code == 303
    assert (_count(Response), _count(Lead)) == (2, 1)
    assert db.session.scalars(sa.select(Lead)).one().wants == ["visit", "materials"]


def test_pressing_twice_at_once_is_one_answer(app, paths):
    db.session.commit()
    data, codes = _answer(), []

    def press():
        with app.app_context():
            codes.append(app.test_client().post(paths["form"], data=data).status_code)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    assert codes == [303] * 4 and _count(Response) == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"wants": []}, "하나 이상 고르거나"), ({"person": "이하나"}, "동의가 필요합니다"),
        ({"phone": "전화", "consent": "y"}, "전화번호를 확인"),
        ({"email": "hana@", "consent": "y"}, "전자우편 주소를 확인"),
        ({"message": "제 번호는 900101-1234567"}, "주민등록번호는 적지"),
        ({"wants": ["nonsense"]}, "입력하신 내용을 확인"),
        ({"nonce": ""}, "입력하신 내용을 확인"),
    ],
)
def test_a_wrong_answer_comes_back_as_it_was_written(client, paths, values, words):
    response = client.post(paths["form"], data=_answer(preferred_time="오전") | values)
    assert response.status_code == 422 and words in response.text and "오전" in response.text
    assert _count(Response) == 0


def test_what_a_machine_seems_to_have_filled_in_is_set_aside(client, paths, place, signer):
    """It does nothing, but is not lost: a browser may have filled in the trap for a person."""
    for path in (paths["form"], links.place_url("", signer, place.id)):
        data = _answer(website="https://spam.example", company_name="새길산업", email="a@b.example", consent="y")
        assert client.post(path, data=data).status_code == 303
    saved = db.session.scalars(sa.select(Response)).all()
    assert [(each.state, each.details["reason"]) for each in saved] == [(ResponseState.DISMISSED, MACHINE_MADE)] * 2
    assert _count(Lead) == 0 and _count(OutboxMessage) == 0


def test_an_answer_without_an_address_is_acknowledged_where_we_wrote_to(client, delivery, paths):
    client.post(paths["form"], data=_answer())
    assert delivery.address in db.session.scalars(sa.select(OutboxMessage.to_address)).all()


def test_an_answer_for_a_deleted_company_waits_in_the_tray(client, paths, delivery, centre):
    db.session.delete(db.session.get(Contact, delivery.contact_id).workplace.company)
    db.session.flush()
    assert client.post(paths["form"], data=_answer()).status_code == 303
    saved = db.session.scalars(sa.select(Response)).one()
    assert (saved.state, saved.centre_id, saved.lead_id) == (ResponseState.UNVERIFIED, centre.id, None)


def test_no_acknowledgement_goes_to_an_address_that_opted_out(client, paths, now):
    db.session.add(
        Suppression(address_key="hana@company.example", reason=SuppressionReason.STAFF, source="", created_at=now)
    )
    client.post(paths["form"], data=_answer(email="Hana@company.example", consent="y"))
    assert "Hana@company.example" not in db.session.scalars(sa.select(OutboxMessage.to_address)).all()


@pytest.fixture
def limits(app):
    """Limits are off in tests; here they are on, and counted from nothing."""
    app.config["RATELIMIT_ENABLED"] = True
    limiter.enabled = True
    limiter.init_app(app)
    limiter.reset()
    yield
    limiter.reset()
    limiter.enabled = False


def test_answers_are_limited_by_link(limits, client, paths):
    codes = [client.post(paths["form"], data=_answer()).status_code for _ in range(10)]
    assert codes == [303] * 10
    refused = client.post(paths["form"], data=_answer(message="다시 적기 싫은 긴 글", wants=["visit"]))
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) <= 60
    assert "1분 뒤 다시 눌러 주세요" in refused.text and "다시 적기 싫은 긴 글" in refused.text
    assert client.post(paths["leave"]).status_code == 200  # nobody is hindered from leaving


def test_mistakes_do_not_count_against_the_limit(limits, client, paths):
    assert {client.post(paths["form"], data=_answer(wants=[])).status_code for _ in range(12)} == {422}
    assert client.post(paths["form"], data=_answer()).status_code == 303


def test_colleagues_behind_one_address_do_not_lock_each_other_out(limits, client, signer, centre, paths):
    """Whoever exhausts one company's link, or a QR code's audience answers all at once, others still get through."""
    for _ in range(11):
        last = client.post(paths["form"], data=_answer())
    assert last.status_code == 429
    other = make_delivery(make_mailing(make_campaign(centre)), make_company(centre, "이웃산업"))
    assert client.post(links.form_url("", signer, other.id), data=_answer()).status_code == 303
    hall = links.place_url("", signer, make_place(make_campaign(centre), "설명회장").id)
    codes = {
        client.post(hall, data=_answer(company_name=f"기업 {number}", phone="02-123-4567", consent="y")).status_code
        for number in range(150)
    }
    assert codes == {303}


# -- the form by QR code --------------------------------------------------------------------------------------


def test_an_answer_by_qr_code_waits_in_the_tray(client, signer, place, centre):
    path = links.place_url("", signer, place.id)
    assert "사업자등록번호" in client.get(path, follow_redirects=True).text
    data = _answer(company_name="(주)새길산업", business_number="120-81-47521", phone="02-123-4567", consent="y")
    assert client.post(f"{path}/form", data=data).status_code == 303
    assert client.post(path, data=data).status_code == 303  # where the form stood before codes were counted
    saved = db.session.scalars(sa.select(Response)).one()
    assert (saved.channel, saved.state, saved.lead_id) == (Channel.QR, ResponseState.UNVERIFIED, None)
    assert (saved.business_number, saved.centre_id, saved.place_id) == ("1208147521", centre.id, place.id)
    assert client.get(f"{path}/thanks").status_code == 200


@pytest.mark.parametrize(
    "values",
    [{"company_name": ""}, {"business_number": "120-81-47522"}, {"phone": ""}, {"consent": ""}],
)
def test_an_answer_by_qr_code_names_a_company_and_a_way_to_call_back(client, signer, place, values):
    data = _answer(company_name="새길산업", phone="02-123-4567", consent="y") | values
    assert client.post(links.place_url("", signer, place.id), data=data).status_code == 422
    assert _count(Response) == 0


# -- leaving ---------------------------------------------------------------------------------------------------


def _consent(delivery, now):
    purpose = ConsentPurpose.ADVERTISING
    db.session.add(Consent(contact_id=delivery.contact_id, purpose=purpose, given_at=now, how="서면"))
    db.session.flush()


def test_leaving_suppresses_the_address_and_ends_consents(client, paths, delivery, now):
    _consent(delivery, now)
    page = client.get(paths["leave"])
    assert "Unsubscribe" in page.text and "수신거부" in page.text and delivery.address not in page.text
    done = client.post(paths["leave"])
    assert done.status_code == 200 and "구로고용센터" in done.text and "잘못 눌렀습니다" in done.text
    row = db.session.scalars(sa.select(Suppression)).one()
    assert (row.address_key, row.reason) == (delivery.address_key, SuppressionReason.UNSUBSCRIBED)
    assert db.session.scalars(sa.select(Consent)).one().withdrawn_at == now
    assert client.post(paths["leave"]).status_code == 200
    assert _count(Suppression) == 1
    assert "Already unsubscribed" in client.get(paths["leave"]).text


def test_one_click_needs_no_page_no_cookie_and_no_csrf_token(app, client, paths):
    app.config["WTF_CSRF_ENABLED"] = True
    response = client.post(paths["leave"], data={"List-Unsubscribe": "One-Click"})
    assert (response.status_code, response.text) == (200, "OK")
    assert client.post(paths["form"], data=_answer()).status_code == 303
    assert _count(Suppression) == 1


def test_leaving_works_years_later_for_a_deleted_person(client, clock, paths, delivery):
    db.session.delete(db.session.get(Contact, delivery.contact_id).workplace.company)
    clock.advance(days=3650)
    assert client.post(paths["leave"]).status_code == 200
    assert _count(Suppression) == 1


def _undo_token(page):
    return page.text.split('name="undo" value="')[1].split('"')[0]


def test_a_mistake_is_taken_back_within_the_hour(client, clock, paths, delivery, now):
    _consent(delivery, now)
    token = _undo_token(client.post(paths["leave"]))
    clock.advance(minutes=59)
    assert client.post(f"{paths['leave']}/undo", data={"undo": token}).status_code == 200
    assert _count(Suppression) == 0
    assert db.session.scalars(sa.select(Consent)).one().withdrawn_at is None
    change = db.session.scalars(sa.select(ChangeRecord).where(ChangeRecord.subject == "suppression")).one()
    assert change.action == "lift"


def test_after_the_hour_or_by_another_token_nothing_is_taken_back(client, clock, signer, paths, delivery, now):
    token = _undo_token(client.post(paths["leave"]))
    forged = [links.undo_token(signer, delivery.id + 1, now), "x", ""]
    for other in forged:
        assert client.post(f"{paths['leave']}/undo", data={"undo": other}).status_code == 409
    clock.advance(hours=1, seconds=5)
    assert client.post(f"{paths['leave']}/undo", data={"undo": token}).status_code == 409
    assert "잘못 눌렀습니다" not in client.post(paths["leave"]).text
    assert _count(Suppression) == 1


def test_undo_leaves_another_reason_alone(client, signer, paths, delivery, now):
    db.session.add(
        Suppression(address_key=delivery.address_key, reason=SuppressionReason.COMPLAINT, source="", created_at=now)
    )
    assert "잘못 눌렀습니다" not in client.post(paths["leave"]).text
    undo = links.undo_token(signer, delivery.id, now + timedelta(seconds=0))
    assert client.post(f"{paths['leave']}/undo", data={"undo": undo}).status_code == 409
    assert _count(Suppression) == 1
