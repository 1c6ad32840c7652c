"""Checks of the exercises of *Limits*: each takes a student's function and a seed."""

from celltoken.checks.limits.causes import acts, given
from celltoken.checks.limits.null import random_walk
from celltoken.checks.limits.order import told_by_pairs, told_by_place
from celltoken.checks.limits.owners import leak, standard_error

EXERCISES = [told_by_pairs, told_by_place, standard_error, leak, given, acts, random_walk]
