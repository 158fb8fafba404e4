"""What a letter says, but for whom: from blocks to the base that the letters of a run are drawn on. One base serves all
of them, unless the text names the reader or shows the case nearest; then each has its own (campaigns.post.bodies).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy.orm import Session

from campaigns.mailings.content import PersonalField
from campaigns.post.models import PostRun
from campaigns.post.rules import (
    FOLDS,
    MAX_PAGES,
    SALUTATION_FIELDS,
    TEXT_FIELDS,
    Window,
    fields_of,
    filled,
    unknown_fields,
)
from cases.blocks import cards
from cases.blocks import content as blocks
from cases.blocks.writing import to_html
from cases.library.models import Case
from outreach.errors import Invalid
from outreach.pdf.errors import RenderError
from outreach.pdf.options import RenderedPdf
from outreach.pdf.templates import environment
from outreach.programmes.models import ProgrammeVersion
from outreach.wording import Text

#: Holds the place of the case that is nearest to the reader.
NEAREST = "nearest"
#: What a letter may hold of the shared blocks: no pictures, which a black and white machine prints badly.
KINDS = {kind: blocks.KINDS[kind] for kind in ("heading", "text", "figure", "case", "programme")} | {NEAREST: {}}
KIND_LABELS = {**blocks.KIND_LABELS, NEAREST: Text("가까운 사례 카드")}

#: A letter to begin with.
FIRST = (
    {"kind": "text", "text": (
        "귀사의 발전을 기원합니다.\n\n저희 고용센터의 **일·육아 동행 플래너**는 육아휴직, 육아기 근로시간 단축, "
        "유연근무를 쓰려는 기업을 찾아가 제도를 설명하고 지원금 신청까지 돕습니다. 상담과 방문은 무료입니다."
    )},
    {"kind": "text", "text": (
        "상담을 원하시면 아래 QR 코드를 휴대전화로 찍어 신청하시거나 전화해 주십시오. 3영업일 안에 연락드리겠습니다."
    )},
)
FIRST_SUBJECT = "일·육아 동행 플래너의 무료 방문 상담을 안내해 드립니다"
FIRST_SALUTATION = "{{회사명}} {{담당자}}님께"


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a letter is, as far as its text says: ``values`` by slot, the ``case`` nearest and why."""

    values: Mapping[str, str] = field(default_factory=dict)
    case: Case | None = None
    reason: str = ""


#: Nobody: for the look of a letter before its recipients are known.
EXAMPLE = {
    "회사명": "예시정밀 주식회사", "기업명": "예시정밀 주식회사", "사업장명": "예시정밀 주식회사", "담당자": "김예시",
    "직위": "과장", "시도": "서울특별시", "시군구": "구로구", "지역": "서울특별시 구로구", "업종": "금속가공업",
    "센터": "담당 고용센터",
}


def example(run: PostRun, case: Case | None) -> Reader:
    """A company that does not exist."""
    return Reader({each.slot: EXAMPLE.get(each.name, "") for each in fields(run)}, case)


def clean(given: Any) -> list[blocks.Block]:
    """The blocks as they are kept. Raises Invalid."""
    return blocks.clean_blocks(given, KINDS, KIND_LABELS)


def fields(run: PostRun) -> list[PersonalField]:
    """The personal fields of the text, each once."""
    found = {each.slot: each for block in run.blocks for text in _texts(block) for each in fields_of(text)}
    return list(found.values())


def shows_nearest(run: PostRun) -> bool:
    """Whether each letter shows the case nearest to its reader."""
    return any(block["kind"] == NEAREST for block in run.blocks)


def varied(run: PostRun) -> bool:
    """Whether the letters differ in more than address, salutation and codes."""
    return shows_nearest(run) or bool(fields(run))


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    return (value for key, value in block.items() if key != "kind" and isinstance(value, str))


def problems(session: Session, run: PostRun, today: date) -> Iterator[str]:
    """Why the letter can't be made as it stands."""
    if not run.subject:
        yield Text("제목을 적어 주세요.")
    if not run.sender_name or not run.sender_phone or not run.sender_postal:
        yield Text("보내는 기관의 이름, 전화, 주소를 모두 적어 주세요. 되돌아오는 편지가 이 주소로 옵니다.")
    for name in unknown_fields(run.salutation, SALUTATION_FIELDS):
        yield Text("인사말에서 {{%(name)s}}은(는) 쓸 수 없습니다. {{회사명}}과 {{담당자}}만 쓸 수 있습니다.", name=name)
    for block in run.blocks:
        for name in (name for text in _texts(block) for name in unknown_fields(text, TEXT_FIELDS)):
            yield Text(
                "본문에서 {{%(name)s}}은(는) 쓸 수 없습니다. 쓸 수 있는 항목: %(fields)s", name=name,
                fields=", ".join(TEXT_FIELDS),
            )
    for _block, record in _records(session, run):
        if record is None:
            yield Text("본문의 카드가 가리키는 자료가 없습니다.")
        elif isinstance(record, Case) and (problem := cards.case_problem(record, today)):
            yield problem
        elif isinstance(record, ProgrammeVersion) and not record.holds_on(today):
            yield Text("제도 '%(name)s'은(는) 지금 시행 중이 아니어서 새 편지에 실을 수 없습니다.",
                       name=record.programme.name_ko)


def warnings(session: Session, run: PostRun, today: date) -> list[Text]:
    """What should be known before the letters are made."""
    notice = Window.from_json(run.window).notice()
    found = [Text(notice)] if notice else []
    for _block, record in _records(session, run):
        if isinstance(record, Case):
            found += cards.case_warnings(record, today)
        elif isinstance(record, ProgrammeVersion):
            found += cards.programme_warnings(record, today)
    return found


def html(session: Session, templates: Path, run: PostRun, readers: Sequence[Reader], day: date) -> str:
    """The pages of a letter for each of ``readers``, each beginning on a page of its own with the anchor
    :func:`anchor`. ``day``: the date they bear.

    :raises Invalid: it can't be made as it stands.
    """
    if reasons := list(problems(session, run, day)):
        raise Invalid(Text.joined(reasons))
    records = {id(block): record for block, record in _records(session, run)}
    letters = [
        [shown for block in run.blocks if (shown := _shown(block, records.get(id(block)), day, reader))]
        for reader in readers
    ]
    return _environment(templates).get_template("pdf/letter/letter.html").render(
        run=run, letters=letters, day=day, folds=FOLDS, sender_at=sender_at(Window.from_json(run.window)),
        fictional=run.campaign.fictional, anchor=anchor,
    )


def anchor(number: int) -> str:
    """What letter ``number`` (from 0) of a file is found by."""
    return f"letter-{number}"


def sender_at(window: Window) -> float | None:
    """Where the sender's telephone and address stand beside the window, in mm from the text's left edge: where the
    window never shows them. None: there is no room on either side; the foot and the window name the sender."""
    if window.seen.x + window.seen.width <= 122:
        return 104.0
    return 0.0 if window.seen.x >= 86 else None


def checked(pdf: RenderedPdf) -> RenderedPdf:
    """Raises RenderError for a letter that is more than one sheet."""
    if pdf.pages > MAX_PAGES:
        raise RenderError(Text(
            "편지가 %(pages)s쪽이 되었습니다. 한 장의 앞뒤(2쪽)에 들어가도록 줄여 주세요.", pages=pdf.pages
        ))
    return pdf


def _records(session: Session, run: PostRun) -> Iterator[tuple[blocks.Block, Any]]:
    """The blocks that show a record, each with it; None for one that is gone."""
    for block in run.blocks:
        if block["kind"] == "case":
            yield block, session.get(Case, block["case_id"]) if block["case_id"] else None
        elif block["kind"] == "programme":
            yield block, session.get(ProgrammeVersion, block["version_id"]) if block["version_id"] else None


def _shown(block: blocks.Block, record: Any, day: date, reader: Reader = Reader()) -> dict[str, Any] | None:
    kind = block["kind"]
    if kind == "text":
        return {"kind": kind, "html": Markup(filled(to_html(block["text"]), reader.values))}  # noqa: S704 - escaped
    if kind == NEAREST:
        return {"kind": "case", "card": cards.case_card(reader.case), "reason": reader.reason} if reader.case else None
    if kind == "case":
        return {"kind": kind, "card": cards.case_card(record), "reason": ""}
    if kind == "programme":
        return {"kind": kind, "card": cards.programme_card(record, day)}
    return {key: unescape(filled(value, reader.values)) if key != "kind" else value for key, value in block.items()}


@lru_cache(maxsize=1)
def _environment(templates: Path) -> Environment:
    return environment(templates)
