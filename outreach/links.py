"""Addresses that reach the public, and what they say when they come back.

Short paths, since they stand in mails and QR codes: ``/c/`` a tracked link, ``/r/`` the response form of one
recipient, ``/u/`` unsubscribing, ``/q/`` the response form behind a QR code, ``/m/`` a material, ``/s/`` a material
until a day that its share names, ``/p/`` the response form of one letter, ``/i/`` a picture of a mail, ``/k/`` a
consent, ``/o/`` the pixel of a mail that asks whether it was opened. What follows is a signed token of row ids
(outreach.signing): forwarded, it tells nothing about a person. Reading a token raises ``BadToken``. ``base_url`` is
the site's own address without a slash at its end.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import NamedTuple

from outreach.signing import BadToken, Signer

#: One letter a purpose: a token made for one is refused for another.
CLICK, FORM, UNSUBSCRIBE, PLACE, UNDO = "c", "f", "u", "q", "z"
MATERIAL, PICTURE, OPEN, CONSENT = "m", "i", "o", "k"
RETURN, SHARE, LETTER, PARTNER_PLACE = "b", "s", "p", "w"

#: The place of the link that no person can see (docs/decisions/0016): behind any that a mailing can have.
TRAP = 127

#: How long "I pressed it by mistake" on the unsubscribe page stays good.
UNDO_LIFE = timedelta(hours=1)


class Click(NamedTuple):
    """A link of a message: whose message, and the link's place in it. ``mailing_id`` says where to look the
    target up without asking the database; links in mails of before bear none."""

    delivery_id: int
    position: int
    mailing_id: int | None = None


class MaterialLink(NamedTuple):
    """A public link to a material; ``organisation_id``: of the partner that hands it out, None: nobody's."""

    material_id: int
    organisation_id: int | None = None


class PartnerPlace(NamedTuple):
    """What a partner's code stands for before anyone has scanned it; ``use``: the number of a place of use."""

    campaign_id: int
    organisation_id: int
    material_id: int
    use: int


def click_url(base_url: str, signer: Signer, delivery_id: int, position: int, mailing_id: int | None = None) -> str:
    """The tracked link at ``position`` of the message of one delivery (of ``mailing_id``)."""
    mailing = () if mailing_id is None else (mailing_id,)
    return f"{base_url}/c/{signer.sign(CLICK, delivery_id, position, *mailing)}"


def open_url(base_url: str, signer: Signer, delivery_id: int) -> str:
    """The pixel in the message of one delivery."""
    return f"{base_url}/o/{signer.sign(OPEN, delivery_id)}"


def form_url(base_url: str, signer: Signer, delivery_id: int) -> str:
    """The response form for the recipient of one delivery."""
    return f"{base_url}/r/{signer.sign(FORM, delivery_id)}"


def unsubscribe_url(base_url: str, signer: Signer, delivery_id: int) -> str:
    """Where the recipient of one delivery opts out; also the target of List-Unsubscribe (RFC 8058). It
    never expires."""
    return f"{base_url}/u/{signer.sign(UNSUBSCRIBE, delivery_id)}"


def place_url(base_url: str, signer: Signer, place_id: int) -> str:
    """The response form behind a printed QR code."""
    return f"{base_url}/q/{signer.sign(PLACE, place_id)}"


def partner_place_url(base_url: str, signer: Signer, place: PartnerPlace) -> str:
    """The response form behind a partner's code of which there is no row yet. It begins as those of rows do."""
    return f"{base_url}/q/{signer.sign(PARTNER_PLACE, *place)}"


def letter_url(base_url: str, signer: Signer, item_id: int) -> str:
    """The response form behind the code on one letter."""
    return f"{base_url}/p/{signer.sign(LETTER, item_id)}"


def material_url(base_url: str, signer: Signer, material_id: int, organisation_id: int | None = None) -> str:
    """A published material, downloaded without signing in; from a partner that hands it out, with its mark."""
    return f"{base_url}/m/{signer.sign(MATERIAL, material_id, *([organisation_id] if organisation_id else []))}"


def cover_url(base_url: str, signer: Signer, material_id: int, organisation_id: int | None = None) -> str:
    """The first page of a published material as a picture, for other people's pages."""
    return f"{material_url(base_url, signer, material_id, organisation_id)}/cover.png"


def share_url(base_url: str, signer: Signer, share_id: int) -> str:
    """A material, downloaded without signing in until its share ends. The end is in the share's row, so that it can
    be brought forward."""
    return f"{base_url}/s/{signer.sign(SHARE, share_id)}"


def picture_url(base_url: str, signer: Signer, upload_id: int) -> str:
    """A picture standing in a mail."""
    return f"{base_url}/i/{signer.sign(PICTURE, upload_id)}"


def consent_url(base_url: str, signer: Signer, notice_id: int) -> str:
    """Where the consent that a notice tells of is withdrawn. It never expires."""
    return f"{base_url}/k/{signer.sign(CONSENT, notice_id)}"


def undo_token(signer: Signer, delivery_id: int, now: datetime) -> str:
    """Lets the page that has just unsubscribed someone take it back."""
    return signer.sign(UNDO, delivery_id, int(now.timestamp()))


def read_click(signer: Signer, token: str) -> Click:
    numbers = signer.numbers(CLICK, token)
    if len(numbers) not in (2, 3):
        raise BadToken("another number of values")
    return Click(*numbers)


def read_open(signer: Signer, token: str) -> int:
    """The delivery's id."""
    return signer.read(OPEN, token, 1)[0]


def read_form(signer: Signer, token: str) -> int:
    """The delivery's id."""
    return signer.read(FORM, token, 1)[0]


def read_unsubscribe(signer: Signer, token: str) -> int:
    """The delivery's id."""
    return signer.read(UNSUBSCRIBE, token, 1)[0]


def read_place(signer: Signer, token: str) -> int:
    """The response place's id."""
    return signer.read(PLACE, token, 1)[0]


def read_partner_place(signer: Signer, token: str) -> PartnerPlace:
    return PartnerPlace(*signer.read(PARTNER_PLACE, token, 4))


def read_letter(signer: Signer, token: str) -> int:
    """The letter's id."""
    return signer.read(LETTER, token, 1)[0]


def read_material(signer: Signer, token: str) -> MaterialLink:
    numbers = signer.numbers(MATERIAL, token)
    if len(numbers) not in (1, 2):
        raise BadToken("another number of values")
    return MaterialLink(*numbers)


def read_share(signer: Signer, token: str) -> int:
    """The share's id."""
    return signer.read(SHARE, token, 1)[0]


def read_picture(signer: Signer, token: str) -> int:
    """The upload's id."""
    return signer.read(PICTURE, token, 1)[0]


def read_consent(signer: Signer, token: str) -> int:
    """The notice's id."""
    return signer.read(CONSENT, token, 1)[0]


def read_undo(signer: Signer, token: str, now: datetime) -> int:
    """The delivery's id; BadToken also when UNDO_LIFE is over."""
    delivery_id, made = signer.read(UNDO, token, 2)
    if not 0 <= now.timestamp() - made <= UNDO_LIFE.total_seconds() + 1:
        raise BadToken("too late")
    return delivery_id


def return_token(signer: Signer, delivery_id: int) -> str:
    """What the envelope's sender and the Message-ID of one delivery carry, so that what comes back is known by it and
    can't be forged. In hexadecimal, as mail servers may change the case of an address (RFC 5321 §2.4 forbids it; they
    do); at most 34 characters."""
    return signer.signed(RETURN, delivery_id).hex()


def read_return(signer: Signer, token: str) -> int:
    """The delivery's id."""
    try:
        raw = bytes.fromhex(token)
    except ValueError as error:
        raise BadToken("not hexadecimal") from error
    return signer.read(RETURN, base64.urlsafe_b64encode(raw).decode("ascii").rstrip("="), 1)[0]


def bounce_address(address: str, signer: Signer, delivery_id: int) -> str:
    """``bounce@host`` with the delivery's token: where reports on its message come back to (VERP)."""
    local, _at, host = address.rpartition("@")
    return f"{local}+{return_token(signer, delivery_id)}@{host}"
