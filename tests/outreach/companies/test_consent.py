"""Consent with its evidence, and opting out by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from outreach.audit.models import ChangeRecord
from outreach.audit.service import SERVICE
from outreach.companies import consent, service
from outreach.companies.models import Consent, ConsentPurpose, SuppressionReason
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.scope import Role, Scope
from tests.outreach.companies.making import HEADQUARTERS, contact_of, make_company, staff
from tests.people import NOW, make_centre

ADVERTISING = ConsentPurpose.ADVERTISING


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def contact(centre):
    return contact_of(make_company(centre))


def give(session, contact, scope=HEADQUARTERS, **values):
    values = {"given_at": NOW, "how": "설명회 신청서 서명", **values}
    return consent.give_consent(session, scope, SERVICE, contact.id, ADVERTISING, now=NOW, **values)


def withdraw(session, contact, how="전화"):
    return consent.withdraw_consent(session, HEADQUARTERS, SERVICE, contact.id, ADVERTISING, how=how, now=NOW)


def test_consent_keeps_its_evidence(session, contact):
    row = give(session, contact, given_at=NOW - timedelta(days=3), how=" 신청서 서명 ")
    assert (row.how, row.withdrawn_at) == ("신청서 서명", None)
    record = session.scalars(sa.select(ChangeRecord).filter_by(action="consent_give")).one()
    assert record.changes["advertising"] == [None, "신청서 서명"]


@pytest.mark.parametrize("values", [{"how": "  "}, {"how": "x" * 201}, {"given_at": NOW + timedelta(days=1)}])
def test_consent_without_proof_is_none(session, contact, values):
    with pytest.raises(Invalid):
        give(session, contact, **values)


def test_a_standing_consent_is_given_once(session, contact):
    give(session, contact)
    with pytest.raises(Conflict):
        give(session, contact)
    withdraw(session, contact)
    give(session, contact)
    assert session.scalar(sa.select(sa.func.count()).select_from(Consent)) == 2


def test_withdrawal_keeps_the_row(session, contact):
    give(session, contact)
    row = withdraw(session, contact)
    assert (row.withdrawn_at, row.withdrawn_how) == (NOW, "전화")
    with pytest.raises(Conflict):
        withdraw(session, contact)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_readers_give_no_consent(session, contact, role):
    with pytest.raises(Forbidden):
        give(session, contact, Scope(role, 7))


def test_strangers_give_no_consent(session, contact):
    with pytest.raises(NotFound):
        give(session, contact, staff(make_centre()))


def refuse(session, address="Kim@Hanbit.example", scope=HEADQUARTERS, source="전화 요청"):
    return consent.suppress_by_hand(session, scope, SERVICE, address, source, now=NOW)


def test_suppression_goes_by_the_normalised_address_and_ends_consents(session, contact):
    give(session, contact)
    row = refuse(session)
    assert (row.address_key, row.reason) == ("kim@hanbit.example", SuppressionReason.STAFF)
    session.refresh(contact)
    assert contact.consents[0].withdrawn_how == "전화 요청"


def test_suppression_survives_the_person(session, contact):
    refuse(session)
    service.remove_contact(session, HEADQUARTERS, SERVICE, contact.id, version=None, now=NOW)
    assert consent.is_suppressed(session, "kim@hanbit.example")


@pytest.mark.parametrize(("address", "source"), [("", "전화"), ("no-at", "전화"), ("a@hanbit.example", " ")])
def test_suppression_refuses_nonsense(session, centre, address, source):
    with pytest.raises(Invalid):
        refuse(session, address, source=source)


def test_a_second_suppression_says_so(session, contact):
    refuse(session)
    with pytest.raises(Conflict):
        refuse(session)


def seen(session, scope, text=""):
    return [row.address_key for row in session.scalars(consent.suppressions(scope, text))]


def test_a_centre_sees_its_own_addresses_and_what_it_typed(session, centre, contact):
    refuse(session)
    refuse(session, "other@elsewhere.example")
    assert seen(session, HEADQUARTERS) == ["other@elsewhere.example", "kim@hanbit.example"]
    assert seen(session, staff(centre)) == ["kim@hanbit.example"]
    assert seen(session, staff(centre), "elsewhere") == []
    assert seen(session, staff(centre), "Other@elsewhere.example") == ["other@elsewhere.example"]
    assert seen(session, HEADQUARTERS, "hanbit") == ["kim@hanbit.example"]
    with pytest.raises(Forbidden):
        seen(session, Scope(Role.PARTNER, 7, organisation_id=1))


def test_lifting_needs_a_reason_and_is_recorded(session, contact):
    refuse(session)
    with pytest.raises(Invalid):
        consent.lift(session, "kim@hanbit.example", " ", actor=SERVICE, now=NOW)
    assert consent.lift(session, "kim@hanbit.example", "본인 요청", actor=SERVICE, now=NOW)
    assert not consent.is_suppressed(session, "kim@hanbit.example")
    assert session.scalars(sa.select(ChangeRecord).filter_by(action="lift")).one()


def test_holders_stay_within_reach(session, centre, contact):
    assert list(consent.holders(session, staff(centre), ["kim@hanbit.example"])) == ["kim@hanbit.example"]
    assert consent.holders(session, staff(make_centre()), ["kim@hanbit.example"]) == {}
