"""The promotion officer: takes in the office's list, plans with partners, writes, has it approved, sends."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from outreach.accounts.rules import demo_email
from outreach.demo.companies import fictional_companies
from outreach.demo.workbook import BAD_ROWS, office_workbook
from outreach.scope import Role
from tests.journeys import mailing as way
from tests.journeys.steps import answer, box, flashed, follow, open_mail
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

PARTNERS = (
    ("가온디지털산업단지관리공단(가상)", "공동 주관"), ("새결디지털경영자협의회(가상)", "회원사 초대"),
    ("새벼리구청(가상)", "자체 사업 연계"),
)


def test_takes_in_the_office_list(visitor: Callable[..., Visitor], tmp_path: Path) -> None:
    """Of companies that the demo did not make: it stops before the seven hundredth."""
    companies = list(fictional_companies(900, seed=1))[700:760]
    book = tmp_path / "입주기업현황.xlsx"
    book.write_bytes(office_workbook(companies))
    page = visitor().sign_in(Role.PROMOTION)

    report = _check_list(page, book)
    assert _stat(page, "새 기업") >= len(companies)
    rejected = _stat(page, "반려된 행")
    assert 0 < rejected <= len(BAD_ROWS)
    page.get_by_role("button", name="가져오기", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="가져오기", exact=True).click()
    expect(page.get_by_role("link", name="기업 목록 보기")).to_be_visible(timeout=60_000)

    with page.expect_download() as download:
        page.get_by_role("link", name="엑셀로 모두 받기").click()
    book_back = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    rows = list(book_back.active.iter_rows(values_only=True))
    assert len(rows) == 1 + rejected
    assert any("사업자등록번호" in str(cell) for row in rows[1:] for cell in row)

    assert _check_list(page, book) != report
    assert (_stat(page, "새 기업"), _stat(page, "고칠 기업")) == (0, 0), "the same list again changes nothing"


def _check_list(page: Page, book: Path) -> str:
    """Upload, mapping, dry run: the address of its report."""
    page.get_by_role("navigation", name="주 메뉴").get_by_role("link", name="기업").click()
    page.get_by_role("link", name="명단 가져오기").first.click()
    page.get_by_role("link", name="명단 파일 올리기").click()
    page.get_by_label("여기로 파일을 끌어다 놓거나 골라 주세요").set_input_files(book)
    page.get_by_role("button", name="올리고 다음으로").click()
    heading = page.get_by_role("rowheader", name="사업자등록번호", exact=True)
    mapped = page.get_by_role("row").filter(has=heading).get_by_role("combobox")
    assert mapped.evaluate("select => select.selectedOptions[0].text") == "사업자등록번호"
    box(page, "자료 기준일").fill("2026-11-01")
    box(page, "동의를 받은 방법").fill("2026년 입주기업 실태조사 신청서에 서명")
    page.get_by_role("button", name="미리 확인").click()
    expect(page.get_by_text("아직 아무것도 저장하지 않았습니다.")).to_be_visible(timeout=60_000)
    return page.url


def _stat(page: Page, label: str) -> int:
    stat = page.locator(".stat").filter(has=page.get_by_text(label, exact=True))
    return int(stat.locator(".stat-value").inner_text().replace(",", ""))


def test_sends_a_mailing_with_partners(visitor: Callable[..., Visitor]) -> None:
    page = visitor().sign_in(Role.PROMOTION)
    campaign = way.plan_campaign(page, "가을 여정 캠페인", PARTNERS)
    expect(page.locator("#stages").get_by_role("rowheader")).to_have_count(8)

    everyone = way.choose_audience(page, campaign, "관할 모두", recent_days=30)
    assert way.excluded(page, "최근") > 0, "the demo has just mailed some of them"
    count = way.choose_audience(page, campaign, "10인 이상 40인 이하", recent_days=30, sizes=(10, 40))
    assert 0 < count < everyone

    subject = "{{회사명}}의 겨울 근무표를 함께 보겠습니다"
    editor = way.write_mailing(page, campaign, "10인 이상 40인 이하", "가을 1차", subject)
    _arrange_blocks(page)
    _look_as_recipient(page)
    page.get_by_role("button", name="저장하고 시험 메일").click()
    flashed(page, "시험 메일을 보냈습니다.")
    _await_mail(page, demo_email(Role.PROMOTION), "[시험 발송]")
    page.goto(editor)
    mailing = way.ask_for_approval(page)
    expect(page.get_by_role("button", name="승인", exact=True)).to_have_count(0)

    manager = visitor().sign_in(Role.CENTRE_MANAGER)
    way.approve(manager, mailing)
    way.send_now(page, mailing)
    assert [way.result(page, state) for state in ("accepted", "refused", "skipped")] == [count, 0, 0]

    guest = visitor()
    open_mail(guest.page, "겨울 근무표를 함께 보겠습니다")
    company = answer(follow(guest.page, "상담 신청하기"), "안내 자료")
    page.goto("/responses/")
    expect(page.get_by_role("row").filter(has_text=company).filter(has_text="가을 여정 캠페인")).to_have_count(1)


def _arrange_blocks(page: Page) -> None:
    """Add a programme's card and bring it above the button by keyboard."""
    page.get_by_role("button", name="제도 카드", exact=True).click()
    card = page.locator("[data-kind=programme]")
    card.get_by_label("지원제도").select_option(index=1)
    card.get_by_label("지원제도").press("Alt+ArrowUp")
    kinds = page.locator("[data-blocks] .block-card").evaluate_all("cards => cards.map(card => card.dataset.kind)")
    assert kinds.index("programme") < len(kinds) - 1


def _look_as_recipient(page: Page) -> None:
    """The preview speaks to the chosen person, at both widths and as text."""
    chosen = page.get_by_label("받는 사람", exact=True)
    chosen.select_option(index=1)
    company = chosen.evaluate("select => select.selectedOptions[0].text").partition(" · ")[0]
    frame = page.frame_locator("[data-screen] iframe:not(.behind)")
    expect(frame.locator("body")).to_contain_text(f"{company} 대표님께")
    for view in ("휴대전화", "텍스트", "넓은 화면"):
        page.get_by_role("radio", name=view).check()
        expect(frame.locator("body")).to_contain_text(f"{company}에 맞는 방법을 함께 찾겠습니다.")


def _await_mail(page: Page, address: str, words: str) -> None:
    """The embedded mailbox gets it within some seconds."""
    for _ in range(30):
        page.goto(f"/mailbox?q={address}")
        if page.get_by_role("rowheader").filter(has_text=words).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"no mail {words!r} for {address}")


def test_an_edit_voids_the_approval(visitor: Callable[..., Visitor]) -> None:
    page = visitor().sign_in(Role.PROMOTION)
    campaign = way.plan_campaign(page, "승인 여정 캠페인")
    way.choose_audience(page, campaign, "관할 모두", recent_days=0)
    editor = way.write_mailing(page, campaign, "관할 모두", "승인 시험", "{{회사명}}에 드리는 안내")
    mailing = way.ask_for_approval(page)
    way.approve(visitor().sign_in(Role.CENTRE_MANAGER), mailing)
    page.goto(mailing)
    page.get_by_role("button", name="승인 거두고 고치기").click()
    page.goto(editor)
    box(page, "메일 제목").fill("고친 제목")
    page.get_by_role("button", name="저장", exact=True).click()
    flashed(page, "저장했습니다.")
    page.goto(mailing)
    expect(page.get_by_role("button", name="발송 예약")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("작성")
