from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.delivery import journal as journals
from campaigns.delivery.journal import (
    INTENT,
    RECORD_BYTES,
    BadJournal,
    Journal,
    Verdict,
    current_boot_id,
    dead_journals,
    is_alive,
    read,
    verdict,
)
from outreach.mail.outcome import Kind, Outcome, Stage

ACCEPTED = Outcome(Kind.ACCEPTED, Stage.DOT, 250, "2.0.0", "Ok: queued as 4F1C")
REFUSED = Outcome(Kind.REFUSED_RECIPIENT, Stage.RCPT, 550, "5.1.1", "그런 사용자가 없습니다")
NOT_SENT = Outcome(Kind.NOT_SENT, Stage.CONNECTION, None, None, "연결이 끊겼습니다")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.create(tmp_path / "journal", "host-1-abc")
    yield journal
    with contextlib.suppress(OSError):
        os.close(journal._descriptor)


def left_behind(journal: Journal) -> None:
    """As the kernel does when the process ends."""
    os.close(journal._descriptor)


# --- writing and reading


def test_reads_back_the_last_word_on_each(journal: Journal) -> None:
    journal.intent([1, 2, 3])
    journal.outcome(1, ACCEPTED)
    journal.outcome(2, REFUSED)
    journal.intent([2**63])
    state = read(journal.path)
    assert (state.worker, state.boot_id) == ("host-1-abc", current_boot_id())
    assert state.records == {1: ACCEPTED, 2: REFUSED, 3: INTENT, 2**63: INTENT}
    assert state.complete
    assert journal.path.stat().st_size == 7 * RECORD_BYTES


def test_clear_forgets_the_batch_and_goes_on(journal: Journal) -> None:
    journal.intent([1])
    journal.clear()
    assert read(journal.path).records == {}
    journal.intent([2])
    assert read(journal.path).records == {2: INTENT}


@given(
    st.sampled_from(Kind), st.sampled_from(Stage), st.one_of(st.none(), st.integers(200, 599)),
    st.one_of(st.none(), st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True).filter(str.isascii)),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=200),
)
def test_any_outcome_survives(
    tmp_path_factory: pytest.TempPathFactory, kind: Kind, stage: Stage, code: int | None, enhanced: str | None,
    text: str,
) -> None:
    journal = Journal.create(tmp_path_factory.mktemp("j"), "w")
    journal.outcome(7, Outcome(kind, stage, code, enhanced, text))
    read_back = read(journal.path).records[7]
    journal.remove()
    assert isinstance(read_back, Outcome)
    assert read_back[:4] == (kind, stage, code, enhanced)
    assert text.startswith(read_back.text), "long texts are cut at a character"
    assert len(read_back.text.encode()) > 96 or read_back.text == text


@pytest.mark.parametrize("lost", [1, 60, RECORD_BYTES - 1])
def test_torn_last_record_is_left_out(journal: Journal, lost: int) -> None:
    journal.intent([1, 2])
    os.truncate(journal.path, 3 * RECORD_BYTES - lost)
    state = read(journal.path)
    assert state.records == {1: INTENT}
    assert state.damaged
    assert not state.complete


@pytest.mark.parametrize("at", [RECORD_BYTES, RECORD_BYTES + 8, 2 * RECORD_BYTES - 1])
def test_damage_ends_the_reading(journal: Journal, at: int) -> None:
    journal.intent([1, 2])
    data = bytearray(journal.path.read_bytes())
    data[at] ^= 1
    journal.path.write_bytes(data)
    state = read(journal.path)
    assert state.records == {}
    assert not state.complete


def test_zeros_after_a_power_cut_are_no_records(journal: Journal) -> None:
    journal.outcome(1, ACCEPTED)
    os.truncate(journal.path, 10 * RECORD_BYTES)
    state = read(journal.path)
    assert state.records == {1: ACCEPTED}
    assert not state.complete


@pytest.mark.parametrize("content", [b"", b"x" * 50, b"x" * 500])
def test_what_is_no_journal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.journal"
    path.write_bytes(content)
    with pytest.raises(BadJournal):
        read(path)
    assert list(dead_journals(tmp_path)) == []
    assert path.exists()


def test_full_disk_leaves_no_half_record(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.intent([1])
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(journals.os, "write", lambda descriptor, data: write(descriptor, data[:100]))
        with pytest.raises(OSError, match="100 of 256") as caught:
            journal.intent([2, 3])
    assert caught.value.errno == errno.ENOSPC
    journal.outcome(1, ACCEPTED)
    assert read(journal.path).records == {1: ACCEPTED}


@pytest.mark.parametrize("worker", ["", "a/b", "../a", ".hidden", "x" * 81, "a\0b"])
def test_name_must_be_a_file_name(tmp_path: Path, worker: str) -> None:
    with pytest.raises(ValueError, match="worker's name"):
        Journal.create(tmp_path, worker)


def test_name_is_used_once(journal: Journal) -> None:
    with pytest.raises(FileExistsError):
        Journal.create(journal.path.parent, "host-1-abc")


# --- the living and the dead


def test_living_journal_is_nobodys(journal: Journal) -> None:
    assert list(dead_journals(journal.path.parent)) == []
    assert is_alive(journal.path.parent, "host-1-abc")


def test_dead_journal_is_found_and_held_by_one(journal: Journal) -> None:
    folder = journal.path.parent
    journal.intent([5])
    left_behind(journal)
    assert not is_alive(folder, "host-1-abc")
    found = []
    for dead in dead_journals(folder):
        found.append((dead.state.worker, dead.state.records, dead.state.complete))
        assert list(dead_journals(folder)) == [], "a second one who looks passes it over"
        assert is_alive(folder, "host-1-abc"), "being settled"
        dead.remove()
    assert found == [("host-1-abc", {5: INTENT}, True)]
    assert list(dead_journals(folder)) == []
    assert not is_alive(folder, "host-1-abc")


def test_journal_not_removed_is_found_again(journal: Journal) -> None:
    left_behind(journal)
    for _ in range(2):
        assert [dead.state.worker for dead in dead_journals(journal.path.parent)] == ["host-1-abc"]


def test_journal_settled_by_another_meanwhile(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between our opening and our lock the other one removes it: it must not be settled twice."""
    left_behind(journal)
    flock = journals.fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        journal.path.unlink(missing_ok=True)
        flock(descriptor, operation)

    monkeypatch.setattr(journals.fcntl, "flock", late)
    assert list(dead_journals(journal.path.parent)) == []


def test_orderly_end_leaves_nothing(journal: Journal) -> None:
    journal.remove()
    assert list(journal.path.parent.iterdir()) == []


def test_another_users_journal_is_left_to_that_user() -> None:
    """A command run as root was killed: that must not keep the worker, which is someone else, from sending."""
    folder = Path(tempfile.mkdtemp())  # where anybody may look
    folder.chmod(0o755)
    try:
        left_behind(Journal.create(folder, "host-1-abc"))
        if os.geteuid() == 0:
            os.seteuid(65534)
        else:
            (folder / "host-1-abc.journal").chmod(0)
        try:
            assert list(dead_journals(folder)) == []
        finally:
            if os.getuid() == 0:
                os.seteuid(0)
    finally:
        shutil.rmtree(folder)


def test_no_folder_no_journals(tmp_path: Path) -> None:
    assert list(dead_journals(tmp_path / "none")) == []


WORKER = """
import sys
from pathlib import Path
from campaigns.delivery.journal import Journal
from outreach.mail.outcome import Kind, Outcome, Stage
journal = Journal.create(Path(sys.argv[1]), "victim")
done = Outcome(Kind.ACCEPTED, Stage.DOT, 250)
for number in range(1, 10**9):
    journal.intent([2 * number, 2 * number + 1])
    if number == 200:
        print("running", flush=True)
    journal.outcome(2 * number, done)
    journal.outcome(2 * number + 1, done)
    if number % 5000 == 0:
        journal.clear()
"""


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_stopped_worker_keeps_its_journal_and_a_killed_one_leaves_it_whole(
    tmp_path: Path, victim: subprocess.Popen[str]
) -> None:
    victim.send_signal(signal.SIGSTOP)
    assert list(dead_journals(tmp_path)) == []
    assert is_alive(tmp_path, "victim")
    victim.kill()
    victim.wait()
    (dead,) = dead_journals(tmp_path)
    assert dead.state.complete
    records = dead.state.records
    assert sum(record is INTENT for record in records.values()) <= 2, "no more than were under way"
    assert sorted(records) == list(range(min(records, default=0), max(records, default=-1) + 1)), "and no gap"


# --- judging (docs: the sending protocol, point 5)


@pytest.mark.parametrize("record", [None, INTENT, *(Outcome(kind, Stage.DOT, 250) for kind in Kind)])
@pytest.mark.parametrize("complete", [True, False])
def test_verdict(record: journals.Record | None, complete: bool) -> None:
    final = {
        Kind.ACCEPTED: Verdict.ACCEPTED, Kind.REFUSED_RECIPIENT: Verdict.REFUSED, Kind.REFUSED_MESSAGE: Verdict.REFUSED
    }
    if isinstance(record, Outcome) and record.kind in final:
        expected = final[record.kind]
    elif record is INTENT or (record is not None and record.kind is Kind.IN_DOUBT):
        expected = Verdict.IN_DOUBT
    else:
        expected = Verdict.REQUEUE if complete else Verdict.IN_DOUBT
    assert verdict(record, complete) is expected


def test_after_a_reboot_nothing_is_complete(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.outcome(1, NOT_SENT)
    monkeypatch.setattr(journals, "current_boot_id", uuid4)
    state = read(journal.path)
    assert not state.complete
    assert verdict(state.records[1], state.complete) is Verdict.IN_DOUBT
    assert verdict(state.records.get(2), state.complete) is Verdict.IN_DOUBT
    assert verdict(ACCEPTED, state.complete) is Verdict.ACCEPTED
