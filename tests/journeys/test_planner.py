"""The planner: works through what came in today, side by side with a colleague."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from outreach.accounts.rules import DEMO_PASSWORD
from outreach.scope import Role
from tests.journeys.steps import DEMO_SUBJECT, answer, box, flashed, follow, open_mail
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

COLLEAGUE = "planner2@demo.example"


def test_works_a_new_response(visitor: Callable[..., Visitor]) -> None:
    guest = visitor()
    open_mail(guest.page, DEMO_SUBJECT, 4)
    company = answer(follow(guest.page, "상담 요청 남기기"), "유연근무 도입", message="시차출퇴근이 궁금합니다.")

    page = visitor().sign_in(Role.PLANNER)
    page.get_by_role("link", name="보드 보기").click()
    page.get_by_label("담당 플래너").select_option(label="전체")
    page.get_by_role("link", name=company).click()
    box(page, "내용").fill("오전에 통화함. 다음 주에 방문하기로 함.")
    log = page.locator("#log")
    log.get_by_label("다음 할 일").fill("취업규칙 사본을 받아 방문")
    log.get_by_label("기한").fill((date.today() + timedelta(days=7)).isoformat())
    page.get_by_role("button", name="기록 저장").click()
    flashed(page, "기록했습니다.")
    expect(page.locator("#next")).to_contain_text("취업규칙 사본을 받아 방문")
    expect(page.locator(".timeline").first).to_contain_text("오전에 통화함. 다음 주에 방문하기로 함.")
    page.locator("#close").get_by_role("button", name="방문 예정").click()
    flashed(page, "상태를 바꾸었습니다.")
    page.goto("/leads/")
    page.get_by_label("담당 플래너").select_option(label="전체")
    column = page.get_by_role("region", name="방문 예정")
    expect(column.locator(".board-card").filter(has_text=company)).to_contain_text("취업규칙 사본을 받아 방문")
    column.locator(".board-card").filter(has_text=company).get_by_text("옮기기").click()
    column.locator(".board-card").filter(has_text=company).get_by_role("button", name="진단 완료").click()
    expect(page.get_by_role("region", name="진단 완료").locator(".board-card").filter(has_text=company)).to_be_visible()


def test_what_is_due_stands_on_the_first_page(visitor: Callable[..., Visitor]) -> None:
    page = visitor().sign_in_as(COLLEAGUE, DEMO_PASSWORD)
    due = page.locator(".todo li").filter(has_text="취업규칙 초안 보내기")
    expect(due).to_contain_text("일 지남")
    due.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("도란솔디자인")


def test_nobody_overwrites_a_colleague(visitor: Callable[..., Visitor]) -> None:
    mine, theirs = visitor().sign_in(Role.PLANNER), visitor().sign_in_as(COLLEAGUE, DEMO_PASSWORD)
    mine.goto("/leads/?planner=")
    mine.get_by_role("link", name="㈜한울숲데이터").click()
    theirs.goto(mine.url)
    box(theirs, "내용").fill("동료가 먼저 적은 글")
    theirs.get_by_role("button", name="기록 저장").click()
    flashed(theirs, "기록했습니다.")

    box(mine, "내용").fill("나중에 적은 글")
    mine.get_by_role("button", name="기록 저장").click()
    expect(mine.get_by_text("다른 사람이 먼저 저장했습니다")).to_be_visible()
    expect(mine.locator(".timeline").first).to_contain_text("동료가 먼저 적은 글")
    expect(box(mine, "내용")).to_have_value("나중에 적은 글")
    mine.get_by_role("button", name="기록 저장").click()
    flashed(mine, "기록했습니다.")
    expect(mine.locator(".timeline").first).to_contain_text("나중에 적은 글")
    expect(mine.locator(".timeline").first).to_contain_text("동료가 먼저 적은 글")


def test_a_scanned_answer_waits_until_its_company_is_known(visitor: Callable[..., Visitor]) -> None:
    page = visitor().sign_in(Role.PLANNER)
    menu = page.get_by_role("navigation", name="주 메뉴")
    menu.get_by_text("응답", exact=True).click()
    menu.get_by_role("link", name="응답함").click()
    page.get_by_role("link", name="확인 대기").click()
    page.get_by_role("link", name="나비솔연구소").click()
    page.locator(".candidates label").filter(has_text="나비솔연구소").click()
    page.get_by_role("button", name="이 기업의 응답으로 확인").click()
    flashed(page, "기업을 확인했습니다. 리드로 이어졌습니다.")
    page.get_by_role("link", name="리드 보기").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("나비솔연구소")
    expect(page.locator(".timeline").first).to_contain_text("구내식당 안내판 보고 남깁니다.")
