"""Settings refuse nonsense at start, and name what is wrong."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from outreach.config import BadSetting, Settings
from tests.conftest import make_app

SECRET = "s" * 32
GOOD = {
    "OUTREACH_SECRET_KEY": SECRET, "OUTREACH_LINK_KEYS": SECRET, "OUTREACH_BASE_URL": "https://outreach.example.go.kr",
}


def read(tmp_path: Path, **values: str) -> Settings:
    return Settings.from_environment({"OUTREACH_DATA_DIR": str(tmp_path / "data"), **GOOD, **values})


def test_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'outreach.sqlite3'}"
    assert (settings.host, settings.port, settings.demo, settings.smtp_url) == ("127.0.0.1", 8000, False, None)
    assert settings.mail_from == "no-reply@outreach.example.go.kr"
    assert not (tmp_path / "data").exists()  # reading settings makes no folder


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "65536"), ("PORT", "-1"), ("PORT", "http"), ("PORT", "80.5"),
        ("HOST", "not a host"), ("HOST", "http://x.example"), ("HOST", "x.example/"), ("HOST", "-"),
        ("OUTREACH_DEMO", "maybe"),
        ("OUTREACH_BASE_URL", ""), ("OUTREACH_BASE_URL", "outreach.example"), ("OUTREACH_BASE_URL", "ftp://x.example"),
        ("OUTREACH_BASE_URL", "https://"), ("OUTREACH_BASE_URL", "https://x.example/?a=1"),
        ("OUTREACH_BASE_URL", "https://x.example/#top"), ("OUTREACH_BASE_URL", "https://고용센터.한국"),
        ("OUTREACH_DATABASE_URL", "mysql://x/y"), ("OUTREACH_DATABASE_URL", "outreach.sqlite3"),
        ("OUTREACH_DATABASE_URL", "sqlite:///"), ("OUTREACH_DATABASE_URL", "sqlite://"),
        ("OUTREACH_DATABASE_URL", "sqlite:///:memory:"), ("OUTREACH_DATABASE_URL", "postgresql://h:port/d"),
        ("OUTREACH_SECRET_KEY", ""), ("OUTREACH_SECRET_KEY", "secret"), ("OUTREACH_SECRET_KEY", "s" * 31),
        ("OUTREACH_LINK_KEYS", ""), ("OUTREACH_LINK_KEYS", ","), ("OUTREACH_LINK_KEYS", f"{SECRET},short"),
        ("OUTREACH_BOUNCE_ADDRESS", "bounce"), ("OUTREACH_BOUNCE_ADDRESS", "bounce+x@b.kr"),
        ("OUTREACH_BOUNCE_ADDRESS", "b" * 25 + "@b.kr"),
        ("OUTREACH_MAIL_FROM", "nobody"), ("OUTREACH_MAIL_FROM", "a@b.kr\nBcc: c@d.kr"),
        ("OUTREACH_MAIL_FROM", "센터 <a@b.kr>"),
        ("OUTREACH_DKIM_KEYS", "r2026@x.example"), ("OUTREACH_DKIM_KEYS", "x.example=/key.pem"),
        ("OUTREACH_DKIM_KEYS", "r@x.example="),
    ],
)
def test_nonsense_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read(tmp_path, **{name: value})


def test_signing_keys_are_read_as_a_list(tmp_path: Path) -> None:
    settings = read(tmp_path, OUTREACH_DKIM_KEYS="r@X.example=/a.pem, e@y.example = /b.pem,")
    assert settings.dkim_keys == (("r", "x.example", Path("/a.pem")), ("e", "y.example", Path("/b.pem")))
    assert read(tmp_path).dkim_keys == ()


def test_a_signing_key_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"OUTREACH_DKIM_KEYS: .*absent\.pem"):
        make_app("sqlite:///x", tmp_path, dkim_keys=(("r", "x.example", tmp_path / "absent.pem"),))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:////srv/x.sqlite3", "sqlite:////srv/x.sqlite3"),
    ],
)
def test_database_addresses(tmp_path: Path, url: str, expected: str) -> None:
    assert read(tmp_path, OUTREACH_DATABASE_URL=url).database_url == expected


def test_link_keys_rotate_newest_first(tmp_path: Path) -> None:
    old, new = "o" * 32, "n" * 32
    assert read(tmp_path, OUTREACH_LINK_KEYS=f"{new}, {old}").link_keys == (new, old)


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    shown = repr(read(tmp_path, OUTREACH_SMTP_URL="smtps://user:password@mail.example"))
    assert SECRET not in shown and "password" not in shown


def test_outside_the_demo_no_secret_has_a_default(tmp_path: Path) -> None:
    for name in GOOD:
        with pytest.raises(BadSetting, match=name):
            read(tmp_path, **{name: ""})


def test_the_demo_makes_its_secrets_once_for_the_owner_only(tmp_path: Path) -> None:
    environ = {"OUTREACH_DATA_DIR": str(tmp_path / "data"), "OUTREACH_DEMO": "1", "PORT": "8123"}
    first, second = Settings.from_environment(environ), Settings.from_environment(environ)
    assert first == second and len(first.secret_key) >= 32
    assert first.base_url == "http://127.0.0.1:8123"
    mode = stat.S_IMODE((tmp_path / "data" / "demo-secrets.env").stat().st_mode)
    assert mode == 0o600


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]"])
def test_without_a_host_name_notices_come_from_a_reserved_one(tmp_path: Path, base_url: str) -> None:
    assert read(tmp_path, OUTREACH_BASE_URL=base_url).mail_from == "no-reply@outreach.example"


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://user:hunter2@mail.example"])
def test_a_mail_server_that_makes_no_sense_is_refused_at_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSetting, match="OUTREACH_SMTP_URL") as refusal:
        make_app("sqlite:///unused", tmp_path, smtp_url=url)
    assert "hunter2" not in str(refusal.value)


def test_a_mailbox_that_makes_no_sense_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="OUTREACH_IMAP_URL") as refusal:
        make_app("sqlite:///unused", tmp_path, imap_url="imap://user:hunter2@mail.example/INBOX")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("lab", "lab")],
)
def test_the_demo_names_an_address_a_browser_can_open(tmp_path: Path, host: str, expected: str) -> None:
    settings = Settings.from_environment({"OUTREACH_DEMO": "1", "OUTREACH_DATA_DIR": str(tmp_path), "HOST": host})
    assert settings.base_url == f"http://{expected}:8000" and settings.host == host


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/no-such-place"])
def test_a_data_folder_that_cannot_be_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="OUTREACH_DATA_DIR"):
        Settings.from_environment({"OUTREACH_DEMO": "1", "OUTREACH_DATA_DIR": str(tmp_path / place)})
