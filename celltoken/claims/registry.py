"""The record of claims, written by people, and the evidence for them, written by measurement.

``book/claims.toml`` says of each claim what is claimed, how it is measured, against which rivals,
on which resampled units, by which margin, and on which second data it is measured again.
``book/evidence/`` holds what `make claims` and `make replicate` measured, a file a claim, number by
number; medians, intervals and verdicts are worked out from it (:mod:`celltoken.claims.verdict`).
"""

import difflib
import json
import tomllib
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
SIDES = ("words", "cells")
KINDS = {
    "permutation": "the structure shuffled away, all else kept",
    "baseline": "a simple method",
    "ablation": "the ingredient removed",
    "control": "another choice, as good a priori",
}
TEXTS = ("claim", "review", "lesson", "statistic", "refuted_if", "margin_reason", "why")


class ClaimError(AssertionError):
    """A claim's record, measurement or evidence does not fit. The message is one sentence."""


def record() -> dict:
    """All claims of ``book/claims.toml``: a dict from id to its table, in the order of the file."""
    return tomllib.loads((BOOK / "claims.toml").read_text(encoding="utf-8"))


def evidence(claim_id: str) -> dict | None:
    """What is stored of a claim's measurements; None before the first."""
    path = evidence_path(claim_id)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def evidence_path(claim_id: str) -> Path:
    """Where the measurements of a claim are stored."""
    return BOOK / "evidence" / f"{claim_id}.json"


def get(claim_id: str) -> dict:
    """The table of one claim, validated.

    Raises
    ------
    ClaimError
        If there is no such claim, or it lacks an entry, a unit of resampling, a rival of a known
        kind, or data for its replication.
    """
    claims = record()
    if claim_id not in claims:
        near = difflib.get_close_matches(str(claim_id), claims, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else "add it there first."
        raise ClaimError(f"There is no claim {claim_id!r} in book/claims.toml; {hint}")
    validate(claim_id, claims[claim_id])
    return claims[claim_id]


def validate(claim_id: str, claim: dict) -> None:
    """Raise :class:`ClaimError` naming the first entry of a claim that is missing or unknown."""
    for key in TEXTS:
        if not str(claim.get(key, "")).strip():
            raise ClaimError(f"{claim_id} has no {key!r} in book/claims.toml: write it there.")
    if not isinstance(claim.get("margin"), (int, float)):
        raise ClaimError(f"{claim_id} has no margin: give the difference that would matter.")
    unit = claim.get("unit", {})
    for side in SIDES:
        if not unit.get(side):
            raise ClaimError(
                f"{claim_id} names no unit of resampling for {side}: add "
                f'unit = {{ {side} = "speeches" }} or whatever was sampled.'
            )
    if not claim.get("rivals"):
        raise ClaimError(
            f"{claim_id} has no rival: name at least one under [{claim_id}.rivals] with its kind."
        )
    for name, kind in claim["rivals"].items():
        if kind not in KINDS:
            raise ClaimError(
                f"{claim_id} calls its rival {name!r} a {kind!r}: choose one of {', '.join(KINDS)}."
            )
    replication = claim.get("replication", {})
    for side in SIDES:
        if side not in replication and side not in claim.get("not_replicated", {}):
            raise ClaimError(
                f"{claim_id} names no second data for {side}: give the lesson's parameters under "
                f"[{claim_id}.replication.{side}], or the reason under not_replicated."
            )
