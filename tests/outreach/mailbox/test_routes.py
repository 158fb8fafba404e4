"""Pages of the embedded mailbox: a stranger's mail is shown and can do nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from outreach.clock import FixedClock
from outreach.db import db
from outreach.mailbox.server import mailbox_path
from outreach.mailbox.store import Received, Store
from tests.conftest import NOW, settings_for
from wsgi import FEATURES, build_app, demo_features

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def demo(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Flask]:
    shutil.copy(migrated_sqlite, tmp_path / "outreach.sqlite3")
    settings = settings_for(f"sqlite:///{tmp_path / 'outreach.sqlite3'}", tmp_path, demo=True)
    app = build_app(settings, [*FEATURES, *demo_features()], clock=FixedClock(NOW))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(demo: Flask) -> FlaskClient:
    demo.config["WTF_CSRF_ENABLED"] = False
    return demo.test_client()


@pytest.fixture
def store(demo: Flask) -> Store:
    return Store(mailbox_path(demo.extensions["outreach"].settings))


def receive(store: Store, html: str | None = "<html><body><p>안녕</p></body></html>", **headers: str) -> int:
    message = EmailMessage()
    message["From"], message["To"] = "센터 <c@outreach.example>", "kim@company.example"
    message["Subject"] = headers.pop("subject", "지원제도 안내")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("텍스트 본문 https://outreach.example/r/abc")
    if html is not None:
        message.add_alternative(html, subtype="html")
        message.get_payload()[1].add_related(PNG, "image", "png", cid="<pic>")
    raw = message.as_bytes().replace(b"\n", b"\r\n")
    store.add([Received(NOW, "c@outreach.example", "kim@company.example", raw)])
    return store.page("", 1, 1)[0][0].id


def test_an_empty_mailbox_says_the_next_step(client: FlaskClient) -> None:
    assert "아직 받은 메일이 없습니다" in client.get("/mailbox").text


def test_the_list_shows_new_mails_first_and_marks_them(client: FlaskClient, store: Store) -> None:
    first, second = receive(store, subject="먼저"), receive(store, subject="나중")
    page = client.get("/mailbox").text
    assert page.index("나중") < page.index("먼저") and page.count("새 메일") == 2
    client.get(f"/mailbox/{first}")
    assert client.get("/mailbox").text.count("새 메일") == 1
    assert second != first


def test_search_and_pages(client: FlaskClient, store: Store) -> None:
    for number in range(35):
        receive(store, subject=f"제목 {number:02}")
    assert "제목 34" in client.get("/mailbox").text and "제목 34" not in client.get("/mailbox?page=2").text
    assert "제목 00" in client.get("/mailbox?page=2").text
    assert "제목 07" in client.get("/mailbox?q=제목 07").text
    assert "찾는 메일이 없습니다" in client.get("/mailbox?q=none").text


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("text", "텍스트 본문"), ("headers", "List-Unsubscribe"), ("source", "Content-Type: multipart"),
        ("html", "<iframe"),
    ],
)
def test_every_side_of_a_mail(client: FlaskClient, store: Store, view: str, expected: str) -> None:
    mail_id = receive(store, List_Unsubscribe="<https://outreach.example/u/abc>")
    answer = client.get(f"/mailbox/{mail_id}?view={view}")
    assert answer.status_code == 200 and expected in answer.text


def test_a_mail_without_html_opens_as_text(client: FlaskClient, store: Store) -> None:
    page = client.get(f"/mailbox/{receive(store, html=None)}").text
    assert "텍스트 본문" in page and "<iframe" not in page


def test_the_phone_view(client: FlaskClient, store: Store) -> None:
    assert "phone-frame" in client.get(f"/mailbox/{receive(store)}?width=phone").text


def test_a_mail_is_shown_under_lock(client: FlaskClient, store: Store) -> None:
    html = '<html><head><title>x</title></head><body><script>alert(1)</script><img src="cid:pic"></body></html>'
    mail_id = receive(store, html=html)
    answer = client.get(f"/mailbox/{mail_id}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox allow-popups" in policy and "script" not in policy
    assert '<base target="_blank">' in answer.text
    assert f'src="/mailbox/{mail_id}/parts/0"' in answer.text
    picture = client.get(f"/mailbox/{mail_id}/parts/0")
    assert picture.data == PNG and picture.content_type == "image/png"
    assert "sandbox=" in client.get(f"/mailbox/{mail_id}").text


def test_a_mail_cannot_write_into_the_page_around_it(client: FlaskClient, store: Store) -> None:
    mail_id = receive(store, html=None, subject="<script>alert(1)</script>")
    for path in ("/mailbox", f"/mailbox/{mail_id}", f"/mailbox/{mail_id}?view=source"):
        assert "<script>alert" not in client.get(path).text


@pytest.mark.parametrize("path", ["/mailbox/99", "/mailbox/99/html", "/mailbox/1/parts/9", "/mailbox/1?view=x"])
def test_what_is_not_there(client: FlaskClient, store: Store, path: str) -> None:
    receive(store)
    assert client.get(path).status_code == 404


def test_emptying(client: FlaskClient, store: Store) -> None:
    receive(store)
    client.get("/mailbox/clear")  # a link does nothing
    assert store.page("", 1, 1)[1] == 1
    assert client.post("/mailbox/clear").status_code == 302
    assert store.page("", 1, 1)[1] == 0


def test_outside_the_demo_there_is_no_mailbox(app: Flask) -> None:
    assert app.test_client().get("/mailbox").status_code == 404
