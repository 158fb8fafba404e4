"""What a partner's own edition of a material says: name, contact, colour, mark, and where its code leads.

:func:`words` gives it to all that bears it: the printed and the screen PDF, pictures for posts, HWPX, words for
newsletters, the web edition (cases.materials.own_files makes the files). The code leads to the response form of the
campaign through which the partner has the material, of the partner, the material and the place of use, so that an
answer tells where it comes from. Campaigns are known to a higher area: it hands in how to make such an address at
start (``app.extensions[PARTNER_PLACES]``).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from cases.materials import service
from cases.materials.models import Edition, Material, MaterialGrant
from cases.materials.rules import PICTURES, Format
from cases.sheets import service as sheets
from outreach.errors import Invalid, NotFound
from outreach.organisations.models import Organisation
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from outreach.wording import Text

PARTNER_PLACES = "outreach.partner_places"

MAX_USE = 40
_BOOKLET = 8  # pages from which on folding is worth it


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


#: Where partners lay materials out; others are typed. What is kept is the Korean word, and in codes its number: more
#: are added at the end.
DESK, BOARD, NEWSLETTER, SITE, EVENT, POSTS = USES = (
    _("안내데스크"), _("게시판"), _("뉴스레터"), _("누리집"), _("행사장"), _("누리소통망"))


class PartnerPlaces(Protocol):
    """Through the campaign that brings a partner a material."""

    def address(self, session: Session, organisation_id: int, material_id: int, use: str) -> str | None:
        """The address of the response form for a partner's code; the same values give the same address. None when
        no campaign brings the partner the material. It records nothing: a place of use that is typed must have been
        kept before. Raises NotFound."""
        ...

    def keep(self, session: Session, organisation_id: int, material_id: int, use: str) -> None:
        """Keep a place of use that is typed; again, it is the same."""
        ...


def read_use(text: str) -> str:
    """A place of use as it is kept: composed, single blanks. Raises Invalid when it is too long."""
    use = " ".join("".join(c for c in unicodedata.normalize("NFC", text) if c.isprintable()).split())
    if len(use) > MAX_USE:
        raise Invalid(Text("놓을 곳은 %(most)s자까지 적을 수 있습니다.", most=MAX_USE))
    return use


def can_be_folded(edition: Edition) -> bool:
    """Whether the edition reads as a booklet: a number of pages that sheets folded once have."""
    return edition.pages is not None and edition.pages >= _BOOKLET and edition.pages % 4 == 0


@dataclass(frozen=True, slots=True)
class Words:
    """What a partner's edition bears. ``accent``: ``#RRGGBB`` or ''; ``logo``: its file; ``url`` is behind the code,
    ``address`` is what people read and type."""

    name: str
    contact: str
    accent: str
    logo: Path | None
    url: str
    address: str


def words(
    session: Session, uploads_folder: Path, edition: Edition, organisation: Organisation, places: PartnerPlaces | None,
    *, use: str = "", day: date,
) -> Words:
    """What the partner's own ``edition`` says, laid out at ``use``. Without a campaign the code leads where the
    edition itself does: to its form, or the centre's telephone. A logo whose file is gone is left out."""
    url = places.address(session, organisation.id, edition.material_id, use) if places else None
    issue = sheets.issue(session, edition.material.centre, day=day, response_url=url or edition.response_url)
    return Words(
        organisation.name, contact_of(organisation), organisation.accent, _logo(uploads_folder, organisation.logo),
        issue.contact.url, issue.contact.address,
    )


def use_of(form: Format) -> str:
    """Where a format is used when nobody says."""
    return POSTS if form in PICTURES else ""


def handing_out(session: Session, material_id: int, organisation_id: int | None) -> Organisation | None:
    """The partner whose link opens a material, as long as it is one and has the material."""
    granted = sa.exists().where(
        MaterialGrant.organisation_id == Organisation.id, MaterialGrant.material_id == material_id)
    return session.scalar(
        sa.select(Organisation).where(Organisation.id == organisation_id, Organisation.active, granted))


def handed_out(session: Session, organisation: Organisation, day: date) -> list[Edition]:
    """What the partner hands out on ``day``, by title."""
    query = (
        sa.select(Material).join(MaterialGrant, MaterialGrant.material_id == Material.id)
        .where(MaterialGrant.organisation_id == organisation.id).order_by(Material.title, Material.id)
        .options(selectinload(Material.editions))
    )
    given = (service.given_edition(material, day) for material in session.scalars(query))
    return [edition for edition in given if edition is not None]


def in_a_line(organisation: Organisation) -> str:
    """Name and contact, where the mark is words alone."""
    return " ".join(filter(None, (organisation.name, contact_of(organisation))))


def contact_of(organisation: Organisation) -> str:
    """The partner's telephone and web address; no person's name, since paper lives long."""
    site = organisation.homepage.split("://", 1)[-1].rstrip("/")
    return " · ".join(filter(None, (organisation.phone, site if len(site) <= 40 else "")))


def _logo(folder: Path, upload: Upload | None) -> Path | None:
    try:
        return uploads.open_path(folder, upload) if upload is not None else None
    except NotFound:
        return None
