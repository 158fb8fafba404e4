"""Every kind of document there is, in the order the chooser offers them."""

from __future__ import annotations

from cases.documents.kinds import (
    brochure,
    collection,
    handout,
    leaflet,
    notice,
    one_pager,
    poster_a2,
    poster_a3,
    table_card,
)
from cases.documents.kinds.base import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (
        brochure.KIND, leaflet.KIND, poster_a3.KIND, poster_a2.KIND, table_card.KIND, one_pager.KIND, notice.KIND,
        collection.KIND, handout.KIND,
    )
}
