"""Merging two companies: nothing is lost, hand edits stand, higher features are told first."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from outreach.audit.models import ChangeRecord
from outreach.audit.service import SERVICE
from outreach.companies import consent, merge, service
from outreach.companies.models import Company, Consent, ConsentPurpose, Contact, MergeSuggestion, Workplace
from outreach.errors import Conflict, Forbidden, NotFound
from outreach.scope import Role, Scope
from tests.outreach.companies.making import HEADQUARTERS, NUMBERS, contact_of, make_company, staff
from tests.people import NOW, make_centre


@pytest.fixture
def centre(app):
    return make_centre()


def join(session, kept, gone, scope=HEADQUARTERS, carry_over=()):
    return merge.merge(session, scope, SERVICE, kept.id, gone.id, carry_over=carry_over, now=NOW)


def test_blanks_are_filled_and_places_and_people_move(session, centre):
    kept = make_company(centre, email="a@hanbit.example")
    gone = make_company(centre, "한빛정밀(주)", email="b@hanbit.example", business_number=NUMBERS[0], industry="금형")
    gone_id = gone.id
    merged = join(session, kept, gone)
    assert (merged.business_number, merged.industry) == (NUMBERS[0], "금형")
    assert session.get(Company, gone_id) is None
    assert len(merged.workplaces) == 2
    assert [place.is_head for place in merged.workplaces] == [True, False]
    assert {c.email for place in merged.workplaces for c in place.contacts} == {"a@hanbit.example", "b@hanbit.example"}


def test_the_later_hand_edit_stands_and_the_other_is_recorded(session, centre):
    kept, gone = make_company(centre, industry="금형"), make_company(centre, "한빛정밀 주식회사", industry="사출")
    gone.edited = {**gone.edited, "industry": (NOW + timedelta(hours=1)).isoformat()}
    kept.edited = {field: at for field, at in kept.edited.items() if field != "name"}
    gone.edited = {field: at for field, at in gone.edited.items() if field != "name"}
    merged = join(session, kept, gone)
    assert (merged.industry, merged.name) == ("사출", "한빛정밀")
    record = session.scalars(sa.select(ChangeRecord).filter_by(action="merge")).one()
    assert record.changes["company.industry"] == ["금형", "사출"]
    assert record.changes["company.name"] == ["한빛정밀 주식회사", "한빛정밀"]


def test_the_same_place_and_person_become_one(session, centre):
    kept = make_company(centre, address="서울 구로구 시험로 1", phone="02-100-9001")
    gone = make_company(centre, "한빛정밀2", address="서울시 구로구 시험로 1 2층", phone="02-100-9002")
    person, double = contact_of(kept), contact_of(gone)
    other = service.add_contact(
        session, HEADQUARTERS, SERVICE, double.workplace_id, {"name": "이하나"}, now=NOW
    )
    for purpose in (ConsentPurpose.ADVERTISING, ConsentPurpose.EVENTS):
        consent.give_consent(
            session, HEADQUARTERS, SERVICE, double.id, purpose, given_at=NOW, how="신청서", now=NOW
        )
    consent.give_consent(
        session, HEADQUARTERS, SERVICE, person.id, ConsentPurpose.EVENTS, given_at=NOW, how="서명", now=NOW
    )
    told = []
    place_id = double.workplace_id
    ids = person.id, double.id, other.id
    merged = join(session, kept, gone, carry_over=[lambda _session, done: told.append(done)])
    assert [contact.id for contact in merged.workplaces[0].contacts] == [ids[0], ids[2]]
    purposes = session.execute(sa.select(Consent.contact_id, Consent.purpose, Consent.how).order_by(Consent.id)).all()
    assert {tuple(row) for row in purposes} == {
        (ids[0], ConsentPurpose.ADVERTISING, "신청서"), (ids[0], ConsentPurpose.EVENTS, "서명")
    }
    assert told[0].workplaces == {place_id: merged.workplaces[0].id}
    assert told[0].contacts == {ids[1]: ids[0]}
    assert session.scalar(sa.select(sa.func.count()).select_from(Workplace)) == 1


def test_two_business_numbers_are_two_companies(session, centre):
    kept = make_company(centre, business_number=NUMBERS[0])
    gone = make_company(centre, business_number=NUMBERS[1])
    with pytest.raises(Conflict):
        join(session, kept, gone)
    with pytest.raises(Conflict):
        join(session, kept, kept)


def test_a_failing_carry_over_stops_the_merge(session, centre):
    kept, gone = make_company(centre), make_company(centre)

    def fail(_session, _done):
        raise Conflict("진행 중인 리드가 둘입니다.")

    with pytest.raises(Conflict, match="리드"):
        join(session, kept, gone, carry_over=[fail])


def test_only_editors_within_reach_merge(session, centre):
    kept, gone = make_company(centre), make_company(make_centre())
    with pytest.raises(NotFound):
        join(session, kept, gone, staff(centre))
    for scope in (staff(centre, Role.PLANNER), Scope(Role.AUDITOR, 7)):
        with pytest.raises(Forbidden):
            join(session, kept, gone, scope)


def test_suggestions_are_offered_once_and_within_reach(session, centre):
    one, two, far = (make_company(place, name, email=None) for place, name in (
        (centre, "가나"), (centre, "다라"), (make_centre(), "마바")
    ))
    assert merge.suggest(session, two.id, one.id, "이름이 비슷함", NOW)
    assert not merge.suggest(session, one.id, two.id, "이름이 비슷함", NOW)
    assert merge.suggest(session, one.id, far.id, "이름이 비슷함", NOW)
    assert merge.waiting(session, HEADQUARTERS) == 2
    assert merge.waiting(session, staff(centre)) == 1
    suggestion = session.scalars(sa.select(MergeSuggestion)).first()
    merge.dismiss(session, staff(centre), SERVICE, suggestion.id, now=NOW)
    assert merge.waiting(session, HEADQUARTERS) == 1
    with pytest.raises(NotFound):
        merge.dismiss(session, HEADQUARTERS, SERVICE, suggestion.id, now=NOW)


def test_suggestions_of_the_company_gone_go_on_for_the_other(session, centre):
    kept, gone, third = (make_company(centre, name, email=None) for name in ("가나", "다라", "마바"))
    merge.suggest(session, kept.id, gone.id, "비슷함", NOW)
    merge.suggest(session, gone.id, third.id, "비슷함", NOW)
    ids = sorted((kept.id, third.id))
    join(session, kept, gone)
    row = session.scalars(sa.select(MergeSuggestion)).one()
    assert [row.company_id, row.other_id] == ids


def test_people_without_address_are_not_confused(session, centre):
    kept = make_company(centre, email=None, phone="02-100-9009", workplace_number="12081475210")
    gone = make_company(centre, "한빛정밀2", email=None, phone="02-100-9008", workplace_number="12081475210")
    for company, name in ((kept, "김하나"), (gone, "김두리")):
        place = company.workplaces[0]
        service.add_contact(session, HEADQUARTERS, SERVICE, place.id, {"name": name}, now=NOW)
    merged = join(session, kept, gone)
    assert {contact.name for contact in session.scalars(sa.select(Contact))} == {"김하나", "김두리"}
    assert len(merged.workplaces) == 1
