"""Every main page through axe-core at a desk's and a phone's width: nothing serious may be wrong, and no page may be
wider than its screen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from outreach.scope import Role
from tests.journeys.visitor import PHONE, WIDE, Visitor

pytestmark = pytest.mark.journey

#: Role (None: nobody signed in) and the pages; ">" follows the first link of the page whose address matches.
PAGES: dict[Role | None, tuple[str, ...]] = {
    None: ("/login", "/reset", "/gallery/", r"/gallery/ > /gallery/\d+$", "/gallery/?q=우주선"),
    Role.PROMOTION: (
        "/", "/campaigns/", r"/campaigns/ > /campaigns/\d+", "/campaigns/new", "/campaigns/1/audiences/new",
        r"/campaigns/2 > /mailings/\d+/edit|/mailings/\d+/$", "/mailings/3/edit", "/mailings/1/",
        "/mailings/1/recipients", "/companies/", r"/companies/ > /companies/\d+$", "/companies/new",
        "/companies/imports/", "/companies/imports/new", "/companies/suppressions/", "/companies/notices/",
        "/companies/merges/", "/partners/",
        r"/partners/ > /partners/\d+$", "/partners/new", "/programmes/", r"/programmes/ > /programmes/\d+$", "/cases/",
        r"/cases/ > /cases/\d+$", "/cases/new", "/materials/", r"/materials/ > /materials/\d+$", "/documents/",
        "/print-orders/",
        "/responses/", r"/responses/ > /responses/\d+$", "/responses/new", "/mailbox", r"/mailbox > /mailbox/\d+$",
        "/me/",
    ),
    Role.PLANNER: ("/", "/leads/", "/leads/list", r"/leads/ > /leads/\d+$", "/cases/interview/", "/cases/consents"),
    Role.CENTRE_MANAGER: ("/", "/leads/"),
    Role.PARTNER: (
        "/", "/portal/", r"/portal/ > /portal/materials/\d+$", "/print-orders/", "/print-orders/new/1", "/partners/own",
    ),
    Role.AUDITOR: ("/", "/audit/"),
    Role.ADMINISTRATOR: ("/", "/accounts/", "/jobs", "/senders/", "/centres/", r"/centres/ > /centres/\d+$"),
    Role.HEADQUARTERS: ("/", "/campaigns/", "/companies/"),
}
GRAVE = ("serious", "critical")


@pytest.mark.parametrize("role", PAGES, ids=lambda role: role.value if role else "nobody")
def test_pages_are_accessible(visitor: Callable[..., Visitor], role: Role | None) -> None:
    someone, axe, found = visitor(), Axe(), []
    page = someone.sign_in(role) if role else someone.page
    for address in PAGES[role]:
        page.set_viewport_size(WIDE)
        _open(page, address)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            heard = len(someone.complaints)
            found += [f"{address} at {size['width']}: {problem}" for problem in _problems(page, axe)]
            del someone.complaints[heard:]  # axe tries styles that our security policy refuses
    assert found == []


def _open(page: Page, address: str) -> None:
    first, _, pattern = address.partition(" > ")
    response = page.goto(first)
    assert response and response.ok, f"{first}: {response and response.status}"
    if pattern:
        links = page.locator("main a").evaluate_all("links => links.map(link => link.getAttribute('href') || '')")
        found = next((link for link in links if re.search(pattern, link)), None)
        assert found, f"no link {pattern} on {first}"
        page.goto(found)


def _problems(page: Page, axe: Axe) -> list[str]:
    response = axe.run(page, options={"resultTypes": ["violations"]}).response
    assert response["passes"], "axe looked at nothing"
    wrong = [
        f"{rule['id']}: {node['target'][0]} {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in response["violations"] if rule["impact"] in GRAVE for node in rule["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        wrong.append("wider than the screen")
    return wrong


def test_rows_of_a_wide_table_become_cards_on_a_phone(visitor: Callable[..., Visitor]) -> None:
    page = visitor(phone=True).sign_in(Role.PROMOTION)
    page.goto("/companies/")
    table = page.get_by_role("table")
    expect(page.locator(".data-table.stacked")).to_have_count(1)
    assert table.get_by_role("row").count() > 2, "still a table to whoever hears it"
    cell = table.locator("td[data-label=상시근로자]").first
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"상시근로자"'
    assert cell.bounding_box()["y"] > table.get_by_role("rowheader").first.bounding_box()["y"]  # type: ignore[index]
    page.set_viewport_size(WIDE)
    expect(page.locator(".data-table.stacked")).to_have_count(0)
