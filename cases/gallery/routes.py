"""The gallery's public pages: list, case, pictures, site map, "our company too". No cookie is set and nothing is kept
about a reader; what may be shown is asked anew at every request, so that a case taken down is gone at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, send_file, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from cases.gallery import counting, picture, rules, service
from cases.gallery.counting import Reading, Tally
from cases.library import citing, grams, highlight, photos
from cases.library.models import Case
from cases.library.rights import photo_problems
from cases.library.rules import NEED_LABELS, Need
from cases.library.veil import shown
from outreach.clock import kst_today
from outreach.companies.ksic import SECTIONS
from outreach.db import db, unit_of_work
from outreach.errors import NotFound
from outreach.pdf.qr import QUIET, qr_svg
from outreach.regions import service as regions
from outreach.scope import Scope
from outreach.uploads import service as uploads
from outreach.web import access
from outreach.web.numbers import read_id
from outreach.web.paging import page_number
from outreach.web.protection import csrf, limiter
from outreach.wording import Text

blueprint = Blueprint("gallery", __name__)
csrf.exempt(blueprint)  # nothing here acts in anybody's name

#: Where higher features hand in, by ``app.extensions``: the address of the response form for a case, and of a case's
#: published sheet (None if it has none). Both are called with a session and the case.
FORMS, SHEETS = "gallery.forms", "gallery.sheets"
TALLY = "gallery.tally"
Address = Callable[[Session, Case], str | None]

#: A school or an office comes through one address; the limit only stops machines.
REQUESTS_PER_ADDRESS = "600 per minute"
HELP_LINE = {"name": Text("고용노동부 고객상담센터"), "phone": "1350"}


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _today() -> date:
    return kst_today(_now())


def _base_url() -> str:
    return current_app.extensions["outreach"].settings.base_url


def _absolute(endpoint: str, **values: Any) -> str:
    return _base_url() + url_for(endpoint, **values)


@blueprint.after_request
def _fresh(response: Response) -> Response:
    """Caches may keep a page and must ask whether it still holds; a page of one language is not another's."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.direct_passthrough:
        response.headers.setdefault("Cache-Control", "public, no-cache")
        response.vary.update(("Accept-Language", "Cookie"))
        response.add_etag()
        response.make_conditional(request)
    return response


@blueprint.errorhandler(service.Missing)
def _missing(error: service.Missing) -> tuple[str, int]:
    """Another one like it, instead of a dead end: 410 for what was here, 404 for what never was."""
    page = render_template("gallery/missing.html", near=error.near, gone=error.gone, sender=HELP_LINE, **_words())
    return page, 410 if error.gone else 404


def _words() -> dict[str, Any]:
    """What the templates need beside the case."""
    return {
        "shown": shown, "highlight": highlight, "needs_words": {need.value: NEED_LABELS[need] for need in Need},
        "lead": lambda case: photos.lead(case, _today()), "absolute": _absolute, "base_url": _base_url(),
    }


# -- reading -------------------------------------------------------------------------------------------------


@blueprint.get("/gallery/")
@access.public("the gallery: cases whose companies agreed to be shown on the web")
@limiter.limit(REQUESTS_PER_ADDRESS)
def index() -> str:
    args, today = request.args, _today()
    asked = service.Asked(
        text=args.get("q", "").strip()[:grams.MAX_QUERY], province_id=read_id(args.get("province")),
        section=args.get("section", "") if args.get("section") in SECTIONS else "",
        size=args.get("size", "") if args.get("size") in rules.SIZES else "",
        need=args.get("need", "") if args.get("need") in set(Need) else "",
    )
    found = service.listing(db.session, asked, today, page_number())
    return render_template(
        "gallery/index.html", found=found, asked=asked, plain=asked == service.Asked(), sender=HELP_LINE,
        provinces=regions.province_options(db.session, today), sections=SECTIONS, sizes=rules.SIZE_LABELS,
        needs=NEED_LABELS, next_page=_next_page(found), canonical=_absolute(".index"),
        asks=FORMS in current_app.extensions, **_words(),
    )


def _next_page(found: service.Listing) -> str | None:
    if not found.more:
        return None
    kept = {name: value for name, value in request.args.items() if name in ("q", "province", "section", "size", "need")}
    return url_for(".index", **kept, page=found.number + 1)


@blueprint.get("/gallery/<code>")
@access.public("one case whose company agreed to be shown on the web")
@limiter.limit(REQUESTS_PER_ADDRESS)
def show(code: str) -> str:
    today = _today()
    case = service.get(db.session, code, today)
    page = render_template(
        "gallery/show.html", case=case, near=service.near(db.session, case, today), today=today,
        pictures=photos.usable(case, today), sender=_sender(case), canonical=_absolute(".show", code=case.id),
        image=_absolute(".card", code=case.id, v=picture.digest(_card_words(case))),
        programmes=citing.all_told(case.programmes, today),
        qr=qr_svg(_absolute(".show", code=case.id), case.headline, QUIET),
        sheet=_address(SHEETS, case) is not None, asks=FORMS in current_app.extensions, **_words(),
    )
    _count(case, "views")
    return page


def _sender(case: Case) -> dict[str, str]:
    centre = case.centre
    return {"name": centre.name_ko, "phone": centre.phone or HELP_LINE["phone"]} if centre else HELP_LINE


def _address(name: str, case: Case) -> str | None:
    make: Address | None = current_app.extensions.get(name)
    return make(db.session, case) if make else None


def _count(case: Case, kind: str) -> None:
    """Count a reader; now and then write down what was counted, when the answer is on its way."""
    if request.method == "HEAD" or not rules.is_person(
        request.headers.get("User-Agent", ""), request.headers.get("Sec-Purpose", "")
    ):
        return
    tally: Tally = current_app.extensions[TALLY]
    counts = tally.add(Reading(case.id, _today(), kind))
    if counts:
        db.session.rollback()
        with unit_of_work(db.session) as session:
            counting.write(session, counts)


# -- pictures ------------------------------------------------------------------------------------------------


@blueprint.get("/gallery/<code>/card.png")
@access.public("the picture of a shown case for messengers and social sites")
@limiter.limit(REQUESTS_PER_ADDRESS)
def card(code: str) -> Response:
    """Open Graph: 1200 x 630."""
    case = service.get(db.session, code, _today())
    folder = current_app.extensions["outreach"].settings.folder("gallery")
    faces = Path(current_app.static_folder or "") / "vendor" / "pretendard-gov"
    path = picture.drawn(_card_words(case), folder, faces)
    return _picture(path, "image/png", path.stem)


def _card_words(case: Case) -> picture.Words:
    row = case.figures[0] if case.figures else {}
    figure = (str(row.get("after", "")), row.get("unit", "") or "", row.get("label", "") or "")
    note = "시연을 위해 지어낸 사례" if case.fictional else ""
    return picture.Words(case.headline, f"{case.display_name} · {shown(case)}".rstrip(" ·"), figure,
                         "일·육아 동행 플래너 우수사례", note)


@blueprint.get("/gallery/<code>/photo-<place>.jpg")
@access.public("a picture of a shown case, if its rights let it be shown today")
@limiter.limit(REQUESTS_PER_ADDRESS)
def photo(code: str, place: str) -> Response:
    """The picture at ``place`` among all of the case, from 1. Raises NotFound."""
    today = _today()
    case = service.get(db.session, code, today)
    found = dict(enumerate(case.photos, 1)).get(rules.case_id(place) or 0)
    if found is None or photo_problems(found, today):
        raise NotFound("볼 수 없는 사진입니다.")
    folder = current_app.extensions["outreach"].settings.folder("uploads")
    return _picture(uploads.open_path(folder, found.upload), found.upload.media_type, found.upload.sha256)


def _picture(path: Path, media_type: str, etag: str) -> Response:
    response = send_file(path, mimetype=media_type, etag=etag, conditional=True)
    response.headers["Cache-Control"] = "public, no-cache"  # a picture whose rights end is gone at once
    return response


# -- acting --------------------------------------------------------------------------------------------------


@blueprint.post("/gallery/<code>/ask")
@access.public("leads on to the response form of a shown case; a POST, so that what follows links makes no place")
@limiter.limit("60 per minute")
def ask(code: str) -> Any:
    """"Our company too": the form, which knows from which case one came. Raises NotFound without a form."""
    case = service.get(db.session, code, _today())
    url = _address(FORMS, case)
    if url is None:
        raise NotFound("지금은 누리집에서 신청을 받지 않습니다. 전화로 문의해 주세요.")
    db.session.commit()
    _count(case, "asked")
    return redirect(url, 303)


@blueprint.get("/gallery/<code>/sheet")
@access.public("leads on to the published sheet of a shown case")
@limiter.limit(REQUESTS_PER_ADDRESS)
def sheet(code: str) -> Any:
    case = service.get(db.session, code, _today())
    url = _address(SHEETS, case)
    if url is None:
        raise NotFound("인쇄용 사례집이 아직 없습니다.")
    _count(case, "sheets")
    return redirect(url, 302)


# -- for search engines --------------------------------------------------------------------------------------


@blueprint.get("/sitemap.xml")
@access.public("the addresses of the gallery's cases")
def sitemap() -> Response:
    rows = service.addresses(db.session, _today())
    text = render_template("gallery/sitemap.xml", rows=rows, absolute=_absolute)
    return Response(text, mimetype="application/xml")


@blueprint.get("/robots.txt")
@access.public("what search engines may read: the gallery alone")
def robots() -> Response:
    lines = ("User-agent: *", "Allow: /gallery/", "Allow: /static/", "Disallow: /", f"Sitemap: {_absolute('.sitemap')}")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


# -- for the staff -------------------------------------------------------------------------------------------


def case_panel(_scope: Scope, case: Case) -> Markup | str:
    """On a case's own page: whether and how often it is read in the gallery."""
    today = _today()
    counts = counting.of_case(db.session, case.id)
    there = db.session.scalar(service.shown(today).where(Case.id == case.id).with_only_columns(Case.id)) is not None
    if not there and not any(counts.values()):
        return ""
    recent = counting.of_case(db.session, case.id, today - timedelta(days=29))
    html = render_template("gallery/case_panel.html", case=case, there=there, counts=counts, recent=recent)
    return Markup(html)  # noqa: S704 (our own template, which escapes)

