"""Materials through the API: who gets which PDF, and each download counted."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa

from cases.materials.models import Download, MaterialGrant
from cases.materials.rules import EditionState, Format, Way
from outreach.db import db
from tests.cases.making import add_edition, add_formats, make_material, make_order, published
from tests.people import NOW


@pytest.fixture
def material(app, centre, organisation):
    """Published, granted to the partner, with a newer edition that nobody has looked at."""
    material = make_material(app, centre)
    add_edition(app, material, EditionState.READY)
    grant = MaterialGrant(material_id=material.id, organisation_id=organisation.id, direct=True, granted_at=NOW)
    db.session.add(grant)
    db.session.flush()
    return material


def downloads(session) -> list[tuple]:
    return session.execute(sa.select(Download.way, Download.organisation_id).order_by(Download.id)).all()


def test_a_partner_gets_the_published_pdf_and_is_counted(partner, material, organisation, session):
    [shown] = partner.walk("/materials")
    assert set(shown) == {"id", "kind", "title", "centre", "published", "updated_at"}
    assert shown["published"]["number"] == 1
    response = partner.get(f"/materials/{material.id}/pdf")
    assert response.status_code == 200 and response.content_type == "application/pdf"
    assert hashlib.sha256(response.data).hexdigest() == shown["published"]["sha256"]
    assert downloads(session) == [(Way.API, organisation.id)]
    unchanged = partner.call(
        "GET", f"/materials/{material.id}/pdf", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert unchanged.status_code == 304 and len(downloads(session)) == 1


def test_a_partner_gets_no_other_edition(partner, material):
    assert partner.get(f"/materials/{material.id}/pdf", edition=1).status_code == 200
    assert partner.get(f"/materials/{material.id}/pdf", edition=2).status_code == 404


def test_a_partner_gets_nothing_that_was_not_granted_or_is_withdrawn(partner, app, centre, material, session):
    other = make_material(app, centre, title="다른 사례집")
    assert partner.get(f"/materials/{other.id}/pdf").status_code == 404
    for edition in material.editions:
        edition.state = EditionState.WITHDRAWN
    assert list(partner.walk("/materials")) == []
    assert partner.get(f"/materials/{material.id}/pdf").status_code == 404
    assert downloads(session) == []


def test_staff_may_look_at_any_edition(officer, auditor, material, session):
    shown = officer.get(f"/materials/{material.id}").json
    assert [edition["number"] for edition in shown["editions"]] == [2, 1] and shown["case_id"]
    for program in (officer, auditor):
        assert program.get(f"/materials/{material.id}/pdf", edition=2).status_code == 200
    assert officer.get(f"/materials/{material.id}/pdf", edition=3).status_code == 404
    assert downloads(session) == [(Way.API, None)] * 2


def test_another_centre_and_nobody(stranger, anonymous, material):
    assert list(stranger.walk("/materials")) == []
    assert stranger.get(f"/materials/{material.id}/pdf").status_code == 404
    assert anonymous.get(f"/materials/{material.id}/pdf").status_code == 401


@pytest.mark.parametrize("edition", ["²", "0", "-1", 10**30, "x"])
def test_a_wrong_edition_is_refused(officer, material, edition):
    assert officer.get(f"/materials/{material.id}/pdf", edition=edition).status_code == 422


def test_formats_shares_and_orders_of_a_partner(partner, app, material, organisation, session):
    add_formats(app, published(material), Format.KAKAO)
    shown = partner.get(f"/materials/{material.id}/formats").json
    assert [(row["format"], row["media_type"]) for row in shown] == [
        ("print", "application/pdf"), ("kakao", "image/png")]
    file = partner.get(f"/materials/{material.id}/file", format="kakao")
    assert file.status_code == 200 and file.content_type == "image/png"
    assert partner.get(f"/materials/{material.id}/file", format="hwpx").status_code == 404
    assert partner.get(f"/materials/{material.id}/file", format="exe").status_code == 422
    assert downloads(session) == [(Way.API, organisation.id)]
    share = partner.post(f"/materials/{material.id}/shares", {"label": "메일", "ends_on": "2026-12-01"})
    assert share.status_code == 201 and "/s/" in share.json["url"]
    past = {"label": "메일", "ends_on": "2020-01-01"}
    assert partner.post(f"/materials/{material.id}/shares", past).status_code == 422
    assert partner.post(f"/materials/{material.id}/shares/{share.json['id']}/end").status_code == 204
    [ended] = partner.get(f"/materials/{material.id}/shares").json
    assert ended["revoked_at"] and ended["downloads"] == 0
    wanted = {"material_id": material.id, "asked": 50, "place": "안내대", "address": "산단로 1", "recipient": "박나루",
              "phone": "02-000-1111", "wanted_on": "2026-12-01"}
    ordered = partner.post("/print-orders", wanted)
    assert ordered.status_code == 201 and ordered.json["state"] == "requested"
    assert partner.get(f"/print-orders/{ordered.json['id']}").json["delivered"] == 0
    assert [row["place"] for row in partner.walk("/print-orders")] == ["안내대"]
    assert partner.post("/print-orders", wanted | {"asked": 0}).status_code == 422


def test_orders_are_read_by_the_centre_of_the_partner(officer, material, organisation):
    row = make_order(material, organisation.id)
    assert [order["id"] for order in officer.walk("/print-orders", state="requested")] == [row.id]
    assert officer.post("/print-orders", {}).status_code == 403
