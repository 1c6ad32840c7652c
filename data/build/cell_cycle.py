"""Cells in the cell cycle: 5,698 cells of two kinds, raw counts of 226 genes, phase, and hours.

The source is what a package that finds the phase of the cell cycle was trained on. It keeps only
genes that tell the phase. 1,021 cells are of the line U2OS, with a time in hours read from two
fluorescent proteins (FUCCI) that rise and fall with the cycle, so that it does not come from the
RNA; 4,677 are fibroblasts, without. Phases were given by the package's authors.
Kept: every cell and gene. Cells of the two kinds were measured in different ways: compare within.
"""

import anndata
import numpy as np
import pandas as pd
from _pinned import keep, read_other
from _source import count_matrix, main, read
from scipy import sparse

PHASES = {
    "G0": "G0",
    "G1-G0 transition": "G0 to G1",
    "G1": "G1",
    "S": "S",
    "G2M": "G2 and M",
}
CELLS = {"U2OS": "U2OS", "Fibroblast": "fibroblast"}


def build():
    keep("cell_cycle")
    counts = pd.read_csv(read("cell_cycle"))
    about = pd.read_csv(read_other("cell_cycle", "ouroboros/data/train_meta.csv"), index_col=0)
    hours = pd.read_csv(read_other("cell_cycle", "ouroboros/data/reference_embeddings.csv"))
    if not about.index.equals(pd.Index(hours["cell_id"])) or len(counts) != len(about):
        raise ValueError("the three tables of the source should list the same cells in one order")
    obs = pd.DataFrame(
        {
            "cells": pd.Categorical(about["library"].map(CELLS), list(CELLS.values())),
            "phase": pd.Categorical(about["phase"].map(PHASES), list(PHASES.values())),
            "fucci_hours": hours["fucci_time_hrs"].to_numpy(dtype=np.float32),
        },
        index=pd.Index(about.index.to_numpy(), dtype=object),
    )
    var = pd.DataFrame(index=pd.Index(counts.columns.to_numpy(), dtype=object))
    return count_matrix(anndata.AnnData(sparse.csr_matrix(counts.to_numpy()), obs=obs, var=var))


if __name__ == "__main__":
    main("cell_cycle", build)
