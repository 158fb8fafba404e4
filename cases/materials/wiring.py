"""What lower areas ask materials for: the sheet of a case, for its page in the gallery."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from cases.gallery.routes import SHEETS
from cases.library.models import Case
from cases.materials import service
from cases.materials.models import Material
from outreach import links
from outreach.clock import kst_today


def init_app(app: Flask) -> None:
    """Hand the gallery the way to a case's sheet."""

    def sheet(session: Session, case: Case) -> str | None:
        """The public address of what is given out of it now; it counts its own downloads."""
        outreach = app.extensions["outreach"]
        material = session.scalar(sa.select(Material).where(Material.case_id == case.id))
        if material is None or service.given_edition(material, kst_today(outreach.clock.now())) is None:
            return None
        return links.material_url(outreach.settings.base_url, outreach.signer, material.id)

    app.extensions[SHEETS] = sheet
