"""A briefing notice for an office program, opened again."""

from __future__ import annotations

from hwpx import HwpxDocument

from cases.documents.hwpx import notice_to_hwpx
from cases.documents.kinds.notice import KIND, Notice
from cases.materials import jobs
from cases.materials.models import Material
from cases.materials.rules import EditionState
from outreach.db import db
from tests.cases.making import add_edition, make_document, make_programme
from tests.people import NOW, make_centre


def test_a_notice_is_one_table_of_terms_one_of_the_day_and_its_programmes(app, tmp_path):
    centre, programme = make_centre(), make_programme("대체인력 지원금")
    document = make_document(centre, [], [programme], kind="notice", title="제도\n설명회", texts={
        **KIND.opening(), "day": "2026. 12. 10.(목)", "time": "14:00~16:00", "place": "2층 회의실",
        "timetable": "14:00 인사\n14:10 제도 이야기; 한서준 플래너", "apply": "전화나 QR로 신청해 주세요.",
    })
    material = Material(kind="notice", title="설명회", centre_id=centre.id, document_id=document.id, created_at=NOW,
                        updated_at=NOW)
    db.session.add(material)
    edition = add_edition(app, material, EditionState.PUBLISHED, response_url="https://outreach.example/q/abc")
    notice = jobs._text(edition)
    assert isinstance(notice, Notice)

    opened = HwpxDocument.open(_file(tmp_path, notice_to_hwpx(notice)))
    assert list(opened.validate().issues) == []
    terms, day, money = opened.tables[0], opened.tables[1], opened.tables[2]
    assert terms.cell(1, 0).text == "때" and terms.cell(1, 1).text == "2026. 12. 10.(목) 14:00~16:00"
    assert [day.cell(2, x).text for x in range(3)] == ["14:10", "제도 이야기", "한서준 플래너"]
    assert "140만원/월" in money.cell(3, 1).text
    text = opened.text.markdown()
    words = ("제도 설명회", "제1판", "대체인력 지원금", "https://outreach.example/q/abc", centre.name_ko, "전화나 QR로")
    assert [word for word in words if word not in text] == []


def _file(folder, data):
    path = folder / "notice.hwpx"
    path.write_bytes(data)
    return path
