"""Gene sets: the 50 hallmark sets of MSigDB, as a table of sets x genes, 1 where a gene belongs.

The source is MSigDB's own file (human symbols, version 2023.2): a set a line, with its name, a link
and its genes. Sets keep the file's order; names lose the prefix HALLMARK_, genes run from the one
that is in most sets to those in one (ties: by name).
"""

from collections import Counter

import anndata
import numpy as np
import pandas as pd
from _source import main, read
from scipy import sparse

PREFIX = "HALLMARK_"
SETS = 50


def build():
    lines = read("hallmark").read().decode().splitlines()
    sets = {}
    for line in lines:
        name, _, *genes = line.rstrip("\t").split("\t")
        sets[name.removeprefix(PREFIX)] = genes
    if len(sets) != SETS or not all(len(set(genes)) == len(genes) for genes in sets.values()):
        raise ValueError("the source should hold 50 sets, and no gene twice in a set")
    in_sets = Counter(gene for genes in sets.values() for gene in genes)
    names = sorted(in_sets, key=lambda gene: (-in_sets[gene], gene))
    column = {gene: i for i, gene in enumerate(names)}
    member = np.zeros((len(sets), len(names)), dtype=np.uint8)
    for row, genes in enumerate(sets.values()):
        member[row, [column[gene] for gene in genes]] = 1
    sizes = np.array([len(genes) for genes in sets.values()], dtype=np.int32)
    obs = pd.DataFrame({"genes": sizes}, index=list(sets))
    return anndata.AnnData(sparse.csr_matrix(member), obs=obs, var=pd.DataFrame(index=names))


if __name__ == "__main__":
    main("hallmark", build)
