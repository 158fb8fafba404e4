"""What happened to one recipient of a mailing, for their page."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from campaigns.delivery.models import Delivery, DeliveryTry
from campaigns.delivery.retry import TROUBLE_LABELS
from campaigns.delivery.retry_words import retry_words
from campaigns.delivery.rules import SKIP_LABELS, DeliveryState
from campaigns.delivery.story import Event
from campaigns.mailings.models import Mailing
from outreach.web.language import translated


def story(mailing: Mailing, delivery: Delivery, tries: Iterable[DeliveryTry]) -> list[Event]:
    """Newest first: written down, each try with the server's own words, the end, and what comes next."""
    told = [Event(mailing.approved_at, _("수신자로 확정"))] if mailing.approved_at else []
    told += [_tried(number, row) for number, row in enumerate(tries, start=1)]
    told += _end(delivery)
    if delivery.state is DeliveryState.DEFERRED and delivery.next_try_at:
        told.append(Event(delivery.next_try_at, _("다음 시도(예정)"), text=retry_words(delivery), tone="info"))
    return told[::-1]


def _tried(number: int, row: DeliveryTry) -> Event:
    """A try that did not succeed. 421 and 4xx are put off, 5xx are refused (RFC 5321 §4.2.1)."""
    if row.state is DeliveryState.IN_DOUBT:
        return Event(row.at, _("%(n)s번째 시도: 받았는지 알 수 없음", n=number), text=_words(row), tone="warning")
    refused = row.state is DeliveryState.REFUSED
    title = _("%(n)s번째 시도: 거부됨", n=number) if refused else _("%(n)s번째 시도: 미루어짐", n=number)
    return Event(row.at, title, text=_words(row), tone="danger" if refused else "warning")


def _words(row: DeliveryTry) -> str:
    """The class of the trouble, then what the server said."""
    reply = " ".join(str(part) for part in (row.code, row.status, translated(row.text)) if part)
    return " · ".join(part for part in (_(TROUBLE_LABELS[row.trouble]) if row.trouble else "", reply) if part)


def _end(delivery: Delivery) -> list[Event]:
    if delivery.done_at is None:
        return []
    if delivery.state is DeliveryState.ACCEPTED:
        reply = (delivery.reply_code, delivery.reply_status, delivery.reply_text)
        text = " ".join(str(part) for part in reply if part)
        return [Event(delivery.done_at, _("받는 쪽 메일 서버가 접수함"), text=text, tone="success")]
    if delivery.state is DeliveryState.SKIPPED:
        reason = _(SKIP_LABELS[delivery.skip_reason]) if delivery.skip_reason else ""
        return [Event(delivery.done_at, _("보내지 않음"), text=reason)]
    if delivery.state is DeliveryState.CANCELLED:
        return [Event(delivery.done_at, _("발송이 취소되어 보내지 않음"))]
    return []
