"""The claims of two lessons on tables where the answer is known, and their parts against others."""

import anndata as ad
import numpy as np
import pytest
import scanpy as sc
from gensim.models import Word2Vec
from scipy import sparse

from celltoken.claims import measure
from celltoken.methods.cooccurrence import cooccurrences, pmi
from celltoken.methods.nulls import layers, permute_within
from celltoken.methods.residuals import pearson_residuals


def claims_of(name):
    return measure.of_lesson(f"geometry/{name}")


@pytest.fixture(scope="module")
def low_rank():
    return claims_of("low_rank")


def names_of(claim):
    """What the claim's function can see: the lesson's other functions."""
    return claim.function.__globals__


def independent(rng, shape=(300, 200), depth=3):
    rows, columns = rng.gamma(4, depth, shape[0]), rng.gamma(2, 0.5, shape[1])
    return sparse.csr_matrix(rng.poisson(np.outer(rows, columns)))


def in_types(rng, depth=3):
    """Counts of five types with genes of their own."""
    fold = np.exp(rng.normal(0, 1, size=(5, 200)))[np.arange(300) % 5]
    rows, columns = rng.gamma(4, depth, 300), rng.gamma(2, 0.5, 200)
    return sparse.csr_matrix(rng.poisson(np.outer(rows, columns) * fold))


def ahead(found):
    return found["value"] - max(x for name, x in found.items() if name != "value")


# -- G1 --------------------------------------------------------------------------------------------


def test_totals_alone_leave_nothing_given_the_totals(low_rank):
    counts = independent(np.random.default_rng(0))
    pairs = counts.nonzero()
    rows, columns = (np.log(counts.sum(axis).A1) for axis in (1, 0))
    left = names_of(low_rank["G1"])["given_margins"](
        3 * rows[pairs[0]] - columns[pairs[1]] + 2, counts, pairs
    )
    assert np.abs(left).max() < 1e-8


def test_partial_correlation_is_that_of_the_inverse_covariance(low_rank):
    counts = in_types(np.random.default_rng(1))
    table = pmi(counts).tocoo()
    pairs = table.row, table.col
    noisy = table.data + np.random.default_rng(2).normal(size=table.nnz)
    given = names_of(low_rank["G1"])["given_margins"]
    left = [given(x, counts, pairs) for x in (table.data, noisy)]
    rows, columns = (np.log(counts.sum(axis).A1) for axis in (1, 0))
    all_four = np.cov([table.data, noisy, rows[pairs[0]], columns[pairs[1]]])
    p = np.linalg.inv(all_four)
    assert np.corrcoef(*left)[0, 1] == pytest.approx(-p[0, 1] / np.sqrt(p[0, 0] * p[1, 1]))


def test_products_follow_pmi_in_types_and_permuted_ones_do_not(low_rank):
    found = low_rank["G1"](in_types(np.random.default_rng(3)), np.random.default_rng(0))
    assert found["value"] > 0.8
    assert abs(found["permuted, same totals"]) < 0.3


def test_word2vec_of_gensim_follows_pmi_given_the_totals(low_rank):
    rng = np.random.default_rng(4)
    words = np.array([f"w{i}" for i in range(60)])
    share = rng.dirichlet(np.full(60, 0.2), size=6)
    sentences = [list(words[rng.choice(60, 12, p=share[i % 6])]) for i in range(4000)]
    counts = cooccurrences(sentences, list(words), window=5)
    model = Word2Vec(
        sentences, vector_size=20, window=5, negative=5, sg=1, sample=0, min_count=1,
        workers=1, seed=0, epochs=3,
    )  # fmt: skip
    order = [model.wv.key_to_index[word] for word in words]
    w, c = model.wv.vectors[order], model.syn1neg[order]
    table = pmi(counts).tocoo()
    often = counts.tocsr()[table.row, table.col].A1 >= 10
    pairs = table.row[often], table.col[often]
    given = names_of(low_rank["G1"])["given_margins"]
    product = given((w[pairs[0]] * c[pairs[1]]).sum(1), counts, pairs)
    target = given(table.data[often], counts, pairs)
    assert np.corrcoef(product, target)[0, 1] > 0.3


# -- G2 --------------------------------------------------------------------------------------------


def test_residuals_are_those_of_scanpy_without_overdispersion(low_rank):
    counts = independent(np.random.default_rng(5))
    counts = counts[:, counts.sum(0).A1 > 0]
    cells = ad.AnnData(counts.astype(float))
    sc.experimental.pp.normalize_pearson_residuals(cells, theta=np.inf, clip=np.inf)
    assert np.allclose(pearson_residuals(counts), cells.X, atol=1e-6)


def test_spectrum_is_that_of_the_singular_values(low_rank):
    names, counts = names_of(low_rank["G2"]), independent(np.random.default_rng(6))
    table = pearson_residuals(counts)
    values = np.linalg.svd(table, compute_uv=False) / np.sqrt(table.shape).sum()
    assert np.allclose(names["spectrum"](counts)[:50], values[:50], atol=1e-6)
    assert names["spectrum"](counts).max() < 1.05  # independent counts end at the edge


def test_bursts_stay_in_their_layer_and_joint_bursts_go(low_rank):
    names = names_of(low_rank["G2"])
    counts = in_types(np.random.default_rng(7))
    layer = layers(counts.sum(1).A1, 4)
    assert np.ptp(np.bincount(layer)) <= 1
    again = permute_within(counts, layer, np.random.default_rng(0))
    for each in range(4):
        a, b = (np.sort(x[layer == each].toarray(), axis=0) for x in (counts, again))
        assert (a == b).all()
    assert names["spectrum"](again)[0] < 0.7 * names["spectrum"](counts)[0]


def test_types_concentrate_the_table_and_bursts_of_single_genes_do_not(low_rank):
    rng, found = np.random.default_rng(8), {}
    bursty = sparse.csr_matrix(rng.poisson(rng.gamma(0.3, 10, size=(300, 200))))
    for kind, counts in (("types", in_types(rng)), ("bursts", bursty)):
        layer = layers(counts.sum(1).A1, 10)
        tables = counts, permute_within(counts, layer, rng)
        found[kind] = ahead(low_rank["G2"](tables, rng))
    assert found["types"] > 0.1 and abs(found["bursts"]) < 0.03


# -- G3 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strong", [True, False])
def test_removal_costs_what_the_removed_directions_carry(low_rank, strong):
    rng = np.random.default_rng(9)
    kind = rng.integers(4, size=600)
    x = rng.normal(size=(600, 30)) * np.r_[np.full(5, 4.0), np.ones(25)]
    signal = 12 * np.eye(4)[kind] if strong else 4 * np.eye(4)[kind]
    x[:, :4] += signal if strong else 0
    x[:, 20:24] += 0 if strong else signal
    x = (x - x.mean(0)) @ np.linalg.svd(x - x.mean(0), full_matrices=False)[2].T
    amount = x[:, 0] if strong else x[:, 12]
    found = low_rank["G3"]((x, np.ones(600, bool), kind, amount), rng)
    assert (ahead(found) > 0.05) == strong


# -- G4 --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def maps():
    return claims_of("maps_of_words_and_cells")["G4"]


def test_permuting_keeps_what_totals_alone_tell(maps):
    dealt, totals = names_of(maps)["dealt"], np.arange(2000)
    groups = (totals >= 1000).astype(int)
    assert (dealt(groups, totals, np.random.default_rng(0)) == groups).all()
    groups = np.random.default_rng(4).integers(5, size=2000)
    again = dealt(groups, totals, np.random.default_rng(0))
    assert (again != groups).mean() > 0.6
    assert (np.bincount(again) == np.bincount(groups)).all()


def test_clusters_that_exist_lead_over_regions_and_cuts_of_a_gaussian_do_not(maps):
    rng = np.random.default_rng(10)
    kind = np.arange(1600) % 20
    x = rng.normal(size=(1600, 10)) * 0.2 + rng.normal(size=(20, 10))[kind] * 3
    hidden = sparse.csr_matrix(rng.poisson(np.exp(rng.normal(size=(20, 80)))[kind]))
    assert ahead(maps((x, hidden), rng)) > 0.1
    smooth = rng.normal(size=(1600, 10))
    hidden = sparse.csr_matrix(rng.poisson(np.exp(smooth @ rng.normal(size=(10, 80)) / 3)))
    assert ahead(maps((smooth, hidden), rng)) < 0.05


def test_regions_and_groups_of_means_are_made_of_one_half_and_told_on_the_other(maps):
    rng, names = np.random.default_rng(11), names_of(maps)
    kind = np.repeat(np.arange(20), 30)
    x = rng.normal(size=(600, 6)) * 0.01 + rng.normal(size=(20, 6))[kind]
    means = names["by_means"](x[::2], x[1::2], run=3)
    assert (means.reshape(20, 15) == means.reshape(20, 15)[:, :1]).all()
    assert len(np.unique(means)) == 20
    regions = names["anywhere"](x[::2], x[1::2], np.random.default_rng(0))
    drawn = x[::2][np.random.default_rng(0).choice(300, 20, replace=False)]
    far = np.linalg.norm(x[1::2][:, None] - drawn[None], axis=2)
    assert (regions == far.argmin(1)).all()


def test_halves_hold_every_token_once_with_its_own_hidden_counts(maps):
    x, hidden = np.arange(11)[:, None], sparse.csr_matrix(np.arange(11)[:, None])
    old, new, told_from = names_of(maps)["two_halves"](x, hidden, np.random.default_rng(0))
    assert sorted(np.vstack([old, new]).ravel()) == list(range(11))
    assert (told_from.toarray() == new).all()
