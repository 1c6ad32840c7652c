"""Blood-forming cells of human bone marrow: 4,142 CD34+ cells in two runs, raw counts.

The source is the teaching sample of the study's authors, filtered by them, 16,106 genes (each seen
in at least one cell). The whole matrix does not fit. Kept: every cell, and the 5,000 genes whose
counts vary most beyond what depth explains; `obs["umis"]` has each cell's total over all genes, so
that a normalised value is what it would be in the whole matrix.

How far a gene varies: `_source.residual_variance`.

`obs["landmark"]` names the four cells that the authors' tutorial starts and ends in.
"""

import gzip

import anndata
import numpy as np
import pandas as pd
from _pinned import keep
from _source import count_matrix, main, read, residual_variance
from scipy import sparse

GENES = 5_000

LANDMARKS = {
    "Run5_164698952452459": "start",
    "Run5_131097901611291": "DC",
    "Run5_134936662236454": "Mono",
    "Run4_200562869397916": "Ery",
}


def build():
    keep("marrow")
    with gzip.open(read("marrow"), "rt") as stream:
        table = pd.read_csv(stream, index_col=0)
    counts = sparse.csc_matrix(table.to_numpy())
    varied = np.sort(np.argsort(-residual_variance(counts), kind="stable")[:GENES])
    runs = table.index.str.partition("_").get_level_values(0)
    landmarks = pd.Categorical(
        [LANDMARKS.get(cell, "") for cell in table.index], ["", *LANDMARKS.values()]
    )
    if (landmarks != "").sum() != len(LANDMARKS):
        raise ValueError("the source lacks one of the named cells")
    obs = pd.DataFrame(
        {
            "run": pd.Categorical(runs),
            "landmark": landmarks,
            "umis": np.asarray(counts.sum(axis=1), dtype=np.int32).ravel(),
        },
        index=pd.Index(table.index.to_numpy(), dtype=object),
    )
    var = pd.DataFrame(index=pd.Index(table.columns[varied].to_numpy(), dtype=object))
    return count_matrix(anndata.AnnData(counts[:, varied].tocsr(), obs=obs, var=var))


if __name__ == "__main__":
    main("marrow", build)
