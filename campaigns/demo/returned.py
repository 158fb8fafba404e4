"""What came back of the demo's past mailings: one of each kind, taken in as mail servers would hand it over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.demo.stories import Stage
from campaigns.inbound import service
from campaigns.inbound.rules import Way
from campaigns.inbound.service import Setting
from outreach import links

HOST = "mail.company.example"

#: A mail, written for the time it comes at.
Mail = Callable[[datetime], bytes]

REPORTS = (
    ("5.1.1", "550 5.1.1 No such user (가상)"), ("5.2.2", "552 5.2.2 메일함 용량 초과 (가상)"),
    ("5.7.26", "550 5.7.26 보내는 도메인이 인증되지 않음 (가상)"),
)
LETTERS = (
    ("자동 응답: 부재중입니다", "출장 중입니다. 다음 주 월요일에 확인하겠습니다.", True),
    ("자동 회신", "이전 담당자는 더 이상 근무하지 않습니다. 문의는 대표전화로 부탁드립니다.", True),
    ("회신: 대체인력 안내", "3월부터 육아휴직자가 두 명 생깁니다. 대체인력은 언제 신청합니까.", False),
    ("회신: 대체인력 안내", "앞으로 이런 메일은 보내지 말아 주세요.", False),
)
STRANGER = ("제도 문의", "지인에게 안내 책자를 받았습니다. 저희 회사도 상담을 받을 수 있을까요? 이음가구 김가상 드림")


def bring_back(stage: Stage, setting: Setting) -> None:
    """Take the mails in, the last of them an hour ago."""
    first = next(stage.mailings[told.key] for told in stage.content.mailings if told.state == "finished")
    known = set(stage.companies.values())
    query = sa.select(Delivery).where(Delivery.mailing_id == first.id, Delivery.state == DeliveryState.ACCEPTED)
    rows = [row for row in stage.session.scalars(query.order_by(Delivery.id.desc()).limit(200))
            if row.company_id not in known]
    mails = list(_mails(setting, rows))
    for number, raw in enumerate(mails):
        at = stage.setting.now - timedelta(hours=len(mails) - number)
        service.take_in(stage.session, raw(at), setting, way=Way.MAILBOX, now=at)


def _mails(setting: Setting, rows: list[Delivery]) -> Iterator[Mail]:
    left = iter(rows)
    for status, words in REPORTS:
        yield _report(setting, next(left), status, words)
    for subject, text, automatic in LETTERS:
        row = next(left)
        token = links.return_token(setting.signer, row.id)
        head = f"In-Reply-To: <d{row.id}.{token}@outreach.example>\n" + "Auto-Submitted: auto-replied\n" * automatic
        yield _letter(row.address, subject, text, head)
    yield _letter("ieum@furniture.example", *STRANGER, "")


def _report(setting: Setting, row: Delivery, status: str, words: str) -> Mail:
    to = links.bounce_address("bounce@outreach.example", setting.signer, row.id)

    def at(when: datetime) -> bytes:
        return (
            f"Return-Path: <>\nFrom: MAILER-DAEMON@{HOST}\nTo: {to}\nDate: {when:%a, %d %b %Y %H:%M:%S} +0000\n"
            f"Message-ID: <demo-{row.id}@{HOST}>\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
            f"Content-Type: text/plain; charset=utf-8\n\n{row.address}에게 메일을 전하지 못했습니다.\n{words}\n--b\n"
            f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; {HOST}\n\n"
            f"Final-Recipient: rfc822; {row.address}\nAction: failed\nStatus: {status}\n"
            f"Diagnostic-Code: smtp; {words}\n--b--\n"
        ).encode()

    return at


def _letter(sender: str, subject: str, text: str, head: str) -> Mail:
    def at(when: datetime) -> bytes:
        return (
            f"From: {sender}\nTo: planner@outreach.example\nDate: {when:%a, %d %b %Y %H:%M:%S} +0000\n"
            f"Message-ID: <demo-{when:%H%M%S}@{HOST}>\nSubject: {subject}\n{head}MIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
        ).encode()

    return at
