"""What an edition prints: HTML, pictures and the warnings a person must confirm, made from the records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment
from sqlalchemy.orm import Session

from cases.documents import printing
from cases.documents import service as documents
from cases.documents.kinds.base import Chosen, Kind, Style, Words
from cases.library.models import Case
from cases.library.rules import CaseState, consent_problems
from cases.materials.models import Material
from cases.sheets import content as sheet_content
from cases.sheets import service as sheets
from cases.sheets.service import Issue
from outreach.errors import Conflict, NotFound
from outreach.pdf.errors import RenderError
from outreach.pdf.options import RenderOptions
from outreach.pdf.templates import environment
from outreach.programmes.models import ProgrammeVersion
from outreach.programmes.rules import usable
from outreach.regions.models import Centre
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from outreach.wording import Text

NO_FORM = Text(
    "QR 코드가 상담 신청 화면이 아니라 전화로 이어집니다. 신청을 받으려면 캠페인에서 QR을 넣어 만들어 주세요."
)

#: Stands for the address of the response form while a document is being written (RFC 6761 §6.4: nobody's).
SKETCH_URL = "https://sketch.invalid/q/0123456789abcdef"

CHANGED_SINCE = Text("사례 당시와 내용이 달라져, 지금 시행하는 내용을 실었습니다.")


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
    issue = sheets.issue(
        session, material.centre, day=day, response_url=response_url, edition=edition, licence=material.licence
    )
    pictures = sheets.Pictures()
    env = paper_environment(templates)
    if material.case is not None:
        check_case(material.case, day)
        html = sheet_content.to_html(env, sheets.sheet(material.case, issue, pictures, style=Style(material.style)))
        options, warnings = RenderOptions(pages=sheet_content.SHEET_PAGES), _case_warnings(material.case, day)
    else:
        document = material.document
        assert document is not None  # the table's check: made of exactly one
        printing.check_printable(document, day)
        written, shown = documents.words(document), documents.chosen(document)
        html, options = _pages(env, documents.kind_of(document), written, shown, issue, pictures)
        warnings = _warnings(shown.programmes, day)
    if not response_url:
        warnings = [*warnings, NO_FORM]
    return Draft(html, pictures.uploads, options, tuple(warnings))


def sketch(
    session: Session, templates: Path, kind: Kind, written: Words, shown: Chosen, centre: Centre | None, *, day: date
) -> Draft:
    """What a document that is being written would say: whatever of it is there. Raises Invalid."""
    pictures = sheets.Pictures()
    issue = sheets.issue(session, centre, day=day, response_url=SKETCH_URL)
    html, options = _pages(paper_environment(templates), kind, written, shown, issue, pictures)
    return Draft(html, pictures.uploads, options, ())


def _pages(
    env: Environment, kind: Kind, written: Words, shown: Chosen, issue: Issue, pictures: sheets.Pictures
) -> tuple[str, RenderOptions]:
    content = kind.compose(written, shown, issue, pictures)
    return kind.to_html(env, content), kind.options(content)


def check_printable(material: Material, day: date) -> None:
    """Raises Conflict if what the material shows may no longer be shown."""
    if material.case is not None:
        check_case(material.case, day)
    if material.document is not None:
        printing.check_printable(material.document, day)


def shown_problems(material: Material, day: date) -> list[str]:
    """Why what the material shows may no longer be given out: a case was withdrawn, a consent ended."""
    if material.document is not None:
        return printing.case_problems(material.document, day)
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


def ended_programmes(material: Material, day: date) -> list[str]:
    """Names of the programmes it cites that have ended by ``day``."""
    rows = material.document.programmes if material.document else []
    if material.case is not None:
        rows = sheets.in_force(material.case, day)
    return [row.programme.name_ko for row in rows if row.valid_to is not None and row.valid_to < day]


def _case_warnings(case: Case, day: date) -> list[str]:
    printed = sheets.in_force(case, day)
    changed = [f"{row.programme.name_ko}: {CHANGED_SINCE}" for row in printed if row not in case.programmes]
    return [*changed, *_warnings(printed, day)]


def _warnings(versions: Iterable[ProgrammeVersion], day: date) -> list[str]:
    return [f"{version.programme.name_ko}: {text}" for version in versions for text in usable(version, day)]


@lru_cache(maxsize=1)
def paper_environment(templates: Path) -> Environment:
    """The templates of paper, read once."""
    return environment(templates)
