"""Case sheet and brochure: made by one, published by another, downloaded by the partners they were given to."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from outreach.accounts.rules import DEMO_PASSWORD
from outreach.scope import Role
from tests.journeys.steps import flashed
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

#: A published case of another centre than the demo's other stories; its manager.
CASE, MANAGER = "뽑을 사람이 없어서, 나누어 맡고 수당을 드렸습니다", "manager.incheon@demo.example"
STRANGER = "partner.badaon@demo.example"
#: A rendering starts a process and takes seconds, more on a busy machine.
RENDERED = 120_000


def test_a_case_sheet_is_published_by_another(visitor: Callable[..., Visitor]) -> None:
    page = visitor().sign_in(Role.HEADQUARTERS)
    page.goto("/cases/?state=published")
    page.get_by_role("link", name=CASE).first.click()
    page.get_by_label("이용 허락(공공누리)").select_option("kogl1")
    page.get_by_role("button", name="인쇄용 PDF 만들기").click()
    material = _rendered(page, pages=2)
    expect(page.get_by_role("button", name="게시")).to_have_count(0)
    expect(page.get_by_text("만들지 않은 다른 담당자가 검토하고 게시합니다.")).to_be_visible()
    _publish(visitor().sign_in_as(MANAGER, DEMO_PASSWORD), material)


def test_a_brochure_reaches_the_partners_it_was_given_to(visitor: Callable[..., Visitor]) -> None:
    page = visitor().sign_in(Role.PROMOTION)
    page.goto("/materials/")
    page.get_by_role("link", name="홍보물 만들기").click()
    page.get_by_role("link", name="홍보 책자(8쪽)").click()
    live = page.locator(".live-pages")
    expect(live.locator(".strip img")).to_have_count(8, timeout=RENDERED)  # with stand-ins for what is not chosen yet
    live.locator(".strip button").nth(2).click()
    page.keyboard.press("ArrowRight")
    expect(live.locator(".viewer > .viewer-bar")).to_contain_text("4 / 8쪽")
    audience = page.get_by_label("이런 회사에 권합니다")
    page.locator("summary").filter(has_text="이런 회사에 권합니다").click()
    audience.fill("\n".join("처음 겪는 회사" for _ in range(9)))
    told = live.locator(".live-faults")
    expect(told).to_contain_text("이런 회사에 권합니다1~6개여야 합니다(지금 9개)", timeout=RENDERED)
    page.locator("summary").filter(has_text="이런 회사에 권합니다").click()
    page.get_by_role("button", name="고칠 곳 1").click()
    expect(audience).to_be_focused()
    audience.fill("육아휴직이 처음인 회사")
    page.get_by_label("제목").first.fill("여정에서 만든 책자")
    for legend in ("함께하는 기관", "사례", "지원제도"):
        group = page.get_by_role("group", name=legend, exact=True)
        for place in range(2):
            group.get_by_role("combobox").nth(place).select_option(index=place + 1)
            group.get_by_role("button", name="한 칸 더").click()
    page.get_by_role("button", name="저장", exact=True).click()
    flashed(page, "원고를 만들었습니다.")
    expect(live.locator(".strip img")).to_have_count(8, timeout=RENDERED)  # the editor is at work
    page.get_by_label("부제목").fill("쓰던 자리에서 저장")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-state]")).to_contain_text("저장했습니다. 2번째 저장", timeout=RENDERED)
    page.get_by_label("이용 허락(공공누리)").select_option("kogl1")
    page.get_by_role("button", name="PDF 만들기", exact=True).click()
    page.wait_for_url("**#pdf")
    editor = page.url
    material = _rendered(page, pages=8)
    colleague = visitor().sign_in(Role.CENTRE_MANAGER)
    colleague.goto(editor)
    colleague.get_by_label("의견", exact=True).fill("대상을 두 줄로 늘리면 어떨까요?")
    colleague.get_by_role("button", name="의견 남기기").click()
    flashed(colleague, "의견을 남겼습니다.")
    _publish(colleague, material)

    page.goto(material)
    grants = page.locator("#grants")
    grants.get_by_role("combobox").select_option(label="가온디지털산업단지관리공단(가상)")
    grants.get_by_role("button", name="협력기관에 주기").click()
    expect(grants.locator(".todo")).to_contain_text("가온디지털산업단지관리공단(가상)")
    partner = visitor().sign_in(Role.PARTNER)
    partner.goto("/portal/")
    expect(partner.get_by_role("heading", name="여정에서 만든 책자")).to_be_visible()


def test_a_partner_downloads_and_sees_its_own_counts(visitor: Callable[..., Visitor]) -> None:
    page = visitor().sign_in(Role.PARTNER)
    page.get_by_role("navigation", name="주 메뉴").get_by_role("link", name="자료실").click()
    tile = page.get_by_role("article").filter(has_text="우리 회사도 할 수 있습니다")
    with page.expect_download() as download:
        tile.get_by_role("link", name="PDF 내려받기").click()
    pdf = pypdfium2.PdfDocument(download.value.path())
    assert len(pdf) == 8
    assert "우리 회사도 할 수 있습니다" in " ".join(pdf[0].get_textpage().get_text_bounded().split())
    own = page.get_by_role("row").filter(has_text="워라밸 산단 상반기 집중 안내")
    expect(own).to_contain_text("공동 주관")
    address = tile.get_by_role("link", name="PDF 내려받기").get_attribute("href")

    stranger = visitor().sign_in_as(STRANGER, DEMO_PASSWORD)
    stranger.goto("/portal/")
    expect(stranger.get_by_role("article")).to_have_count(0)
    expect(stranger.get_by_text("워라밸 산단 상반기 집중 안내")).to_have_count(0)
    for closed in (address, address.replace(".pdf", "/page-1.png")):
        assert stranger.request.get(closed).status == 404
    assert stranger.request.get("/leads/").status == 403


def test_a_partner_takes_formats_and_a_bundle_and_orders_copies(visitor: Callable[..., Visitor]) -> None:
    title, place = "우리 회사도 할 수 있습니다", "여정산단 1층 안내대"
    page = visitor().sign_in(Role.PARTNER)
    page.goto("/portal/")
    material = page.get_by_role("link", name=title, exact=True).get_attribute("href")
    page.goto(material)
    formats = page.get_by_role("region", name="이 판을 받을 수 있는 형식")
    for _ in range(30):  # the worker makes them when the demo has published
        if formats.get_by_role("link", name="화면용 PDF 내려받기").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    for name, head in (("화면용 PDF 내려받기", b"%PDF"), ("카카오톡 공유 내려받기", b"\x89PNG")):
        with page.expect_download() as download:
            formats.get_by_role("link", name=name).click()
        assert Path(download.value.path()).read_bytes().startswith(head)

    page.goto("/portal/")
    page.locator("label[for=choose-all]").click()
    page.locator("label[for=format-kakao]").click()
    with page.expect_download(timeout=RENDERED) as download:  # each paper is stamped for the partner first
        page.get_by_role("button", name="묶음 내려받기").click()
    assert download.value.suggested_filename.startswith("동행 아웃리치 자료")
    with zipfile.ZipFile(download.value.path()) as archive:
        names = archive.namelist()
    assert f"{title} 제1판.pdf" in names and f"{title} 제1판(카카오톡 공유).png" in names and "읽어보기.txt" in names
    expect(page.locator(".bundle-progress")).to_contain_text("다 받았습니다.")

    page.goto(material)
    page.get_by_role("link", name="인쇄물 신청하기").click()
    for label, value in (("부수", "200"), ("받을 날", "2030-01-15"), ("놓을 곳", place), ("받을 주소", "산단로 1"),
                         ("받을 사람", "박나루"), ("연락처", "02-000-1111")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="신청하기").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("신청")
    order = page.url
    staff = visitor().sign_in(Role.PROMOTION)
    staff.goto("/print-orders/")
    expect(staff.get_by_role("row").filter(has_text=place)).to_contain_text("200")
    staff.goto(order)
    staff.get_by_role("button", name="확정").click()
    flashed(staff, "확정했습니다.")
    page.goto(order)
    expect(page.get_by_role("heading", level=1)).to_contain_text("확정")


def _rendered(page: Page, pages: int) -> str:
    """Wait for the pictures of all pages; the address of the material's page."""
    pictures = page.locator(".sheets:not(.live-pages .sheets) img")
    expect(pictures).to_have_count(pages, timeout=RENDERED)
    pictures.first.scroll_into_view_if_needed()  # it is fetched when it comes into sight
    expect(pictures.first).to_have_js_property("complete", True)
    assert pictures.first.evaluate("picture => picture.naturalWidth > 300")
    more = page.get_by_role("link", name="홍보물 화면")
    if more.count():
        more.click()
    expect(page.locator("#editions")).to_be_visible()
    return page.url


def _publish(page: Page, material: str) -> None:
    page.goto(material)
    page.get_by_role("button", name="제1판 게시").click()
    dialog = page.get_by_role("dialog")
    if dialog.locator("label[for=acknowledged]").count():
        dialog.locator("label[for=acknowledged]").click()
    dialog.get_by_role("button", name="게시").click()
    expect(page.get_by_text("지금 배포하는 판은 제1판입니다.")).to_be_visible()
