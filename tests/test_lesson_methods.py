"""What the lessons on geometry compute in their own cells, against other ways to it."""

import ast
from itertools import combinations

import anndata as ad
import nbformat
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy import sparse
from scipy.ndimage import uniform_filter1d
from scipy.sparse.csgraph import shortest_path
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression
from sklearn.metrics import adjusted_rand_score, roc_auc_score
from sklearn.neighbors import NearestNeighbors, kneighbors_graph

from celltoken import geometry, lessons, transformer


def functions_of(name, **needed):
    """The functions of a lesson, without running the lesson; `needed` is what they call."""
    notebook = nbformat.read(lessons.path_of(name), as_version=4)
    names = {"np": np, "pd": pd, "rng": np.random.default_rng(0), "seed": 0} | needed
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef):
                    exec(compile(ast.Module([node], []), name, "exec"), names)
    return names


# -- low_rank --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(1)
    table = rng.poisson(rng.gamma(1, 3, size=(90, 1)) * rng.gamma(1, 1, size=60))
    table[:, 7] = 0
    return sparse.csr_matrix(table[table.sum(1) > 0])


def test_residuals_are_those_of_scanpy_without_overdispersion(counts):
    lesson = functions_of("geometry/low_rank")
    cells = ad.AnnData(counts[:, counts.sum(0).A1 > 0].astype(float))
    sc.experimental.pp.normalize_pearson_residuals(cells, theta=np.inf, clip=np.inf)
    assert np.allclose(lesson["residuals"](counts), cells.X, atol=1e-6)


def test_spectrum_and_directions_are_those_of_the_singular_values(counts):
    lesson = functions_of("geometry/low_rank")
    edge = np.sqrt(counts.shape).sum()
    values = np.linalg.svd(lesson["residuals"](counts), compute_uv=False)
    product = lesson["gram"](counts)
    assert np.allclose(lesson["spectrum"](product), values / edge, atol=1e-3)
    ratio = (values**2).sum() ** 2 / (values**4).sum()
    assert lesson["directions"](product) == pytest.approx(ratio, rel=1e-4)


def test_independent_counts_stay_below_the_edge():
    rng, lesson = np.random.default_rng(2), functions_of("geometry/low_rank")
    noise = sparse.csr_matrix(rng.poisson(rng.gamma(9, 1, size=(400, 1)), size=(400, 300)))
    assert (lesson["spectrum"](lesson["gram"](noise)) > 1.02).sum() == 0


# -- maps_of_words_and_cells -----------------------------------------------------------------------


def test_stability_is_the_mean_over_pairs_of_runs():
    lesson = functions_of(
        "geometry/maps_of_words_and_cells",
        KMeans=KMeans, combinations=combinations, adjusted_rand_score=adjusted_rand_score,
    )  # fmt: skip
    apart = np.random.default_rng(3).normal(size=(90, 4)) + 50 * np.eye(4)[np.arange(90) % 3]
    assert lesson["stability"](apart, 3) == pytest.approx(1)
    nothing = np.random.default_rng(3).normal(size=(300, 30))
    assert lesson["stability"](nothing, 10) < 0.5


def test_groups_are_dealt_anew_among_equally_frequent_tokens_only():
    lesson = functions_of("geometry/maps_of_words_and_cells")
    seen = np.arange(2000)
    groups = (seen >= 1000).astype(int)  # what frequency alone tells must stay
    assert (lesson["dealt"](groups, seen, 1) == groups).all()
    groups = np.random.default_rng(4).integers(5, size=2000)
    again = lesson["dealt"](groups, seen, 1)
    assert (again != groups).mean() > 0.6
    assert (np.bincount(again) == np.bincount(groups)).all()


# -- polysemy --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def polysemy():
    return functions_of(
        "geometry/polysemy",
        sparse=sparse, ad=ad, sc=sc, shortest_path=shortest_path,
        kneighbors_graph=kneighbors_graph, prepare=geometry.prepare,
        similarity=geometry.similarity, neighbours=geometry.neighbours,
        svd_embedding=None, ppmi=None,
    )  # fmt: skip


def test_hops_are_those_of_networkx(polysemy):
    x = np.random.default_rng(5).normal(size=(60, 5))
    links = kneighbors_graph(geometry.prepare(x, "cosine"), 10)
    graph = nx.from_scipy_sparse_array(links + links.T)
    found = polysemy["hops"](x, [0, 9])
    for row, start in zip(found, (0, 9), strict=True):
        lengths = nx.single_source_shortest_path_length(graph, start)
        assert [lengths.get(i, np.inf) for i in range(60)] == row.tolist()


def test_merging_keeps_every_count_and_names_who_is_left(polysemy, counts):
    pairs = np.array([[3, 8], [0, 5]])
    merged, alone = polysemy["merge"](counts, pairs)
    assert merged.shape[0] == counts.shape[0] - 2 and merged.sum() == counts.sum()
    assert (merged[0] != counts[alone[0]]).nnz == 0 and 3 not in alone
    assert (merged[-2].toarray() == (counts[3] + counts[8]).toarray()).all()


def test_thinning_keeps_a_share_of_each_token(polysemy, counts):
    thin = polysemy["thin"](counts, 0.3, again=1)
    totals = np.asarray(counts.sum(1)).ravel()
    assert (np.asarray(thin.sum(1)).ravel() == np.floor(0.3 * totals)).all()
    assert (thin.toarray() <= counts.toarray()).all()


@pytest.mark.parametrize("alike", [True, False])
def test_couples_use_no_token_twice(polysemy, alike):
    x = np.random.default_rng(6).normal(size=(40, 5))
    pairs = polysemy["couples"](x, 12, alike)
    assert len(pairs) == 12 and len(np.unique(pairs)) == 24
    like = geometry.similarity(x)
    middle = np.median(like)
    assert all((like[a, b] > middle) == alike for a, b in pairs[:6])


def test_company_adds_up(polysemy):
    kind = np.repeat(["a", "b", "c"], 20)
    x = np.random.default_rng(7).normal(size=(60, 3)) + 9 * np.eye(3)[np.arange(60) // 20]
    kin = pd.Series({"a": "b", "b": "a", "c": "a"})
    shares = polysemy["company"](x, kind, kin)
    assert shares["own"] == pytest.approx(1) and sum(shares.values()) == pytest.approx(1)


# -- curvature_and_transitions ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def lesson():
    return functions_of(
        "geometry/curvature_and_transitions",
        NearestNeighbors=NearestNeighbors, uniform_filter1d=uniform_filter1d,
    )  # fmt: skip


def test_a_triangle_is_drawn_with_its_three_distances(lesson):
    start, middle, end = np.random.default_rng(1).normal(size=(3, 7, 30))
    t, off = lesson["place"](start, middle, end)
    way = np.linalg.norm(end - start, axis=1)
    assert np.allclose(np.hypot(t, off) * way, np.linalg.norm(middle - start, axis=1))
    assert np.allclose(np.hypot(1 - t, off) * way, np.linalg.norm(middle - end, axis=1))
    nearer = np.maximum(np.hypot(t, off), np.hypot(1 - t, off)) < 1
    assert (lesson["between"](t, off) == nearer).all()


def test_bend_is_the_partial_r2_of_a_regression(lesson):
    x = np.random.default_rng(2).normal(size=(80, 6))
    x[:, 1] += x[:, 0] ** 2
    start, end = np.eye(6)[0] * [[-2.0], [3.0]]
    read = lesson["bend"](x, start, end, [4], k=50)[0]
    near = np.argsort(((x - x[4]) ** 2).sum(1))[:50]
    t, sides = x[near, :1], x[near, 1:]
    both = np.hstack([t, sides])
    line, full = (LinearRegression().fit(a, t[:, 0] ** 2).score(a, t[:, 0] ** 2) for a in (t, both))
    assert read == pytest.approx(1 - (1 - full) / (1 - line) * (50 - 2) / (50 - 1 - 6))


@pytest.mark.parametrize("radius", [1, 2, 4])
def test_bend_of_a_circle_is_that_of_the_formula(lesson, radius):
    a, noise = 0.5, 0.05
    lesson["rng"] = np.random.default_rng(3)
    ends = np.eye(20)[0] * [[-a], [a]]
    reads = [
        lesson["bend"](lesson["circle"](radius), *ends, [0], k=500, local=local)[0]
        for local in (False, True)
        for _ in range(20)
    ]
    # The formula takes the circle for its parabola, so it is not for tight ones.
    assert np.mean(reads) == pytest.approx(a**4 / (a**4 + 45 * radius**2 * noise**2), abs=0.04)


def test_noise_alone_has_no_bend(lesson):
    x = np.random.default_rng(4).normal(size=(2000, 10))
    ends = np.eye(10)[0] * [[-1.0], [1.0]]
    assert abs(lesson["bend"](x, *ends, np.arange(0, 2000, 20)).mean()) < 0.05


def test_straightening_keeps_positions_and_takes_the_bend(lesson):
    lesson["rng"] = rng = np.random.default_rng(5)
    x = rng.normal(size=(600, 8)) * 0.05
    x[:, 0] = rng.uniform(0, 1, 600)
    x[:, 1] += 4 * x[:, 0] * (1 - x[:, 0])
    start, end = np.zeros(8), np.eye(8)[0]
    straight, planted = (lesson["straighten"](x, start, end, height) for height in (0, 1))
    assert np.allclose(straight[:, 0], x[:, 0]) and np.allclose(planted[:, 0], x[:, 0])
    centres = np.flatnonzero(abs(x[:, 0] - 0.5) < 0.1)[:30]
    data, none, hill = (
        lesson["bend"](cloud, start, end, centres, k=300).mean() for cloud in (x, straight, planted)
    )
    assert none < 0.1 < 0.5 < min(data, hill)


# -- dynamic_embeddings ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dynamic():
    return functions_of(
        "geometry/dynamic_embeddings", softmax=transformer.softmax, similarity=geometry.similarity
    )


def test_attention_is_a_sum_written_out(dynamic):
    rng = np.random.default_rng(8)
    q, k, v = rng.normal(size=(3, 5, 4))
    bias = np.triu(np.full((5, 5), -np.inf), 1)
    mixed, shares = dynamic["attend"](q, k, v, bias)
    for i in range(5):
        raw = [np.exp(q[i] @ k[j] / 2) for j in range(i + 1)]
        assert np.allclose(shares[i], [*(np.array(raw) / sum(raw)), *[0] * (4 - i)])
        assert np.allclose(mixed[i], sum(r * v[j] for j, r in enumerate(raw)) / sum(raw))


def test_told_is_an_area_under_the_curve(dynamic):
    scores = np.random.default_rng(9).normal(size=(12, 12)) + np.eye(12)
    centred = scores - scores.mean(0)
    areas = [roc_auc_score(np.eye(12)[i], centred[i]) for i in range(12)]
    assert dynamic["told"](scores) == pytest.approx(np.mean(areas))


def test_a_kind_is_looked_for_in_other_places_only(dynamic):
    token, place = np.repeat(["a", "b"], 4), np.tile([0, 1], 4)
    x = np.repeat([[1.0, 0], [0, 1]], 4, axis=0) + np.random.default_rng(10).normal(size=(8, 2)) / 9
    assert dynamic["found_elsewhere"](x, token, place) == 1
    swapped = np.where(place == 0, x.T, x[::-1].T).T  # a kind changes its place with the context
    assert dynamic["found_elsewhere"](swapped, token, place) == 0
    itself, others = dynamic["self_and_others"](x, token, place)
    like = geometry.similarity(x)
    pairs = [(i, j) for i in range(8) for j in range(8) if place[i] != place[j]]
    assert itself == pytest.approx(np.mean([like[p] for p in pairs if token[p[0]] == token[p[1]]]))
    assert others == pytest.approx(np.mean([like[p] for p in pairs if token[p[0]] != token[p[1]]]))
