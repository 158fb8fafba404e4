"""The public gallery: what it shows, what it refuses, and what it keeps about its readers (nothing)."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from campaigns.responses.models import Response, ResponsePlace
from campaigns.responses.rules import Channel
from cases.gallery import counting, picture, service
from cases.gallery.counting import Reading, Tally
from cases.gallery.models import GalleryCount
from cases.gallery.routes import SHEETS
from cases.gallery.rules import is_person
from cases.library import finding, grams
from cases.library.models import Case
from cases.library.rights import Portrait
from cases.library.rules import CaseState, ConsentScope
from cases.library.veil import Veil
from outreach.db import db
from outreach.regions.models import Certainty, Region, RegionLevel
from outreach.scope import Role
from tests.cases.library.test_photos import stored
from tests.cases.making import TODAY, add_photo, make_case
from tests.outreach.leads.making import make_company
from tests.people import make_centre, make_user, sign_in

READER = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) Chrome/131 Mobile Safari/537.36 KAKAOTALK/11"}


@pytest.fixture
def centre(app):
    return make_centre(name="창원고용센터")


@pytest.fixture
def case(centre):
    return make_case(centre, headline="대체 인력을 미리 뽑았다", needs=["substitute"])


def read(client, path, **headers):
    return client.get(path, headers=READER | headers)


def test_anyone_reads_what_its_company_agreed_to(client, case):
    page = read(client, f"/gallery/{case.id}")
    assert page.status_code == 200 and "Set-Cookie" not in page.headers and "noindex" not in page.text
    for words in (case.headline, "금속가공 · 30~49인", "대체표를 만들다", "일을 세어 보세요.", "창원고용센터"):
        assert words in page.text
    assert "동의서 2026-3호" not in page.text and "한결 상무" not in page.text and "42명" not in page.text
    meta = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', page.text))
    assert meta["og:url"] == f"http://localhost/gallery/{case.id}" and meta["og:title"] == case.headline
    assert f'<link rel="canonical" href="{meta["og:url"]}">' in page.text
    drawn = client.get(meta["og:image"].removeprefix("http://localhost").replace("&amp;", "&"))
    assert drawn.mimetype == "image/png" and Image.open(io.BytesIO(drawn.data)).size == (1200, 630)
    assert page.text.count("우리 회사도 상담받기") == 4, "head, title, beside the text, a phone's foot"
    listed = read(client, "/gallery/").text
    assert case.headline in listed and "전화로 상담받기 1350" in listed
    assert re.search(r"pdf/scenes/\w+/factory.svg", listed) and re.search(r"0</span>.*→.*<b>4</b>", listed)
    assert f"/gallery/{case.id}</loc>" in client.get("/sitemap.xml").text
    assert "Disallow: /\n" in client.get("/robots.txt").text


def test_an_unchanged_page_is_not_sent_again(client, case):
    first = read(client, "/gallery/")
    again = read(client, "/gallery/", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"") and first.headers["Cache-Control"] == "public, no-cache"
    case.headline = "바뀐 제목"
    assert read(client, "/gallery/", **{"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(("change", "status"), [
    ({"state": CaseState.WITHDRAWN}, 410), ({"consent_until": TODAY - timedelta(days=1)}, 410),
    ({"outlets": ["print", "mail"]}, 410), ({"consent_scope": ConsentScope.NONE}, 410),
    ({"state": CaseState.REVIEW, "published_at": None}, 404),
])
def test_what_may_not_be_shown_is_gone_everywhere_at_once(app, client, centre, case, change, status):
    photo = add_photo(case, stored(app))
    other = make_case(centre, headline="대신 읽을 사례")
    paths = [f"/gallery/{case.id}", f"/gallery/{case.id}/card.png", f"/gallery/{case.id}/photo-1.jpg"]
    assert [read(client, path).status_code for path in paths] == [200] * 3
    for name, value in change.items():
        setattr(case, name, value)
    page = read(client, paths[0])
    assert page.status_code == status and "noindex" in page.text and photo.caption not in page.text
    assert other.headline in page.text and case.headline not in page.text
    assert [read(client, path).status_code for path in paths[1:]] == [status] * 2
    assert client.post(f"/gallery/{case.id}/ask").status_code == status
    assert case.headline not in read(client, "/gallery/").text + client.get("/sitemap.xml").text
    assert case.headline not in read(client, "/gallery/?q=대체인력").text


def test_an_address_of_nothing_offers_something_else(client, case):
    for code in ("999", "x", "²", "-1", "9" * 40, "1.5"):
        page = read(client, f"/gallery/{code}")
        assert page.status_code == 404 and case.headline in page.text


def test_a_picture_whose_rights_end_is_left_out(app, client, case):
    photo = add_photo(case, stored(app), rights_until=TODAY)
    assert "photo-1.jpg" in read(client, f"/gallery/{case.id}").text
    photo.rights_until = TODAY - timedelta(days=1)
    assert "photo-1.jpg" not in read(client, f"/gallery/{case.id}").text
    assert read(client, f"/gallery/{case.id}/photo-1.jpg").status_code == 404
    photo.rights_until, photo.portrait = None, Portrait.UNKNOWN
    assert read(client, f"/gallery/{case.id}/photo-1.jpg").status_code == 404
    assert read(client, f"/gallery/{case.id}/photo-2.jpg").status_code == 404


def test_the_list_is_searched_and_filtered_but_not_behind_the_veil(client, centre, session):
    assert "곧 첫 사례를 싣습니다" in read(client, "/gallery/").text
    place = Region(level=RegionLevel.PROVINCE, code="28", name_ko="인천광역시", name_en="Incheon", source="시험",
                   certainty=Certainty.VERIFIED)
    session.add(place)
    session.flush()
    make_case(centre, headline="대체 인력을 뽑았다", province_id=place.id, needs=["substitute"])
    make_case(centre, headline="감춘 곳의 이야기", province_id=place.id, veil=Veil.NO_PLACE, headcount=400)
    make_case(centre, headline="규모를 감춘 이야기", section="J", veil=Veil.NO_SIZE)

    def shown(query):
        page = read(client, f"/gallery/?{query}").text
        return [name for name in ("대체", "감춘 곳", "규모를") if re.search(rf"<h2>(<mark>)?{name}", page)]

    assert shown("") == ["대체", "감춘 곳", "규모를"]
    assert shown("q=대체인력 뽑기") == ["대체"]
    assert "<mark>대체 인력</mark>" in read(client, "/gallery/?q=대체인력").text
    assert shown(f"province={place.id}") == ["대체"] and shown("section=J") == ["규모를"]
    assert shown("size=small") == shown("need=substitute") == ["대체"] and shown("size=large") == ["감춘 곳"]
    assert shown("section=X&size=huge&need=x&province=x&page=x") == ["대체", "감춘 곳", "규모를"]
    assert "아직 없습니다" in read(client, "/gallery/?q=우주선").text and shown("q=!?") == []


def test_a_company_that_asks_becomes_a_lead_that_knows_the_case(app, client, centre, case):
    answer = client.post(f"/gallery/{case.id}/ask", headers=READER)
    assert answer.status_code == 303
    form = answer.location.removeprefix("http://localhost")
    page = client.get(form).text
    assert case.headline in page and "창원고용센터" in page
    nonce = re.search(r'name="nonce"[^>]*value="([^"]+)"', page)[1]
    data = {"nonce": nonce, "wants": "substitute", "company_name": "㈜새로이", "phone": "02-123-4567",
            "person": "이하나", "consent": "y"}
    assert client.post(form, data=data).status_code == 303
    response = db.session.query(Response).one()
    assert (response.channel, response.campaign_id, response.centre_id) == (Channel.GALLERY, None, centre.id)
    assert client.post(f"/gallery/{case.id}/ask").location == answer.location
    assert db.session.query(ResponsePlace).count() == 1
    sign_in(client, make_user(Role.PROMOTION, centre=centre))
    assert "읽은 사례" in client.get(f"/responses/{response.id}").text
    company = make_company(centre, "㈜새로이")
    client.post(f"/responses/{response.id}/confirm", data={"workplace_id": company.workplaces[0].id})
    lead = client.get(f"/leads/{db.session.get(Response, response.id).lead_id}").text
    assert f'<a href="/cases/{case.id}">{case.headline}</a>' in lead and "누리집 사례관" in lead
    assert client.get("/responses/?channel=gallery").text.count("㈜새로이") >= 1


def test_people_are_counted_and_machines_are_not(app, client, centre, case):
    path = f"/gallery/{case.id}"
    read(client, path)
    read(client, path, **{"If-None-Match": read(client, path).headers["ETag"]})
    for headers in ({"User-Agent": "Googlebot/2.1"}, {"User-Agent": "Mozilla/5.0 facebookexternalhit/1.1"},
                    READER | {"Sec-Purpose": "prefetch"}, {"User-Agent": ""}):
        client.get(path, headers=headers)
    client.head(path, headers=READER)
    assert client.get(f"{path}/sheet", headers=READER).status_code == 404
    app.extensions[SHEETS] = lambda session, case: "/m/abc"
    assert client.get(f"{path}/sheet", headers=READER).location == "/m/abc" and "사례집(PDF)" in read(client, path).text
    client.post(f"{path}/ask", headers=READER)
    assert counting.of_case(db.session, case.id) == {"views": 4, "sheets": 1, "asked": 1}
    panel = sign_in(client, make_user(Role.PROMOTION, centre=centre)).get(f"/cases/{case.id}").text
    assert "4번 (최근 30일 4번)" in panel
    assert {column.name for column in GalleryCount.__table__.columns} == {"case_id", "day", "views", "sheets", "asked"}


def test_counts_are_written_together(session, case):
    tally = Tally(every=3600, batch=3)
    readings = [Reading(case.id, TODAY, "views"), Reading(case.id, TODAY, "views"), Reading(10**6, TODAY, "views")]
    assert [tally.add(reading) for reading in readings[:2]] == [None, None]
    counts = tally.add(readings[2])
    for _ in range(2):
        counting.write(session, counts)
    assert counting.of_case(session, case.id)["views"] == 4 and tally.take() == {}
    assert counting.of_case(session, case.id, TODAY + timedelta(days=1))["views"] == 0


def test_a_picture_for_messengers_is_drawn_once_for_the_same_words(app, tmp_path):
    words = picture.Words("제목 " * 60, "어느 곳의 회사", ("1,234,567,890", "명", "긴 숫자"), "플래너")
    faces = Path(app.static_folder) / "vendor" / "pretendard-gov"
    first = picture.drawn(words, tmp_path, faces)
    written = first.stat().st_mtime_ns
    assert picture.drawn(words, tmp_path, faces) == first and first.stat().st_mtime_ns == written
    assert picture.digest(words._replace(headline="다른 제목")) != first.stem and len(list(tmp_path.glob("*.png"))) == 1


@pytest.mark.parametrize(("agent", "person"), [
    (READER["User-Agent"], True), ("Mozilla/5.0 (iPhone) Safari/604 NAVER(inapp; search)", True),
    ("Mozilla/5.0 (compatible; Yeti/1.1)", False), ("Mozilla/5.0 kakaotalk-scrap/1.0", False),
    ("python-requests", False),
])
def test_who_is_a_person(agent, person):
    assert is_person(agent) is person


def test_gallery_shows_nothing_of_drafts(client, centre):
    draft = make_case(centre, CaseState.DRAFT, headline="쓰는 중", published_at=None)
    assert "쓰는 중" not in read(client, "/gallery/").text
    assert read(client, f"/gallery/{draft.id}").status_code == 404
    assert db.session.get(Case, draft.id).state is CaseState.DRAFT


@pytest.mark.sqlite
def test_a_hundred_thousand_cases_would_be_read_by_their_indexes(session, case):
    def plan(query):
        text = str(query.limit(24).compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        return " / ".join(row[-1] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))

    newest = plan(service.shown(TODAY))
    assert "ix_best_practice_published (state=?)" in newest and "TEMP B-TREE" not in newest
    found = plan(finding.ranked(service.shown(TODAY), grams.asked("대체인력 뽑기")))
    assert "case_gram USING PRIMARY KEY (gram=?)" in found and "SCAN best_practice" not in found
