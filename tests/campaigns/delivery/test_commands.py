"""`flask mailings run-due` against a real SMTP server: what it sends, what it prints, how it ends."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest
import sqlalchemy as sa
import structlog

from campaigns.delivery import queue, service
from campaigns.delivery.commands import mailings as group
from campaigns.delivery.identity import host_identity
from campaigns.delivery.rules import SkipReason
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.companies.consent import suppress
from outreach.companies.models import SuppressionReason
from outreach.db import db, unit_of_work
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.smtp_server import Event, SmtpServer


@pytest.fixture
def kept_logging():
    """The command sets up logging for its process; the tests' own is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def run_due(app, kept_logging):
    """Runs the command; gives its exit status and what it said on standard output and error."""

    def run(*arguments: str, smtp_url: str | None):
        outreach = app.extensions["outreach"]
        outreach.settings = replace(outreach.settings, smtp_url=smtp_url)
        db.session.commit()
        result = app.test_cli_runner().invoke(group, ["run-due", *arguments])
        db.session.expire_all()
        return result

    return run


@pytest.fixture
def due(draft, approve, officer, approver, now):
    """A mailing whose time has come, to ten people of whom one has opted out since."""

    def make(count: int = 10):
        add_companies(officer.centre_id, count, now)
        approve(draft)
        mailings.schedule(db.session, actor_of(approver), draft, now, now=now, smtp_ready=True)
        suppress(db.session, "person1@company1.example", SuppressionReason.UNSUBSCRIBED, "test", now)
        return draft

    return make


def test_it_starts_and_sends_what_is_due(run_due, server, due):
    mailing = due()
    result = run_due("--json", smtp_url=server.url)
    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[-1]) == {
        "accepted": 9, "deferred": 0, "refused": 0, "in_doubt": 0,
        "skipped": {reason.value: 0 for reason in SkipReason if reason is not SkipReason.EXPIRED} | {"suppressed": 1},
    }
    assert len(server.recipients) == 9
    assert mailing.state is MailingState.FINISHED


def test_it_says_it_in_words(run_due, server, due):
    due()
    result = run_due(smtp_url=server.url)
    assert "접수 9" in result.output and "제외 1 (수신거부 1)" in result.output


def test_nothing_due_is_no_failure(run_due, server):
    result = run_due("--json", smtp_url=server.url)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["accepted"] == 0


def test_a_second_run_sends_nothing_again(run_due, server, due):
    due()
    run_due(smtp_url=server.url)
    result = run_due("--json", smtp_url=server.url)
    assert json.loads(result.stdout)["accepted"] == 0
    assert len(server.recipients) == 9


def test_without_a_mail_server_it_fails(run_due, due):
    mailing = due()
    result = run_due(smtp_url=None)
    assert result.exit_code == 1
    assert "OUTREACH_SMTP_URL" in result.output
    assert mailing.state is MailingState.SCHEDULED


def test_an_unreachable_server_fails_with_the_reason(run_due, due):
    due()
    result = run_due("--json", smtp_url="smtp://127.0.0.1:9")
    assert result.exit_code == 1
    assert "메일 서버에 보내지 못하고 있습니다" in result.output
    assert json.loads(result.stdout)["accepted"] == 0


def test_temporary_refusals_are_counted_and_wait(run_due, due):
    mailing = due()

    def later(event: Event) -> bytes | None:
        return b"451 4.3.0 later\r\n" if event.stage == "rcpt" and "person2@" in event.argument else None

    with SmtpServer(later) as server:
        result = run_due("--json", smtp_url=server.url)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["deferred"] == 1
    assert mailing.state is MailingState.SENDING


def test_unknown_arguments_are_refused(run_due, server):
    assert run_due("--fast", smtp_url=server.url).exit_code == 2


@pytest.mark.usefixtures("office_hours")
def test_what_its_hours_close_is_left_alone_and_told(run_due, server, due, clock):
    due()
    clock.advance(minutes=-150)  # 07:30
    mailing = running_since_yesterday(clock)
    result = run_due("--json", smtp_url=server.url)
    assert result.exit_code == 0 and server.recipients == []
    assert json.loads(result.stdout.splitlines()[-1])["held"] == {
        "mailings": 1, "until": "2026-11-22T23:00:00+00:00"
    }
    assert mailing.state is MailingState.SENDING
    assert "1건이 기다립니다. 11월 23일(월) 08:00부터" in run_due(smtp_url=server.url).stdout


def running_since_yesterday(clock) -> Mailing:
    """The mailing, as if it had run into the evening of the day before."""
    mailing = db.session.scalars(sa.select(Mailing)).one()
    mailing.state, mailing.started_at = MailingState.SENDING, clock.now()
    return mailing


def test_a_lost_host_is_given_up_by_name(app, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 3, now)
    start(approve(draft))
    with unit_of_work(db.session) as session:
        queue.claim(session, draft.id, "lost.0a0b0c0d-7-ab12cd34", limit=2, now=now)
    runner = app.test_cli_runner()
    listed = runner.invoke(args=["mailings", "give-up-host"])
    assert listed.exit_code == 0 and listed.output.split() == ["lost.0a0b0c0d", "2"]
    unknown = runner.invoke(args=["mailings", "give-up-host", "nonsense", "--yes"])
    assert unknown.exit_code == 1 and "lost.0a0b0c0d" in unknown.output
    asked = runner.invoke(args=["mailings", "give-up-host", "lost.0a0b0c0d"], input="n\n")
    assert asked.exit_code == 1 and "2명" in asked.output
    given_up = runner.invoke(args=["mailings", "give-up-host", "lost.0a0b0c0d", "--yes"])
    assert given_up.exit_code == 0, given_up.output
    assert len(service.doubts(db.session, draft.id)) == 2


def test_a_host_does_not_give_up_itself(app, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 1, now)
    start(approve(draft))
    own = host_identity(app.extensions["outreach"].settings.journal_folder)
    with unit_of_work(db.session) as session:
        queue.claim(session, draft.id, f"{own}-7-ab12cd34", limit=1, now=now)
    refused = app.test_cli_runner().invoke(args=["mailings", "give-up-host", own, "--yes"])
    assert refused.exit_code == 1 and "다시 시작" in refused.output
