"""What comes back: letters by their code, answers by their QR code, wishes to get no more."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.post import returns, service
from campaigns.post.models import PostItem, PostObjection
from campaigns.post.rules import ItemState, Objection, ReturnReason, letter_code, shown_code
from campaigns.responses import clicks
from campaigns.responses.models import Response, WeakSignal
from campaigns.responses.rules import Channel, ResponseState
from outreach import links
from outreach.audit.models import ChangeRecord
from outreach.companies.models import Company
from outreach.db import db
from outreach.errors import Conflict, Invalid, NotFound
from outreach.leads.models import Lead, LeadActivity
from outreach.scope import Role
from tests.campaigns.post.making import Setting
from tests.campaigns.responses.making import nonce
from tests.people import NOW, make_user


@pytest.fixture
def items(setting: Setting) -> list[PostItem]:
    """Three letters, posted."""
    for _each in range(3):
        setting.company(email="")
    made = setting.make()
    service.post(db.session, setting.actor, setting.run, now=NOW)
    return made


def scan(setting: Setting, text: str, reason: ReturnReason = ReturnReason.MOVED) -> PostItem:
    signer = setting.app.extensions["outreach"].signer
    return returns.scan(db.session, setting.officer.scope(), setting.actor, signer, text, reason, now=NOW)


def path(setting: Setting, item: PostItem, more: str = "") -> str:
    return links.letter_url("", setting.app.extensions["outreach"].signer, item.id) + more


def test_either_code_of_a_letter_brings_it_back(setting, items):
    assert scan(setting, f"{shown_code(items[0].code)}\n") is items[0]
    assert scan(setting, f"http://localhost{path(setting, items[1])}/stop") is items[1]
    assert [item.state for item in items] == [ItemState.RETURNED, ItemState.RETURNED, ItemState.POSTED]
    note = db.session.scalars(sa.select(ChangeRecord).filter_by(action="post_returned")).first()
    assert (note.subject, note.subject_id, note.changes["post"]) == ("company", items[0].company_id, [None, "이사"])
    assert returns.recent(db.session, setting.officer.scope())[0].id in {items[0].id, items[1].id}


def test_any_other_code_is_refused_and_nothing_is_changed(setting, items):
    for text in ("000010000133", "8801234567893", "http://localhost/p/forged", "https://elsewhere.example/x"):
        with pytest.raises(Invalid):
            scan(setting, text)
    with pytest.raises(NotFound):
        scan(setting, letter_code(999, 1))
    assert {item.state for item in items} == {ItemState.POSTED}


def test_twice_is_told_and_another_centres_letter_is_not_there(setting, items):
    scan(setting, items[0].code, ReturnReason.UNKNOWN)
    with pytest.raises(Conflict, match="주소 불명"):
        scan(setting, items[0].code)
    setting.officer = make_user(Role.PROMOTION)
    with pytest.raises(NotFound):
        scan(setting, items[1].code)
    with pytest.raises(NotFound):
        returns.undo(db.session, setting.officer.scope(), setting.actor, items[0].id, now=NOW)


def test_undoing_takes_back_what_followed(setting, items):
    scan(setting, items[0].code, ReturnReason.REFUSED)
    assert db.session.scalar(sa.select(PostObjection.kind)) is Objection.REFUSED
    returns.undo(db.session, setting.officer.scope(), setting.actor, items[0].id, now=NOW)
    assert db.session.scalar(sa.select(PostObjection.id)) is None
    assert (items[0].state, items[0].returned_at, items[0].returned_reason) == (ItemState.POSTED, None, None)
    with pytest.raises(Conflict):
        returns.undo(db.session, setting.officer.scope(), setting.actor, items[0].id, now=NOW)


# -- answers ------------------------------------------------------------------------------------------------


def test_an_answer_by_the_code_is_the_companys_own(setting, items, client):
    address = path(setting, items[0])
    page = client.get(address)
    assert page.status_code == 200 and items[0].name in page.text and "우편 그만 받기" in page.text
    assert "김민수" not in page.text and "김*수" not in page.text and "시험로" not in page.text
    form = {"wants": "visit", "nonce": nonce(), "message": "연락 주세요"}
    for _twice in range(2):
        assert client.post(address, data=form).status_code == 303
    [response] = db.session.scalars(sa.select(Response))
    assert (response.channel, response.state, response.company_id) == (
        Channel.POST, ResponseState.VERIFIED, items[0].company_id)
    assert response.place_id == setting.run.place_id and response.campaign_id == setting.campaign.id
    item = db.session.get(PostItem, items[0].id)
    assert (item.state, item.response_id) == (ItemState.ANSWERED, response.id)
    lead = db.session.scalars(sa.select(Lead)).one()
    assert lead.company_id == items[0].company_id
    assert db.session.scalars(sa.select(LeadActivity.source_label)).first() == "우편"


def test_a_scan_is_noted_for_the_run_and_the_form_names_no_other(setting, items, client):
    client.get(path(setting, items[0]))
    client.get(path(setting, items[1]))
    clicks.Intake(setting.app).step()
    assert db.session.scalars(sa.select(WeakSignal.place_id)).all() == [setting.run.place_id] * 2
    assert client.get("/p/forged").status_code == client.get(path(setting, items[0])[:-2]).status_code == 404
    assert client.post(path(setting, items[0]), data={"nonce": nonce()}).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 0


def test_an_answer_for_a_company_that_is_gone_waits_in_the_tray(setting, items, client):
    address = path(setting, items[0])
    db.session.delete(db.session.get(Company, items[0].company_id))
    db.session.commit()
    assert client.post(address, data={"wants": "visit", "nonce": nonce()}).status_code == 303
    [response] = db.session.scalars(sa.select(Response))
    assert (response.state, response.company_id) == (ResponseState.UNVERIFIED, None)
    assert response.company_name.startswith("시험정밀")


def test_looking_changes_nothing_and_one_press_ends_the_letters(setting, items, client):
    address = path(setting, items[0], "/stop")
    page = client.get(address)
    assert "안내 편지를 더 보내지 않을까요?" in page.text and db.session.scalar(sa.select(PostObjection.id)) is None
    for _twice in range(2):
        assert "처리했습니다" in client.post(address).text
    [row] = db.session.scalars(sa.select(PostObjection))
    assert (row.kind, row.company_id, row.source) == (Objection.ASKED, items[0].company_id, f"post:{items[0].id}")
    assert "처리했습니다" in client.get(address).text
