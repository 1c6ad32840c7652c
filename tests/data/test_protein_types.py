"""Lineages by surface proteins, on cells made up for the purpose and on real ones."""

import anndata
import numpy as np
import pandas as pd
import pytest

from celltoken import data
from celltoken.data.protein_types import lineage_by_protein


def test_the_protein_that_stands_out_names_the_lineage_in_each_sample():
    proteins = ["CD3", "CD19", "CD14", "CD56", "CD4"]
    kind = np.tile(np.arange(4), 10)
    counts = np.full((40, 5), 10.0)
    counts[np.arange(40), kind] = 500
    batch = np.repeat(["a", "b"], 20)
    counts[batch == "b", 0] *= 40  # one sample took more of one antibody
    obs = pd.DataFrame(counts, columns=[f"protein_{p}" for p in proteins]).assign(batch=batch)
    obs.index = obs.index.astype(str)
    found = lineage_by_protein(anndata.AnnData(np.ones((40, 1)), obs=obs))
    assert list(found) == [["T", "B", "monocyte", "NK"][i] for i in kind]


def test_genes_that_had_no_say_agree():
    cells = data.load("cite_pbmc")
    kind = lineage_by_protein(cells)
    for lineage, gene in {"B": "CD79A", "monocyte": "LYZ", "NK": "NKG7", "T": "TRAC"}.items():
        count = cells[:, gene].X.toarray().ravel()
        assert count[kind == lineage].mean() > 2 * count[kind != lineage].mean()


def test_a_missing_protein_is_named():
    cells = data.load("cite_pbmc")
    cells.obs = cells.obs.drop(columns="protein_CD56")
    with pytest.raises(ValueError, match="protein_CD56"):
        lineage_by_protein(cells)
