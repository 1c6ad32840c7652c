"""Checks of the exercises of *Analogies*: each takes a student's function and a seed for data."""

from celltoken.checks.analogies.arrows import complete, predict_held_out
from celltoken.checks.analogies.cycles import phase_agreement, ring_p
from celltoken.checks.analogies.null import gaussian_null
from celltoken.checks.analogies.walks import forward_share, steps_to_leave

EXERCISES = [
    complete, predict_held_out, ring_p, phase_agreement, steps_to_leave, forward_share,
    gaussian_null,
]  # fmt: skip
