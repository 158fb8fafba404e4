"""What people do in several journeys."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

#: Of the mailing that the demo has just sent; each journey takes mails of its own, by their place in the list.
DEMO_SUBJECT = "육아휴직을 쓰겠다는 직원이 생긴다면"


def open_mail(page: Page, search: str, place: int = 0) -> str:
    """Open the mail at ``place`` among those whose subject or address holds ``search``; the recipient's address."""
    page.goto("/mailbox")
    page.get_by_label("주소 또는 제목").fill(search)
    page.get_by_label("주소 또는 제목").press("Enter")
    row = page.get_by_role("table").get_by_role("rowheader").nth(place)
    address = row.locator(".sub").inner_text().rpartition(": ")[2]
    row.get_by_role("link").click()
    expect(page.locator(".facts")).to_contain_text(address)
    return address


def follow(page: Page, link: str) -> Page:
    """Press a link in the opened mail: what it opens, once it is there."""
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name=link).first.click()
    opened.value.locator("h1").first.wait_for()
    return opened.value


def answer(form: Page, *wants: str, message: str = "", person: str = "", phone: str = "") -> str:
    """Fill in and send the response form; the company's name on it."""
    company = form.locator(".addressee .strong").inner_text()
    for want in wants:
        form.get_by_text(want, exact=True).click()
    form.get_by_label("전하실 말씀").fill(message)
    form.get_by_label("이름", exact=True).fill(person)
    form.get_by_label("전화번호", exact=True).fill(phone)
    form.locator("label[for=consent]").click()
    form.get_by_role("button", name="상담 신청").click()
    expect(form.get_by_role("heading", level=1)).to_have_text("신청을 받았습니다")
    return company


def flashed(page: Page, text: str | re.Pattern[str]) -> None:
    """The page says so after an act."""
    expect(page.locator(".alert, [role=status]").filter(has_text=text).first).to_be_visible()


def box(place: Page | Locator, label: str) -> Locator:
    """The field with this label, whether it is a required one or not."""
    return place.get_by_label(re.compile(rf"^{re.escape(label)}\s*(필수)?$"))
