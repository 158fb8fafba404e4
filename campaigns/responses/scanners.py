"""Who is known to follow links without being a person: by the name it gives itself, or by the addresses its maker
has published. Plain data (docs/decisions/0016-click-verdicts.md)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

#: Programs that say what they are. A browser inside an app (KAKAOTALK, NAVER(inapp …)) is a person's, the same maker's
#: preview fetcher (kakaotalk-scrap) is not.
_MACHINES = re.compile(
    r"(?<!cu)bot(?:[/;)-]|\b)|crawl|spider|scrap|preview|scanner|scan/|fetch|monitor|checker|validator|headless|phantomjs|slurp"
    r"|curl/|wget|libwww|python-|python/|aiohttp|httpx|go-http-client|java/|okhttp|apache-httpclient|axios|node-fetch"
    r"|undici|ruby/|perl/|winhttp|ciscosecureemail|tmes|ms-office|microsoft office|skypeuripreview|bingpreview"
    r"|facebookexternalhit|whatsapp|googleimageproxy|ggpht|yahoomailproxy|yahoocachesystem|feedfetcher|daumoa|\bdaum/\d|yeti/|iframely|embedly|slack-img"
    r"|barracuda|proofpoint|mimecast|messagelabs|symantec|ironport|fireeye|trendmicro|forcepoint|sophos"
    r"|virustotal|urlscan|cloudmark|safebrowsing|postman|scrapy|selenium|puppeteer|playwright",
    re.IGNORECASE,
)
#: Says nothing that a person's browser would not say, but is known from elsewhere: these win over the list above.
_PEOPLE = re.compile(r"kakaotalk/|kakaotalk \d|naver\(inapp|daumapps|line/\d|inapp", re.IGNORECASE)


class Family(NamedTuple):
    """Addresses of a mail filter. ``alone``: nobody browses from there, so a click is the filter's whenever it comes;
    else people may sit behind its maker's browser isolation or web proxy, and the address tells only soon after the
    mail came. ``source``: who says so, as looked up in November 2026."""

    name: str
    alone: bool
    source: str
    networks: tuple[str, ...]


#: Left out, since people browse from there: cloud space that filters rent (Azure, AWS: remote desktops and office
#: proxies come out there as well; so do Barracuda's regional blocks, smaller than the /24 we keep), mailboxes on the
#: web and image proxies (Exchange Online 40.96.0.0/13 and 2a01:111:f400::/48, Google, Yahoo, Apple's relay), web
#: filters (Zscaler, Netskope, Mimecast's 41.74.192.0/20). And what only a mail server's record names (Mimecast's in
#: Germany and Australia).
FAMILIES = (
    # Of *.protection.outlook.com, where no mailbox is read. Their clicks, of recipients who had not pressed: gophish
    # issue 973, opencollective issue 3656.
    Family("Microsoft Exchange Online Protection", True, "maker: Microsoft 365 endpoints, set 9; its SPF record", (
        "40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17", "2a01:111:f403::/48",
    )),
    Family("Barracuda Email Gateway Defense", True, "maker: campus.barracuda.com, IP Analysis - Inbound", (
        "209.222.80.0/21",
    )),
    # Logs in gophish issue 2646 and opencollective issue 3656, Lucy's manual; no word of Microsoft's.
    Family("Microsoft Safe Links", False, "logs of several senders", ("40.94.0.0/16",)),
    # No page of Barracuda's was found; it says itself that its clicks come from more than a few addresses.
    Family("Barracuda Networks", False, "lists of scanners in several public repositories", ("64.235.144.0/20",)),
    Family("Proofpoint", False, "maker: proofpoint.my.site.com, PPSup_SupportInfo", (
        "67.231.144.0/20", "62.209.50.0/24", "91.209.104.0/24",
    )),
    Family("Proofpoint", False, "Microsoft's throttling overrides; announced by Proofpoint (AS22843, AS26211)", (
        "148.163.128.0/19", "205.220.160.0/19",
    )),
    # _netblocks.mimecast.com as blankcode/msipdelta2 keeps it.
    Family("Mimecast", False, "its SPF record; announced by Mimecast (AS30031 US, AS42427 EU)", (
        "63.128.21.0/24", "170.10.128.0/22", "170.10.132.0/23", "205.139.110.0/23", "207.211.30.0/24",
        "216.205.24.0/24", "91.220.42.0/24", "195.130.217.0/24", "185.58.85.0/24", "185.58.86.0/24", "207.82.80.0/24",
    )),
    # The weakest: spf.messagelabs.com as blankcode/msipdelta2 kept it about 2021; nobody was found who saw clicks.
    Family("Symantec MessageLabs", False, "its SPF record of about 2021", (
        "67.219.240.0/20", "85.158.136.0/21", "216.82.240.0/20", "193.109.254.0/23",
    )),
)
_KNOWN = [(ipaddress.ip_network(text), family) for family in FAMILIES for text in family.networks]


@lru_cache(maxsize=4096)
def known_program(agent: str) -> bool:
    """Whether the user agent names a program that is nobody's browser."""
    return not _PEOPLE.search(agent) and bool(_MACHINES.search(agent))


#: A browser's name as people know it, the most special first: many name others to be treated as they are.
_BROWSERS = (
    (r"KAKAOTALK", "KakaoTalk"), (r"NAVER\(inapp", "NAVER"), (r"Whale/(\d+)", "Whale"),
    (r"SamsungBrowser/(\d+)", "Samsung"),
    (r"Edg\w*/(\d+)", "Edge"), (r"Firefox/(\d+)", "Firefox"), (r"Chrome/(\d+)", "Chrome"),
    (r"Version/(\d+)\S* .*Safari", "Safari"),
)
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux")


def browser_name(agent: str) -> str:
    """The user agent in a few words, for a list; one that is no known browser as it stands, cut short."""
    system = next((system for system in _SYSTEMS if system in agent), "")
    for pattern, name in _BROWSERS:
        if system and (found := re.search(pattern, agent)):
            version = next(iter(found.groups()), None)
            return f"{name} {version} ({system})" if version else f"{name} ({system})"
    return agent[:60]


def known_filter(network: str, *, soon: bool = False) -> str | None:
    """The mail filter from which a click out of ``network`` (an address family as of :func:`family_of`) comes, if any.
    ``soon``: the click came soon after the mail."""
    family = _family(network)
    return family.name if family is not None and (family.alone or soon) else None


@lru_cache(maxsize=4096)
def _family(network: str) -> Family | None:
    try:
        asked = ipaddress.ip_network(network)
    except ValueError:
        return None
    return next((family for known, family in _KNOWN if known.version == asked.version and asked.subnet_of(known)), None)  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def family_of(address: str) -> str:
    """The address family of ``address``: its /24 (IPv4) or /48 (IPv6), which is all that is kept of it; '' for none."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None:
        parsed = mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
