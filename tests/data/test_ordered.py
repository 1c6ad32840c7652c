import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from celltoken.data import DataError, ordered
from celltoken.methods.order import next_told


def texts():
    first = ["a", "b", "c", "a", "b", "rare"] * 20
    second = ["b", "a"] * 50
    return pd.DataFrame({"tokens": [first, second], "year": [1, 2], "title": ["x", "x"]})


def cells(rng):
    x = sparse.csr_matrix(rng.poisson(2, (30, 40)).astype(np.float32))
    return anndata.AnnData(x, obs=pd.DataFrame(index=[f"d{i % 2}_lib1.c{i}" for i in range(30)]))


def test_runs_keep_the_order_of_words_and_leave_rare_ones_out():
    runs, group = ordered.runs_of_words(texts(), np.random.default_rng(0), 3, 10, each=4)
    assert runs.shape == (8, 10)
    assert group.tolist() == [0] * 4 + [1] * 4
    names = np.array(["b", "a", "c"])  # commonest first: 90, 90, 20; ties in alphabetical order
    names[:2] = sorted(names[:2])
    assert "".join(names[runs[0]]) in "abcab" * 5
    assert set(names[runs[-1]]) == {"a", "b"}


def test_genes_come_by_rank_and_ties_by_chance():
    table = anndata.AnnData(np.array([[4, 2, 0, 1], [1, 1, 1, 1], [0, 0, 3, 0]], np.float32))
    order, kept = ordered.genes_by_rank(table, np.random.default_rng(0), 4, 3, False, False)
    assert kept.tolist() == [0, 1]
    share = (table.X / table.X.sum(1, keepdims=True)).mean(0)
    genes = np.argsort(-share, kind="stable")
    assert genes[order[0]].tolist() == [0, 1, 3]
    tied = {
        tuple(ordered.genes_by_rank(table, np.random.default_rng(i), 4, 3, False, False)[0][1])
        for i in range(20)
    }
    assert len(tied) > 3


def test_relative_ranks_divide_by_the_median_where_a_gene_is_found():
    rng = np.random.default_rng(1)
    table = cells(rng)
    order, kept = ordered.genes_by_rank(table, rng, 40, 5, jitter=False)
    share = table.X.toarray() / table.X.sum(1)
    share = np.asarray(share)[:, np.argsort(-np.asarray(share).mean(0), kind="stable")]
    share = share / [np.median(column[column > 0]) for column in share.T]
    for row, number in zip(order, kept, strict=True):
        np.testing.assert_allclose(share[number, row], np.sort(share[number])[::-1][:5])


def test_pieces_count_words_in_place():
    found = ordered.pieces(ordered.joined(texts()), 12, most=2, longest=4, fewest=3)
    assert found.shape == (8, 2)
    assert found.obs["at"].tolist() == [0, 1, 2, 3] * 2
    assert set(found.obs) == {"year", "title", "text", "part", "at"}
    np.testing.assert_array_equal(found.to_df().sum(1), [8] * 4 + [12] * 4)
    with pytest.raises(ValueError, match="shorter"):
        ordered.pieces(ordered.joined(texts()), 100, fewest=3)


def test_texts_of_one_title_are_joined():
    one = ordered.joined(texts(), "title")
    assert one["text"].tolist() == ["x"]
    assert one.tokens[0] == texts().tokens[0] + texts().tokens[1]


def test_texts_without_year_or_author_get_numbers_and_parts():
    plain = pd.concat([texts()[["tokens"]]] * 5, ignore_index=True)
    found = ordered.joined(plain)
    assert found["year"].tolist() == list(range(10))
    assert found["part"].tolist() == ["0"] * 8 + ["1"] * 2
    assert list(plain) == ["tokens"]


def test_libraries_are_read_from_names_or_asked_for():
    found = ordered.with_library(cells(np.random.default_rng(2)))
    assert set(found.obs["library"]) == {"d0_lib1", "d1_lib1"}
    nameless = cells(np.random.default_rng(2))
    nameless.obs_names = [str(i) for i in range(30)]
    with pytest.raises(DataError, match="library"):
        ordered.with_library(nameless)


def test_cells_are_thinned_to_equal_totals():
    table = cells(np.random.default_rng(3))
    totals = np.asarray(table.X.sum(1)).ravel()
    found = ordered.of_equal_length(table, 70, np.random.default_rng(0))
    assert found.n_obs == (totals >= 70).sum()
    assert np.asarray(found.X.sum(1)).ravel().tolist() == [70] * found.n_obs
    np.testing.assert_array_equal(np.asarray(table.X.sum(1)).ravel(), totals)


def test_small_counts_make_an_order_of_their_own_unless_they_are_jittered():
    rng = np.random.default_rng(4)
    level = rng.uniform(0.5, 3, 120)
    table = anndata.AnnData(rng.poisson(level, (1500, 120)).astype(np.float32))
    found = {}
    for jitter in (False, True):
        lines, cell = ordered.genes_by_rank(table, rng, 120, 40, jitter=jitter)
        told = next_told(lines, cell, rng, apart=(8, 20))
        found[jitter] = told["in order"] - told["shuffled"]
    assert found[False] > 0.05
    assert abs(found[True]) < 0.03
