"""Clicks, pixels and scans: answered without the database, kept through kill -9, taken in once each."""

from __future__ import annotations

import dataclasses
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from campaigns.responses import clicks, targets
from campaigns.responses.clicks import Intake
from campaigns.responses.fast import PIXEL
from campaigns.responses.models import ClickEvent, WeakSignal
from campaigns.responses.rules import SignalKind, Verdict
from campaigns.responses.spool import Spool
from campaigns.responses.wiring import FAST
from outreach import links
from outreach.companies.models import Consent, Suppression
from outreach.db import db
from outreach.leads.models import Lead
from outreach.processes import ROOT
from outreach.signing import Signer
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing, make_place
from tests.conftest import make_app, settings_for
from tests.outreach.leads.making import make_company
from tests.people import make_centre
from wsgi import FEATURES, build_app

AGENT = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0"}
TARGET = "https://www.work24.example/"


@pytest.fixture
def delivery(app):
    centre = make_centre(name="구로고용센터")
    made = make_delivery(make_mailing(make_campaign(centre)), make_company(centre, "한빛정밀"))
    made.mailing.approved_hash = "first"
    db.session.commit()
    return made


@pytest.fixture
def signer(app):
    return app.extensions["outreach"].signer


@pytest.fixture
def path(signer, delivery):
    return links.click_url("", signer, delivery.id, 0, delivery.mailing_id)


@pytest.fixture
def spooled(app):
    """What waits to be taken in, and by whom it was written."""
    return clicks.folder(app)


def count(model):
    """As it stands now, whoever wrote it; no lock is held afterwards."""
    db.session.rollback()
    number = db.session.scalar(sa.select(sa.func.count()).select_from(model))
    db.session.rollback()
    return number


def take_in(app) -> None:
    """A worker's turn, until nothing waits."""
    db.session.rollback()  # a worker has a session of its own
    intake = Intake(app)
    while intake.step():
        pass


# -- what is recorded -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "headers", "kept"),
    [("GET", {}, "GET"), ("HEAD", {}, "HEAD"), ("GET", {"Sec-Purpose": "prefetch;prerender"}, "PREFETCH")],
)
def test_a_click_is_kept_raw_and_leads_on(app, client, delivery, path, now, method, headers, kept):
    delivery.done_at = now
    db.session.commit()
    response = client.open(path, method=method, headers=AGENT | headers, environ_base={"REMOTE_ADDR": "203.0.113.77"})
    assert (response.status_code, response.location, response.headers["Cache-Control"]) == (302, TARGET, "no-store")
    assert count(ClickEvent) == 0
    take_in(app)
    event = db.session.scalars(sa.select(ClickEvent)).one()
    assert (event.delivery_id, event.link_position, event.method, event.at) == (delivery.id, 0, kept, now)
    assert (event.network, event.user_agent) == ("203.0.113.0/24", AGENT["User-Agent"])
    assert (event.verdict, event.judged_at, event.accepted_at) == (Verdict.PENDING, None, now)
    assert count(Lead) == 0 and count(Consent) == 0 and count(Suppression) == 0


def test_a_link_of_a_mail_sent_before_links_named_their_mailing_leads_on(app, client, signer, delivery):
    response = client.get(links.click_url("", signer, delivery.id, 1))
    assert (response.status_code, response.location) == (302, "https://b.example/x")
    take_in(app)
    assert db.session.scalars(sa.select(ClickEvent.link_position)).all() == [1]


def test_a_link_the_mailing_does_not_have_is_gone_and_a_forged_one_too(app, client, signer, delivery, path):
    other = f"{path[:12]}{'A' if path[12] != 'A' else 'B'}{path[13:]}"
    for bad in (links.click_url("", signer, delivery.id, 7, delivery.mailing_id), other,
                f"/c/{signer.sign('r', delivery.id)}", f"/o/{signer.sign('c', delivery.id)}",
                f"/q/{signer.sign('o', delivery.id)}", "/c/", "/o/x"):
        assert client.get(bad).status_code == 404
    assert client.post(path).status_code == 405
    take_in(app)
    assert count(ClickEvent) == count(WeakSignal) == 0


def test_keys_rotate(app, client, path):
    old = app.extensions["outreach"].settings.link_keys[0].encode()
    app.extensions["outreach"].signer = Signer([b"another-key-" + b"y" * 32, old])
    assert client.get(path).status_code == 302
    app.extensions["outreach"].signer = Signer([b"another-key-" + b"y" * 32])
    assert client.get(path).status_code == 404


def test_the_hidden_link_leads_to_a_harmless_page(app, client, signer, delivery):
    response = client.get(links.click_url("", signer, delivery.id, links.TRAP, delivery.mailing_id))
    assert response.location == "http://localhost/privacy"
    take_in(app)
    assert db.session.scalars(sa.select(ClickEvent.link_position)).all() == [links.TRAP]


def test_an_open_is_a_weak_signal(app, client, signer, delivery):
    response = client.get(links.open_url("", signer, delivery.id), headers=AGENT)
    assert (response.mimetype, response.data, response.headers["Cache-Control"]) == ("image/gif", PIXEL, "no-store")
    client.get(links.open_url("", signer, delivery.id), headers={"User-Agent": "Mozilla/5.0 (via GoogleImageProxy)"})
    take_in(app)
    found = db.session.scalars(sa.select(WeakSignal).order_by(WeakSignal.id)).all()
    assert [(row.kind, row.delivery_id, row.by_machine) for row in found] == [
        (SignalKind.OPEN, delivery.id, False), (SignalKind.OPEN, delivery.id, True),
    ]
    assert count(ClickEvent) == 0 and count(Lead) == 0


def test_a_scanned_code_leads_to_the_form(app, client, signer, delivery):
    place = make_place(delivery.mailing.campaign)
    db.session.commit()
    path = links.place_url("", signer, place.id)
    response = client.get(path, headers=AGENT)
    assert (response.status_code, response.location) == (302, f"{path}/form")
    take_in(app)
    signal_row = db.session.scalars(sa.select(WeakSignal)).one()
    assert (signal_row.kind, signal_row.place_id, signal_row.delivery_id) == (SignalKind.SCAN, place.id, None)


def test_the_address_is_the_one_the_proxy_names(tmp_path, database_url, clock, delivery, signer, path):
    """Behind TLS the last address in X-Forwarded-For is the proxy's word; those before it are anybody's."""
    app = make_app(database_url, tmp_path, clock, base_url="https://outreach.example")
    Client(app).get(path, headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.9"})
    Client(app).get(path, headers={"X-Forwarded-For": "2001:db8:1:2::9"})
    take_in(app)
    networks = db.session.scalars(sa.select(ClickEvent.network).order_by(ClickEvent.id)).all()
    assert networks == ["198.51.100.0/24", "2001:db8:1::/48"]


# -- the database busy, or gone ---------------------------------------------------------------------------


@contextmanager
def busy(hold: float = 60.0, rest: float = 0.01):
    """Someone else writes: holds the lock for ``hold`` seconds, again and again, until the block ends."""
    db.session.commit()
    path, held, over = db.engine.url.database, threading.Event(), threading.Event()

    def write():
        lock = sqlite3.connect(path, isolation_level=None, timeout=30)
        while not over.is_set():
            lock.execute("BEGIN IMMEDIATE")
            held.set()
            over.wait(hold)
            lock.execute("ROLLBACK")
            over.wait(rest)
        lock.close()

    thread = threading.Thread(target=write)
    thread.start()
    held.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.sqlite
def test_a_busy_database_holds_no_reader_up_and_loses_no_click(app, delivery, path, now):
    """A thousand at once, while another writes."""
    client = app.wsgi_app

    def press(_number):
        answered = []
        environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "REMOTE_ADDR": "203.0.113.5", "HTTP_USER_AGENT": "x"}
        list(client(environ, lambda status, headers: answered.append((status, dict(headers)["Location"]))))
        return answered

    with busy(), ThreadPoolExecutor(8) as readers:
        answers = list(readers.map(press, range(1000)))
    assert answers == [[("302 Found", TARGET)]] * 1000
    assert count(ClickEvent) == 0
    take_in(app)
    assert count(ClickEvent) == 1000
    assert db.session.scalars(sa.select(ClickEvent.at).distinct()).all() == [now]


def test_a_fresh_process_leads_on_without_a_database(app, tmp_path, client, delivery, path, signer):
    """What a worker wrote down suffices; without it the reader is asked to come again, and the click is kept."""
    take_in(app)  # writes the mailing's links down
    unknown = links.click_url("", signer, delivery.id, 0, delivery.mailing_id + 1)
    lonely = make_app("sqlite:////nowhere/at/all.sqlite3", tmp_path)
    reader = Client(lonely)
    response = reader.get(path)
    assert (response.status_code, response.location) == (302, TARGET)
    later = reader.get(unknown)
    assert later.status_code == 503 and later.headers["Retry-After"] == "60" and "다시 눌러" in later.text
    with lonely.app_context(), pytest.raises(sa.exc.OperationalError):
        Intake(lonely).take_pieces()
    assert count(ClickEvent) == 0
    take_in(app)
    assert count(ClickEvent) == 2


def test_links_follow_the_approval_and_go_with_the_mailing(app, client, delivery, path):
    folder = clicks.links_folder(app)
    take_in(app)
    assert targets.read(folder, delivery.mailing_id).urls == (TARGET, "https://b.example/x")
    mailing = delivery.mailing
    mailing.links[0].url, mailing.approved_hash = "https://새주소.example/길", "second"
    db.session.commit()
    take_in(app)
    app.extensions[FAST]._book._known.clear()  # as ten seconds later
    assert client.get(path).location == "https://xn--og4b2nh8p.example/%EA%B8%B8"
    db.session.delete(delivery)
    db.session.delete(mailing)
    db.session.commit()
    Intake(app).step()
    assert list(folder.glob("*.json")) == []


def test_a_click_goes_with_its_delivery(app, client, delivery, path):
    client.get(path)
    db.session.delete(db.session.merge(delivery))
    db.session.commit()
    take_in(app)
    assert count(ClickEvent) == 0 and not Intake(app).step()


# -- processes that die, disks that fill -------------------------------------------------------------------

SERVER = """
import os, signal, sys
from pathlib import Path
from werkzeug.test import Client
from tests.conftest import make_app
client = Client(make_app(sys.argv[1], Path(sys.argv[2])))
for number in range(int(sys.argv[4])):
    response = client.get(sys.argv[3], headers={"User-Agent": f"Browser {number}"})
    assert response.status_code == 302, response.status_code
    print(number, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_every_answered_click_survives_the_killing_of_the_process(app, tmp_path, database_url, delivery, path, spooled):
    db.session.rollback()
    found = subprocess.run(
        [sys.executable, "-c", SERVER, database_url, str(tmp_path), path, "200"], cwd=ROOT, capture_output=True,
        text=True, check=False,
    )
    assert found.returncode == -signal.SIGKILL, found.stderr
    answered = {f"Browser {number}" for number in found.stdout.split()}
    assert len(answered) == 200
    take_in(app)
    assert set(db.session.scalars(sa.select(ClickEvent.user_agent))) == answered and count(ClickEvent) == 200
    Intake(app).step()  # a new worker tidies first
    assert list(spooled.glob("*.spool")) == [] and list(spooled.glob("*.at")) == []


def test_taking_in_twice_is_once(app, client, path, spooled):
    """As after a kill between the commit and the note of how far the file was read."""
    for _ in range(3):
        client.get(path)
    take_in(app)
    for mark in spooled.glob("*.at"):
        mark.unlink()
    take_in(app)
    assert count(ClickEvent) == 3


def test_two_readers_of_one_folder_do_not_meet(app, client, path):
    client.get(path)
    with Intake(app)._reader.locked() as ours:
        assert ours and Intake(app).take_pieces() is None
    assert Intake(app).take_pieces() is True


def test_a_damaged_line_holds_up_no_other(app, client, path, spooled):
    client.get(path)
    [segment] = spooled.glob("*.spool")
    whole = segment.read_bytes()
    changed = whole.replace(b"GET", b"PUT", 1)
    cut = whole[:-9]
    (spooled / "0123.spool").write_bytes(b"\x00\xff nonsense\n" + changed + b"00000000 {}\n" + cut)
    take_in(app)
    assert count(ClickEvent) == 1
    Intake(app).step()
    aside = (spooled / "damaged").read_bytes().splitlines()
    assert aside == [b"\x00\xff nonsense", changed.strip(), b"00000000 {}", cut.strip()]
    assert segment.exists() and not (spooled / "0123.spool").exists()


FULL_DISK = """
import json, resource, sys
from pathlib import Path
from werkzeug.test import Client
from tests.conftest import make_app
app = make_app(sys.argv[1], Path(sys.argv[2]))
def press():
    return Client(app).get(sys.argv[3], headers={"User-Agent": "x" * 100}).status_code
codes = [press() for _ in range(3)]
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))  # writes end there, as on a full disk
codes += [press() for _ in range(10)]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
codes += [press() for _ in range(3)]
print(json.dumps([codes, app.extensions["responses.fast"].spool.lost]))
"""


def test_a_full_disk_keeps_nobody_from_the_page(app, tmp_path, database_url, delivery, path):
    """What could not be written is counted and logged; what could is whole, behind a line cut short, too."""
    take_in(app)  # the links are written down
    db.session.rollback()
    found = subprocess.run(
        [sys.executable, "-c", FULL_DISK, database_url, str(tmp_path), path], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )
    codes, lost = json.loads(found.stdout.splitlines()[-1])
    assert codes == [302] * 16 and lost > 0 and "click.lost" in found.stdout + found.stderr
    take_in(app)
    assert count(ClickEvent) == 16 - lost


def test_segments_are_closed_at_their_size_and_removed_when_read(tmp_path, app):
    folder = clicks.folder(app)
    spool = Spool(folder, segment_bytes=1000)
    for number in range(40):
        assert spool.append("c", 1.0, 999, number, "GET", "", "x")
    assert len(list(folder.glob("*.spool"))) > 1
    take_in(app)
    Intake(app).step()
    assert len(list(folder.glob("*.spool"))) == 1  # the one being written
    assert spool.append("c", 1.0, 999, 40, "GET", "", "x")
    assert Intake(app).step() is True


# -- the web process's own thread ----------------------------------------------------------------------------


def test_a_web_process_takes_its_events_in_by_itself(tmp_path, database_url, delivery, path):
    db.session.rollback()
    settings = dataclasses.replace(settings_for(database_url, tmp_path), testing=False)
    alone = build_app(settings, FEATURES)
    Client(alone).get(path)
    deadline = time.monotonic() + 30
    while count(ClickEvent) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert count(ClickEvent) == 1
