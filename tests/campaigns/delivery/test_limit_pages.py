"""The page of limits: who may look and change, what is refused, and that it takes effect."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery import frequency, limit_settings
from campaigns.delivery.limits import in_force
from campaigns.delivery.models import DomainRest, LimitKind, SendingLimit, SendingPolicy
from campaigns.delivery.refusals import Tally
from outreach.audit.models import ChangeRecord
from outreach.config import FrequencyCap
from outreach.db import db
from outreach.mail import health
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.servers import parse_servers
from outreach.scope import Role
from tests.people import make_user, sign_in

SERVER, = parse_servers("smtp://127.0.0.1:9?rate=100/s")


@pytest.fixture
def admin(app):
    return sign_in(app.test_client(), make_user(Role.ADMINISTRATOR))


def form(**changes: str) -> dict[str, object]:
    """The page's form as it stands, with ``changes`` by field."""
    rows, policy = limit_settings.listed(db.session), limit_settings.policy(db.session)
    values: dict[str, object] = {
        "row": [str(row.id) for row in rows], "policy_version": str(policy.version),
        "refusal_percent": str(policy.refusal_percent), "domain_refusal_percent": str(policy.domain_refusal_percent),
    }
    for row in rows:
        values |= {
            f"version-{row.id}": str(row.version), f"amount-{row.id}": str(row.amount or ""),
            f"window-{row.id}": str(row.window), f"abreast-{row.id}": str(row.abreast or ""),
            f"domains-{row.id}": ", ".join(row.domains),
        }
    db.session.commit()
    return values | changes


def named(name: str) -> SendingLimit:
    return db.session.scalars(sa.select(SendingLimit).where(SendingLimit.name == name)).one()


def test_large_providers_are_limited_from_the_start_and_nothing_else_is(app):
    limits = in_force(db.session, parse_servers("smtp://127.0.0.1:9")[0])
    assert {"naver.com", "hanmail.net", "daum.net", "gmail.com", "kakao.com", "nate.com", "korea.kr"} <= set(
        limits.by_domain
    )
    assert limits.of("daum.net") is limits.of("hanmail.net") is not None
    assert limits.of("company.example") is limits.all.rate is limits.server.rate is None


def test_who_may_look_and_who_may_change(app):
    for role in Role:
        client = sign_in(app.test_client(), make_user(role))
        reads = role in (Role.ADMINISTRATOR, Role.HEADQUARTERS)
        assert client.get("/sending/").status_code == (200 if reads else 403)
        changes = client.post("/sending/", data=form())
        assert changes.status_code == (302 if role is Role.ADMINISTRATOR else 403)


def test_limits_are_changed_emptied_and_recorded(admin):
    naver, everything = named("네이버"), named("모든 메일")
    changed = form(**{
        f"amount-{naver.id}": "1,500", f"window-{naver.id}": "3600", f"abreast-{naver.id}": "",
        f"domains-{naver.id}": "Naver.com, naver.co.kr 한국.example", f"amount-{everything.id}": "50",
        "refusal_percent": "8",
    })
    assert "저장했습니다" in admin.post("/sending/", data=changed, follow_redirects=True).text
    db.session.expire_all()
    assert (naver.amount, naver.window, naver.abreast) == (1500, 3600, None)
    assert naver.domains == ["naver.com", "naver.co.kr", "xn--3e0b707e.example"]
    assert in_force(db.session, SERVER).all.rate.amount == 50
    assert limit_settings.policy(db.session).refusal_percent == 8
    told = set(db.session.scalars(sa.select(ChangeRecord.subject)))
    assert {"sending_limit", "sending_policy"} <= told


@pytest.mark.parametrize("field, value, message", [
    ("amount", "viele", "1부터 1,000,000까지"), ("amount", "0", "1부터"), ("abreast", "500", "1부터 100까지"),
    ("domains", "naver", "도메인을 적고"), ("domains", "", "도메인을 적고"), ("domains", "gmail.com", "이미 있습니다"),
    ("window", "7", "골라 주세요"),
])
def test_nonsense_is_refused_and_what_was_written_stays(admin, field, value, message):
    naver = named("네이버")
    answer = admin.post("/sending/", data=form(**{f"{field}-{naver.id}": value, "refusal_percent": "77"}))
    assert answer.status_code == 422 and message in answer.text and 'value="77"' in answer.text
    db.session.expire_all()
    assert naver.domains == ["naver.com"] and limit_settings.policy(db.session).refusal_percent == 5


def test_a_save_over_another_is_told(admin):
    late = form()
    admin.post("/sending/", data=form(**{f"amount-{named('네이버').id}": "7"}))
    answer = admin.post("/sending/", data=late | {f"amount-{named('네이버').id}": "9"})
    db.session.expire_all()
    assert answer.status_code in (409, 422) and named("네이버").amount == 7


def test_limits_are_added_and_removed(admin):
    data = {"kind": "domains", "name": "우리 협회", "domains": "assoc.example", "amount": "10", "window": "60"}
    admin.post("/sending/add", data=data)
    assert in_force(db.session, SERVER).of("assoc.example").rate.amount == 10
    assert "이미 있습니다" in admin.post("/sending/add", data=data).text
    db.session.commit()
    number = named("우리 협회").id
    admin.post("/sending/remove", data={"limit": str(number)})
    assert in_force(db.session, SERVER).of("assoc.example") is None
    assert admin.post("/sending/remove", data={"limit": str(number)}).status_code == 404
    assert admin.post("/sending/remove", data={"limit": str(named("모든 메일").id)}).status_code == 422


def test_a_servers_limit_on_the_page_goes_before_that_of_its_address(admin):
    assert in_force(db.session, SERVER).server.rate.amount == 100
    db.session.commit()
    admin.post("/sending/add", data={"kind": "server", "name": SERVER.name, "amount": "20", "window": "1"})
    assert named(SERVER.name).kind is LimitKind.SERVER
    assert in_force(db.session, SERVER).server.rate.amount == 20


def test_the_page_shows_how_servers_and_domains_fare(admin, app, now):
    health.note_failure(db.session, "127.0.0.1:9", "421 too busy", 300, now=now)
    until = now + timedelta(hours=1)
    db.session.add(DomainRest(domain="naver.com", strikes=3, since=now, until=until, reply="421 4.7.0 later"))
    db.session.commit()
    page = admin.get("/sending/").text
    assert "421 too busy" in page and "쉬는 중" in page and "421 4.7.0 later" in page and "그레이리스팅" in page
    assert "421 too busy" in admin.get("/jobs").text
    admin.post("/sending/rests/lift", data={"domain": "naver.com"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DomainRest)) == 0
    assert "점점 길게 쉬고" in admin.get("/sending/").text


# -- when a mailing pauses itself


def outcome(code: int, status: str) -> Outcome:
    kind = Kind.ACCEPTED if code < 300 else Kind.REFUSED_RECIPIENT
    return Outcome(kind, Stage.RCPT, code, status, "words")


def test_one_domain_that_refuses_too_much_pauses_the_mailing():
    tally = Tally(50, 30)
    for n in range(200):
        tally.note("company.example", outcome(250, "2.0.0"))
        if n < 40 and not tally.too_many:
            tally.note("naver.com", outcome(550, "5.7.1") if n % 2 else outcome(250, "2.0.0"))
    assert tally.too_many
    reason = tally.reason()
    assert "naver.com의 거부 비율이 30%를 넘어" in reason and "받는 쪽 정책으로 차단" in reason


def test_the_reasons_are_named_with_their_numbers():
    tally = Tally(5, 100)
    for _ in range(30):
        tally.note("a.example", outcome(250, "2.0.0"))
    for domain, status, number in (("b.example", "5.7.1", 3), ("c.example", "5.1.1", 1)):
        for _ in range(number):
            tally.note(domain, outcome(550, status))
    assert tally.too_many
    assert tally.reason() == (
        "거부 비율이 5%를 넘어 스스로 멈추었습니다(결과 34건 중 거부 4건). 까닭: 받는 쪽 정책으로 차단 3건, "
        "없는 주소 1건. 도메인: b.example 3건, c.example 1건."
    )


def test_a_full_mailbox_is_no_refusal_yet():
    tally = Tally(5, 5)
    for _ in range(100):
        tally.note("a.example", outcome(552, "5.2.2"))
    assert tally.refused == 0 and not tally.too_many


def test_few_results_pause_nothing():
    tally = Tally(5, 5)
    for _ in range(19):
        tally.note("a.example", outcome(550, "5.7.1"))
    assert not tally.too_many
    tally.note("a.example", outcome(550, "5.7.1"))
    assert tally.too_many


def test_the_policy_is_one_row(app):
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SendingPolicy)) == 1


def test_headquarters_sets_how_often_one_is_written_to(app):
    """All three numbers or none; in force from then on, and recorded."""
    headquarters = sign_in(app.test_client(), make_user(Role.HEADQUARTERS))
    usual, version = FrequencyCap(), limit_settings.policy(db.session).version
    db.session.commit()
    assert "7일 동안 한 주소에 2통, 한 회사에 3건" in headquarters.get("/sending/").text

    def save(contact: str, company: str, days: str) -> int:
        cap = {"contact": contact, "company": company, "days": days, "policy_version": str(version)}
        return headquarters.post("/sending/cap", data=cap).status_code

    assert [save("3", "", "14"), save("0", "1", "1"), save("3", "x", "14"), save("3", "4", "1000")] == [422] * 4
    assert frequency.in_force(db.session, usual) == usual
    assert save("3", "4", "14") == 302
    assert frequency.in_force(db.session, usual) == frequency.in_force(db.session, None) == FrequencyCap(3, 4, 14)
    assert save("1", "1", "1") == 422, "begun on an older state of the page"
    changed = db.session.scalars(sa.select(ChangeRecord).order_by(ChangeRecord.id.desc())).first()
    assert changed is not None and changed.changes["cap_days"] == [None, 14]
    version += 1
    db.session.commit()
    assert save("", "", "") == 302
    assert frequency.in_force(db.session, usual) == usual
    assert sign_in(app.test_client(), make_user(Role.PROMOTION)).post("/sending/cap").status_code == 403
