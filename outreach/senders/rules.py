"""Whether mail from a domain will be taken for genuine: SPF (RFC 7208), DKIM (RFC 6376, RFC 8463), DMARC (RFC 7489).

Pure rules over a question ``ask(name)`` to DNS. What can't be looked up is a state of its own, never a pass.
"""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from outreach.wording import Text


class SenderState(str, enum.Enum):
    ALIGNED = "aligned"
    NOT_ALIGNED = "not_aligned"
    UNKNOWN = "unknown"


STATE_LABELS = {
    SenderState.ALIGNED: "맞음", SenderState.NOT_ALIGNED: "맞지 않음", SenderState.UNKNOWN: "확인할 수 없음",
}

MAX_SPF_LOOKUPS = 10  # RFC 7208 §4.6.4
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

_POLICIES = ("none", "quarantine", "reject")
_SPF_TERM = re.compile(r"(?P<sign>[+\-~?]?)(?P<name>[a-z][a-z0-9_.-]*)(?P<rest>[:=/].*)?", re.IGNORECASE)
_ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})


@dataclass(frozen=True, slots=True)
class Records:
    """The TXT records of a name, each in one piece. ``failed``: why they could not be looked up, '' if they were."""

    texts: tuple[str, ...] = ()
    failed: str = ""


Ask = Callable[[str], Records]


class Key(Protocol):
    """A DKIM key we sign with (outreach.mail.dkim)."""

    selector: str
    domain: str

    @property
    def record_name(self) -> str: ...

    @property
    def record(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ``says`` in words, ``found`` the records there are, ``host`` and ``publish`` what to
    publish where ('' if nothing is to be done)."""

    name: str  # spf, dkim or dmarc
    state: SenderState
    says: Text
    found: tuple[str, ...] = ()
    host: str = ""
    publish: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "state": self.state.value, "says": self.says.template, "values": self.says.values,
            "found": list(self.found), "host": self.host, "publish": self.publish,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Finding:
        says = Text(data["says"], **data["values"])
        return cls(
            data["name"], SenderState(data["state"]), says, tuple(data["found"]), data["host"], data["publish"]
        )


@dataclass(frozen=True, slots=True)
class Assessment:
    domain: str
    findings: tuple[Finding, ...]

    @property
    def state(self) -> SenderState:
        """ALIGNED only if SPF, DMARC and at least one of our keys are in order."""
        keys = [finding.state for finding in self.findings if finding.name == "dkim"]
        best = next((state for state in SenderState if state in keys), SenderState.NOT_ALIGNED)
        if best is SenderState.NOT_ALIGNED and SenderState.UNKNOWN in keys:
            best = SenderState.UNKNOWN
        states = {best, *(finding.state for finding in self.findings if finding.name != "dkim")}
        for state in (SenderState.NOT_ALIGNED, SenderState.UNKNOWN):
            if state in states:
                return state
        return SenderState.ALIGNED


def assess(domain: str, keys: Sequence[Key], ask: Ask, mail_server: str = "") -> Assessment:
    """Look at everything. ``keys`` sign for ``domain``; ``mail_server`` is the host we hand mail to, for the text to
    publish."""
    policy, strict = look_at_dmarc(domain, ask)
    signing = [look_at_dkim(domain, key, strict, ask) for key in keys] or [_no_key(domain)]
    return Assessment(domain, (look_at_spf(domain, ask, mail_server), *signing, policy))


class BadRecord(ValueError):
    """Not a record of its kind; the message says why."""


def tags(record: str) -> dict[str, str]:
    """A tag list (RFC 6376 §3.2), names in lower case. Raises BadRecord for what is none."""
    found: dict[str, str] = {}
    for part in record.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not equals or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise BadRecord(part.strip()[:40])
        if name in found:
            raise BadRecord(name)
        found[name] = value.strip()
    return found


# -- SPF -------------------------------------------------------------------------------------------------------


def look_at_spf(domain: str, ask: Ask, mail_server: str = "") -> Finding:
    """Exactly one record that can be read, names some senders and not everybody, within ten look-ups."""
    answer = ask(domain)
    found = tuple(text for text in answer.texts if _is_spf(text))
    publish = _spf_to_publish(mail_server)

    def finding(state: SenderState, says: Text, publish: str = "") -> Finding:
        return Finding("spf", state, says, found, domain if publish else "", publish)

    if answer.failed:
        return finding(SenderState.UNKNOWN, _unanswered(answer))
    if not found:
        return finding(SenderState.NOT_ALIGNED, Text("SPF 레코드가 없습니다. 아래 글을 TXT로 공개해 주세요."), publish)
    if len(found) > 1:
        text = "SPF 레코드가 %(count)s개라 받는 쪽에서 모두 무시합니다. 하나로 합쳐 주세요."
        return finding(SenderState.NOT_ALIGNED, Text(text, count=len(found)))
    try:
        count = _spf_lookups(domain, found[0], ask, 0)
    except _Unanswered as error:
        return finding(SenderState.UNKNOWN, Text("SPF가 가리키는 %(name)s을(를) 조회하지 못했습니다.", name=error.name))
    except BadRecord as error:
        text = "SPF 레코드를 읽을 수 없습니다: %(what)s"
        return finding(SenderState.NOT_ALIGNED, Text(text, what=str(error)))
    if count > MAX_SPF_LOOKUPS:
        text = "SPF가 DNS를 %(limit)s번 넘게 조회하게 되어 있어 받는 쪽에서 무시합니다. include를 줄여 주세요."
        return finding(SenderState.NOT_ALIGNED, Text(text, limit=MAX_SPF_LOOKUPS))
    if any(term.lower() in {"all", "+all"} for term in found[0].split()[1:]):
        text = "SPF가 모든 서버를 허용(+all)해 위조를 막지 못합니다. ~all이나 -all로 고쳐 주세요."
        return finding(SenderState.NOT_ALIGNED, Text(text))
    return finding(SenderState.ALIGNED, Text("SPF 레코드가 하나 있고 읽을 수 있습니다."))


class _Unanswered(Exception):
    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


def _is_spf(text: str) -> bool:
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def _spf_lookups(domain: str, record: str, ask: Ask, before: int) -> int:
    """How many look-ups a receiver makes for ``record``, those of included records among them. Raises BadRecord."""
    count = before
    for term in record.split()[1:]:
        name, value = _spf_term(term)
        if name not in _ASKING:
            continue
        count += 1
        if count > MAX_SPF_LOOKUPS:
            break
        if name in {"include", "redirect"} and "%" not in value:  # a macro depends on the message
            answer = ask(value.lower().rstrip("."))
            if answer.failed:
                raise _Unanswered(value)
            inner = [text for text in answer.texts if _is_spf(text)]
            if len(inner) != 1:
                raise BadRecord(f"{name} {value}")  # RFC 7208 §5.2: a permanent error
            count = _spf_lookups(value, inner[0], ask, count)
    return count


def _spf_term(term: str) -> tuple[str, str]:
    """Name and value of one term. Raises BadRecord for what RFC 7208 §5 and §6 do not know."""
    match = _SPF_TERM.fullmatch(term)
    if match is None:
        raise BadRecord(term)
    name, rest = match["name"].lower(), match["rest"] or ""
    if rest.startswith("="):
        if match["sign"] or (name in {"redirect", "exp"} and len(rest) < 2):
            raise BadRecord(term)
        return name, rest[1:]
    if name in {"ip4", "ip6"}:
        try:
            network = ipaddress.ip_network(rest[1:], strict=False)
        except ValueError as error:
            raise BadRecord(term) from error
        if network.version != int(name[2]):
            raise BadRecord(term)
    elif name in {"include", "exists"}:
        if not rest.startswith(":") or len(rest) < 2:
            raise BadRecord(term)
    elif name not in {"all", "a", "mx", "ptr"} or (name == "all" and rest):
        raise BadRecord(term)
    return name, rest[1:]


def _spf_to_publish(mail_server: str) -> str:
    """The mail server as the one that may send; its operator knows better if it sends from other addresses."""
    try:
        address = ipaddress.ip_address(mail_server)
    except ValueError:
        return f"v=spf1 a:{mail_server} ~all" if DOMAIN.fullmatch(mail_server.lower()) else "v=spf1 mx ~all"
    return f"v=spf1 ip{address.version}:{address} ~all" if address.is_global else "v=spf1 mx ~all"


# -- DKIM ------------------------------------------------------------------------------------------------------


def _no_key(domain: str) -> Finding:
    text = "이 도메인의 메일에 서명할 키가 없습니다. 시스템 관리자가 OUTREACH_DKIM_KEYS에 키를 적어야 합니다."
    return Finding("dkim", SenderState.NOT_ALIGNED, Text(text), host="", publish="")


def look_at_dkim(domain: str, key: Key, strict: bool, ask: Ask) -> Finding:
    """Whether the key we sign with is published, and its domain fits that of the sender."""
    answer, ours = ask(key.record_name), tags(key.record)
    found = answer.texts

    def finding(state: SenderState, says: Text) -> Finding:
        todo = state is SenderState.NOT_ALIGNED
        return Finding("dkim", state, says, found, key.record_name if todo else "", key.record if todo else "")

    if answer.failed:
        return finding(SenderState.UNKNOWN, _unanswered(answer))
    if not found:
        text = "DKIM 공개 키(선택자 %(selector)s)가 없습니다. 아래 글을 TXT로 공개해 주세요."
        return finding(SenderState.NOT_ALIGNED, Text(text, selector=key.selector))
    if len(found) > 1:
        text = "선택자 %(selector)s에 레코드가 %(count)s개 있어 어느 키인지 알 수 없습니다. 하나만 남겨 주세요."
        return finding(SenderState.NOT_ALIGNED, Text(text, selector=key.selector, count=len(found)))
    problem = _dkim_problem(found[0], ours)
    if problem is not None:
        return finding(SenderState.NOT_ALIGNED, problem)
    if strict and key.domain != domain:
        text = "DMARC가 엄격한 일치(adkim=s)를 요구하지만 서명 도메인은 %(domain)s입니다."
        return finding(SenderState.NOT_ALIGNED, Text(text, domain=key.domain))
    text = "DKIM 공개 키(선택자 %(selector)s)가 우리 키와 같습니다."
    return finding(SenderState.ALIGNED, Text(text, selector=key.selector))


def _dkim_problem(record: str, ours: dict[str, str]) -> Text | None:
    """Why a published key does not verify our signatures (RFC 6376 §3.6.1)."""
    try:
        theirs = tags(record)
    except BadRecord as error:
        return Text("DKIM 레코드를 읽을 수 없습니다: %(what)s", what=str(error))
    if theirs.get("v", "DKIM1") != "DKIM1" or "p" not in theirs:
        return Text("DKIM 레코드를 읽을 수 없습니다: %(what)s", what="v, p")
    public = re.sub(r"\s", "", theirs["p"])
    if not public:
        return Text("DKIM 공개 키가 비어 있어 취소된 키로 봅니다.")
    if public != ours["p"] or theirs.get("k", "rsa") != ours["k"]:
        return Text("공개된 DKIM 키가 우리가 서명하는 키와 다릅니다.")
    if "y" in theirs.get("t", "").split(":"):
        return Text("DKIM 레코드에 시험 중(t=y) 표시가 있어 서명이 없는 것처럼 다룹니다. 지워 주세요.")
    if "h" in theirs and "sha256" not in theirs["h"].split(":"):
        return Text("DKIM 레코드가 sha256을 허용하지 않습니다(h=).")
    if not {"*", "email"} & {word.strip() for word in theirs.get("s", "*").split(":")}:
        return Text("DKIM 레코드가 메일에 쓰는 키가 아닙니다(s=).")
    return None


# -- DMARC -----------------------------------------------------------------------------------------------------


def look_at_dmarc(domain: str, ask: Ask) -> tuple[Finding, bool]:
    """The policy of the domain or of one above it, and whether it wants the signature's domain to be the same."""
    host, publish = f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"

    def finding(state: SenderState, says: Text, found: tuple[str, ...] = ()) -> Finding:
        todo = state is SenderState.NOT_ALIGNED
        return Finding("dmarc", state, says, found, host if todo else "", publish if todo else "")

    for name in _upwards(domain):
        answer = ask(f"_dmarc.{name}")
        if answer.failed:
            return finding(SenderState.UNKNOWN, _unanswered(answer)), False
        found = tuple(text for text in answer.texts if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text))
        if not found:
            continue
        if len(found) > 1:
            text = "DMARC 레코드가 %(count)s개라 받는 쪽에서 모두 무시합니다. 하나만 남겨 주세요."
            return finding(SenderState.NOT_ALIGNED, Text(text, count=len(found)), found), False
        return _policy(found, name == domain, finding)
    text = "DMARC 레코드가 없습니다. 아래 글을 TXT로 공개해 주세요."
    return finding(SenderState.NOT_ALIGNED, Text(text)), False


def _policy(found: tuple[str, ...], own: bool, finding: Callable[..., Finding]) -> tuple[Finding, bool]:
    try:
        policy = tags(found[0])
    except BadRecord as error:
        return finding(SenderState.NOT_ALIGNED, _unreadable(str(error)), found), False
    wanted = policy.get("p", "") if own else policy.get("sp", policy.get("p", ""))
    if wanted.lower() not in _POLICIES:
        return finding(SenderState.NOT_ALIGNED, _unreadable(f"p={wanted}"), found), False
    modes = (policy.get("adkim", "r").lower(), policy.get("aspf", "r").lower())
    if not set(modes) <= {"r", "s"}:
        return finding(SenderState.NOT_ALIGNED, _unreadable("adkim, aspf"), found), False
    text = "DMARC 정책(p=%(policy)s)이 있습니다."
    return finding(SenderState.ALIGNED, Text(text, policy=wanted.lower()), found), modes[0] == "s"


def _unreadable(what: str) -> Text:
    return Text("DMARC 레코드를 읽을 수 없습니다: %(what)s", what=what)


def _upwards(domain: str) -> list[str]:
    """The domain and those above it, down to two labels: where a policy may stand for it."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]


def _unanswered(answer: Records) -> Text:
    return Text("DNS에서 답을 받지 못해 확인할 수 없습니다(%(why)s).", why=answer.failed)
