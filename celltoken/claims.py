"""The record of claims, and the comparison of each measurement with it.

``book/claims.toml`` is the one list of claims. A lesson measures a claim on words and on cells,
each with its null, and calls :func:`check`; whether a claim holds is worked out from those four
numbers by one rule (:func:`verdict`), never typed.

Three modes, chosen by the environment variable ``CELLTOKEN_CLAIMS``: ``check`` (the default)
fails where record and measurement disagree; ``measure`` only writes measurements down, which is how
``celltoken claims`` repeats a lesson over seeds; ``report`` prints them, for a reader's own data.
"""

import difflib
import json
import math
import os
import tomllib
from pathlib import Path

BOOK = Path(__file__).resolve().parents[1] / "book"
SIDES = ("words", "cells")


class ClaimError(AssertionError):
    """A measurement disagrees with the record, or a claim is not in it."""


def record():
    """All claims of ``book/claims.toml``: a dict from id to its table, in the order of the file."""
    return tomllib.loads((BOOK / "claims.toml").read_text(encoding="utf-8"))


def over_seeds():
    """Medians and ranges stored by ``make claims``, a dict from id; empty before the first run."""
    path = BOOK / "claims_over_seeds.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def verdict(claim, words, cells, null):
    """What the four numbers say: ``holds``, ``holds in part`` or ``does not hold here``.

    A side supports the claim if its measurement exceeds its null by at least ``claim["margin"]``.
    """
    measured = {"words": words, "cells": cells}
    support = [measured[side] - null[side] >= claim["margin"] for side in SIDES]
    return {2: "holds", 1: "holds in part", 0: "does not hold here"}[sum(support)]


def check(claim_id, *, words, cells, null):
    """Compare a measurement with the record and print one line.

    Parameters
    ----------
    claim_id : str
        Such as ``"C1"``.
    words, cells : float
        The claim's statistic on words and on cells; larger means more support.
    null : dict with keys "words" and "cells"
        The same statistic where the claim cannot be true.

    Raises
    ------
    ClaimError
        If a number lies outside the recorded tolerance, the verdict differs, or the id is unknown.
    ValueError
        If a number is missing, not a number, or NaN.
    """
    claims = record()
    if claim_id not in claims:
        near = difflib.get_close_matches(str(claim_id), claims, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else "add it there first."
        raise ClaimError(f"There is no claim {claim_id!r} in book/claims.toml; {hint}")
    if not isinstance(null, dict) or set(null) != set(SIDES):
        raise ValueError('null must be a dict with the keys "words" and "cells", a number each.')
    claim = claims[claim_id]
    measured = {
        "words": {"value": _number(words, "words"), "null": _number(null["words"], "null words")},
        "cells": {"value": _number(cells, "cells"), "null": _number(null["cells"], "null cells")},
    }
    said = verdict(
        claim,
        measured["words"]["value"],
        measured["cells"]["value"],
        {side: measured[side]["null"] for side in SIDES},
    )
    mode = os.environ.get("CELLTOKEN_CLAIMS", "check")
    if mode == "measure":
        with open(os.environ["CELLTOKEN_CLAIMS_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"id": claim_id, "verdict": said, **measured}) + "\n")
    elif mode == "check":
        _compare(claim_id, claim, measured, said)
    shown = {side: claim[side] for side in SIDES} if mode == "check" else measured
    parts = [
        f"{side} {shown[side]['value']:.2f} (null {shown[side]['null']:.2f})" for side in SIDES
    ]
    print(f"{claim_id} {said}: {', '.join(parts)}")


def _number(value, name):
    try:
        value = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be one number, not {type(value).__name__}.") from None
    if math.isnan(value):
        raise ValueError(f"{name} is NaN: nothing was measured; look at the step before.")
    return value


def _compare(claim_id, claim, measured, said):
    """Raise :class:`ClaimError` naming the first number, or the verdict, that left the record."""
    for side in SIDES:
        for key in ("value", "null"):
            expected, tolerance = claim[side][key], claim[side]["tolerance"]
            if not abs(measured[side][key] - expected) <= tolerance:
                raise ClaimError(
                    f"{claim_id}: {side} {key} is {measured[side][key]:.3f} but the record says "
                    f"{expected} +- {tolerance}; find out which is wrong before changing "
                    "book/claims.toml."
                )
    if said != claim["verdict"]:
        raise ClaimError(
            f"{claim_id}: the measurement says '{said}' but the record says '{claim['verdict']}'."
        )
