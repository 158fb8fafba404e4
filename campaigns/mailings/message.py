"""From a mailing's approved words to the bytes for one recipient."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from campaigns.mailings import content
from campaigns.mailings.compose import Composed
from campaigns.mailings.models import Mailing
from outreach import links
from outreach.clock import Clock
from outreach.mail.address import Address
from outreach.mail.compile import CompiledMessage, compile_message
from outreach.signing import Signer


def compiled(composed: Composed, sender: Address) -> CompiledMessage:
    """The mail compiled once, with opt-out headers (RFC 2369, RFC 8058)."""
    slots = [field.slot for field in composed.fields]
    own = [content.FORM, content.UNSUBSCRIBE, content.TRAP, content.PIXEL]
    own += [content.link_field(position) for position in range(len(composed.links))]
    return compile_message(
        sender=sender, subject=composed.subject, text=composed.text, html=composed.html, fields=slots, links=own,
        headers={
            "List-Unsubscribe": f"<{content.slot(content.UNSUBSCRIBE)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


class MessageWriter:
    """Writes the messages of one mailing. ``bounce_address``: where reports are to come back to, if anywhere but to
    the sender."""

    def __init__(
        self, composed: Composed, sender: Address, base_url: str, signer: Signer, clock: Clock,
        bounce_address: str = "", mailing_id: int | None = None,
    ):
        self.mail_from, self._bounce_address = sender.email, bounce_address
        self._message = compiled(composed, sender)
        self._links = [(content.link_field(position), position) for position in range(len(composed.links))]
        if content.TRAP in self._message.fields:
            self._links.append((content.TRAP, links.TRAP))
        self._mailing_id = mailing_id
        self._base_url, self._signer, self._clock = base_url, signer, clock
        self._domain = (urlsplit(base_url).hostname or "localhost").replace(":", "-")  # IPv6: any unique word will do

    @classmethod
    def of(
        cls, mailing: Mailing, base_url: str, signer: Signer, clock: Clock, bounce_address: str = ""
    ) -> MessageWriter:
        """The writer of an approved mailing, from what was frozen at approval."""
        sender = Address(mailing.sender_name, mailing.sender_address)
        composed = Composed.from_json(mailing.compiled or {})
        return cls(composed, sender, base_url, signer, clock, bounce_address, mailing.id)

    def envelope_sender(self, delivery_id: int) -> str:
        """The return path of one delivery: with its token where reports are read (campaigns.inbound)."""
        if not self._bounce_address:
            return self.mail_from
        return links.bounce_address(self._bounce_address, self._signer, delivery_id)

    def render(self, delivery_id: int, to: str, values: Mapping[str, str]) -> bytes:
        """The message of one delivery. Its Message-ID is the delivery's, signed, so that a reply or a report finds
        the way back and can't be forged, and a repetition (were there one) could be told."""
        token = links.return_token(self._signer, delivery_id)
        return self._message.render(
            {**values, **self.public_links(delivery_id)},
            to=Address("", to), message_id=f"<d{delivery_id}.{token}@{self._domain}>", date=self._clock.now(),
        )

    def public_links(self, delivery_id: int) -> dict[str, str]:
        made = {
            content.FORM: links.form_url(self._base_url, self._signer, delivery_id),
            content.UNSUBSCRIBE: links.unsubscribe_url(self._base_url, self._signer, delivery_id),
        }
        for field, position in self._links:
            made[field] = links.click_url(self._base_url, self._signer, delivery_id, position, self._mailing_id)
        if content.PIXEL in self._message.fields:
            made[content.PIXEL] = links.open_url(self._base_url, self._signer, delivery_id)
        return made
