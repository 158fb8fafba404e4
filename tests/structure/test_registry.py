"""What the areas contribute is whole, named once, and has words for people."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterable

import pytest
from flask import Flask

from outreach.feature import Feature, Registry
from outreach.scope import Role
from tests.structure.source import PACKAGES, ROOT
from wsgi import FEATURES, demo_features

ALL = [*FEATURES, *demo_features()]


def twice(names: Iterable[str]) -> list[str]:
    return [name for name, number in Counter(names).items() if number > 1]


def test_every_area_with_a_feature_is_part_of_the_product() -> None:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("feature.py")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    found = {name: getattr(importlib.import_module(name), "feature", None) for name in names}
    assert [name for name, feature in found.items() if feature is not None and feature not in ALL] == []


def test_names_are_given_once() -> None:
    assert twice(feature.name for feature in ALL) == []
    assert twice(blueprint.name for feature in ALL for blueprint in feature.blueprints) == []
    assert twice(kind.name for feature in ALL for kind in feature.jobs) == []
    assert twice(schedule.name for feature in ALL for schedule in feature.schedules) == []
    assert twice(source.name for feature in ALL for source in feature.work) == []
    assert twice(str(command.name) for feature in ALL for command in feature.commands) == []


def test_two_jobs_of_one_name_are_refused() -> None:
    kind = next(kind for feature in FEATURES for kind in feature.jobs)
    with pytest.raises(ValueError, match=kind.name):
        Registry((Feature("one", jobs=(kind,)), Feature("two", jobs=(kind,))))


def test_background_work_has_a_label(app: Flask) -> None:
    shown = [*(kind for feature in ALL for kind in feature.jobs), *(s for feature in ALL for s in feature.schedules)]
    with app.test_request_context():
        assert [item.name for item in shown if not str(item.label).strip() or str(item.label) == item.name] == []


def test_schedules_have_a_pace_and_jobs_an_end() -> None:
    assert all(schedule.seconds >= 1 for feature in ALL for schedule in feature.schedules)
    assert all(kind.max_attempts >= 1 for feature in ALL for kind in feature.jobs)


def test_the_menu_leads_somewhere(app: Flask) -> None:
    items = [item for feature in FEATURES for item in feature.menu]
    assert [item.endpoint for item in items if item.endpoint not in app.view_functions] == []
    for role in Role:
        assert twice(str(item.order) for item in items if role in item.roles) == [], f"two entries in one place: {role}"


def test_panels_stand_where_a_page_shows_them() -> None:
    pages = (path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))
    shown = {slot for page in pages for slot in re.findall(r'panels\("(\w+)"', page)}
    assert {panel.slot for feature in ALL for panel in feature.panels} <= shown
