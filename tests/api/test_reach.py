"""Who sees what: the owner, another centre, a partner, an auditor, nobody; and what is written down of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.planning.models import CampaignPartner
from campaigns.planning.rules import CampaignState, PartnerRole
from campaigns.responses.models import Response
from campaigns.responses.rules import Channel, ResponseState
from cases.library.models import Case
from cases.library.rules import CaseState, ConsentScope
from outreach.accounts.models import ApiToken
from outreach.audit.models import AccessRecord
from outreach.companies.consent import suppress
from outreach.companies.models import SuppressionReason, Workplace
from outreach.db import db
from outreach.scope import Role
from tests.api.calling import Program, program_of
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing
from tests.outreach.leads.making import answer, make_company
from tests.people import NOW, make_organisation, make_user, sign_in


@pytest.fixture
def rows(centre, organisation) -> dict[str, int]:
    """One of everything, belonging to ``centre``: path of the list -> id."""
    company = make_company(centre, "가온정밀")
    contact = company.workplaces[0].contacts[0]
    campaign = make_campaign(centre)
    campaign.state = CampaignState.ACTIVE
    campaign.partners = [
        CampaignPartner(organisation=organisation, role=PartnerRole.CO_HOST),
        CampaignPartner(organisation=make_organisation(centre), role=PartnerRole.VENUE),
    ]
    mailing = make_mailing(campaign)
    delivery = make_delivery(mailing, company)
    lead = answer(company)
    response = Response(
        campaign=campaign, delivery=delivery, lead=lead, centre_id=centre.id, company_id=company.id,
        channel=Channel.MAIL_LINK, state=ResponseState.VERIFIED, at=NOW, wants=["visit"], person="이하나",
    )
    case = Case(
        centre_id=centre.id, company_id=company.id, display_name="구로의 한 정밀업체", headline="라인이 멈추지 않았다",
        state=CaseState.DRAFT, consent_scope=ConsentScope.ANONYMOUS, created_at=NOW, updated_at=NOW,
    )
    db.session.add_all([response, case])
    suppress(db.session, contact.address_key, SuppressionReason.STAFF, "전화", NOW)
    db.session.flush()
    return {
        "/partners": organisation.id, "/companies": company.id, "/contacts": contact.id, "/campaigns": campaign.id,
        "/mailings": mailing.id, "/leads": lead.id, "/responses": response.id, "/cases": case.id,
    }


STAFF_ONLY = ["/companies", "/contacts", "/mailings", "/leads", "/responses", "/cases"]


def test_the_own_centre_and_the_whole_see_everything(rows, officer, manager, headquarters, auditor):
    for program in (officer, manager, headquarters, auditor):
        for path, row_id in rows.items():
            assert row_id in {item["id"] for item in program.walk(path)}, path
            assert program.get(f"{path}/{row_id}").json["id"] == row_id


def test_another_centre_finds_nothing_of_it(rows, stranger):
    for path, row_id in rows.items():
        assert list(stranger.walk(path)) == [], path
        assert stranger.get(f"{path}/{row_id}").status_code == 404, path
    assert list(stranger.walk("/suppressions")) == []
    for below in ("check", "statistics", "deliveries"):
        assert stranger.get(f"/mailings/{rows['/mailings']}/{below}").status_code == 404
    assert stranger.get(f"/campaigns/{rows['/campaigns']}/audiences").status_code == 404
    assert stranger.get("/contacts", company_id=rows["/companies"]).status_code == 404


def test_nobody_gets_a_challenge(rows, anonymous):
    for path, row_id in rows.items():
        for response in (anonymous.get(path), anonymous.get(f"{path}/{row_id}")):
            assert response.status_code == 401 and response.content_type == "application/problem+json"
            assert response.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_a_partner_gets_neither_companies_nor_people(rows, partner):
    for path in STAFF_ONLY:
        for address in (path, f"{path}/{rows[path]}"):
            assert partner.get(address).status_code == 403, address
    assert partner.get("/suppressions").status_code == 403
    assert partner.get("/centres").status_code == 403


def test_a_partner_sees_itself_alone(rows, partner):
    assert [item["id"] for item in partner.walk("/partners")] == [rows["/partners"]]
    assert partner.get(f"/partners/{rows['/partners'] + 1}").status_code == 404


def test_a_partner_sees_its_own_part_of_a_campaign(rows, partner):
    shown = partner.get(f"/campaigns/{rows['/campaigns']}").json
    assert set(shown) == {"id", "name", "centre", "state", "starts_on", "ends_on", "partners", "version", "updated_at"}
    assert [row["organisation_id"] for row in shown["partners"]] == [rows["/partners"]]
    assert list(partner.walk("/campaigns")) == [shown]


def test_a_partner_sees_no_draft_and_nobody_elses_campaign(rows, partner, session, centre, program):
    session.execute(sa.text("UPDATE campaign SET state = 'draft'"))
    assert partner.get(f"/campaigns/{rows['/campaigns']}").status_code == 404
    session.execute(sa.text("UPDATE campaign SET state = 'active'"))
    other = program(make_user(Role.PARTNER, organisation=make_organisation(centre)))
    assert list(other.walk("/campaigns")) == []


def test_a_published_case_of_another_centre_hides_the_company(rows, stranger, officer, session):
    session.get(Case, rows["/cases"]).state = CaseState.PUBLISHED
    shown = stranger.get(f"/cases/{rows['/cases']}").json
    assert shown["headline"] and not {"company_id", "consent_on"} & set(shown)
    assert officer.get(f"/cases/{rows['/cases']}").json["company_id"] == rows["/companies"]


@pytest.mark.parametrize(
    ("path", "subject"),
    [("/contacts", "contact"), ("/leads", "lead"), ("/responses", "response"), ("/partners", "organisation_contact")],
)
def test_looking_at_people_is_recorded(rows, officer, session, path, subject):
    officer.get(f"{path}/{rows[path]}")
    record = session.scalar(sa.select(AccessRecord).where(AccessRecord.subject == subject))
    assert record.user_email == "officer@outreach.example" and record.address
    if subject != "organisation_contact":
        assert record.subject_ids == [rows[path]]


def test_lists_of_people_are_recorded_with_their_ids(rows, officer, session):
    for path in ("/contacts", "/leads", "/responses", "/suppressions", f"/mailings/{rows['/mailings']}/deliveries"):
        officer.get(path)
    records = session.scalars(sa.select(AccessRecord)).all()
    assert [record.subject for record in records] == ["contact", "lead", "response", "suppression", "contact"]
    assert all(record.subject_count == 1 for record in records)


def test_a_refused_reading_is_not_recorded(rows, stranger, session):
    stranger.get(f"/contacts/{rows['/contacts']}")
    assert session.scalar(sa.select(sa.func.count()).select_from(AccessRecord)) == 0


def test_a_revoked_token_opens_nothing(rows, officer, session, now):
    assert officer.get("/companies").status_code == 200
    session.execute(sa.update(ApiToken).values(revoked_at=now))
    assert officer.get("/companies").status_code == 401
    assert officer.post("/campaigns", {"name": "x"}).status_code == 401


def test_a_session_reads_but_does_not_write(rows, client, centre):
    sign_in(client, make_user(Role.PROMOTION, centre=centre))
    by_cookie = Program(client, None)
    assert by_cookie.get("/companies").status_code == 200
    assert by_cookie.post("/campaigns", {"name": "다른 사이트가 보냄"}).status_code == 401
    assert by_cookie.delete(f"/contacts/{rows['/contacts']}").status_code == 401


def test_readers_do_not_write(rows, auditor, planner, partner):
    for reader in (auditor, planner, partner):
        assert reader.post("/campaigns", {"name": "x"}).status_code == 403
        assert reader.post("/mailings", {"campaign_id": rows["/campaigns"], "title": "x"}).status_code == 403
    for reader in (auditor, partner):
        assert reader.delete(f"/contacts/{rows['/contacts']}").status_code == 403
        assert reader.post("/suppressions", {"address": "a@b.example", "source": "x"}).status_code == 403
        assert reader.post(f"/leads/{rows['/leads']}/move", {"state": "visit"}).status_code == 403


def test_headquarters_campaign_is_read_not_edited_by_a_centre(headquarters, officer):
    campaign = headquarters.post("/campaigns", {"name": "전국 캠페인"}).json
    assert officer.get(f"/campaigns/{campaign['id']}").json["centre"] is None
    response = officer.patch(f"/campaigns/{campaign['id']}", {"name": "우리 것", "version": 1})
    assert response.status_code == 403


def test_companies_are_found_by_what_is_known_of_them(rows, officer, centre, other_centre):
    other = make_company(centre, "나래물산", number="1234567891")
    make_company(other_centre, "가온정밀 지점")
    found = lambda **query: [item["id"] for item in officer.walk("/companies", **query)]  # noqa: E731
    assert found(business_number="123-45-67891") == [other.id]
    assert found(name="(주)가온") == [rows["/companies"]]
    assert found(centre_id=other_centre.id) == sorted([rows["/companies"], other.id])  # the own centre, always
    assert found(section="C") == []
    assert found(updated_since="2026-11-23T10:00:00+09:00") == sorted([rows["/companies"], other.id])
    assert found(updated_since="2026-11-23T10:00:01+09:00") == []


def test_a_company_shows_the_workplaces_within_reach(rows, officer, other_centre, session):
    branch = Workplace(company_id=rows["/companies"], centre_id=other_centre.id, created_at=NOW, updated_at=NOW)
    session.add(branch)
    session.flush()
    shown = officer.get(f"/companies/{rows['/companies']}").json
    assert branch.id not in [place["id"] for place in shown["workplaces"]] and shown["other_workplaces"] == 1
    assert list(officer.walk("/contacts", workplace_id=branch.id)) == []


def test_tokens_of_one_person_do_not_mix(client, centre, other_centre):
    make_company(centre)
    first = program_of(client, make_user(Role.PLANNER, centre=centre))
    second = program_of(client, make_user(Role.PLANNER, centre=other_centre))
    assert [len(list(program.walk("/companies"))) for program in (first, second, first)] == [1, 0, 1]
