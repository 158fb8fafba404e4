"""From a campaign to a mailing on its way, through the pages."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Page, expect

from tests.journeys.steps import box, flashed

NOTICE_REASON = "고용노동부 소관 지원제도의 무료 안내로, 상품이나 서비스의 소개가 없습니다."


def plan_campaign(page: Page, name: str, partners: Sequence[tuple[str, str]] = ()) -> str:
    """A campaign with partners as (name, role); the address of its page."""
    page.get_by_role("navigation", name="주 메뉴").get_by_role("link", name="캠페인").click()
    page.get_by_role("link", name="캠페인 만들기").click()
    box(page, "캠페인 이름").fill(name)
    box(page, "목적").fill("처음 쓰는 회사가 전화를 걸 곳을 만든다.")
    page.get_by_role("button", name="캠페인 만들기").click()
    flashed(page, "캠페인을 만들었습니다.")
    for partner, role in partners:
        box(page, "협력기관").select_option(label=partner)
        box(page, "역할").select_option(label=role)
        page.get_by_role("button", name="협력기관 더하기").click()
        expect(page.locator("#partners").get_by_role("row").filter(has_text=partner)).to_contain_text(role)
    return page.url.partition("#")[0]


def included(page: Page) -> int:
    """How many the audience page says will get the mail, once it has counted."""
    expect(page.locator("#count:not(.htmx-request) .count-main strong")).to_be_visible()
    return int(page.locator("#count .count-main strong").inner_text().replace(",", ""))


def excluded(page: Page, reason: str) -> int:
    """How many it leaves out for this reason."""
    row = page.locator("#count .count-reasons > div").filter(has_text=reason)
    return int(row.locator("dd").inner_text().replace(",", ""))


def choose_audience(
    page: Page, campaign: str, name: str, recent_days: int, sizes: tuple[int, int] | None = None, mailed: str = ""
) -> int:
    """A stored audience, by headcount or among those who got the mailing ``mailed``; how many it holds."""
    page.goto(campaign)
    page.get_by_role("link", name="수신 대상 만들기").click()
    box(page, "이름").fill(name)
    with page.expect_response("**/audiences/count"):
        box(page, "최근 발송 제외(일)").fill(str(recent_days))
    if sizes:
        page.locator("summary").filter(has_text="규모").click()
        box(page, "최소 인원").fill(str(sizes[0]))
        with page.expect_response("**/audiences/count"):
            box(page, "최대 인원").fill(str(sizes[1]))
    if mailed:
        page.locator("summary").filter(has_text="지난 메일과 응답").click()
        with page.expect_response("**/audiences/count"):
            page.get_by_role("row").filter(has_text=mailed).get_by_role("checkbox").first.check()
    page.get_by_role("button", name="저장", exact=True).click()
    flashed(page, "저장했습니다.")
    return included(page)


def write_mailing(page: Page, campaign: str, audience: str, title: str, subject: str) -> str:
    """A mailing of the blocks it begins with; the address of its editor."""
    page.goto(campaign)
    page.get_by_role("link", name="메일 만들기", exact=True).click()
    box(page, "관리용 제목").fill(title)
    page.get_by_role("button", name="메일 쓰기").click()
    box(page, "수신 대상").select_option(label=audience)
    box(page, "분류 근거").fill(NOTICE_REASON)
    box(page, "메일 제목").fill(subject)
    box(page, "미리보기 문구").fill("담당 플래너가 회사로 찾아가 함께 찾습니다.")
    page.locator("[data-kind=text]").first.get_by_label("본문").fill(
        "안녕하세요, {{담당자|담당자}}님.\n\n{{회사명}}에 맞는 방법을 함께 찾겠습니다."
    )
    box(page, "보내는 기관").fill("서울관악고용센터")
    page.get_by_role("textbox", name="전화", exact=True).fill("02-000-1350")
    page.get_by_role("textbox", name="주소", exact=True).fill("서울 가상구 동행로 1 (가상 주소)")
    page.get_by_role("button", name="저장", exact=True).click()
    flashed(page, "저장했습니다.")
    return page.url


def ask_for_approval(page: Page) -> str:
    """From the editor; the address of the mailing's page."""
    expect(page.locator("#check .fine")).to_be_visible()
    page.get_by_role("button", name="승인 요청", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="저장하고 승인 요청").click()
    flashed(page, "승인을 요청했습니다.")
    return page.url


def approve(page: Page, mailing: str) -> None:
    """As somebody who wrote none of it; waits until the recipients are written down."""
    page.goto(mailing)
    page.get_by_role("button", name="승인", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="승인", exact=True).click()
    expect(page.get_by_role("heading", name="보낼 시각")).to_be_visible(timeout=60_000)


def send_now(page: Page, mailing: str) -> None:
    """Schedule the approved mailing for this moment, and watch it to its end."""
    page.goto(mailing)
    page.get_by_text("지금 바로 보내기", exact=True).click()
    page.get_by_role("button", name="발송 예약").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("지금 바로")
    dialog.get_by_role("button", name="발송 예약").click()
    expect(page.get_by_role("heading", name="발송 결과")).to_be_visible(timeout=90_000)


def result(page: Page, state: str) -> int:
    """How many recipients ended so (a DeliveryState's value), on the page of a finished mailing."""
    return int(page.locator(f".results .result.{state} dd").inner_text().replace(",", ""))
