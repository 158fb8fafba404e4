"""Companies that no mail reaches: letters for them, one comes back, one is answered by its code."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from outreach.pdf.inspect import thumbnails
from outreach.scope import Role
from tests.journeys.steps import answer, box, flashed
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

#: What the demo has published is made ready for partners first.
RENDERED = 120_000
CAMPAIGN, AUDIENCE = "겨울방학 돌봄 공백, 회사와 함께 준비하기", "상담을 먼저 권할 20~60인 기업"


def test_letters_from_the_list_to_a_lead(visitor: Callable[..., Visitor], tmp_path: Path) -> None:
    page = visitor().sign_in(Role.PROMOTION)
    page.goto("/campaigns/")
    page.get_by_role("link", name=CAMPAIGN).click()
    page.get_by_role("link", name="우편 발송 준비").click()
    box(page, "관리용 이름").fill("여정의 편지")
    box(page, "수신 대상").select_option(label=AUDIENCE)
    page.get_by_role("button", name="편지 쓰기").click()
    box(page, "우편번호와 주소").fill("08392 서울특별시 가상구 동행로 1")
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.locator(".post-pages img")).to_be_visible(timeout=RENDERED)
    page.get_by_role("button", name="편지 만들기").first.click()
    page.get_by_role("dialog").get_by_role("button", name="편지 만들기").click()
    flashed(page, "굳혔습니다")
    with page.expect_download() as download:
        page.get_by_role("link", name="편지 PDF").click()
    letters = [
        {str(code.format): code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))}
        for picture in thumbnails(download.value.path().read_bytes(), width=1700, pages=[0, 1])
    ]
    page.get_by_role("button", name="발송한 것으로 적기").click()
    page.get_by_role("dialog").get_by_role("button", name="발송한 것으로 적기").click()
    flashed(page, "발송한 것으로 적었습니다.")
    run = page.url

    page.get_by_role("link", name="되돌아온 편지 넣기").click()
    page.get_by_text("이사", exact=True).click()
    page.get_by_label("편지의 코드").fill(letters[0]["Code 128"])
    page.keyboard.press("Enter")  # as a scanner does
    flashed(page, "반송으로 넣었습니다")

    phone = visitor(phone=True).page
    phone.goto(letters[1]["QR Code"])
    company = answer(
        phone, "대체인력 채용 지원", message="편지를 받고 연락드립니다.", person="이담당", phone="02-000-0011"
    )
    page.goto(run)
    for label in ("되돌아옴", "QR로 응답"):
        expect(page.locator(".stat").filter(has_text=label).locator(".stat-value")).to_have_text("1")
    page.goto("/leads/")
    expect(page.get_by_text(company).first).to_be_visible()
