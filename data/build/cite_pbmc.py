"""Blood cells with RNA and surface proteins: 200 + 200 cells of two samples, raw counts of both.

The source holds 200 cells of each of two teaching sets of 10x Genomics, as the package's authors
drew them, with 29 and 14 antibodies; there are no labels. Kept: every cell; the genes that both
files list (each lists those seen in its whole sample) and that are seen in one of the 400 cells;
the 14 proteins measured in both, as columns of `obs`: `protein_CD3`, and so on.
"""

import anndata
import numpy as np
import pandas as pd
from _pinned import keep, read_other
from _source import count_matrix, main
from scipy import sparse

BATCHES = ("5k", "10k")
FOLDER = "scvi_tools-1.5.1/tests/test_data"


def sample(batch: str) -> anndata.AnnData:
    """One file: RNA counts, and protein counts as columns of `obs`."""
    cells = anndata.read_h5ad(read_other("cite_pbmc", f"{FOLDER}/pbmc_{batch}_protein_v3.h5ad"))
    proteins = np.asarray(cells.obsm["protein_expression"])
    if (proteins < 0).any() or (proteins != np.round(proteins)).any():
        raise ValueError("the proteins are not raw counts")
    names = [f"protein_{name.removesuffix('_TotalSeqB')}" for name in cells.uns["protein_names"]]
    obs = pd.DataFrame(proteins.astype(np.int32), columns=names)
    obs.insert(0, "batch", batch)
    obs.index = [f"{batch}_{barcode}" for barcode in cells.obs_names]
    return anndata.AnnData(sparse.csr_matrix(cells.X), obs=obs, var=cells.var[[]])


def build():
    keep("cite_pbmc")
    one, other = (sample(batch) for batch in BATCHES)
    genes = one.var_names[one.var_names.isin(other.var_names)]
    columns = [column for column in other.obs if column in one.obs]
    obs = pd.concat([one.obs[columns], other.obs[columns]])
    obs["batch"] = pd.Categorical(obs["batch"], BATCHES)
    counts = sparse.vstack([one[:, genes].X, other[:, genes].X], format="csr")
    var = pd.DataFrame(index=pd.Index(genes.to_numpy(), dtype=object))
    return count_matrix(anndata.AnnData(counts, obs=obs, var=var))


if __name__ == "__main__":
    main("cite_pbmc", build)
