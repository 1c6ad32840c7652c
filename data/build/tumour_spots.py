"""A skin tumour measured in place: 621 spots of one section, 10 regions, normalised expression.

The source is the example of a package that looks for correlations that change over a tissue. It
holds no counts: its authors normalised them for depth with Dino, which draws each value anew from a
fitted distribution, so most values are fractions. Kept: every spot, and the genes whose mean is
0.05 or more (a third of the genes, 91% of the expression), rounded to sixteenths. A spot is a few
to a few dozen cells.

Places are the array's: `obs["x"]` is the source's column, `obs["y"]` its row.
"""

import anndata
import numpy as np
import pandas as pd
from _source import main, read_h5ad
from scipy import sparse

LOWEST_MEAN = 0.05
STEPS = 16


def build():
    spots = read_h5ad("tumour_spots")
    values = np.asarray(spots.X, dtype=np.float64)
    kept = np.flatnonzero(values.mean(axis=0) >= LOWEST_MEAN)
    rounded = sparse.csr_matrix(np.round(values[:, kept] * STEPS) / STEPS, dtype=np.float32)
    detected = np.asarray((rounded > 0).sum(axis=0)).ravel()
    order = np.argsort(-detected, kind="stable")
    rounded = rounded[:, order]
    rounded.sort_indices()
    regions = [str(region) for region in range(1, 11)]
    obs = pd.DataFrame(
        {
            "x": spots.obs["col"].astype(np.int32),
            "y": spots.obs["row"].astype(np.int32),
            "region": pd.Categorical(spots.obs["cluster"].astype(str), regions),
        },
        index=spots.obs_names,
    )
    return anndata.AnnData(rounded, obs=obs, var=spots.var.iloc[kept[order]][[]])


if __name__ == "__main__":
    main("tumour_spots", build)
