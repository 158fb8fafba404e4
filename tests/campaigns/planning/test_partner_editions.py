"""A partner's own edition of a material: whose mark it bears, where its code leads, and that it is counted."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from hwpx import HwpxDocument
from PIL import Image

from campaigns.planning import materials, service
from campaigns.planning.rules import CampaignState, PartnerRole
from campaigns.responses.models import ResponsePlace
from cases.materials import giving, grants, partner_editions, store
from cases.materials.models import Download
from cases.materials.rules import PICTURES, EditionState, Format, Way
from cases.materials.share_models import MaterialShare
from cases.sheets.hwpx import Writer
from outreach import links
from outreach.audit.service import SERVICE
from outreach.db import db
from outreach.errors import Invalid
from outreach.organisations import service as organisations
from outreach.pdf.inspect import inspect, thumbnails
from outreach.pdf.pictures import Purpose, check_picture
from outreach.scope import Role
from tests.cases.making import blank_picture, folder, give_places, make_material, published
from tests.cases.making import page_with_places as paper
from tests.people import NOW, make_centre, make_organisation, make_user, sign_in
from tests.standards import faults

GREEN = (0, 110, 90)


def stampable(app, material):
    """The material's published edition, now a page with places."""
    give_places(app, published(material))
    return material


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION)


@pytest.fixture
def organisation(app, officer, now):
    """A partner with a mark, a telephone and a colour of its own."""
    partner = make_organisation(officer.centre, "가온산업단지공단")
    partner.phone, partner.homepage = "02-123-4567", "https://gaon.example/"
    picture = io.BytesIO()
    Image.new("RGB", (300, 100), GREEN).save(picture, "PNG")
    organisations.set_logo(
        db.session, officer.scope(), SERVICE, partner, app.extensions["outreach"].settings.folder("uploads"),
        check_picture(picture.getvalue(), Purpose.LOGO), name="logo.png", now=now)
    organisations.set_accent(db.session, officer.scope(), SERVICE, partner, "#AA2255", now=now)
    return partner


@pytest.fixture
def material(app, officer, organisation, now):
    """A material that the partner has through a campaign."""
    made = stampable(app, make_material(app, officer.centre, title="교대조 이야기"))
    campaign(officer, organisation, made, now)
    return made


def campaign(officer, partner, material, now, *, starts_on=date(2026, 12, 1), state=CampaignState.ACTIVE):
    values = {"name": "구로 산단 캠페인", "starts_on": starts_on, "ends_on": date(2027, 2, 28)}
    made = service.create(db.session, officer.scope(), SERVICE, values, now=now)
    service.set_partners(db.session, SERVICE, made, [(partner.id, PartnerRole.INVITES, "")], now=now)
    materials.add(db.session, officer.scope(), SERVICE, made, material.id, now=now)
    made.state = state
    db.session.flush()
    return made


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(thumbnails(data, width=1240, pages=[0])[0])).convert("RGB")


def code(data: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(picture(data))
    return found.text


def place_behind(app, client, address: str) -> ResponsePlace:
    """What a scan of the code leads to: at first its row, then that of every later scan."""
    outreach = app.extensions["outreach"]
    lead = client.get(address).headers["Location"]
    here = lead.removesuffix("/form").rpartition("/q/")[2]
    return db.session.get(ResponsePlace, links.read_place(outreach.signer, here))


def test_the_download_of_a_partner_is_its_own_edition(app, client, organisation, material):
    person = make_user(Role.PARTNER, organisation=organisation)
    response = sign_in(client, person).get(f"/portal/materials/{material.id}.pdf")
    data = response.data
    assert "%EA%B0%80%EC%98%A8" in response.headers["Content-Disposition"]  # 가온
    facts = inspect(data)
    assert "가온산업단지공단" in facts.text[0] and "02-123-4567 · gaon.example" in facts.text[0]
    assert facts.tagged and facts.language == "ko" and faults(data) == []
    places, image = {place.kind: place for place in paper().stamps}, picture(data)
    scale = image.width / 595.28

    def at(x: float, y: float) -> tuple[int, ...]:
        return image.getpixel((int(x * scale), int((841.89 - y) * scale)))

    assert at(places["accent"].x + 9, places["accent"].y + 4) == (0xAA, 0x22, 0x55)
    assert at(places["partner"].x + 4, places["partner"].y + places["partner"].height / 2) == GREEN
    assert db.session.query(ResponsePlace).count() == 0, "asking for a file makes no record"
    place = place_behind(app, client, code(data))
    assert place is place_behind(app, client, code(data)) and db.session.query(ResponsePlace).count() == 1
    assert (place.organisation_id, place.material_id, place.label) == (organisation.id, material.id, "홍보물 QR")
    row = db.session.query(Download).one()
    assert (row.way, row.organisation_id, row.edition_id) == (Way.PORTAL, organisation.id, published(material).id)


def test_every_place_of_use_has_its_own_code_and_keeps_it(app, client, organisation, material):
    sign_in(client, make_user(Role.PARTNER, organisation=organisation))
    desk, board = {"use": "안내데스크"}, {"use": "게시판"}
    here = f"/portal/materials/{material.id}/own.pdf"
    assert client.get(here, query_string={"use": "2층 회의실 앞"}).status_code == 404
    typed = client.post(f"/portal/materials/{material.id}/own", data={**board, "other": " 2층  회의실 앞 "})
    assert typed.status_code == 303 and typed.location.startswith(here)
    made = [client.get(here, query_string=desk), client.get(here, query_string=board), client.get(typed.location),
            client.get(here, query_string=desk)]
    assert made[0].data == made[3].data and len({each.data for each in made}) == 3
    labels = [place_behind(app, client, code(each.data)).label for each in made[:3]]
    assert labels == ["안내데스크", "게시판", "2층 회의실 앞"]
    assert db.session.query(Download).count() == 4
    known = client.get(here, query_string=board)
    part = {"Range": "bytes=0-99", "If-Range": known.headers["ETag"]}
    first = client.get(here, query_string=board, headers=part)
    assert (first.status_code, first.data) == (206, known.data[:100])
    rest = client.get(here, query_string=board, headers={"Range": "bytes=100-"})
    assert first.data + rest.data == known.data and known.content_length == len(known.data)
    unchanged = client.get(here, query_string=board,
                           headers={"If-None-Match": known.headers["ETag"]})
    assert unchanged.status_code == 304 and db.session.query(Download).count() == 6
    page = client.get(f"/portal/materials/{material.id}").text
    assert "우리 기관판 내려받기" in page and "안내데스크" in page


def test_a_code_of_what_is_gone_leads_nowhere(app, client, organisation, material):
    outreach = app.extensions["outreach"]
    place = links.PartnerPlace(campaign_id=9999, organisation_id=organisation.id, material_id=material.id, use=0)
    gone = client.get(links.partner_place_url("", outreach.signer, place))
    assert gone.status_code == 404 and db.session.query(ResponsePlace).count() == 0


def test_all_formats_bear_the_partner_s_mark(app, client, organisation, material):
    """Screen and printing house as PDFs with text, pictures with a strip and a code, HWPX with a last part."""
    edition, plain = published(material), paper()
    with pikepdf.open(io.BytesIO(plain.data)) as pdf:  # other object numbers, as formats.for_screens makes them
        out = io.BytesIO()
        pdf.save(out, linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    writer = Writer()
    writer.line("교대조 이야기")
    made = {Format.SCREEN: out.getvalue(), Format.HWPX: writer.document.to_bytes(),
            Format.PORTRAIT: blank_picture(Format.PORTRAIT), Format.WIDE: blank_picture(Format.WIDE)}
    for form, body in made.items():
        store.keep_format(folder(app), edition.sha256, form, body)
        giving.record_format(db.session, edition.id, form, len(body), now=NOW)
    sign_in(client, make_user(Role.PARTNER, organisation=organisation))
    here = f"/portal/materials/{material.id}/files"
    screen = client.get(f"{here}/screen").data
    assert "가온산업단지공단" in inspect(screen).text[0] and faults(screen) == []
    for form in (Format.PORTRAIT, Format.WIDE):
        response = client.get(f"{here}/{form.value}")
        image = Image.open(io.BytesIO(response.data))
        assert image.size == PICTURES[form] and response.data == client.get(f"{here}/{form.value}").data
        (found,) = zxingcpp.read_barcodes(image)
        assert place_behind(app, client, found.text).label == "누리소통망"
        assert GREEN in {colour for _count, colour in image.getcolors(2**24)}, "the mark"
        assert client.get(f"/portal/materials/{material.id}/pictures/{form.value}.png").data == response.data
    text = HwpxDocument.open(io.BytesIO(client.get(f"{here}/hwpx").data)).text.markdown()
    assert "가온산업단지공단 02-123-4567 · gaon.example" in text and "/q/" in text
    query = {"material": material.id, "format": [form.value for form in made]}
    with zipfile.ZipFile(io.BytesIO(client.get("/portal/bundle.zip", query_string=query).data)) as archive:
        assert archive.testzip() is None
        assert {len(archive.read(name)) for name in archive.namelist()} >= {len(screen), len(response.data)}


def test_a_partner_s_link_bears_its_mark(app, client, organisation, material, now):
    """The public link, the one with an end, the web edition; counted for the partner, and not as what it has."""
    outreach, edition = app.extensions["outreach"], published(material)
    person = make_user(Role.PARTNER, organisation=organisation)
    page = sign_in(client, person).get(f"/portal/materials/{material.id}").text
    link = links.material_url("", outreach.signer, material.id, organisation.id)
    assert link in page and "나누는 곳: 가온산업단지공단 02-123-4567" in page
    client.post(f"/shares/of/{material.id}", data={"label": "회원사", "form": "print", "ends_on": "2026-12-24"})
    share = db.session.query(MaterialShare).one()
    client.delete_cookie("session")
    for address, way in ((link, Way.LINK), (links.share_url("", outreach.signer, share.id), Way.SHARE)):
        assert "가온산업단지공단" in inspect(client.get(address).data).text[0]
        row = db.session.query(Download).order_by(Download.id.desc()).first()
        assert (row.way, row.organisation_id) == (way, organisation.id)
    assert giving.had(db.session, organisation.id, [material.id]) == {}
    web = client.get(f"{link}/web").text
    assert "이 자료를 나누는 곳" in web and "가온산업단지공단" in web and "앞 판은" not in web
    (form,) = set(re.findall(r'href="([^"]+/q/[^"]+)"', web))
    assert place_behind(app, client, form).label == "누리집"
    nobody = links.material_url("", outreach.signer, material.id)
    assert "가온산업단지공단" not in inspect(client.get(nobody).data).text[0] + client.get(f"{nobody}/web").text
    organisation.name = "가온 \U0001f600"  # our faces lack it: a reader gets the edition as it is
    db.session.flush()
    assert client.get(link).data == store.pdf_path(folder(app), edition.sha256).read_bytes()
    organisation.name, organisation.active = "가온산업단지공단", False
    db.session.flush()
    assert "가온산업단지공단" not in inspect(client.get(link).data).text[0]


def test_a_name_that_cannot_be_set_is_told_before_and_after(app, client, organisation, material):
    organisation.name = "가온 \U0001f600"
    db.session.flush()
    sign_in(client, make_user(Role.PARTNER, organisation=organisation))
    warned = client.get(f"/partners/{organisation.id}").text
    assert "만들 수 없는 자료가 있습니다" in warned and "교대조 이야기" in warned and "U+1F600" in warned
    for path in (f"/portal/materials/{material.id}.pdf", f"/portal/bundle.zip?material={material.id}"):
        answer = client.get(path)
        assert answer.status_code == 422 and "협력기관: 글꼴에 없는 글자" in answer.text
    assert db.session.query(Download).count() == 0
    organisation.name = "아주긴이름" * 24
    db.session.flush()
    assert "만들 수 없는" not in client.get(f"/partners/{organisation.id}").text
    assert "아주긴이름" in inspect(client.get(f"/portal/materials/{material.id}.pdf").data).text[0]


def test_partners_differ_and_get_only_their_own(app, client, officer, organisation, material, now):
    other = make_organisation(officer.centre, "한빛상공회의소")
    sign_in(client, make_user(Role.PARTNER, organisation=other))
    assert client.get(f"/portal/materials/{material.id}/own.pdf").status_code == 404
    second = campaign(officer, other, stampable(app, make_material(app, officer.centre)), now)
    materials.add(db.session, officer.scope(), SERVICE, second, material.id, now=now)
    data = client.get(f"/portal/materials/{material.id}/own.pdf").data
    assert "한빛상공회의소" in inspect(data).text[0] and "가온" not in inspect(data).text[0]
    assert place_behind(app, client, code(data)).campaign_id == second.id
    published(material).state = EditionState.WITHDRAWN
    db.session.flush()
    assert client.get(f"/portal/materials/{material.id}/own.pdf").status_code == 404


def test_of_several_campaigns_the_running_one_leads(officer, organisation, material, now):
    (first,) = [row.campaign_id for row in db.session.query(materials.CampaignMaterial)]
    later = campaign(officer, organisation, material, now, starts_on=date(2027, 1, 1), state=CampaignState.DRAFT)
    assert materials.leading_campaign(db.session, organisation.id, material.id) == first
    later.state = CampaignState.ACTIVE
    db.session.flush()
    assert materials.leading_campaign(db.session, organisation.id, material.id) == later.id
    assert materials.leading_campaign(db.session, organisation.id, material.id + 1) is None


def test_without_a_campaign_the_code_leads_where_the_edition_does(app, client, officer, organisation, now):
    material = stampable(app, make_material(app, officer.centre))
    published(material).response_url = "https://donghaeng.example/q/edition"
    grants.grant(db.session, officer.scope(), SERVICE, material, organisation.id, now=now)
    sign_in(client, make_user(Role.PARTNER, organisation=organisation))
    assert code(client.get(f"/portal/materials/{material.id}.pdf").data) == "https://donghaeng.example/q/edition"
    assert db.session.query(ResponsePlace).count() == 0


def test_a_material_without_places_is_given_out_as_it_is(app, client, officer, organisation, now):
    material = make_material(app, officer.centre)
    grants.grant(db.session, officer.scope(), SERVICE, material, organisation.id, now=now)
    sign_in(client, make_user(Role.PARTNER, organisation=organisation))
    plain = client.get(f"/portal/materials/{material.id}.pdf")
    assert plain.data == store.pdf_path(folder(app), published(material).sha256).read_bytes()
    assert client.get(f"/portal/materials/{material.id}/own.pdf").status_code == 404
    assert "우리 기관판" not in client.get(f"/portal/materials/{material.id}").text


def test_a_booklet_of_the_own_edition_is_folded_of_a4(app, client, organisation, material):
    sign_in(client, make_user(Role.PARTNER, organisation=organisation))
    here = f"/portal/materials/{material.id}"
    assert "접는 A5 책자" not in client.get(here).text  # one page
    assert inspect(client.get(f"{here}/own.pdf", query_string={"fold": "1"}).data).sizes == ((210.0, 297.0),)
    published(material).pages = 8
    db.session.flush()
    assert "접는 A5 책자" in client.get(here).text
    facts = inspect(client.get(f"{here}/own.pdf", query_string={"fold": "1"}).data)
    assert facts.sizes[0] == (297.0, 210.0) and "가온산업단지공단" in facts.text[0]


def test_a_bundle_holds_the_partner_s_own_edition(app, client, organisation, material):
    sign_in(client, make_user(Role.PARTNER, organisation=organisation))
    response = client.get("/portal/bundle.zip", query_string={"material": material.id})
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        (name,) = [each for each in archive.namelist() if each.endswith(".pdf")]
        assert "가온산업단지공단" in inspect(archive.read(name)).text[0]
    assert response.content_length == len(response.data)


def test_staff_look_at_any_partner_s_edition_and_that_is_no_download(app, client, officer, organisation, material):
    address = f"/materials/{material.id}/editions/1/partners/{organisation.id}.pdf"
    sign_in(client, officer)
    assert address in client.get(f"/materials/{material.id}").text
    response = client.get(address)
    assert response.headers["Content-Disposition"].startswith("inline")
    assert "가온산업단지공단" in pypdfium2.PdfDocument(response.data)[0].get_textpage().get_text_range()
    assert db.session.query(Download).count() == 0
    sign_in(client, make_user(Role.PROMOTION, centre=make_centre()))
    assert client.get(address).status_code == 404


def test_a_place_of_use_is_short_and_composed():
    assert partner_editions.read_use("  안내\u1103\u1166스크 \n 앞") == "안내데스크 앞"
    with pytest.raises(Invalid, match="40자"):
        partner_editions.read_use("가" * 41)


def test_a_partner_keeps_its_colour_and_is_told_if_it_is_pale(client, organisation):
    sign_in(client, make_user(Role.PARTNER, organisation=organisation))
    here = f"/partners/{organisation.id}/accent"
    assert "잘 보입니다" in client.get(f"/partners/{organisation.id}").text
    page = client.post(here, data={"accent": "#ffd21f"}, follow_redirects=True).text
    assert organisation.accent == "#ffd21f" and "잘 보이지 않습니다(명암비 1.4" in page
    assert "여섯 자리" in client.post(here, data={"accent": "red; }"}, follow_redirects=True).text
    client.post(here, data={"remove": "1"})
    assert organisation.accent == ""
    other = make_organisation(None, "다른 기관")
    assert client.post(f"/partners/{other.id}/accent", data={"accent": "#000000"}).status_code == 404
