"""The company's contact person: reads the mail on a phone, asks for a visit, leaves the list."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from outreach.scope import Role
from tests.journeys import mailing as way
from tests.journeys.steps import DEMO_SUBJECT, answer, follow, open_mail
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


def test_answers_on_a_phone_and_becomes_a_lead(visitor: Callable[..., Visitor]) -> None:
    phone = visitor(phone=True)
    open_mail(phone.page, DEMO_SUBJECT, 0)
    form = follow(phone.page, "상담 요청 남기기")
    assert form.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the form is wider than the phone"
    company = answer(
        form, "플래너 방문 상담", "대체인력 채용 지원", message="한 사람이 3월에 자리를 비웁니다.", person="강다온",
        phone="010-0000-1234",
    )
    form.reload()
    expect(form.get_by_role("heading", level=1)).to_have_text("신청을 받았습니다")

    planner = visitor().sign_in(Role.PLANNER)
    planner.get_by_role("navigation", name="주 메뉴").get_by_role("link", name="리드").click()
    planner.get_by_label("담당 플래너").select_option(label="전체")
    card = planner.locator(".board-card").filter(has_text=company)
    expect(card).to_have_count(1)
    expect(card).to_contain_text("플래너 방문 상담")
    card.get_by_role("link", name=company).click()
    expect(planner.locator(".timeline").first).to_contain_text("한 사람이 3월에 자리를 비웁니다.")
    expect(planner.locator("aside")).to_contain_text("강다온")
    expect(planner.locator("aside")).to_contain_text("010-0000-1234")


def test_leaving_needs_a_button_and_holds(visitor: Callable[..., Visitor]) -> None:
    phone = visitor(phone=True)
    address = open_mail(phone.page, DEMO_SUBJECT, 1)
    page = follow(phone.page, "수신거부")
    link = page.url
    button = page.get_by_role("button", name="수신거부 / Unsubscribe")
    expect(button).to_be_visible()
    page.reload()
    expect(button).to_be_visible()  # reading it twice has changed nothing
    button.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("수신거부를 처리했습니다")
    page.get_by_role("button", name="잘못 눌렀습니다 / Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("수신거부를 되돌렸습니다")
    page.goto(link)
    button.click()
    page.goto(link)
    expect(page.get_by_text("이미 수신거부된 주소입니다.")).to_be_visible()

    officer = visitor().sign_in(Role.PROMOTION)
    officer.goto("/companies/suppressions/")
    officer.get_by_role("searchbox").fill(address)
    officer.get_by_role("searchbox").press("Enter")
    expect(officer.get_by_role("row").filter(has_text=address)).to_have_count(1)


def test_who_leaves_after_the_approval_is_skipped(visitor: Callable[..., Visitor]) -> None:
    """The recipients are written down at approval; the opt-out is heeded all the same."""
    officer, phone = visitor().sign_in(Role.PROMOTION), visitor(phone=True)
    campaign = way.plan_campaign(officer, "다시 드리는 안내 캠페인")
    count = way.choose_audience(officer, campaign, "지난번 받은 분들", recent_days=0, mailed="겨울방학 사전 안내")
    way.write_mailing(officer, campaign, "지난번 받은 분들", "다시 드리는 안내", "{{회사명}}에 다시 드리는 안내")
    mailing = way.ask_for_approval(officer)
    way.approve(visitor().sign_in(Role.CENTRE_MANAGER), mailing)

    address = open_mail(phone.page, DEMO_SUBJECT, 2)
    follow(phone.page, "수신거부").get_by_role("button", name="수신거부 / Unsubscribe").click()
    way.send_now(officer, mailing)
    assert [way.result(officer, state) for state in ("accepted", "skipped")] == [count - 1, 1]
    officer.get_by_role("link", name="수신자별로 보기").click()
    officer.get_by_label("기업명의 일부, 메일 주소 전체, 또는 @도메인").fill(address)
    officer.get_by_label("기업명의 일부, 메일 주소 전체, 또는 @도메인").press("Enter")
    expect(officer.get_by_role("row").filter(has_text=address)).to_contain_text("수신거부")
    officer.goto(f"/mailbox?q={address}")
    expect(officer.get_by_role("rowheader").filter(has_text="다시 드리는 안내")).to_have_count(0)
