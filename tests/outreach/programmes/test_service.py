"""The catalogue: loading twice, what people decided stays, versions never overlap, checks fall with edits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from outreach.audit.models import ChangeRecord
from outreach.audit.service import Actor
from outreach.errors import Conflict, Forbidden, Invalid, NotFound, StaleEdit
from outreach.programmes import reference, rules, service
from outreach.programmes.models import Payee, Programme, ProgrammeKind, ProgrammeVersion
from outreach.regions.models import Certainty
from outreach.scope import Role, Scope
from tests.people import NOW

KEEPER = Scope(Role.HEADQUARTERS, 1)
ACTOR = Actor(1, "hq@outreach.example")
TODAY = date(2026, 11, 23)
CHECK = {
    "certainty": Certainty.VERIFIED, "source": "고시 제1호", "source_url": None, "certainty_note": "",
    "checked_on": TODAY,
}


@pytest.fixture
def loaded(session):
    service.load_reference(session, NOW)


def programme(session, code="substitute-grant"):
    return session.scalars(sa.select(Programme).filter_by(code=code)).one()


def now_valid(session, code="substitute-grant"):
    return rules.current(programme(session, code).versions, TODAY)


def test_loading_fills_the_catalogue_and_twice_changes_nothing(session):
    shipped = reference.load_programmes()
    added = service.load_reference(session, NOW)
    assert added == {"programmes": len(shipped), "versions": sum(len(item.versions) for item in shipped)}
    assert not service.load_reference(session, NOW)
    assert set(session.scalars(sa.select(ProgrammeVersion.version))) == {1}
    version = now_valid(session)
    assert (version.certainty, version.certainty_note != "") == (Certainty.SECONDARY, True)
    assert version.conditions.count("\n")


def test_a_newer_file_mends_what_nobody_touched(session, loaded):
    shipped = reference.programme("substitute-grant")
    mended = replace(shipped, versions=(*shipped.versions[:-1], replace(shipped.versions[-1], period="새 기간")))
    service.load_reference(session, NOW, [mended])
    assert now_valid(session).period == "새 기간"


def test_what_a_person_edited_or_added_stays(session, loaded):
    version = now_valid(session)
    service.edit_version(session, KEEPER, ACTOR, version.id, {"period": "우리 기간"}, version=None, now=NOW)
    service.add_version(
        session, KEEPER, ACTOR, version.programme_id, {"valid_from": date(2027, 1, 1), "summary_ko": "새 내용"}, now=NOW
    )
    shipped = reference.programme("substitute-grant")
    newer = replace(shipped.versions[-1], valid_from=date(2027, 3, 1), valid_to=None, summary_ko="파일의 내용")
    service.load_reference(session, NOW, [replace(shipped, versions=(*shipped.versions, newer))])
    texts = [row.summary_ko for row in programme(session).versions]
    assert "파일의 내용" not in texts
    assert texts[-1] == "새 내용"
    assert now_valid(session).period == "우리 기간"


def test_catalogue_comes_by_kind(session, loaded):
    kinds = [row.kind for row in service.catalogue(session)]
    assert kinds == sorted(kinds, key=list(ProgrammeKind).index)
    row = programme(session)
    service.edit_programme(session, KEEPER, ACTOR, row.id, {"active": False}, version=row.version, now=NOW)
    assert row not in service.catalogue(session)
    assert row in service.catalogue(session, inactive=True)


def test_a_new_version_ends_the_one_before(session, loaded):
    before = now_valid(session)
    values = {"valid_from": date(2027, 1, 1), "summary_ko": "바뀐 내용"}
    added = service.add_version(session, KEEPER, ACTOR, before.programme_id, values, now=NOW)
    assert before.valid_to == date(2026, 12, 31)
    assert (added.certainty, added.checked_on) == (Certainty.RECALLED, None)
    assert rules.usable(added, date(2027, 1, 1)) == [rules.RECALLED]
    actions = [record.action for record in service.history(session, before.programme)]
    assert sorted(actions) == ["create", "end"]


@pytest.mark.parametrize("values", [{}, {"valid_from": date(2027, 1, 1), "valid_to": date(2026, 1, 1)}])
def test_a_new_version_needs_its_days(session, loaded, values):
    with pytest.raises(Invalid):
        service.add_version(session, KEEPER, ACTOR, programme(session).id, {"summary_ko": "x", **values}, now=NOW)


def test_a_version_before_the_last_is_refused(session, loaded):
    values = {"valid_from": now_valid(session).valid_from, "summary_ko": "x"}
    with pytest.raises(Conflict):
        service.add_version(session, KEEPER, ACTOR, programme(session).id, values, now=NOW)


def test_versions_never_overlap(session, loaded):
    first, *_rest = programme(session).versions
    with pytest.raises(Conflict):
        service.edit_version(session, KEEPER, ACTOR, first.id, {"valid_to": None}, version=None, now=NOW)


def check(session, version, **values):
    return service.mark_checked(
        session, KEEPER, ACTOR, version.id, {**CHECK, **values}, name="이본부", version=version.version, now=NOW,
        today=TODAY,
    )


def test_a_check_names_who_when_and_what(session, loaded):
    version = check(session, now_valid(session))
    assert (version.certainty, version.checked_by, version.checked_on) == (Certainty.VERIFIED, "이본부", TODAY)
    assert rules.usable(version, TODAY) == []
    record = session.scalars(sa.select(ChangeRecord).filter_by(action="check")).one()
    assert record.changes["certainty"] == ["S", "V"]


@pytest.mark.parametrize(
    "values", [{"source": ""}, {"certainty": Certainty.RECALLED}, {"checked_on": date(2027, 1, 1)}]
)
def test_a_check_without_proof_is_none(session, loaded, values):
    with pytest.raises(Invalid):
        check(session, now_valid(session), **values)


def test_another_substance_must_be_checked_again(session, loaded):
    version = check(session, now_valid(session))
    amounts = [{"label": "대체인력", "amount_won": 1, "unit": "원", "note": ""}]
    service.edit_version(session, KEEPER, ACTOR, version.id, {"amounts": amounts}, version=version.version, now=NOW)
    assert (version.certainty, version.checked_on) == (Certainty.RECALLED, None)


def test_a_translation_leaves_the_check(session, loaded):
    version = check(session, now_valid(session))
    same = {"amounts": [dict(amount) for amount in version.amounts], "summary_en": "Another wording."}
    service.edit_version(session, KEEPER, ACTOR, version.id, same, version=version.version, now=NOW)
    assert version.certainty is Certainty.VERIFIED


def test_a_stale_edit_is_refused(session, loaded):
    version = now_valid(session)
    seen = version.version
    service.edit_version(session, KEEPER, ACTOR, version.id, {}, version=seen, now=NOW)
    with pytest.raises(StaleEdit):
        service.edit_version(session, KEEPER, ACTOR, version.id, {"period": "x"}, version=seen, now=NOW)


def test_create(session):
    facts = {
        "code": "local-grant", "kind": ProgrammeKind.LOCAL, "payee": Payee.EMPLOYER, "name_ko": "구로 지원금",
        "name_en": "", "agency": "구로구", "active": True,
    }
    row = service.create(session, KEEPER, ACTOR, facts, {"summary_ko": "요약"}, now=NOW)
    assert row.versions[0].certainty is Certainty.RECALLED
    with pytest.raises(Conflict):
        service.create(session, KEEPER, ACTOR, facts, {"summary_ko": "요약"}, now=NOW)


@pytest.mark.parametrize("role", [Role.PROMOTION, Role.CENTRE_MANAGER, Role.AUDITOR])
def test_only_keepers_keep(session, loaded, role):
    scope = Scope(role, 7, centre_id=None if role is Role.AUDITOR else 1)
    version = now_valid(session)
    with pytest.raises(Forbidden):
        service.edit_version(session, scope, ACTOR, version.id, {"period": "x"}, version=None, now=NOW)


def test_unknown_rows(session):
    with pytest.raises(NotFound):
        service.get(session, 1)
    with pytest.raises(NotFound):
        service.get_version(session, 1)
