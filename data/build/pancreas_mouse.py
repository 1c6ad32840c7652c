"""Cells of the mouse pancreas: 1,886 cells of two mice, 13 types, raw counts.

The source holds all of the study's mouse cells, with the study's own labels, and a list of genes
that have one counterpart in man and mouse each. Kept: every cell, and every gene seen in at least
one cell; `var["human"]` names the human counterpart, if there is exactly one.
"""

import pandas as pd
from _pinned import read_other
from _source import count_matrix, main, read_h5ad

ORTHOLOGS = "came/sample_data.zip!/gene_matches_1v1_mouse2human.csv"

# The study's name for a type -> ours, as in `pancreas_human`.
CELL_TYPES = {
    "alpha": "alpha",
    "beta": "beta",
    "delta": "delta",
    "gamma": "gamma",
    "ductal": "ductal",
    "activated_stellate": "activated stellate",
    "quiescent_stellate": "quiescent stellate",
    "endothelial": "endothelial",
    "macrophage": "macrophage",
    "schwann": "Schwann",
    "T_cell": "T",
    "B_cell": "B",
    "immune_other": "other immune",
}


def build():
    cells = read_h5ad("pancreas_mouse")
    labels = cells.obs["cell_type1"].astype(str).map(CELL_TYPES).astype("category")
    cells.obs = labels.to_frame("cell_type").assign(donor=cells.obs["donor"].astype("category"))
    human = pd.read_csv(read_other("pancreas_mouse", ORTHOLOGS), index_col=0).iloc[:, 0]
    cells.var["human"] = cells.var_names.map(human).fillna("").astype(object)
    return count_matrix(cells)


if __name__ == "__main__":
    main("pancreas_mouse", build)
