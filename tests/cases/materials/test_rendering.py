"""The rendering job, for real: records in, a PDF out, opened again; and what goes wrong on the way."""

from __future__ import annotations

import io

import pikepdf
import pytest
from PIL import Image

from cases.materials import service, store
from cases.materials.jobs import templates_folder
from cases.materials.models import Edition, Material
from cases.materials.rules import EditionState
from outreach.db import db
from outreach.errors import Conflict
from outreach.jobs.models import Job, JobState
from outreach.pdf.inspect import inspect
from outreach.pdf.pictures import check_picture
from outreach.scope import Role
from outreach.uploads import service as uploads
from tests.cases.making import folder, make_case, make_document, make_programme
from tests.people import NOW, make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION, centre=make_centre())


def store_picture(app, size=(400, 300)):
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, "JPEG")
    safe = check_picture(out.getvalue())
    return uploads.store(
        db.session, app.extensions["outreach"].settings.folder("uploads"), safe.data, kind="picture", name="a.jpg",
        media_type=safe.media_type, now=NOW, user_id=None, width=safe.width, height=safe.height,
    )


def test_a_case_becomes_a_sheet_with_its_fonts_inside(app, client, officer, work):
    case = make_case(officer.centre, photo=store_picture(app), photo_caption="작업장", photo_rights="새봄정밀")
    case.programmes = [make_programme()]
    response = sign_in(client, officer).post(f"/materials/from-case/{case.id}")
    assert "만드는 중" in client.get(response.location).text
    work()
    edition = db.session.query(Edition).one()
    assert (edition.state, edition.pages, edition.number) == (EditionState.READY, 2, 1)
    data = store.pdf_path(folder(app), edition.sha256).read_bytes()
    facts = inspect(data)
    assert facts.pages == 2 and facts.all_fonts_embedded and facts.pdf_ua
    assert "경남의 금속가공 회사" in " ".join(facts.text) and "제1판" in " ".join(facts.text)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert any("/DCTDecode" in str(item.get("/Filter", "")) for item in pdf.objects
                   if isinstance(item, pikepdf.Stream))
    assert client.get(f"/materials/{edition.material_id}/editions/1/page-2.png").mimetype == "image/png"
    assert client.get(f"/materials/{edition.material_id}/editions/1/page-3.png").status_code == 404
    assert db.session.query(Job).one().state is JobState.DONE


def test_a_brochure_becomes_eight_pages_with_its_warnings(app, client, officer, work):
    version = make_programme(checked_on=None, certainty="M")
    brochure = make_document(officer.centre, [make_case(officer.centre)], [version])
    brochure.organisations = [make_organisation(officer.centre, "가온산단", logo=store_picture(app))]
    sign_in(client, officer).post(f"/materials/from-document/{brochure.id}")
    work()
    edition = db.session.query(Edition).one()
    assert (edition.state, edition.pages) == (EditionState.READY, 8)
    assert "확인되지 않은" in edition.warnings[0] and "전화로 이어집니다" in edition.warnings[-1]
    assert client.get(f"/documents/{brochure.id}").text.count("page-") >= 8


def test_a_missing_photo_is_an_error_that_names_the_place(app, client, officer, work):
    upload = store_picture(app)
    case = make_case(officer.centre, photo=upload, photo_caption="작업장", photo_rights="새봄정밀")
    uploads.file_path(app.extensions["outreach"].settings.folder("uploads"), upload.sha256).unlink()
    sign_in(client, officer).post(f"/materials/from-case/{case.id}")
    work()
    edition = db.session.query(Edition).one()
    assert edition.state is EditionState.FAILED and edition.sha256 is None
    assert f"사례 ‘{case.headline}’의 사진" in edition.error
    assert db.session.query(Job).one().state is JobState.FAILED
    assert "의 사진" in client.get(f"/materials/{edition.material_id}").text
    case.photos.clear()
    client.post(f"/materials/{edition.material_id}/render")
    work()
    db.session.refresh(edition)
    assert (edition.state, edition.number, edition.error) == (EditionState.READY, 1, "")


def test_the_same_content_is_the_same_edition(app, session, officer, work):
    case = make_case(officer.centre)
    material = service.of_case(session, officer.scope(), case, now=NOW)
    actor, templates = service.Actor(officer.id, officer.email), templates_folder(app)
    first = service.request_edition(session, actor, material, templates, now=NOW)
    assert service.request_edition(session, actor, material, templates, now=NOW) is first
    session.commit()
    work()
    session.expire_all()
    assert service.request_edition(session, actor, material, templates, now=NOW) is first
    assert session.query(Job).count() == 1
    case.summary = "새 요약입니다."
    second = service.request_edition(session, actor, material, templates, now=NOW)
    assert second.number == 2 and second.content_hash != first.content_hash
    linked = service.request_edition(
        session, actor, material, templates, response_url="https://outreach.example/q/abc", now=NOW
    )
    assert linked.number == 3 and not any("전화로" in text for text in linked.warnings)


def test_only_a_published_case_is_printed(app, session, officer):
    material = service.of_case(session, officer.scope(), make_case(officer.centre, "draft"), now=NOW)
    with pytest.raises(Conflict, match="게시된 사례만"):
        service.request_edition(
            session, service.Actor(officer.id, ""), material, templates_folder(app), now=NOW
        )


def test_too_much_for_the_pages_is_said_at_once(client, officer):
    steps = [{"when": "", "title": str(n), "text": ""} for n in range(6)]
    case = make_case(officer.centre, steps=steps)
    page = sign_in(client, officer).post(f"/materials/from-case/{case.id}", follow_redirects=True).text
    assert "한 일" in page and "1~5개" in page
    assert db.session.query(Material).count() == 0


def test_another_centre_s_case_is_not_printed_here(client, officer):
    case = make_case(make_centre())
    page = sign_in(client, officer).post(f"/materials/from-case/{case.id}", follow_redirects=True).text
    assert "사례를 가진 센터나 본부에서" in page and db.session.query(Edition).count() == 0
