"""Blood-forming cells of a mouse's bone marrow: 4,423 cells, raw counts, no labels.

The source is the teaching sample of the Wishbone package: of the study's myeloid progenitors those
cells, and those 2,312 genes, that its authors chose. Gene names are in capitals there. Kept: every
cell and gene. `obs["landmark"]` marks the cell in which the package's tutorial starts.
"""

import anndata
import pandas as pd
from _pinned import keep
from _source import count_matrix, main, read
from scipy import sparse

START = "W30258"


def build():
    keep("paul15")
    table = pd.read_csv(read("paul15"), index_col=0)
    if START not in table.index:
        raise ValueError("the source lacks the cell that the tutorial starts in")
    landmark = pd.Categorical(["start" if cell == START else "" for cell in table.index])
    obs = pd.DataFrame({"landmark": landmark}, index=pd.Index(table.index, dtype=object))
    var = pd.DataFrame(index=pd.Index(table.columns.to_numpy(), dtype=object))
    return count_matrix(anndata.AnnData(sparse.csr_matrix(table.to_numpy()), obs=obs, var=var))


if __name__ == "__main__":
    main("paul15", build)
