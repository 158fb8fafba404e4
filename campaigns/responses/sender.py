"""Who stands behind a public page: the centre that wrote or printed the link."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.mailings.models import Mailing
from campaigns.planning.models import Campaign

#: 고용노동부 고객상담센터, where no centre is named.
HELP_LINE = "1350"


@dataclass(frozen=True, slots=True)
class Sender:
    name: str
    phone: str
    email: str = ""


def of_mailing(mailing: Mailing) -> Sender:
    """As the mail itself names its sender."""
    centre = of_campaign(mailing.campaign)
    return Sender(mailing.sender_name or centre.name, mailing.sender_phone or centre.phone, mailing.sender_address)


def of_campaign(campaign: Campaign) -> Sender:
    if campaign.centre is None:
        return Sender("고용노동부 고객상담센터", HELP_LINE)
    return Sender(campaign.centre.name_ko, campaign.centre.phone or HELP_LINE)
