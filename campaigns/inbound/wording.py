"""Words by which people and machines say what they mean: automatic answers, leaving, refusing more mail."""

from __future__ import annotations

import enum
import re


class Refusal(enum.Enum):
    NO = "no"
    MENTIONED = "mentioned"  # the word occurs; what is meant is for a person to say
    YES = "yes"


_AUTO_SUBJECT = re.compile(
    r"out of (?:the )?office|auto(?:matic|mated)?[ -]?(?:reply|response|re:|answer)|\bauto:|away from|on vacation|"
    r"자동 ?(?:응답|회신|답장|답신)|부재 ?(?:중|안내|알림)|휴가 ?(?:중|안내|입니다)|출장 ?(?:중|안내|입니다)|퇴사|퇴직",
    re.IGNORECASE,
)
_AUTO_TEXT = re.compile(
    r"out of (?:the )?office|this is an automat(?:ic|ed)|currently (?:away|out|on leave)|"
    r"자동 ?(?:으로)? ?(?:응답|회신|발송|답장)[^\n]{0,10}(?:메일|입니다|메시지)|부재 ?중(?:입니다|이오니|이므로|으로)|"
    r"(?:휴가|출장|연차|육아휴직|출산휴가|교육) ?(?:중|기간)(?:입니다|이오니|이므로|으로|에는)",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"no longer (?:work|with|employed)|has left (?:the|our) (?:company|organi[sz]ation)|left the company|"
    r"더 ?이상 ?(?:근무|재직)하지 ?않|퇴사(?:하였|하여|했|한 |하셨|자입니다|로 인)|퇴직(?:하였|하여|했|한 |하셨|로 인)|"
    r"(?:담당자|담당)[가이]? ?(?:변경|바뀌었|교체)(?:되었|됐|되어)?|부서 ?이동|인사 ?발령|전보 ?되었",
    re.IGNORECASE,
)

_REFUSAL = re.compile(
    r"수신 ?거부|수신 ?거절|수신을? ?(?:원하지|희망하지|바라지) ?않|수신 ?(?:동의)?[을를]? ?(?:철회|해지|중단|취소)|"
    r"(?:메일|메일을|안내|광고|연락)[^\n.?]{0,14}"
    r"(?:그만|보내지 ?(?:마|말|않)|받지 ?않|안 ?받|필요 ?없|사절|중단|받고 ?싶지)|"
    r"그만 ?(?:보내|받)|(?:메일링|발송|수신) ?(?:리스트|목록|명단|대상)[^\n.?]{0,12}(?:삭제|제외|빼)|"
    r"구독 ?(?:취소|해지)|"
    r"\bunsubscribe\b|remove me|take me off|stop (?:sending|e-?mail|mail)|opt[ -]?out|no more (?:e-?)?mails?",
    re.IGNORECASE,
)
#: The word without the wish: taking it back, asking about it, speaking of others.
_NOT_REFUSING = re.compile(
    r"(?:수신 ?거부|구독 ?취소|unsubscribe)[^\n.]{0,12}(?:해제|취소|풀어|철회|아닙니다|아니에요|아니라|하지 ?않았|"
    r"안 ?했|되어 ?있|돼 ?있|한 ?적|by mistake)|실수로|잘못 ?(?:눌|누르)|다시 ?(?:받|보내)|did not|didn't|계속 ?받",
    re.IGNORECASE,
)
#: A subject that is the wish and nothing else.
_WISH = re.compile(
    r"[\[(]?(?:메일 ?)?(?:수신 ?거부|구독 ?(?:취소|해지)|unsubscribe|stop)"
    r"(?: ?(?:요청|신청|합니다|입니다))?[\])]?[.!]*",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"^(?:\s*(?:re|fw|fwd|회신|답장|전달)\s*[:：])+", re.IGNORECASE)
#: A refusal is short; in a longer letter the word may mean anything.
_SHORT = 200


def is_automatic(subject: str, text: str) -> bool:
    """Whether the words are those of an absence note or another automatic answer."""
    return bool(_AUTO_SUBJECT.search(subject[:300]) or _AUTO_TEXT.search(text[:1500]))


def has_left(subject: str, text: str) -> bool:
    """Whether it says that the person does not work there any more, or that another has the task now."""
    return bool(_LEFT.search(subject[:300]) or _LEFT.search(text[:3000]))


def refusal(subject: str, text: str) -> Refusal:
    """Whether an answer (without its quotation) refuses further mail. ``subject`` counts only if it is the wish and
    nothing else: an answer repeats the subject of the mail it answers."""
    bare = _PREFIX.sub("", subject[:300]).strip()
    if _WISH.fullmatch(bare):
        return Refusal.YES
    if not _REFUSAL.search(text):
        return Refusal.NO
    short = len(text.strip()) <= _SHORT
    return Refusal.YES if short and not _NOT_REFUSING.search(text) else Refusal.MENTIONED
