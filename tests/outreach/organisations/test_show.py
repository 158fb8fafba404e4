"""One partner's page: who sees it, its people, its logo."""

from io import BytesIO

import pytest
import sqlalchemy as sa
from PIL import Image

from outreach.audit.models import AccessKind, AccessRecord
from outreach.organisations.models import OrganisationContact
from outreach.scope import Role
from tests.people import make_organisation, make_user, sign_in


def picture(size=(300, 120), kind="PNG"):
    stream = BytesIO()
    Image.new("RGB", size, (10, 60, 160)).save(stream, kind)
    return stream.getvalue()


@pytest.fixture
def person(partner, session):
    partner.contacts.append(OrganisationContact(name="박담당", email="park@complex.example"))
    session.flush()
    return partner.contacts[0]


def test_staff_of_its_centre_may_edit(officer, partner):
    page = officer.get(f"/partners/{partner.id}").text
    assert "정보 수정" in page and "로고 올리기" in page


def test_the_partner_keeps_people_and_logo_but_not_the_agreement(insider, partner):
    response = insider.get("/partners/own", follow_redirects=True)
    assert response.request.path == f"/partners/{partner.id}"
    assert "담당자 더하기" in response.text and "로고 올리기" in response.text
    assert "정보 수정" not in response.text and "사용 중지" not in response.text


def test_planners_only_read(client, centre, partner):
    sign_in(client, make_user(Role.PLANNER, centre=centre))
    page = client.get(f"/partners/{partner.id}").text
    assert "정보 수정" not in page and "담당자 더하기" not in page
    assert client.post(f"/partners/{partner.id}/contacts", data={"name": "이", "phone": "1"}).status_code == 403


def test_headquarters_partner_is_read_only_for_a_centre(officer):
    whole = make_organisation(None)
    assert "정보 수정" not in officer.get(f"/partners/{whole.id}").text
    assert officer.get(f"/partners/{whole.id}/edit").status_code == 403
    assert officer.post(f"/partners/{whole.id}/contacts", data={"name": "이", "phone": "1"}).status_code == 403
    assert officer.post(f"/partners/{whole.id}/active", data={"active": "0"}).status_code == 403


@pytest.mark.parametrize("who", ["colleague", "stranger"])
def test_others_do_not_find_it(request, partner, who):
    client = request.getfixturevalue(who)
    assert client.get(f"/partners/{partner.id}").status_code == 404
    assert client.get(f"/partners/{partner.id}/logo").status_code == 404
    assert client.post(f"/partners/{partner.id}/contacts", data={"name": "이", "phone": "1"}).status_code == 404
    assert client.post(f"/partners/{partner.id}/logo", data={"remove": "1"}).status_code == 404


def test_bad_id(officer):
    assert officer.get("/partners/99999").status_code == 404
    assert officer.get("/partners/x").status_code == 404


def test_seeing_people_is_logged(officer, partner, person, session):
    officer.get(f"/partners/{partner.id}")
    record = session.scalar(sa.select(AccessRecord).where(AccessRecord.subject == "organisation_contact"))
    assert record.kind is AccessKind.VIEW and record.subject_ids == [person.id]


@pytest.mark.parametrize("who", ["officer", "insider"])
def test_a_person_is_added(request, partner, who):
    client = request.getfixturevalue(who)
    data = {"name": " 이담당 ", "title": "팀장", "email": "lee@complex.example", "phone": "031-000-0000"}
    assert client.post(f"/partners/{partner.id}/contacts", data=data).status_code == 302
    assert [row.name for row in partner.contacts] == ["이담당"]
    assert "lee@complex.example" in client.get(f"/partners/{partner.id}").text


@pytest.mark.parametrize(
    "data", [{"name": "", "phone": "1"}, {"name": "이"}, {"name": "이", "email": "no-address"}, {"name": "이" * 61}]
)
def test_a_person_with_bad_input_is_shown_again(officer, partner, data):
    response = officer.post(f"/partners/{partner.id}/contacts", data=data)
    assert response.status_code == 422 and "입력하신 내용을 확인" in response.text
    assert partner.contacts == []


def test_a_person_is_removed(insider, partner, person):
    url = f"/partners/{partner.id}/contacts/{person.id}/delete"
    assert insider.get(url).status_code == 405
    assert insider.post(url).status_code == 302
    assert partner.contacts == []
    assert insider.post(url).status_code == 404


def test_a_person_of_another_partner_is_not_found(officer, centre, partner, person):
    other = make_organisation(centre)
    assert officer.post(f"/partners/{other.id}/contacts/{person.id}/delete").status_code == 404


@pytest.mark.parametrize("who", ["officer", "insider"])
def test_a_logo_is_re_encoded_and_served(request, partner, who):
    client = request.getfixturevalue(who)
    given = picture() + b"<script>"
    data = {"logo": (BytesIO(given), "../../공단 로고.png")}
    assert client.post(f"/partners/{partner.id}/logo", data=data).status_code == 302
    response = client.get(f"/partners/{partner.id}/logo")
    assert response.status_code == 200 and response.content_type == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"<script>" not in response.data
    assert Image.open(BytesIO(response.data)).format == "PNG"
    known = {"If-None-Match": response.headers["ETag"]}
    assert client.get(f"/partners/{partner.id}/logo", headers=known).status_code == 304


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"MZ not a picture", picture(size=(8, 8))]
)
def test_a_bad_logo_is_refused(officer, partner, content):
    data = {"logo": (BytesIO(content), "logo.png")}
    response = officer.post(f"/partners/{partner.id}/logo", data=data, follow_redirects=True)
    assert 'class="alert danger"' in response.text
    assert partner.logo_id is None


def test_no_file_is_said_so(officer, partner):
    response = officer.post(f"/partners/{partner.id}/logo", data={}, follow_redirects=True)
    assert "그림 파일을 골라 주세요." in response.text


def test_a_logo_is_taken_away(officer, partner):
    officer.post(f"/partners/{partner.id}/logo", data={"logo": (BytesIO(picture()), "a.png")})
    officer.post(f"/partners/{partner.id}/logo", data={"remove": "1"})
    assert partner.logo_id is None
    assert officer.get(f"/partners/{partner.id}/logo").status_code == 404


def test_anonymous_sees_no_logo(client, partner):
    assert "/login" in client.get(f"/partners/{partner.id}/logo").location
