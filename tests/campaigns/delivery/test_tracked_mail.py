"""What a mail holds that tells of pressing and opening, and that it says so."""

from __future__ import annotations

import email
import email.policy
import re

import pytest
from lxml import html as lxml_html

from campaigns.mailings import service as mailings
from outreach import links
from outreach.db import db
from tests.campaigns.delivery.conftest import actor_of, add_companies

BUTTONS = [
    {"kind": "button", "label": "자세히", "target": "url", "url": "https://a.example/1"},
    {"kind": "button", "label": "신청", "target": "url", "url": "https://a.example/2"},
]
FOR_ADVICE = "동행 플래너가 그에 맞추어 상담을 안내하는 데 씁니다"
FOR_US = "안내를 고치는 데에만 씁니다"


@pytest.fixture
def send(server, engine, draft, officer, approve, start, now):
    """The mail as it arrives, (HTML, text), of a draft changed so."""

    def sent(**changes):
        add_companies(officer.centre_id, 1, now)
        mailings.edit(db.session, actor_of(officer), draft, changes, version=None, now=now)
        start(approve(draft))
        db.session.commit()  # the engine works in a session of its own
        while engine.step():
            pass
        message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
        return tuple(message.get_body((kind,)).get_content() for kind in ("html", "plain"))

    return sent


def addresses(page: str) -> list[tuple[str, links.Click]]:
    return re.findall(r'href="http://localhost/c/([^"]+)"', page)


def test_a_tracked_link_names_its_mailing_and_a_hidden_one_stands_behind_them(send, app, draft, client):
    page, plain = send(blocks=BUTTONS)
    signer = app.extensions["outreach"].signer
    clicks = [links.read_click(signer, token) for token in addresses(page)]
    assert {(click.position, click.mailing_id) for click in clicks} == {
        (0, draft.id), (1, draft.id), (links.TRAP, draft.id),
    }
    assert "/c/" in plain and plain.count("http://localhost/c/") == 2  # who reads text sees every address
    assert {client.get(f"/c/{token}").location for token in addresses(page)} == {
        "https://a.example/1", "https://a.example/2", "http://localhost/privacy",
    }


def test_the_hidden_link_is_hidden_from_eyes_keyboards_and_screen_readers(send, app):
    page, _plain = send(blocks=BUTTONS)
    signer = app.extensions["outreach"].signer
    traps = [
        anchor for anchor in lxml_html.fromstring(page).iter("a")
        if "/c/" in anchor.get("href", "") and links.read_click(
            signer, anchor.get("href").rpartition("/")[2]
        ).position == links.TRAP
    ]
    [trap] = traps
    assert (trap.text or "").strip() == "" and len(trap) == 0 and trap.get("tabindex") == "-1"
    row = next(trap.iterancestors("tr"))
    assert (row.get("aria-hidden"), row.get("style")) == ("true", "display:none;mso-hide:all")


def test_a_mail_that_tracks_nothing_hides_nothing(send):
    page, plain = send(blocks=[{"kind": "button", "label": "상담 신청하기", "target": "form"}])
    for word in ("/c/", "/o/", "누르셨는지", "보이지 않는 그림"):
        assert word not in page + plain


def test_opens_are_told_only_where_asked_for_and_the_foot_says_so(send, app, client):
    page, plain = send(track_opens=True)
    [token] = re.findall(r'src="http://localhost/o/([^"]+)"', page)
    assert links.read_open(app.extensions["outreach"].signer, token) > 0
    assert all("열어 보셨는지를 어림하는 보이지 않는 그림" in part for part in (page, plain))
    assert client.get(f"/o/{token}").mimetype == "image/gif"


@pytest.mark.parametrize(("to_leads", "said", "unsaid"), [(True, FOR_ADVICE, FOR_US), (False, FOR_US, FOR_ADVICE)])
def test_the_foot_says_what_clicks_are_for(send, to_leads, said, unsaid):
    for part in send(blocks=BUTTONS, clicks_open_leads=to_leads):
        assert said in part and unsaid not in part
