"""Fixtures shared by all tests: a database built by running the migrations, an application on it, and a
guard that no test reaches past the loopback.

``pytest`` runs everything, on SQLite; ``pytest --database postgresql`` runs what uses the database once more,
on a PostgreSQL server of its own. A test of SQLite itself is marked ``sqlite`` and stays out of the latter, and so do
those that ask every page, unless ``--every-page`` is given.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

TEST_SECRET = "test-secret-" + "x" * 40
# wsgi.py builds an app when imported; in tests it must not find a developer's own settings.
os.environ.update(
    OUTREACH_SECRET_KEY=TEST_SECRET, OUTREACH_LINK_KEYS=TEST_SECRET, OUTREACH_BASE_URL="http://localhost",
    OUTREACH_DATA_DIR=tempfile.gettempdir(),
)
os.environ.pop("OUTREACH_DEMO", None)
os.environ.pop("OUTREACH_DATABASE_URL", None)

import flask_migrate  # noqa: E402
import sqlalchemy as sa  # noqa: E402
from flask import Flask  # noqa: E402

from outreach.audit.models import ChangeRecord  # noqa: E402
from outreach.calendar import service as calendar  # noqa: E402
from outreach.calendar.models import SendingHours  # noqa: E402
from outreach.clock import FixedClock  # noqa: E402
from outreach.config import Settings  # noqa: E402
from outreach.db import db  # noqa: E402
from tests import postgres, swift  # noqa: E402
from tests.people import SiteClient  # noqa: E402
from tests.scheduling import JourneysTogether  # noqa: E402
from wsgi import FEATURES, build_app  # noqa: E402

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, 10:00 in Korea
swift.remember_rules()
LOOPBACK = ("127.", "::1", "localhost")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="where the tests keep their data"
    )
    parser.addoption(
        "--every-page", action="store_true", help="on PostgreSQL, too, ask every page and operation there is"
    )


#: What asks every page or operation as everybody, for minutes: who may see what is asked once, on SQLite.
EVERY_PAGE = (
    "tests/reach/", "tests/api/test_fuzz.py", "tests/outreach/web/test_numbers.py",
    "tests/outreach/web/test_protection.py", "tests/outreach/web/test_routes_guarded.py",
)

#: What mostly renders paper, for which the database is no matter.
RENDERING = (
    "tests/cases/materials/test_drafts.py", "tests/cases/materials/test_formats.py",
    "tests/cases/materials/test_rendering.py", "tests/campaigns/post/test_printing.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what uses the database, and is not about SQLite."""
    if config.getoption("database") == "sqlite":
        return
    left_out = () if config.getoption("every_page") else EVERY_PAGE + RENDERING
    wanted = [
        item for item in items
        if "database_url" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("sqlite")
        and not item.nodeid.startswith(left_out)
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> JourneysTogether | None:
    return JourneysTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(autouse=True, scope="session")
def network_guard() -> Iterator[list[str]]:
    """Refuse every connection and name look-up past the loopback, and remember it."""
    attempts: list[str] = []

    def refuse(attempt: str) -> None:
        attempts.append(attempt)
        raise AssertionError(f"a test tried to {attempt}")

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, *args: Any) -> Any:
            address = args[-1]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
                refuse(f"reach {address}")
            return real(self, *args)

        return call

    def look_up(host: Any, *args: Any, **values: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host or "localhost"
        if not (name.startswith(LOOPBACK) or set(name) <= set("0123456789.") or ":" in name):
            refuse(f"look up {name}")
        return real_look_up(host, *args, **values)

    real_look_up = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", look_up)
        yield attempts


@pytest.fixture(autouse=True)
def no_network(network_guard: list[str]) -> Iterator[None]:
    """Fail any test that tried to get past the loopback, even if its error was caught on the way."""
    yield
    found = network_guard.copy()
    network_guard.clear()
    assert found == [], "a test tried to leave the loopback"


def settings_for(database_url: str, data_dir: Path, **values: object) -> Settings:
    options = {"smtp_url": "smtp://127.0.0.1:9", "base_url": "http://localhost", "sender_check": False, **values}
    return Settings(
        database_url=database_url, data_dir=data_dir, secret_key=TEST_SECRET, link_keys=(TEST_SECRET,), testing=True,
        **options,  # type: ignore[arg-type]
    )


def make_app(database_url: str, data_dir: Path, clock: FixedClock | None = None, **values: object) -> Flask:
    app = build_app(settings_for(database_url, data_dir, **values), FEATURES, clock=clock)
    app.test_client_class = SiteClient
    return swift.remember(app)


def migrate(database_url: str, data_dir: Path) -> None:
    """Run every migration. Mails may leave at any time, since a test runs at any time; the tests of the office's own
    hours ask for ``office_hours``."""
    with make_app(database_url, data_dir).app_context():
        flask_migrate.upgrade()
        calendar.open_always(db.session, reason="시험은 언제든 돌린다", now=NOW)
        db.session.execute(sa.delete(ChangeRecord))
        db.session.commit()
        db.engine.dispose()  # on SQLite, closing the last connection empties the write-ahead log into the file


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file made by running every migration, once a session; tests copy it."""
    path = tmp_path_factory.mktemp("db") / "template.sqlite3"
    migrate(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server's first database; started when first asked for."""
    with postgres.running() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same on PostgreSQL."""
    with postgres.database(postgres_server) as url:
        migrate(url, tmp_path_factory.mktemp("db"))
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of the kind that ``--database`` says."""
    if request.config.getoption("database") == "postgresql":
        with postgres.database(request.getfixturevalue("migrated_postgres")) as url:
            yield url
    else:
        path = tmp_path / "outreach.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def app(tmp_path: Path, database_url: str, clock: FixedClock) -> Iterator[Flask]:
    """The whole application on a fresh database, with its context pushed."""
    app = make_app(database_url, tmp_path, clock)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def office_hours(app: Flask) -> None:
    """The hours that hold until headquarters changes them, as in a new installation."""
    db.session.execute(sa.delete(SendingHours))
    db.session.commit()


@pytest.fixture
def client(app: Flask) -> SiteClient:
    """A browser nobody has signed in with; see tests.people.sign_in."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> sa.orm.scoped_session:
    return db.session


@pytest.fixture
def now(clock: FixedClock) -> datetime:
    return clock.now()
