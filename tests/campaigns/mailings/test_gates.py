"""Each legal gate, shut and open, and where a shut one blocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.audience.history import NoHistory
from campaigns.delivery import service as delivery
from campaigns.delivery.models import Delivery
from campaigns.mailings import gates, service
from campaigns.mailings.compose import Addresses
from campaigns.mailings.gates import GATES, SERIAL_ADDRESSES, Facts, look, serial_example
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.mailings.service import Setting
from outreach.audit.service import Actor
from outreach.companies.models import Consent
from outreach.db import db
from outreach.errors import Conflict
from outreach.scope import Role
from tests.campaigns.audience.making import make_contact
from tests.people import make_user

PUBLIC, ADVERTISING, NOTICE = MessageClass.PUBLIC_NOTICE, MessageClass.ADVERTISING, MessageClass.CONSENT_NOTICE
FOOT = "수신거부 무료 로그인 없이 Unsubscribe free {{unsubscribe}}"
GOOD = Facts(
    message_class=ADVERTISING, class_reason="협력기관의 유료 교육 소개", commercial_reason="",
    subject="(광고) 교육 안내", words="교육을 안내합니다.", sender_name="구로고용센터",
    sender_address="guro@moel.example", sender_phone="02-0000-0009",
    sender_postal="서울 가상로 1", html=FOOT, text=FOOT, opt_out="{{unsubscribe}}",
)
PLAIN = replace(GOOD, message_class=PUBLIC, subject="대체인력 안내")


def shut(facts: Facts) -> set[str]:
    return {finding.gate.name for finding in look(facts) if finding.problem}


@pytest.mark.parametrize("facts", [GOOD, PLAIN, replace(PLAIN, message_class=NOTICE)])
def test_a_proper_mailing_passes(facts):
    assert shut(facts) == set()


CASES = [
    ("class", PLAIN, {"class_reason": "  "}),
    ("approver", PLAIN, {"approved": False}),
    ("label", GOOD, {"subject": "교육 안내"}),
    ("label", GOOD, {"subject": " (광고) 교육 안내"}),
    ("label", GOOD, {"subject": "교육 안내 (광고)"}),
    ("label", GOOD, {"subject": "(광고)(광고) 교육 안내"}),
    ("label", GOOD, {"subject": "(광고) (광/고) 교육 안내"}),
    ("label", GOOD, {"subject": "(광 고) 교육 안내"}),
    ("label", GOOD, {"subject": "(광고) [광고] 교육 안내"}),
    ("label", GOOD, {"subject": "（광고） 교육 안내"}),
    ("label", GOOD, {"subject": "(광고성) 교육 안내"}),
    ("no_label", PLAIN, {"words": "첫 줄\n[광고] 둘째 줄"}),
    ("no_label", PLAIN, {"subject": "(광고) 대체인력 안내"}),
    ("commercial", PLAIN, {"words": "지금 신청하면 수강료 20% 할인"}),
    ("commercial", PLAIN, {"words": "무료 체험 신청", "commercial_reason": "음"}),
    ("no_promotion", replace(PLAIN, message_class=NOTICE), {"words": "동의 확인. 할인 쿠폰을 드립니다"}),
    ("no_promotion", replace(PLAIN, message_class=NOTICE), {"words": "쿠폰", "commercial_reason": "공익 목적입니다"}),
    ("consent", GOOD, {"unconsented": 3}),
    ("confirmed", GOOD, {"overdue": 1}),
    ("sender_name", PLAIN, {"sender_name": ""}),
    ("sender_address", PLAIN, {"sender_address": " "}),
    ("sender_phone", PLAIN, {"sender_phone": ""}),
    ("sender_phone", PLAIN, {"sender_phone": "문의"}),
    ("sender_postal", GOOD, {"sender_postal": ""}),
    ("not_hidden", PLAIN, {"sender_name": "***"}),
    ("not_hidden", PLAIN, {"sender_name": "ceo@company.example"}),
    ("opt_out", PLAIN, {"text": FOOT.replace("Unsubscribe", "")}),
    ("opt_out", PLAIN, {"html": FOOT.replace("무료", "")}),
    ("opt_out", PLAIN, {"html": FOOT.replace("{{unsubscribe}}", "")}),
    ("not_generated", GOOD, {"serial": "info1@firm.kr"}),
]


@pytest.mark.parametrize(("name", "facts", "changes"), CASES)
def test_a_gate_shuts(name, facts, changes):
    assert name in shut(replace(facts, **changes))


def test_every_gate_is_tested_and_names_its_article():
    assert {name for name, _facts, _changes in CASES} == {gate.name for gate in GATES}
    assert all(gate.article.startswith("정보통신망법 제50조") for gate in GATES)
    problem = next(each for each in look(replace(GOOD, subject="교육")) if each.problem)
    assert "(정보통신망법 제50조제4항)" in problem.said


def test_what_only_advertising_must_have():
    bare = {"subject": "안내", "sender_postal": "", "unconsented": 3, "overdue": 3, "serial": "x"}
    assert shut(replace(PLAIN, **bare)) == set()
    assert shut(replace(GOOD, **bare)) == {"label", "sender_postal", "consent", "confirmed", "not_generated"}


def test_a_recorded_reason_opens_the_commercial_gate_for_a_public_notice():
    assert shut(replace(PLAIN, words="보험료 할인", commercial_reason="국가 보험료 경감 제도의 이름임")) == set()


@pytest.mark.parametrize("words", ["급여를 지원합니다", "구매팀 담당자님", "판매직", "(광고대행업) 대표님", "광고"])
def test_ordinary_words_are_no_offer(words):
    assert shut(replace(PLAIN, words=words)) == set()


def test_addresses_that_count_up_are_made_up():
    row = [f"info{number:03}@firm.co.kr" for number in range(7, 7 + SERIAL_ADDRESSES)]
    assert serial_example(reversed(row)) == "info007@firm.co.kr"
    assert serial_example(row[:-1]) == ""
    assert serial_example(row[:10] + row[11:]) == ""
    assert serial_example(f"kim@firm{number}.co.kr" for number in range(100)) == ""
    assert serial_example(f"p{number}@firm.example" for number in range(100)) == ""  # RFC 2606: reaches nobody


# -- where a shut gate blocks ------------------------------------------------------------------------------


@pytest.fixture
def setting(app, now) -> Setting:
    return Setting(app.jinja_env, Addresses(picture=None, material=None), NoHistory(), now)


@pytest.fixture
def manager(officer):
    return make_user(Role.CENTRE_MANAGER, centre=officer.centre)


@pytest.fixture
def advertising(draft, officer):
    draft.message_class, draft.sender_postal = ADVERTISING, "서울 가상로 1"
    make_contact(officer.centre_id, consents=True)
    db.session.flush()
    return draft


def approve(mailing, manager, setting):
    actor = Actor(manager.id, manager.email)
    service.submit(db.session, actor, mailing, setting)
    found = service.check(db.session, mailing, setting)
    service.approve(db.session, manager.scope(), actor, mailing, setting, content_hash=found.content_hash)
    delivery.freeze(db.session, mailing.id, setting.history, now=setting.now)
    service.schedule(db.session, actor, mailing, setting.now, now=setting.now, smtp_ready=True)
    db.session.commit()


def test_it_blocks_asking_for_approval_and_names_the_article(advertising, actor, setting):
    advertising.sender_postal = ""
    with pytest.raises(Conflict, match="제50조제4항") as refused:
        service.submit(db.session, actor, advertising, setting)
    assert refused.value.fields == {"sender_postal": "정보통신망법 제50조제4항"}
    assert advertising.state is MailingState.DRAFT


def test_it_blocks_the_approval(advertising, actor, setting, manager):
    service.submit(db.session, actor, advertising, setting)
    found = service.check(db.session, advertising, setting)
    db.session.query(Consent).one().given_at = setting.now - timedelta(days=800)
    db.session.flush()
    with pytest.raises(Conflict, match="제50조제8항"):
        service.approve(
            db.session, manager.scope(), Actor(manager.id, ""), advertising, setting, content_hash=found.content_hash
        )
    assert advertising.state is MailingState.REVIEW


def test_it_blocks_the_start_and_says_why(browse, officer, advertising, manager, setting):
    approve(advertising, manager, setting)
    db.session.query(Consent).one().withdrawn_at = setting.now
    db.session.commit()
    assert delivery.start_due(db.session, now=setting.now) == {"started": 0, "overdue": 0}
    db.session.commit()
    assert advertising.state is MailingState.OVERDUE and "제50조제1항" in advertising.pause_reason
    page = browse(officer).get(f"/mailings/{advertising.id}/").text
    assert "법적 요건을 갖추지 못해 보내지 않았습니다" in page and "제50조제1항" in page


def test_a_lawful_one_starts(advertising, manager, setting):
    approve(advertising, manager, setting)
    assert delivery.start_due(db.session, now=setting.now) == {"started": 1, "overdue": 0}
    assert db.session.query(Delivery).count() == 1


def test_the_class_needs_its_approver_at_the_start(advertising, manager, setting):
    approve(advertising, manager, setting)
    advertising.approved_by = None
    db.session.commit()
    assert delivery.start_due(db.session, now=setting.now)["started"] == 0
    db.session.refresh(advertising)
    assert "승인한 사람" in advertising.pause_reason


def test_the_checklist_shows_every_gate_with_its_article(browse, officer, advertising, posted):
    page = browse(officer).post(f"/mailings/{advertising.id}/check", data=posted(sender_phone="")).text
    assert "전화번호를 적어 주세요. (정보통신망법 제50조제4항)" in page
    applying = [gate for gate in gates.GATES if ADVERTISING in gate.classes and gate.name != "approver"]
    assert f"법적 요건 {len(applying)}개 중 {len(applying) - 1}개" in page and "제50조제8항" in page


def test_whoever_has_no_consent_is_left_out_and_alone_blocks(draft, officer, setting):
    make_contact(officer.centre_id)
    draft.message_class, draft.sender_postal = ADVERTISING, "서울"
    found = service.check(db.session, draft, setting)
    assert "consent" in {problem.gate for problem in found.problems if isinstance(problem, service.Problem)}
    make_contact(officer.centre_id, consents=True)
    found = service.check(db.session, draft, setting)
    assert found.ready and found.count.included == 1


def test_the_editor_keeps_topic_and_reason(browse, officer, draft, posted):
    client = browse(officer)
    client.post(f"/mailings/{draft.id}/edit", data=posted(topic="events", commercial_reason="공공 행사의 참가비 안내"))
    db.session.refresh(draft)
    assert (draft.topic.value, draft.commercial_reason) == ("events", "공공 행사의 참가비 안내")
    page = client.get(f"/mailings/{draft.id}/edit").text
    assert '<option selected value="events">' in page and "공공 행사의 참가비 안내" in page
    client.post(f"/mailings/{draft.id}/edit", data=posted(topic=""))
    db.session.refresh(draft)
    assert draft.topic is None
