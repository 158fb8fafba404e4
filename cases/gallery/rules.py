"""Who counts as a reader of the gallery, and how its addresses and sizes are read."""

from __future__ import annotations

import re

#: Filters of size, coarse enough for most anonymous cases: the lower and upper end, both included.
SIZES: dict[str, tuple[int, int | None]] = {"small": (0, 49), "middle": (50, 299), "large": (300, None)}


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


SIZE_LABELS = {"small": _("50인 미만"), "middle": _("50~299인"), "large": _("300인 이상")}

#: Programs that read pages by themselves say so, the previews of messengers among them. A browser inside an app is a
#: person's (campaigns.responses.scanners knows many more: there a click has consequences, here it is a count).
_MACHINES = re.compile(
    r"(?<!cu)bot\b|bot[/;)-]|crawl|spider|scrap|preview|fetch|monitor|headless|lighthouse|slurp|curl/|wget|python|java/"
    r"|go-http|okhttp|axios|node|facebookexternalhit|whatsapp|embedly|yeti/|daumoa|slack|discord|telegram",
    re.IGNORECASE,
)


def is_person(user_agent: str, purpose: str = "") -> bool:
    """Whether a request looks like a person reading: a browser that names itself, and does not merely look ahead
    (``purpose``: the Sec-Purpose header)."""
    return "mozilla/" in user_agent.lower() and not _MACHINES.search(user_agent) and "prefetch" not in purpose.lower()


def case_id(code: str) -> int | None:
    """The case an address names; None for what can be none."""
    return int(code) if code.isascii() and code.isdigit() and len(code) < 16 else None
