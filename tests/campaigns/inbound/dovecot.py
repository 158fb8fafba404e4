"""A real IMAP server on the loopback: Dovecot in a folder of its own, as root or not, on a port of its choice."""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from outreach.processes import die_with_parent

USER, PASSWORD = "inbound", "p@ss/word"

CONFIGURATION = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {account}
default_internal_group = {group}
default_login_user = {account}
first_valid_uid = 1
mail_location = maildir:{home}/mail:LAYOUT=fs
mailbox_list_index = no
mail_fsync = never
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail
}}
"""


@dataclass
class Dovecot:
    """A running server; ``home``: its folder."""

    home: Path
    port: int

    @property
    def url(self) -> str:
        return f"imap://{USER}:p%40ss%2Fword@127.0.0.1:{self.port}/INBOX"

    @contextlib.contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=60) as client:
            client.login(USER, PASSWORD)
            yield client

    def deliver(self, *mails: bytes) -> None:
        with self.client() as client:
            for mail in mails:
                assert client.append("INBOX", "", "", mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))[0] == "OK"

    def count(self, folder: str = "INBOX") -> int:
        """How many mails lie in ``folder``; 0 if there is none."""
        with self.client() as client:
            status, data = client.select(folder, readonly=True)
            return int(data[0]) if status == "OK" else 0


def program() -> str | None:
    return shutil.which("dovecot", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def _account() -> tuple[str, str, int, int]:
    """Who the server's processes run as: it wants no root for its mails."""
    entry = pwd.getpwuid(os.getuid())
    if os.getuid() == 0:
        names = {each.pw_name: each for each in pwd.getpwall()}
        entry = names.get("nobody") or entry
    return entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name, entry.pw_uid, entry.pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running() -> Iterator[Dovecot]:
    """The server for the time of the block."""
    path, owner = program(), os.getpid()
    if path is None:
        raise RuntimeError("Dovecot is not installed; see .ci/packages")
    memory = Path("/dev/shm")
    folder = memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    home = Path(tempfile.mkdtemp(prefix="dc-", dir=folder))  # a short name: sockets lie in it
    home.chmod(0o755)
    account, group, uid, gid = _account()
    server = Dovecot(home, _free_port())
    for name in ("run", "state", "mail"):
        (home / name).mkdir()
        os.chown(home / name, uid, gid)
    (home / "conf").write_text(CONFIGURATION.format(
        home=home, port=server.port, account=account, group=group, uid=uid, gid=gid, password=PASSWORD,
    ))
    process = subprocess.Popen(
        [path, "-F", "-c", home / "conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home,
        preexec_fn=lambda: die_with_parent(owner, signal.SIGTERM),
    )
    try:
        _await(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def _await(server: Dovecot, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with server.client():
                return
        except (OSError, imaplib.IMAP4.error) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                log = server.home / "log"
                words = log.read_text() if log.exists() else ""
                raise RuntimeError(f"Dovecot did not start: {error}\n{words[-3000:]}") from error
            time.sleep(0.1)
