"""The one place where tokens change clothes: AnnData for scanpy, KeyedVectors for gensim."""

import anndata
import numpy as np
from gensim.models import KeyedVectors
from scipy import sparse

from celltoken.methods.inputs import as_matrix, same_rows


def to_keyed_vectors(adata, obsm=None):
    """Give the tokens of an AnnData to gensim.

    Parameters
    ----------
    adata : anndata.AnnData, tokens as observations
    obsm : str, optional
        Use ``adata.obsm[obsm]`` (such as ``"X_pca"``) instead of ``adata.X``.

    Returns
    -------
    gensim.models.KeyedVectors
        Key = observation name, vector = row, same order; float32.

    Raises
    ------
    ValueError
        If names repeat, ``obsm`` does not exist, or the matrix is not finite.
    """
    if not adata.obs_names.is_unique:
        raise ValueError(
            "observation names repeat, so a name would not find one vector; "
            "call adata.obs_names_make_unique() first."
        )
    if obsm is not None and obsm not in adata.obsm:
        raise ValueError(
            f"adata.obsm has no {obsm!r}; it has {', '.join(adata.obsm) or 'nothing yet'}, "
            "so choose one of those or compute it first."
        )
    x = as_matrix(adata.X if obsm is None else adata.obsm[obsm], "the token matrix")
    x = x.toarray() if sparse.issparse(x) else x
    vectors = KeyedVectors(vector_size=x.shape[1], dtype=np.float32)
    vectors.add_vectors(list(adata.obs_names), x.astype(np.float32))
    return vectors


def to_anndata(vectors, **obs):
    """Give gensim's vectors to scanpy.

    Parameters
    ----------
    vectors : gensim.models.KeyedVectors
    **obs : sequences, length tokens
        Columns of ``.obs``, such as ``label=[...]``.

    Returns
    -------
    anndata.AnnData
        Observation = key, row = vector, same order.

    Raises
    ------
    ValueError
        If ``vectors`` are not KeyedVectors or a column has another length.
    """
    if not isinstance(vectors, KeyedVectors):
        raise ValueError(
            f"vectors must be gensim KeyedVectors, not {type(vectors).__name__}; "
            "of a trained model pass model.wv."
        )
    x = np.asarray(vectors.vectors, dtype=np.float32)
    adata = anndata.AnnData(x.copy())
    adata.obs_names = list(vectors.index_to_key)
    for name, column in obs.items():
        same_rows(x, column, "vectors", name)
        adata.obs[name] = np.asarray(column)
    return adata
