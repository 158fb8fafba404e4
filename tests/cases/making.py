"""Cases, documents and finished editions for tests; everything is fictional."""

from __future__ import annotations

import hashlib
import io
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pikepdf
from flask import Flask
from PIL import Image

from cases.documents.kinds.brochure import KIND
from cases.documents.models import Document
from cases.library import finding
from cases.library.models import Case, CasePhoto
from cases.library.rights import Portrait
from cases.library.rules import CaseState, ConsentScope, Outlet
from cases.materials import giving, service, stamping, store
from cases.materials.models import Edition, Material
from cases.materials.order_models import PrintOrder
from cases.materials.rules import CASE_SHEET, PICTURES, EditionState, Format, OrderState
from outreach.companies.models import Company, Workplace
from outreach.db import db
from outreach.pdf.options import RenderedPdf
from outreach.programmes.models import Payee, Programme, ProgrammeKind, ProgrammeVersion
from outreach.regions.models import Centre, Certainty
from outreach.uploads.models import Upload
from tests.outreach.pdf.test_render import printed
from tests.people import NOW

TODAY = date(2026, 11, 23)


def make_company(centre: Centre | None, name: str = "㈜새봄정밀") -> Company:
    company = Company(
        name=name, name_key=name.strip("㈜"), section="C", industry="금속가공", headcount=42, created_at=NOW,
        updated_at=NOW,
    )
    company.workplaces.append(Workplace(
        centre_id=centre.id if centre else None, section="C", headcount=42, created_at=NOW, updated_at=NOW,
    ))
    db.session.add(company)
    db.session.flush()
    return company


def make_programme(name: str = "대체인력 지원금", **values: Any) -> ProgrammeVersion:
    """A programme with one row, read in the law and in force, unless told otherwise."""
    programme = Programme(
        code=f"code-{name}", kind=ProgrammeKind.SUBSTITUTE, name_ko=name, agency="고용노동부", payee=Payee.EMPLOYER,
        created_at=NOW, updated_at=NOW,
    )
    row = {
        "valid_from": date(2026, 1, 1), "certainty": Certainty.VERIFIED, "checked_on": date(2026, 11, 2),
        "source": "고용보험법 시행령", "summary_ko": "빈자리에 사람을 새로 쓰면 인건비를 지원합니다.",
        "conditions": "우선지원대상기업\n휴직 30일 이상 허용", "apply_at": "고용24", "legal_basis": "시행령 제29조",
        "amounts": [{"label": "30인 미만", "amount_won": 1_400_000, "unit": "원/월", "note": ""}],
    }
    version = ProgrammeVersion(programme=programme, created_at=NOW, updated_at=NOW, **(row | values))
    db.session.add(version)
    db.session.flush()
    return version


def make_case(centre: Centre | None, state: CaseState = CaseState.PUBLISHED, **values: Any) -> Case:
    """A whole case of ``centre`` with standing consent to be shown anonymously everywhere. ``photo`` (an Upload) leads,
    with its rights in order; ``photo_caption`` and ``photo_rights`` as said."""
    photo = values.pop("photo", None)
    about = {"caption": values.pop("photo_caption", "작업장"), "rights_holder": values.pop("photo_rights", "새봄정밀")}
    row = {
        "display_name": "경남의 금속가공 회사", "headline": "교대조를 다시 짜니 휴직이 나왔다",
        "summary": "2교대 공장에서 한 사람의 자리를 비우는 법.", "problem": "한 사람이 빠지면 다음 조가 메워야 했다.",
        "effect": "네 사람이 휴직하고 돌아왔다.",
        "steps": [{"when": "2025년 3월", "title": "대체표를 만들다", "text": "혼자만 하던 일을 적었다."}],
        "figures": [{"label": "휴직 뒤 복귀", "before": "0", "after": "4", "unit": "명", "source": "회사 인사기록"}],
        "advice": ["혼자만 아는 일을 세어 보세요."], "section": "C", "industry": "금속가공", "headcount": 42,
        "consent_scope": ConsentScope.ANONYMOUS, "consent_on": date(2026, 3, 2), "consent_evidence": "동의서 2026-3호",
        "consented_by": "한결 상무", "outlets": sorted(Outlet), "published_at": NOW,
        "fact_checked_on": date(2026, 3, 4), "fact_checked_by": "정하람", "keywords": ["교대제"],
    }
    case = Case(state=state, centre_id=centre.id if centre else None, created_at=NOW, updated_at=NOW, **(row | values))
    db.session.add(case)
    if photo is not None:
        add_photo(case, photo, **about)
    finding.index(db.session, case)
    return case


def add_photo(case: Case, upload: Upload, **values: Any) -> CasePhoto:
    """One more picture of the case, with its rights in order unless told otherwise."""
    row = {"caption": "작업장", "rights_holder": "새봄정밀", "portrait": Portrait.NOBODY}
    photo = CasePhoto(upload=upload, created_at=NOW, position=len(case.photos) + 1, **(row | values))
    case.photos.append(photo)
    db.session.flush()
    return photo


def make_crowd(centre: Centre | None, count: int = 5, **values: Any) -> list[Company]:
    """So many companies of one trade and size that none is told apart."""
    crowd = [make_company(centre, f"㈜무리{number}") for number in range(count)]
    for company in crowd:
        for name, value in values.items():
            setattr(company.workplaces[0], name, value)
    db.session.flush()
    return crowd


def make_document(
    centre: Centre | None, cases: list[Case], versions: list[ProgrammeVersion], **values: Any
) -> Document:
    row = {"title": "아이 키우는 직원과\n오래 함께", "subtitle": "플래너가 함께합니다", "style": "warm",
           "texts": KIND.opening(), "order": {}}
    row |= {"kind": "brochure", "centre_id": centre.id if centre else None, "created_at": NOW, "updated_at": NOW}
    document = Document(**(row | values))
    document.cases, document.programmes = cases, versions
    db.session.add(document)
    db.session.flush()
    return document


def blank_pdf(pages: int = 2, mark: str = "") -> bytes:
    """A small true PDF; ``mark`` makes it another one."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
    pdf.docinfo["/Title"] = f"blank {mark}"
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def make_material(
    app: Flask, centre: Centre | None, state: EditionState = EditionState.PUBLISHED, title: str = "시험 사례집",
    **values: Any,
) -> Material:
    """A case sheet with one finished edition of blank pages."""
    case = make_case(centre, headline=title)
    material = Material(
        kind=CASE_SHEET, title=title, centre_id=case.centre_id, case_id=case.id, created_at=NOW,
        updated_at=NOW, unlicensed_for="시험 자료",
    )
    db.session.add(material)
    add_edition(app, material, state, **values)
    return material


def add_edition(app: Flask, material: Material, state: EditionState, **values: Any) -> Edition:
    data = blank_pdf(mark=f"{material.title} {len(material.editions)}")
    sha256 = hashlib.sha256(data).hexdigest()
    store.keep(folder(app), data, sha256)
    edition = Edition(
        number=len(material.editions) + 1, state=state, sha256=sha256, size=len(data), pages=2, created_at=NOW,
        published_at=NOW if state is EditionState.PUBLISHED else None, **values,
    )
    material.editions.insert(0, edition)
    db.session.flush()
    return edition


@lru_cache(maxsize=1)
def page_with_places() -> RenderedPdf:
    """One page with all places for a partner's stamp, rendered once in a process."""
    return printed(
        '<h1>교대조 이야기</h1><div data-stamp="accent" style="height: 3mm; color: #2340c4"></div>'
        '<div data-stamp="partner" data-stamp-name="협력기관" style="width: 90mm; height: 18mm; font-size: 12pt"></div>'
        '<div data-stamp="qr" data-stamp-name="QR" style="width: 80mm; height: 30mm; font-size: 9pt"></div>')


def give_places(app: Flask, edition: Edition) -> None:
    """Make the edition such a page."""
    pdf = page_with_places()
    store.keep(folder(app), pdf.data, pdf.sha256)
    stamping.keep(folder(app), pdf)
    edition.sha256, edition.size, edition.pages = pdf.sha256, len(pdf.data), pdf.pages
    db.session.flush()


def folder(app: Flask) -> Path:
    return app.extensions["outreach"].settings.folder("materials")


def published(material: Material) -> Edition:
    edition = service.published_edition(material)
    assert edition is not None
    return edition


def add_formats(app: Flask, edition: Edition, *forms: Format) -> None:
    """Other formats of a finished edition: pictures of one colour, else small files that bear the format's name."""
    for form in forms or tuple(Format)[1:]:
        body = blank_picture(form) if form in PICTURES else f"{form.value} of {edition.sha256}".encode()
        store.keep_format(folder(app), edition.sha256 or "", form, body)
        giving.record_format(db.session, edition.id, form, len(body), now=NOW)


@cache
def blank_picture(form: Format) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", PICTURES[form], "#eaedfb").save(out, "PNG")
    return out.getvalue()


def make_order(material: Material, organisation_id: int, **values: Any) -> PrintOrder:
    """A partner's order of copies of the published edition."""
    row = {
        "asked": 100, "place": "본관 안내대", "address": "산단로 1", "recipient": "김시험", "phone": "02-000-0000",
        "wanted_on": TODAY, "state": OrderState.REQUESTED,
    }
    order = PrintOrder(
        material=material, edition=published(material), organisation_id=organisation_id, created_at=NOW, updated_at=NOW,
        **(row | values),
    )
    db.session.add(order)
    db.session.flush()
    return order
