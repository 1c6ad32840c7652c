"""Blood cells: 2,700 peripheral blood mononuclear cells of one healthy donor, raw counts, 8 types.

The source holds all 32,738 genes of the original 10x matrix, and a label for each of the 2,700
cells; the usual labels cover the 2,638 that pass a filter. It does not say who labelled, but the
file bears the name of the teaching set of SIMBA. Kept: every cell, and every gene seen in at least
one cell.
"""

from _source import count_matrix, main, read_h5ad

# Their name for a type -> ours. FCGR3A is the gene of CD16, so that the two blood data sets of the
# course share one vocabulary.
CELL_TYPES = {
    "CD4 T": "CD4 T",
    "CD8 T": "CD8 T",
    "B": "B",
    "NK": "NK",
    "CD14 Monocytes": "CD14+ monocyte",
    "FCGR3A Monocytes": "CD16+ monocyte",
    "Dendritic": "dendritic",
    "Megakaryocytes": "megakaryocyte",
}


def build():
    cells = read_h5ad("pbmc3k")
    labels = cells.obs["celltype"].astype(str).map(CELL_TYPES).astype("category")
    cells.obs = labels.to_frame("cell_type")
    cells.var = cells.var[[]]
    return count_matrix(cells)


if __name__ == "__main__":
    main("pbmc3k", build)
