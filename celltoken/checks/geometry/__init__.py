"""Checks of the exercises of *Geometry*: each takes a student's function and a seed."""

from celltoken.checks.geometry.attention import attend, neighbourhood_attention
from celltoken.checks.geometry.clusters import stability
from celltoken.checks.geometry.depth import confusion_at_depth
from celltoken.checks.geometry.directions import above_edge, participation_ratio
from celltoken.checks.geometry.line import project_on_line
from celltoken.checks.geometry.null import gaussian_null
from celltoken.checks.geometry.permuted import excess_over_permuted

EXERCISES = [
    participation_ratio, above_edge, stability, excess_over_permuted, project_on_line,
    confusion_at_depth, attend, neighbourhood_attention, gaussian_null,
]  # fmt: skip
