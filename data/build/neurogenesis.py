"""Young nerve cells and their progenitors: 400 cells, spliced molecules, raw counts, 3 types.

The source is the example of a package that finds the phase of the cell cycle. It names no study;
the cells carry the numbers of three sequencing experiments. Kept: every cell, and every gene whose
molecules, spliced or not, were seen in at least three cells. `neurogenesis_unspliced` has the same
rows and columns.

A molecule is spliced or unspliced only where one gene alone can have made it, so genes inside other
genes (SOX2, FOXG1) have next to no counts here; the source's third matrix, `raw_counts`, has them.
"""

import anndata
import numpy as np
import pandas as pd
from _pinned import keep
from _source import main, read_h5ad
from scipy import sparse

FEWEST_CELLS = 3

# Their name for a type -> ours.
CELL_TYPES = {
    "cycling_progenitors": "cycling progenitor",
    "transitional_progenitors": "transitional progenitor",
    "neurons": "neuron",
}


def molecules(name: str, kind: str) -> anndata.AnnData:
    """Counts of one kind of molecule, with the rows and columns that both kinds share."""
    keep(name)
    cells = read_h5ad(name)
    spliced, unspliced = (sparse.csr_matrix(cells.layers[k]) for k in ("spliced", "unspliced"))
    detected = np.asarray((spliced + unspliced > 0).sum(axis=0)).ravel()
    order = np.argsort(-detected, kind="stable")
    order = order[detected[order] >= FEWEST_CELLS]
    counts = {"spliced": spliced, "unspliced": unspliced}[kind][:, order]
    counts.eliminate_zeros()
    counts = counts.astype(np.min_scalar_type(int(counts.data.max())))
    counts.sort_indices()
    obs = pd.DataFrame(
        {
            "cell_type": cells.obs["cell_type"].astype(str).map(CELL_TYPES).astype("category"),
            "run": pd.Categorical(cells.obs_names.str.rpartition("_").get_level_values(2)),
        },
        index=cells.obs_names,
    )
    return anndata.AnnData(counts, obs=obs, var=cells.var.iloc[order][[]])


def build():
    return molecules("neurogenesis", "spliced")


if __name__ == "__main__":
    main("neurogenesis", build)
