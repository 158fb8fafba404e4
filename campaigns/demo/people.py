"""The demo's partners and accounts."""

from __future__ import annotations

import io
import math
import re
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask_security.utils import hash_password
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from outreach.accounts import service as accounts
from outreach.accounts.models import User
from outreach.accounts.rules import DEMO_PASSWORD, demo_email
from outreach.audit.service import SERVICE
from outreach.demo.content import DemoContent, Partner
from outreach.organisations import service as organisations
from outreach.organisations.models import Organisation, OrganisationKind
from outreach.organisations.service import Details
from outreach.pdf.pictures import Purpose, check_picture
from outreach.regions.models import Centre, Region
from outreach.scope import SYSTEM, Role

FONT = Path(__file__).resolve().parents[2] / "static/vendor/pretendard-gov/PretendardGOV-Bold.ttf"
#: Where a long name goes on to the second line of its mark.
NAME_LINES = re.compile(
    r"(?<=.{4})(관리공단|관리재단|지원재단|지원센터|경영자협의회|중소기업협의회|협동조합|협의회|협회)$"
)


def make_partners(session: Session, content: DemoContent, uploads: Path, now: datetime) -> dict[str, Organisation]:
    """The partner organisations with contact persons and a drawn mark, by key."""
    centres = dict(session.execute(sa.select(Centre.code, Centre.id)).all())
    regions = dict(session.execute(sa.select(Region.code, Region.id)).all())
    made = {}
    for partner in content.partners:
        details = Details(
            kind=OrganisationKind(partner.kind), name=partner.name, name_en=partner.name_en,
            centre_id=centres.get(partner.centre), phone=partner.phone, homepage=partner.homepage,
            mou_from=partner.mou_from, mou_to=partner.mou_to, mou_note=partner.mou_note,
            region_ids=[regions[code] for code in partner.regions if code in regions],
        )
        row = organisations.create(session, SYSTEM, SERVICE, details, now=now)
        row.fictional = True
        for person in partner.contacts:
            organisations.add_contact(
                session, SYSTEM, SERVICE, row, name=person.name, title=person.title, email=person.email,
                phone=person.phone, now=now,
            )
        logo = check_picture(_mark(partner), Purpose.LOGO)
        organisations.set_logo(session, SYSTEM, SERVICE, row, uploads, logo, name=f"{partner.key}.png", now=now)
        made[partner.key] = row
    return made


def _mark(partner: Partner) -> bytes:
    """A plain mark: the partner's letters on its colour."""
    letters, colour = partner.mark
    lines, font = NAME_LINES.sub(r"\n\1", partner.name.replace("(가상)", "")), ImageFont.truetype(FONT, 84)
    width = max(font.getlength(line) for line in lines.split("\n"))
    image = Image.new("RGBA", (288 + math.ceil(width), 240), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 239, 239), 56, fill=colour)
    draw.text((120, 120), letters[:2], font=ImageFont.truetype(FONT, 110), fill="white", anchor="mm")
    draw.multiline_text((272, 120), lines, font=font, fill="#1e2124", anchor="lm", spacing=12)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def make_accounts(
    session: Session, content: DemoContent, partners: dict[str, Organisation], now: datetime
) -> dict[str, User]:
    """The demo accounts by key; all share the password of the sign-in page."""
    password = hash_password(DEMO_PASSWORD)
    centres = {centre.code: centre for centre in session.scalars(sa.select(Centre))}
    made = {}
    for account in content.accounts:
        role = Role(account.role)
        made[account.key] = accounts.create_user(
            session, email=demo_email(role) if account.shown else f"{account.email}@demo.example", name=account.name,
            role=role, now=now, centre=centres.get(account.centre), organisation=partners.get(account.partner),
            password_hash=password,
        )
    return made


def already_made(session: Session) -> bool:
    """Whether the demo is in this database."""
    return session.scalar(sa.select(User.id).where(User.email == demo_email(Role.PROMOTION))) is not None


