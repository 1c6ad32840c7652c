"""Embryonic stem cells sorted by phase of the cell cycle: 247 of known phase and 213 unsorted.

The source is the study's own table of expected read counts, normalised for depth by its authors:
no unique molecules, and most values are fractions. 19,084 genes do not fit. Kept: every cell, the
5,000 genes whose rounded values vary most beyond what depth explains (`_source.residual_variance`),
and the genes of `cell_cycle`, all rounded to whole numbers. The phase was told by fluorescent
proteins (FUCCI) before sequencing, and so does not come from the RNA.
"""

import gzip

import anndata
import numpy as np
import pandas as pd
from _pinned import keep
from _source import count_matrix, main, read, residual_variance
from scipy import sparse

from celltoken import data

GENES = 5_000
PHASES = {"G1": "G1", "S": "S", "G2": "G2", "H1": "unsorted"}


def build():
    keep("cell_cycle_leng")
    with gzip.open(read("cell_cycle_leng"), "rt") as stream:
        table = pd.read_csv(stream, index_col=0).T
    values = sparse.csc_matrix(np.round(table.to_numpy()).astype(np.int64))
    varied = np.argsort(-residual_variance(values), kind="stable")[:GENES]
    shared = np.flatnonzero(table.columns.isin(data.load("cell_cycle").var_names))
    varied = np.union1d(varied, shared)
    phase = table.index.str.partition("_").get_level_values(0).map(PHASES)
    obs = pd.DataFrame(
        {"phase": pd.Categorical(phase, list(PHASES.values()))},
        index=pd.Index(table.index.to_numpy(), dtype=object),
    )
    var = pd.DataFrame(index=pd.Index(table.columns[varied].to_numpy(), dtype=object))
    return count_matrix(anndata.AnnData(values[:, varied].tocsr(), obs=obs, var=var))


if __name__ == "__main__":
    main("cell_cycle_leng", build)
