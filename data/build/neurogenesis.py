"""Young nerve cells and their progenitors: 400 cells, raw counts, 3 types.

The source is the example of a package that finds the phase of the cell cycle; the package's
tutorial, not the file, names the study. The cells carry the numbers of three sequencing
experiments. The study also knocked ASCL1 out, and neither file nor package says whether these cells
are wild type. Kept: every cell, and every gene whose molecules, of whatever kind, were seen in at
least three cells.

`X` counts all molecules; the layers count those that are surely spliced or surely unspliced. Genes
inside other genes (SOX2, FOXG1) have counts in `X` and next to none in the layers.
"""

import anndata
import numpy as np
import pandas as pd
from _pinned import keep
from _source import main, packed, read_h5ad
from scipy import sparse

FEWEST_CELLS = 3

# Their name for a type -> ours.
CELL_TYPES = {
    "cycling_progenitors": "cycling progenitor",
    "transitional_progenitors": "transitional progenitor",
    "neurons": "neuron",
}


def build():
    keep("neurogenesis")
    cells = read_h5ad("neurogenesis")
    kinds = ("raw_counts", "spliced", "unspliced")
    every, spliced, unspliced = (sparse.csr_matrix(cells.layers[kind]) for kind in kinds)
    detected = np.asarray((every + spliced + unspliced > 0).sum(axis=0)).ravel()
    order = np.argsort(-detected, kind="stable")
    order = order[detected[order] >= FEWEST_CELLS]
    obs = pd.DataFrame(
        {
            "cell_type": cells.obs["cell_type"].astype(str).map(CELL_TYPES).astype("category"),
            "run": pd.Categorical(cells.obs_names.str.rpartition("_").get_level_values(2)),
        },
        index=cells.obs_names,
    )
    return anndata.AnnData(
        packed(every[:, order]),
        obs=obs,
        var=cells.var.iloc[order][[]],
        layers={"spliced": packed(spliced[:, order]), "unspliced": packed(unspliced[:, order])},
    )


if __name__ == "__main__":
    main("neurogenesis", build)
