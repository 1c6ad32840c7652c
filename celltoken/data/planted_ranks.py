"""Cells whose genes take turns in rank: an order that is planted before anything is counted."""

import anndata
import numpy as np
from scipy import sparse

from celltoken.data.ordered import genes_by_rank
from celltoken.methods.order import taking_turns


def with_turns(cells, rng, most=300, length=60):
    """The cells' commonest genes, with each cell's highest levels dealt so that classes take turns.

    The level at each rank goes to the gene that is due there
    (:func:`celltoken.methods.order.taking_turns`), and becomes a whole number again. So what a
    reader finds has survived counting, as an order of cells would have to.

    Parameters
    ----------
    cells : anndata.AnnData, shape (cells, genes)
        Raw counts.
    rng : numpy.random.Generator
    most, length : int
        As for :func:`celltoken.data.ordered.genes_by_rank`.

    Returns
    -------
    anndata.AnnData, shape (cells with that many genes, most)
    """
    ranks, kept = genes_by_rank(cells, rng, most, length, jitter=False)
    turned = taking_turns(ranks, rng)
    table = cells.X.toarray() if sparse.issparse(cells.X) else np.asarray(cells.X)
    total = table.sum(1, keepdims=True)
    table = table[:, np.argsort(-(table / total).mean(0), kind="stable")[:most]]
    usual = np.array([np.median(column[column > 0]) for column in (table / total).T])
    table, total = table[kept], total[kept]
    level = np.take_along_axis(table / total / usual, ranks, 1)
    counts = table.copy()
    np.put_along_axis(counts, turned, np.maximum(np.rint(level * usual[turned] * total), 1), 1)
    return anndata.AnnData(counts.astype(np.float32))
