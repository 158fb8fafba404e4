"""From a document's record to what its pages say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from cases.documents import choosing
from cases.documents.kinds import KINDS
from cases.documents.kinds.base import Chosen, Kind, Style, Words
from cases.documents.models import Document
from cases.documents.service import chosen, kind_of
from cases.library.models import Case
from cases.library.rules import CaseState, consent_problems
from outreach.errors import Conflict
from outreach.organisations.models import Organisation
from outreach.programmes.models import ProgrammeVersion
from outreach.wording import Text

_WORDS = {"cases": "사례", "programmes": "지원제도", "organisations": "협력기관"}


def check_printable(document: Document, today: date) -> None:
    """Raises Conflict if words or records are missing, or a case may no longer be shown."""
    reasons = [*missing(kind_of(document), document.texts, chosen(document)), *case_problems(document, today)]
    if reasons:
        raise Conflict(Text.joined(reasons))


def missing(kind: Kind, texts: Mapping[str, str], shown: Chosen) -> list[str]:
    """Which words and records the kind asks for are not there."""
    reasons: list[str] = [
        Text("‘%(label)s’을(를) 적어 주세요.", label=Text(label)) for label in kind.missing(texts)
    ]
    for records, (fewest, _most) in kind.limits.items():
        if len(getattr(shown, records)) < fewest:
            what = Text(_WORDS[records])
            reasons.append(Text("%(what)s을(를) %(n)s개 이상 골라 주세요.", what=what, n=fewest))
    return reasons


def case_problems(document: Document, today: date) -> list[str]:
    """Why one of its cases may not be shown on ``today``: withdrawn, or the company's consent does not hold."""
    problems: list[str] = []
    for case in document.cases:
        if case.state is not CaseState.PUBLISHED:
            problems.append(Text("사례 ‘%(title)s’은(는) 게시된 사례가 아닙니다.", title=case.headline))
        problems += [
            Text("사례 ‘%(title)s’: %(problem)s", title=case.headline, problem=Text(text))
            for text in consent_problems(case, today)
        ]
    return problems


def read_back(session: Session, kind_name: str, content: Mapping[str, Any]) -> tuple[Kind, Words, Chosen]:
    """What a version's content (cases.documents.versions.snapshot) says and shows. Rows that are gone are left out."""
    def rows(model: Any, key: str) -> tuple[Any, ...]:
        ids = content.get(key, [])
        found = [row for row_id in ids if (row := session.get(model, row_id)) is not None]
        return tuple(choosing.ordered(found, ids))

    written = Words(content["title"], content["subtitle"], Style(content["style"]), content["texts"])
    return KINDS[kind_name], written, Chosen(
        rows(Case, "case_ids"), rows(ProgrammeVersion, "programme_ids"), rows(Organisation, "organisation_ids")
    )
