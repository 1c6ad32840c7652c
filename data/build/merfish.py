"""Cells of a bone tumour's cell line where they lie: 1,368 cells, raw counts, three batches.

The source holds 10,050 genes, and 2,853 blank codes that show how often a code is misread; two
files a batch, counts and places, joined by row. The whole matrix does not fit. Kept: every cell,
and the 2,500 genes whose counts vary most beyond what depth explains (`_source.residual_variance`);
`obs["molecules"]` is each cell's total over all genes, `obs["blanks"]` that of the blank codes.
Batches are separate dishes: places of two batches have nothing to do with each other.
"""

import anndata
import numpy as np
import pandas as pd
from _pinned import keep, read_other
from _source import count_matrix, main, residual_variance
from scipy import sparse

GENES = 2_500
FOLDER = "novosparc-0.4.4/novosparc/datasets/osteosarcoma"


def table(kind: str, batch: str) -> pd.DataFrame:
    return pd.read_csv(read_other("merfish", f"{FOLDER}/{kind}_{batch}.txt"), sep="\t")


def build():
    keep("merfish")
    batches = ("1", "2", "3")
    counts = pd.concat([table("dge", batch) for batch in batches], ignore_index=True)
    places = [table("geometry", batch).assign(batch=batch) for batch in batches]
    obs = pd.concat(places, ignore_index=True)
    if len(obs) != len(counts):
        raise ValueError("the source should hold a place for every cell")
    blank = counts.columns.str.startswith("Blank-")
    genes = sparse.csc_matrix(counts.loc[:, ~blank].to_numpy())
    names = counts.columns[~blank]
    varied = np.sort(np.argsort(-residual_variance(genes), kind="stable")[:GENES])
    obs = pd.DataFrame(
        {
            "x": obs["xcoord"].astype(np.float32),
            "y": obs["ycoord"].astype(np.float32),
            "batch": pd.Categorical(obs["batch"], batches),
            "molecules": np.asarray(genes.sum(axis=1), dtype=np.int32).ravel(),
            "blanks": counts.loc[:, blank].sum(axis=1).astype(np.int32),
        }
    )
    number = obs.groupby("batch", observed=True).cumcount() + 1
    obs.index = "batch" + obs["batch"].astype(str) + "_cell" + number.astype(str)
    var = pd.DataFrame(index=pd.Index(names[varied].to_numpy(), dtype=object))
    return count_matrix(anndata.AnnData(genes[:, varied].tocsr(), obs=obs, var=var))


if __name__ == "__main__":
    main("merfish", build)
