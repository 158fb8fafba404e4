"""Settings from the environment: typed, named in one place, refusing nonsense at start.

Outside the demo no secret has a default. In the demo (`make run` sets OUTREACH_DEMO=1) secrets are
generated once into the data folder, readable by the owner only.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

MIN_SECRET_CHARS = 32


class BadSetting(SystemExit):
    """A setting is missing or makes no sense; the message names it and says what to write."""

    def __init__(self, message: str):
        super().__init__(f"설정 오류 / bad setting: {message}")


class DkimSetting(NamedTuple):
    """Where the private key is that signs for ``domain``, published under ``selector``."""

    selector: str
    domain: str
    path: Path


_HARMLESS_URL = re.compile(r"[A-Za-z0-9.:/_~\[\]-]+")


class FrequencyCap(NamedTuple):
    """How much mail one recipient may get: at most ``contact`` messages to an address, and messages of at most
    ``company`` mailings to the people of a company, within ``days``."""

    contact: int = 2
    company: int = 3
    days: int = 7


DEFAULT_CAP = FrequencyCap()


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Build with :meth:`from_environment`, or directly in tests."""

    database_url: str
    data_dir: Path
    secret_key: str = field(repr=False)
    link_keys: tuple[str, ...] = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = "no-reply@outreach.example"
    bounce_address: str = ""
    imap_url: str | None = field(default=None, repr=False)
    dkim_keys: tuple[DkimSetting, ...] = ()
    frequency: FrequencyCap | None = DEFAULT_CAP
    letters_unapproved: int = 100  # a run of more letters needs a second person's approval
    nameservers: tuple[tuple[str, int], ...] = ()
    sender_check: bool = True  # a sender's domain must be in order before its first mailing; not in the demo
    demo: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    testing: bool = False
    journal_dir: Path | None = None
    files_prefix: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        demo = _flag(environ, "OUTREACH_DEMO")
        data_dir = _data_dir(environ)
        generated = _demo_secrets(data_dir) if demo else {}
        host = _host(environ)
        port = _port(environ)
        base_url = _base_url(environ, demo, host, port)
        return cls(
            database_url=_database_url(environ, data_dir),
            data_dir=data_dir,
            secret_key=_secret(environ, "OUTREACH_SECRET_KEY", generated),
            link_keys=_link_keys(environ, generated),
            base_url=base_url,
            smtp_url=environ.get("OUTREACH_SMTP_URL") or None,
            mail_from=_mail_from(environ, base_url),
            bounce_address=_bounce_address(environ),
            imap_url=environ.get("OUTREACH_IMAP_URL") or None,
            dkim_keys=_dkim_keys(environ),
            frequency=_frequency(environ),
            letters_unapproved=_letters_unapproved(environ),
            nameservers=_nameservers(environ),
            sender_check=not demo,
            demo=demo,
            host=host,
            port=port,
            journal_dir=_local_dir(environ, "OUTREACH_JOURNAL_DIR"),
            files_prefix=_files_prefix(environ),
        )

    @property
    def journal_folder(self) -> Path:
        """Where workers keep their journals: on a disk of this machine, even if the data folder is shared."""
        return self.journal_dir or self.data_dir / "journal"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def folder(self, name: str) -> Path:
        """The sub-folder ``name`` of the data folder, created when first asked for."""
        path = self.data_dir / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def _files_prefix(environ: Mapping[str, str]) -> str:
    """Where nginx serves the stored materials to its own redirects only; '': this server sends them."""
    text = environ.get("OUTREACH_FILES_PREFIX", "").rstrip("/")
    if text and not re.fullmatch(r"(/[A-Za-z0-9_-]+)+", text):
        raise BadSetting(f"OUTREACH_FILES_PREFIX={text!r}: write the path of the internal location, e.g. /stored")
    return text


def _flag(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip().lower()
    if value in {"", "0", "no", "false", "off"}:
        return False
    if value in {"1", "yes", "true", "on"}:
        return True
    raise BadSetting(f"{name}={value!r}: write 1 or 0")


def _data_dir(environ: Mapping[str, str]) -> Path:
    """Made when first needed; what is there already must be a folder we may write to."""
    return _writable("OUTREACH_DATA_DIR", Path(environ.get("OUTREACH_DATA_DIR") or "var"))


def _local_dir(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name)
    return _writable(name, Path(text)) if text else None


def _writable(name: str, folder: Path) -> Path:
    path = folder.resolve()
    there = next(place for place in (path, *path.parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise BadSetting(f"{name}={str(path)!r}: {there} is not a folder this user may write to")
    return path


def _host(environ: Mapping[str, str]) -> str:
    host = environ.get("HOST") or "127.0.0.1"
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", host):
        raise BadSetting(f"HOST={host!r}: write an address of this machine, e.g. 127.0.0.1 or 0.0.0.0")
    return host


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT") or "8000"
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise BadSetting(f"PORT={text!r}: write a number from 1 to 65535")
    return int(text)


def _database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    url = environ.get("OUTREACH_DATABASE_URL") or f"sqlite:///{data_dir / 'outreach.sqlite3'}"
    scheme = urlsplit(url).scheme
    if scheme in {"postgres", "postgresql"}:
        url, scheme = "postgresql+psycopg" + url[len(scheme):], "postgresql+psycopg"
    if scheme not in {"sqlite", "postgresql+psycopg"}:
        raise BadSetting(f"OUTREACH_DATABASE_URL: sqlite:///… or postgresql://…, not {scheme!r}")
    if scheme == "sqlite" and not re.match(r"sqlite:///(?!:memory:)[^?]", url):
        raise BadSetting("OUTREACH_DATABASE_URL: name a file, e.g. sqlite:////srv/outreach/outreach.sqlite3")
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        text = "OUTREACH_DATABASE_URL: host and port can't be read; write postgresql://user@host:5432/name"
        raise BadSetting(text) from error
    return url


def _letters_unapproved(environ: Mapping[str, str]) -> int:
    text = environ.get("OUTREACH_LETTERS_UNAPPROVED") or "100"
    if not text.isdigit() or len(text) > 5:
        raise BadSetting(f"OUTREACH_LETTERS_UNAPPROVED={text!r}: write a number of letters, 0 for none")
    return int(text)


def _base_url(environ: Mapping[str, str], demo: bool, host: str, port: int) -> str:
    url = (environ.get("OUTREACH_BASE_URL") or "").rstrip("/")
    if not url:
        if not demo:
            raise BadSetting("OUTREACH_BASE_URL: the public address of this site, e.g. https://outreach.example.go.kr")
        return f"http://{_reachable(host)}:{port}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise BadSetting(f"OUTREACH_BASE_URL={url!r}: write http(s)://host[:port], without query")
    if not url.isascii():  # it stands in mail headers, too
        raise BadSetting(f"OUTREACH_BASE_URL={url!r}: write a Korean host name in its xn-- form")
    if not _HARMLESS_URL.fullmatch(url):  # links of ours are spliced into mails as they are
        raise BadSetting(f"OUTREACH_BASE_URL={url!r}: only letters, digits and . : / - _ ~ [ ]")
    return url


def _reachable(host: str) -> str:
    """How a browser on this machine names the address we listen on."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - comparison only
    return f"[{host}]" if ":" in host else host


def _mail_from(environ: Mapping[str, str], base_url: str) -> str:
    """Who password mails and notices come from; by default no-reply at the site's own host name."""
    address = environ.get("OUTREACH_MAIL_FROM") or ""
    if address:
        if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address):
            raise BadSetting(f"OUTREACH_MAIL_FROM={address!r}: write one plain address, e.g. no-reply@example.go.kr")
        return address
    host = urlsplit(base_url).hostname or ""
    named = re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+", host)
    return f"no-reply@{host if named else 'outreach.example'}"


def _bounce_address(environ: Mapping[str, str]) -> str:
    """The return path of mailings; each gets its token behind a plus sign."""
    address = environ.get("OUTREACH_BOUNCE_ADDRESS") or ""
    if address and not re.fullmatch(r"[A-Za-z0-9._-]{1,24}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address):
        raise BadSetting(
            f"OUTREACH_BOUNCE_ADDRESS={address!r}: write one plain address whose part before the @ has at most 24 "
            "characters, e.g. bounce@outreach.example.go.kr"
        )
    return address


def _secret(environ: Mapping[str, str], name: str, generated: Mapping[str, str]) -> str:
    value = environ.get(name) or generated.get(name, "")
    if len(value) < MIN_SECRET_CHARS:
        raise BadSetting(
            f"{name}: at least {MIN_SECRET_CHARS} random characters; "
            'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return value


def _dkim_keys(environ: Mapping[str, str]) -> tuple[DkimSetting, ...]:
    """``selector@domain=path``, separated by commas. The keys themselves are read and checked with the mail."""
    keys = []
    for entry in filter(None, map(str.strip, environ.get("OUTREACH_DKIM_KEYS", "").split(","))):
        name, _, path = entry.partition("=")
        selector, _, domain = name.strip().partition("@")
        if not (selector and domain and path.strip()):
            raise BadSetting(
                f"OUTREACH_DKIM_KEYS: {entry!r}; write selector@domain=/path/to/key.pem, several separated by commas"
            )
        keys.append(DkimSetting(selector, domain.lower(), Path(path.strip())))
    return tuple(keys)


def _frequency(environ: Mapping[str, str]) -> FrequencyCap | None:
    """``contact=2,company=3,days=7``; what is not named keeps its default. ``off``: no cap."""
    text = environ.get("OUTREACH_FREQUENCY_CAP", "").replace(" ", "")
    if text == "off":
        return None
    values = {}
    for entry in filter(None, text.split(",")):
        found = re.fullmatch(r"(contact|company|days)=([1-9][0-9]{0,2})", entry)
        if not found:
            raise BadSetting(f"OUTREACH_FREQUENCY_CAP: {entry!r}; write contact=2,company=3,days=7, or off")
        values[found[1]] = int(found[2])
    return FrequencyCap(**values)


def _nameservers(environ: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """IP addresses, each with a port if it is not 53, separated by commas."""
    found = []
    for entry in filter(None, map(str.strip, environ.get("OUTREACH_NAMESERVERS", "").split(","))):
        match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?|([0-9A-Fa-f:]+)", entry)
        try:
            address = ipaddress.ip_address((match[1] or match[2] or match[4]) if match else "")
            port = int((match and match[3]) or 53)
        except ValueError:
            address, port = None, 0
        if address is None or not 1 <= port <= 65535:
            raise BadSetting(f"OUTREACH_NAMESERVERS: {entry!r}; write IP addresses of DNS servers, e.g. 10.0.0.53")
        found.append((str(address), port))
    return tuple(found)


def _link_keys(environ: Mapping[str, str], generated: Mapping[str, str]) -> tuple[str, ...]:
    """Comma-separated, newest first; old ones stay listed as long as old links must work."""
    text = environ.get("OUTREACH_LINK_KEYS") or generated.get("OUTREACH_LINK_KEYS", "")
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if not keys or any(len(key) < MIN_SECRET_CHARS for key in keys):
        raise BadSetting(
            f"OUTREACH_LINK_KEYS: one or more keys of at least {MIN_SECRET_CHARS} characters, separated by commas, "
            "newest first"
        )
    return keys


def _demo_secrets(data_dir: Path) -> dict[str, str]:
    """Secrets of this demo, made once; a second run finds the same, so sessions and links go on."""
    path = data_dir / "demo-secrets.env"
    names = ("OUTREACH_SECRET_KEY", "OUTREACH_LINK_KEYS")
    if not path.exists():
        _make(data_dir)
        text = "".join(f"{name}={secrets.token_urlsafe(48)}\n" for name in names)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
    return dict(line.split("=", 1) for line in path.read_text(encoding="ascii").splitlines() if "=" in line)


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"OUTREACH_DATA_DIR={str(data_dir)!r}: can't make this folder ({error.strerror})") from error
