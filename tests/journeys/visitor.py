"""Browser windows that are watched: whatever goes wrong in one fails the journey."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, WebError

from outreach.scope import ROLE_LABELS, Role

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
#: Milliseconds; generous, since the machine may be doing other things.
PATIENCE = 20_000
#: No faults, though the browser's console calls them errors: a refused form answers 409 or 422 with the page, and
#: htmx gives up a request when the person types on or leaves the page; tests of several hosts make network interfaces.
HARMLESS = ("Failed to load resource: the server responded with a status of 4", "htmx:afterRequest", "htmx:sendAbort",
            "Failed to load resource: net::ERR_NETWORK_CHANGED")


class Visitor:
    """One person's browser: its windows share cookies, and what went wrong in any of them is kept."""

    def __init__(self, browser: Browser, url: str, *, phone: bool = False):
        self.url = url
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=url, locale="ko-KR", timezone_id="Asia/Seoul", viewport=PHONE if phone else WIDE,
            is_mobile=phone, has_touch=phone, accept_downloads=True, reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._heard)
        self.context.on("weberror", self._broke)
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)
        self.page: Page = self.context.new_page()

    def sign_in(self, role: Role) -> Page:
        """By the button of the demo's sign-in page."""
        self.page.goto("/login")
        self.page.locator(".demo-account").filter(has_text=str(ROLE_LABELS[role])).first.click()
        self.page.get_by_role("heading", level=1).wait_for()
        assert urlsplit(self.page.url).path == "/"
        return self.page

    def sign_in_as(self, email: str, password: str) -> Page:
        """By e-mail and password."""
        self.page.goto("/login")
        self.page.get_by_label("이메일").fill(email)
        self.page.get_by_label("비밀번호").fill(password)
        self.page.get_by_role("button", name="로그인", exact=True).click()
        self.page.wait_for_url(self.url + "/")
        return self.page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(HARMLESS):
            self.complaints.append(f"console: {message.text} ({message.page.url if message.page else ''})")

    def _broke(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error} ({error.page.url if error.page else ''})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.complaints.append(f"left the machine: {request.url}")

    def _answered(self, response: Response) -> None:
        kind = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and kind not in ("document", "xhr", "fetch")):
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")
