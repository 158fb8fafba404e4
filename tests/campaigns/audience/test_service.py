"""Who is chosen and why others are not: every exclusion counted, and the sums right."""

from __future__ import annotations

import pytest

from campaigns.audience import listing, service
from campaigns.audience.history import NoHistory
from campaigns.audience.rules import Conditions, Exclusion
from campaigns.audience.service import Question
from campaigns.mailings import service as mailings
from campaigns.planning import service as planning
from outreach.audit.service import SERVICE
from outreach.companies.consent import suppress
from outreach.companies.models import SuppressionReason
from outreach.db import db
from outreach.errors import Conflict, Invalid, NotFound, StaleEdit
from outreach.regions.models import Region, RegionLevel
from outreach.scope import Role
from tests.campaigns.audience.making import DAY, ToldHistory, make_contact
from tests.people import make_centre, make_user


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def ask(centre, now):
    """Counts for the centre; ``conditions`` as keywords."""

    def count(*, advertising=False, history=None, centre_id=centre.id, **conditions):
        question = Question(
            Conditions(**{"recent_days": 0, **conditions}), centre_id, advertising, history or NoHistory(), now
        )
        found = service.count(db.session, question)
        assert found.matched == found.included + sum(found.excluded.values())
        return found

    return count


def excluded(found):
    return {reason: number for reason, number in found.excluded.items() if number}


def test_an_empty_database_counts_nothing(ask):
    found = ask()
    assert (found.matched, found.included, found.companies) == (0, 0, 0)


def test_a_plain_contact_is_included(ask, centre):
    make_contact(centre.id)
    found = ask()
    assert (found.matched, found.included, found.companies) == (1, 1, 1)
    assert excluded(found) == {}


def test_another_centres_contact_is_outside(ask, centre):
    make_contact(make_centre().id)
    make_contact(None)
    assert excluded(ask()) == {Exclusion.OUTSIDE_CENTRE: 2}


def test_headquarters_reaches_all_centres(ask, centre):
    make_contact(centre.id)
    make_contact(make_centre().id)
    assert ask(centre_id=None).included == 2


def test_no_address_is_counted_for_people_and_for_workplaces_without_any(ask, centre):
    make_contact(centre.id, email="")
    lonely = make_contact(centre.id)
    db.session.delete(lonely)
    assert excluded(ask()) == {Exclusion.NO_ADDRESS: 2}


def test_a_suppressed_address_is_excluded(ask, centre, now):
    contact = make_contact(centre.id)
    suppress(db.session, contact.address_key, SuppressionReason.UNSUBSCRIBED, "test", now)
    assert excluded(ask()) == {Exclusion.SUPPRESSED: 1}


def test_an_address_shared_by_companies_gets_one_message(ask, centre):
    for _ in range(3):
        make_contact(centre.id, email="shared@agency.example")
    found = ask()
    assert (found.matched, found.included) == (3, 1)
    assert excluded(found) == {Exclusion.SAME_ADDRESS: 2}


def test_advertising_needs_consent(ask, centre):
    make_contact(centre.id)
    make_contact(centre.id, consents=True)
    found = ask(advertising=True)
    assert found.included == 1
    assert excluded(found) == {Exclusion.NO_CONSENT: 1}


def test_without_advertising_consent_is_not_spoken_of(ask, centre):
    make_contact(centre.id)
    assert Exclusion.NO_CONSENT not in ask().excluded


def test_a_withdrawn_consent_does_not_count(ask, centre, now):
    contact = make_contact(centre.id, consents=True)
    contact.consents[0].withdrawn_at = now
    assert excluded(ask(advertising=True)) == {Exclusion.NO_CONSENT: 1}


def test_recently_mailed_addresses_rest(ask, centre, now):
    fresh, old = make_contact(centre.id), make_contact(centre.id)
    history = ToldHistory({fresh.address_key: (1, now - 5 * DAY), old.address_key: (1, now - 40 * DAY)})
    found = ask(history=history, recent_days=30)
    assert found.included == 1
    assert excluded(found) == {Exclusion.MAILED_RECENTLY: 1}


def test_the_first_reason_counts(ask, now):
    contact = make_contact(None, email="gone@company.example")
    suppress(db.session, contact.address_key, SuppressionReason.UNSUBSCRIBED, "test", now)
    assert excluded(ask()) == {Exclusion.OUTSIDE_CENTRE: 1}


def test_all_reasons_together_add_up(ask, centre, now):
    make_contact(centre.id, consents=True)
    make_contact(None)
    make_contact(centre.id, email="")
    make_contact(centre.id)
    gone, recent = make_contact(centre.id, consents=True), make_contact(centre.id, consents=True)
    suppress(db.session, gone.address_key, SuppressionReason.UNKNOWN_USER, "test", now)
    for _ in range(2):
        make_contact(centre.id, email="one@agency.example", consents=True)
    often = make_contact(centre.id, consents=True)
    history = ToldHistory({recent.address_key: (1, now)}, often={often.address_key})
    found = ask(advertising=True, history=history, recent_days=30)
    assert found.matched == 9
    assert found.included == 2
    assert found.excluded == dict.fromkeys(Exclusion, 1)


# -- conditions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("conditions", "included"), [
    ({"sections": ("C",)}, 1), ({"sections": ("J",)}, 1), ({"divisions": ("62",)}, 1),
    ({"sections": ("C",), "divisions": ("62",)}, 2), ({"divisions": ("10",)}, 0),
    ({"min_headcount": 20}, 2), ({"min_headcount": 21}, 1), ({"max_headcount": 20}, 1),
    ({"min_headcount": 30, "max_headcount": 60}, 1),
])
def test_industry_and_size(ask, centre, conditions, included):
    make_contact(centre.id)
    make_contact(centre.id, section="J", ksic="62010", headcount=50)
    assert ask(**conditions).included == included


def test_a_province_or_a_district_suffices(ask, centre, app):
    north, south, town = (
        Region(level=level, code=code, name_ko=code, name_en=code)
        for level, code in [(RegionLevel.PROVINCE, "91"), (RegionLevel.PROVINCE, "92"), (RegionLevel.DISTRICT, "92010")]
    )
    db.session.add_all([north, south, town])
    db.session.flush()
    make_contact(centre.id, province_id=north.id)
    make_contact(centre.id, province_id=south.id, district_id=town.id)
    make_contact(centre.id, province_id=south.id)
    assert ask(province_ids=(north.id,)).included == 1
    assert ask(district_ids=(town.id,)).included == 1
    assert ask(province_ids=(north.id,), district_ids=(town.id,)).included == 2


def test_earlier_mailings_and_answers(ask, centre, now):
    first, second = make_contact(centre.id), make_contact(centre.id)
    history = ToldHistory({first.address_key: (7, now - 90 * DAY)}, {second.workplace.company_id: 3})
    assert ask(history=history, mailed=(7,)).included == 1
    assert ask(history=history, not_mailed=(7,)).included == 1
    assert ask(history=history, mailed=(8,)).included == 0
    assert ask(history=history, responded=(3,)).included == 1
    assert ask(history=history, not_responded=(3,)).included == 1
    assert ask(history=history, not_mailed=(7,), not_responded=(3,)).included == 0


@pytest.mark.parametrize("conditions", [
    {"district": [1]}, {"district_ids": "1"}, {"district_ids": ["1"]}, {"min_headcount": -1}, {"min_headcount": True},
    {"min_headcount": 30, "max_headcount": 20}, {"recent_days": 4000}, {"recent_days": None},
])
def test_nonsense_never_widens_an_audience(conditions):
    with pytest.raises(Invalid):
        service.parse(conditions)


# -- the people behind the number ----------------------------------------------------------------------------


def test_the_listing_is_what_was_counted(centre, now):
    for email in (None, "one@agency.example", "one@agency.example", ""):
        make_contact(centre.id, email=email)
    make_contact(None)
    question = Question(Conditions(recent_days=0), centre.id, False, NoHistory(), now)
    assert len(listing.sample(db.session, question)) == 2
    rows = list(listing.rows(db.session, question))
    assert len(rows) == service.count(db.session, question).included == 2
    assert rows[0][1][-1] != rows[1][1][-1]
    assert all(len(cells) == len(listing.HEADERS) for _id, cells in rows)


# -- keeping audiences ------------------------------------------------------------------------------------


@pytest.fixture
def campaign(app, now):
    officer = make_user(Role.PROMOTION)
    return planning.create(db.session, officer.scope(), SERVICE, {"name": "시험 캠페인"}, now=now)


def test_an_audience_is_saved_and_changed(campaign, now):
    made = service.save(db.session, SERVICE, campaign, name=" 제조업 ", conditions={"sections": ["C"]}, now=now)
    assert made.name == "제조업" and made.conditions["sections"] == ["C"]
    service.save(
        db.session, SERVICE, campaign, name="정보통신업", conditions={"sections": ["J"]}, now=now, audience=made,
        version=made.version,
    )
    assert made.conditions["sections"] == ["J"]


def test_an_old_version_is_refused(campaign, now):
    made = service.save(db.session, SERVICE, campaign, name="가", conditions={}, now=now)
    service.save(db.session, SERVICE, campaign, name="나", conditions={}, now=now, audience=made, version=made.version)
    with pytest.raises(StaleEdit):
        service.save(db.session, SERVICE, campaign, name="다", conditions={}, now=now, audience=made, version=1)


def test_an_audience_needs_a_name(campaign, now):
    with pytest.raises(Invalid):
        service.save(db.session, SERVICE, campaign, name="  ", conditions={}, now=now)


def test_another_campaigns_audience_is_not_found(campaign, now):
    made = service.save(db.session, SERVICE, campaign, name="가", conditions={}, now=now)
    other = planning.create(db.session, make_user(Role.PROMOTION).scope(), SERVICE, {"name": "다른"}, now=now)
    with pytest.raises(NotFound):
        service.get(db.session, other, made.id)


def test_an_audience_is_deleted_unless_a_mailing_uses_it(campaign, now):
    free = service.save(db.session, SERVICE, campaign, name="안 쓰는 대상", conditions={}, now=now)
    used = service.save(db.session, SERVICE, campaign, name="쓰는 대상", conditions={}, now=now)
    mailings.create(db.session, SERVICE, campaign, {"title": "메일", "audience_id": used.id}, now=now)
    used_id = used.id
    service.delete(db.session, SERVICE, free, now=now)
    with pytest.raises(Conflict):
        service.delete(db.session, SERVICE, used, now=now)
    assert service.get(db.session, campaign, used_id).name == "쓰는 대상"
