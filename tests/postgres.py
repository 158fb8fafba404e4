"""A throw-away PostgreSQL server for tests: its own data folder, reached over a socket in it, gone afterwards.
In memory if there is room: copying a database takes a twentieth of a second there, ten times that on a disk."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from outreach.processes import die_with_parent

MEMORY = Path("/dev/shm")
ROOM = 1 << 30  # bytes free, or it goes to the disk
_numbers = itertools.count(1)


def programs() -> Path | None:
    """The folder with initdb and postgres of the newest version installed; None if there is none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _account() -> str | None:
    """Who is to run the server: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _home(durable: bool = False) -> Path:
    """A new folder for a server; those of tests that were killed are swept away. A short name, since a socket's
    path has at most 107 characters."""
    in_memory = not durable and MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    folder = MEMORY if in_memory else Path(tempfile.gettempdir())
    for old in folder.glob("pg-*-*"):
        owner = old.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"pg-{os.getpid()}-", dir=folder))


@contextlib.contextmanager
def running(*, durable: bool = False, listen: str = "") -> Iterator[str]:
    """A SQLAlchemy URL of an empty database for the time of the block. ``durable``: on a disk, each commit waits for
    it, as in earnest. ``listen``: an address whose network (/24) may connect without a password, too."""
    folder, account = programs(), _account()
    if folder is None:
        raise RuntimeError("PostgreSQL is not installed; see .ci/packages")
    owner, home = os.getpid(), _home(durable)
    quick = [] if durable else [
        "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
    ]
    try:
        if account:
            shutil.chown(home, account)
        data = home / "data"
        subprocess.run(
            [folder / "initdb", "-D", data, "-U", "tester", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"],
            check=True, user=account, stdout=subprocess.DEVNULL, cwd=home,
        )
        if listen:
            with (data / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {listen}/24 trust\n")
        server = subprocess.Popen(
            [folder / "postgres", "-D", data, "-k", home, "-c", f"listen_addresses={listen}", *quick],
            user=account, stderr=subprocess.DEVNULL, cwd=home,
            preexec_fn=lambda: die_with_parent(owner, signal.SIGQUIT),
        )
        try:
            _await(folder, home)
            yield f"postgresql+psycopg://tester@/postgres?host={home}"
        finally:
            server.terminate()  # smart shutdown would wait for pooled connections: SIGINT next
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.5)
            server.send_signal(signal.SIGINT)
            server.wait(20)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def database(template: str) -> Iterator[str]:
    """The URL of a copy of the database at ``template``, for the time of the block. Nobody may be connected
    to the template meanwhile."""
    template_url = sa.make_url(template)
    name = f"test_{next(_numbers)}"
    engine = sa.create_engine(
        template_url.set(database="template1"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        quick = " STRATEGY FILE_COPY" if connection.dialect.server_version_info >= (15,) else ""
        connection.exec_driver_sql(f'CREATE DATABASE {name} TEMPLATE "{template_url.database}"{quick}')
    try:
        yield template_url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _await(folder: Path, home: Path, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while subprocess.run([folder / "pg_isready", "-q", "-h", home], check=False).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL did not start")
        time.sleep(0.05)
