"""`flask inbound < message`: takes a mail in from a mail server's pipe, or says what it is."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

import click
from flask import Flask, current_app

from campaigns.inbound import parsing, service
from campaigns.inbound.jobs import setting
from campaigns.inbound.rules import EFFECT_LABELS, REASON_LABELS, Way
from campaigns.inbound.service import Examined
from outreach import logs
from outreach.cli import require_current_database
from outreach.db import db, reading, unit_of_work

EX_TEMPFAIL = os.EX_TEMPFAIL  # 75: the mail server keeps the mail and tries again later (sysexits.h)


@click.command("inbound")
@click.option("--explain", is_flag=True, help="Print as JSON what the mail is and what would follow; do nothing.")
@click.option("--recipient", default="", envvar=["ORIGINAL_RECIPIENT", "RECIPIENT"],
              help="The envelope's recipient, if the mail server tells it.")
def inbound(explain: bool, recipient: str) -> None:
    """Take in one mail from standard input: a report, an automatic answer, a person's answer.

    Exit status 0: it is taken in (or was before); 75: not now, the mail server is to keep it and try again.
    """
    logs.configure("inbound")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        raw, size = _read(sys.stdin.buffer)
        require_current_database()
        if explain:
            click.echo(json.dumps(_explained(app, raw, size, recipient), ensure_ascii=False))
        else:
            _take_in(app, raw, size, recipient)
    except Exception as error:  # whatever it is, the mail must not be lost: the mail server keeps it
        reason = error.message if isinstance(error, click.ClickException) else f"{type(error).__name__}: {error}"
        click.echo(f"메일을 지금 받을 수 없습니다. 나중에 다시 시도해 주세요: {reason}"[:500], err=True)
        sys.exit(EX_TEMPFAIL)


def _read(stream: BinaryIO) -> tuple[bytes, int]:
    """The beginning of the mail, as much as is read of it, and the size of the whole. The rest is read, too, or the
    mail server would see its pipe break."""
    raw = stream.read(parsing.MAX_BYTES)
    size = len(raw)
    while piece := stream.read(1 << 16):
        size += len(piece)
    return raw, size


def _take_in(app: Flask, raw: bytes, size: int, recipient: str) -> None:
    now = app.extensions["outreach"].clock.now()
    with unit_of_work(db.session) as session:
        service.take_in(session, raw, setting(app), way=Way.PIPE, now=now, size=size, recipient=recipient)


def _explained(app: Flask, raw: bytes, size: int, recipient: str) -> dict[str, Any]:
    with reading():
        signer = app.extensions["outreach"].signer
        examined = service.examine(db.session, raw, signer, size=size, recipient=recipient)
        words = _as_json(examined)
        db.session.rollback()
    return words


def _as_json(examined: Examined) -> dict[str, Any]:
    finding = examined.finding
    return {
        "kind": finding.kind.value,
        "class": finding.bounce_class.value if finding.bounce_class else None,
        "address": examined.address or None,
        "delivery": examined.delivery.id if examined.delivery else None,
        "reason": REASON_LABELS[finding.reason],
        "verified": examined.delivery is not None,
        "effect": examined.effect.value,
        "would": EFFECT_LABELS[examined.effect],
        "status": finding.status or None,
        "diagnostic": finding.diagnostic or None,
        "text": finding.text[:1000] or None,
        "size": examined.mail.size,
    }
