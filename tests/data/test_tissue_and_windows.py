"""Halves of genes, windows and pseudo-words, on planted data."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from celltoken.data import DataError
from celltoken.data.tissue import half_hidden, load_tissue
from celltoken.data.windows import mean_vectors, pseudo_words, windows


def test_the_two_halves_share_no_gene():
    rng = np.random.default_rng(0)
    counts = rng.poisson(5.0, (40, 60)).astype("f4")
    tissue = AnnData(sparse.csr_matrix(counts))
    own, hidden = half_hidden(tissue, np.random.default_rng(1), n_components=5)
    assert own.shape == hidden.shape == (40, 5)
    half = np.array_split(np.random.default_rng(1).permutation(60), 2)[1]
    logged = np.log1p(counts / counts.sum(1, keepdims=True) * 1e4)[:, half]
    _, _, axes = np.linalg.svd(logged - logged.mean(0), full_matrices=False)
    expected = (logged - logged.mean(0)) @ axes[:5].T
    assert np.allclose(np.abs(hidden), np.abs(expected), atol=1e-2)


def test_a_tissue_has_places():
    with pytest.raises(DataError, match="add the places"):
        load_tissue("pbmc3k")
    assert load_tissue("tumour_spots").obsm["at"].shape[1] == 2


def test_windows_end_with_a_word_that_is_not_common():
    text = [f"w{i}" for i in range(40)]
    row = {w: i for i, w in enumerate(text)}
    lines, place = windows([text, text[:4]], row, {"w20"}, np.random.default_rng(0), 3, 50)
    assert (place == 0).all() and len(lines) == 40 - 4 - 1
    assert (np.diff(lines, axis=1) == 1).all() and 20 not in lines[:, -1]


def test_pseudo_words_keep_the_word_out_of_its_context():
    rng = np.random.default_rng(0)
    names = [f"word{i}" for i in range(30)]
    texts = [list(rng.permutation(names * 10)) for _ in range(8)]
    found = pseudo_words(texts, names, rng, pairs=4, times=3)
    assert found.word.nunique() == 8 and (found.word.value_counts() == 3).all()
    assert not found.duplicated(["word", "document"]).any()
    assert all(word in pair for word, pair in zip(found.word, found.pair, strict=True))
    assert found.near.map(len).eq(10).all() and found.away.map(len).le(10).all()
    text, near = texts[found.document[0]], found.near[0]
    at = [i for i in range(5, 295) if text[i - 5 : i] + text[i + 1 : i + 6] == near]
    assert text[at[0]] == found.word[0]


def test_means_of_known_words_only():
    vectors = pd.DataFrame(np.eye(2), index=["a", "b"])
    assert mean_vectors([["a", "b", "x"], ["x"]], vectors).tolist() == [[0.5, 0.5], [0, 0]]
