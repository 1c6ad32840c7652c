"""Spots of a tissue with their places, and the same spots with half of their genes hidden."""

import numpy as np
from scipy import sparse

from celltoken.data import store
from celltoken.data.recipes import log_normalise, principal_components
from celltoken.methods.places import blocks


def load_tissue(name):
    """Counts of spots or cells with ``obsm["at"]``, ``obs["section"]`` and ``obs["block"]``.

    Parameters
    ----------
    name : str
        A data set, or the path of an .h5ad file, with the columns x and y (z and batch if there
        are several sections) in ``obs``. Raises DataError if there is no such data set.
    """
    tissue = store.load(name)
    if missing := {"x", "y"} - set(tissue.obs):
        raise store.DataError(f"{name} has no column {min(missing)!r} in obs: add the places.")
    tissue.X = sparse.csr_matrix(np.asarray(tissue.to_df(), dtype=np.float32))
    at = tissue.obs[[c for c in ("x", "y", "z") if c in tissue.obs]]
    tissue.obsm["at"] = at.to_numpy(float)
    tissue.obs["section"] = tissue.obs["batch"].astype(str) if "batch" in tissue.obs else ""
    tissue.obs["block"] = blocks(tissue.obsm["at"], tissue.obs["section"])
    return tissue


def half_hidden(tissue, rng, n_components=20):
    """Two views of every spot that share no gene: principal components of either half.

    Returns
    -------
    own, hidden : numpy.ndarray, shape (spots, n_components)
        Log-normalised with the totals of all genes; genes that never vary belong to neither half.
    """
    table = log_normalise(tissue).X.toarray()
    gene = rng.permutation(np.flatnonzero(table.std(0) > 0))
    return tuple(
        principal_components(table[:, half], n_components) for half in np.array_split(gene, 2)
    )
