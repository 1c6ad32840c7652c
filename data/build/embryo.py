"""Mouse embryos before they implant: 428 cells of embryos of 2 to 64 cells, 48 genes by qPCR.

The source is an R object of the destiny package, which normalised the numbers of cycles. Kept:
every cell and gene, rounded to float32; names of cells get a number where the source repeats one.

Needs `rdata`, which reads R's format: `make data` installs it from `requirements-data.lock`.
"""

import warnings

import anndata
import numpy as np
import pandas as pd
from _source import main, read


def build():
    try:
        import rdata
    except ModuleNotFoundError:
        raise SystemExit("embryo needs rdata: run `make data`, which installs it.") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes of Bioconductor that rdata reads as plain objects
        cells = rdata.read_rda(read("embryo"))["guo_norm"]
    values = np.asarray(cells.assayData["exprs"]).T.astype(np.float32)
    table, genes = cells.phenoData.data, [str(each) for each in cells.featureData.data.index]
    if values.shape != (len(table), len(genes)):
        raise ValueError("the source should hold one row a cell and one column a gene")
    obs = pd.DataFrame({"cells_in_embryo": table["num_cells"].to_numpy(np.int32)})
    obs.index = table["Cell"].astype(str).to_numpy(object)
    cells = anndata.AnnData(values, obs=obs, var=pd.DataFrame(index=pd.Index(genes, dtype=object)))
    cells.obs_names_make_unique("_")
    return cells


if __name__ == "__main__":
    main("embryo", build)
