"""A host is who has the journals: not a machine's name, which two may share."""

from __future__ import annotations

import threading
from pathlib import Path

from campaigns.delivery.identity import host_identity, host_of, worker_name
from campaigns.delivery.journal import MAX_WORKER_BYTES


def test_a_folder_keeps_its_identity_and_another_has_another(tmp_path: Path) -> None:
    first = host_identity(tmp_path / "one" / "journal")
    assert host_identity(tmp_path / "one" / "journal") == first
    assert host_identity(tmp_path / "two" / "journal") != first


def test_workers_that_start_at_once_agree(tmp_path: Path) -> None:
    found: list[str] = []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait(20)
        found.append(host_identity(tmp_path / "journal"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 8 and len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["journal.host"]


def test_a_workers_name_tells_its_host_and_fits_the_journal(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "mail-worker-" + "x" * 52)
    name = worker_name(tmp_path / "journal")
    assert host_of(name) == host_identity(tmp_path / "journal")
    assert len(name.encode()) <= MAX_WORKER_BYTES
    assert worker_name(tmp_path / "journal") != name


def test_a_hosts_name_may_begin_with_anothers(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "mail-2")
    second = worker_name(tmp_path / "two" / "journal")
    monkeypatch.setattr("socket.gethostname", lambda: "mail")
    assert host_of(second) != host_identity(tmp_path / "one" / "journal")
