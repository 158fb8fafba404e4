"""A small DNS server on the loopback that answers what a test writes down. Real messages over real UDP."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class DnsServer:
    """Use as a context manager; ``address`` is (host, port). ``texts``: name -> its TXT records, each a string, or a
    tuple of the pieces it is published in; ``aliases``: name -> the name its CNAME leads to. A name in ``silent`` gets
    no answer, one in ``failing`` SERVFAIL, one in ``empty`` exists without TXT; any other does not exist."""

    texts: dict[str, list[str | tuple[str, ...]]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> DnsServer:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
            knock.sendto(b"", self.address)  # an empty datagram ends the loop
        self._thread.join(20)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, peer = self._socket.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            name = query.question[0].name.to_text(omit_final_dot=True).lower()
            self.asked.append(name)
            if name not in self.silent:
                self._socket.sendto(self._answer(query, name).to_wire(max_size=65_000), peer)

    def _answer(self, query: dns.message.Message, name: str) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=True)
        if name in self.failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply
        while name in self.aliases:
            target = self.aliases[name]
            reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", f"{target}."))
            name = target
        if name in self.texts:
            records = [_quoted(text) for text in self.texts[name]]
            reply.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", "TXT", records))
        elif name not in self.empty:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


def _quoted(text: str | tuple[str, ...]) -> str:
    pieces = (text,) if isinstance(text, str) else text
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"').replace(";", "\\;") + '"' for piece in pieces)
