"""What a lesson shows of its claims: medians over halves, and what second data said."""

import os

import numpy as np

from celltoken.claims import verdict
from celltoken.claims.measure import numbers
from celltoken.claims.registry import SIDES, evidence, get


def for_figure(claim_id, measured) -> dict[str, dict]:
    """A claim's numbers as :func:`celltoken.figures.against_rivals` draws them.

    Parameters
    ----------
    claim_id : str
    measured : dict
        What ``Claim.measure`` returned, from side to numbers by name.

    Returns
    -------
    dict from side to dict
        ``value`` and ``rivals`` (name to number): medians over random halves of the data where
        these are stored and the data are the course's own; otherwise the numbers of this run.
        ``low`` and ``high``: strongest rival plus the 90 % interval of the difference, or None.
        ``margin``: where the value would just reach the margin; medians of differences are not
        differences of medians, so over halves this is not quite strongest rival plus margin.
        ``supports``: whether this side supports the claim; of a single run, whether the value
        reaches the margin.
    """
    claim = get(claim_id)
    stored = None if _of_a_reader() else evidence(claim_id)
    return {
        side: _from_halves(stored["halves"][side], claim["margin"])
        if stored
        else _from_run(numbers(claim_id, measured[side]), claim["margin"])
        for side in SIDES
    }


def _of_a_reader() -> bool:
    """Whether this is a run on a reader's data."""
    return os.environ.get("CELLTOKEN_CLAIMS", "check") != "check"


def _from_halves(halves, margin):
    judged = verdict.side(halves, margin)
    return {
        "value": judged.value,
        "rivals": {name: float(np.median(each)) for name, each in halves["rivals"].items()},
        "low": judged.rival + judged.low,
        "high": judged.rival + judged.high,
        "margin": judged.value - judged.difference + margin,
        "supports": judged.says == "supports",
    }


def _from_run(found, margin):
    rivals = {name: x for name, x in found.items() if name not in ("value", "planted")}
    strongest = max(rivals.values())
    about = {"low": None, "high": None, "margin": strongest + margin}
    about["supports"] = found["value"] - strongest >= margin
    return {"value": found["value"], "rivals": rivals} | about


def on_second_data(*claim_ids) -> None:
    """Print what the stored replication of each claim says, a line a claim and side.

    Medians over random halves of the second data; in brackets the 90 % interval of the difference
    from the strongest rival. In a run on a reader's data the lines say that these are others.
    """
    where = "on the course's second data" if _of_a_reader() else "on second data"
    for claim_id in claim_ids:
        again = (evidence(claim_id) or {}).get("replication")
        if not again:
            print(f"{claim_id} {where}: not measured yet")
            continue
        said, sides = verdict.judge(again["halves"], again["margin"])
        print(f"{claim_id} {where}: {said}")
        for side, x in sides.items():
            print(
                f"  {side} {x.value:.3g} against {x.rival:.3g} ({x.rival_name}), "
                f"difference {x.difference:+.2g} [{x.low:+.2g}, {x.high:+.2g}]: {x.says}"
            )
