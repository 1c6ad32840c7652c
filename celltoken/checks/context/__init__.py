"""Checks of the exercises of *Context*: each takes a student's function and a seed for its data."""

from celltoken.checks.context.association import markers, pmi
from celltoken.checks.context.metrics import accuracy_by_metric, agreement
from celltoken.checks.context.nearest import knn_label, nearest, neighbour_overlap
from celltoken.checks.context.null import margins_null
from celltoken.checks.context.removal import excess_drift

EXERCISES = [
    pmi, markers, nearest, knn_label, neighbour_overlap, excess_drift, agreement,
    accuracy_by_metric, margins_null,
]  # fmt: skip
