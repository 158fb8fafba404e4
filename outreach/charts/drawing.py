"""Having charts drawn, by a process that is started when the first one is asked for and then stays warm.

Altair and vl-convert (a JavaScript engine) weigh 130 MB and take a second to load; neither the web process nor the
renderer of PDFs carries them. A drawing depends on nothing but the chart, its style and width, so it is drawn once
and kept.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from outreach.charts.spec import Chart
from outreach.errors import Invalid, Unavailable
from outreach.wording import Text

_PROJECT = Path(__file__).resolve().parents[2]
_FONTS = _PROJECT / "static" / "vendor" / "pretendard-gov"
_SECONDS = 20.0
# What the drawer needs of its surroundings; secrets stay with the owner.
_KEPT_ENVIRONMENT = ("PATH", "HOME", "LD_LIBRARY_PATH")


class ChartDrawer:
    """Draws charts one at a time; safe to call from several threads (they queue).

    Linux ends the process with the *thread* that started it; a call from another thread then starts a new one.
    """

    def __init__(self, *, seconds: float = _SECONDS):
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def draw(self, chart: Chart, style: str, width: float) -> str:
        """The chart as SVG, ``width`` points wide, in the inks of ``style``.

        :raises Invalid: the chart is refused.
        :raises Unavailable: out of time, or the process died. The next call starts a new one.
        """
        asked = {"chart": chart.asked(), "style": style, "width": width}
        with self._lock:
            try:
                answer = self._answer(json.dumps(asked, ensure_ascii=False).encode() + b"\n")
            except (BrokenPipeError, EOFError, TimeoutError) as error:
                self._stop()
                raise Unavailable(Text("차트를 그리지 못했습니다. 잠시 뒤에 다시 해 주세요.")) from error
        if "refused" in answer:
            raise Invalid(answer["refused"])
        if "failed" in answer:
            raise Unavailable(answer["failed"])
        return answer["svg"]

    def close(self) -> None:
        """End the process; a later ``draw`` starts a new one."""
        with self._lock:
            self._stop()

    def _answer(self, request: bytes) -> dict[str, str]:
        if self._process is None or self._process.poll() is not None:
            self._process = _started()
        deadline = time.monotonic() + self._seconds
        pipe: Any = self._process.stdin
        pipe.write(request)  # a chart is smaller than a pipe
        line = _line(self._process, deadline)
        return {str(key): str(value) for key, value in json.loads(line).items()}

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            self._process = None


def _started() -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own module, nothing of a user's in the arguments
        [sys.executable, "-m", "outreach.charts.child", str(os.getpid()), str(_FONTS)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_PROJECT, env=environment | {"LANG": "C.UTF-8"}, bufsize=0,
    )


def _line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    pipe: Any = process.stdout
    read = b""
    while not read.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(pipe.fileno(), 1 << 16)
        if not part:
            raise EOFError
        read += part
    return read


@lru_cache(maxsize=1)
def _drawer() -> ChartDrawer:
    drawer = ChartDrawer()
    atexit.register(drawer.close)
    return drawer


@lru_cache(maxsize=256)
def drawn(chart: Chart, style: str, width: float) -> str:
    """The chart as SVG, drawn once in this process's life. Raises as :meth:`ChartDrawer.draw` does."""
    return _drawer().draw(chart, style, width)
