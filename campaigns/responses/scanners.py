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
    r"|facebookexternalhit|whatsapp|googleimageproxy|ggpht|yahoomailproxy|yahoocachesystem|feedfetcher|daumoa|yeti/|iframely|embedly|slack-img"
    r"|barracuda|proofpoint|mimecast|messagelabs|symantec|ironport|fireeye|trendmicro|forcepoint|sophos"
    r"|virustotal|urlscan|cloudmark|safebrowsing|postman|scrapy|selenium|puppeteer|playwright",
    re.IGNORECASE,
)
#: Says nothing that a person's browser would not say, but is known from elsewhere: these win over the list above.
_PEOPLE = re.compile(r"kakaotalk/|kakaotalk \d|naver\(inapp|daumapps|line/\d|inapp", re.IGNORECASE)


class Family(NamedTuple):
    """Addresses of a mail filter from which nobody browses, so that a click is the filter's. ``basis``: how this is
    known. "read": in the maker's own list or a page quoting it; "remembered": from its mail servers' published
    records, to be checked again before anything rests on it alone."""

    name: str
    basis: str
    networks: tuple[str, ...]


#: Cloud address space that filters rent, too, is left out: remote desktops and office proxies come out there as well.
FAMILIES = (
    Family("Microsoft Exchange Online Protection", "read", (
        "40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17",
    )),
    Family("Barracuda Email Gateway Defense", "read", ("209.222.80.0/21",)),
    Family("Proofpoint", "remembered", ("67.231.144.0/20", "148.163.128.0/19", "205.220.160.0/20")),
    Family("Mimecast", "remembered", ("207.211.30.0/24", "205.139.110.0/24", "63.128.21.0/24")),
    Family("Symantec MessageLabs", "remembered", (
        "67.219.240.0/20", "85.158.136.0/21", "216.82.240.0/20", "193.109.254.0/23",
    )),
)
_KNOWN = [(ipaddress.ip_network(text), family.name) for family in FAMILIES for text in family.networks]


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


@lru_cache(maxsize=4096)
def known_filter(network: str) -> str | None:
    """The mail filter that ``network`` (an address family as of :func:`family_of`) belongs to, if any."""
    try:
        asked = ipaddress.ip_network(network)
    except ValueError:
        return None
    return next((name for known, name in _KNOWN if known.version == asked.version and asked.subnet_of(known)), None)  # type: ignore[arg-type]


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
