"""Checks of the exercises of *Cross-lingual*: each takes a student's function and a seed."""

from celltoken.checks.cross_lingual.latents import held_out_f1, rebuild
from celltoken.checks.cross_lingual.meetings import met, procrustes
from celltoken.checks.cross_lingual.neighbourhoods import pieces, twonn
from celltoken.checks.cross_lingual.null import permuted_dictionary
from celltoken.checks.cross_lingual.probes import selectivity, unseen_groups

EXERCISES = [
    procrustes, met, selectivity, unseen_groups, rebuild, held_out_f1, pieces, twonn,
    permuted_dictionary,
]  # fmt: skip
