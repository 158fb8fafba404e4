"""Letters that differ: the text of each letter of a run, rendered once its recipients are frozen.

They are laid out CHUNK at a time in one document, so that they share their faces (docs/decisions/0028). The
file holds names, so it lies by itself and is erased with them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.post import letter
from campaigns.post.letter import Reader
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import MAX_PAGES
from cases.library import nearest
from cases.library.models import Case
from cases.library.nearest import Likeness
from cases.library.rules import Outlet
from cases.library.service import showable
from cases.library.veil import band
from cases.materials import store
from outreach.companies.models import Workplace
from outreach.lazy import lazy
from outreach.pdf.options import RenderedPdf
from outreach.wording import Text

if TYPE_CHECKING:
    import pikepdf
else:
    pikepdf = lazy("pikepdf")

CHUNK = 20
#: The cases looked at for one company: its own is passed over.
_LOOKED_AT = 3
#: Named in a message.
_SHOWN = 10

Draw = Callable[[str], RenderedPdf]


@dataclass(frozen=True, slots=True)
class Body:
    """The pages of one letter within the run's file: ``pages`` from ``first`` on (from 0)."""

    first: int
    pages: int


def choose_cases(session: Session, items: Sequence[PostItem], today: date) -> None:
    """Write on each letter the case nearest to its workplace, by place, trade and size, and why. Never the company's
    own. Alike workplaces are looked up once."""
    found: dict[Likeness, list[nearest.Near]] = {}
    places = session.scalars(sa.select(Workplace).where(Workplace.id.in_([row.workplace_id for row in items])))
    likes = {place.id: _alike(nearest.of_workplace(place)) for place in places}
    shown = sa.select(Case).where(showable(today, Outlet.PRINT))
    for item in items:
        like = likes.get(item.workplace_id or 0, Likeness())
        if like not in found:
            found[like] = nearest.nearest(session, shown, like, limit=_LOOKED_AT)
        near = next((row for row in found[like] if row.case.company_id != item.company_id), None)
        item.case, item.case_reason = (near.case, Text.joined(near.reasons, ", ")) if near else (None, "")
    session.flush()


def _alike(like: Likeness) -> Likeness:
    """Sizes of one band are one: by bands they are compared."""
    size = band(like.headcount)
    return Likeness(like.province_id, like.complex_id, like.section, size.low if size else None)


def newest_case(session: Session, run: PostRun, today: date) -> Case | None:
    """An example for a letter whose readers are not known yet: the centre's own newest case, or anyone's."""
    centre_id = run.campaign.centre_id or 0
    order = (sa.func.coalesce(Case.centre_id, 0) != centre_id, Case.published_at.desc(), Case.id.desc())
    return session.scalar(sa.select(Case).where(showable(today, Outlet.PRINT)).order_by(*order).limit(1))


def readers(items: Sequence[PostItem]) -> list[Reader]:
    return [Reader(item.values, item.case, str(item.case_reason)) for item in items]


def render(documents: Iterator[tuple[str, int]], draw: Draw) -> tuple[bytes, list[Body]]:
    """All letters as one file. ``documents``: each the pages of so many letters."""
    whole, found = pikepdf.new(), list[Body]()
    for html, count in documents:
        with pikepdf.open(io.BytesIO(draw(html).data)) as part:
            found += _bodies(part, count, len(whole.pages))
            for page in part.pages:
                whole.pages.append(page)
    out = io.BytesIO()
    whole.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue(), found


def _bodies(part: Any, count: int, before: int) -> list[Body]:
    """Where each letter of a document begins: its anchors are named destinations."""
    tree = pikepdf.NameTree(part.Root.Names.Dests)
    numbers = {page.objgen: number for number, page in enumerate(part.pages)}
    begins = [numbers[_destination(tree[letter.anchor(number)])[0].objgen] for number in range(count)]
    ends = [*begins[1:], len(part.pages)]
    return [Body(before + begin, end - begin) for begin, end in zip(begins, ends, strict=True)]


def _destination(found: Any) -> Any:
    return found.D if isinstance(found, pikepdf.Dictionary) else found


# -- the file -------------------------------------------------------------------------------------------------


def keep(folder: Path, run: PostRun, data: bytes) -> str:
    """Store the file; what it is found by."""
    name = f"{run.id}-{hashlib.sha256(data).hexdigest()}"
    path = _path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    store.write(path, data)
    return name


def read(folder: Path, run: PostRun) -> bytes:
    """Raises OSError if it is gone from the disk."""
    return _path(folder, run.bodies).read_bytes()


def erase(folder: Path, name: str) -> None:
    if name:
        _path(folder, name).unlink(missing_ok=True)


def _path(folder: Path, name: str) -> Path:
    return folder / "runs" / f"{name}.pdf"


# -- whether all is well --------------------------------------------------------------------------------------


def problem(session: Session, run: PostRun) -> Text | None:
    """Why the letters of a frozen run can't be printed as they stand; None if they can. What is longer than its sheet
    is named by company."""
    if not letter.varied(run):
        return None
    if not run.bodies:
        return Text("편지를 한 통씩 만들고 있습니다. 다 되면 인쇄할 수 있습니다.")
    long = sa.select(PostItem.name).where(PostItem.run_id == run.id, PostItem.pages > MAX_PAGES)
    names = list(session.scalars(long.order_by(PostItem.position)))
    if not names:
        return None
    text = "편지 %(count)s통이 한 장의 앞뒤(2쪽)를 넘습니다: %(names)s. 준비로 되돌려 글을 줄여 주세요."
    return Text(text, count=len(names), names=listed(names))


def listed(names: Sequence[str]) -> str:
    """``가, 나, 다``; many end in how many more there are."""
    shown = ", ".join(names[:_SHOWN])
    return Text("%(names)s 외 %(count)s곳", names=shown, count=len(names) - _SHOWN) if names[_SHOWN:] else shown
