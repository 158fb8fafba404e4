"""Commands of the whole application: the roles `web`, `clock`, `worker`, `mailbox`, and `serve`, which
runs them all."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import socket
import sys
import threading

import click
import structlog
from flask import Flask, current_app

from outreach import logs, processes, webserver
from outreach.cli import needs_database
from outreach.config import Settings
from outreach.mailbox import server as mailbox_server
from outreach.processes import Child, Supervisor
from outreach.scheduler import ClockRole, leadership
from outreach.worker import Worker, dispatcher_for

log = structlog.get_logger()

#: Work that may take minutes; it has a worker of its own, so that mails do not wait behind an import.
LONG_WORK = "jobs"


def init_app(app: Flask) -> None:
    for command in (serve, web, clock, worker, mailbox):
        app.cli.add_command(command)


@click.command("web")
@needs_database
def web() -> None:
    """Answer requests on HOST and PORT."""
    settings = _settings()
    logs.configure("web")
    processes.name_process("outreach-web")
    webserver.serve(settings.host, settings.port)


@click.command("clock")
@needs_database
def clock() -> None:
    """Say when: fire what is due. Any number may run; one leads."""
    stop = _begin("clock")
    app = _app()
    ClockRole(app, leadership(_settings())).run(stop)


@click.command("worker")
@click.option("--only", multiple=True, metavar="SOURCE", help="Work for this source only; may be repeated.")
@click.option("--without", multiple=True, metavar="SOURCE", help="Leave this source to others; may be repeated.")
@needs_database
def worker(only: tuple[str, ...], without: tuple[str, ...]) -> None:
    """Do the work: send, render, import. Any number may run."""
    try:
        role = Worker(_app(), only=only, without=without)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="SOURCE") from error
    gc.collect()
    gc.freeze()  # what starting up has made stays: looking through it again and again would be in vain
    role.run(_begin("worker"), dispatcher_for(_app()))


@click.command("mailbox")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: that of last time, or 1025, or a free one.")
def mailbox(port: int | None) -> None:
    """Receive mails on the loopback and keep them for the page /mailbox. Demo only."""
    settings = _settings()
    try:
        with mailbox_server.claimed_socket(settings, port) as listening:
            stop = _begin("mailbox")
            log.info("mailbox.listens", port=listening.getsockname()[1])
            mailbox_server.serve(settings, stop, listening)
    except (mailbox_server.AnotherRuns, OSError) as error:
        raise click.ClickException(str(error)) from error


@click.command("serve")
@needs_database
def serve() -> None:
    """Run all roles on this machine: web, clock, workers, and in the demo the mailbox."""
    settings = _settings()
    _refuse_taken_port(settings)
    stop = _begin("serve")
    environ, children = dict(os.environ), _roles()
    if settings.demo and settings.smtp_url is None:
        port, ours = _mailbox_port(settings)
        environ["OUTREACH_SMTP_URL"] = mailbox_server.smtp_url(port)
        if ours:
            children.insert(0, Child("mailbox", ("mailbox", "--port", str(port))))
    sys.exit(Supervisor(children, environ).run(stop, lambda: _listens(settings), lambda: _announce(settings)))


def _announce(settings: Settings) -> None:
    click.echo(f"\n  {settings.base_url} 에서 열렸습니다. 끝내려면 Ctrl-C를 누르세요.\n")


def _mailbox_port(settings: Settings) -> tuple[int, bool]:
    """Where the mailbox is to listen, and whether it is for us to start it."""
    try:
        with mailbox_server.claimed_socket(settings) as listening:
            return listening.getsockname()[1], True
    except mailbox_server.AnotherRuns as other:
        return other.port, False


def _roles() -> list[Child]:
    """The web is stopped first, so that it takes no request that nobody works off."""
    return [
        Child("worker", ("worker", "--without", LONG_WORK), stage=1),
        Child("worker-jobs", ("worker", "--only", LONG_WORK), stage=1),
        Child("clock", ("clock",), stage=1),
        Child("web", ("web",), stage=2),
    ]


def _begin(role: str) -> threading.Event:
    logs.configure(role)
    processes.name_process(f"outreach-{role}")
    return processes.stop_on_signals()


def _refuse_taken_port(settings: Settings) -> None:
    """Better one clear sentence now than a web role that dies again and again."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            text = (
                f"{settings.host}:{settings.port} is not free ({error.strerror}); set PORT to another number"
                if error.errno in (errno.EADDRINUSE, errno.EACCES)
                else f"HOST={settings.host} is no address of this machine ({error.strerror}); e.g. 127.0.0.1 or 0.0.0.0"
            )
            raise click.ClickException(text) from error


def _listens(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - comparison only
    with contextlib.suppress(OSError), socket.create_connection((host, settings.port), timeout=1):
        return True
    return False


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined]


def _settings() -> Settings:
    return current_app.extensions["outreach"].settings
