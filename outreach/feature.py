"""What an area contributes to the application, as plain data.

The one sanctioned inversion of the import direction: a low page (a company, a lead, the first page)
shows high data only through panels that the higher feature hands in here; wsgi.py names the features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from outreach.scope import STAFF_ROLES, Role, Scope

if TYPE_CHECKING:
    import click
    import sqlalchemy as sa
    from flask import Blueprint, Flask
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of the main menu. ``label`` is a lazy translation; shown to ``roles`` only;
    ``prefix``: the URL prefix, or prefixes, under which the entry counts as current; ``group``
    (outreach.web.site.MENU_GROUPS) puts it under a common heading."""

    label: Any
    endpoint: str
    order: int
    roles: frozenset[Role] = STAFF_ROLES
    prefix: str | tuple[str, ...] = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A piece of someone else's page. ``slot``: the page, such as 'company', 'lead', 'mailing' or 'operations';
    ``render(scope, subject)`` returns Markup, or '' for nothing to show."""

    slot: str
    order: int
    render: Callable[[Scope, Any], Any]
    roles: frozenset[Role] = frozenset(Role)


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of background job: ``run(context, payload)`` does one job; see outreach.jobs."""

    name: str
    label: Any
    run: Callable[[Any, Mapping[str, Any]], Any]
    max_attempts: int = 3


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something the clock does: ``run(app)`` every ``seconds``. It must be short and idempotent: it
    says what is due, the workers do it."""

    name: str
    label: Any
    seconds: int
    run: Callable[[Flask], Any]


@dataclass(frozen=True, slots=True)
class WorkSource:
    """Work a worker looks for: ``make(app)`` returns an object with ``step() -> bool`` (did bounded
    work, ask again at once) and ``close()``; with ``step_for(key)``, too, if what was announced under a key
    (outreach.jobs.dispatch) is to be done by itself. ``release(app, key)``: the worker that had begun on it is dead."""

    name: str
    make: Callable[[Flask], Any]
    release: Callable[[Flask, str], None] | None = None


@dataclass(frozen=True, slots=True)
class CompanyMerge:
    """A company became part of another. ``workplaces`` and ``contacts`` map the id of each row that was
    folded into another to that one's; all further rows keep their ids and now belong to ``kept_id``."""

    gone_id: int
    kept_id: int
    workplaces: Mapping[int, int]
    contacts: Mapping[int, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class ReferenceTables:
    """Tables that ship with the program. ``load(session, now)`` brings the database up to them and returns
    how many rows of each were added (twice changes nothing); ``words`` name them for the command."""

    words: Mapping[str, str]
    load: Callable[[Session, datetime], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class RecordClass:
    """A kind of personal data, for how long it is kept, and why. The page /privacy shows what is said here and the
    daily job outreach.retention does it, so that the two can't differ. ``keep`` None: kept without a term.

    ``due(before)`` selects the ids of rows whose time began before ``before`` and that still hold what is to be
    erased; ``erase(app, session, ids)`` erases it within the caller's unit of work. The wordings are lazy
    translations: ``begins`` the event the time counts from, ``erased`` what goes and what stays."""

    name: str
    label: Any
    keep: timedelta | None
    reason: Any
    begins: Any = ""
    erased: Any = ""
    due: Callable[[datetime], sa.Select[tuple[int]]] | None = None
    erase: Callable[[Flask, Session, Sequence[int]], Any] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the background that stands still. ``title`` and ``advice`` (what to do) are messages; ``path`` is
    the page that shows more, '' if none does."""

    name: str
    title: str
    since: datetime
    advice: str
    path: str = ""


@dataclass(frozen=True)
class Feature:
    """``company_merges``: called within the merge's unit of work, before the rows that are gone are deleted,
    to carry over what the feature keeps about them. ``checks``: look for what stands still, by reading only."""

    name: str
    blueprints: tuple[Blueprint, ...] = ()
    api_blueprints: tuple[Any, ...] = ()
    menu: tuple[MenuItem, ...] = ()
    panels: tuple[Panel, ...] = ()
    jobs: tuple[JobKind, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    work: tuple[WorkSource, ...] = ()
    commands: tuple[click.Command, ...] = ()
    init_app: Callable[[Flask], None] | None = None
    company_merges: tuple[Callable[[Session, CompanyMerge], None], ...] = ()
    reference: tuple[ReferenceTables, ...] = ()
    records: tuple[RecordClass, ...] = ()
    checks: tuple[Callable[[Session, datetime], Sequence[Finding]], ...] = ()


@dataclass
class Registry:
    """All features of one application, with look-ups the pages and roles need."""

    features: tuple[Feature, ...] = ()
    job_kinds: dict[str, JobKind] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in (kind for feature in self.features for kind in feature.jobs):
            if kind.name in self.job_kinds:
                raise ValueError(f"two jobs are named {kind.name}")
            self.job_kinds[kind.name] = kind

    def menu(self, role: Role) -> list[MenuItem]:
        items = (item for feature in self.features for item in feature.menu if role in item.roles)
        return sorted(items, key=lambda item: item.order)

    def panels(self, slot: str, role: Role) -> list[Panel]:
        panels = (panel for feature in self.features for panel in feature.panels)
        return sorted((p for p in panels if p.slot == slot and role in p.roles), key=lambda panel: panel.order)

    def company_merges(self) -> list[Callable[[Session, CompanyMerge], None]]:
        return [carry_over for feature in self.features for carry_over in feature.company_merges]

    def reference(self) -> list[ReferenceTables]:
        return [tables for feature in self.features for tables in feature.reference]

    def records(self) -> list[RecordClass]:
        return [record for feature in self.features for record in feature.records]

    def checks(self) -> list[Callable[[Session, datetime], Sequence[Finding]]]:
        return [check for feature in self.features for check in feature.checks]

    def schedules(self) -> list[Schedule]:
        return [schedule for feature in self.features for schedule in feature.schedules]

    def work(self) -> list[WorkSource]:
        return [source for feature in self.features for source in feature.work]
