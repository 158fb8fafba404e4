"""Tracked links, pixels and QR codes answered ahead of Flask: check the signature, append the event to the spool, lead
on. Nothing here waits for the database, and GET changes nothing but the raw record.

Whatever this layer does not know (a link of another make, a forged token, any other page) goes on to Flask, whose
routes of the same addresses say so in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from campaigns.responses.scanners import family_of
from campaigns.responses.spool import Spool
from campaigns.responses.targets import LinkBook, Unknown
from outreach import links
from outreach.clock import Clock
from outreach.signing import BadToken, Signer

#: A transparent GIF of one pixel.
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")

_HEADERS = [
    ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
    ("X-Robots-Tag", "noindex, nofollow"),
]
_TLS = ("Strict-Transport-Security", "max-age=31556926; includeSubDomains")  # as on all pages
_LATER = (
    "<!doctype html><html lang='ko'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
    "<title>잠시 뒤 다시 눌러 주세요</title><p>지금은 이 링크를 열 수 없습니다. 1분 뒤 메일에서 다시 눌러 주세요.</p>"
    "<p lang='en'>This link can't be opened just now. Please press it in the mail again in a minute.</p></html>"
).encode()

Answer = tuple[str, list[tuple[str, str]], bytes]


class Keys(Protocol):
    """Where the signer and the clock of the moment are found: keys may be changed while running."""

    signer: Signer
    clock: Clock


class FastLayer:
    """Wraps the WSGI application ``app``. ``noted`` is called after each event; ``proxied``: the client's address is
    what the one proxy in front says it is."""

    def __init__(
        self, app: Callable[..., Iterable[bytes]], keys: Keys, spool: Spool, book: LinkBook, *, base_url: str,
        noted: Callable[[], None],
    ):
        self._app, self._keys, self._noted = app, keys, noted
        self.spool, self._book = spool, book
        self._proxied = base_url.startswith("https")
        self._trap_leads = f"{base_url}/privacy"
        self._headers = [*_HEADERS, _TLS] if self._proxied else _HEADERS
        self._ways = {f"/{links.CLICK}/": self._click, f"/{links.OPEN}/": self._open, f"/{links.PLACE}/": self._scan}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        way = self._ways.get(path[:3])
        if way is not None and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            try:
                answer = way(path[3:], environ)
            except (BadToken, OverflowError):
                answer = None
            if answer is not None:
                status, headers, body = answer
                start_response(status, headers)
                return [body] if environ["REQUEST_METHOD"] == "GET" else []
        return self._app(environ, start_response)

    def note(self, kind: str, row_id: int, position: int, environ: dict[str, Any]) -> None:
        """Append the event of a request to the spool."""
        ahead = "prefetch" in (environ.get("HTTP_SEC_PURPOSE") or environ.get("HTTP_PURPOSE") or "")
        self.spool.append(
            kind, self._keys.clock.now().timestamp(), row_id, position,
            "PREFETCH" if ahead else environ["REQUEST_METHOD"], family_of(self._address(environ)),
            environ.get("HTTP_USER_AGENT", ""),
        )
        self._noted()

    def _address(self, environ: dict[str, Any]) -> str:
        told = environ.get("HTTP_X_FORWARDED_FOR") if self._proxied else None
        return (told.rpartition(",")[2] if told else environ.get("REMOTE_ADDR") or "").strip()

    def _click(self, token: str, environ: dict[str, Any]) -> Answer | None:
        click = links.read_click(self._keys.signer, token)
        if click.position == links.TRAP:
            url: str | None = self._trap_leads
        elif click.mailing_id is None:
            return None  # of before: only the database knows whose it is
        else:
            try:
                url = self._book.url(click.mailing_id, click.position)
            except Unknown:
                self.note(links.CLICK, click.delivery_id, click.position, environ)
                return self._later()
            if url is None:
                return None
        self.note(links.CLICK, click.delivery_id, click.position, environ)
        return self._leads_to(url)

    def _open(self, token: str, environ: dict[str, Any]) -> Answer:
        self.note(links.OPEN, links.read_open(self._keys.signer, token), 0, environ)
        return "200 OK", [("Content-Type", "image/gif"), ("Content-Length", str(len(PIXEL))), *self._headers], PIXEL

    def _scan(self, token: str, environ: dict[str, Any]) -> Answer:
        self.note(links.PLACE, links.read_place(self._keys.signer, token), 0, environ)
        return self._leads_to(f"{environ.get('SCRIPT_NAME', '')}/{links.PLACE}/{token}/form")

    def _leads_to(self, url: str) -> Answer:
        return "302 Found", [("Location", url), ("Content-Length", "0"), *self._headers], b""

    def _later(self) -> Answer:
        kind, length = ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(_LATER)))
        return "503 Service Unavailable", [kind, length, ("Retry-After", "60"), *self._headers], _LATER
