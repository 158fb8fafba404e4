"""The page for leaving: topics one by one, altogether by one press, nothing by looking."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from outreach import links
from outreach.audit.models import ChangeRecord
from outreach.companies.models import Suppression, TopicSuppression
from outreach.companies.topics import TOPIC_LABELS, Topic
from outreach.db import db
from outreach.mail.models import OutboxMessage
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing, make_place
from tests.outreach.leads.making import make_company
from tests.people import make_centre
from tests.reach.world import everything

OTHERS = [topic.value for topic in Topic if topic is not Topic.EVENTS]


@pytest.fixture
def delivery(app):
    centre = make_centre(name="구로고용센터")
    mailing = make_mailing(make_campaign(centre))
    mailing.topic = Topic.EVENTS
    return make_delivery(mailing, make_company(centre, "한빛정밀"))


@pytest.fixture
def path(app, delivery):
    return links.unsubscribe_url("", app.extensions["outreach"].signer, delivery.id)


def left() -> set[Topic]:
    return set(db.session.scalars(sa.select(TopicSuppression.topic)))


def test_the_page_offers_everything_in_both_languages_and_reveals_nobody(client, path, delivery):
    page = client.get(path).text
    assert all(label in page for label in TOPIC_LABELS.values()) and "Substitute staff" in page
    assert "받으신 메일의 주제" in page and "수신거부 / Unsubscribe" in page
    assert delivery.address not in page and "김민수" not in page and "***@" in page


def test_one_topic_is_left_and_the_page_says_so(client, path, delivery):
    page = client.post(f"{path}/topics", data={"keep": OTHERS}).text
    assert left() == {Topic.EVENTS} and "저장했습니다" in page
    assert 'value="events">' in page and 'value="stories" checked>' in page
    assert db.session.query(Suppression).count() == 0
    before = everything()
    client.post(f"{path}/topics", data={"keep": OTHERS})
    assert everything() == before, "a second time changes nothing"


def test_a_topic_is_taken_up_again_and_the_record_says_so(client, path):
    client.post(f"{path}/topics", data={"keep": OTHERS})
    client.post(f"{path}/topics", data={"keep": [topic.value for topic in Topic]})
    assert left() == set()
    [change] = db.session.scalars(sa.select(ChangeRecord).filter_by(subject="suppression", action="lift"))
    assert change.changes["topic"] == ["events", None] and change.user_email == "public"


def test_the_address_itself_is_told_of_a_topic_taken_up_again(client, path, delivery):
    """A forwarded link can't do so unnoticed; leaving is told by the clock, within a minute."""
    client.post(f"{path}/topics", data={"keep": OTHERS})
    assert db.session.query(OutboxMessage).count() == 0
    for _ in range(2):
        client.post(f"{path}/topics", data={"keep": [topic.value for topic in Topic]})
    mail = db.session.query(OutboxMessage).one()
    assert mail.to_address == delivery.address and "대상: 행사 안내" in mail.text and "다시 보내 드립니다" in mail.text


def test_to_keep_nothing_is_to_leave_altogether(client, path, delivery):
    page = client.post(f"{path}/topics").text
    assert db.session.query(Suppression).one().address_key == delivery.address_key
    assert "잘못 눌렀습니다" in page


def test_topics_bring_nobody_back_who_left_altogether(client, path):
    client.post(path)
    client.post(f"{path}/topics", data={"keep": [topic.value for topic in Topic]})
    assert db.session.query(Suppression).count() == 1


def test_leaving_altogether_stays_one_press_away_after_topics(client, path):
    client.post(f"{path}/topics", data={"keep": OTHERS})
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).text == "OK"
    assert db.session.query(Suppression).count() == 1


# -- GET changes nothing, ever -----------------------------------------------------------------------------

#: Public pages behind a token: the kind of token, and the rows it is made of.
TOKENS = {
    "public.click": links.CLICK, "public.form": links.FORM, "public.thanks": links.FORM,
    "public.leave": links.UNSUBSCRIBE, "public.place_form": links.PLACE,
    "public.place_thanks": links.PLACE,
}
#: The one thing a GET leaves behind: the raw record of a click, which proves nothing about a person.
RAW = {"click_event"}


def public_addresses(app: Flask, delivery) -> list[str]:
    """Every public page that answers to GET, with a token that opens it where we know how to make one."""
    signer, place = app.extensions["outreach"].signer, make_place(delivery.mailing.campaign)
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if "GET" not in rule.methods or not getattr(getattr(view, "view_class", view), "access_public", None):
            continue
        kind = TOKENS.get(rule.endpoint, "x")
        numbers = {"c": (delivery.id, 0), "q": (place.id,)}.get(kind, (delivery.id,))
        values = dict.fromkeys(rule.arguments, "1")
        if "token" in values:
            values["token"] = signer.sign(kind, *numbers)
        if "code" in values:
            values["code"] = "en"
        found.append(rule.build(values)[1])
    return found


def test_no_public_page_changes_anything_by_being_looked_at(app, client, delivery):
    """As link scanners do: every page, by GET and HEAD, also with the words of a POST in the query."""
    addresses = public_addresses(app, delivery)
    assert len(addresses) > 8
    before, opened = everything(), set()
    for address in addresses:
        for method in ("GET", "HEAD"):
            for query in ("", "?List-Unsubscribe=One-Click", "?keep=events&undo=x&confirm=y"):
                response = client.open(address + query, method=method)
                assert response.status_code < 500, address
                if response.status_code in (200, 302):
                    opened.add(address)
                after = everything()
                assert {name for name in after if after[name] != before[name]} <= RAW, (method, address + query)
    assert {address[:3] for address in opened} >= {"/c/", "/r/", "/u/", "/q/"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_a_post_acts(client, path, method):
    before = everything()
    for address in (f"{path}/topics", f"{path}/undo"):
        client.open(address, method=method, data={"keep": []})
    assert everything() == before
