"""A planner takes down a case at the company, on a phone whose signal comes and goes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from outreach.scope import Role
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

#: What a browser says of itself when there is no signal.
NO_SIGNAL = "net::ERR_INTERNET_DISCONNECTED"


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((1600, 1200)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def to_step(page: Page, name: str) -> None:
    while page.locator("[data-name]").inner_text() != name:
        page.get_by_role("button", name="다음").click()


def test_an_interview_survives_a_lost_signal(visitor: Callable[..., Visitor]) -> None:
    planner = visitor(phone=True)
    page = planner.sign_in(Role.PLANNER)
    page.goto("/cases/interview/")
    page.get_by_role("button", name="새 조사 시작").click()
    status = page.locator("[data-status]")
    expect(status).to_have_text("저장됨")
    page.get_by_label("기업 찾기").fill("새빛")
    page.locator("#company-choices label").first.click()
    expect(page.get_by_label("일하는 사람(명)")).to_have_value("34")  # what is known of the company comes along
    address = page.url
    people = page.get_by_label("일하는 사람(명)")
    people.fill("서른쯤")
    expect(status).to_have_text("나머지는 저장됨")
    to_step(page, "마무리")
    page.get_by_role("button", name="조사 마치기").click()
    expect(page.locator("[data-why]")).to_have_text("고친 뒤에 조사를 마칠 수 있습니다: 일하는 사람(명)")
    expect(people).to_be_focused()
    people.fill("약 30명")
    expect(status).to_have_text("저장됨")
    to_step(page, "고민")
    expect(page.get_by_role("button", name="고칠 곳")).to_be_hidden()
    assert people.input_value() == "30"  # as it was understood

    planner.context.set_offline(True)
    to_step(page, "고민")
    page.get_by_text("대체인력", exact=True).click()
    page.get_by_label("어떤 일이 있었습니까?").fill("검사실에 두 사람뿐이었습니다.")
    expect(status).to_contain_text("저장 대기")
    to_step(page, "사진")
    page.locator("#album").set_input_files([
        {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": jpeg()} for name in ("첫째", "둘째", "셋째")
    ])
    expect(page.locator(".shot.waiting")).to_have_count(3)
    page.close()

    planner.context.set_offline(False)
    page = planner.context.new_page()
    page.goto(address)
    expect(page.locator("[data-status]")).to_have_text("저장됨")
    to_step(page, "사진")
    expect(page.locator(".shot.sent img")).to_have_count(3)
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('interview:')).length") == 0
    page.goto(address)
    expect(page.get_by_label("어떤 일이 있었습니까?")).to_have_value("검사실에 두 사람뿐이었습니다.")
    pictures = json.loads(page.locator("#interview").get_attribute("data-pictures") or "")
    assert [row["name"] for row in pictures] == ["첫째.jpg", "둘째.jpg", "셋째.jpg"]  # as they were taken

    other = planner.context.new_page()
    other.goto(address)
    for each in (other, page):
        each.evaluate("sessionStorage.clear()")
        each.goto(address)
        to_step(each, "달라진 점")
    other.get_by_label("달라진 점", exact=True).fill("동료가 먼저 적은 말")
    expect(other.locator("[data-status]")).to_have_text("저장됨")
    page.get_by_label("달라진 점", exact=True).fill("내가 나중에 적은 말")
    expect(page.locator(".ask-note")).to_contain_text("동료가 먼저 적은 말")
    page.get_by_role("button", name="내가 적은 것으로").click()
    expect(page.locator("[data-status]")).to_have_text("저장됨")

    to_step(page, "마무리")
    page.get_by_label("제목", exact=True).fill("두 사람 검사실의 휴직")
    expect(page.locator("[data-status]")).to_have_text("저장됨")
    page.get_by_role("button", name="조사 마치기").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("두 사람 검사실의 휴직")
    expect(page.get_by_text("내가 나중에 적은 말")).to_be_visible()
    expect(page.locator(".photo-strip img")).to_have_count(3)
    planner.complaints[:] = [complaint for complaint in planner.complaints if NO_SIGNAL not in complaint]
