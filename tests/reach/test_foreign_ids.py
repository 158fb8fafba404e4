"""Forms and bodies that name someone else's row: each is refused, and nothing is kept of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.planning.models import Campaign
from cases.library.models import Case
from outreach import links
from outreach.companies.models import Contact
from outreach.db import db
from outreach.leads.models import Lead
from outreach.organisations.models import Organisation
from outreach.scope import Role
from outreach.uploads.models import Upload
from tests.campaigns.delivery.conftest import BLOCKS
from tests.cases.making import make_material
from tests.people import make_user, sign_in
from tests.reach.test_strangers import Visitor, shows
from tests.reach.world import World, everything

_out = io.BytesIO()
Image.new("RGB", (300, 200), "navy").save(_out, "PNG")
PNG = _out.getvalue()


def version(model: type[Any], row_id: int) -> int:
    return db.session.get(model, row_id, populate_existing=True).version


Make = Callable[[World, World], tuple[Role, str, dict[str, Any]]]

#: What is attempted -> who, where, with what, given one's own world and the other's.
ATTEMPTS: dict[str, Make] = {
    "a lead for another centre's planner": lambda own, other: (
        Role.CENTRE_MANAGER, f"/leads/{own.ids['lead_id']}/assign",
        {"assign-planner": other.people[Role.PLANNER].id, "assign-version": version(Lead, own.ids["lead_id"])},
    ),
    "another centre's partner in one's campaign": lambda own, other: (
        Role.PROMOTION, f"/campaigns/{own.ids['campaign_id']}/partners",
        {"organisation_id": other.organisation.id, "role": "co_host"},
    ),
    "another centre's material in one's campaign": lambda own, other: (
        Role.PROMOTION, f"/campaigns/{own.ids['campaign_id']}/materials", {"material_id": other.ids["material_id"]},
    ),
    "another centre's officer as owner of a stage": lambda own, other: (
        Role.PROMOTION, f"/campaigns/{own.ids['campaign_id']}/stages/{own.ids['stage_id']}",
        {"state": "open", "owner_id": other.people[Role.PROMOTION].id, "version": 1},
    ),
    "another centre's officer as owner of a campaign": lambda own, other: (
        Role.PROMOTION, f"/campaigns/{own.ids['campaign_id']}/edit",
        {"name": "새 이름", "owner_id": other.people[Role.PROMOTION].id,
         "version": version(Campaign, own.ids["campaign_id"])},
    ),
    "one's material for another centre's partner": lambda own, other: (
        Role.PROMOTION, f"/materials/{own.ids['material_id']}/grants", {"organisation_id": other.organisation.id},
    ),
    "another centre's case in one's brochure": lambda own, other: (
        Role.PROMOTION, f"/documents/{own.ids['document_id']}",
        {"title": "책자", "style": "warm", "cases-0": other.ids["case_id"], "version": 1},
    ),
    "another centre's partner in one's brochure": lambda own, other: (
        Role.PROMOTION, f"/documents/{own.ids['document_id']}",
        {"title": "책자", "style": "warm", "organisations-0": other.organisation.id, "version": 1},
    ),
    "another centre's company in one's case": lambda own, other: (
        Role.PROMOTION, f"/cases/{own.ids['case_id']}/edit",
        {"headline": "제목", "display_name": "회사", "company_id": other.ids["company_id"], "consent_scope": "none",
         "version": version(Case, own.ids["case_id"])},
    ),
    "a response confirmed as another centre's workplace": lambda own, other: (
        Role.PROMOTION, f"/responses/{own.ids['response_id']}/confirm", {"workplace_id": other.ids["workplace_id"]},
    ),
    "a response typed in for another centre's workplace": lambda own, other: (
        Role.PROMOTION, "/responses/new",
        {"channel": "phone", "at": "2026-11-23T10:00", "wants": "visit", "person": "김", "phone": "02-123-4567",
         "workplace_id": other.ids["workplace_id"]},
    ),
    "another campaign's audience in a mailing": lambda own, other: (
        Role.PROMOTION, f"/mailings/{own.argument('mailings.edit', 'mailing_id')}/edit",
        {"title": "안내", "audience_id": other.ids["audience_id"], "message_class": "public_notice",
         "version": version(Mailing, own.argument("mailings.edit", "mailing_id"))},
    ),
    "another campaign's audience in a run of letters": lambda own, other: (
        Role.PROMOTION, f"/campaigns/{own.ids['campaign_id']}/post/new",
        {"name": "편지", "audience_id": other.ids["audience_id"]},
    ),
    "another mailing's recipient in doubt": lambda own, other: (
        Role.PROMOTION, f"/mailings/{own.ids['mailing_id']}/doubts",
        {"delivery": other.ids["delivery_id"], "decision": "resend"},
    ),
    "an account for another centre": lambda own, other: (
        Role.CENTRE_MANAGER, "/accounts/new",
        {"email": "x@outreach.example", "name": "김", "role": "planner", "centre": other.centre.id},
    ),
    "an account for another centre's partner": lambda own, other: (
        Role.CENTRE_MANAGER, "/accounts/new",
        {"email": "x@outreach.example", "name": "김", "role": "partner", "organisation": other.organisation.id},
    ),
    "an account of more power than one's own": lambda own, other: (
        Role.CENTRE_MANAGER, "/accounts/new", {"email": "x@outreach.example", "name": "김", "role": "administrator"},
    ),
    "a planner made a manager": lambda own, other: (
        Role.CENTRE_MANAGER, f"/accounts/{own.ids['user_id']}/role",
        {"role": "centre_manager", "centre": own.centre.id, "confirm": "y"},
    ),
}


@pytest.mark.parametrize("attempt", list(ATTEMPTS))
def test_a_foreign_id_is_refused(client, own, other, attempt):
    role, address, form = ATTEMPTS[attempt](own, other)
    visitor, before = sign_in(client, own.people[role]), everything()
    response = visitor.post(address, data=form)
    assert response.status_code < 500
    assert everything() == before, response.text[:2000]


#: Own rows that are in their place already, or beyond one's power whosever they are.
NO_OWN = ("in one's campaign", "one's material", "more power", "made a manager")


@pytest.mark.parametrize("attempt", [name for name in ATTEMPTS if not any(words in name for words in NO_OWN)])
def test_the_same_with_the_own_id_is_done(client, own, attempt):
    """So what is refused above is refused for whose it is."""
    own.people[Role.PLANNER] = make_user(Role.PLANNER, centre=own.centre)
    role, address, form = ATTEMPTS[attempt](own, own)
    visitor, before = sign_in(client, own.people[role]), everything()
    response = visitor.post(address, data=form)
    assert everything() != before, re.sub(r"<[^>]+>|\s+", " ", response.text)[-1500:]


# -- what a mail may show ----------------------------------------------------------------------------------


def look(client, world: World, block: dict[str, Any]) -> str:
    """The mail in the editor with ``block`` in it, unsaved."""
    form = {f"blocks-0-{key}": value for key, value in block.items()}
    form |= {"title": "안내", "message_class": "public_notice"}
    client = sign_in(client, world.people[Role.PROMOTION])
    return client.post(f"/mailings/{world.argument('mailings.edit', 'mailing_id')}/preview", data=form).text


def uploads_of(world: World) -> dict[str, int]:
    """Stored files that are no pictures of mails."""
    case = db.session.get(Case, world.ids["case_id"])
    organisation = db.session.get(Organisation, world.organisation.id)
    table = db.session.query(Upload).filter_by(kind="table").order_by(Upload.id.desc()).first()
    return {"photo": case.photos[0].upload_id, "logo": organisation.logo_id, "list": table.id}


@pytest.mark.parametrize("what", ["photo", "logo", "list"])
def test_a_mail_shows_no_other_file_by_its_number(app, client, own, other, what):
    number = uploads_of(other)[what]
    page = look(client, own, {"kind": "picture", "upload_id": number, "alt": "그림"})
    assert "가리키는 자료가 없습니다" in page and "/i/" not in page
    token = links.picture_url("", app.extensions["outreach"].signer, number)
    assert client.get(token).status_code == 404


def test_a_mail_shows_the_pictures_put_into_it(app, client, own):
    picture = {"file": (io.BytesIO(PNG), "그림.png")}
    officer = sign_in(client, own.people[Role.PROMOTION])
    added = officer.post(f"/mailings/{own.argument('mailings.edit', 'mailing_id')}/pictures", data=picture).json
    page = look(client, own, {"kind": "picture", "upload_id": added["id"], "alt": "그림"})
    [address] = set(re.findall(r"/i/[^\"]+", page))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("number", ["²", "-1", "1" * 30, "x"])
def test_an_impossible_number_in_a_block_is_said_so(client, own, number):
    page = look(client, own, {"kind": "picture", "upload_id": number, "alt": "그림"})
    assert "선택이 올바르지 않습니다" in page


def test_a_mail_links_to_no_material_of_another_centre(app, client, own, other):
    published = make_material(app, other.centre)
    button = {"kind": "button", "label": "받기", "target": "material", "material_id": published.id}
    assert "가리키는 자료가 없습니다" in look(client, own, button)
    ours = make_material(app, own.centre)
    assert "가리키는 자료가 없습니다" not in look(client, own, button | {"material_id": ours.id})


# -- a mailing of headquarters, looked at by a centre -------------------------------------------------------


@pytest.fixture
def wide(own, other) -> Mailing:
    """Headquarters' mailing that waits for approval; one recipient of ``other`` has no name, which it needs."""
    mailing = db.session.get(Mailing, own.ids["review"])
    mailing.campaign.centre = None
    mailing.sender_postal, mailing.preheader = "세종", "안내"
    mailing.blocks = [{"kind": "text", "text": "{{담당자}} 님"}, *BLOCKS]
    db.session.get(Contact, other.ids["contact_id"]).name = ""
    db.session.flush()
    return mailing


def test_a_centre_is_not_told_of_recipients_elsewhere(client, own, other, wide):
    planner = Visitor(client, own.people[Role.PLANNER])
    page = planner.ask_for(f"/mailings/{wide.id}/")
    assert page.status_code == 200 and "개인화 값이 없는 수신자가 1명" in page.text and not shows(page, other)
    token = {"Authorization": f"Bearer {planner.token}"}
    client.delete_cookie("session")
    told = client.get(f"/api/v1/mailings/{wide.id}/check", headers=token)
    assert told.json["missing"] == [] and not told.json["ready"] and not shows(told, other)
    assert any("1명" in problem for problem in told.json["problems"])


def test_headquarters_is_told_who_lacks_a_value(client, other, wide):
    page = Visitor(client, make_user(Role.HEADQUARTERS)).ask_for(f"/mailings/{wide.id}/")
    assert shows(page, other)


def test_only_recipients_of_the_own_centre_are_shown_of_it(client, own, other, wide):
    wide.state = MailingState.SENDING
    for row in {row.contact_id: row for row in db.session.query(Delivery)}.values():
        row.mailing_id, row.state = wide.id, DeliveryState.ACCEPTED
    page = Visitor(client, own.people[Role.PROMOTION]).ask_for(f"/mailings/{wide.id}/recipients")
    assert shows(page, own) and not shows(page, other)
