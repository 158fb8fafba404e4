"""The live preview: the pages as they will be, or what is in the way and in which field."""

from __future__ import annotations

import pytest

from cases.documents import places
from cases.documents.kinds.brochure import KIND
from cases.documents.models import Document
from cases.library.rules import CaseState
from outreach.db import db
from outreach.errors import Invalid
from outreach.jobs.models import Job
from outreach.jobs.runner import JobSource
from outreach.scope import Role
from tests.cases.making import make_case, make_document, make_programme
from tests.people import make_centre, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


def form(**changes):
    texts = {f"texts-{name}": text for name, text in KIND.opening().items()}
    return {"title": "아직 쓰는 중", "style": "calm"} | texts | changes


def drawn(app, client, url, data):
    """What the editor's page is told in the end."""
    asked = client.post(url, data=data)
    assert asked.status_code == 202
    state = asked.json["url"]
    assert client.get(state).json == {"done": False}
    assert JobSource(app).step()
    db.session.expire_all()
    return state, client.get(state).json


def test_the_pages_are_drawn_and_nothing_is_saved(app, client, officer, centre):
    case, version = make_case(centre), make_programme()
    document = make_document(centre, [], [], title="저장된 제목")
    sign_in(client, officer)
    data = form(**{"cases-0": case.id, "programmes-0": version.id})
    state, told = drawn(app, client, f"/materials/drafts/brochure?document={document.id}", data)
    assert told["done"] and len(told["pages"]) == 8 and told["missing"] == []
    picture = client.get(told["pages"][0])
    assert picture.mimetype == "image/png" and len(picture.data) > 5_000
    db.session.expire_all()
    assert db.session.query(Document).one().title == "저장된 제목" and document.cases == []

    colleague = make_user(Role.PROMOTION, centre=centre)
    assert sign_in(client, colleague).get(state).status_code == 404, "a preview is its writer's"
    sign_in(client, make_user(Role.PARTNER))
    assert client.post("/materials/drafts/brochure", data=data).status_code == 403

    # What does not fit is said with its place, and with the fields that mend it.
    sign_in(client, officer)
    long = form(title=" ", **{"texts-step2_text": "아주 긴 설명입니다. " * 80, "cases-0": case.id})
    _state, told = drawn(app, client, "/materials/drafts/brochure", long)
    (fault,) = told["faults"]
    assert "넘칩니다" in fault["reason"] and "3쪽" in fault["place"] and told["pages"] == []
    assert fault["slots"] == ["step2_title", "step2_when", "step2_text"]
    assert told["missing"][0] == "제목을 적어 주세요." and any("지원제도" in text for text in told["missing"])

    # What could not be saved is refused at once.
    hidden = make_case(make_centre(), CaseState.DRAFT, headline="남의 초안")
    refused = client.post("/materials/drafts/brochure", data=form(**{"cases-0": hidden.id, "style": "calm"}))
    (fault,) = refused.json["faults"]
    assert refused.status_code == 422 and "사례" in fault["reason"] and fault["slots"] == ["cases"]
    assert db.session.query(Job).count() == 2


def test_a_version_is_drawn_for_those_who_may_read_the_document(app, client, officer, centre):
    document = make_document(centre, [], [], title="처음 제목")
    colleague = make_user(Role.PROMOTION, centre=centre)
    sign_in(client, colleague).post(f"/documents/{document.id}", data=form(title="둘째 제목", version="1"))
    sign_in(client, make_user(Role.PLANNER, centre=centre))
    here = f"/materials/drafts/documents/{document.id}/versions"
    assert client.post(f"{here}/1").status_code == 202 and client.post(f"{here}/9").status_code == 404
    job = db.session.query(Job).one()
    assert job.payload["content"]["title"] == "처음 제목"
    sign_in(client, make_user(Role.PROMOTION))
    assert client.post(f"{here}/1").status_code == 404


@pytest.mark.parametrize(("named", "fields"), [
    ("audience", ["audience"]), ("partners", ["organisations"]), ("cases", ["cases"]), ("title", ["title"]),
    ("steps", [f"step{n}_{part}" for n in (1, 2, 3) for part in ("title", "when", "text")]), ("nothing", []),
])
def test_what_papers_name_is_found_in_the_editor(named, fields):
    assert places.fields_of(KIND, named) == fields


def test_a_refusal_says_its_reasons_once():
    told = places.faults(KIND, Invalid("많습니다.", fields={"audience": "1~6개", "figures": "0~3개"}))
    assert [fault["reason"] for fault in told] == ["1~6개", "0~3개"] and told[1]["slots"][0] == "figure1_label"
    assert places.faults(KIND, Invalid("많습니다.", fields={"nothing": "?"})) == [
        {"place": "", "reason": "많습니다.", "slots": []}
    ]
