"""The legal gates of a mailing: one table, each gate with its article, its wording and its test.

Pure rules over :class:`Facts`. A gate that fails blocks: in the checklist, at asking for approval, at approval and
at starting (campaigns.mailings.lawful gathers the facts). Articles are those of 정보통신망법 (text to 2026-09-29) and
its 시행령; 별표 6 is known from second hand only and to be confirmed with KISA 118.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from campaigns.mailings.rules import ADVERTISING_LABEL, MessageClass
from outreach.wording import Text

#: A recorded reason says something.
MIN_REASON = 5
#: So many addresses that count up at one domain were not collected from people but made.
SERIAL_ADDRESSES = 20
#: RFC 2606, RFC 6761: nobody has an address there.
RESERVED_DOMAIN = re.compile(r"(^|\.)(example|test|invalid|localhost)(\.(com|net|org))?$")

#: What people write instead of the label, in any of the usual brackets, or with something in between.
_VARIANT = re.compile(r"[(\[{<（［〔【]\s*(?:광\W{0,2}고(?:성)?|AD|Ad|ad)\s*[)\]}>）］〕】]")
_OFFER = re.compile(
    r"할인|특가|세일|구매\s*(?:하|혜택|시)|구입\s*(?:하|혜택|시)|판매\s*(?:합|중|가)|쿠폰|프로모션|사은품|경품|체험단|"
    r"무료\s*체험|가입비|수강료|이용권|상품권|최저가|한정\s*수량|첫\s*달\s*무료|렌탈|분양|유료\s*(?:서비스|상품|회원)"
)
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_LETTER = re.compile(r"[^\W\d_]")
_NUMBERED = re.compile(r"(.*?)(\d+)(@.+)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gates look at. ``subject`` as it is sent, label included; ``words``: all that people wrote in the
    mail; ``html`` and ``text`` the composed parts, None while they can't be composed; ``opt_out`` the slot or
    address of the unsubscribe link. ``unconsented``: recipients without a standing consent to advertising,
    ``overdue``: those whose consent should have been confirmed by now, ``serial`` an example of addresses that look
    made up, '' if none do. ``approved``: None before the approval, else whether its approver is known."""

    message_class: MessageClass
    class_reason: str
    commercial_reason: str
    subject: str
    words: str
    sender_name: str
    sender_address: str
    sender_phone: str
    sender_postal: str
    html: str | None = None
    text: str | None = None
    opt_out: str = ""
    unconsented: int = 0
    overdue: int = 0
    serial: str = ""
    approved: bool | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """``test`` returns why the gate stays shut, or None. ``field``: where the editor mends it."""

    name: str
    label: Text
    article: Text
    field: str
    test: Callable[[Facts], Text | None]
    classes: frozenset[MessageClass] = frozenset(MessageClass)


@dataclass(frozen=True, slots=True)
class Finding:
    """One gate as it stands: ``problem`` None where it is open."""

    gate: Gate
    problem: Text | None

    @property
    def said(self) -> Text | None:
        """The problem with its article."""
        if self.problem is None:
            return None
        return Text("%(problem)s (%(article)s)", problem=self.problem, article=self.gate.article)


def look(facts: Facts) -> list[Finding]:
    """Every gate that applies to the class, in the order of the table; that of the approver once there is one."""
    asked = [gate for gate in GATES if facts.message_class in gate.classes]
    if facts.approved is None:
        asked = [gate for gate in asked if gate.test is not _approver]
    return [Finding(gate, gate.test(facts)) for gate in asked]


def serial_example(addresses: Iterable[str]) -> str:
    """The first of SERIAL_ADDRESSES or more addresses that count up without a gap at one domain, as
    ``info001@x.kr``; '' if there are none. Reserved domains (RFC 2606) reach nobody and don't count."""
    numbers: dict[tuple[str, str, int], set[int]] = {}
    for address in addresses:
        found = _NUMBERED.fullmatch(address)
        if found and not RESERVED_DOMAIN.search(found[3][1:]):
            width = len(found[2]) if found[2].startswith("0") else 0
            numbers.setdefault((found[1], found[3], width), set()).add(int(found[2]))
    for (stem, domain, width), seen in numbers.items():
        if len(seen) >= SERIAL_ADDRESSES and (first := _run(sorted(seen))) is not None:
            return f"{stem}{first:0{width}d}{domain}" if width else f"{stem}{first}{domain}"
    return ""


def _run(numbers: Sequence[int]) -> int | None:
    """Where SERIAL_ADDRESSES numbers follow each other, the first of them."""
    last = SERIAL_ADDRESSES - 1
    return next((n for at, n in enumerate(numbers[:-last]) if numbers[at + last] == n + last), None)


def offers(words: str) -> list[str]:
    """Words of selling in a text, each once."""
    return list(dict.fromkeys(" ".join(match[0].split()) for match in _OFFER.finditer(words)))


# -- the tests -------------------------------------------------------------------------------------------------


def _class_reason(facts: Facts) -> Text | None:
    if not facts.class_reason.strip():
        return Text("메시지 분류(공익안내·광고·동의절차통지)의 판단 근거를 적어 주세요.")
    return None


def _approver(facts: Facts) -> Text | None:
    if facts.approved is False:
        return Text("이 분류를 승인한 사람의 기록이 없습니다. 다시 승인을 받아 주세요.")
    return None


def _label(facts: Facts) -> Text | None:
    rest = facts.subject.removeprefix(ADVERTISING_LABEL)
    if not facts.subject.startswith(ADVERTISING_LABEL):
        return Text("광고 메일의 제목은 정확히 '(광고)'로 시작해야 합니다.")
    if ADVERTISING_LABEL in rest:
        return Text("제목의 '(광고)' 표시가 두 번 들어 있습니다. 한 번만 적어 주세요.")
    if found := _VARIANT.search(rest):
        return Text("제목에 변형된 광고 표시 '%(mark)s'가 있습니다. '(광고)'만 쓸 수 있습니다.", mark=found[0])
    return None


def _no_label(facts: Facts) -> Text | None:
    found = _VARIANT.search(f"{facts.subject}\n{facts.words}")
    if found is None:
        return None
    return Text(
        "광고 표시 '%(mark)s'가 들어 있지만 광고로 분류하지 않았습니다. 광고이면 분류를 광고로 바꾸고, 아니면 표시를 "
        "지워 주세요.", mark=found[0],
    )


def _consent(facts: Facts) -> Text | None:
    if not facts.unconsented:
        return None
    text = "광고 수신에 명시적으로 미리 동의한 기록이 없는 수신자가 %(count)s명 있습니다."
    return Text(text, count=facts.unconsented)


def _confirmed(facts: Facts) -> Text | None:
    if not facts.overdue:
        return None
    return Text(
        "수신동의를 받은 지 2년이 지났는데 동의 여부를 확인하지 않은 수신자가 %(count)s명 있습니다. '수신동의 통지' "
        "화면에서 확인 통지를 먼저 보내 주세요.", count=facts.overdue,
    )


def _commercial(facts: Facts) -> Text | None:
    found = offers(f"{facts.subject}\n{facts.words}")
    if not found or len(facts.commercial_reason.strip()) >= MIN_REASON:
        return None
    return Text(
        "상품·서비스를 권하는 말('%(words)s')이 있습니다. 협력기관의 영리 목적 내용이면 분류를 광고로 바꾸고, 아니라면 "
        "'광고로 보지 않은 까닭'에 판단 근거를 적어 주세요.", words="', '".join(found[:3]),
    )


def _no_promotion(facts: Facts) -> Text | None:
    found = offers(f"{facts.subject}\n{facts.words}")
    if not found:
        return None
    text = "동의절차통지에는 홍보 내용('%(words)s')을 넣을 수 없습니다. 통지에 필요한 내용만 남겨 주세요."
    return Text(text, words="', '".join(found[:3]))


def _sender_name(facts: Facts) -> Text | None:
    return None if facts.sender_name.strip() else Text("보내는 기관의 이름을 적어 주세요.")


def _sender_address(facts: Facts) -> Text | None:
    if not facts.sender_address.strip():
        return Text("보내는 메일 주소를 적어 주세요.")
    return None


def _sender_phone(facts: Facts) -> Text | None:
    if not facts.sender_phone.strip():
        return Text("보내는 기관의 전화번호를 적어 주세요.")
    if sum(letter.isdigit() for letter in facts.sender_phone) < 4:
        return Text("보내는 기관의 전화번호를 확인해 주세요. 받는 사람이 걸 수 있는 번호여야 합니다.")
    return None


def _sender_postal(facts: Facts) -> Text | None:
    return None if facts.sender_postal.strip() else Text("광고 메일에는 보내는 기관의 주소가 있어야 합니다.")


def _not_hidden(facts: Facts) -> Text | None:
    """Whoever reads must see who sends: a name in words, and no other address in its place."""
    name, address = facts.sender_name.strip(), facts.sender_address.strip().lower()
    if not name or not address:
        return None  # said by the gates above
    if not _LETTER.search(name):
        return Text("보내는 기관의 이름에 글자가 없어 누가 보냈는지 알 수 없습니다. 이름을 적어 주세요.")
    if any(found.lower() != address for found in _ADDRESS.findall(name)):
        return Text("보내는 기관의 이름에 실제로 보내는 주소와 다른 메일 주소가 들어 있습니다. 지워 주세요.")
    return None


def _opt_out(facts: Facts) -> Text | None:
    """In both parts, in both languages, said to be free and without signing in, with the link itself."""
    if facts.html is None or facts.text is None:
        return None  # what can't be composed is said elsewhere
    said = ("수신거부", "무료", "로그인 없", "unsubscribe", "free")
    parts = (facts.html, facts.text)
    links = bool(facts.opt_out) and all(facts.opt_out in part for part in parts)
    words = [part.replace(facts.opt_out, "").lower() for part in parts] if links else []  # the link says no word
    if links and all(word in part for word in said for part in words):
        return None
    return Text(
        "본문 끝에 한국어와 영어로 된 무료 수신거부 안내와 링크가 모두 있어야 합니다. 시스템 관리자에게 알려 주세요."
    )


def _not_generated(facts: Facts) -> Text | None:
    if not facts.serial:
        return None
    return Text(
        "번호를 붙여 만든 것으로 보이는 수신자 주소('%(address)s' 등)가 이어집니다. 자동으로 만든 주소에는 보낼 수 "
        "없습니다. 명단을 확인해 주세요.", address=facts.serial,
    )


_ADVERTISING = frozenset({MessageClass.ADVERTISING})
_PUBLIC = frozenset({MessageClass.PUBLIC_NOTICE})
_NOTICE = frozenset({MessageClass.CONSENT_NOTICE})

_WHOLE = Text("정보통신망법 제50조")
_CONSENT = Text("정보통신망법 제50조제1항")
_MARKED = Text("정보통신망법 제50조제4항")
_HONEST = Text("정보통신망법 제50조제5항")
_CONFIRMED = Text("정보통신망법 제50조제8항")
_CLASSED = Text("정보통신망법 제50조제1항·제4항")
_LEAVING = Text("정보통신망법 제50조제4항·제6항")
_NOTIFIED = Text("정보통신망법 제50조제7항·제8항")

#: Label, consent and confirmation are asked of 광고 only; who sends, and leaving, of every class.
GATES: tuple[Gate, ...] = (
    Gate("class", Text("분류의 근거"), _WHOLE, "class_reason", _class_reason),
    Gate("approver", Text("분류의 승인자"), _WHOLE, "", _approver),
    Gate("label", Text("제목의 (광고) 표시"), _MARKED, "subject", _label, _ADVERTISING),
    Gate("no_label", Text("광고 표시가 없는 본문"), _MARKED, "message_class", _no_label, _PUBLIC | _NOTICE),
    Gate("commercial", Text("영리 목적의 내용 없음"), _CLASSED, "commercial_reason", _commercial, _PUBLIC),
    Gate("no_promotion", Text("홍보 내용 없음"), _NOTIFIED, "message_class", _no_promotion, _NOTICE),
    Gate("consent", Text("수신자별 사전 동의"), _CONSENT, "audience_id", _consent, _ADVERTISING),
    Gate("confirmed", Text("2년마다 동의 확인"), _CONFIRMED, "audience_id", _confirmed, _ADVERTISING),
    Gate("sender_name", Text("보내는 기관의 이름"), _MARKED, "sender_name", _sender_name),
    Gate("sender_address", Text("보내는 메일 주소"), _MARKED, "sender_address", _sender_address),
    Gate("sender_phone", Text("보내는 기관의 전화"), _MARKED, "sender_phone", _sender_phone),
    Gate("sender_postal", Text("보내는 기관의 주소"), _MARKED, "sender_postal", _sender_postal, _ADVERTISING),
    Gate("not_hidden", Text("감추지 않은 발신자"), _HONEST, "sender_name", _not_hidden),
    Gate("opt_out", Text("무료 수신거부 안내(한국어·영어)"), _LEAVING, "", _opt_out),
    Gate("not_generated", Text("자동으로 만들지 않은 주소"), _HONEST, "audience_id", _not_generated, _ADVERTISING),
)
