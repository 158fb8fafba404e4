"""Pictures of a case: made safe, several, with their rights; and the papers that prove them."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from PIL import ExifTags, Image

from cases.library.models import Case, CasePhoto
from cases.library.rights import Portrait
from cases.library.rules import CaseState
from cases.sheets import service as sheets
from outreach.audit.models import AccessRecord
from outreach.db import db
from outreach.scope import Role
from outreach.uploads import service as uploads
from tests.cases.making import TODAY, add_photo, make_case
from tests.people import NOW, make_centre, make_user, sign_in

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION, centre=make_centre())


@pytest.fixture
def case(officer):
    return make_case(officer.centre, CaseState.DRAFT)


def from_a_phone():
    """A photograph as a phone writes it: lying on its side, with the place, the camera and a thumbnail."""
    picture = Image.linear_gradient("L").resize((800, 600)).convert("RGB")
    exif = picture.getexif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Model] = "SecretPhone"
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = "N", (35.0, 13.0, 40.5)
    place[ExifTags.GPS.GPSLongitudeRef], place[ExifTags.GPS.GPSLongitude] = "E", (128.0, 40.0, 52.5)
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def stored(app, name="a.jpg"):
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "navy").save(out, "JPEG")
    folder = app.extensions["outreach"].settings.folder("uploads")
    return uploads.store(db.session, folder, out.getvalue(), kind="picture", name=name, media_type="image/jpeg",
                         now=NOW, user_id=None, width=300, height=200)


def send(client, case, *files):
    data = {"photo": [(io.BytesIO(content), f"{number}.jpg") for number, content in enumerate(files)]}
    return client.post(f"/cases/{case.id}/photos", data=data, follow_redirects=True)


def test_pictures_of_a_phone_lose_their_place_and_stand_upright(app, client, officer, case):
    original = from_a_phone()
    page = send(sign_in(client, officer), case, original, from_a_phone(), b"no picture")
    assert "2장을 넣었습니다" in page.text and "2.jpg: PNG, JPEG, WebP" in page.text
    photo = db.session.query(CasePhoto).order_by(CasePhoto.position).first()
    data = client.get(f"/cases/{case.id}/photos/{photo.id}.jpg").data
    again = Image.open(io.BytesIO(data))
    assert (photo.upload.width, photo.upload.height) == again.size == (600, 800)
    assert not again.getexif() and not again.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert b"SecretPhone" in original and b"SecretPhone" not in data and b"Exif" not in data
    kept = uploads.open_path(app.extensions["outreach"].settings.folder("uploads"), photo.upload).read_bytes()
    assert kept == data, "nothing of the original is kept"


def test_rights_are_set_down_with_their_proof(app, client, officer, case):
    photo = add_photo(case, stored(app), caption="", rights_holder="", portrait=Portrait.UNKNOWN)
    other = add_photo(case, stored(app, "b.jpg"))
    sign_in(client, officer)
    page = client.get(f"/cases/{case.id}/photos").text
    assert page.count("쓸 수 없음") == 1 and "사진의 저작권자를 적어 주세요." in page
    name = f"p{photo.id}-"
    data = {f"{name}caption": "검사실", f"{name}kind": "people", f"{name}rights_holder": "새봄정밀",
            f"{name}portrait": "consented", f"{name}evidence": (io.BytesIO(PDF), "초상 동의서.pdf")}
    assert "저장했습니다" in client.post(f"/cases/{case.id}/photos/{photo.id}", data=data, follow_redirects=True).text
    data.pop(f"{name}evidence")
    assert "저장했습니다" in client.post(f"/cases/{case.id}/photos/{photo.id}", data=data, follow_redirects=True).text
    assert photo.evidence.media_type == "application/pdf", "saved again without a file, the proof stays"
    proof = client.get(f"/cases/{case.id}/photos/{photo.id}/evidence")
    assert proof.data == PDF and proof.headers["Content-Disposition"].startswith("attachment")
    assert db.session.query(AccessRecord).filter_by(subject="case").count() == 1
    client.post(f"/cases/{case.id}/photos/{other.id}/first")
    assert [row.id for row in db.session.get(Case, case.id).photos] == [other.id, photo.id]
    client.post(f"/cases/{case.id}/photos/{other.id}/remove")
    assert [row.id for row in db.session.get(Case, case.id).photos] == [photo.id]


def test_after_the_review_only_rights_are_set_down(app, client, officer, case):
    photo, case.state = add_photo(case, stored(app)), CaseState.PUBLISHED
    name = f"p{photo.id}-"
    data = {f"{name}caption": "다른 말", f"{name}rights_holder": "창원센터", f"{name}portrait": "nobody",
            f"{name}rights_until": "2026-12-31"}
    sign_in(client, officer).post(f"/cases/{case.id}/photos/{photo.id}", data=data)
    assert (photo.caption, photo.rights_holder, photo.rights_until) == ("작업장", "창원센터", date(2026, 12, 31))
    assert "고칠 수 없습니다" in send(client, case, from_a_phone()).text
    assert "고칠 수 없습니다" in client.post(f"/cases/{case.id}/photos/{photo.id}/first", follow_redirects=True).text
    client.post(f"/cases/{case.id}/photos/{photo.id}/remove")
    assert db.session.get(Case, case.id).photos == []


@pytest.mark.parametrize("flaw", [
    {"rights_holder": ""}, {"portrait": Portrait.REFUSED}, {"rights_until": TODAY - timedelta(days=1)},
])
def test_what_lacks_rights_is_neither_printed_nor_shown_elsewhere(app, client, case, flaw):
    photo, case.state = add_photo(case, stored(app), **flaw), CaseState.PUBLISHED
    pictures = sheets.Pictures()
    assert sheets.photo(case, pictures, TODAY) is None and pictures.uploads == {}
    sign_in(client, make_user(Role.PROMOTION, centre=make_centre()))
    assert client.get(f"/cases/{case.id}/photos/{photo.id}.jpg").status_code == 404
    assert "case-photo" not in client.get(f"/cases/{case.id}").text
    photo.rights_holder, photo.portrait, photo.rights_until = "새봄정밀", Portrait.NOBODY, TODAY
    assert sheets.photo(case, pictures, TODAY).credit == "사진 새봄정밀"
    assert client.get(f"/cases/{case.id}/photos/{photo.id}.jpg").status_code == 200


def test_papers_are_for_the_own_centre(app, client, officer, case):
    case.state, case.consent_form = CaseState.PUBLISHED, stored(app, "동의서.jpg")
    photo = add_photo(case, stored(app), evidence=stored(app))
    paths = [f"/cases/{case.id}/consent-form", f"/cases/{case.id}/photos/{photo.id}/evidence"]
    assert [sign_in(client, officer).get(path).status_code for path in paths] == [200, 200]
    stranger = make_user(Role.PROMOTION, centre=make_centre())
    assert [sign_in(client, stranger).get(path).status_code for path in paths] == [404, 404]
    assert client.get(f"/cases/{case.id}/photos").status_code == 403
