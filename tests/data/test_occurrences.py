"""What stands around a word, and in the rest of its document; proteins beside RNA."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from celltoken.data.occurrences import Occurrences
from celltoken.data.proteins import surface_proteins, upper_group


@pytest.fixture
def text():
    vectors = np.array([[2.0, 0], [0, 3]])
    glove = ad.AnnData(vectors, obs=pd.DataFrame(index=["red", "blue"]))
    tokens = [["red", "x", "gold", "blue", "army", "red"], ["blue"]]
    return Occurrences(pd.DataFrame({"tokens": tokens}), glove)


def pair(text):
    return text.names.get_indexer(["gold", "army"])


def test_context_skips_the_pair_other_documents_and_unknown_words(text):
    mean, seen = text.context(np.array([2]), pair(text))
    assert seen.tolist() == [[3]] and mean[0] == pytest.approx([2 / 3, 1 / 3])


def test_hidden_words_are_not_seen_though_known(text):
    mean, seen = text.context(np.array([2]), text.names.get_indexer(["red"]))
    assert seen.tolist() == [[1]] and mean[0].tolist() == [0, 1]


def test_the_rest_is_the_document_outside_the_window(text):
    rest = text.rest_of_document(np.array([2, 4, 6]), pair(text), window=1)
    assert rest[0].tolist() == [1, 0]  # red and red; blue is in the window
    assert rest[1] == pytest.approx([1, 0])  # the first red; blue and the last red are near
    assert rest[2].tolist() == [0, 1]  # a document of one word: the place itself is left


def test_window_and_rest_are_the_whole_document():
    rng = np.random.default_rng(0)
    words = np.array(list("abcdefg"))
    tokens = [words[rng.integers(7, size=size)].tolist() for size in (30, 45)]
    glove = ad.AnnData(rng.normal(size=(5, 3)), obs=pd.DataFrame(index=list("abcde")))
    text = Occurrences(pd.DataFrame({"tokens": tokens}), glove)
    unit = glove.X / np.linalg.norm(glove.X, axis=1, keepdims=True)
    row = dict(zip("abcde", unit, strict=True))
    for place in (0, 12, 29, 30, 74):
        inside = tokens[place // 30 if place < 60 else 1]
        at = place if place < 30 else place - 30
        outside = [
            row[w]
            for i, w in enumerate(inside)
            if w in row and w != "a" and not 0 < abs(i - at) <= 4
        ]
        hidden = text.names.get_indexer(["a"])
        found = text.rest_of_document(np.array([place]), hidden, window=4)[0]
        assert found == pytest.approx(np.mean(outside, axis=0))


def test_proteins_are_logarithms_under_their_own_names():
    cells = ad.AnnData(np.ones((2, 1)), obs=pd.DataFrame({"protein_CD3": [0, 9], "batch": "a"}))
    assert surface_proteins(cells).to_dict("list") == {"CD3": [0, np.log(10)]}
    del cells.obs["protein_CD3"]
    with pytest.raises(ValueError, match="protein_"):
        surface_proteins(cells)


def test_the_upper_group_is_the_upper_hump():
    values = pd.Series(np.r_[np.zeros(30), np.full(5, 6.0)])
    assert (upper_group(values) == (values > 3)).all()
