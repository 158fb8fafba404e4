"""A thousand downloads of a 20 MB file by a partner, each checked and counted, by our site alone and behind nginx
(OUTREACH_FILES_PREFIX), beside a static file server that checks and counts nothing (nginx; where it is missing,
granian's own static files, and nothing stands in front). Same client, same number of connections, in turns. Then a
thousand readers that stand still: what memory they take, and how soon another page is answered meanwhile.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from cases.materials.models import MaterialGrant
from cases.materials.rules import EditionState
from outreach import webserver
from outreach.clock import SystemClock
from outreach.db import db
from outreach.processes import ROOT
from outreach.scope import Role
from tests.bench.table import show
from tests.cases.making import add_edition, make_material
from tests.conftest import make_app, settings_for
from tests.people import make_centre, make_organisation, make_user
from wsgi import FEATURES, build_app

SIZE = 20_000_000
DOWNLOADS = int(os.environ.get("BENCH_DOWNLOADS", "1000"))
CONNECTIONS = 50
STANDING = 1000
TURNS = 2


def our_site() -> Flask:
    folder = Path(os.environ["BENCH_FOLDER"])
    settings = dataclasses.replace(
        settings_for(f"sqlite:///{folder / 'bench.sqlite3'}", folder), testing=False,
        files_prefix=os.environ.get("BENCH_PREFIX", ""),
    )
    return build_app(settings, FEATURES)


def serve(name: str, port: int) -> None:
    """Run by :func:`running`, in a process of its own: our site as outreach.webserver runs it, or static files."""
    if name == "ours":
        webserver.TARGET = "tests.bench.bench_downloads:app"
        webserver.serve("127.0.0.1", port)
        return
    files = Path(os.environ["BENCH_FOLDER"]) / "static"
    if shutil.which("nginx"):
        conf = files.parent / f"{name}.conf"
        behind = os.environ.get("BENCH_BEHIND", "http://127.0.0.1:9")
        conf.write_text(NGINX.format(name=name, folder=files.parent, files=files, port=port, behind=behind))
        os.execvp("nginx", ["nginx", "-c", str(conf), "-p", str(files.parent)])
    from granian import Granian
    from granian.constants import Interfaces

    Granian("tests.bench.bench_clicks:bare_flask", factory=True, address="127.0.0.1", port=port,
            interface=Interfaces.WSGI, static_path_mount=[files], static_path_route=["/"]).serve()


NGINX = """daemon off; master_process off; pid {folder}/{name}.pid; error_log {folder}/{name}.log;
events {{ worker_connections 4096; }}
http {{
access_log off; sendfile on; tcp_nopush on; sendfile_max_chunk 1m;
client_body_temp_path {folder}/{name}1; proxy_temp_path {folder}/{name}2; fastcgi_temp_path {folder}/{name}3;
uwsgi_temp_path {folder}/{name}4; scgi_temp_path {folder}/{name}5;
server {{
listen 127.0.0.1:{port}; root {files};
location /stored/ {{ internal; alias {folder}/materials/; }}
location /portal/ {{ proxy_pass {behind}; }}
}} }}
"""


def __getattr__(name: str) -> Flask:
    """The application, made where granian asks for it."""
    if name == "app":
        return our_site()
    raise AttributeError(name)


@contextlib.contextmanager
def running(name: str, folder: Path, **environ: str) -> Iterator[tuple[str, int]]:
    """The address and the process id of a server, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bench_downloads", "serve", name, str(port)], cwd=ROOT, process_group=0,
        env={**os.environ, "BENCH_FOLDER": str(folder), **environ},
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def prepare(folder: Path) -> tuple[str, str]:
    """A material of 20 MB, granted to a partner; its path, and the cookie of the partner's session."""
    (folder / "static").mkdir()
    body = os.urandom(SIZE)
    (folder / "static" / "file.pdf").write_bytes(body)
    app = make_app(f"sqlite:///{folder / 'bench.sqlite3'}", folder, SystemClock())  # type: ignore[arg-type]
    with app.app_context():
        flask_migrate.upgrade()
        centre = make_centre()
        partner = make_user(Role.PARTNER, organisation=make_organisation(centre))
        material = make_material(app, centre, EditionState.WITHDRAWN)
        edition = add_edition(app, material, EditionState.PUBLISHED)
        edition.sha256, edition.size = hashlib.sha256(body).hexdigest(), SIZE
        place = app.extensions["outreach"].settings.folder("materials") / edition.sha256[:2] / edition.sha256
        place.mkdir(parents=True)
        (place / "document.pdf").write_bytes(body)
        db.session.add(MaterialGrant(
            material_id=material.id, organisation_id=partner.organisation_id, direct=True,
            granted_at=SystemClock().now(),
        ))
        db.session.commit()
        signer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert signer is not None
        cookie = str(signer.dumps({"_user_id": partner.fs_uniquifier, "_fresh": True}))
        path = f"/portal/materials/{material.id}.pdf"
        db.session.remove()
        db.engine.dispose()
    return path, f"session={cookie}"


def load(url: str, cookie: str) -> float:
    """Downloads a second, of DOWNLOADS by CONNECTIONS connections kept open. Each is read to its end and its length
    compared."""
    host, port = re.search(r"//([\d.]+):(\d+)", url).groups()  # type: ignore[union-attr]
    path, left, lock, wrong = url.partition(f":{port}")[2], [DOWNLOADS], threading.Lock(), []
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n\r\n".encode()

    def work() -> None:
        room = memoryview(bytearray(1 << 20))
        with socket.create_connection((host, int(port))) as connection:
            while True:
                with lock:
                    if not left[0]:
                        return
                    left[0] -= 1
                connection.sendall(request)
                wrong.extend(_read(connection, room))

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    return DOWNLOADS / (time.perf_counter() - began)


def _read(connection: socket.socket, room: memoryview) -> list[str]:
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        if not part:
            return [f"closed: {head[:200]!r}"]
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    if not head.startswith(b"HTTP/1.1 200") or length is None or int(length[1]) != SIZE:
        return [head.decode("latin-1")[:200]]
    left = SIZE - len(body)
    while left:
        got = connection.recv_into(room, min(left, len(room)))
        if not got:
            return ["cut short"]
        left -= got
    return []


def stand(url: str, cookie: str, pid: int) -> tuple[float, float, float]:
    """(MB of the server's processes before, with STANDING readers that read nothing, ms until another page)."""
    port = int(url.split(":")[2].partition("/")[0])
    request = f"GET {url.partition(f':{port}')[2]} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode()
    before, sockets = memory(pid), []
    for _ in range(STANDING):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        reader.connect(("127.0.0.1", port))
        reader.sendall(request)
        sockets.append(reader)
    for reader in sockets:
        reader.settimeout(120)
        assert reader.recv(15).startswith(b"HTTP/1.1 200")
    waits = []
    for _ in range(11):
        began = time.perf_counter()
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=30).read()
        waits.append(1000 * (time.perf_counter() - began))
    during = memory(pid)
    for reader in sockets:
        reader.close()
    return before, during, statistics.median(waits)


def memory(group: int) -> float:
    """MB resident of the processes of a group."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(status.parent.name)) == group:
                total += int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1])  # type: ignore[index]
    return total / 1024


def counted(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "bench.sqlite3")) as database:
        return database.execute("SELECT count(*) FROM download").fetchone()[0]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        path, cookie = prepare(folder)
        nginx = shutil.which("nginx") is not None
        static, ours, behind = [], [], []
        with (
            running("static", folder) as (static_url, _), running("ours", folder) as (our_url, pid),
            running("ours", folder, BENCH_PREFIX="/stored") as (hidden_url, _),
            running("front", folder, BENCH_BEHIND=hidden_url) as (front_url, _),
        ):
            for _ in range(TURNS):
                static.append(load(f"{static_url}/file.pdf", cookie))
                ours.append(load(our_url + path, cookie))
                if nginx:
                    behind.append(load(front_url + path, cookie))
            assert counted(folder) == (len(ours) + len(behind)) * DOWNLOADS
            rows = [
                (f"limit: {'nginx, sendfile' if nginx else 'static files of granian'}", max(static), "downloads/s"),
                ("our portal: signed in, counted", max(ours), "downloads/s"),
                ("our portal behind nginx", max(behind, default=0), "downloads/s"),
            ]
            show(rows if nginx else rows[:2])
            print(f"{DOWNLOADS:,} of {SIZE / 1e6:.0f} MB over {CONNECTIONS} connections; "
                  f"server {memory(pid):.0f} MB after it; all {counted(folder):,} counted")
            before, during, wait = stand(our_url + path, cookie, pid)
            print(f"{STANDING:,} readers that stand still: {before:.0f} -> {during:.0f} MB "
                  f"({(during - before) / STANDING:.2f} each); another page after {wait:.0f} ms")


if __name__ == "__main__":
    serve(sys.argv[2], int(sys.argv[3])) if sys.argv[1:2] == ["serve"] else main()
