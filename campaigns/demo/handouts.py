"""What the demo's partner has done with its materials: printed copies on their way, a new order, a link with an end."""

from __future__ import annotations

from datetime import timedelta

from campaigns.demo.stories import Stage
from cases.materials import giving, orders, service
from cases.materials.models import Material
from cases.materials.rules import Carriage, Format
from outreach.clock import kst_today
from outreach.scope import Role

PLACES = (
    (300, "본관 1층 안내대", "입주기업 설명회에도 쓰려고 합니다."), (50, "근로자지원센터 상담실", ""),
)


def hand_out(stage: Stage) -> None:
    """For the first material that the shown partner was granted."""
    person = next(user for key, user in stage.people.items() if user.role is Role.PARTNER)
    key = next(key for key, user in stage.people.items() if user is person)
    material = stage.session.scalars(service.materials_query(person.scope())).unique().first()
    edition = service.given_edition(material, kst_today(stage.setting.now)) if material else None
    if material is None or edition is None:
        return
    first, _second = _ordered(stage, key, material)
    now, staff, today = stage.setting.now, stage.actor("promotion"), kst_today(stage.setting.now)
    orders.record_run(
        stage.session, staff, edition, quantity=1000, printed_on=today - timedelta(days=3), printer="누리인쇄", now=now,
    )
    orders.confirm(stage.session, staff, first, 200, "첫 인쇄가 적어 200부를 먼저 드립니다.", version=None, now=now)
    orders.deliver(stage.session, staff, first, {
        "quantity": 120, "delivered_on": today, "received_by": "문가람", "carriage": Carriage.COURIER,
        "tracking": "5521-0034-118",
    }, version=None, now=now)
    giving.share(
        stage.session, person.scope(), stage.actor(key), material, label="입주기업 소식지",
        ends_on=today + timedelta(days=60), form=Format.PRINT, now=now,
    )


def _ordered(stage: Stage, key: str, material: Material) -> list[orders.PrintOrder]:
    person, wanted = stage.people[key], kst_today(stage.setting.now) + timedelta(days=7)
    return [
        orders.order(stage.session, person.scope(), stage.actor(key), material, {
            "asked": asked, "place": place, "address": "서울특별시 관악구 가온로 1, 관리공단", "recipient": person.name,
            "phone": "02-000-0100", "wanted_on": wanted, "note": note,
        }, now=stage.setting.now)
        for asked, place, note in PLACES
    ]
