"""What others reach into the same sink: smtp-source (the limit), Nodemailer's pool, an aiosmtplib loop."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.utils import formataddr
from pathlib import Path

from tests.bench import mail_letter

PEERS = Path(__file__).parent / "peers"
#: Where `make bench-mail` installs Nodemailer.
NODE = Path(os.environ.get("BENCH_NODE", Path(sys.prefix) / "bench-node"))


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """Postfix's message sink on a free port of the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = ["smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1000"]
    if os.geteuid():
        command = [command[0], *command[3:]]
    process = subprocess.Popen(command)
    try:
        for _ in range(400):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def source_rate(port: int, size: int, messages: int = 20_000) -> float:
    """Messages a second of smtp-source with ``size`` bytes each: the best of three numbers of sessions."""
    rates = []
    for sessions in (8, 16, 32):
        command = ["smtp-source", "-s", str(sessions), "-l", str(size), "-m", str(messages), "-d", f"127.0.0.1:{port}"]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        rates.append(messages / (time.perf_counter() - started))
    return max(rates)


def nodemailer_rate(port: int, folder: Path, messages: int) -> float:
    letter = _letter(folder / "nodemailer.json", "${%s}")
    return _rate(["node", str(PEERS / "nodemailer.mjs"), str(NODE), str(letter), str(port), str(messages)], messages)


def aiosmtplib_rate(port: int, folder: Path, messages: int) -> float:
    letter = _letter(folder / "aiosmtplib.json", "%%(%s)s", percent=True)
    return _rate([sys.executable, str(PEERS / "aiosmtplib_loop.py"), str(letter), str(port), str(messages)], messages)


def _rate(command: list[str], messages: int) -> float:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return messages / json.loads(done.stdout.splitlines()[-1])["seconds"]


def _letter(path: Path, field: str, *, percent: bool = False) -> Path:
    texts = {"subject": mail_letter.SUBJECT, "text": mail_letter.TEXT, "html": mail_letter.HTML}
    if percent:
        texts = {name: text.replace("%", "%%") for name, text in texts.items()}
    filled = {name: mail_letter.with_names(text, field) for name, text in texts.items()}
    sender = formataddr((mail_letter.SENDER_NAME, mail_letter.SENDER))
    path.write_text(json.dumps({"from": sender, **filled}), encoding="utf-8")
    return path
