"""What the lesson on polysemy computes, against other ways to it, and its claim on made tables."""

import networkx as nx
import numpy as np
import pytest
from scipy import sparse
from sklearn.neighbors import kneighbors_graph

from celltoken.methods import neighbours

NAME = "geometry/polysemy"
MARGIN = 0.04


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k not in ("value", "planted"))


def on_a_ring(rng, tokens=400, contexts=200, depth=150, width=6):
    """Tokens around a ring that share contexts with those near them; eight classes of arcs."""
    place = np.arange(tokens) / tokens * contexts
    apart = np.abs(place[:, None] - np.arange(contexts))
    apart = np.minimum(apart, contexts - apart)
    share = np.exp(-((apart / width) ** 2))
    counts = rng.poisson(depth * share / share.sum(1, keepdims=True))
    return sparse.csr_matrix(counts.astype(np.float32)), (np.arange(tokens) // 50).astype(str)


def test_graph_distances_are_those_of_networkx(lesson):
    x = np.random.default_rng(5).normal(size=(60, 5))
    links = kneighbors_graph(neighbours.rows_for_metric(x, "cosine"), 10)
    graph = nx.from_scipy_sparse_array(links + links.T)
    found = lesson["graph_distance"](x, [0, 9])
    for row, start in zip(found, (0, 9), strict=True):
        lengths = nx.single_source_shortest_path_length(graph, start)
        assert [lengths.get(i, np.inf) for i in range(60)] == row.tolist()


def test_planted_short_cuts_are_those_of_a_contracted_graph(lesson):
    x = np.random.default_rng(6).normal(size=(80, 4))
    pairs = np.array([[3, 8], [50, 70]])
    links = kneighbors_graph(neighbours.rows_for_metric(x, "cosine"), 10)
    graph = nx.from_scipy_sparse_array(links + links.T)
    merged = nx.contracted_nodes(graph, 3, 50, self_loops=False)
    merged = nx.contracted_nodes(merged, 8, 70, self_loops=False)
    alone = [i for i in range(80) if i not in pairs]
    means = []
    for each in (graph, merged):
        lengths = dict(nx.all_pairs_shortest_path_length(each))
        means.append(np.mean([lengths[a][b] for a in alone for b in alone if a != b]))
    found = lesson["joined"](x, pairs, np.random.default_rng(0))
    assert found == pytest.approx(1 - means[1] / means[0])


def test_partners_are_the_cheapest_and_none_is_taken_twice(lesson):
    cost = np.array([[9, 9, 1, 2, 3], [9, 9, 1, 2, 3]], dtype=float)
    assert lesson["partners"](np.array([0, 1]), cost).tolist() == [[0, 1], [2, 3]]
    cost[1] = np.inf
    assert lesson["partners"](np.array([0, 1]), cost).tolist() == [[0], [2]]


def test_random_counts_keep_totals_and_follow_the_columns(lesson):
    rng = np.random.default_rng(1)
    counts = sparse.csr_matrix(rng.poisson([0.5, 3, 8, 0], size=(300, 4)).astype(np.float32))
    drawn = lesson["random_counts"](counts, np.arange(300), rng)
    assert (drawn.sum(1) == counts.sum(1)).all()
    share = np.asarray(counts.sum(0)).ravel() / counts.sum()
    assert np.allclose(np.asarray(drawn.sum(0)).ravel() / drawn.sum(), share, atol=0.02)
    assert drawn[:, 3].sum() == 0


def test_the_claim_says_yes_where_merging_makes_short_cuts(lesson):
    rng = np.random.default_rng(2)
    found = lesson["paths_get_shorter"](on_a_ring(rng), rng)
    assert lead(found) > MARGIN and found["planted"] > MARGIN


def test_the_claim_says_no_in_a_table_without_structure(lesson):
    rng = np.random.default_rng(3)
    counts = sparse.csr_matrix(rng.poisson(1.0, size=(400, 200)).astype(np.float32))
    kind = rng.permutation(np.arange(400) // 50).astype(str)
    assert lead(lesson["paths_get_shorter"]((counts, kind), rng)) < MARGIN
