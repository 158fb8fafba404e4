"""What stands still is found, told to administrators and to a monitor, and logged."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import structlog

from outreach.db import db
from outreach.jobs.models import JobState
from outreach.jobs.service import enqueue
from outreach.operations import watch
from outreach.operations.commands import health
from outreach.operations.models import Pulse
from outreach.scope import Role
from tests.people import make_user, sign_in

SOON, LONG = timedelta(seconds=30), watch.STILL_AFTER


@pytest.fixture
def beat(app):
    db.session.rollback()
    watch.beat(app)


def run_health(app, *arguments: str):
    db.session.commit()
    return app.test_cli_runner().invoke(health, arguments)


def test_the_clock_beats_and_is_silent_when_it_does_not(app, clock, beat) -> None:
    assert watch.clock_silent(db.session, clock.now()) is None
    last = clock.now()
    clock.advance(seconds=30)
    assert watch.clock_silent(db.session, clock.now()) is None
    clock.advance(minutes=5)
    assert watch.clock_silent(db.session, clock.now()) == last
    db.session.rollback()
    watch.beat(app)
    db.session.expire_all()
    assert watch.clock_silent(db.session, clock.now()) is None


def test_where_no_clock_ever_ran_none_is_missed(app, now) -> None:
    assert watch.clock_silent(db.session, now) is None


def test_administrators_see_it_on_the_first_page_and_above_the_jobs(client, clock, beat) -> None:
    sign_in(client, make_user(Role.ADMINISTRATOR))
    for path in ("/", "/jobs"):
        assert "시계가 멈추었습니다" not in client.get(path).text
    clock.advance(minutes=5)
    for path in ("/", "/jobs"):
        page = client.get(path).text
        assert "시계가 멈추었습니다" in page and "clock 프로세스" in page and "2026. 11. 23.(월) 10:00부터" in page
    sign_in(client, make_user(Role.HEADQUARTERS))
    assert "시계가 멈추었습니다" not in client.get("/").text


def test_a_monitor_is_told(app, client, clock, beat) -> None:
    assert client.get("/health").json["background"] == "ok"
    calm = run_health(app)
    assert (calm.exit_code, calm.output) == (0, "모두 움직이고 있습니다.\n")
    clock.advance(minutes=5)
    answer = client.get("/health")
    assert (answer.status_code, answer.json["status"], answer.json["background"]) == (200, "ok", "attention")
    told = run_health(app, "--json")
    found = json.loads(told.output)
    assert told.exit_code == 1 and found["ok"] is False
    assert [one["name"] for one in found["findings"]] == ["clock"]
    assert "시계가 멈추었습니다" in run_health(app).output


def test_it_is_logged(app, clock, beat) -> None:
    with structlog.testing.capture_logs() as logged:
        watch.write_down(app)
        clock.advance(minutes=5)
        watch.write_down(app)
    assert [(line["event"], line["what"]) for line in logged] == [("watch.standstill", "clock")]


def test_a_worker_tells_of_a_silent_clock(app, clock, beat, monkeypatch) -> None:
    monkeypatch.setattr(watch, "LOOK", 0.0)
    source = watch.ClockWatch(app)
    clock.advance(minutes=5)
    with structlog.testing.capture_logs() as logged:
        assert source.step() is False
    assert [line["event"] for line in logged] == ["watch.clock_silent"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, True),
        ({"state": JobState.RUNNING, "leased_until": -LONG}, True),
        ({"state": JobState.RUNNING, "leased_until": SOON}, False),
        ({"state": JobState.DONE}, False),
    ],
    ids=["nobody takes it up", "its worker died and nobody takes it over", "being worked on", "done"],
)
def test_jobs_that_nobody_works_on(app, clock, values, found) -> None:
    job = enqueue(db.session, "companies.import", {}, now=clock.now())
    clock.advance(seconds=2 * LONG.total_seconds())
    for name, value in values.items():
        setattr(job, name, clock.now() + value - SOON if isinstance(value, timedelta) and value < SOON else
                clock.now() + value if isinstance(value, timedelta) else value)
    db.session.flush()
    assert ["jobs"] * found == [one.name for one in watch.check(db.session, clock.now())]


def test_what_moves_is_stamped_anew_and_what_is_gone_forgotten(app, clock) -> None:
    begin = clock.now()
    watch.note(db.session, "x:", {"x:a": 1, "x:b": 1}, begin)
    watch.note(db.session, "y:", {"y:a": 1}, begin)
    clock.advance(seconds=LONG.total_seconds())
    assert [row.key for row in watch.still(db.session, "x:", clock.now())] == ["x:a", "x:b"]
    watch.note(db.session, "x:", {"x:a": 1, "x:b": 2}, clock.now())
    assert [(row.key, row.since) for row in watch.still(db.session, "x:", clock.now())] == [("x:a", begin)]
    watch.note(db.session, "x:", {}, clock.now())
    assert watch.still(db.session, "x:", clock.now()) == []
    assert [row.key for row in watch.still(db.session, "y:", clock.now())] == ["y:a"]


def test_the_pulse_says_whose_it_is(app, beat) -> None:
    assert db.session.get(Pulse, watch.CLOCK).by
