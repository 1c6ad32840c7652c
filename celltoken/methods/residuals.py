"""How far counts lie from chance, and in how many directions: Pearson residuals and their spectrum.

The singular value decomposition of these residuals is correspondence analysis.
"""

import numpy as np
from scipy import sparse

from celltoken.methods.inputs import as_counts


def pearson_residuals(counts):
    """Each count minus what independence gives, in units of its Poisson scatter.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Non-negative. Rows and columns without any count are left out.

    Returns
    -------
    numpy.ndarray, shape (tokens kept, contexts kept)
        ``(n_ij - e_ij) / sqrt(e_ij)`` with ``e_ij = n_i n_j / n``.
    """
    counts = as_counts(counts)
    counts = counts.toarray().astype(float) if sparse.issparse(counts) else np.array(counts, float)
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    return (counts - expected) / np.sqrt(expected)


def spectrum(counts):
    """Singular values of the Pearson residuals, falling, in units of the edge of noise.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)

    Returns
    -------
    numpy.ndarray, shape (smaller side,)
        Divided by ``sqrt(rows) + sqrt(columns)``, to which the largest value of independent noise
        of variance one tends.

    References
    ----------
    Geman (1980), Annals of Probability 8, 252-261.
    """
    table = pearson_residuals(counts)
    table /= np.sqrt(table.shape).sum()
    small = table.T @ table if table.shape[0] > table.shape[1] else table @ table.T
    return np.sqrt(np.linalg.eigvalsh(small).clip(0))[::-1]
