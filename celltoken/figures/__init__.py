"""Figures in one style: panels, a slider that needs no kernel, a map to search and walk over."""

from celltoken.figures.map import explore, map_with_legend
from celltoken.figures.panels import (
    against_null,
    against_rivals,
    arrow,
    claims_side_by_side,
    claims_stacked,
    densest_point,
    how_many_supported,
    name_point,
    part_names,
    room_for_rivals,
    scatter_by_label,
    share_map,
    side_by_side,
    similarity_map,
)
from celltoken.figures.slider import slider
from celltoken.figures.style import (
    CATEGORIES,
    CELLS,
    INK,
    NULL,
    RIVAL_TEXT,
    SIDE_COLOURS,
    WORDS,
    use_style,
)

__all__ = [
    "CATEGORIES",
    "CELLS",
    "INK",
    "NULL",
    "RIVAL_TEXT",
    "SIDE_COLOURS",
    "WORDS",
    "against_null",
    "against_rivals",
    "arrow",
    "claims_side_by_side",
    "claims_stacked",
    "densest_point",
    "explore",
    "how_many_supported",
    "map_with_legend",
    "name_point",
    "part_names",
    "room_for_rivals",
    "scatter_by_label",
    "share_map",
    "side_by_side",
    "similarity_map",
    "slider",
    "use_style",
]
