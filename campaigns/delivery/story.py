"""What happened to a mailing, for its page: who did what, and what the clock and the workers did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import pgettext

from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.audit.models import ChangeRecord

WORTH_TELLING = 30


@dataclass(frozen=True, slots=True)
class Event:
    """An item of the pages' time line."""

    when: datetime
    title: str
    by: str = ""
    text: str = ""
    tone: str = ""


def story(mailing: Mailing, records: Iterable[ChangeRecord]) -> list[Event]:
    """The latest events, newest first."""
    told = [event for record in records if (event := _told(record))]
    if mailing.started_at:
        told.append(Event(mailing.started_at, _("발송 시작"), tone="info"))
    if mailing.finished_at and mailing.state is MailingState.FINISHED:
        expired = mailing.not_after is not None and mailing.finished_at >= mailing.not_after
        title = _("마지막 시각이 지나 발송을 마침") if expired else _("발송 완료")
        told.append(Event(mailing.finished_at, title, tone="warning" if expired else "success"))
    return sorted(told, key=lambda event: event.when, reverse=True)[:WORTH_TELLING]


def _told(record: ChangeRecord) -> Event | None:
    if record.action == "create":
        return Event(record.at, _("메일 만듦"), record.user_email)
    if record.action == "edit":
        return Event(record.at, _("내용 수정"), record.user_email)
    if record.action == "replace":
        before, after = record.changes["blocks"]
        text = _("‘%(before)s’ 대신 ‘%(after)s’", before=before, after=after)
        return Event(record.at, _("내려진 것을 바꿈"), record.user_email, text, "info")
    if record.action == "reapprove":
        return Event(record.at, _("바꾼 내용 승인"), record.user_email, tone="success")
    if record.action != "state":
        return None
    before, after = record.changes["state"]
    comment = record.changes.get("comment", [None, ""])[1]
    title, tone = _move(MailingState(before), MailingState(after), bool(comment))
    return Event(record.at, title, record.user_email, comment, tone)


def _move(before: MailingState, after: MailingState, commented: bool) -> tuple[str, str]:
    """A person's move in words, and its tone."""
    match before, after:
        case MailingState.REVIEW, MailingState.DRAFT:
            return (_("돌려보냄"), "warning") if commented else (_("승인 요청 거둠"), "")
        case _, MailingState.DRAFT:
            return _("승인 거둠"), "warning"
        case _, MailingState.REVIEW:
            return pgettext("history", "승인 요청"), "info"
        case _, MailingState.FREEZING:
            return pgettext("history", "승인"), "success"
        case MailingState.SCHEDULED, MailingState.APPROVED:
            return _("예약 취소"), "warning"
        case _, MailingState.SCHEDULED:
            return _("발송 예약"), "info"
        case MailingState.FINISHED, MailingState.SENDING:
            return _("일부에게 다시 보냄"), "info"
        case _, MailingState.SENDING:
            return _("다시 시작"), "info"
        case _, MailingState.PAUSED:
            return _("일시 정지"), "warning"
        case _:
            return _("취소됨"), "danger"
