"""The demo's stories fit together, cite programmes that existed, and name only invented people and places."""

import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from campaigns.mailings.content import KINDS, personal_fields
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.planning.rules import CampaignState, PartnerRole, StageKind, StageState
from campaigns.responses.rules import Channel, ResponseState
from cases.documents.kinds.base import Style
from cases.library.rules import CaseState, ConsentScope
from outreach.clock import kst_today
from outreach.demo.companies import featured_companies
from outreach.demo.content import demo_content
from outreach.leads.rules import ActivityKind, LeadState, Want
from outreach.organisations.models import OrganisationKind
from outreach.programmes.reference import programme
from outreach.regions.reference import load_regions
from outreach.scope import CENTRE_ROLES, Role

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def content():
    return demo_content(TODAY)


def test_every_role_has_one_account_on_the_sign_in_page(content):
    assert Counter(row.role for row in content.accounts if row.shown) == Counter(role.value for role in Role)


def test_every_word_is_one_the_program_knows(content):
    stages = [stage for row in content.campaigns for stage in row.stages]
    parts = [part for row in content.campaigns for part in row.partners]
    activities = [entry for row in content.leads for entry in row.activities]
    wants = [want for row in (*content.replies, *content.short_replies) for want in row.wants]
    for enum, words in (
        (OrganisationKind, {row.kind for row in content.partners}),
        (CampaignState, {row.state for row in content.campaigns}),
        (StageState, {row.state for row in stages}),
        (PartnerRole, {row.role for row in parts}),
        (CaseState, {row.state for row in content.cases}),
        (ConsentScope, {row.consent_scope for row in content.cases}),
        (Style, {row.style for row in content.brochures}),
        (MailingState, {row.state for row in content.mailings}),
        (MessageClass, {row.message_class for row in content.mailings}),
        (Channel, {row.channel for row in content.replies}),
        (ResponseState, {row.state for row in content.replies}),
        (LeadState, {row.state for row in content.leads}),
        (ActivityKind, {row.kind for row in activities}),
        (Want, set(wants)),
    ):
        assert words <= {member.value for member in enum}, enum


def test_accounts_belong_where_their_role_says(content):
    centres = {row.code for row in load_regions().centres}
    for row in content.accounts:
        assert (Role(row.role) in CENTRE_ROLES) == bool(row.centre)
        assert (row.role == "partner") == bool(row.partner)
        assert row.centre in centres | {""}


def test_three_partners_a_region_of_the_real_kinds_and_clearly_invented(content):
    by_centre = {}
    for row in content.partners:
        by_centre.setdefault(row.centre, set()).add(row.kind)
        assert row.name.endswith("(가상)") and "(fictional)" in row.name_en
        assert row.homepage.endswith(".example")
        assert all(contact.email.endswith(".example") for contact in row.contacts)
    assert all(len(kinds) >= 3 for kinds in by_centre.values())
    assert len(by_centre) >= 7


def test_partner_and_campaign_regions_exist(content):
    regions = load_regions()
    codes = {row.code for row in (*regions.provinces, *regions.districts)}
    assert {code for row in (*content.partners, *content.campaigns) for code in row.regions} <= codes


def test_campaigns_have_their_eight_stages_in_order(content):
    for row in content.campaigns:
        assert [stage.kind for stage in row.stages] == [kind.value for kind in StageKind]
        dues = [stage.due_on for stage in row.stages]
        assert dues == sorted(dues)
        assert row.starts_on < row.ends_on
    finished, preparing = content.campaigns
    assert finished.name == "워라밸 산단 상반기 집중 안내" and finished.state == "finished"
    assert all(stage.done_on for stage in finished.stages) and finished.ends_on < TODAY
    assert preparing.state == "draft" and not all(stage.done_on for stage in preparing.stages)


def test_cases_tell_problem_system_execution_effect_with_sourced_numbers(content):
    assert 4 <= len(content.cases) <= 6
    featured = featured_companies()
    for case in content.cases:
        assert all((case.headline, case.summary, case.problem, case.system, case.execution, case.effect, case.costs))
        assert 1 <= len(case.steps) <= 5 and 1 <= len(case.figures) <= 4 and len(case.advice) <= 5
        assert all("(가상)" in figure.source and figure.after for figure in case.figures)
        if case.consent_scope == "named":
            assert case.display_name == featured[case.company].name
        else:
            assert featured[case.company].name not in "".join((case.display_name, case.headline, case.summary))
        if case.state == "published":
            assert case.consent_until > TODAY and case.fact_checked_on and case.quote
    assert len({featured[case.company].head.district[:2] for case in content.cases}) == len(content.cases)
    assert {case.consent_scope for case in content.cases} == {"none", "anonymous", "named"}


def test_cited_programmes_were_in_force_on_the_day_cited(content):
    for case in content.cases:
        for code, day in case.programmes:
            assert programme(code).version_on(day), (case.key, code)
    for brochure in content.brochures:
        assert all(programme(code).version_on(TODAY) for code in brochure.programmes)


def test_texts_leave_sums_to_the_dated_rows(content):
    texts = [text for case in content.cases for text in (case.problem, case.system, case.effect, case.costs)]
    texts += [block["text"] for mailing in content.mailings for block in mailing.blocks if "text" in block]
    assert not any(re.search(r"\d+만 ?원", text) for text in texts)


def test_brochures_fit_their_eight_pages(content):
    for row in content.brochures:
        assert 1 <= len(row.audience) <= 6 and len(row.steps) == 3 and 1 <= len(row.programmes) <= 6
        assert 1 <= len(row.cases) <= 4 and len(row.figures) <= 3 and len(row.checklist) <= 6
        assert len(row.partners) <= 6
        published = {case.key for case in content.cases if case.state == "published"}
        assert set(row.cases) <= published


def test_mailings_say_who_and_offer_an_answer(content):
    for row in content.mailings:
        kinds = [block["kind"] for block in row.blocks]
        assert kinds[-1] == "contact" and "button" in kinds and "heading" in kinds
        assert row.subject and row.preheader and row.class_reason
        assert row.author != row.approver
        for block in row.blocks:
            shown = {"case": "case_id", "programme": "version_id"}
            assert {shown.get(key, key) for key in block} <= {"kind", *KINDS[block["kind"]]}
        personal_fields([row.subject, row.preheader, *(block.get("text", "") for block in row.blocks)])
        assert (row.state == "finished") == (row.scheduled_at is not None)


def test_leads_follow_their_replies(content):
    replies = {row.key: row for row in content.replies}
    for lead in content.leads:
        reply = replies[lead.reply]
        assert reply.state == "verified" and reply.company
        times = [reply.at, *(entry.at for entry in lead.activities)]
        assert times == sorted(times)
        assert times[-1].tzinfo is not None
        assert (lead.state in {"won", "lost"}) == (lead.closed_at is not None) == bool(lead.outcome)
        assert lead.closed_at is None or lead.closed_at >= times[-1]
        assert lead.planner or lead.state == "new"
    assert len({row.reply for row in content.leads}) == len(content.leads)
    assert {row.state for row in content.leads} >= {"new", "contacted", "visit", "diagnosed", "proposed", "won", "lost"}


def test_one_company_has_one_lead_and_unverified_answers_wait(content):
    replies = {row.key: row for row in content.replies}
    companies = [replies[lead.reply].company for lead in content.leads]
    assert len(set(companies)) == len(companies)
    waiting = [row for row in content.replies if row.state == "unverified"]
    assert waiting and not {row.key for row in waiting} & {lead.reply for lead in content.leads}
    assert all(row.company_name and row.person for row in waiting)


@pytest.mark.parametrize("offset", range(7))
def test_whatever_the_day_nothing_lies_in_the_future_and_no_call_on_a_sunday(offset):
    today = TODAY + timedelta(days=offset)
    content = demo_content(today)
    moments: list[datetime] = [row.at for row in content.replies if row.state == "verified"]
    moments += [entry.at for row in content.leads for entry in row.activities]
    assert all(kst_today(moment) <= today for moment in moments)
    assert all(kst_today(moment).weekday() < 5 for moment in moments)
