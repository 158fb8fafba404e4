"""Links with an end, the picture for other pages, and what people are told of new editions and withdrawals."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.materials import notices, service
from cases.materials.models import Download, MaterialGrant
from cases.materials.rules import EditionState, Format, NoticeKind, Way
from cases.materials.share_models import MaterialNotice, MaterialShare
from outreach import links
from outreach.db import db
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from tests.cases.making import TODAY, add_edition, add_formats, make_material, published
from tests.people import NOW, make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


@pytest.fixture
def partner(centre):
    return make_user(Role.PARTNER, organisation=make_organisation(centre, "가온산단"), email="p@partner.example")


@pytest.fixture
def material(app, centre, partner):
    material = make_material(app, centre, title="교대조 이야기")
    db.session.add(MaterialGrant(
        material_id=material.id, organisation_id=partner.organisation_id, direct=True, granted_at=NOW,
    ))
    return material


def make_share(client, material, **values):
    data = {"label": "회원사 메일", "form": "print", "ends_on": str(TODAY + timedelta(days=3)), **values}
    client.post(f"/shares/of/{material.id}", data=data)
    return db.session.query(MaterialShare).order_by(MaterialShare.id.desc()).first()


def url(app, share):
    return links.share_url("", app.extensions["outreach"].signer, share.id)


def test_a_partner_s_link_opens_until_its_last_day(app, client, partner, material):
    share = make_share(sign_in(client, partner), material)
    assert share.organisation_id == partner.organisation_id
    client.delete_cookie("session")
    response = client.get(url(app, share))
    assert response.data.startswith(b"%PDF")
    row = db.session.query(Download).one()
    assert (row.way, row.share_id, row.organisation_id) == (Way.SHARE, share.id, partner.organisation_id)
    share.ends_on = TODAY
    assert client.head(url(app, share)).status_code == 200
    share.ends_on = TODAY - timedelta(days=1)
    ended = client.get(url(app, share))
    assert ended.status_code == 410 and "기한이 끝난 링크" in ended.text
    assert db.session.query(Download).count() == 1
    assert "회원사 메일" in sign_in(client, partner).get(f"/portal/materials/{material.id}").text


def test_links_of_before_open_the_newer_version_and_its_page_says_so(app, client, officer, material):
    """Whoever got version 1 by a link can't be told; the same link gives version 2, and says to use that."""
    share = make_share(sign_in(client, officer), material)
    client.delete_cookie("session")
    public = links.material_url("", app.extensions["outreach"].signer, material.id)
    first = published(material)
    old = client.get(url(app, share))
    assert "앞서 받으신 판" not in client.get(f"{public}/web").text
    first.state = EditionState.WITHDRAWN
    second = add_edition(app, material, EditionState.PUBLISHED)
    for address in (url(app, share), public):
        new = client.get(address, headers={"If-None-Match": old.headers["ETag"]})
        assert new.status_code == 200 and new.data != old.data
    assert [row.edition_id for row in db.session.query(Download)] == [first.id, second.id, second.id]
    page = client.get(f"{public}/web").text
    assert "제2판" in page and "앞서 받으신 판이 있으면 이 판으로 바꾸어 주세요" in page


def test_a_link_gives_its_format_or_the_pdf(app, client, officer, material):
    add_formats(app, published(material), Format.KAKAO)
    share = make_share(sign_in(client, officer), material, form="kakao")
    assert share.organisation_id is None and client.get(url(app, share)).mimetype == "image/png"
    published(material).state = EditionState.WITHDRAWN
    assert client.get(url(app, share)).status_code == 410
    add_edition(app, material, EditionState.PUBLISHED)
    shown = client.get(url(app, share))
    assert shown.mimetype == "application/pdf" and shown.headers["Content-Disposition"].startswith("inline; ")
    assert {row.format for row in db.session.query(Download)} == {Format.KAKAO, Format.PRINT}


@pytest.mark.parametrize("values", [
    {"label": " "}, {"ends_on": "2026-11-22"}, {"ends_on": "2028-01-01"}, {"form": "hwpx"}, {"ends_on": "bald"},
])
def test_nonsense_makes_no_link(client, partner, material, values):
    assert make_share(sign_in(client, partner), material, **values) is None


def test_links_are_ended_by_those_they_belong_to(app, client, centre, officer, partner, material):
    share = make_share(sign_in(client, officer), material)
    end = f"/shares/of/{material.id}/{share.id}/end"
    assert sign_in(client, partner).post(end).status_code == 404
    assert "회원사 메일" not in client.get(f"/portal/materials/{material.id}").text
    own = make_share(client, material, label="우리 것")
    page = sign_in(client, officer).get(f"/materials/{material.id}").text
    assert "우리 것" in page and "가온산단" in page
    client.post(f"/shares/of/{material.id}/{own.id}/end")
    assert client.get(url(app, own)).status_code == 410 and client.get(url(app, share)).status_code == 200
    assert sign_in(client, make_user(Role.PROMOTION)).post(end).status_code == 404
    assert sign_in(client, make_user(Role.PLANNER, centre=centre)).post(end).status_code == 403


@pytest.mark.parametrize("token", ["x", "a" * 500])
def test_a_forged_link_opens_nothing(client, token):
    assert client.get(f"/s/{token}").status_code == 404


def test_the_picture_for_other_pages_is_always_the_present_one(app, client, material):
    path = links.cover_url("", app.extensions["outreach"].signer, material.id)
    shown = client.get(path)
    assert shown.mimetype == "image/png" and shown.headers["Cache-Control"] == "public, no-cache"
    assert "Cross-Origin-Resource-Policy" not in shown.headers
    published(material).state = EditionState.WITHDRAWN
    assert client.get(path, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 200, "asked, not trusted"
    gone = client.get(path)
    assert gone.mimetype == "image/svg+xml" and "배포를 마친 자료입니다" in gone.text
    assert db.session.query(Download).count() == 0


# -- telling people ------------------------------------------------------------------------------------


def downloaded(edition, user):
    service.count_download(
        db.session, edition.id, Way.PORTAL, organisation_id=user.organisation_id, user_id=user.id, now=NOW,
    )


def mails():
    return [(row.to_address, row.subject, row.text) for row in db.session.query(OutboxMessage)]


def test_a_new_edition_is_told_once_to_those_who_have_the_old_one(app, client, centre, partner, material, work):
    colleague = make_user(Role.PARTNER, organisation=partner.organisation)
    silent = make_user(Role.PARTNER, organisation=partner.organisation)
    gone = make_user(Role.PARTNER, organisation=partner.organisation)
    gone.active = False
    no_more = make_user(Role.PARTNER, organisation=make_organisation(centre))
    for user in (partner, silent, gone, no_more):
        downloaded(published(material), user)
    sign_in(client, silent).post("/portal/notices/mail", data={"wanted": "no"})
    second = add_edition(app, material, EditionState.READY, created_by=10**6)
    sign_in(client, make_user(Role.CENTRE_MANAGER, centre=centre)).post(
        f"/materials/{material.id}/editions/2/publish")
    work()
    for _ in range(2):
        notices.announce(db.session, second.id, NoticeKind.RENEWED, base_url="https://o.example", now=NOW)
    [(address, subject, text)] = mails()
    assert address == "p@partner.example" and "새 판(제2판)" in subject and f"/portal/materials/{material.id}" in text
    assert {row.user_id for row in db.session.query(MaterialNotice)} == {partner.id, silent.id}
    assert "제2판이 나왔습니다" in sign_in(client, silent).get("/portal/").text
    assert "제2판이 나왔습니다" not in sign_in(client, colleague).get("/portal/").text
    page = sign_in(client, partner).post("/portal/notices/read", follow_redirects=True).text
    assert "제2판이 나왔습니다" not in page and "제2판이 나왔습니다" not in client.get("/").text


def test_a_withdrawal_names_what_the_partner_may_use_instead(app, client, centre, officer, partner, material, work):
    instead, foreign = (make_material(app, centre, title=title) for title in ("대신 볼 자료", "받지 않은 자료"))
    never = make_user(Role.PARTNER, organisation=partner.organisation)
    downloaded(published(material), partner)
    path = f"/materials/{material.id}/editions/1/withdraw"
    sign_in(client, officer)
    for data, said in (({"replacement": 0}, "까닭을 적어"), ({"reason": "금액이 바뀜"}, "자료를 고르거나"),
                       ({"reason": "금액이 바뀜", "replacement": "x"}, "자료를 고르거나")):
        assert said in client.post(path, data=data, follow_redirects=True).text
    unpublished = make_material(app, centre, EditionState.READY)
    client.post(path, data={"reason": "금액이 바뀜", "replacement": unpublished.id})
    assert published(material), "nothing is replaced by what is not given out"
    client.post(path, data={"reason": "금액이 바뀜", "replacement": instead.id})
    work()
    [(_address, subject, text)] = mails()
    assert "배포를 중단했습니다" in subject and "대신 볼 자료" in text and foreign.title not in text
    assert "까닭: 금액이 바뀜" in text
    gone = sign_in(client, never).get(f"/portal/materials/{material.id}")
    assert gone.status_code == 410 and "금액이 바뀜" in gone.text and f"/portal/materials/{instead.id}" in gone.text
    assert foreign.title not in gone.text and "배포를 중단했습니다" in client.get("/portal/").text
    assert sign_in(client, make_user(Role.PARTNER, organisation=make_organisation(centre))).get(
        f"/portal/materials/{material.id}").status_code == 404
    public = client.get(links.material_url("", app.extensions["outreach"].signer, material.id))
    assert public.status_code == 410 and "대신 볼 자료" in public.text and foreign.title not in public.text
    published(instead).state = EditionState.WITHDRAWN
    instead.replaced_by = foreign
    assert service.alternatives(db.session, material, limit=3) == [foreign], "what replaced the replacement"
    assert "배포를 중단했습니다" in sign_in(client, partner).get("/").text
