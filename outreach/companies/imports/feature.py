"""Importing company lists, as a feature of the site."""

from __future__ import annotations

from outreach.companies.imports import commands, jobs, retention, routes
from outreach.feature import Feature

feature = Feature(
    name="company_imports", blueprints=(routes.blueprint,), jobs=jobs.JOBS, commands=(commands.companies,),
    records=(retention.LISTS,),
)
