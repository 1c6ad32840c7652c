"""Pseudotime and velocity against closed forms, other implementations and planted changes."""

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import spearmanr

from celltoken.methods.trajectory import (
    add_time,
    add_velocity,
    along,
    central,
    diffusion_time,
    layered,
    positions_in_time,
    shared_columns,
    time_from,
    towards,
    transitions,
    uphill,
    variety,
)


def arc(rng, rows=120, width=10, noise=0.02):
    """Rows along three quarters of a circle, and where on it each is."""
    place = np.sort(rng.random(rows))
    x = np.zeros((rows, width))
    x[:, 0], x[:, 1] = np.cos(4.7 * place), np.sin(4.7 * place)
    return x + noise * rng.normal(size=x.shape), place


def changing(rng, tokens=150, columns=60):
    """Counts of two layers of columns that rise or fall one after another: du/dt, ds/dt known.

    Each column's rate switches at a time of its own; newer follows it fast, older slowly, so that
    newer runs ahead of older by construction.
    """
    time = np.sort(rng.random(tokens))
    switch, rises = rng.uniform(-0.2, 1.0, columns), np.arange(columns) % 2 == 0

    def level(lag):
        after = 1 / (1 + np.exp(-(time[:, None] - switch - lag) / 0.06))
        return np.where(rises, after, 1 - after)

    newer, older = rng.poisson(0.2 + 12 * level(0.0)), rng.poisson(0.2 + 40 * level(0.12))
    return sparse.csr_matrix(older), sparse.csr_matrix(newer), time


@pytest.fixture(scope="module")
def planted():
    older, newer, time = changing(np.random.default_rng(0))
    return older, newer, time, add_time(add_velocity(layered(older, newer, n_neighbors=25)))


# -- diffusion pseudotime --------------------------------------------------------------------------


def test_pseudotime_goes_round_where_the_ruler_cuts_across():
    x, place = arc(np.random.default_rng(1))
    order = along(x, 0)
    assert spearmanr(order["pseudotime"], place)[0] > 0.98
    assert spearmanr(order["distance"], place)[0] < 0.95
    np.testing.assert_allclose(order["distance"], np.sqrt(((x - x[0]) ** 2).sum(1)))


def test_the_second_ruler_measures_between_means_of_nearest_rows():
    x, _ = arc(np.random.default_rng(5), rows=40)
    apart = np.linalg.norm(x[:, None] - x, axis=2)
    mean = np.array([x[np.argsort(row, kind="stable")[:20]].mean(0) for row in apart])
    expected = np.linalg.norm(mean - mean[7], axis=1)
    np.testing.assert_allclose(along(x, 7)["distance, averaged"], expected, atol=1e-9)


def test_pseudotime_is_that_of_an_eigendecomposition_by_hand():
    """Haghverdi's formula on the graph that scanpy made, without scanpy's code for it."""
    import anndata
    import scanpy as sc

    x, _ = arc(np.random.default_rng(2), rows=60)
    graph = anndata.AnnData(x)
    sc.pp.neighbors(graph, n_neighbors=15, use_rep="X")
    w = graph.obsp["connectivities"].toarray()
    w = w / np.outer(w.sum(0), w.sum(1))
    root = np.sqrt(w.sum(1))
    values, vectors = np.linalg.eigh(w / np.outer(root, root))
    values, vectors = values[::-1][1:10], vectors[:, ::-1][:, 1:10]
    steps = vectors * (values / (1 - values))
    expected = np.linalg.norm(steps - steps[3], axis=1)
    found = diffusion_time(x, 3, 15)
    np.testing.assert_allclose(found, expected / expected.max(), atol=2e-3)


def test_what_no_path_reaches_is_infinitely_far():
    rng = np.random.default_rng(3)
    x = np.vstack([rng.normal(size=(20, 3)), rng.normal(size=(20, 3)) + 1000])
    found = diffusion_time(x, 0, 4)
    assert np.isinf(found[20:]).all() and np.isfinite(found[:20]).all()


@pytest.mark.parametrize(
    ("start", "k", "said"), [(40, 5, "start"), (0, 40, "n_neighbors"), (1.5, 5, "start")]
)
def test_a_start_or_a_graph_that_does_not_fit_is_named(start, k, said):
    with pytest.raises(ValueError, match=said):
        diffusion_time(np.random.default_rng(0).normal(size=(40, 3)), start, k)


def test_the_central_row_is_counted_in_the_whole_matrix():
    x = np.array([[9.0], [0], [1], [5], [2]])
    assert central(x, np.array([False, True, True, False, True])) == 2
    assert central(x, [3, 0]) in (0, 3)


# -- two layers ------------------------------------------------------------------------------------


def test_columns_are_those_of_scvelo_s_filter():
    import anndata
    import scvelo as scv

    rng = np.random.default_rng(4)
    layers = {
        name: sparse.csr_matrix(rng.poisson(0.4, (40, 50)) * 1.0)
        for name in ("spliced", "unspliced")
    }
    theirs = anndata.AnnData(layers["spliced"].copy(), layers=layers)
    theirs.var_names = names = np.arange(50).astype(str)
    scv.pp.filter_genes(theirs, min_shared_counts=20)
    assert list(names[shared_columns(*layers.values())]) == list(theirs.var_names)


def test_velocity_finds_the_direction_and_turns_with_the_layers(planted):
    older, newer, time, tokens = planted
    assert uphill(transitions(tokens), time) > 0.5
    assert spearmanr(tokens.obs["velocity_pseudotime"], time)[0] > 0.9
    exchanged = add_time(add_velocity(layered(newer, older, n_neighbors=25)))
    assert spearmanr(exchanged.obs["velocity_pseudotime"], time)[0] < -0.5


def test_velocity_is_what_newer_counts_exceed_their_usual_share(planted):
    """v = u - share * s, one share a column; the planted shares are 12 to 40 and 0.2 to 0.2."""
    older, newer, _, _ = planted
    tokens = add_velocity(layered(older, newer, n_neighbors=25), "deterministic")
    s, u, v = tokens.layers["Ms"], tokens.layers["Mu"], tokens.layers["velocity"]
    share = ((u - v) * s).sum(0) / (s * s).sum(0)
    np.testing.assert_allclose(v, u - share * s, atol=1e-3 * u.max())
    assert 0.2 < np.median(share) < 0.45


def test_layers_that_cannot_be_used_are_named():
    counts = np.random.default_rng(5).poisson(1.0, (30, 8))
    with pytest.raises(ValueError, match="same"):
        layered(counts, counts[:, :7], n_neighbors=5)
    with pytest.raises(ValueError, match="at least 3"):
        layered(counts * (np.arange(8) < 2), counts, n_neighbors=5)
    with pytest.raises(ValueError, match="raw counts"):
        layered(-counts, counts, n_neighbors=5)


def test_time_from_a_start_is_zero_there(planted):
    tokens, time = planted[3], planted[2]
    found = time_from(tokens, 0)
    assert found[0] == 0 and "dpt_pseudotime" not in tokens.obs
    assert spearmanr(found, time)[0] > 0.95


def test_variety_is_a_mean_over_the_token_and_its_neighbours(planted):
    older, newer, _, tokens = planted
    number = ((older + newer).toarray() > 0).sum(1)
    row = 7
    near = np.r_[tokens.obsp["distances"][row].indices, row]
    assert variety(tokens, older + newer)[row] == pytest.approx(number[near].mean())


# -- uphill ----------------------------------------------------------------------------------------


def test_uphill_by_hand():
    scores = sparse.csr_matrix(np.array([[0, 1, 2, 3], [1, 0, 2, 3], [3, 2, 0, 1], [1, 1, 1, 0]]))
    time = np.array([0.0, 1, 2, 3])
    rows = [([1, 2, 3], [1, 2, 3]), ([1, 2, 3], [0, 2, 3]), ([3, 2, 1], [0, 1, 3])]
    expected = [np.corrcoef(*row)[0, 1] for row in rows]
    assert uphill(scores, time) == pytest.approx(np.mean([*expected, 0.0]))
    assert uphill(-scores, time) == pytest.approx(-uphill(scores, time))


def test_rows_whose_neighbours_are_of_one_time_do_not_count():
    scores = sparse.csr_matrix(np.array([[0, 1, 2, 3]] + [[0, 0, 0, 0]] * 3))
    with pytest.raises(ValueError, match="differ in time"):
        uphill(scores, [0, 5, 5, 5])
    assert uphill(scores, [0, 1, 2, 3]) == pytest.approx(1)


def test_towards_keeps_the_neighbours_and_takes_their_level():
    graph = sparse.csr_matrix(np.array([[0, 2, 0], [0, 0, -1], [3, 0, 0]]))
    found = towards(graph, [5, 6, 7]).toarray()
    np.testing.assert_array_equal(found, [[0, 6, 0], [0, 0, 7], [5, 0, 0]])
    assert graph[0, 1] == 2


# -- positions -------------------------------------------------------------------------------------


def test_positions_are_relative_and_a_token_that_moves_does():
    rng = np.random.default_rng(6)
    tables = [rng.poisson(5.0, (30, 40)).astype(float) for _ in range(4)]
    for time, table in enumerate(tables):
        table[3, : 10 * time] *= 8
    x = positions_in_time(tables, 12)
    assert x.shape == (30, 4, 12)
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-8)
    moved = np.linalg.norm(x[:, -1] - x[:, 0], axis=1)
    assert moved.argmax() == 3
    with pytest.raises(ValueError, match="every time"):
        positions_in_time([tables[0], tables[1][:5]])
