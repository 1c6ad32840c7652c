"""Checks of the exercises of *Tokens*: each takes a student's function and a seed for its data."""

from celltoken.checks.tokens.events import split_counts, thin
from celltoken.checks.tokens.null import mixed_groups
from celltoken.checks.tokens.parts import put_together, recall_elsewhere
from celltoken.checks.tokens.sides import auc, two_sides

EXERCISES = [
    put_together, recall_elsewhere, split_counts, thin, two_sides, auc, mixed_groups,
]  # fmt: skip
