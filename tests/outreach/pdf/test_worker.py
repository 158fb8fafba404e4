"""The renderer's process: it obeys its limits, comes back after a death and never outlives its owner."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from outreach.pdf.errors import RenderError, RenderStopped
from outreach.pdf.options import RenderOptions
from outreach.pdf.worker import PdfWorker
from tests.outreach.pdf.test_render import ROOT, STATIC, page


@pytest.fixture(scope="module")
def worker() -> Iterator[PdfWorker]:
    with PdfWorker(STATIC, seconds=30) as owned:
        yield owned


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def test_one_process_renders_one_after_the_other(worker: PdfWorker, tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(picture, "PNG")
    (tmp_path / "a.png").write_bytes(picture.getvalue())
    html = page('<p>가</p><img src="asset:a" alt="그림">')
    first = worker.render(html, assets={"a": picture.getvalue()}, options=RenderOptions(pages=1))
    pid = worker.pid
    second = worker.render(html, assets={"a": tmp_path / "a.png"}, options=RenderOptions(pages=1))
    assert worker.pid == pid
    assert first.data.startswith(b"%PDF-1.7") and first == second


def test_errors_come_back_with_their_place(worker: PdfWorker) -> None:
    with pytest.raises(RenderError, match="U\\+1F600") as raised:
        worker.render(page("<p>😀</p>"))
    assert raised.value.place == "<p>"
    assert not isinstance(raised.value, RenderStopped)


def test_threads_queue(worker: PdfWorker) -> None:
    texts = [f"글 {number}" for number in range(4)]
    made: dict[str, int] = {}
    worker.render(page("<p>먼저</p>"))  # the process belongs to this thread

    def work(text: str) -> None:
        made[text] = worker.render(page(f"<p>{text}</p>")).pages

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == dict.fromkeys(texts, 1)


def test_a_killed_renderer_is_replaced(worker: PdfWorker) -> None:
    worker.render(page("<p>가</p>"))
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert gone_within(pid, 5)
    assert worker.render(page("<p>가</p>")).pages == 1
    assert worker.pid != pid


def test_a_stuck_renderer_is_stopped_in_time() -> None:
    with PdfWorker(STATIC, seconds=8) as owned:
        owned.render(page("<p>가</p>"))
        pid = owned.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(RenderStopped, match="8초"):
            owned.render(page("<p>가</p>"))
        assert not alive(pid)
        assert owned.render(page("<p>가</p>")).pages == 1


def test_memory_is_limited() -> None:
    picture = io.BytesIO()
    Image.new("RGB", (7000, 7000), "red").save(picture, "PNG")
    with PdfWorker(STATIC, memory_mib=420) as owned:
        with pytest.raises(RenderStopped):
            owned.render(page('<img src="asset:a" alt="그림">'), assets={"a": picture.getvalue()})
        assert owned.render(page("<p>가</p>")).pages == 1


def test_the_renderer_knows_no_secrets(worker: PdfWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_SECRET_KEY", "do-not-pass-on")
    worker.close()
    worker.render(page("<p>가</p>"))
    assert b"do-not-pass-on" not in Path(f"/proc/{worker.pid}/environ").read_bytes()


def test_it_is_replaced_after_its_share_of_documents() -> None:
    with PdfWorker(STATIC, recycle_after=2) as owned:
        pids = []
        for _ in range(3):
            owned.render(page("<p>가</p>"))
            pids.append(owned.pid)
    assert pids[0] == pids[1] != pids[2]


def test_closing_ends_the_process_and_its_scratch_folder() -> None:
    with PdfWorker(STATIC) as owned:
        owned.render(page("<p>가</p>"))
        pid, scratch = owned.pid, owned._scratch
        assert pid is not None and scratch is not None and any(scratch.iterdir())
    assert gone_within(pid, 5)
    assert not scratch.exists()


def test_it_dies_with_an_owner_that_was_killed() -> None:
    code = ("import sys, time; from pathlib import Path; from outreach.pdf.worker import PdfWorker;"
            "w = PdfWorker(Path(sys.argv[1])); w.render(sys.stdin.read()); print(w.pid, flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code, str(STATIC)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          cwd=ROOT) as owner:
        assert owner.stdin is not None and owner.stdout is not None
        owner.stdin.write(page("<p>가</p>").encode())
        owner.stdin.close()
        child = int(owner.stdout.readline())
        assert alive(child)
        owner.kill()
        owner.wait()
        assert gone_within(child, 5)
    with PdfWorker(STATIC) as next_owner:  # and its folder is swept by whoever comes next
        next_owner.render(page("<p>가</p>"))
        assert next_owner._scratch is not None
        assert not list(next_owner._scratch.parent.glob(f"outreach-pdf-{owner.pid}-*"))
