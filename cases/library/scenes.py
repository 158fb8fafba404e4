"""Which drawing stands for a company whose photograph there is not: by its industry, never by who it is."""

from __future__ import annotations

#: KSIC section -> a drawing below ``static/pdf/scenes/<style>/``; people of all other sections live in the town.
_SCENES = {
    "C": "factory", "F": "crane", "G": "shop", "H": "truck", "I": "cafe", "J": "desk", "K": "office", "L": "office",
    "M": "desk", "N": "office", "O": "office", "P": "school", "Q": "clinic",
}
TOWN = "town"


def scene(section: str | None) -> str:
    """The name of the drawing for a KSIC section."""
    return _SCENES.get(section or "", TOWN)
