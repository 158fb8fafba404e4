"""Runs all benchmarks and prints one table each: what we do, the limit measured in the same run, the ratio.

`make bench`, or one of them: `python -m tests.bench mail`. Machines are noisy: compare within a run.
"""

from __future__ import annotations

import importlib
import sys

PARTS = ("mail", "clicks", "units", "imports", "audience", "brochure", "post", "downloads", "search")


def main() -> int:
    for part in sys.argv[1:] or PARTS:
        print(f"\n== {part}", flush=True)
        importlib.import_module(f"tests.bench.bench_{part}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
