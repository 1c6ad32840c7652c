"""Checks of the exercises of *Amortization*: each takes a student's function and a seed."""

from celltoken.checks.amortization.logic import made_additive, with_products
from celltoken.checks.amortization.null import dealt_loadings
from celltoken.checks.amortization.prices import labels_needed, rule_of_endings
from celltoken.checks.amortization.unseen import specific_share, weighted_shift

EXERCISES = [
    rule_of_endings, labels_needed, specific_share, weighted_shift, made_additive, with_products,
    dealt_loadings,
]  # fmt: skip
