"""An edition in all formats, for real: made by the job, opened again; and how they are given out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from hwpx import HwpxDocument
from PIL import Image

from cases.materials import bundle, formats, giving, jobs, service, store
from cases.materials.models import Download, Edition, MaterialGrant
from cases.materials.rules import CHANNEL_BYTES, PICTURES, EditionState, Format, Way
from cases.sheets.licences import Licence
from outreach.db import db
from outreach.pdf.inspect import inspect
from outreach.scope import Role
from tests.cases.making import add_edition, add_formats, folder, make_case, make_material, make_programme, published
from tests.cases.materials.test_rendering import store_picture
from tests.people import NOW, make_centre, make_organisation, make_user, sign_in
from tests.standards import faults


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def partner(centre):
    return make_user(Role.PARTNER, organisation=make_organisation(centre, "가온산단"))


def give(material, user):
    db.session.add(MaterialGrant(
        material_id=material.id, organisation_id=user.organisation_id, direct=True, granted_at=NOW,
    ))


def test_a_published_case_sheet_comes_in_all_formats(app, client, centre, partner, work):
    officer, manager = make_user(Role.PROMOTION, centre=centre), make_user(Role.CENTRE_MANAGER, centre=centre)
    picture = store_picture(app, (2600, 1700))
    case = make_case(centre, photo=picture, photo_caption="작업장", photo_rights="새봄정밀")
    case.programmes = [make_programme()]
    sign_in(client, officer).post(f"/materials/from-case/{case.id}", data={"licence": "kogl1"})
    work()
    edition = db.session.query(Edition).one()
    sign_in(client, manager).post(f"/materials/{edition.material_id}/editions/1/publish", data={"acknowledged": "1"})
    work()
    db.session.refresh(edition)
    assert list(giving.formats_of(db.session, edition)) == list(Format)
    edition.material.licence = Licence.KOGL_3
    assert Format.HWPX not in giving.formats_of(db.session, edition), "what may not be changed is not given to edit"
    edition.material.licence = Licence.NONE

    def made(form: Format) -> bytes:
        return store.format_path(folder(app), edition.sha256, form).read_bytes()

    for form, size in PICTURES.items():
        with Image.open(io.BytesIO(made(form))) as image:
            assert (image.format, image.size) == ("PNG", size)
            assert len(image.convert("RGB").getcolors(2**24)) > 50, "words and the page, not one colour"
    assert len(made(Format.CHANNEL)) <= CHANNEL_BYTES
    _screen(made(Format.PRINT), made(Format.SCREEN))
    _reprints(made(Format.PRINT), made(Format.PRESS), made(Format.ARCHIVE))
    _hwpx(made(Format.HWPX))
    give(edition.material, partner)
    page = sign_in(client, partner).get(f"/portal/materials/{edition.material_id}").text
    assert all(word in page for word in ("화면용 PDF", "한글 문서(HWPX)", "카카오톡 공유", "소식지 글", "/cover.png"))
    response = client.get(f"/portal/materials/{edition.material_id}/files/hwpx")
    assert response.mimetype == "application/hwp+zip" and ".hwpx" in response.headers["Content-Disposition"]
    assert [(row.format, row.way) for row in db.session.query(Download)] == [(Format.HWPX, Way.PORTAL)]


def _screen(printed: bytes, screen: bytes) -> None:
    """Lighter, linearised; pages, tags, text and language stay."""
    assert len(screen) < len(printed)
    before, after = inspect(printed), inspect(screen)
    assert (after.pages, after.text, after.language, after.tagged, after.pdf_ua) == (
        before.pages, before.text, before.language, True, True)
    with pikepdf.open(io.BytesIO(screen)) as pdf:
        assert pdf.is_linearized
        widths = [int(item.Width) for item in pdf.objects
                  if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"]
        assert widths and max(widths) <= formats.SCREEN_PIXELS


def _reprints(printed: bytes, press: bytes, archive: bytes) -> None:
    """The same words: with room to cut for a printing house, as PDF/A for the archive; each by its standards."""
    assert faults(printed) == faults(press) == faults(archive) == []
    before, cut, kept = inspect(printed), inspect(press), inspect(archive)
    assert before.text == kept.text and kept.pdf_a == "2A" and kept.pdf_ua and kept.output_intent
    assert all(wide > 216 and high > 303 for wide, high in cut.sizes), "the sheet is larger than A4 and its bleed"
    assert "대체인력 지원금" in "".join(cut.text)


def _hwpx(data: bytes) -> None:
    """What an office program needs, and what a person reads in it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.infolist()[0].filename == "mimetype" and archive.read("mimetype") == b"application/hwp+zip"
        assert archive.testzip() is None
        assert [name for name in archive.namelist() if name.startswith("BinData/") and name.endswith(".jpg")]
    document = HwpxDocument.open(io.BytesIO(data))
    assert list(document.validate().issues) == []
    assert len(document.tables) == 4 and document.tables[0].cell(1, 0).text == "업종"
    text = document.text.markdown()
    words = ("교대조를 다시 짜니 휴직이 나왔다", "제1판", "경남의 금속가공 회사", "대체인력 지원금", "사진 새봄정밀")
    assert [word for word in words if word not in text] == []


def test_a_case_that_changed_since_is_not_given_as_text(app, session, centre, work):
    material = make_material(app, centre)  # its hash is of no draft
    service.follow_up(session, service.FORMATS, published(material), {}, user_id=None, now=NOW)
    session.commit()
    work()
    assert Format.HWPX not in giving.formats_of(session, published(material))
    assert Format.KAKAO in giving.formats_of(session, published(material))


def test_old_editions_are_caught_up(app, session, centre):
    first, second = make_material(app, centre, title="하나"), make_material(app, centre, title="둘")
    add_formats(app, published(second), Format.SCREEN)
    make_material(app, centre, EditionState.READY, title="셋")
    session.commit()
    assert [row.id for row in giving.without_formats(session, limit=9)] == [published(first).id]
    assert jobs.catch_up(app) == jobs.catch_up(app) == 1


def test_light_files_stay_as_they_are():
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    assert formats.for_screens(out.getvalue()) == out.getvalue()


def test_formats_are_given_and_counted_like_the_pdf(app, client, centre, partner):
    material = make_material(app, centre, title="교대조: 이야기")
    give(material, partner)
    add_formats(app, published(material), Format.KAKAO, Format.SCREEN)
    path = f"/portal/materials/{material.id}/files/kakao"
    response = sign_in(client, partner).get(path)
    assert response.mimetype == "image/png" and Image.open(io.BytesIO(response.data)).size == PICTURES[Format.KAKAO]
    assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    assert client.get(path, headers={"Range": "bytes=3-"}).status_code == 206
    assert client.get(f"/portal/materials/{material.id}/pictures/kakao.png").status_code == 200
    assert client.get(f"/portal/materials/{material.id}/files/hwpx").status_code == 404
    assert client.get(f"/portal/materials/{material.id}/files/exe").status_code == 404
    row = db.session.query(Download).one()
    assert (row.format, row.organisation_id) == (Format.KAKAO, partner.organisation_id)
    assert "카카오톡 공유" in sign_in(client, make_user(Role.PROMOTION, centre=centre)).get(
        f"/materials/{material.id}").text
    stranger = make_user(Role.PARTNER, organisation=make_organisation(centre))
    assert sign_in(client, stranger).get(path).status_code == 404


# -- several at once -----------------------------------------------------------------------------------


def test_a_bundle_is_an_archive_that_says_what_is_in_it(app, client, centre, partner):
    same = [make_material(app, centre, title="교대조 이야기") for _ in range(2)]
    other = make_material(app, centre, title="남의 자료")
    for material in same:
        give(material, partner)
        add_formats(app, published(material), Format.SCREEN)
    chosen = {"material": [row.id for row in (*same, other)], "format": ["print", "screen", "hwpx"]}
    head = sign_in(client, partner).head("/portal/bundle.zip", query_string=chosen)
    assert db.session.query(Download).count() == 0
    response = client.get("/portal/bundle.zip", query_string=chosen)
    assert response.content_length == len(response.data) == head.content_length
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == 5 and names[-1] == "읽어보기.txt"
        wanted = ("", " (2)", "(화면용 PDF)")
        assert {f"교대조 이야기 제1판{ending}.pdf" for ending in wanted} <= set(names)
        assert all(item.flag_bits & 0x800 and item.compress_type == zipfile.ZIP_STORED for item in archive.infolist())
        text = archive.read("읽어보기.txt").decode("utf-8-sig")
    assert f"출처: {centre.name_ko}, ‘교대조 이야기’ 제1판(2026. 11. 23.)" in text and "\r\n" in text
    counted = [(row.way, row.format) for row in db.session.query(Download)]
    assert len(counted) == 4 and {way for way, _ in counted} == {Way.BUNDLE}
    assert client.get("/portal/bundle.zip").status_code == 302


def test_an_archive_keeps_to_the_format():
    at = NOW.replace(year=1970)
    entries = [bundle.Entry("가.txt", b"x", at), bundle.Entry("b.bin", Path(__file__), NOW)]
    data = b"".join(bundle.archive(entries))
    assert len(data) == bundle.length(entries)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.infolist()[0].date_time[:3] == (1980, 11, 23)
        assert archive.read("b.bin") == Path(__file__).read_bytes()
    assert bundle.unlike(["a.pdf", "A.pdf", "a.pdf"]) == ["a.pdf", "A (2).pdf", "a (3).pdf"]


# -- the shelf -----------------------------------------------------------------------------------------


def test_the_shelf_is_filtered_by_kind_campaign_and_freshness(app, client, centre, partner):
    old, new = make_material(app, centre, title="갑 이야기"), make_material(app, centre, title="을 이야기")
    for material in (old, new):
        give(material, partner)
    first = published(old)
    service.count_download(db.session, first.id, Way.PORTAL, organisation_id=partner.organisation_id,
                           user_id=partner.id, now=NOW)
    sign_in(client, partner)

    def shown(**query: str) -> set[str]:
        page = client.get("/portal/", query_string=query).text
        return {name for name in ("갑", "을") if f"{name} 이야기</a>" in page}

    assert shown() == {"갑", "을"} and shown(fresh="had") == {"갑"} and shown(fresh="new") == {"을"}
    first.state = EditionState.WITHDRAWN
    second = add_edition(app, old, EditionState.PUBLISHED)
    assert shown(fresh="changed") == {"갑"} and shown(q="을 이") == {"을"} and shown(kind="brochure") == set()
    page = client.get(f"/portal/materials/{old.id}").text
    assert "제2판이 나왔습니다" in page and second.number == 2


@pytest.fixture
def in_front(app) -> Iterator[None]:
    """As behind nginx."""
    outreach = app.extensions["outreach"]
    before = outreach.settings
    outreach.settings = type(before)(**{
        name: getattr(before, name) for name in before.__slots__} | {"files_prefix": "/stored"})
    yield
    outreach.settings = before


def test_the_server_in_front_is_told_which_file_to_send(app, client, centre, partner, in_front):
    material = make_material(app, centre, title="교대조 이야기")
    give(material, partner)
    path, sha256 = f"/portal/materials/{material.id}.pdf", published(material).sha256
    response = sign_in(client, partner).get(path)
    assert response.headers["X-Accel-Redirect"] == f"/stored/{sha256[:2]}/{sha256}/document.pdf"
    assert response.data == b"" and "%EA%B5%90" in response.headers["Content-Disposition"]
    found = store.pdf_path(folder(app), sha256).stat()
    etag = f'"{int(found.st_mtime):x}-{found.st_size:x}"'  # ngx_http_set_etag
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(path, headers={"Range": "bytes=5-"}).status_code == 200, "nginx cuts the range"
    assert db.session.query(Download).count() == 1
