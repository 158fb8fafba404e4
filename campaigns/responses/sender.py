"""Who stands behind a public page: the centre that wrote or printed the link."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.mailings.models import Mailing
from campaigns.planning.models import Campaign
from campaigns.responses.models import ResponsePlace
from outreach.regions.models import Centre

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
    return _of_centre(campaign.centre)


def of_place(place: ResponsePlace) -> Sender:
    """The centre of the campaign whose code was scanned, or of the case that was read."""
    return _of_centre(place.centre)


def _of_centre(centre: Centre | None) -> Sender:
    if centre is None:
        return Sender("고용노동부 고객상담센터", HELP_LINE)
    return Sender(centre.name_ko, centre.phone or HELP_LINE)
