"""What an edition prints: HTML, pictures and the warnings a person must confirm, made from the records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment
from sqlalchemy.orm import Session

from cases.brochures import content as brochure_content
from cases.brochures import service as brochures
from cases.library import service as library
from cases.library.models import Case
from cases.library.rules import CaseState, consent_problems
from cases.materials.models import Material
from cases.sheets import content as sheet_content
from cases.sheets import service as sheets
from outreach.errors import Conflict, NotFound
from outreach.pdf.errors import RenderError
from outreach.pdf.options import RenderOptions
from outreach.pdf.templates import environment
from outreach.programmes.models import ProgrammeVersion
from outreach.programmes.rules import usable
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from outreach.wording import Text

NO_FORM = Text(
    "QR 코드가 상담 신청 화면이 아니라 전화로 이어집니다. 신청을 받으려면 캠페인에서 QR을 넣어 만들어 주세요."
)


@dataclass(frozen=True)
class Draft:
    """A document ready to be rendered. ``pictures``: asset name to the upload and where it stands, in words."""

    html: str
    pictures: Mapping[str, tuple[Upload, str]]
    options: RenderOptions
    warnings: tuple[str, ...]

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of all that goes in; pictures by their own hashes, so no file is read."""
        digest = hashlib.sha256(self.html.encode())
        for name, (upload, _place) in sorted(self.pictures.items()):
            digest.update(f"\0{name}\0{upload.sha256}".encode())
        return digest.hexdigest()

    def assets(self, folder: Path) -> dict[str, Path]:
        """The pictures' files. Raises RenderError naming the place whose picture is gone from the disk."""
        return {name: _file(folder, upload, place) for name, (upload, place) in self.pictures.items()}


def _file(folder: Path, upload: Upload, place: str) -> Path:
    try:
        return uploads.open_path(folder, upload)
    except NotFound as error:
        raise RenderError("저장된 그림 파일을 찾을 수 없습니다. 그림을 다시 올려 주세요.", place=place) from error


def draft(
    session: Session, templates: Path, material: Material, *, day: date, response_url: str, edition: str = ""
) -> Draft:
    """What ``material`` says on ``day``.

    :param edition: printed number of the edition; left out of what is compared.
    :raises Conflict: it may not be printed (case withdrawn, consent ended, words missing).
    :raises Invalid: more entries than the pages hold.
    """
    issue = sheets.issue(session, material.centre, day=day, response_url=response_url, edition=edition)
    pictures = sheets.Pictures()
    env = paper_environment(templates)
    if material.case is not None:
        check_case(material.case, day)
        html = sheet_content.to_html(env, sheets.sheet(material.case, issue, pictures))
        pages, warnings = sheet_content.SHEET_PAGES, library.warnings(material.case, day)
    else:
        brochure = material.brochure
        assert brochure is not None  # the table's check: made of exactly one
        brochures.check_printable(brochure, day)
        html = brochure_content.to_html(env, brochures.brochure_content(brochure, issue, pictures))
        pages, warnings = brochure_content.BROCHURE_PAGES, _warnings(brochures.programmes_of(brochure), day)
    if not response_url:
        warnings = [*warnings, NO_FORM]
    return Draft(html, pictures.uploads, RenderOptions(pages=pages), tuple(warnings))


def check_printable(material: Material, day: date) -> None:
    """Raises Conflict if what the material shows may no longer be shown."""
    if material.case is not None:
        check_case(material.case, day)
    if material.brochure is not None:
        brochures.check_printable(material.brochure, day)


def shown_problems(material: Material, day: date) -> list[str]:
    """Why what the material shows may no longer be given out: a case was withdrawn, a consent ended."""
    if material.brochure is not None:
        return brochures.case_problems(material.brochure, day)
    try:
        check_printable(material, day)
    except Conflict as reason:
        return [reason.message]
    return []


def check_case(case: Case, day: date) -> None:
    """Only a published case with a standing consent goes to print."""
    if case.state is not CaseState.PUBLISHED:
        raise Conflict("게시된 사례만 사례집으로 만들 수 있습니다. 사실 확인과 기업 동의를 먼저 마쳐 주세요.")
    if reasons := consent_problems(case, day):
        raise Conflict(Text.joined(reasons))


def _warnings(versions: list[ProgrammeVersion], day: date) -> list[str]:
    return [f"{version.programme.name_ko}: {text}" for version in versions for text in usable(version, day)]


@lru_cache(maxsize=1)
def paper_environment(templates: Path) -> Environment:
    """The templates of paper, read once."""
    return environment(templates)
