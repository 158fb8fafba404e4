"""What the pages tell of a mailing's results: pace and time left, domains, files, and the log across mailings."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from campaigns.delivery import progress, queue, results, search
from campaigns.delivery.models import Delivery, DeliveryTry
from campaigns.delivery.outcomes import settlement
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.delivery.search import Asked
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.responses.models import Response
from campaigns.responses.rules import Channel, ResponseState
from outreach.audit.models import AccessKind, AccessRecord
from outreach.companies.consent import suppress
from outreach.companies.models import Company, SuppressionReason
from outreach.db import db
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.scope import Role
from tests.campaigns.delivery.conftest import add_companies
from tests.people import make_user, sign_in

DOMAINS = ("naver.com", "naver.com", "naver.com", "hanmail.net", "factory.example")


@pytest.fixture
def browse(app):
    return lambda user: sign_in(app.test_client(), user)


@pytest.fixture
def sending(draft, officer, approve, now) -> Mailing:
    """Five people: two accepted and one refused at Naver, one deferred at Daum, one opted out."""
    add_companies(officer.centre_id, 5, now, address=lambda n: f"person{n}@{DOMAINS[n - 1]}")
    approve(draft)
    draft.state, draft.started_at = MailingState.SENDING, now - timedelta(seconds=10)
    told = [
        (DeliveryState.ACCEPTED, None, 250, "2.0.0", "OK"), (DeliveryState.ACCEPTED, None, 250, "2.0.0", "OK"),
        (DeliveryState.REFUSED, None, 550, "5.1.1", "550 5.1.1 no such user"),
        (DeliveryState.DEFERRED, None, 451, "4.7.1", "come back later"),
        (DeliveryState.SKIPPED, SkipReason.SUPPRESSED, None, None, ""),
    ]
    rows = db.session.query(Delivery).filter_by(mailing_id=draft.id).order_by(Delivery.id).all()
    for row, (state, reason, code, status, text) in zip(rows, told, strict=True):
        row.state, row.skip_reason, row.reply_code, row.reply_status, row.reply_text = state, reason, code, status, text
        if state is DeliveryState.DEFERRED:
            row.next_try_at = now + timedelta(minutes=5)
        else:
            row.done_at = now
    db.session.commit()
    return draft


def path(mailing, act=""):
    return f"/mailings/{mailing.id}/{act}"


# -- pace ------------------------------------------------------------------------------------------------


class Stopwatch:
    """A monotonic clock whose counts take as long as they are told to."""

    def __init__(self, takes: float):
        self.at, self.takes = 0.0, takes

    def __call__(self) -> float:
        self.at += self.takes
        return self.at


def queue_up(mailing: Mailing, states: dict[DeliveryState, int]) -> None:
    """Let the mailing's recipients stand as told, more of them where needed."""
    db.session.execute(sa.delete(Delivery).where(Delivery.mailing_id == mailing.id))
    number = 0
    for state, count in states.items():
        for _ in range(count):
            number += 1
            db.session.add(Delivery(
                mailing_id=mailing.id, contact_id=number, workplace_id=1, company_id=1, address=f"a{number}@x.example",
                address_key=f"a{number}@x.example", state=state,
            ))
    db.session.flush()


def test_the_rate_is_that_of_the_last_minute_and_tells_the_time_left(sending, now):
    meter = progress.Meter(Stopwatch(0))
    queue_up(sending, {DeliveryState.ACCEPTED: 20, DeliveryState.QUEUED: 80})
    begun = meter.look(db.session, sending, now)
    assert begun.rate == 2.0, "20 in the ten seconds since the start, before anything was watched"
    queue_up(sending, {DeliveryState.ACCEPTED: 70, DeliveryState.QUEUED: 30})
    later = meter.look(db.session, sending, now + timedelta(seconds=10))
    assert (later.rate, later.left) == (5.0, 6.0)
    slow = meter.look(db.session, sending, now + timedelta(seconds=100))
    assert (slow.rate, slow.left) == (None, None), "nothing moved for longer than the rate looks back"


def test_a_clock_set_back_does_not_turn_the_rate_round(sending, now):
    meter = progress.Meter(Stopwatch(0))
    queue_up(sending, {DeliveryState.ACCEPTED: 20, DeliveryState.QUEUED: 80})
    meter.look(db.session, sending, now + timedelta(hours=3))
    found = meter.look(db.session, sending, now)
    assert found.rate == 2.0


def test_a_long_count_serves_all_viewers_for_a_while(sending, now):
    watch = Stopwatch(0.1)
    meter = progress.Meter(watch)
    queue_up(sending, {DeliveryState.ACCEPTED: 20, DeliveryState.QUEUED: 80})
    assert meter.look(db.session, sending, now).stats.done == 20
    queue_up(sending, {DeliveryState.ACCEPTED: 50, DeliveryState.QUEUED: 50})
    assert meter.look(db.session, sending, now).stats.done == 20, "counted within its twenty times 0.1 s"
    watch.at += 3
    assert meter.look(db.session, sending, now).stats.done == 50


def test_a_moved_mailing_is_counted_anew(sending, now):
    meter = progress.Meter(Stopwatch(0.1))
    meter.look(db.session, sending, now)
    queue_up(sending, {DeliveryState.ACCEPTED: 3})
    sending.state = MailingState.PAUSED
    db.session.flush()
    assert meter.look(db.session, sending, now).stats.total == 3


def test_when_only_retries_are_left_the_page_says_when(browse, sending, officer):
    page = browse(officer).get(path(sending)).text
    assert "2026. 11. 23.(월) 10:05에 다시 시도" in page
    assert "그중 재시도 대기 1명" in page


# -- domains ---------------------------------------------------------------------------------------------


def test_domains_in_trouble_come_first_with_their_main_reason(sending, officer):
    rows = results.by_domain(db.session, officer.scope(), sending)
    results.explain(db.session, officer.scope(), sending, rows)
    assert [(row.domain, row.total, row.trouble, row.reason, row.reason_count) for row in rows] == [
        ("naver.com", 3, 1, "550 5.1.1 no such user", 1), ("hanmail.net", 1, 1, "451 4.7.1 come back later", 1),
        ("factory.example", 1, 0, "", 0),
    ]


def test_the_domain_page_leads_to_its_recipients(browse, sending, officer):
    client = browse(officer)
    page = client.get(path(sending, "domains")).text
    assert "no such user" in page and "q=@naver.com&amp;state=refused" in page
    found = client.get(path(sending, "recipients"), query_string={"q": "@naver.com", "state": "refused"}).text
    assert "person3@naver.com" in found and "person1@naver.com" not in found
    sheet = load_workbook(io.BytesIO(client.get(path(sending, "domains.xlsx")).data)).active
    assert [cell.value for cell in sheet[2]][:6] == ["naver.com", 3, 2, 0, 1, 0]


def test_a_centre_sees_only_its_own_domains_of_a_national_mailing(browse, sending):
    sending.campaign.centre_id = None
    db.session.commit()
    assert "naver.com" not in browse(make_user(Role.PROMOTION)).get(path(sending, "domains")).text


def test_recipients_by_reason(browse, sending, officer):
    client = browse(officer)
    page = client.get(path(sending, "recipients"), query_string={"reason": "suppressed"}).text
    assert "person5@factory.example" in page and "person1@" not in page
    nothing = client.get(path(sending, "recipients"), query_string={"reason": "suppressed", "state": "refused"}).text
    assert "조건에 맞는 수신자가 없습니다" in nothing


# -- files -----------------------------------------------------------------------------------------------


def test_the_csv_is_read_by_office_programs_and_logged(browse, sending, officer):
    row = db.session.query(Delivery).order_by(Delivery.id).first()
    db.session.get(Company, row.company_id).name = "=HYPERLINK(1)"
    db.session.commit()
    response = browse(officer).get(path(sending, "recipients.csv"))
    assert response.mimetype == "text/csv"
    text = response.data.decode("utf-8-sig")
    assert response.data.startswith(b"\xef\xbb\xbf") and "\r\n" in text
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 6 and rows[0][1] == "받는 주소"
    assert rows[1][0] == "'=HYPERLINK(1)"
    record = db.session.query(AccessRecord).filter_by(kind=AccessKind.EXPORT).one()
    assert (record.subject_count, len(record.subject_ids)) == (5, 5)


def test_files_are_for_those_who_send(browse, sending, officer):
    planner = browse(make_user(Role.PLANNER, centre=officer.centre))
    assert planner.get(path(sending, "recipients.csv")).status_code == 403
    assert planner.get("/deliveries/export.xlsx?q=person1@naver.com").status_code == 403


# -- the log ---------------------------------------------------------------------------------------------


def ask(client, **words):
    return client.get("/deliveries/", query_string=words).text


def test_did_this_person_get_it(browse, sending, officer):
    client = browse(officer)
    yes = ask(client, q="Person1@NAVER.com")
    assert "예, 받는 쪽 메일 서버가 접수했습니다." in yes and "2026. 11. 23.(월) 10:00에 naver.com 메일 서버가" in yes
    refused = ask(client, q="person3@naver.com")
    assert "아니요, 아직 받지 못했습니다." in refused and "no such user" in refused
    assert "보낸 적이 없습니다" in ask(client, q="stranger@naver.com")
    seen = db.session.query(AccessRecord).filter_by(kind=AccessKind.SEARCH).all()
    assert (seen[0].subject_count, seen[0].detail) == (1, "Person1@NAVER.com")


def test_an_opt_out_is_told(browse, sending, officer, now):
    suppress(db.session, "person5@factory.example", SuppressionReason.UNSUBSCRIBED, "delivery:1", now)
    db.session.commit()
    page = ask(browse(officer), q="person5@factory.example")
    assert "수신거부된 주소입니다." in page and "본인이 수신거부" in page


def test_by_company_state_and_day(browse, sending, officer):
    client = browse(officer)
    company = db.session.query(Company).filter_by(name="가상기업3").one()
    company.business_number = "1208147521"
    db.session.commit()
    for text in ("가상기업3", "120-81-47521", "1208147521"):
        page = ask(client, q=text)
        assert "person3@naver.com" in page and "person1@" not in page
    assert "person3@" not in ask(client, q="가상기업", state="accepted")
    assert "person1@" in ask(client, q="가상기업", since="2026-11-23", until="2026-11-23")
    assert "조건을 넓혀" in ask(client, q="가상기업", until="2026-11-22")
    assert "누구에게 보낸 메일을 찾을까요" in ask(client)
    assert "person1@" in ask(client, q="가상기업", since="soon", state="x"), "nonsense narrows nothing"


def test_a_name_that_fits_too_many(browse, sending, officer, monkeypatch):
    monkeypatch.setattr(search, "MOST_COMPANIES", 3)
    assert "3곳을 넘습니다" in ask(browse(officer), q="가상기업")


def test_another_centre_finds_nothing(browse, sending):
    stranger = browse(make_user(Role.PROMOTION))
    page = ask(stranger, q="person1@naver.com")
    assert "첫 안내" not in page and "보낸 적이 없습니다" in page
    sending.campaign.centre_id = None
    db.session.commit()
    assert "첫 안내" not in ask(stranger, q="가상기업1"), "of a national mailing only its own workplaces' people"


def test_a_recipients_page_shows_what_they_answered(browse, sending, officer, now):
    row = db.session.query(Delivery).order_by(Delivery.id).first()
    db.session.add(Response(
        delivery_id=row.id, centre_id=officer.centre_id, channel=Channel.MAIL_LINK, at=now,
        state=ResponseState.VERIFIED, wants=["visit"],
    ))
    db.session.commit()
    page = browse(officer).get(path(sending, f"recipients/{row.id}")).text
    assert "응답</h2>" in page


def test_a_recipients_page_tells_each_try(browse, sending, officer, now):
    """As the engine settles them, by the claim of a worker; a row of another worker's is left alone."""
    row = db.session.query(Delivery).order_by(Delivery.id).first()
    answers = [
        Outcome(Kind.DEFERRED, Stage.RCPT, 451, "4.7.1", "greylisted, come back"),
        Outcome(Kind.REFUSED_RECIPIENT, Stage.RCPT, 550, "5.7.1", "blocked by policy"),
    ]
    for attempt, answer in enumerate(answers, start=1):
        row.state, row.worker, row.attempts = DeliveryState.CLAIMED, "host-1-a", attempt
        db.session.flush()
        settled = settlement(row.id, answer, attempt, now + timedelta(minutes=attempt))
        queue.settle(db.session, "host-2-b", [settled])
        queue.settle(db.session, "host-1-a", [settled])
        db.session.refresh(row)
    db.session.commit()
    page = browse(officer).get(path(sending, f"recipients/{row.id}")).text
    first, second = page.index("greylisted, come back"), page.index("blocked by policy", page.index("지나온 일"))
    assert second < first, "newest first"
    assert "1번째 시도: 미루어짐" in page and "2번째 시도: 거부됨" in page and "3번째 시도" not in page


def test_an_even_flow_remembers_no_tries(sending, now):
    row = db.session.query(Delivery).order_by(Delivery.id).first()
    row.state, row.worker, row.attempts = DeliveryState.CLAIMED, "host-1-a", 1
    db.session.flush()
    accepted = Outcome(Kind.ACCEPTED, Stage.DOT, 250, "2.0.0", "OK")
    queue.settle(db.session, "host-1-a", [settlement(row.id, accepted, 1, now)])
    assert db.session.query(DeliveryTry).count() == 0


def test_what_was_found_as_a_workbook(browse, sending, officer):
    response = browse(officer).get("/deliveries/export.xlsx", query_string={"q": "가상기업"})
    sheet = load_workbook(io.BytesIO(response.data)).active
    assert sheet.max_row == 6 and sheet["A2"].value == "첫 안내"


@pytest.mark.parametrize("asked", [Asked("person1@naver.com"), Asked("가상기업1")])
def test_the_log_is_found_by_index(sending, officer, asked):
    """Never by walking all deliveries."""
    query = search.find(db.session, officer.scope(), asked)
    text = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
    if db.engine.dialect.name == "sqlite":
        plan = " / ".join(row[3] for row in db.session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")))
        assert "SCAN delivery" not in plan, plan
    else:
        db.session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(db.session.scalars(sa.text(f"EXPLAIN {text}")))
        assert "Seq Scan on delivery" not in plan, plan
