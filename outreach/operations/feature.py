"""What the desk of background work contributes."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_babel import lazy_gettext as _l

from outreach.feature import Feature, MenuItem, Panel, Schedule, WorkSource
from outreach.operations import watch
from outreach.operations.commands import health
from outreach.operations.routes import blueprint, found_now
from outreach.scope import Role, Scope


def _stands_still(_scope: Scope, _subject: Any) -> str:
    found = found_now()
    return render_template("jobs/findings.html", findings=found) if found else ""


feature = Feature(
    name="operations",
    blueprints=(blueprint,),
    panels=(Panel("home", 1, _stands_still, frozenset({Role.ADMINISTRATOR})),),
    schedules=(
        Schedule("operations.beat", _l("시계의 맥박"), watch.BEAT, watch.beat),
        Schedule("operations.watch", _l("멈춘 일 살피기"), 300, watch.write_down),
    ),
    work=(WorkSource("watch", watch.ClockWatch),),
    commands=(health,),
    checks=(watch.check,),
    menu=(
        MenuItem(
            _l("작업 현황"), "operations.index", 980, frozenset({Role.ADMINISTRATOR}), "/jobs", group="administration"
        ),
    ),
)
