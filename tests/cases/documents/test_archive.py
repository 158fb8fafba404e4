"""What goes into an archive, of every kind: PDF/A-2a and PDF/UA-1 (ISO 19005-2, ISO 14289-1) by veraPDF's judgement."""

from __future__ import annotations

from typing import Any

import pytest

from cases.documents.kinds import KINDS
from tests.cases.documents.prints import printed
from tests.cases.documents.test_collection_pdf import STORIES, collection
from tests.cases.documents.test_handout_pdf import handout
from tests.cases.documents.test_leaflet_pdf import leaflet
from tests.cases.documents.test_notice_pdf import notice
from tests.cases.documents.test_one_pager_pdf import one_pager
from tests.cases.documents.test_poster_pdf import poster
from tests.cases.documents.test_table_card_pdf import card
from tests.cases.paper import brochure
from tests.standards import faults

CONTENTS: dict[str, Any] = {
    "brochure": brochure, "leaflet": leaflet, "poster_a3": poster, "poster_a2": poster, "table_card": card,
    "one_pager": one_pager, "notice": notice, "collection": lambda: collection(*STORIES), "handout": handout,
}


@pytest.mark.parametrize("name", KINDS)
def test_an_archived_paper_keeps_both_standards(name: str) -> None:
    made = printed(KINDS[name], CONTENTS[name](), variant="pdf/a-2a")
    assert faults(made.data) == []
