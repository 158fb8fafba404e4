"""What becomes of each recipient's row when the server refuses, hangs up, falls silent or talks nonsense at each
stage of the dialogue. Every case ends with the same account: what the server took equals the rows accepted or in
doubt, nobody twice, nobody lost.

Six recipients over one connection; the fault hits the third, once or always."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from outreach.companies.models import Suppression
from outreach.db import db
from tests.smtp_server import Act, CloseAfter, Pause, Script, SmtpServer, always, once, usual

WHO = "person3@"
SHORT, SILENCE = 2, 8  # seconds: how long a test about silence waits, and how long the server says nothing
PIPELINING = pytest.mark.parametrize("extensions", [("PIPELINING", "8BITMIME"), ()], ids=["pipelining", "lockstep"])
ACCEPTED, DEFERRED, REFUSED, IN_DOUBT = (
    DeliveryState.ACCEPTED, DeliveryState.DEFERRED, DeliveryState.REFUSED, DeliveryState.IN_DOUBT,
)


@dataclass
class Case:
    """``script`` happens; the third recipient's row then is in ``state`` with these reply fields, and ``attempts``
    have been made. Others (``neighbour``) are accepted; where ``doubt`` is set, the second may be in doubt: a reset
    can overtake the reply it was waiting for."""

    name: str
    script: Script
    state: DeliveryState
    code: int | None = 250
    status: str | None = "2.0.0"
    stage: str = "dot"
    text: str | None = "queued"
    doubt: bool = False


def refusals() -> list[Case]:
    """4xx and 5xx to each command of a message."""
    cases = []
    for stage in ("mail", "rcpt", "data", "dot"):
        for code, state in ((451, DEFERRED), (552, REFUSED)):
            status = f"{code // 100}.7.9"
            reply = b"%d-%b first\r\n%d %b second line\r\n" % (code, status.encode(), code, status.encode())
            script = once(stage, reply, message=3) if stage == "mail" else once(stage, reply, WHO)
            cases.append(Case(f"{code} at {stage}", script, state, code, status, stage, "first second line"))
    return cases


def hang_ups() -> list[Case]:
    """421 with the end of the connection: before the content another connection is taken; at the final dot the
    server has said that it did not take the message."""
    goodbye = CloseAfter(b"421 4.3.2 shutting down\r\n")
    cases = [Case("421 once at mail", once("mail", goodbye, message=3), ACCEPTED)]
    cases += [Case(f"421 once at {stage}", once(stage, goodbye, WHO), ACCEPTED) for stage in ("rcpt", "data")]
    cases += [
        Case(f"421 always at {stage}", always(stage, goodbye, WHO), DEFERRED, 421, "4.3.2", stage, "shutting down")
        for stage in ("rcpt", "data", "dot")
    ]
    return [*cases, Case("421 once at dot", once("dot", goodbye, WHO), DEFERRED, 421, "4.3.2", "dot", "shutting down")]


def cuts() -> list[Case]:
    """The connection ends without a word."""
    cases = []
    for act in (Act.CLOSE, Act.RESET):
        how = act.name.lower()
        cases.append(Case(f"{how} at mail", once("mail", act, message=3), ACCEPTED, doubt=act is Act.RESET))
        for stage in ("rcpt", "data"):
            cases.append(Case(f"{how} at {stage}", once(stage, act, WHO), ACCEPTED, doubt=act is Act.RESET))
        cases.append(Case(f"{how} at dot", once("dot", act, WHO), IN_DOUBT, None, None, "dot", None))
    # by then the kernel has taken it whole: nobody can tell how much of it went on its way
    reading = once("content", CloseAfter(count=1), WHO)
    cases.append(Case("cut while the content arrives", reading, IN_DOUBT, None, None, "dot", None))
    torn = [b"2", b"25", b"250 2.0.0 que", b"250-2.0.0 more to come\r\n"]
    cases += [
        Case(f"accepted, cut in {reply!r}", once("dot", CloseAfter(reply), WHO), IN_DOUBT, None, None, "dot", None)
        for reply in torn
    ]
    # what always breaks the connection must neither hold up the others nor be tried for ever
    cases.append(Case("always cut at rcpt", always("rcpt", Act.CLOSE, WHO), DEFERRED, None, None, "rcpt",
                      "서버가 연결을 끊었습니다"))
    return cases


def silences() -> list[Case]:
    return [
        Case("silence once at rcpt", once("rcpt", Pause(SILENCE), WHO), ACCEPTED),
        Case("silence at dot", once("dot", Pause(SILENCE), WHO), IN_DOUBT, None, None, "dot", "응답 시간이 지났습니다"),
    ]


def nonsense() -> list[Case]:
    endless = b"".join(b"250-line %d\r\n" % n for n in range(400)) + b"250 end\r\n"
    doubtful = [b"hello\r\n", b"999 what\r\n", b"250-a\r\n251 b\r\n", b"2" * 9000, b"\xff\xfe\r\n", b"354 go on\r\n"]
    doubtful.append(endless)
    cases = [
        Case(f"{junk[:12]!r} at dot", once("dot", CloseAfter(junk), WHO), IN_DOUBT, None, None, "dot", None)
        for junk in doubtful
    ]
    cases += [
        Case(f"{junk[:12]!r} at {stage}", once(stage, CloseAfter(junk), WHO), ACCEPTED)
        for stage in ("rcpt", "data") for junk in (b"what\r\n", b"2" * 9000, endless)
    ]
    # many lines, but no more than a server may have to say
    long = b"".join(b"550-5.1.1 line %d\r\n" % n for n in range(60)) + b"550 5.1.1 end\r\n"
    return [*cases, Case("60 lines at rcpt", once("rcpt", long, WHO), REFUSED, 550, "5.1.1", "rcpt", None)]


@PIPELINING
@pytest.mark.parametrize("cases", [refusals, hang_ups, cuts, silences, nonsense])
def test_at_each_stage(extensions, cases, sending, closing, patience):
    if cases is silences:
        patience(SHORT)
    under_way = sending(6)
    for case in cases():
        under_way.begin_anew()
        with SmtpServer(script=case.script, extensions=extensions) as server:
            engine = closing(under_way.engine(server))
            under_way.work(engine)
            under_way.balances(server)
            check(case, under_way)
            server.script = usual  # and later, at a server that has recovered:
            under_way.finish(engine)
            under_way.balances(server)
            tried_again = case.state is DEFERRED
            row = under_way.row(3)
            assert (row.state, row.attempts) == ((ACCEPTED, 2) if tried_again else (case.state, 1)), case.name
            assert under_way.mailing.state.value == "finished", case.name


def check(case, under_way) -> None:
    for row in under_way.rows():
        doubtful = case.doubt and row.address.startswith("person2@") and row.state is IN_DOUBT
        assert row.address.startswith(WHO) or row.state is ACCEPTED or doubtful, (case.name, row.address, row.state)
    row = under_way.row(3)
    reply = row.state, row.reply_code, row.reply_status, row.reply_stage
    assert reply == (case.state, case.code, case.status, case.stage), case.name
    assert case.text is None or row.reply_text == case.text, case.name
    assert row.attempts == 1 and row.worker is None, case.name
    to_come = row.next_try_at is not None and row.next_try_at > under_way.clock.now()
    assert to_come == (row.done_at is None) == (case.state is DEFERRED), case.name


@PIPELINING
def test_a_reply_left_out(extensions, sending, closing, patience):
    """With pipelining the next reply is taken for it, until they no longer fit; that must end the connection."""
    patience(SHORT)
    under_way = sending(12)
    for stage in ("rcpt", "dot"):
        under_way.begin_anew()
        with SmtpServer(script=once(stage, Act.SILENCE, message=3), extensions=extensions) as server:
            engine = closing(under_way.engine(server))
            under_way.work(engine)
            under_way.balances(server)
        states = under_way.states()
        assert states.keys() <= {"accepted", "in_doubt"} and states.get("in_doubt", 0) <= 1, stage


@pytest.mark.parametrize("act", [CloseAfter(b"421 4.7.0 not you\r\n"), Act.CLOSE], ids=["421", "cut"])
def test_a_recipient_at_whom_every_connection_ends_is_given_up_in_the_end(sending, closing, act):
    """Bounded for the others, too: they are all sent at once, over few connections."""
    under_way = sending(40)
    with SmtpServer(script=always("rcpt", act, "person7@")) as server:
        engine = closing(under_way.engine(server, connections=4))
        under_way.work(engine)
        assert under_way.states() == {"accepted": 39, "deferred": 1}
        assert server.connections <= 4 + 4 + 2
        under_way.finish(engine)
        under_way.balances(server)
    row = under_way.row(7)
    assert row.state is REFUSED and row.attempts > 1 and row.reply_stage == "rcpt"
    assert under_way.mailing.state.value == "finished"


@PIPELINING
def test_greylisting(extensions, sending, closing):
    """Everyone's first try is put off, the second accepted (RFC 6647)."""
    seen: set[str] = set()

    def script(event):
        if event.stage != "rcpt" or event.argument in seen:
            return None
        seen.add(event.argument)
        return b"450 4.2.0 greylisted, come back later\r\n"

    under_way = sending(30)
    with SmtpServer(script=script, extensions=extensions) as server:
        engine = closing(under_way.engine(server, connections=3))
        under_way.work(engine)
        assert server.messages == [] and under_way.states() == {"deferred": 30}
        replies = {(row.reply_code, row.reply_status, row.reply_stage) for row in under_way.rows()}
        assert replies == {(450, "4.2.0", "rcpt")}
        before = under_way.clock.now()
        under_way.work(engine)
        assert server.messages == [], "not before its time"
        under_way.finish(engine)
        under_way.balances(server)
    assert under_way.clock.now() > before
    assert {(row.state, row.attempts) for row in under_way.rows()} == {(ACCEPTED, 2)}


@PIPELINING
def test_a_storm_of_421(extensions, sending, closing):
    """The server ends every connection for a while, then is itself again."""
    under_way = sending(40)
    for stage in ("banner", "ehlo", "mail", "rcpt", "data", "dot"):
        under_way.begin_anew()
        weather(stage, under_way, closing, extensions)


def weather(stage, under_way, closing, extensions) -> None:
    storm = always(stage, CloseAfter(b"421 4.3.2 too busy\r\n"))
    with SmtpServer(script=storm, extensions=extensions) as server:
        engine = closing(under_way.engine(server, connections=4))
        db.session.commit()
        for rounds in range(1, 4):
            engine._rests_until = 0.0
            assert engine.step() is False and engine._rests_until > 0, "it rests, and does not hammer"
            assert server.connections <= 4 * rounds, "few connections, one at a time"
        assert server.most_open <= 1
        under_way.balances(server)
        states = under_way.states()
        assert states["queued"] >= 25 and states.keys() <= {"queued", "deferred"}
        assert "too busy" in under_way.mailing.pause_reason and under_way.mailing.state.value == "sending"
        server.script = usual
        under_way.finish(engine)
        under_way.balances(server)
    assert {row.state for row in under_way.rows()} == {ACCEPTED}
    assert under_way.mailing.state.value == "finished" and under_way.mailing.pause_reason == ""


@PIPELINING
def test_servers_that_are_merely_odd(extensions, sending, closing, patience):
    """All is sent; to a server that is not up to the pipelining it announces, without."""
    patience(SHORT)
    under_way = sending(25)
    oddities = {"by bytes": {"split": True}, "forgets what came ahead": {"forgetful": True}, "slow": {"script": slow}}
    for name, oddity in oddities.items():
        under_way.begin_anew()
        with SmtpServer(extensions=extensions, **oddity) as server:
            engine = closing(under_way.engine(server, connections=3))
            under_way.finish(engine)
            under_way.balances(server)
            assert extensions or server.early == [], name
        assert {(row.state, row.attempts) for row in under_way.rows()} == {(ACCEPTED, 1)}, name


def slow(event) -> Pause:
    return Pause(0.02)


def test_a_server_that_stops_reading(sending, closing, draft, patience):
    """With the socket's buffers full the final dot can't have left: no doubt, but a try."""
    patience(SHORT)
    under_way = sending(1)
    draft.compiled = {**draft.compiled, "text": draft.compiled["text"] + "가나다라 마바사\n" * 400_000}
    script = once("content", Pause(SILENCE))
    with SmtpServer(script=script, receive_buffer=4096) as server:
        engine = closing(under_way.engine(server))
        under_way.work(engine)
        under_way.balances(server)
        row = under_way.row(1)
        assert (row.state, row.reply_code, row.reply_stage, row.reply_text, row.attempts) == (
            DEFERRED, None, "data", "응답 시간이 지났습니다", 1
        )
        assert server.messages == []


def test_a_small_message_that_the_server_has_not_read_is_doubtful(sending, closing, patience):
    """The kernel has taken it whole: nobody can tell whether the server will."""
    patience(SHORT)
    under_way = sending(3)
    with SmtpServer(script=once("content", Pause(SILENCE), "person2@")) as server:
        engine = closing(under_way.engine(server))
        under_way.work(engine)
        under_way.balances(server)
    assert under_way.row(2).state is IN_DOUBT
    assert under_way.states() == {"accepted": 2, "in_doubt": 1}


OFFERS = [("PIPELINING", "8BITMIME", "SMTPUTF8"), ("SMTPUTF8", "8BITMIME"), ("PIPELINING", "8BITMIME"), ()]


@pytest.mark.parametrize("offers", OFFERS, ids=["+".join(offers) or "nothing" for offers in OFFERS])
def test_an_address_in_hangul_goes_only_where_smtputf8_is_offered(offers, sending, closing):
    """RFC 6531. Elsewhere the server hears nothing of it, and the row says why."""
    under_way = sending(6)
    address = "홍길동.과장@xn--o39an74b.example"
    db.session.execute(sa.update(Delivery).where(Delivery.address.like("person3@%")).values(address=address))
    with SmtpServer(extensions=offers) as server:
        engine = closing(under_way.engine(server, connections=2))
        under_way.work(engine)
        under_way.balances(server)
        commands = [command for _, command in server.commands if command.startswith(("MAIL", "RCPT"))]
    row = next(row for row in under_way.rows() if row.address == address)
    with_parameters = [command for command in commands if "SMTPUTF8" in command]
    if "SMTPUTF8" in offers:
        assert under_way.states() == {"accepted": 6}
        assert with_parameters == ["MAIL FROM:<centre@outreach.example> BODY=8BITMIME SMTPUTF8"]
        content = next(message.content for message in server.messages if message.rcpt_to == [address])
        assert message_from_bytes(content, policy=policy.SMTPUTF8)["To"] == address
    else:
        assert under_way.states() == {"accepted": 5, "refused": 1}
        assert (row.reply_code, row.reply_stage) == (None, "ehlo") and "SMTPUTF8" in row.reply_text
        assert with_parameters == [] and all(command.isascii() for command in commands)
        assert not any(name in b"".join(message.content for message in server.messages) for name in ADDRESS_BYTES)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Suppression)) == 0


ADDRESS_BYTES = ["홍길동".encode(), "홍길동".encode("euc-kr")]
