"""How pytest-xdist shares the tests among its workers under `--dist loadgroup`.

Its own grouping by mark is lost with pytest 9.2, which no longer lets it rename a test.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = "tests/journeys/"


class JourneysTogether(LoadScopeScheduling):
    """One worker does all journeys, since they share a running site; the others take the rest one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else nodeid
