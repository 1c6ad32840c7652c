"""Layers of counts in a reader's .h5ad file, beside the matrix: spliced and unspliced molecules."""

import anndata

from celltoken.data import own_matrix
from celltoken.data.store import DataError


def layers_of(adata, name, wanted):
    """Layers of whole counts that a lesson needs beside the matrix, as CSR, by name.

    Raises
    ------
    DataError
        In one sentence, if one is missing or holds no whole counts.
    """
    for layer in wanted:
        if layer not in adata.layers:
            have = ", ".join(adata.layers) or "none"
            raise DataError(
                f"{name} has no layer {layer!r}, and this lesson needs {' and '.join(wanted)} "
                f"(it has {have}): tools such as velocyto or STARsolo count them."
            )
    return {layer: own_matrix.matrix_of(adata, name, True, layer, [])[0] for layer in wanted}


def merge_genes(adata, counts, said):
    """As :func:`celltoken.data.own_matrix.merge_genes`, with the layers."""
    layers = {}
    for layer, x in adata.layers.items():
        one = anndata.AnnData(x, obs=adata.obs, var=adata.var)
        layers[layer] = own_matrix.merge_genes(one, True, []).X
    merged = own_matrix.merge_genes(adata, counts, said)
    for layer, x in layers.items():
        merged.layers[layer] = x
    return merged
