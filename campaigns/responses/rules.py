"""How a response reached us, and what is known about it."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass

from outreach.scope import EDITOR_ROLES, STAFF_ROLES, Role


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
    MAIL_REPLY = "mail_reply"  # an answer to the mail itself
    GALLERY = "gallery"  # "our company too" beside a case of the public gallery
    POST = "post"  # the code on a letter


CHANNEL_LABELS = {
    Channel.MAIL_LINK: _("메일 링크"),
    Channel.QR: _("QR 코드"),
    Channel.PHONE: _("전화"),
    Channel.VISIT: _("방문"),
    Channel.FAX: _("팩스"),
    Channel.BRIEFING: _("설명회"),
    Channel.MAIL_REPLY: _("메일 회신"),
    Channel.GALLERY: _("누리집 사례관"),
    Channel.POST: _("우편"),
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


#: Stands for the response form among the links of a mail, which are counted from 0: that it was opened is noted for
#: steps of a sequence only, whose mail says so.
FORM_POSITION = -1
VERDICT_LABELS = {
    Verdict.PENDING: _("판정 중"),
    Verdict.HUMAN: _("사람"),
    Verdict.MACHINE: _("기계"),
}


#: How a lead's history names a click that was a person's.
CLICK_LABEL = _("메일 링크를 누름")


class SignalKind(str, enum.Enum):
    """What is recorded beside clicks. It proves nothing about a person and opens no lead."""

    OPEN = "open"
    SCAN = "scan"


#: Who may read responses, and who may take one in, match it to a company or set it aside.
VIEW_ROLES = STAFF_ROLES
WORK_ROLES = EDITOR_ROLES | {Role.PLANNER}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a company answered, checked and in canonical form. Everything but the wishes or the message may
    be empty; ``consented``: the person agreed to the use of the personal data they wrote down."""

    wants: tuple[str, ...] = ()
    person: str = ""
    phone: str = ""
    email: str = ""
    preferred_time: str = ""
    message: str = ""
    company_name: str = ""
    business_number: str | None = None
    consented: bool = False

    @property
    def note(self) -> str:
        """For the planner: the message and when to call."""
        when = f"통화하기 좋은 때: {self.preferred_time}" if self.preferred_time else ""
        return "\n".join(filter(None, (self.message, when)))


def submission_key(form: str, row_id: int, nonce: str, answer: Answer) -> str:
    """Tells one filled-in form from the next. It is bound to the link the form was opened with, so that
    nobody can take the key of someone else's answer, and to what was written: a form gone back to, changed and sent
    once more is another answer."""
    return hashlib.sha256(f"{form}:{row_id}:{nonce}:{answer!r}".encode()).hexdigest()
