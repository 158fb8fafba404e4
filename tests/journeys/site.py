"""A running site to visit: the demo on a folder of its own, all roles under `serve`, a real SMTP server."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from outreach.processes import ROOT, die_with_parent

COMPANIES = 400
#: Seconds until the web role answers, and until all roles have ended.
STARTS_WITHIN, ENDS_WITHIN = 90, 40
#: The person's own settings are not the site's.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "FONTCONFIG_PATH")


@dataclass(frozen=True)
class Site:
    """Where a running site answers, and where it keeps its data."""

    url: str
    folder: Path

    def path(self, address: str) -> str:
        """The path of an address of this site."""
        return address.removeprefix(self.url)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Site]:
    """Make the demo in ``folder``, serve it until the block ends, and make sure that no process is left."""
    port = _free_port()
    environ = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environ |= {"OUTREACH_DEMO": "1", "OUTREACH_DATA_DIR": str(folder), "HOST": "127.0.0.1", "PORT": str(port)}
    _choose_mailbox_port(folder)
    for arguments in (("db", "upgrade"), ("demo", "--companies", str(COMPANIES))):
        subprocess.run(_flask(*arguments), cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
    parent = os.getpid()
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            _flask("serve"), cwd=ROOT, env=environ, stdout=log, stderr=log, process_group=0,
            preexec_fn=lambda: die_with_parent(parent),
        )
    try:
        site = Site(f"http://127.0.0.1:{port}", folder)
        _await_answer(site, process)
        yield site
    finally:
        _stop(process)
        left = _processes_of(folder)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
    assert not left, f"processes that outlived the site: {left}"


def _flask(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]


def _choose_mailbox_port(folder: Path) -> None:
    """The mailbox listens where it did last time; without a last time all sites of this machine want the same port."""
    (folder / "mailbox").mkdir()
    (folder / "mailbox" / "port").write_text(str(_free_port()), encoding="ascii")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _await_answer(site: Site, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{site.url}/health", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"the site did not start:\n{(site.folder / 'serve.log').read_text()[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _processes_of(folder: Path) -> list[int]:
    """Every process that was given this data folder, whoever its parent is by now."""
    wanted = f"OUTREACH_DATA_DIR={folder}\0".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in environ.read_bytes():
                found.append(int(environ.parent.name))
    return found
