"""Real data for checks: random samples of the embedded words and cells, loaded once."""

from functools import lru_cache

import numpy as np

from celltoken import data


@lru_cache
def glove():
    """Words (list) and their vectors (array), from the most to the least frequent."""
    vectors = data.load("glove")
    return list(vectors.obs_names), vectors.X.astype(float)


def blood(seed, cells, genes, smallest=0, common=0.0):
    """Counts, labels and gene names of a random sample of blood cells and genes.

    Labels with fewer than ``smallest`` cells are dropped; of genes only those are drawn that at
    least the share ``common`` of all cells has.
    """
    counts, labels, names = _atlas()
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(labels))[:cells])
    kinds, sizes = np.unique(labels[rows], return_counts=True)
    rows = rows[np.isin(labels[rows], kinds[sizes >= smallest])]
    seen = np.asarray((counts > 0).mean(0)).ravel()
    columns = rng.permutation(np.flatnonzero(seen >= max(common, 1e-9)))[:genes]
    table = counts[rows][:, columns].toarray().astype(float)
    return table, labels[rows], names[columns]


@lru_cache
def _atlas():
    atlas = data.load("pbmc3k")
    return atlas.X, atlas.obs["cell_type"].astype(str).to_numpy(), np.array(atlas.var_names, str)
