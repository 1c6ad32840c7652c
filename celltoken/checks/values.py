"""What an answer returns, made plain: a number, an array, names. Any sensible container will do."""

from numbers import Number

import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.checks.core import fail, kind


def number(value, what="one number") -> float:
    """The value as a float; an array or Series of one entry counts as its entry."""
    if isinstance(value, (np.ndarray, pd.Series)) and value.size == 1:
        value = np.asarray(value).ravel()[0]
    if not isinstance(value, Number) or isinstance(value, (bool, complex)):
        fail(f"return {what}, not {kind(value)}.")
    return float(value)


def array(value, shape, what="an array") -> np.ndarray:
    """The value as floats of that shape; a column (n, 1) counts as a row of n."""
    plain = value.toarray() if sparse.issparse(value) else value
    try:
        result = np.asarray(plain, dtype=float)
    except (TypeError, ValueError):
        fail(f"return {what} of shape {tuple(shape)}, not {kind(value)}.")
    if len(shape) == 1 and result.shape in ((*shape, 1), (1, *shape)):
        result = result.ravel()
    if result.shape != tuple(shape):
        fail(f"return {what} of shape {tuple(shape)}, not {kind(value)}.")
    return result


def names(value, count=None, what="names") -> list[str]:
    """The value as a list of that many strings: a list, tuple, array, Series, Index, Categorical.

    ``count`` is a number, several numbers that will do, or None for any.
    """
    if isinstance(value, (pd.Index, pd.Series, pd.Categorical)):
        value = np.asarray(value)
    if isinstance(value, np.ndarray) and value.ndim == 2 and 1 in value.shape:
        value = value.ravel()
    counts = () if count is None else np.atleast_1d(count).tolist()
    wanted = f"{counts[0]} {what}" if counts else what
    if not isinstance(value, (list, tuple, np.ndarray)) or getattr(value, "ndim", 1) != 1:
        fail(f"return a list of {wanted}, not {kind(value)}.")
    for each in value:
        if not isinstance(each, str):
            fail(f"the list must hold {what}, but it holds {kind(each)}.")
    if counts and len(value) not in counts:
        fail(f"return {wanted}, not {len(value)}.")
    return [str(each) for each in value]


def table(value) -> np.ndarray:
    """What a student hands to a function of the check's, as a dense array of two axes."""
    plain = value.toarray() if sparse.issparse(value) else np.asarray(value)
    if plain.ndim != 2 or plain.dtype.kind not in "biuf":
        fail("the function that you are given takes a table of numbers, a row for each cell.")
    if not np.isfinite(plain).all():
        fail("the function that you are given gets NaN or infinity; it takes counts or values.")
    return plain.astype(float)
