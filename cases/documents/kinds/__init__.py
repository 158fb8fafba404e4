"""Every kind of document there is, in the order the chooser offers them."""

from __future__ import annotations

from cases.documents.kinds import brochure, collection, notice, one_pager
from cases.documents.kinds.base import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (
    brochure.KIND, one_pager.KIND, notice.KIND, collection.KIND,
)}
