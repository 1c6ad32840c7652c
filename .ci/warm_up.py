"""Compile scanpy's fast paths once: the first notebook would otherwise wait half a minute."""

import anndata
import numpy as np
import scanpy as sc

points = anndata.AnnData(np.random.default_rng(0).normal(size=(200, 20)).astype("float32"))
sc.pp.neighbors(points, use_rep="X")
sc.tl.umap(points)
