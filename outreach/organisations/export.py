"""The list of partners as rows of a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from flask_babel import gettext as _

from outreach.organisations.models import KIND_LABELS, Organisation, OrganisationContact
from outreach.organisations.rules import AGREEMENT_LABELS, agreement_state


def headers() -> list[str]:
    return [
        _("번호"), _("기관 이름"), _("구분"), _("담당"), _("담당 지역"), _("대표 전화"), _("누리집"), _("협약 상태"),
        _("협약 시작일"), _("협약 종료일"), _("담당자"),
    ]


def rows(organisations: Iterable[Organisation], today: date) -> Iterator[tuple[Any, ...]]:
    for row in organisations:
        state = agreement_state(row.mou_from, row.mou_to, today)
        yield (
            row.id, row.name, _(KIND_LABELS[row.kind]), row.centre.name_ko if row.centre else _("본부"),
            ", ".join(region.name_ko for region in row.regions), row.phone, row.homepage, _(AGREEMENT_LABELS[state]),
            row.mou_from, row.mou_to, "\n".join(_person(contact) for contact in row.contacts),
        )


def _person(contact: OrganisationContact) -> str:
    """`김담당 팀장 (02-000-0000, a@b.example)`."""
    reach = ", ".join(filter(None, (contact.phone, contact.email)))
    return " ".join(filter(None, (contact.name, contact.title))) + (f" ({reach})" if reach else "")
