"""What every method asks of its input, said once: a sentence that says what to do."""

import numpy as np
import pandas as pd
from scipy import sparse


def as_matrix(x, name="x", *, min_rows=1):
    """Return ``x`` as a finite two-dimensional float array or CSR matrix.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    name : str
        What to call ``x`` in an error message.
    min_rows : int
        The fewest rows the method can work with.

    Raises
    ------
    ValueError
        If ``x`` is not numeric, not two-dimensional, too short, or holds NaN or infinity.
    """
    if sparse.issparse(x):
        x = sparse.csr_matrix(x)
        values = x.data
    else:
        try:
            values = np.asarray(x)
            if values.dtype.kind == "O":  # a table whose columns are not all of one kind
                values = values.astype(np.float64)
        except (TypeError, ValueError):
            values = np.asarray("")
        if values.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} must be a matrix of numbers; pass an array such as adata.X, "
                f"not {type(x).__name__} with text or other objects."
            )
        x = values = values.astype(np.result_type(values.dtype, np.float32), copy=False)
    if x.ndim != 2:
        raise ValueError(
            f"{name} must have two dimensions (tokens, columns) but has shape {x.shape}; "
            "reshape it so that each row is one token."
        )
    if x.shape[0] < min_rows or x.shape[1] == 0:
        raise ValueError(
            f"{name} has shape {x.shape} but needs at least {min_rows} row(s) and one column; "
            "check the filter that made it."
        )
    if values.size and not np.isfinite(values).all():
        raise ValueError(
            f"{name} holds NaN or infinite values; remove or replace them before this call."
        )
    return x


def as_counts(counts, name="counts"):
    """Return ``counts`` as a CSR matrix of non-negative numbers with at least one positive entry.

    Raises ``ValueError`` as :func:`as_matrix` does, and if any entry is negative or all are zero.
    """
    counts = sparse.csr_matrix(as_matrix(counts, name))
    counts.eliminate_zeros()
    if counts.nnz == 0:
        raise ValueError(f"{name} is empty: every entry is zero, so there is nothing to count.")
    if counts.data.min() < 0:
        raise ValueError(
            f"{name} holds negative values; pass raw counts, not centred or scaled ones."
        )
    return counts


def as_whole_counts(counts, name="counts"):
    """Return ``counts`` as :func:`as_counts` does; ``ValueError`` unless all are whole numbers."""
    counts = as_counts(counts, name)
    if not np.allclose(np.rint(counts.data), counts.data):
        raise ValueError(f"{name} must be whole numbers; pass raw counts, not normalised ones.")
    return counts


def as_dimension(dimension, shape, name="dimension"):
    """Return ``dimension`` as an int; ``ValueError`` unless 1 to the smaller side of ``shape``."""
    if not (isinstance(dimension, (int, np.integer)) and 1 <= dimension <= min(shape)):
        raise ValueError(
            f"{name} must be a whole number from 1 to {min(shape)} for a matrix of shape "
            f"{tuple(shape)}, not {dimension!r}."
        )
    return int(dimension)


def as_labels(labels, name="labels"):
    """Return ``labels`` as an array with one entry a token.

    Raises ``ValueError`` if they are not one-dimensional or one is missing.
    """
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"{name} must be one label for each token but has shape {array.shape}; "
            "pass a single column such as adata.obs['cell_type']."
        )
    if pd.isna(array).any():
        raise ValueError(f"{name} has missing entries; name them or leave those tokens out.")
    return array


def as_sequences(sequences, name="sequences"):
    """Yield each sequence of tokens; raise ``ValueError`` at one that is still plain text."""
    for sequence in sequences:
        if isinstance(sequence, str):
            raise ValueError(
                f"{name} must hold lists of tokens, not text; split it into words first, "
                "as celltoken.data.corpus.documents does."
            )
        yield sequence


def same_rows(x, y, x_name="x", y_name="y"):
    """Raise ``ValueError`` unless ``x`` and ``y`` describe the same number of tokens."""
    if len_rows(x) != len_rows(y):
        raise ValueError(
            f"{x_name} has {len_rows(x)} rows but {y_name} has {len_rows(y)}; both must describe "
            "the same tokens in the same order."
        )


def len_rows(x):
    return x.shape[0] if hasattr(x, "shape") else len(x)
