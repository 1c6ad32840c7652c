"""What a blood cell is by the proteins on its surface, which had no part in its RNA's place."""

import numpy as np

from celltoken.data.proteins import surface_proteins

LINEAGES = {"CD3": "T", "CD19": "B", "CD14": "monocyte", "CD56": "NK"}


def lineage_by_protein(cells, sample="batch"):
    """The lineage whose protein stands out most in a cell.

    Logarithms, less the cell's mean over all proteins, standardised within each sample.

    Parameters
    ----------
    cells : anndata.AnnData
        Counts of proteins in columns of ``obs`` that begin with ``protein_``, among them CD3, CD19,
        CD14 and CD56.
    sample : str
        Column of ``obs`` that says which cells were stained together.

    Returns
    -------
    numpy.ndarray of str, length cells
        "T", "B", "monocyte" or "NK". A cell that is none of them gets one of them all the same.

    Raises
    ------
    ValueError
        If a protein is missing.
    """
    level = surface_proteins(cells)
    if missing := set(LINEAGES) - set(level):
        raise ValueError(f"obs has no column protein_{min(missing)}.")
    level = level.sub(level.mean(axis=1), axis=0)
    stained = level.groupby(cells.obs[sample].to_numpy())
    level = (level - stained.transform("mean")) / stained.transform("std")
    return np.array(level[list(LINEAGES)].idxmax(axis=1).map(LINEAGES), str)
