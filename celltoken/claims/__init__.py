"""Claims: their record, how each is measured and resampled, and what the evidence says."""

from celltoken.claims.check import check
from celltoken.claims.measure import Claim, claim
from celltoken.claims.registry import SIDES, ClaimError, evidence, record
from celltoken.claims.sampling import Fixed
from celltoken.claims.shown import for_figure, on_second_data

__all__ = [
    "SIDES",
    "Claim",
    "ClaimError",
    "Fixed",
    "check",
    "claim",
    "evidence",
    "for_figure",
    "on_second_data",
    "record",
]
