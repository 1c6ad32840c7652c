"""Compile once what the first notebook would otherwise wait for: scanpy's fast paths, half a
minute, and the bytecode of what lessons import, which uv does not compile."""

import importlib

import anndata
import numpy as np
import scanpy as sc

for name in (
    "gensim.models",
    "ipykernel.kernelapp",
    "onnxruntime",
    "scvelo",
    "seaborn",
    "celltoken.claims",
    "celltoken.data.corpus",
    "celltoken.figures",
    "celltoken.models.language_model",
):
    importlib.import_module(name)

points = anndata.AnnData(np.random.default_rng(0).normal(size=(200, 20)).astype("float32"))
sc.pp.neighbors(points, use_rep="X")
sc.tl.umap(points)
