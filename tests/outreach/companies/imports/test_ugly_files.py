"""Files as offices really have them, through the page: what a person would read in each is what is stored, what can't
be taken comes back, and importing the file again changes nothing."""

from __future__ import annotations

import io

import openpyxl
import pytest
import sqlalchemy as sa

from outreach.companies.imports.plan import guess
from outreach.companies.models import Company, Consent, Contact, Import, MergeSuggestion, Workplace
from outreach.db import db
from outreach.jobs.runner import JobSource
from outreach.regions.loading import load_reference
from outreach.scope import Role
from tests.outreach.companies import ugly_files as ugly
from tests.outreach.companies.office_files import business_number as number
from tests.people import make_user, sign_in

# Companies: name, business number, workers, its people as (name, post, e-mail, telephone). Rejected rows of the file.
MEMBERS = (
    [
        ("(주)마루전자", number(121), 85, [("김마루", "인사팀", "maru@maru.example", "010-1234-5678")]),
        ("바다물산 주식회사", number(122), 1200, [("이바다", "총무부 차장", "bada@daum.com", "010-9876-5432")]),
    ],
    [6, 7, 8, 9],
)
FILES = {
    "참여기업.xlsx": (ugly.campaign_xlsx(), [
        ("㈜가람정밀", number(101), 45, [
            ("이수연", "과장", "sylee@garam.example", "032-812-3456"),
            ("박지훈", "대리", "jhpark@garam.example", "032-812-3456"),
        ]),
        ("나래산업(주)", number(102), 120, [
            ("최민지", "팀장", "mj.choi@narae.example", "032-812-1234"), ("", "", "ceo@narae.example", ""),
        ]),
        ("주식회사 다온", number(103), 1050, [("", "", "", "1588-1234")]),
    ], []),
    "명부.xls": (ugly.insured_xls(), [
        ("한빛테크(주)", number(111), 33, [("김한빛", "", "hb.kim@naver.con", "")]),
        ("(주)한빛테크 제2공장", number(112), 5, [
            ("이두리", "", "duri@hb.example", ""), ("박세나", "", "sena@hb.example", ""),
        ]),
        ("무번호상회", None, 3, [("주인장", "", "owner@shop.example", "")]),
    ], [6]),
    "세미콜론.csv": (ugly.members_text("cp949", ";"), *MEMBERS),
    "탭.txt": (ugly.members_text("utf-16", "\t"), *MEMBERS),
    "유니코드.csv": (ugly.members_text("utf-8", ",", "\n"), *MEMBERS),
    "중복.csv": (ugly.twice_told_csv(), [
        ("거북선(주)", number(151), None, [
            ("김하나", "과장", "one@gb.example", "052-200-0001"), ("이두리", "대리", "two@gb.example", "052-200-0002"),
        ]),
        ("무번호", None, None, [("무담당", "", "mu@mu.example", "")]),
    ], []),
    "조회.xls": (ugly.portal_xls(), [
        ("차오름 (주)", number(131), None, [("김 차오", "", "cha@cha.example", "02-2100-1234")]),
        ("카페&빵", number(132), None, [("박카페", "", "cafe@gmial.com", "010-1111-2222")]),
    ], []),
    "english.xlsx": (ugly.english_xlsx(), [
        ("Hanbit Precision Co., Ltd.", number(141), 1234, [
            ("Kim, Chul-soo", "Manager", "cs.kim@hanbit.example", "010-1234-5678"),
        ]),
        ("ABC Korea Inc", None, 30, [("Lee", "Director", "lee@abc.example", "")]),
    ], []),
    "입주업체.xlsx": (ugly.tenants_xlsx(), [
        ("㈜타오", None, 48, [
            ("정담당", "과장", "a@tao.example", "010-1000-0001"), ("부담당", "", "b@tao.example", "010-1000-0002"),
        ]),
        ("(유)파랑", None, None, [("정하나", "", "pa@parang.example", "032-811-0000")]),
        ("하늘(합)", None, 12, [("", "", "", "070-1234-5678")]),
    ], []),
    "제목없음.csv": (ugly.bare_csv(), [
        (f"㈜무제{at}", number(160 + at), None, [("", "", f"n{at}@n.example", "")]) for at in range(1, 5)
    ], []),
}  # fmt: skip


@pytest.fixture
def officer(client):
    load_reference(db.session)
    return sign_in(client, make_user(Role.HEADQUARTERS))


def bring_in(app, client, content, name):
    """All the pages, with what is suggested; the rows that were handed back."""
    response = client.post("/companies/imports/new", data={"file": (io.BytesIO(content), name)})
    assert response.status_code == 302
    columns = {f"column-{column}": target for column, target in guess(content).mapping.items()}
    said = {"purpose": "advertising", "evidence": "참여신청서", "as_of": "2026-01-31"}
    page = client.post(response.location, data=columns | said).location
    assert client.get(page).status_code == 200
    assert client.post(f"{page}/start").status_code == 302
    assert JobSource(app).step()
    assert "가져옴" in client.get(page).text
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{page}/rejects.xlsx").data)).active
    return list(sheet.iter_rows(min_row=2, values_only=True))


def stored():
    db.session.rollback()
    db.session.expire_all()
    return {
        (company.name, company.business_number): (company.headcount, [
            (person.name, person.title, person.email, person.phone)
            for place in company.workplaces for person in place.contacts
        ])
        for company in db.session.scalars(sa.select(Company))
    }  # fmt: skip


def everything():
    db.session.rollback()
    tables = (Company, Workplace, Contact, Consent, MergeSuggestion)
    return [db.session.execute(sa.select(model.__table__).order_by(model.__table__.c.id)).all() for model in tables]


@pytest.mark.parametrize("name", FILES)
def test_what_a_person_would_read_is_stored_once(app, officer, name):
    content, companies, rejected = FILES[name]
    handed_back = bring_in(app, officer, content, name)
    assert stored() == {(title, digits): (workers, people) for title, digits, workers, people in companies}
    assert [row[0] for row in handed_back] == rejected
    assert all(row[2] for row in handed_back)  # each with its reason
    before = everything()
    bring_in(app, officer, content, name)
    assert everything() == before
    counts = db.session.scalars(sa.select(Import.counts).order_by(Import.id.desc())).first()
    assert counts["unchanged"] == len(companies) and not counts.get("created") and not counts.get("updated")


def test_days_of_consent_in_every_spelling(app, officer):
    """'Excel serial, 2024.7.2., '24.7.2, 24/7/2, a real date: each is the day the person agreed on."""
    for name in ("참여기업.xlsx", "명부.xls", "중복.csv", "english.xlsx"):
        bring_in(app, officer, FILES[name][0], name)
    rows = db.session.execute(sa.select(Contact.email, Consent.given_at, Consent.how).join(Consent.contact))
    given = {email: (f"{at:%Y-%m-%d %H}", how) for email, at, how in rows}
    days = {email: day for email, (day, _how) in given.items()}
    assert days == {
        "sylee@garam.example": "2024-07-01 15", "mj.choi@narae.example": "2024-07-01 15",
        "ceo@narae.example": "2024-07-01 15", "": "2024-07-01 15",
        "hb.kim@naver.con": "2025-04-30 15", "duri@hb.example": "2025-04-30 15", "sena@hb.example": "2025-04-30 15",
        "owner@shop.example": "2024-07-01 15", "one@gb.example": "2026-01-01 15", "mu@mu.example": "2026-01-01 15",
        "cs.kim@hanbit.example": "2026-03-03 15",
    }  # fmt: skip
    assert all(how.startswith("참여신청서 · 명단 가져오기") for _day, how in given.values())


def test_a_day_of_consent_alone_is_refused(officer):
    content, *_ = FILES["명부.xls"]
    response = officer.post("/companies/imports/new", data={"file": (io.BytesIO(content), "명부.xls")})
    columns = {f"column-{at}": target for at, target in guess(content).mapping.items() if target != "contact.consent"}
    answer = officer.post(response.location, data=columns | {"purpose": "advertising"})
    assert answer.status_code == 422 and "날짜가 적힌 칸은 그날 동의한 것으로 봅니다" in answer.text
