"""The gate before the application: how many get in, and that sending happens outside."""

from __future__ import annotations

import io
import threading
from typing import Any

from outreach import webserver
from outreach.webserver import BLOCK, LARGE_BLOCK, Blocks, Gate


def test_no_more_than_its_places_are_in_at_once():
    inside, most, lock, full = 0, 0, threading.Lock(), threading.Event()

    def app(_environ: dict[str, Any], _start: Any) -> list[bytes]:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside == 2:
                full.set()
        full.wait(5)
        with lock:
            inside -= 1
        return [b"x"]

    gate = Gate(app, 2)
    threads = [threading.Thread(target=gate, args=({}, None)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == 2


def test_an_answer_on_its_way_takes_no_place():
    gate = Gate(lambda environ, _start: environ["wsgi.file_wrapper"](io.BytesIO(b"x" * (BLOCK + 1))), 1)
    answers = [iter(gate({}, None)) for _ in range(3)]
    assert [len(next(answer)) for answer in answers] == [BLOCK] * 3
    assert [len(next(answer)) for answer in answers] == [1] * 3


def test_a_quick_reader_gets_larger_blocks_a_slow_one_does_not(monkeypatch):
    monkeypatch.setattr(webserver, "SURE", 3 * BLOCK)
    data = io.BytesIO(b"x" * (20 * BLOCK))
    quick = [len(block) for block in Blocks(data)]
    assert quick[:3] == [BLOCK] * 3 and quick[3] == LARGE_BLOCK and sum(quick) == 20 * BLOCK
    monkeypatch.setattr(webserver, "QUICK", 1e12)
    data.seek(0)
    assert {len(block) for block in Blocks(data)} == {BLOCK}
