"""Stem cells that leave their state: 2,449 cells of a mouse at nine times, 41 genes, raw counts.

The source is one table of numbers: the first row has the hours since retinoic acid was given, the
second says whether it was, then a row a gene; the first column numbers the rows. A list names the
genes. Kept: every cell and gene.
"""

import io

import anndata
import numpy as np
import pandas as pd
from _pinned import keep, read_other
from _source import count_matrix, main, read
from scipy import sparse

GENES = "cardamom-0.0.3/tests/Semrau/Data/panel_genes.txt"


def build():
    keep("mesc_ra")
    table = np.loadtxt(read("mesc_ra"))
    text = io.TextIOWrapper(read_other("mesc_ra", GENES), encoding="utf-8").read()
    names = [line.split()[1] for line in text.splitlines() if line.strip()]
    if names[0] != "RA" or len(names) + 1 != len(table):
        raise ValueError("the source should name retinoic acid and then every gene")
    hours, counts = table[0, 1:], table[2:, 1:].T
    obs = pd.DataFrame({"hours": hours.astype(np.int32)})
    number = obs.groupby("hours").cumcount() + 1
    obs.index = obs["hours"].astype(str) + "h_" + number.astype(str)
    var = pd.DataFrame(index=pd.Index(names[1:], dtype=object))
    return count_matrix(anndata.AnnData(sparse.csr_matrix(counts), obs=obs, var=var))


if __name__ == "__main__":
    main("mesc_ra", build)
