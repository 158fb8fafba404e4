"""Journeys: people going about their work in a real browser, on the real system."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.site import Site, running
from tests.journeys.visitor import PATIENCE, Visitor

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo with all roles running, one for all journeys."""
    with running(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module, not the session: Playwright's event loop must not linger under other tests."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Call it for one more person with a browser of their own; ``phone=True`` for a telephone."""
    visitors: list[Visitor] = []

    def come(*, phone: bool = False) -> Visitor:
        visitors.append(Visitor(browser, site.url, phone=phone))
        return visitors[-1]

    yield come
    for each in visitors:
        each.context.close()
    assert [complaint for each in visitors for complaint in each.complaints] == []
