"""A disk that fills up: under the journal, and under the database."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from campaigns.delivery.journal import RECORD_BYTES, Journal
from outreach.db import db
from tests.smtp_server import SmtpServer

CONNECTIONS = 3
PAGE = 4096


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB in memory."""
    folder = tmp_path / "journal"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int) -> None:
    """Write until there is room for just ``leave`` pages."""
    (folder / "filler").write_bytes(b"x" * (shutil.disk_usage(folder).free - leave * PAGE))


def left_open(folder: Path) -> list[str]:
    """The files in ``folder`` that this process holds."""
    held = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them is gone by now
            held.append(str(entry.readlink()))
    return [path for path in held if path.startswith(str(folder))]


def test_a_full_disk_under_the_journal_stops_the_sending_before_anything_is_claimed(sending, closing, small_disk):
    under_way = sending(100)
    with SmtpServer() as server:
        for pages in range(6):  # a batch of 100 needs seven; one may come free with the last journal
            engine = closing(under_way.engine(server, connections=CONNECTIONS))
            fill(small_disk, pages)
            db.session.commit()
            for _ in range(3):
                with pytest.raises(OSError) as caught:
                    engine.step()
                assert caught.value.errno == errno.ENOSPC
            assert left_open(small_disk) == []
            assert server.connections == 0 and under_way.states() == {"queued": 100}
            assert {row.attempts for row in under_way.rows()} == {0}
            (small_disk / "filler").unlink()
            assert len(list(small_disk.iterdir())) <= 1, "what was begun in vain does not pile up"
        under_way.finish(engine)
        under_way.balances(server)
    assert under_way.states() == {"accepted": 100}


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes; a write across it is cut short, the next one fails (EFBIG)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_journal_that_can_not_be_written_on(sending, closing, monkeypatch):
    """Where no room could be reserved (NFS): at whatever record it happens, also in the middle of one."""
    append = Journal._append
    under_way = sending(20)
    with SmtpServer() as server:
        for records in range(1, 40, 3):
            under_way.begin_anew()
            server.messages.clear()
            failed: list[int] = []

            def limited(journal: Journal, data: bytes, limit: int = records, failed: list[int] = failed) -> None:
                if failed:
                    append(journal, data)
                    return
                try:
                    with largest_file(limit * RECORD_BYTES + RECORD_BYTES // 2):
                        append(journal, data)
                except OSError:
                    failed.append(1)
                    raise

            monkeypatch.setattr(Journal, "_append", limited)
            engine = closing(under_way.engine(server, connections=CONNECTIONS))
            assert under_way.work(engine, through=OSError) == 1, records
            engine.close()
            under_way.balances(server)
            assert under_way.states().keys() <= {"accepted", "in_doubt"}
            assert under_way.states().get("in_doubt", 0) <= CONNECTIONS


@pytest.mark.sqlite
def test_a_full_disk_under_the_database(sending, closing):
    """The write-ahead log can't grow: claims and results can't be committed. At whatever page it happens."""
    under_way = sending(60)
    log, hits = Path(f"{db.engine.url.database}-wal"), 0
    with SmtpServer() as server:
        for pages in range(0, 30, 3):
            under_way.begin_anew()
            server.messages.clear()
            engine = closing(under_way.engine(server, connections=CONNECTIONS))
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            assert log.stat().st_size == 0
            raised = 0
            with largest_file(64 * 1024 + pages * PAGE):
                raised = under_way.work(engine, steps=3, through=Exception)
            hits += raised > 0
            under_way.finish(engine)
            engine.close()
            under_way.balances(server)
            assert under_way.states().keys() <= {"accepted", "in_doubt"}
            assert under_way.states().get("in_doubt", 0) <= CONNECTIONS * raised
            assert under_way.mailing.state.value == "finished"
    assert hits, "the log never reached the limit: the test does not test"


class TestFullFileSystem:
    """The same with a real file system that is full."""

    @pytest.fixture
    def database_url(self, tmp_path: Path, migrated_sqlite: Path) -> Iterator[str]:
        folder = tmp_path / "disk"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
        if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("only root may mount")
        shutil.copy(migrated_sqlite, folder / "outreach.sqlite3")
        yield f"sqlite:///{folder}/outreach.sqlite3"
        subprocess.run(["umount", "-l", str(folder)], check=True)

    @pytest.mark.sqlite
    def test_no_space_left(self, sending, closing):
        under_way = sending(60)
        folder, hits = Path(db.engine.url.database or "").parent, 0
        with SmtpServer() as server:
            for pages in range(0, 30, 4):
                under_way.begin_anew()
                server.messages.clear()
                engine = closing(under_way.engine(server, connections=CONNECTIONS))
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                fill(folder, pages)
                hits += under_way.work(engine, steps=3, through=OperationalError) > 0
                before = len(server.messages)
                (folder / "filler").unlink()
                under_way.finish(engine)
                engine.close()
                under_way.balances(server)
                assert before in (0, 60) and under_way.states() == {"accepted": 60}, "no doubt: the journal knows"
        assert hits
