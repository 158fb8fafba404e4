"""The page and the command, and the gate before a domain's first mailing."""

from __future__ import annotations

import pytest

from campaigns.mailings import service as mailings
from campaigns.mailings.routes import setting
from campaigns.mailings.rules import MailingState
from campaigns.planning import service as planning
from outreach.audit.models import ChangeRecord
from outreach.audit.service import Actor
from outreach.db import db
from outreach.jobs.runner import JobSource
from outreach.scope import Role
from outreach.senders import jobs, service
from outreach.senders.models import SenderDomain
from outreach.senders.rules import SenderState
from tests.outreach.senders.conftest import DOMAIN
from tests.people import make_user, sign_in


@pytest.fixture(autouse=True)
def here(site):
    with site.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def browse(site):
    return lambda role: sign_in(site.test_client(), make_user(role))


def check(client, domain=DOMAIN):
    return client.post("/senders/check", data={"domain": domain}, follow_redirects=True)


def row() -> SenderDomain:
    return db.session.query(SenderDomain).one()


def test_looking_up_keeps_the_result_with_its_time(browse, clock):
    client = browse(Role.PROMOTION)
    assert "아직 확인한 도메인이 없습니다" in client.get("/senders/").text
    page = check(client, f"planner@{DOMAIN.upper()}").text
    assert (row().domain, row().state, row().checked_at) == (DOMAIN, SenderState.ALIGNED, clock.now())
    assert "우리 키와 같습니다" in page and "맞음" in page


def test_what_is_missing_is_there_to_copy(browse, server):
    server.texts.clear()
    page = check(browse(Role.ADMINISTRATOR)).text
    assert row().state is SenderState.NOT_ALIGNED
    assert f"_dmarc.{DOMAIN}" in page and "v=DMARC1; p=none" in page and "data-copy" in page


@pytest.mark.parametrize("domain", ["", "nonsense", "a b.kr", "x" * 300 + ".kr", "한글", "127.0.0.1", "localhost"])
def test_what_is_no_domain_is_not_asked_for(browse, server, domain):
    page = check(browse(Role.PROMOTION), domain).text
    assert "도메인이나 메일 주소를 적어 주세요" in page and server.asked == []


def test_only_an_administrator_acknowledges_and_says_why(browse, server):
    server.texts.clear()
    officer, administrator = browse(Role.PROMOTION), browse(Role.ADMINISTRATOR)
    check(officer)
    data = {"domain": DOMAIN, "reason": "폐쇄망이라 공개 DNS가 없음"}
    assert officer.post("/senders/acknowledge", data=data).status_code == 403
    administrator.post("/senders/acknowledge", data=data | {"reason": "음"})
    assert not row().cleared
    page = administrator.post("/senders/acknowledge", data=data, follow_redirects=True).text
    assert row().cleared and "폐쇄망이라 공개 DNS가 없음" in page
    change = db.session.query(ChangeRecord).filter_by(subject="sender_domain").order_by(ChangeRecord.id.desc()).first()
    assert change.changes["reason"][1] == data["reason"] and change.user_email.startswith("administrator")


def test_another_state_voids_the_acknowledgement(browse, server):
    server.failing |= {DOMAIN}
    administrator = browse(Role.ADMINISTRATOR)
    check(administrator)
    assert row().state is SenderState.UNKNOWN
    administrator.post("/senders/acknowledge", data={"domain": DOMAIN, "reason": "폐쇄망입니다"})
    check(administrator)
    assert row().cleared, "the same state: it holds"
    server.failing.clear()
    server.texts.clear()
    check(administrator)
    assert row().state is SenderState.NOT_ALIGNED and not row().cleared


def test_partners_have_no_business_here(browse):
    assert browse(Role.PARTNER).get("/senders/").status_code == 403
    assert browse(Role.AUDITOR).get("/senders/").status_code == 200
    assert browse(Role.AUDITOR).post("/senders/check", data={"domain": DOMAIN}).status_code == 403


@pytest.mark.parametrize(("spoil", "code", "words"), [
    (lambda server: None, 0, "aligned"), (lambda server: server.texts.clear(), 1, "not_aligned"),
    (lambda server: server.failing.add(DOMAIN), 2, "unknown"),
])
def test_the_command_says_the_same(site, server, spoil, code, words):
    spoil(server)
    db.session.commit()
    result = site.test_cli_runner().invoke(args=["mail", "check"])
    assert result.exit_code == code and f"({words})" in result.output
    db.session.expire_all()
    assert row().domain == DOMAIN


def test_every_known_domain_is_looked_at_daily(site, server, browse):
    check(browse(Role.PROMOTION))
    server.texts.clear()
    db.session.commit()
    jobs.begin(site)
    assert JobSource(site).step()
    db.session.expire_all()
    assert row().state is SenderState.NOT_ALIGNED


# -- before the first mailing ------------------------------------------------------------------------------


@pytest.fixture
def draft(site, clock):
    officer = make_user(Role.PROMOTION)
    actor, now = Actor(officer.id, officer.email), clock.now()
    campaign = planning.create(db.session, officer.scope(), actor, {"name": "시험 캠페인"}, now=now)
    return mailings.create(db.session, actor, campaign, {
        "title": "첫 안내", "class_reason": "무료 안내", "subject": "안내", "preheader": "무료", "sender_name": "센터",
        "sender_address": f"Planner@{DOMAIN}", "sender_phone": "02-0000-0000",
        "blocks": [{"kind": "heading", "text": "대표님께"}],
    }, now=now)


def gate(site, draft):
    with site.test_request_context():
        found = mailings.check(db.session, draft, setting())
    problems = [problem for problem in found.problems if getattr(problem, "gate", "") == "sender_domain"]
    return problems, [warning for warning in found.warnings if DOMAIN in warning]


def test_a_domain_must_be_looked_at_and_in_order_before_its_first_mailing(site, server, browse, draft):
    client = browse(Role.PROMOTION)
    assert "아직 확인하지 않았습니다" in gate(site, draft)[0][0]
    server.failing.add(DOMAIN)
    check(client)
    assert "확인할 수 없었습니다" in gate(site, draft)[0][0]
    server.failing.clear()
    check(client)
    assert gate(site, draft) == ([], [])


def test_an_acknowledgement_lets_it_begin(site, server, browse, draft):
    server.texts.clear()
    administrator = browse(Role.ADMINISTRATOR)
    check(administrator)
    assert "맞지 않아" in gate(site, draft)[0][0]
    administrator.post("/senders/acknowledge", data={"domain": DOMAIN, "reason": "내부 시험 발송"})
    assert gate(site, draft) == ([], [])


def test_after_the_first_mailing_it_only_warns(site, browse, draft, clock):
    earlier = mailings.create(db.session, Actor(None, "x"), draft.campaign, {
        "title": "앞선 안내", "sender_address": f"other@{DOMAIN}",
    }, now=clock.now())
    earlier.state, earlier.started_at = MailingState.FINISHED, clock.now()
    db.session.flush()
    problems, warnings = gate(site, draft)
    assert problems == [] and len(warnings) == 1


def test_another_domain_that_only_ends_alike_is_another(site, draft, clock):
    draft.sender_address = "planner@le.go.kr"
    earlier = mailings.create(db.session, Actor(None, "x"), draft.campaign, {
        "title": "앞선 안내", "sender_address": "a@examp.le.go.kr",
    }, now=clock.now())
    earlier.started_at = clock.now()
    db.session.flush()
    with site.test_request_context():
        found = mailings.check(db.session, draft, setting())
    assert [problem.gate for problem in found.problems if problem.gate] == ["sender_domain"]
    assert service.domain_of("planner@le.go.kr.") == "le.go.kr"
