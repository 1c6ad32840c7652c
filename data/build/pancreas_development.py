"""The pancreas of a mouse embryo: 100 cells, raw counts of spliced and unspliced molecules.

The source is a sample of 100 cells that scVelo's authors test with. It has no labels. Kept: every
cell, and every gene whose molecules, spliced or not, were seen in at least three cells. `X` counts
spliced molecules, as the source does.

`obs["marker_type"]` is ours, and not the study's: the type whose marker genes are highest, as the
mean of their log-normalised values, each scaled to mean 0 and variance 1 over the cells.
"""

import anndata
import numpy as np
import pandas as pd
from _pinned import keep
from _source import main, packed, read_h5ad
from scipy import sparse

FEWEST_CELLS = 3
# Genes that the study and its field name for these stages.
MARKERS = {
    "ductal": ("Sox9", "Spp1", "Anxa2"),
    "endocrine progenitor": ("Neurog3", "Btbd17", "Hes6"),
    "pre-endocrine": ("Fev", "Neurod1", "Chgb"),
    "beta": ("Ins1", "Ins2"),
    "alpha": ("Gcg",),
    "delta": ("Sst",),
    "epsilon": ("Ghrl",),
}


def marker_types(cells: anndata.AnnData) -> pd.Categorical:
    """The type of each cell whose markers are highest on average."""
    counts = cells.layers["spliced"].toarray().astype(float)
    level = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    level = pd.DataFrame((level - level.mean(0)) / level.std(0).clip(1e-9), columns=cells.var_names)
    score = pd.DataFrame({name: level[list(genes)].mean(axis=1) for name, genes in MARKERS.items()})
    return pd.Categorical(score.idxmax(axis=1), list(MARKERS))


def build():
    keep("pancreas_development")
    cells = read_h5ad("pancreas_development")
    spliced, unspliced = (sparse.csr_matrix(cells.layers[k]) for k in ("spliced", "unspliced"))
    detected = np.asarray((spliced + unspliced > 0).sum(axis=0)).ravel()
    order = np.argsort(-detected, kind="stable")
    order = order[detected[order] >= FEWEST_CELLS]
    layers = {"spliced": packed(spliced[:, order]), "unspliced": packed(unspliced[:, order])}
    obs = pd.DataFrame({"marker_type": marker_types(cells)}, index=cells.obs_names)
    return anndata.AnnData(layers["spliced"], obs=obs, var=cells.var.iloc[order][[]], layers=layers)


if __name__ == "__main__":
    main("pancreas_development", build)
