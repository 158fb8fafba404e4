"""Partners' own editions of a material: the published file with the partner's mark, contact, colour and code set in.

Made when asked for and kept nowhere (outreach.pdf.stamp); counted like every download. The code leads to the response
form of the campaign through which the partner has the material, of the partner, the material and the place of use,
so that an answer tells where it comes from. Campaigns are known to a higher area: it hands in how to make such an
address at start (``app.extensions[PARTNER_PLACES]``).
"""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from sqlalchemy.orm import Session

from cases.materials import stamping
from cases.materials.models import Edition
from cases.sheets import service as sheets
from outreach.errors import Invalid, NotFound
from outreach.organisations.models import Organisation
from outreach.pdf import stamp as press
from outreach.pdf.marks import Logo, logo
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from outreach.wording import Text

PARTNER_PLACES = "outreach.partner_places"

MAX_USE = 40


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


#: Where partners lay materials out; others are typed. What is kept is the Korean word.
USES = (_("안내데스크"), _("게시판"), _("뉴스레터"), _("누리집"), _("행사장"))


class PartnerPlaces(Protocol):
    def __call__(self, session: Session, organisation_id: int, material_id: int, use: str) -> str | None:
        """The address of the response form for a partner's code; the same values give the same address. None when
        no campaign brings the partner the material."""
        ...


def read_use(text: str) -> str:
    """A place of use as it is kept: composed, single blanks. Raises Invalid when it is too long."""
    use = " ".join("".join(c for c in unicodedata.normalize("NFC", text) if c.isprintable()).split())
    if len(use) > MAX_USE:
        raise Invalid(Text("놓을 곳은 %(most)s자까지 적을 수 있습니다.", most=MAX_USE))
    return use


def address_of(
    session: Session, edition: Edition, organisation: Organisation, places: PartnerPlaces | None, *, use: str, day: date
) -> tuple[str, str]:
    """Where the partner's code leads, and how that is printed. Without a campaign it is what the edition itself
    leads to: its form, or the centre's telephone."""
    url = places(session, organisation.id, edition.material_id, use) if places else None
    issue = sheets.issue(session, edition.material.centre, day=day, response_url=url or edition.response_url)
    return issue.contact.url, issue.contact.address


def content(
    organisation: Organisation, uploads_folder: Path, address: tuple[str, str]
) -> press.Edition:
    """What is set into a partner's edition. A logo whose file is gone is left out: the name stands there, too."""
    return press.Edition(
        partner=organisation.name, contact=_contact(organisation), logo=_logo(uploads_folder, organisation.logo),
        accent=organisation.accent or None, url=address[0], address=address[1],
    )


def made(materials_folder: Path, sha256: str, edition: press.Edition, static: Path) -> bytes:
    """The partner's edition as a PDF.

    :raises NotFound: the file has no places for a partner's mark.
    :raises RenderError: something does not fit its place; names it.
    """
    return press.stamp(stamping.base(materials_folder, sha256), edition, static=static)


def _contact(organisation: Organisation) -> str:
    """The partner's telephone and web address; no person's name, since paper lives long."""
    site = organisation.homepage.split("://", 1)[-1].rstrip("/")
    return " · ".join(filter(None, (organisation.phone, site if len(site) <= 40 else "")))


def _logo(folder: Path, upload: Upload | None) -> Logo | None:
    if upload is None:
        return None
    try:
        return _ready(uploads.open_path(folder, upload))
    except NotFound:
        return None


@lru_cache(maxsize=64)
def _ready(path: Path) -> Logo:
    """A logo as PDF objects; files are named by content, so the path is enough."""
    return logo(path.read_bytes())
