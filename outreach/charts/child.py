"""The chart drawer's own process: ``python -m outreach.charts.child OWNER_PID``, started by ChartDrawer.

A line of JSON asks for a chart, a line answers with its SVG.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from outreach.charts import draw
from outreach.charts.spec import chart
from outreach.charts.svg import cleaned
from outreach.errors import Invalid
from outreach.wording import Text

_PR_SET_PDEATHSIG = 1  # prctl(2)
# Of data, not of address space: V8 sets 64 GiB aside without using them. Measured use: 130 MiB with Altair.
_MEMORY_MIB = 1024


def _serve(owner: int, fonts: Path) -> None:
    _die_with(owner)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print goes to stderr
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_MIB << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    draw.register_fonts(fonts)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line)), ensure_ascii=False), file=answers, flush=True)


def _answer(asked: dict[str, Any]) -> dict[str, str]:
    try:
        wanted = chart(asked["chart"])
        return {"svg": cleaned(draw.svg(wanted, asked["style"], float(asked["width"])), wanted)}
    except Invalid as error:
        return {"refused": str(error)}
    except Exception:
        traceback.print_exc()
        return {"failed": Text("차트를 그리는 중에 오류가 났습니다. 관리자에게 알려 주세요.")}


def _die_with(owner: int) -> None:
    """Be killed when the owner ends, however it ends (Linux); closing stdin does it elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != owner:  # it ended before the request was made
            raise SystemExit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, who then ends us
    _serve(int(sys.argv[1]), Path(sys.argv[2]))
