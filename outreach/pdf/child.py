"""The renderer's own process: ``python -m outreach.pdf.child OWNER_PID MEMORY_MIB``, started by PdfWorker."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO

from outreach.pdf.errors import RenderError
from outreach.pdf.options import RenderOptions
from outreach.pdf.render import render
from outreach.pdf.wire import frame, read_frame
from outreach.wording import Text

_PR_SET_PDEATHSIG = 1  # prctl(2)


def _serve(owner: int, memory_mib: int) -> None:
    """Answer requests on stdin until it closes."""
    _die_with(owner)
    answers = _private_stdout()
    os.nice(5)  # pages of the site come before pages of paper
    resource.setrlimit(resource.RLIMIT_AS, (memory_mib << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _send(answers, frame({"ready": True}))
    while True:
        try:
            header, blobs = read_frame(_exactly(sys.stdin.buffer))
        except EOFError:
            return
        _send(answers, _answer(header, blobs))


def _answer(header: dict[str, Any], blobs: list[bytes]) -> bytes:
    try:
        made = render(
            blobs[0].decode(), base_dir=Path(header["base_dir"]),
            assets=dict(zip(header["assets"], blobs[1:], strict=True)),
            options=RenderOptions(**{**header["options"], "fonts": tuple(header["options"]["fonts"])}),
        )
    except RenderError as error:
        return frame({"reason": error.reason, "place": error.place})
    except MemoryError:
        return frame({"stopped": Text("문서를 만드는 데 기억 공간이 모자랍니다. 그림을 줄여 주세요.")})
    except Exception:
        traceback.print_exc()
        return frame({"stopped": Text("문서를 만드는 중에 오류가 났습니다. 관리자에게 알려 주세요.")})
    stamps = [dataclasses.asdict(place) for place in made.stamps]
    return frame(
        {"pages": made.pages, "sha256": made.sha256, "stamps": stamps, "warnings": made.warnings}, [made.data],
    )


def _die_with(owner: int) -> None:
    """Be killed when the owner ends, however it ends (Linux); closing stdin does it elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != owner:  # it ended before the request was made
            raise SystemExit(1)


def _private_stdout() -> BinaryIO:
    """Keep the answers' pipe to ourselves; whatever libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _send(stream: BinaryIO, data: bytes) -> None:
    stream.write(data)
    stream.flush()


def _exactly(stream: BinaryIO) -> Any:
    def read(size: int) -> bytes:
        data = stream.read(size)
        if len(data) < size:
            raise EOFError
        return data
    return read


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, who then ends us
    _serve(int(sys.argv[1]), int(sys.argv[2]))
