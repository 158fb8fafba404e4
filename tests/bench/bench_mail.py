"""Sending mail, against what the socket can carry and against others, in one run and one table.

`make bench-mail`, or single lines: `make bench-mail LINES="sqlite due" RECIPIENTS=20000`. The receiver is Postfix's
smtp-sink on the loopback; the limit is its own smtp-source. Ours are the product's real processes with every
recipient's state durable; the peers keep no state. Machines are noisy: the ratios hold within a run.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from outreach.clock import SystemClock
from tests import postgres
from tests.bench import mail_peers, mail_run

SLEEP = 30  # seconds that the clock has been asleep when a mailing falls due
DUE_RECIPIENTS = 1_000


@dataclass(frozen=True)
class Line:
    """One line of the table. ``got`` is compared with ``must`` and ``aim``; a lower one is better if ``less``."""

    what: str
    got: float
    unit: str
    must: float | None
    aim: float | None
    detail: str
    less: bool = False

    @property
    def verdict(self) -> str:
        if self.must is None:
            return "stated"
        return "aim" if self._reaches(self.aim) else "must" if self._reaches(self.must) else "MISSED"

    def _reaches(self, mark: float | None) -> bool:
        return mark is not None and (self.got <= mark if self.less else self.got >= mark)


@dataclass
class Bench:
    """What the lines of one run share."""

    folder: Path
    port: int
    recipients: int
    million: int
    limit: float = 0.0
    size: int = 0
    rates: dict[str, float] = field(default_factory=dict)

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def ours(
        self, name: str, recipients: int, *, sqlite: bool = True, workers: int = 1, due_in: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> mail_run.Sent:
        """One sending in a database and a folder of its own."""
        folder = self.folder / name
        folder.mkdir()
        with _database(folder, sqlite=sqlite) as url:
            app, mailing_id = mail_run.prepare(url, folder, self.smtp_url, recipients)
            self.size = self.size or mail_run.message_bytes(app, mailing_id)
            at = SystemClock().now() + timedelta(seconds=due_in) if due_in else None
            sent = mail_run.send(app, mailing_id, self.smtp_url, workers=workers, at=at, environment=environment)
            mail_run.let_go(app)
        shutil.rmtree(folder)
        return sent

    def measure_limit(self) -> float:
        """The best that smtp-source has reached in this run; measured anew each time it is asked for."""
        self.limit = max(self.limit, mail_peers.source_rate(self.port, self.size))
        return self.limit


@contextlib.contextmanager
def _database(folder: Path, *, sqlite: bool) -> Iterator[str]:
    if sqlite:
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
    else:
        with postgres.running(durable=True) as url:
            yield url


def _rate_line(bench: Bench, name: str, what: str, must: float | None, aim: float | None, **options: object) -> Line:
    sent = bench.ours(name, bench.recipients, **options)  # type: ignore[arg-type]
    bench.rates[name] = sent.rate
    limit = bench.measure_limit()
    return Line(what, sent.rate / limit, "x source", must, aim, f"{sent.rate:,.0f}/s of {limit:,.0f}/s")


def _sqlite(bench: Bench) -> Line:
    return _rate_line(bench, "sqlite", "SQLite, one worker", 0.35, 0.7)


def _postgresql(bench: Bench) -> Line:
    return _rate_line(bench, "postgresql", "PostgreSQL, one worker", 0.30, 0.6, sqlite=False)


def _postgresql_2(bench: Bench) -> Line:
    return _rate_line(bench, "postgresql-2", "PostgreSQL, two workers", 0.45, 0.8, sqlite=False, workers=2)


def _signed(bench: Bench, name: str, what: str, key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> Line:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    environment = mail_run.dkim_environment(bench.folder, {name: pem})
    line = _rate_line(bench, name, what, None, None, environment=environment)
    if "sqlite" not in bench.rates:
        return line
    cost = 1e6 / bench.rates[name] - 1e6 / bench.rates["sqlite"]
    return Line(what, line.got, line.unit, None, None, f"{line.detail}; {cost:,.0f} us more a message")


def _ed25519(bench: Bench) -> Line:
    return _signed(bench, "ed25519", "SQLite, one worker, DKIM Ed25519", ed25519.Ed25519PrivateKey.generate())


def _rsa(bench: Bench) -> Line:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _signed(bench, "rsa", "SQLite, one worker, DKIM RSA-2048", key)


def _against(bench: Bench, name: str, must: float, aim: float, rate: float) -> Line:
    if "sqlite" not in bench.rates:
        bench.rates["sqlite"] = bench.ours("sqlite", bench.recipients).rate
    ours = bench.rates["sqlite"]
    return Line(f"SQLite, one worker, against {name}", ours / rate, "x", must, aim, f"{ours:,.0f}/s, it {rate:,.0f}/s")


def _nodemailer(bench: Bench) -> Line:
    return _against(bench, "Nodemailer's pool", 3, 8, mail_peers.nodemailer_rate(bench.port, bench.folder, 8_000))


def _aiosmtplib(bench: Bench) -> Line:
    return _against(bench, "aiosmtplib", 10, 30, mail_peers.aiosmtplib_rate(bench.port, bench.folder, 2_000))


def _memory(bench: Bench) -> Iterator[Line]:
    for sqlite, where in ((True, "SQLite"), (False, "PostgreSQL")):
        few = bench.ours(f"few-{where}", 10_000, sqlite=sqlite).peak_mb
        many = bench.ours(f"many-{where}", bench.million, sqlite=sqlite).peak_mb
        numbers = f"{bench.million:,} against 10,000"
        yield Line(f"peak memory, {where}, {numbers}", many - few, "MB apart", 30, 30, f"{few:.0f} MB", less=True)
        yield Line(f"peak memory, {where}, {bench.million:,}", many, "MB", 150, 100, "VmHWM of the worker", less=True)


def _due(bench: Bench) -> Iterator[Line]:
    for sqlite, where in ((True, "SQLite"), (False, "PostgreSQL")):
        delays = bench.ours(f"due-{where}", DUE_RECIPIENTS, sqlite=sqlite, due_in=SLEEP).delays
        most = delays[int(0.95 * len(delays)) - 1]
        what = f"due time to 95 % of {DUE_RECIPIENTS:,} accepted, {where}"
        yield Line(what, most, "s", 10, 2, f"the last after {delays[-1]:.1f} s", less=True)


LINES: dict[str, Callable[[Bench], Line | Iterator[Line]]] = {
    "sqlite": _sqlite, "postgresql": _postgresql, "postgresql-2": _postgresql_2, "ed25519": _ed25519, "rsa": _rsa,
    "nodemailer": _nodemailer, "aiosmtplib": _aiosmtplib, "memory": _memory, "due": _due,
}


def show(line: Line) -> None:
    sign = "<=" if line.less else ">="
    marks = [f"{sign} {mark:g}" if mark is not None else "-" for mark in (line.must, line.aim)]
    result = f"{line.got:>8.2f} {line.unit:<9} {line.verdict:<7} {line.detail}"
    print(f"{line.what:<54} {marks[0]:>8} {marks[1]:>8} {result}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench-mail", description=__doc__)
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"which: {', '.join(LINES)} (default: all)")
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--million", type=int, default=1_000_000, help="recipients of the large one in `memory`")
    options = parser.parse_args([] if arguments is None else arguments)
    unknown = set(options.lines) - LINES.keys()
    if unknown:
        parser.error(f"no line is named {', '.join(sorted(unknown))}")
    if not shutil.which("smtp-sink"):
        sys.exit("smtp-sink is missing: make bench-mail installs it")
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    missed = 0
    try:
        with mail_peers.sink() as port:
            bench = Bench(folder, port, options.recipients, options.million)
            print(f"{'what':<54} {'must':>8} {'aim':>8} {'got':>8} {'':<9} {'reaches'}")
            for name in options.lines or LINES:
                found = LINES[name](bench)
                for line in [found] if isinstance(found, Line) else found:
                    show(line)
                    missed += line.verdict == "MISSED"
            print(f"{options.recipients:,} recipients, {bench.size:,} bytes a message")
    finally:
        shutil.rmtree(folder)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
