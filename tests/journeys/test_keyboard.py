"""Everything with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from outreach.accounts.rules import DEMO_PASSWORD, demo_email
from outreach.scope import Role
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

#: Presses of the Tab key until a person gives up.
PATIENT_TABS = 60


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the focus is on something with these words, and see that the focus can be seen."""
    for _ in range(PATIENT_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => { const at = document.activeElement, style = getComputedStyle(at); return {"
            " words: (at.getAttribute('aria-label') || at.innerText || at.labels?.[0]?.innerText || '').trim(),"
            " seen: style.outlineStyle !== 'none' || style.boxShadow !== 'none' } })()"
        )
        if focused["words"].startswith(words):
            assert focused["seen"], f"the focus on {words!r} can't be seen"
            return
    raise AssertionError(f"{words!r} was not reached in {PATIENT_TABS} presses of Tab")


def test_signs_in_filters_and_opens_a_record(visitor: Callable[..., Visitor]) -> None:
    page = visitor().page
    page.goto("/login")
    expect(page.get_by_label("이메일")).to_be_focused()
    page.keyboard.type(demo_email(Role.PLANNER))
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("오늘 할 일")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="본문 바로가기")).to_be_focused()
    expect(page.get_by_role("link", name="본문 바로가기")).to_be_in_viewport()
    tab_to(page, "기업")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("기업")

    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("도란솔")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table").get_by_role("rowheader")).to_have_count(1)
    tab_to(page, "도란솔디자인")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("도란솔디자인")

    tab_to(page, "정하람")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="내 계정")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="내 계정")).to_be_hidden()


def test_a_dialog_keeps_the_focus_and_gives_it_back(visitor: Callable[..., Visitor]) -> None:
    page = visitor().sign_in(Role.PLANNER)
    page.goto("/mailbox")
    tab_to(page, "모두 비우기")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="취소")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="모두 비우기").first).to_be_focused()
