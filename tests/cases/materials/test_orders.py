"""Printed copies: ordered, decided, handed over in parts, called back; the ledger and its workbook."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import openpyxl
import pytest

from cases.materials import retention
from cases.materials.forms import TELEPHONE
from cases.materials.models import MaterialGrant
from cases.materials.order_models import PrintOrder, PrintRecall, PrintRun
from cases.materials.rules import EditionState, OrderState
from outreach.audit.models import AccessKind, AccessRecord, ChangeRecord
from outreach.db import db
from outreach.scope import Role
from tests.cases.making import TODAY, add_edition, make_material, make_order, published
from tests.people import NOW, make_centre, make_organisation, make_user, sign_in

ORDER = {
    "asked": "300", "wanted_on": "2026-12-01", "place": "본관 1층 안내대", "address": "산단로 1", "recipient": "박나루",
    "phone": "02-000-1111", "note": "",
}
DELIVERY = {"quantity": "100", "delivered_on": "2026-11-23", "received_by": "=박나루", "carriage": "courier"}


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


@pytest.fixture
def partner(centre):
    return make_user(Role.PARTNER, organisation=make_organisation(centre, "가온산단"))


@pytest.fixture
def material(app, centre, partner):
    material = make_material(app, centre, title="교대조 이야기")
    db.session.add(MaterialGrant(
        material_id=material.id, organisation_id=partner.organisation_id, direct=True, granted_at=NOW,
    ))
    return material


def the_order() -> PrintOrder:
    return db.session.query(PrintOrder).one()


def print_run(material, quantity=500):
    db.session.add(PrintRun(
        edition_id=published(material).id, quantity=quantity, printed_on=TODAY, created_at=NOW,
    ))


def test_from_the_order_to_the_last_copy(app, client, officer, partner, material):
    response = sign_in(client, partner).post(f"/print-orders/new/{material.id}", data=ORDER)
    row = the_order()
    assert response.location.endswith(f"/print-orders/{row.id}") and row.state is OrderState.REQUESTED
    path = f"/print-orders/{row.id}"
    assert "교대조 이야기" in sign_in(client, officer).get("/").text
    refused = client.post(f"{path}/confirm", data={"granted": "200", "reason": ""})
    assert refused.status_code == 422 and "까닭을 적어 주세요" in refused.text
    client.post(f"{path}/confirm", data={"granted": "200", "reason": "재고가 적습니다"})
    assert (the_order().state, the_order().quantity) == (OrderState.CONFIRMED, 200)
    short = client.post(f"{path}/deliveries", data=DELIVERY)
    assert short.status_code == 422 and "재고가 0부" in short.text
    client.post(f"/print-orders/runs/{material.id}/1", data={"quantity": "150", "printed_on": "2026-11-20"})
    client.post(f"{path}/deliveries", data=DELIVERY)
    assert (the_order().state, the_order().delivered) == (OrderState.PARTLY, 100)
    assert "재고가 50부" in client.post(f"{path}/deliveries", data=DELIVERY).text
    client.post(f"/print-orders/runs/{material.id}/1", data={"quantity": "50", "printed_on": "2026-11-20"})
    assert client.post(f"{path}/deliveries", data={**DELIVERY, "quantity": "101"}).status_code == 422
    client.post(f"{path}/deliveries", data={**DELIVERY, "carriage": "collected"})
    assert (the_order().state, the_order().closed_at is not None) == (OrderState.DELIVERED, True)
    assert client.post(f"{path}/refuse", data={"reason": "x"}).status_code == 422, "nothing leads out of delivered"
    page = sign_in(client, partner).get(path).text
    assert "재고가 적습니다" in page and "방문 수령" in page
    actions = [row.action for row in db.session.query(ChangeRecord).filter_by(subject="print_order")]
    assert actions == ["create", "state", "state", "state"]


def test_the_ledger_and_its_workbook(app, client, officer, partner, material):
    print_run(material)
    row = make_order(material, partner.organisation_id, state=OrderState.CONFIRMED, granted=100)
    make_order(material, make_organisation(make_centre()).id, place="남의 곳")
    sign_in(client, officer).post(f"/print-orders/{row.id}/deliveries", data={**DELIVERY, "quantity": "60"})
    page = client.get("/print-orders/?state=partly&q=가온").text
    assert "본관 안내대" in page and "배부 합계" in page and "남의 곳" not in page
    assert "조건에 맞는 신청이 없습니다" in client.get("/print-orders/?since=2026-12-24").text
    response = client.get("/print-orders/export.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(response.data)).active
    cells = [cell.value for cell in sheet[2]]
    assert cells[2:6] == ["가온산단", "교대조 이야기", 1, "본관 안내대"] and 60 in cells and "=박나루" in cells
    assert all(cell.data_type != "f" for cell in sheet[2]) and sheet.max_row == 2
    kinds = [(record.kind, record.subject_ids) for record in db.session.query(AccessRecord).order_by(AccessRecord.id)]
    assert kinds[-1] == (AccessKind.EXPORT, [row.id])


def test_a_withdrawn_edition_is_called_back(app, client, officer, partner, material, work):
    print_run(material)
    row = make_order(material, partner.organisation_id, state=OrderState.CONFIRMED, granted=100)
    sign_in(client, officer).post(f"/print-orders/{row.id}/deliveries", data=DELIVERY)
    page = client.get(f"/materials/{material.id}").text
    assert "재고 400부, 나가 있는 것 100부" in page and "1곳, 그 가운데 0곳이 내려받음" in page
    client.post(f"/materials/{material.id}/editions/1/withdraw", data={"reason": "금액이 바뀜", "replacement": "0"})
    assert "배포를 마친 판이 놓인 곳" in client.get(f"/materials/{material.id}").text
    work()
    recall = db.session.query(PrintRecall).one()
    assert (recall.quantity, recall.done_at) == (100, None)
    assert "거두어야 할 인쇄물" in client.get("/print-orders/").text and "회수" in client.get("/").text
    assert "더는 나누어 주지 마시고" in sign_in(client, partner).get(f"/print-orders/{row.id}").text
    settle = f"/print-orders/{row.id}/recalls/{recall.id}"
    assert sign_in(client, officer).post(settle, data={"returned": "101"}).status_code == 422
    client.post(settle, data={"returned": "70", "note": "30부는 이미 나누어 줌"})
    assert db.session.query(PrintRecall).one().returned == 70
    assert "배포를 마친 판이 놓인 곳" not in client.get(f"/materials/{material.id}").text


@pytest.mark.parametrize(("change", "said"), [
    ({"asked": "0"}, "1부에서 100,000부까지"), ({"asked": "100001"}, "1부에서 100,000부까지"),
    ({"wanted_on": "2026-11-22"}, "오늘이나 그 뒤의 날짜"), ({"place": " "}, "놓을 곳"), ({"phone": ""}, "연락처"),
    ({"asked": "많이"}, "부수를 숫자로"), ({"phone": "abc"}, "02-000-0000처럼"), ({"phone": "-"}, "02-000-0000처럼"),
])
def test_an_order_that_can_not_be_is_not_taken(client, partner, material, change, said):
    response = sign_in(client, partner).post(f"/print-orders/new/{material.id}", data=ORDER | change)
    assert response.status_code == 422 and said in response.text and db.session.query(PrintOrder).count() == 0


def test_all_that_is_wrong_with_an_order_is_said_at_once(client, partner, material):
    wrong = ORDER | {"asked": "0", "wanted_on": "2026-11-22", "phone": "전화 없음"}
    page = sign_in(client, partner).post(f"/print-orders/new/{material.id}", data=wrong).text
    assert all(said in page for said in ("1부에서 100,000부까지", "오늘이나 그 뒤의 날짜", "02-000-0000처럼"))


@pytest.mark.parametrize("number", ["02-000-0000", "+82 2 000 0000", "010.1234.5678", "(055) 239-0900 내선 12"])
def test_telephones_are_taken_as_people_write_them(number):
    assert re.match(TELEPHONE, number)


def test_orders_are_of_the_edition_given_out(app, client, officer, partner, material):
    row = make_order(material, partner.organisation_id)
    published(material).state = EditionState.WITHDRAWN
    assert sign_in(client, partner).get(f"/print-orders/new/{material.id}").status_code == 404
    assert "배포하지 않는" in sign_in(client, officer).post(f"/print-orders/{row.id}/confirm", data={}).text
    second = add_edition(app, material, EditionState.PUBLISHED)
    client.post(f"/print-orders/{row.id}/confirm", data={})
    assert (the_order().edition_id, the_order().granted) == (second.id, 100)


def test_who_may_do_what(client, centre, officer, partner, material):
    row = make_order(material, partner.organisation_id)
    path = f"/print-orders/{row.id}"
    for person in (make_user(Role.PROMOTION), make_user(Role.PARTNER, organisation=make_organisation(centre))):
        assert sign_in(client, person).get(path).status_code == 404
        assert "본관 안내대" not in client.get("/print-orders/").text
    assert sign_in(client, partner).post(f"{path}/confirm").status_code == 403
    assert sign_in(client, make_user(Role.PLANNER, centre=centre)).get(path).status_code == 403
    assert sign_in(client, officer).post(f"{path}/cancel").status_code == 403
    stale = {"version": "0"}
    assert "그 사이" in sign_in(client, partner).post(f"{path}/cancel", data=stale, follow_redirects=True).text
    sign_in(client, partner).post(f"{path}/cancel", data={"version": str(row.version)})
    assert the_order().state is OrderState.CANCELLED
    client.post(f"{path}/cancel")
    assert the_order().state is OrderState.CANCELLED


def test_names_go_a_year_after_the_end(app, session, partner, material):
    ended = make_order(material, partner.organisation_id, state=OrderState.REFUSED, closed_at=NOW - timedelta(days=366))
    make_order(material, partner.organisation_id)
    session.flush()
    assert session.scalars(retention.due(NOW - retention.KEEP)).all() == [ended.id]
    retention.erase(app, session, [ended.id])
    session.refresh(ended)
    assert (ended.recipient, ended.phone, ended.place) == ("", "", "본관 안내대")
    assert session.scalars(retention.due(NOW - retention.KEEP)).all() == []
