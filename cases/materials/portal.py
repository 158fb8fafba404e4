"""The partners' reading room: what was granted to the partner and is published, in all formats, alone or as a bundle,
and what the partner has of it. What campaigns know of the partner comes in as panels of slot 'portal'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext

from cases.materials import asked, bundle, giving, newsletter, notices, service
from cases.materials.forms import ShareForm
from cases.materials.giving import PartnerCampaign, Shelved, Wanted
from cases.materials.models import Edition, Material
from cases.materials.rules import FORMAT_LABELS, FORMAT_USES, KIND_LABELS, PICTURES, Format, Way
from cases.materials.sending import hand_over_own, own, own_name, parcel, send, send_page, send_picture
from outreach import links
from outreach.clock import kst_today, to_kst
from outreach.db import db, unit_of_work
from outreach.scope import Role
from outreach.web import access
from outreach.web.language import translated
from outreach.web.paging import Page, page_number
from outreach.web.xlsx import disposition

blueprint = Blueprint("portal", __name__, url_prefix="/portal")

#: Materials on the first page of a partner, and on a page of its shelf.
SHOWN, PAGE_SIZE = 3, 24
#: Materials of one bundle; more are taken in several.
MOST_IN_BUNDLE = 200
README = "읽어보기.txt"
FRESH = ("new", "changed", "had")
#: Part of a route: one of the formats.
_FORM = f"<any({', '.join(form.value for form in Format)}):form>"
_PICTURE = f"<any({', '.join(form.value for form in PICTURES)}):form>"


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _campaigns() -> list[PartnerCampaign]:
    """The partner's campaigns, if anything above knows of campaigns."""
    ask = current_app.extensions.get(giving.CAMPAIGNS)
    return ask(db.session, access.scope().organisation_id) if ask else []


def _shelf(wanted: Wanted = Wanted(), campaigns: Sequence[PartnerCampaign] = ()) -> list[Shelved]:
    return giving.shelf(db.session, access.scope(), wanted, campaigns, today=kst_today(_now()))


# -- reading -------------------------------------------------------------------------------------------


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"fresh_badge": fresh_badge, "FORMATS": FORMAT_LABELS, "FORMAT_USES": FORMAT_USES}


@blueprint.get("/")
@access.allow(Role.PARTNER)
def index() -> str:
    args, scope, campaigns = request.args, access.scope(), _campaigns()
    wanted = Wanted(
        text=args.get("q", "").strip()[:100],
        kind=args.get("kind", "") if args.get("kind") in KIND_LABELS else "",
        campaign=next((row for row in campaigns if str(row.id) == args.get("campaign")), None),
        fresh=args.get("fresh", "") if args.get("fresh") in FRESH else "",
    )
    found = _shelf(wanted, campaigns)
    number = min(page_number(), max(1, -(-len(found) // PAGE_SIZE)))
    page = Page(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, PAGE_SIZE, len(found))
    return render_template(
        "portal/index.html", items=page.items, page=page, args=args, filtered=wanted != Wanted(),
        campaigns=[(row.id, row.name) for row in campaigns],
        kinds=[(kind, translated(label)) for kind, label in KIND_LABELS.items()], fresh=_fresh_words(),
        formats=[(form, _(FORMAT_LABELS[form])) for form in Format],
        notices=notices.unread(db.session, scope.user_id), mails=notices.wants_mail(db.session, scope.user_id),
    )


def _fresh_words() -> list[tuple[str, str]]:
    return [("new", _("아직 받지 않음")), ("changed", _("새 판이 나옴")), ("had", _("최신 판을 받음"))]


@blueprint.get("/materials/<int:material_id>")
@access.allow(Role.PARTNER)
def show(material_id: int) -> Any:
    """One material: its pages, formats, words to copy, links, and what the partner has of it; of one that is given out
    no longer, why and what replaced it (410)."""
    if gone := service.formerly(db.session, access.scope(), material_id, kst_today(_now())):
        return _gone(gone), 410
    edition, scope, outreach = asked.given(material_id), access.scope(), current_app.extensions["outreach"]
    material, forms = edition.material, giving.formats_of(db.session, edition)
    address, cover = (
        make(outreach.settings.base_url, outreach.signer, material.id, scope.organisation_id)
        for make in (links.material_url, links.cover_url)
    )
    return render_template(
        "portal/show.html", material=material, edition=edition, forms=forms, pictures=PICTURES,
        had=giving.had(db.session, scope.organisation_id or 0, [material.id]).get(material.id),
        earlier=[row for row in material.editions if row.published_at and row.number < edition.number],
        campaigns=[row for row in _campaigns() if material.id in row.material_ids], address=address,
        snippets=newsletter.snippets(edition, address, cover, asked.partner()), credit=giving.credit_line(edition),
        shares=[
            (row, count, links.share_url(outreach.settings.base_url, outreach.signer, row.id))
            for row, count in giving.shares(db.session, scope, material)
        ],
        share_form=ShareForm().offer([(form.value, _(FORMAT_LABELS[form])) for form in forms]),
        today=kst_today(_now()),
    )


def _gone(material: Material) -> str:
    mine = {item.material.id for item in _shelf()}
    return render_template(
        "portal/withdrawn.html", material=material,
        last=next((row for row in material.editions if row.withdrawn_at), None),
        others=[row for row in service.alternatives(db.session, material, limit=10) if row.id in mine][:3],
        had=giving.had(db.session, access.scope().organisation_id or 0, [material.id]).get(material.id),
    )


@blueprint.get("/materials/<int:material_id>.pdf")
@access.allow(Role.PARTNER)
def download(material_id: int) -> Any:
    return _send(material_id, Format.PRINT)


@blueprint.get(f"/materials/<int:material_id>/files/{_FORM}")
@access.allow(Role.PARTNER)
def download_format(material_id: int, form: str) -> Any:
    return _send(material_id, Format(form))


@blueprint.get(f"/materials/<int:material_id>/pictures/{_PICTURE}.png")
@access.allow(Role.PARTNER)
def picture(material_id: int, form: str) -> Any:
    """A picture for posts as the partner gets it, to be looked at; not a download."""
    edition, partner = asked.given(material_id), asked.partner()
    file = own(edition, Format(form), partner, now=_now())
    if file is None or partner is None:
        return send_picture(edition, Format(form))
    return hand_over_own(file, own_name(edition, partner, Format(form)), "image/png", "inline")


def _send(material_id: int, form: Format) -> Any:
    """The file, with the partner's own mark where the format has room for it."""
    return send(
        asked.given(material_id), Way.PORTAL, form, partner=asked.partner(), user_id=access.scope().user_id, now=_now(),
    )


@blueprint.get("/materials/<int:material_id>/page-<int:page>.png")
@access.allow(Role.PARTNER)
def page(material_id: int, page: int) -> Any:
    return send_page(asked.given(material_id), page)


def home_panel(scope: Any, _subject: Any) -> Any:
    """The newest materials, for the partner's first page."""
    return render_template(
        "portal/home.html", items=_shelf(campaigns=_campaigns())[:SHOWN],
        notices=notices.unread(db.session, scope.user_id),
    )


# -- several at once -----------------------------------------------------------------------------------


@blueprint.get("/bundle.zip")
@access.allow(Role.PARTNER)
def download_bundle() -> Any:
    """The materials and formats that are named, as one archive; formats that were not made are left out. Each file of
    it counts as a download of its edition."""
    chosen = {text for text in request.args.getlist("material") if text.isascii() and text.isdigit()}
    forms = [form for form in Format if form.value in request.args.getlist("format")] or [Format.PRINT]
    items = [item for item in _shelf() if str(item.material.id) in chosen][:MOST_IN_BUNDLE]
    files = [(item.edition, form) for item in items for form in forms
             if form is Format.PRINT or form in giving.formats_of(db.session, item.edition)]
    if not files:
        flash(_("묶어 받을 자료를 골라 주세요."), "error")
        return redirect(url_for(".index"))
    entries = _entries(files)
    size = bundle.length(entries)
    if request.method == "GET":
        _count(files)
    response = Response(bundle.archive(entries), mimetype="application/zip")
    response.content_length = size
    name = f"동행 아웃리치 자료 {kst_today(_now()):%Y%m%d}.zip"
    response.headers["Content-Disposition"] = disposition(name, "materials.zip")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _entries(files: list[tuple[Edition, Format]]) -> list[bundle.Entry]:
    """What goes into the archive; each file bears the partner's mark where it has a place for it."""
    parcels, partner, now = [parcel(edition, form) for edition, form in files], asked.partner(), _now()
    names, at = bundle.unlike([each.name for each in parcels]), to_kst(now)
    said = [
        (name, f"{KIND_LABELS[edition.material.kind]} · {FORMAT_LABELS[form]} · {service.printed_number(edition)}")
        for name, (edition, form) in zip(names, files, strict=True)
    ]
    credits = list(dict.fromkeys(giving.credit_line(edition) for edition, _form in files))
    text = newsletter.contents(said, credits, f"{at.year}. {at.month}. {at.day}.")
    made = [own(edition, form, partner, now=now) or each.path
            for (edition, form), each in zip(files, parcels, strict=True)]
    return [
        *(bundle.Entry(name, content, at) for name, content in zip(names, made, strict=True)),
        bundle.Entry(README, b"\xef\xbb\xbf" + text.encode(), at),  # Notepad of older Windows knows UTF-8 by its mark
    ]


def _count(files: list[tuple[Edition, Format]]) -> None:
    scope, now, named = access.scope(), _now(), [(edition.id, form) for edition, form in files]
    with unit_of_work(db.session) as session:
        for edition_id, form in named:
            service.count_download(
                session, edition_id, Way.BUNDLE, form=form, organisation_id=scope.organisation_id,
                user_id=scope.user_id, now=now,
            )


# -- notices -------------------------------------------------------------------------------------------


@blueprint.post("/notices/read")
@access.allow(Role.PARTNER)
def read_notices() -> Any:
    notices.put_away(db.session, access.scope().user_id or 0, now=_now())
    db.session.commit()
    return redirect(url_for(".index"))


@blueprint.post("/notices/mail")
@access.allow(Role.PARTNER)
def choose_mail() -> Any:
    wanted = request.form.get("wanted") == "yes"
    notices.choose_mail(db.session, access.scope().user_id or 0, wanted, now=_now())
    db.session.commit()
    done = (
        _("새 판과 배포 중단을 메일로도 알려 드립니다.") if wanted
        else _("알림 메일을 보내지 않습니다. 자료실에는 계속 알려 드립니다.")
    )
    flash(done, "success")
    return redirect(url_for(".index", _anchor="mail"))


def fresh_badge(item: Shelved) -> tuple[str, str]:
    """What a material's card says of it, and its tone."""
    if item.fresh == "new":
        return pgettext("material", "새 자료"), "info"
    if item.fresh == "changed":
        return _("새 판"), "warning"
    return _("받음"), "success"
