"""Spaces made apart, and rows over shared columns: on toys and on the course's data."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from celltoken import data
from celltoken.data import spaces, verses


def toy(names, cells=30, human=None, seed=0):
    counts = np.random.default_rng(seed).poisson(2, (cells, len(names))).astype(np.float32)
    var = pd.DataFrame(index=names)
    if human is not None:
        var["human"] = human
    return anndata.AnnData(sparse.csr_matrix(counts), var=var)


def test_chapters_hold_every_verse_once():
    table = spaces.chapters()
    assert len(table) == 1189
    assert np.concatenate(table.verses.to_list()).tolist() == list(range(31102))
    var = verses.load("en", 1).var
    for rows in table.verses[[0, 500, 1188]]:
        assert len(var.iloc[rows][["book", "chapter"]].drop_duplicates()) == 1


def test_words_that_stand_together_are_near():
    columns = np.arange(31102)
    vectors, size = spaces.word_space("en", columns, most=500)
    names = verses.load("en", 500).obs_names
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    at = names.get_indexer(["sons", "daughters", "silver", "gold", "sea"])
    close = vectors[at] @ vectors[at].T
    assert close[2, 3] > close[2, 0] and close[0, 1] > close[0, 4]
    expected = np.log1p(verses.load("en", 500).obs.verses.to_numpy())
    assert np.allclose(size, expected)


def test_two_languages_read_different_chapters_and_know_the_dictionary():
    some, rng = spaces.chapters().iloc[:400], np.random.default_rng(1)
    table = spaces.two_languages(some, ["king", "house"], rng, "en, es")
    pairs = {
        (table["names"][i], table["names_b"][j])
        for i, right in table["answers"].items()
        for j in right
    }
    assert ("house", "casa") in pairs and all(a != b for a, b in pairs)
    assert table["asked"].sum() == 2
    assert not np.allclose(table["a"], table["again"])


def test_orthologs_are_paired_by_column_or_by_name():
    names = [f"G{i}" for i in range(150)]
    human = toy(names)
    listed = toy([f"m{i}" for i in range(120)], human=[f"G{119 - i}" for i in range(119)] + [""])
    a, b = spaces.orthologs(human, listed)
    assert list(a.var_names) == list(b.var_names) == [f"G{119 - i}" for i in range(119)]
    assert (b[:, "G119"].X.toarray() == listed[:, "m0"].X.toarray()).all()
    c, d = spaces.orthologs(listed, human)  # the other way round
    assert list(c.var_names) == list(d.var_names) == list(a.var_names)
    assert c.X.shape[0] == listed.n_obs and (c.X != b.X).nnz == 0
    by_name = toy([each.lower() for each in names[:130]])
    a, b = spaces.orthologs(human, by_name)
    assert list(b.var_names) == names[:130]
    with pytest.raises(data.DataError, match="share 50 genes"):
        spaces.orthologs(human, toy(names[:50]))


def test_genes_of_one_program_are_near():
    rng = np.random.default_rng(2)
    level = rng.gamma(2, 1, (200, 4))
    rates = np.repeat(level, 25, axis=1)
    cells = anndata.AnnData(sparse.csr_matrix(rng.poisson(3 * rates).astype(np.float32)))
    vectors, size = spaces.gene_space(cells, 5)
    close = vectors @ vectors.T
    program = np.arange(100) // 25
    same = program[:, None] == program
    assert close[same].mean() > close[~same].mean() + 0.5
    assert size.shape == (100,) and size.max() <= np.log1p(200)


def test_cells_of_two_are_equally_many_of_each_type():
    rng = np.random.default_rng(3)
    pair = [toy([f"G{i}" for i in range(200)], cells=90, seed=s) for s in (0, 1)]
    pair[0].obs["kind"] = ["a"] * 50 + ["b"] * 30 + ["c"] * 10
    pair[1].obs["kind"] = ["a"] * 20 + ["b"] * 67 + ["d"] * 3
    table = spaces.cells_of_two(*pair, "kind", rng, genes=100)
    counts = pd.crosstab(table["label"], table["group"])
    assert counts.to_numpy().tolist() == [[20, 20], [30, 30]]
    assert table["x"].shape == (100, 100)
    assert len(set(table["split"])) == 100 and table["k"] == 10
    with pytest.raises(data.DataError, match="1 types have 25 cells"):
        spaces.cells_of_two(*pair, "kind", rng, fewest=25)


def test_sentences_are_those_of_the_languages_and_verses():
    names = spaces.verses_of()
    assert len(names) == 389 and names[0] == "1:1:1"
    table = spaces.sentences_of("en, tl", names[:50])
    assert table["x"].shape == (100, 384) and table["k"] == 1
    assert set(table["group"]) == {"en", "tl"} and len(set(table["label"])) == 50
