"""Cells of the small intestine of a mouse, from the foot of a villus to its tip: 1,383 cells.

The source holds raw counts, and a table with the zone of each cell. The two are joined by row, as
the package does: the names of cells in them do not agree. Kept: every cell, and every gene seen in
at least one. Zones were inferred by the study's authors from landmark genes, so that they are not
independent of the counts.
"""

import gzip

import anndata
import pandas as pd
from _pinned import keep, read_other
from _source import count_matrix, main, read
from scipy import sparse

ZONES = "novosparc-0.4.4/novosparc/datasets/intestine/zones.tsv"


def build():
    keep("villus")
    with gzip.open(read("villus"), "rt") as stream:
        counts = pd.read_csv(stream, sep="\t", index_col=0)
    zones = pd.read_csv(read_other("villus", ZONES), sep="\t")["zone"]
    if len(zones) != counts.shape[1]:
        raise ValueError("the source should hold a zone for every cell")
    obs = pd.DataFrame({"zone": zones.to_numpy(dtype="int32")}, index=counts.columns.to_numpy())
    var = pd.DataFrame(index=pd.Index(counts.index.to_numpy(), dtype=object))
    cells = anndata.AnnData(sparse.csr_matrix(counts.to_numpy().T), obs=obs, var=var)
    cells.var_names_make_unique()
    cells.obs_names_make_unique()
    return count_matrix(cells)


if __name__ == "__main__":
    main("villus", build)
