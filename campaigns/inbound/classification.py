"""What an incoming mail is. Pure: everything known from elsewhere is handed in.

Order matters. A report in its standard form is believed first; then what a mail server says in its own words; then
what is marked as automatic; what is left was written by a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import NamedTuple

from campaigns.inbound import bounces, quotes, wording
from campaigns.inbound.bounces import Recipient, Verdict
from campaigns.inbound.content import Mail, addresses
from campaigns.inbound.rules import BounceClass, Finding, Kind, Reason
from campaigns.inbound.wording import Refusal

_DAEMON = re.compile(r"(?:mailer-daemon|mail-daemon|mail\.?daemon|postmaster|mdaemon|bounces?|returned|mailerdaemon)@")
#: Naver and NAVER WORKS tell whoever sends by way of them under an ordinary name, and whom they could not reach in the
#: subject alone: "[발송실패 안내] …으로 메일이 전송되지 못했습니다.". They tell other things as well.
_NOTICE = re.compile(r"navermail_noreply@navercorp\.com|no_reply@worksmobile\.com")
_NAMED = re.compile(r"[\w.+-]+@[\w.-]+\w", re.ASCII)  # a particle follows without a space
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|report|notification)|failure notice|"
    r"returned (?:e?mail|msg|to sender)|mail (?:delivery|system) (?:fail|error)|delivery.{0,12}fail|"
    r"could not be delivered|반송|(?:배달|전송|전달|발송|수신|송신)[^\n]{0,6}(?:실패|불가|오류)|"
    r"(?:배달|전달|전송)되지 ?(?:못|않)|리턴 ?메일",
    re.IGNORECASE,
)
_ANSWERING = re.compile(r"\s*(?:re|fw|fwd|회신|답장|전달)\s*[:：]", re.IGNORECASE)
_ABUSE = frozenset({"abuse", "fraud", "virus", "other", "miscategorized", ""})

_AUTO_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponse")
_TEXT_CHARS = 20_000
#: Where a report in words goes over to the mail that came back; its words are none of the server's.
_COPY = re.compile(
    r"^[ \t>]*(?:-{2,}.{0,60}(?:copy of|original message|headers|원본|원문).{0,60}|received: .{3,}|return-path: .{3,}|"
    r"mime-version: .{3,}|dkim-signature: .{3,})$",
    re.IGNORECASE | re.MULTILINE,
)


class Failures(NamedTuple):
    """Addresses that another reader of bounces found: given up, and still being tried."""

    permanent: tuple[str, ...] = ()
    temporary: tuple[str, ...] = ()


class Context(NamedTuple):
    """What is known of a mail from elsewhere. ``ours``: it carries a token of ours; ``address``: whom the mail it
    answers went to; ``known``: its sender is someone we write to; ``quoted``: lines of the mail it answers."""

    ours: bool = False
    address: str = ""
    known: bool = False
    quoted: Collection[str] = ()


def classify(mail: Mail, context: Context, failures: Callable[[], Failures]) -> Finding:
    """What ``mail`` is. ``failures`` is asked only where a mail server speaks without a report."""
    return (
        _report(mail, context) or _feedback(mail) or _receipt(mail)
        or _words_of_a_server(mail, context, failures) or _automatic(mail) or _odd_bounce(mail, context, failures)
        or _person(mail, context)
    )


# -- reports in standard form --------------------------------------------------------------------------------


def _report(mail: Mail, context: Context) -> Finding | None:
    text = next(mail.texts("message/delivery-status"), "")
    found = bounces.recipients(text) if text else []
    if not found:
        return None
    about = bounces.chosen(found, context.address)
    if about.action in {"delivered", "relayed", "expanded"}:
        return Finding(Kind.AUTO_REPLY, Reason.DELIVERED, address=about.address, status=about.status)
    judged = bounces.verdict(about, _people_text(mail))
    if about.action == "delayed":
        kept = judged.bounce_class if judged.bounce_class is BounceClass.FULL else BounceClass.SOFT
        return _bounce(Verdict(kept, judged.status), Reason.DELAYED, about, final=False)
    return _bounce(judged, Reason.STATUS if judged.status else Reason.WORDS, about, final=True)


def _bounce(judged: Verdict, reason: Reason, about: Recipient, *, final: bool) -> Finding:
    return Finding(
        Kind.BOUNCE, reason, judged.bounce_class, about.address, judged.status, about.diagnostic[:300], final=final,
        unknown_user=judged.unknown_user and final,
    )


def _feedback(mail: Mail) -> Finding | None:
    text = next(mail.texts("message/feedback-report"), None)
    if text is None:
        return None
    kind, named = bounces.subjects_of_feedback(text)
    about = named[0] if named else ""
    if kind in {"opt-out", "opt-out-list", "unsubscribe"}:
        return Finding(Kind.UNSUBSCRIBE, Reason.FEEDBACK, address=about)
    if kind in _ABUSE:
        return Finding(Kind.COMPLAINT, Reason.FEEDBACK, address=about, diagnostic=kind)
    return Finding(Kind.AUTO_REPLY, Reason.NOT_SPAM, address=about, diagnostic=kind)


def _receipt(mail: Mail) -> Finding | None:
    opened = mail.report == "disposition-notification" or any(mail.texts("message/disposition-notification"))
    return Finding(Kind.AUTO_REPLY, Reason.RECEIPT, address=mail.sender[1]) if opened else None


# -- a mail server in its own words -----------------------------------------------------------------------------


def _words_of_a_server(
    mail: Mail, context: Context, failures: Callable[[], Failures], *, certainly: bool = False
) -> Finding | None:
    says_so = bool(_BOUNCE_SUBJECT.search(mail.subject)) and not _ANSWERING.match(mail.subject)
    notice = says_so and bool(_NOTICE.fullmatch(mail.sender[1]))
    from_server = notice or bool(_DAEMON.match(mail.sender[1])) or mail.bounces_to_nobody
    if not (from_server or says_so or certainly):
        return None
    if wording.is_automatic(mail.subject, "") and not says_so:
        return None
    words = _people_text(mail)
    named = addresses(mail.headers.first("x-failed-recipients"))
    if notice:
        named = _NAMED.findall(mail.subject[:300].lower())
    judged = bounces.by_words(words)
    found = failures()
    about = next(iter([*named, *found.permanent, *found.temporary]), "")
    if not about and not (judged and from_server and (context.ours or says_so)):
        return None
    waiting = not named and not found.permanent and bool(found.temporary)
    if judged is None:
        judged = Verdict(BounceClass.SOFT if waiting else BounceClass.HARD)
        reason = Reason.HEURISTIC
    else:
        reason = Reason.WORDS
    if notice and not judged.status:
        judged = replace(judged, unknown_user=False)  # it lists what may be the cause, all at once
    final = not waiting and "delay" not in mail.subject.lower()
    return _bounce(judged, reason, Recipient(final=about, diagnostic=_line_with_a_code(words)), final=final)


def _odd_bounce(mail: Mail, context: Context, failures: Callable[[], Failures]) -> Finding | None:
    """A report from a server that does not look like one, from nobody we know."""
    if context.ours or context.known:
        return None
    return _words_of_a_server(mail, context, failures, certainly=True)


def _line_with_a_code(words: str) -> str:
    lines = [" ".join(line.split()) for line in words.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\b[45]\d\d[ -]|\b[45]\.\d\.\d", line)]
    return next(iter([*telling, *(line for line in lines if bounces.by_words(line)), ""]))[:300]


def _people_text(mail: Mail) -> str:
    text = mail.text[:_TEXT_CHARS]
    copy = _COPY.search(text)
    return text[:copy.start()] if copy else text


# -- automatic answers --------------------------------------------------------------------------------------------


def _automatic(mail: Mail) -> Finding | None:
    text = quotes.stripped(mail.text)
    marked = _is_marked(mail)
    if not marked and not wording.is_automatic(mail.subject, text):
        return None
    left = wording.has_left(mail.subject, text)
    reason = Reason.LEFT if left else Reason.AUTO_HEADER if marked else Reason.AUTO_WORDS
    return Finding(Kind.AUTO_REPLY, reason, address=mail.sender[1], left=left, text=text)


def _is_marked(mail: Mail) -> bool:
    """Whether a machine says that it wrote the mail (RFC 3834 §5, and the fields of older programs)."""
    submitted = mail.headers.first("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if any(mail.headers.first(name).strip().lower() not in {"", "no"} for name in _AUTO_FIELDS):
        return True
    return mail.headers.first("precedence").strip().lower() in {"auto_reply", "auto-reply"} or mail.bounces_to_nobody


# -- people ----------------------------------------------------------------------------------------------------


def _person(mail: Mail, context: Context) -> Finding:
    text = quotes.stripped(mail.text, context.quoted)
    address = mail.sender[1]
    if not context.ours and _is_bulk(mail):
        return Finding(Kind.UNKNOWN, Reason.BULK, address=address, text=text)
    if not (context.ours or context.known):
        refuses = wording.refusal(mail.subject, text) is Refusal.YES
        kind, reason = (Kind.UNSUBSCRIBE, Reason.REFUSAL) if refuses else (Kind.UNKNOWN, Reason.STRANGER)
        return Finding(kind, reason, address=address, text=text)
    match wording.refusal(mail.subject, text):
        case Refusal.YES:
            return Finding(Kind.UNSUBSCRIBE, Reason.REFUSAL, address=address, text=text)
        case Refusal.MENTIONED:
            return Finding(Kind.REPLY, Reason.MENTIONS_REFUSAL, address=address, text=text)
    return Finding(Kind.REPLY, Reason.ANSWER, address=address, text=text)


def _is_bulk(mail: Mail) -> bool:
    return mail.headers.has("list-id") or mail.headers.first("precedence").strip().lower() in {"bulk", "list", "junk"}
