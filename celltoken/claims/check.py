"""Print what a lesson has just measured, and hold it against the record.

Two modes, by the environment variable ``CELLTOKEN_CLAIMS``: ``check`` (the default) fails where
measurement and evidence disagree; ``report`` only prints, for a reader's own data.
"""

import os

import numpy as np

from celltoken.claims import verdict
from celltoken.claims.measure import numbers
from celltoken.claims.registry import SIDES, ClaimError, evidence, get

# Below this, a difference from the stored measurement is another machine's rounding or threads.
FLOOR = 0.02


def check(claim_id, measured):
    """Compare a measurement with the evidence and print one line: verdict, value, rivals.

    Parameters
    ----------
    claim_id : str
        Such as ``"C1"``.
    measured : dict
        From side to what the claim returned, as ``Claim.measure`` gives it.

    Raises
    ------
    ClaimError
        If the id or a rival is unknown, or a number lies farther from the one that was stored
        for all data than the claim scatters between halves of the data.
    ValueError
        If a number is missing, not a number, or NaN.
    """
    claim = get(claim_id)
    measured = {side: numbers(claim_id, measured[side]) for side in SIDES}
    for side, found in measured.items():
        if unknown := set(found) - set(claim["rivals"]) - {"value", "planted"}:
            raise ClaimError(
                f"{claim_id} measures a rival {unknown.pop()!r} for {side} that the record does "
                "not name: add it to book/claims.toml with its kind."
            )
    said = "here"
    if os.environ.get("CELLTOKEN_CLAIMS", "check") == "check":
        stored = evidence(claim_id)
        said = "not measured over resamples yet"
        if stored:
            compare(claim_id, measured, stored)
            said = verdict.judge(stored["halves"], claim["margin"])[0]
    print(f"{claim_id} {said}: " + "; ".join(line(side, measured[side], claim) for side in SIDES))


def line(side, found, claim):
    """One side of the printed line: the value, its strongest rival and that rival's kind."""
    rivals = {name: x for name, x in found.items() if name in claim["rivals"]}
    strongest = max(rivals, key=rivals.get)
    kind = claim["rivals"][strongest]
    return f"{side} {found['value']:.2f} against {rivals[strongest]:.2f} ({kind}: {strongest})"


def compare(claim_id, measured, stored):
    """Raise :class:`ClaimError` naming the first number that has left the stored measurement."""
    for side, found in measured.items():
        for name, value in found.items():
            expected = stored["all"][side].get(name)
            if expected is None:
                raise ClaimError(
                    f"{claim_id}: {name!r} was never measured for {side}: run `make claims`."
                )
            if not abs(value - expected) <= tolerance(stored["halves"][side], name):
                raise ClaimError(
                    f"{claim_id}: {side}, {name!r} is {value:.3f} but was {expected:.3f} when "
                    "stored; find out what changed before you run `make claims` again."
                )


def tolerance(halves, name):
    """Half the 90 % range of a number over halves of the data, and at least :data:`FLOOR`."""
    over = halves[name] if name in ("value", "planted") else halves["rivals"][name]
    low, high = verdict.interval(np.asarray(over, float))
    return max(FLOOR, (high - low) / 2)
