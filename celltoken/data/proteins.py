"""Surface proteins counted beside the RNA of the same cells (CITE-seq)."""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans


def surface_proteins(cells) -> pd.DataFrame:
    """Logarithm of one plus the counts of each protein.

    Parameters
    ----------
    cells : anndata.AnnData
        Counts of proteins in columns of ``obs`` that begin with ``protein_``.

    Returns
    -------
    pandas.DataFrame, shape (cells, proteins)
        Columns without ``protein_``.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    table = cells.obs.filter(regex="^protein_")
    if table.empty:
        raise ValueError("obs has no column that begins with protein_; load cells of CITE-seq.")
    return np.log1p(table.astype(float)).rename(columns=lambda each: each.removeprefix("protein_"))


def upper_group(values):
    """Which values are in the upper of two groups, as k-means divides them.

    Parameters
    ----------
    values : sequence of float

    Returns
    -------
    numpy.ndarray of bool
    """
    x = np.asarray(values, float)[:, None]
    ends = np.quantile(x, [0.05, 0.95])[:, None]
    return KMeans(2, init=ends, n_init=1).fit(x).labels_ == 1
