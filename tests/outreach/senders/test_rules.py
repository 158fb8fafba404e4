"""What DNS says about a domain, judged: over real DNS messages from a small server on the loopback."""

from __future__ import annotations

import pytest

from outreach.mail.dkim import pieces
from outreach.senders.lookup import Dns
from outreach.senders.rules import Finding, SenderState, assess, tags
from tests.outreach.senders.conftest import DOMAIN, ED, RSA, key

ALIGNED, NOT_ALIGNED, UNKNOWN = SenderState.ALIGNED, SenderState.NOT_ALIGNED, SenderState.UNKNOWN


def look(server, domain=DOMAIN, keys=(RSA, ED), **times):
    return assess(domain, keys, Dns([server.address], **{"one": 20.0, "all_": 60.0, **times}), "mail.example.go.kr")


def of(found, name) -> Finding:
    return next(finding for finding in found.findings if finding.name == name)


def test_a_domain_in_order_is_aligned(server):
    """The RSA record is longer than a string may be, and comes in pieces."""
    assert len(RSA.record) > 255
    found = look(server)
    assert found.state is ALIGNED and len(found.findings) == 4
    assert all(not finding.publish for finding in found.findings)


def test_a_domain_without_anything_is_told_what_to_publish(server):
    server.texts.clear()
    found = look(server)
    assert found.state is NOT_ALIGNED
    published = {finding.host: finding.publish for finding in found.findings}
    assert published == {
        DOMAIN: "v=spf1 a:mail.example.go.kr ~all", RSA.record_name: RSA.record, ED.record_name: ED.record,
        f"_dmarc.{DOMAIN}": f"v=DMARC1; p=none; rua=mailto:postmaster@{DOMAIN}",
    }
    server.texts |= {host: [tuple(pieces(text))] for host, text in published.items()}
    assert look(server).state is ALIGNED, "what is to be published makes it right"


def test_a_name_that_exists_without_records_is_no_failure(server):
    del server.texts[f"_dmarc.{DOMAIN}"]
    server.empty |= {f"_dmarc.{DOMAIN}", "_dmarc.go.kr"}
    assert of(look(server), "dmarc").state is NOT_ALIGNED


# -- SPF -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("records", "words"), [
    (["v=spf1 -all", "v=spf1 mx -all"], "2개"),
    (["v=spf1 +all"], "+all"),
    (["v=spf1 ip4:203.0.113.7 all"], "+all"),
    (["v=spf1 ip4:203.0.113.999 -all"], "ip4:203.0.113.999"),
    (["v=spf1 ip6:203.0.113.7 -all"], "ip6:203.0.113.7"),
    (["v=spf1 incude:_spf.relay.kr -all"], "incude"),
    (["v=spf1 include: -all"], "include:"),
    (["v=spf1 include:nowhere.kr -all"], "include nowhere.kr"),
    (["v=spf1 include:loop.kr -all"], "10번"),
    (["v=spf1 " + " ".join(f"exists:a{n}.kr" for n in range(11)) + " -all"], "10번"),
    (["v=spf10 -all"], "없습니다"),
])
def test_a_wrong_spf_is_named(server, records, words):
    server.texts[DOMAIN] = records
    server.texts["loop.kr"] = ["v=spf1 include:loop.kr -all"]
    finding = of(look(server), "spf")
    assert finding.state is NOT_ALIGNED and words in finding.says


@pytest.mark.parametrize("record", [
    "v=spf1 mx a:mail.kr/24 ptr ip6:2001:db8::/32 ?exists:%{i}.x.kr exp=why.kr -all", "v=spf1 redirect=_spf.relay.kr",
    "V=SPF1 -all", ("v=spf1 ip4:203.0.113.7 ", "-all"),
])
def test_a_good_spf_passes(server, record):
    server.texts[DOMAIN] = [record]
    assert of(look(server), "spf").state is ALIGNED


# -- DKIM ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "words"), [
    (lambda record: record.replace("p=", "p=A"), "다릅니다"),
    (lambda record: "v=DKIM1; k=rsa; p=", "취소"),
    (lambda record: record + "; t=y", "시험 중"),
    (lambda record: record + "; h=sha1", "sha256"),
    (lambda record: record + "; s=tlsrpt", "s="),
    (lambda record: record.replace("DKIM1", "DKIM2"), "읽을 수 없습니다"),
    (lambda record: record + "; p=again", "읽을 수 없습니다"),
    (lambda record: "관리자에게 문의", "읽을 수 없습니다"),
])
def test_a_wrong_key_record_is_named(server, change, words):
    server.texts[RSA.record_name] = [tuple(pieces(change(RSA.record)))]
    found = look(server, keys=[RSA])
    assert of(found, "dkim").state is NOT_ALIGNED and words in of(found, "dkim").says
    assert found.state is NOT_ALIGNED and of(found, "dkim").publish == RSA.record


def test_several_records_at_one_selector_are_none(server):
    server.texts[RSA.record_name].append("v=DKIM1; p=AAAA")
    assert "2개" in of(look(server, keys=[RSA]), "dkim").says


def test_one_published_key_is_enough(server):
    del server.texts[RSA.record_name]
    found = look(server)
    assert [finding.state for finding in found.findings if finding.name == "dkim"] == [NOT_ALIGNED, ALIGNED]
    assert found.state is ALIGNED


def test_without_a_key_nothing_is_aligned(server):
    assert look(server, keys=[]).state is NOT_ALIGNED


def test_a_key_behind_an_alias_counts(server):
    server.texts["key.provider.kr"] = server.texts.pop(RSA.record_name)
    server.aliases[RSA.record_name] = "key.provider.kr"
    assert look(server, keys=[RSA]).state is ALIGNED


# -- DMARC -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("records", "words"), [
    (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "2개"), (["v=DMARC1"], "p="), (["v=DMARC1; p=maybe"], "p=maybe"),
    (["v=DMARC1; p"], "읽을 수 없습니다"), (["v=DMARC1; p=none; adkim=x"], "adkim"), (["p=none; v=DMARC1"], "없습니다"),
    (["v=DMARC12; p=none"], "없습니다"),
])
def test_a_wrong_policy_is_named(server, records, words):
    server.texts[f"_dmarc.{DOMAIN}"] = records
    finding = of(look(server), "dmarc")
    assert finding.state is NOT_ALIGNED and words in finding.says


def test_a_policy_above_holds_with_its_word_for_subdomains(server):
    domain = f"mail.{DOMAIN}"
    server.texts[domain] = ["v=spf1 -all"]
    server.texts[f"_dmarc.{DOMAIN}"] = ["v=DMARC1; p=reject; sp=none"]
    found = look(server, domain)
    assert found.state is ALIGNED and "p=none" in of(found, "dmarc").says


def test_strict_alignment_wants_the_very_domain(server):
    """Our key is that of the domain above: relaxed alignment takes it, strict does not."""
    domain = f"mail.{DOMAIN}"
    server.texts |= {domain: ["v=spf1 -all"], f"_dmarc.{domain}": ["v=DMARC1; p=none; adkim=s"]}
    found = look(server, domain, [RSA])
    assert found.state is NOT_ALIGNED and "adkim=s" in of(found, "dkim").says
    own = key("own", "ed25519", domain)
    server.texts[own.record_name] = [own.record]
    assert look(server, domain, [RSA, own]).state is ALIGNED


# -- no answer is no pass --------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["silent", "failing"])
@pytest.mark.parametrize("name", [DOMAIN, RSA.record_name, f"_dmarc.{DOMAIN}", "_spf.relay.kr"])
def test_what_is_not_answered_is_unknown(server, how, name):
    getattr(server, how).add(name)
    found = look(server, keys=[RSA], one=0.3)
    assert found.state is UNKNOWN


def test_a_fault_that_is_sure_counts_more_than_what_is_unknown(server):
    server.failing.add(RSA.record_name)
    del server.texts[f"_dmarc.{DOMAIN}"]
    assert look(server, keys=[RSA]).state is NOT_ALIGNED


def test_without_time_left_nothing_is_asked(server):
    assert look(server, all_=0.0).state is UNKNOWN and server.asked == []


def test_where_nobody_listens_nothing_is_known(server):
    host, port = server.address
    server.__exit__()
    found = assess(DOMAIN, [RSA], Dns([(host, port)], one=0.3, all_=2.0))
    assert found.state is UNKNOWN
    server.__enter__()


def test_a_finding_survives_being_kept(server):
    server.texts.clear()
    for finding in look(server).findings:
        assert Finding.from_json(finding.to_json()) == finding
        assert str(Finding.from_json(finding.to_json()).says) == str(finding.says)


def test_tags_are_read_as_rfc_6376_has_them():
    assert tags(" v=DKIM1 ; p=a=b ;; n=x y ") == {"v": "DKIM1", "p": "a=b", "n": "x y"}
