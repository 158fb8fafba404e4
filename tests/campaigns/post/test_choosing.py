"""Who is written to: the numbers, their order, and what a company has said about hearing from us."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.post import merging, retention, returns, service
from campaigns.post.models import PostItem, PostObjection
from campaigns.post.rules import Exclusion, ItemState, Objection, ReturnReason, RunState
from campaigns.responses.models import ResponsePlace
from outreach.companies.consent import suppress
from outreach.companies.models import Contact, SuppressionReason, Workplace
from outreach.db import db
from outreach.errors import Conflict, Invalid, StaleEdit
from outreach.feature import CompanyMerge
from tests.campaigns.post.making import Setting, make_run
from tests.campaigns.responses.making import make_campaign, make_mailing
from tests.people import NOW, make_centre

WEEK = timedelta(days=8)


def left_out(setting: Setting, **how: object) -> dict[Exclusion, int]:
    """The exclusions that apply to someone."""
    return {name: number for name, number in setting.count(**how).excluded.items() if number}


def test_whom_a_mail_reaches_gets_no_letter(setting):
    setting.company(email="a@company.example")
    without, empty = setting.company(), setting.company(email="")
    elsewhere = setting.company()
    elsewhere.workplaces[0].centre_id = make_centre().id
    numbers = setting.count()
    assert (numbers.matched, numbers.letters, numbers.companies) == (2, 2, 2)
    assert [row.company_id for row in setting.make()] == [without.id, empty.id]


def test_a_company_that_one_of_its_places_can_be_mailed_at_is_not_written_to(setting):
    company = setting.company(email="a@company.example")
    db.session.add(Workplace(
        company=company, centre_id=setting.centre.id, address="서울 금천구 1", address_key="금천구1", postcode="08500",
        created_at=NOW, updated_at=NOW,
    ))
    db.session.flush()
    assert setting.count().matched == 0


def test_every_exclusion_is_counted_once(setting):
    setting.company()
    setting.company(address="", address_key="")
    setting.company(postcode="")
    setting.company(postcode="151")
    twice = setting.company(address="서울특별시 구로구 공단로 9", address_key="구로구공단로9")
    db.session.add(Workplace(
        company=twice, name="2공장", centre_id=setting.centre.id, address="서울시 구로구 공단로 9",
        address_key="구로구공단로9", postcode="08390", created_at=NOW, updated_at=NOW,
    ))
    db.session.flush()
    numbers = setting.count()
    assert left_out(setting) == {Exclusion.NO_ADDRESS: 1, Exclusion.NO_POSTCODE: 2, Exclusion.SAME_PLACE: 1}
    assert (numbers.matched, numbers.letters, numbers.companies) == (6, 2, 2)
    assert numbers.matched == numbers.letters + sum(numbers.excluded.values())
    assert len(setting.make()) == numbers.letters == setting.run.numbers["letters"]


def test_a_refusal_holds_whatever_the_medium_but_a_dead_address_is_none(setting):
    refusals = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT, SuppressionReason.STAFF)
    for reason in SuppressionReason:
        setting.company(email=f"{reason.value}@company.example")
        suppress(db.session, f"{reason.value}@company.example", reason, "시험", NOW)
    assert left_out(setting) == {Exclusion.OBJECTED: len(refusals)}
    assert setting.count().letters == len(SuppressionReason) - len(refusals)


def test_one_colleague_who_left_speaks_for_the_whole_company(setting):
    company = setting.company()
    far = Workplace(company=company, centre_id=None, created_at=NOW, updated_at=NOW)
    far.contacts.append(Contact(email="b@company.example", address_key="b@company.example", created_at=NOW,
                                updated_at=NOW))
    db.session.add(far)
    db.session.flush()
    suppress(db.session, "b@company.example", SuppressionReason.UNSUBSCRIBED, "시험", NOW)
    assert left_out(setting) == {Exclusion.OBJECTED: 1}


def test_a_wish_for_no_letters_survives_the_company(setting):
    company = setting.company(name="새봄")
    [item] = setting.make()
    returns.object_to(db.session, item, Objection.ASKED, now=NOW)
    returns.object_to(db.session, item, Objection.REFUSED, now=NOW)
    [row] = db.session.scalars(sa.select(PostObjection))
    assert row.kind is Objection.ASKED
    key, address = company.name_key, company.workplaces[0].address_key
    db.session.delete(company)
    db.session.flush()
    again = setting.company(address_key=address)
    again.name_key = key
    later = setting.count(make_run(setting.campaign, setting.audience, setting.base), NOW + WEEK)
    assert later.excluded[Exclusion.OBJECTED] == 1 and later.letters == 0


def test_the_order_is_that_of_the_post(setting):
    wanted = [
        setting.company("06100", address="서울 강남구 나로 2", address_key="나2"),
        setting.company("06100", address="서울 강남구 가로 1", address_key="가1"),
        setting.company("04500"), setting.company("13400"),
    ]
    items = setting.make()
    assert [item.company_id for item in items] == [wanted[place].id for place in (2, 1, 0, 3)]
    assert [item.position for item in items] == [1, 2, 3, 4] and len({item.code for item in items}) == 4


def test_what_is_made_is_frozen(setting):
    company = setting.company()
    company.workplaces[0].name = "본사"
    [item] = setting.make()
    company.name, company.workplaces[0].address = "바뀐 이름", "바뀐 주소"
    db.session.flush()
    db.session.refresh(item)
    assert item.name.endswith("본사") and "시험로" in item.address and item.person == ""
    assert setting.run.state is RunState.MADE
    assert db.session.scalar(sa.select(ResponsePlace.label)) == "우편 · 11월 편지"
    for act in (
        lambda: setting.make(), lambda: service.delete(db.session, setting.actor, setting.run, now=NOW),
        lambda: service.edit(db.session, setting.actor, setting.run, {"subject": "x"}, version=None, now=NOW),
    ):
        with pytest.raises(Conflict):
            act()


def test_the_named_person_is_the_first(setting):
    company = setting.company(email="")
    db.session.add(Contact(workplace=company.workplaces[0], name="이나중", created_at=NOW, updated_at=NOW))
    db.session.flush()
    assert [item.person for item in setting.make()] == ["김민수 과장"]


def test_a_second_run_writes_to_the_new_ones_only_unless_told(setting):
    old = setting.company()
    setting.make()
    new = setting.company()
    second = make_run(setting.campaign, setting.audience, setting.base, "둘째")
    assert left_out(setting, run=second, now=NOW + 9 * WEEK) == {Exclusion.ALREADY: 1}
    second.again = True
    assert {row.company_id for row in setting.make(second, NOW + 9 * WEEK)} == {old.id, new.id}


def test_another_campaigns_letter_counts_for_the_days_of_the_cap(setting):
    setting.company()
    setting.make()
    other = make_run(make_campaign(setting.centre, "다른 캠페인"), setting.audience, setting.base)
    assert left_out(setting, run=other, now=NOW + timedelta(days=6)) == {Exclusion.ALREADY: 1}
    assert setting.count(other, NOW + WEEK).letters == 1


def test_mailings_and_letters_share_the_cap_of_a_company(setting):
    company = setting.company()
    setting.make()
    mailing: Mailing = make_mailing(make_campaign(setting.centre, "메일"))
    mailing.state, mailing.started_at, mailing.finished_at = MailingState.FINISHED, NOW, NOW
    db.session.add(Delivery(
        mailing=mailing, contact_id=1, workplace_id=company.workplaces[0].id, company_id=company.id,
        address="x@gone.example", address_key="x@gone.example", state=DeliveryState.ACCEPTED, values={}, done_at=NOW,
    ))
    second = make_run(setting.campaign, setting.audience, setting.base)
    second.again = True
    db.session.flush()
    assert left_out(setting, run=second, now=NOW + timedelta(hours=1)) == {Exclusion.TOO_OFTEN: 1}
    assert setting.count(second, NOW + WEEK).letters == setting.count(second, NOW, None).letters == 1


def test_an_address_that_a_letter_came_back_from_is_left_until_it_is_corrected(setting):
    companies = [setting.company() for _each in range(3)]
    reasons = dict(zip([row.id for row in companies], (ReturnReason.MOVED, ReturnReason.REFUSED, ReturnReason.OTHER),
                       strict=True))
    signer = setting.app.extensions["outreach"].signer
    for item in setting.make():
        returns.scan(
            db.session, setting.officer.scope(), setting.actor, signer, item.code, reasons[item.company_id], now=NOW
        )
    second = make_run(setting.campaign, setting.audience, setting.base)
    assert left_out(setting, run=second) == {Exclusion.CAME_BACK: 1, Exclusion.OBJECTED: 1}
    for company in companies:
        company.workplaces[0].address_key = f"새주소{company.id}"
    db.session.flush()
    assert left_out(setting, run=second) == {Exclusion.OBJECTED: 1}


def test_a_run_says_why_it_cannot_be_made(setting):
    with pytest.raises(Conflict, match="보낼 기업이 없습니다"):
        setting.make()
    setting.company()
    with pytest.raises(StaleEdit):
        service.make(db.session, setting.actor, setting.run, setting.request(), version=99, now=NOW)
    with pytest.raises(Invalid, match="수신 대상"):
        service.make(db.session, setting.actor, setting.run, None, version=None, now=NOW)
    setting.run.base_sha256 = ""
    db.session.flush()
    with pytest.raises(Conflict, match="미리보기"):
        setting.make()
    setting.run.blocks = [{"kind": "text", "text": "{{직원수}} 귀하"}]
    db.session.flush()
    with pytest.raises(Conflict, match="쓸 수 없습니다"):
        setting.make()


def test_posting_moves_what_has_not_moved(setting):
    for _each in range(3):
        setting.company()
    items = setting.make()
    items[0].state = ItemState.ANSWERED
    db.session.flush()
    assert service.post(db.session, setting.actor, setting.run, now=NOW) == 2
    counted = service.counts(db.session, [setting.run.id])[setting.run.id]
    assert (counted[ItemState.POSTED], counted[ItemState.ANSWERED], counted[ItemState.MADE]) == (2, 1, 0)
    with pytest.raises(Conflict):
        service.post(db.session, setting.actor, setting.run, now=NOW)


def test_a_merged_company_keeps_its_letters_and_its_wish(setting):
    gone, kept = setting.company(), setting.company()
    item = next(row for row in setting.make() if row.company_id == gone.id)
    returns.object_to(db.session, item, Objection.ASKED, now=NOW)
    places = {gone.workplaces[0].id: kept.workplaces[0].id}
    merging.carry_over(db.session, CompanyMerge(gone.id, kept.id, places, {}, NOW))
    db.session.expire_all()
    assert (item.company_id, item.workplace_id) == (kept.id, kept.workplaces[0].id)
    assert returns.objection_of_company(db.session, kept) is not None


def test_names_and_addresses_go_after_a_year_and_the_wish_stays(setting):
    setting.company()
    [item] = setting.make()
    returns.object_to(db.session, item, Objection.ASKED, now=NOW)
    assert list(db.session.scalars(retention.due(NOW))) == []
    ids = list(db.session.scalars(retention.due(NOW + timedelta(seconds=1))))
    retention.erase(setting.app, db.session, ids)
    db.session.expire_all()
    row = db.session.get(PostItem, item.id)
    assert (row.name, row.address, row.person, row.postcode, row.contact_id) == ("", "", "", "083", None)
    assert list(db.session.scalars(retention.due(NOW + WEEK))) == [] and row.company_id is not None
    assert returns.objection_of(db.session, row) is not None
