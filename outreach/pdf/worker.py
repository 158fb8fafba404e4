"""A warm renderer in a process of its own, with limits on time and memory.

``PdfWorker`` is what the owner (the job worker) holds; outreach.pdf.child is the process it starts.
The process imports WeasyPrint once (half a second), renders one document after the other, knows none of the
owner's settings or secrets, and dies with its owner.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from outreach.pdf.errors import RenderError, RenderStopped
from outreach.pdf.options import RenderedPdf, RenderOptions, StampPlace
from outreach.pdf.wire import frame, read_frame

log = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[2]
_SCRATCH_PREFIX = "outreach-pdf-"
_START_SECONDS = 60.0
# Measured: 0.3 s to check, reduce and write a photograph of 4 megapixels; a busy machine takes longer.
_SECONDS_A_PICTURE = 1.0
_PR_SET_PDEATHSIG = 1  # prctl(2)
# What a renderer needs of its surroundings; secrets stay with the owner.
_KEPT_ENVIRONMENT = ("PATH", "HOME", "LD_LIBRARY_PATH", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "XDG_CACHE_HOME")


class PdfWorker:
    """Renders documents one at a time; safe to call from several threads (they queue).

    Linux ends the process with the *thread* that started it; a call from another thread then starts a new one.

    :param base_dir: the ``static/`` folder of the documents.
    :param seconds: time limit of one document; each picture adds a second.
    :param memory_mib: address space of the process (``RLIMIT_AS``).
    :param recycle_after: documents after which the process is replaced, so that slow leaks never add up.
    """

    def __init__(self, base_dir: Path, *, seconds: float = 60.0, memory_mib: int = 1024, recycle_after: int = 200):
        self._base_dir = base_dir
        self._seconds = seconds
        self._memory_mib = memory_mib
        self._recycle_after = recycle_after
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._rendered = 0
        self._scratch: Path | None = None

    def __enter__(self) -> PdfWorker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def render(self, html: str, *, assets: Mapping[str, bytes | Path] | None = None,
               options: RenderOptions = RenderOptions()) -> RenderedPdf:
        """Print ``html``; see :func:`outreach.pdf.render.render`.

        :raises RenderError: the document can't be printed as it stands.
        :raises RenderStopped: out of time or memory, or the renderer died. The next call starts a new one.
        """
        loaded = {name: body.read_bytes() if isinstance(body, Path) else body
                  for name, body in (assets or {}).items()}
        header = {"base_dir": str(self._base_dir), "assets": list(loaded), "options": dataclasses.asdict(options)}
        request = frame(header, [html.encode(), *loaded.values()])
        limit = self._seconds + _SECONDS_A_PICTURE * len(loaded)
        with self._lock:
            process = self._running()
            deadline = time.monotonic() + limit
            try:
                _write(process, request, deadline)
                header, blobs = read_frame(lambda size: _read(process, size, deadline))
            except TimeoutError as error:
                self._stop()
                raise RenderStopped(f"{limit:.0f}초 안에 문서를 만들지 못했습니다.") from error
            except (EOFError, BrokenPipeError) as error:
                self._stop()
                raise RenderStopped("문서 만들기가 멈추었습니다. 그림이 너무 크지 않은지 확인해 주세요.") from error
            self._rendered += 1
        return _result(header, blobs)

    def close(self) -> None:
        """End the process; a later ``render`` starts a new one."""
        with self._lock:
            self._stop()

    @property
    def pid(self) -> int | None:
        """Process id of the renderer, None while none runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and (self._process.poll() is not None or self._rendered >= self._recycle_after):
            self._stop()
        if self._process is None:
            self._process = self._start()
            self._rendered = 0
        return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        self._scratch = _new_scratch()
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        environment |= {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "TMPDIR": str(self._scratch)}
        process = subprocess.Popen(  # noqa: S603 - our own module, nothing of a user's in the arguments
            [sys.executable, "-m", "outreach.pdf.child", str(os.getpid()), str(self._memory_mib)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_PROJECT, env=environment, bufsize=0,
        )
        os.set_blocking(_fd(process.stdin), False)
        deadline = time.monotonic() + _START_SECONDS
        try:
            read_frame(lambda size: _read(process, size, deadline))
        except (EOFError, TimeoutError) as error:
            _end(process)
            raise RenderStopped("문서 만들기 프로세스를 시작하지 못했습니다.") from error
        return process

    def _stop(self) -> None:
        if self._process is not None:
            _end(self._process)
            self._process = None
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None


def _result(header: dict[str, Any], blobs: list[bytes]) -> RenderedPdf:
    if "stopped" in header:
        raise RenderStopped(header["stopped"])
    if "reason" in header:
        raise RenderError(header["reason"], place=header["place"])
    stamps = tuple(StampPlace(**place) for place in header["stamps"])
    return RenderedPdf(blobs[0], header["pages"], header["sha256"], stamps, tuple(header["warnings"]))


def _fd(pipe: Any) -> int:
    return int(pipe.fileno())


def _write(process: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
    fd, rest = _fd(process.stdin), memoryview(data)
    while rest:
        _, ready, _ = select.select([], [fd], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        rest = rest[os.write(fd, rest):]


def _read(process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
    fd, parts = _fd(process.stdout), []
    while size:
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()


def _new_scratch() -> Path:
    """A folder for the renderer's unpacked fonts (11 MB); those of owners that were killed are swept away."""
    for old in Path(tempfile.gettempdir()).glob(f"{_SCRATCH_PREFIX}*"):
        owner = old.name.removeprefix(_SCRATCH_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_SCRATCH_PREFIX}{os.getpid()}-"))
