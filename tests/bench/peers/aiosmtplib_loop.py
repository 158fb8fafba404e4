"""aiosmtplib with email.message, eight connections: builds every message and keeps no state."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import aiosmtplib

CONNECTIONS = 8


def build(letter: dict[str, str], n: int) -> EmailMessage:
    base = f"http://localhost/x/{n}"
    values = {"company": f"가상기업 {n}", "person": f"김담당{n}", "form": base, "link": base, "unsubscribe": base}
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = letter["from"], f"p{n}@c{n % 500}.example"
    mail["Subject"] = letter["subject"] % values
    mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"] = f"<{base}>", "List-Unsubscribe=One-Click"
    mail.set_content(letter["text"] % values)
    mail.add_alternative(letter["html"] % values, subtype="html")
    return mail


async def main(letter_file: str, port: str, count: str) -> None:
    letter, numbers = json.loads(Path(letter_file).read_text("utf-8")), iter(range(int(count)))

    async def one() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=int(port), start_tls=False) as client:
            for n in numbers:
                await client.send_message(build(letter, n))

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    print(json.dumps({"seconds": time.perf_counter() - started}))


asyncio.run(main(*sys.argv[1:]))
