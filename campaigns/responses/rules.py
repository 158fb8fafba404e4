"""How a response reached us, and what is known about it."""

from __future__ import annotations

import enum


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class Channel(str, enum.Enum):
    MAIL_LINK = "mail_link"
    QR = "qr"
    PHONE = "phone"
    VISIT = "visit"
    FAX = "fax"
    BRIEFING = "briefing"


CHANNEL_LABELS = {
    Channel.MAIL_LINK: _("메일 링크"),
    Channel.QR: _("QR 코드"),
    Channel.PHONE: _("전화"),
    Channel.VISIT: _("방문"),
    Channel.FAX: _("팩스"),
    Channel.BRIEFING: _("설명회"),
}

#: Channels a member of staff types in.
STAFF_CHANNELS = [Channel.PHONE, Channel.VISIT, Channel.FAX, Channel.BRIEFING]


class ResponseState(str, enum.Enum):
    VERIFIED = "verified"
    UNVERIFIED = "unverified"  # in the tray: QR, or a typed business number
    DISMISSED = "dismissed"


STATE_LABELS = {
    ResponseState.VERIFIED: _("확인됨"),
    ResponseState.UNVERIFIED: _("확인 대기"),
    ResponseState.DISMISSED: _("제외"),
}


class Verdict(str, enum.Enum):
    PENDING = "pending"
    HUMAN = "human"
    MACHINE = "machine"
