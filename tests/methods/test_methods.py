"""Each method against another implementation or a closed form, and every bad input's sentence."""

import itertools
import re
from collections import Counter

import anndata
import numpy as np
import pandas as pd
import pytest
from gensim.models import KeyedVectors, Word2Vec
from scipy import sparse, stats
from scipy.spatial.distance import cdist
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from celltoken import data
from celltoken.data import bridge, corpus
from celltoken.methods import inputs
from celltoken.methods.cooccurrence import cooccurrences, pmi, ppmi, sgns, svd_embedding
from celltoken.methods.neighbours import (
    METRICS,
    label_accuracy,
    majority_label,
    neighbour_overlap,
    neighbours,
    rows_for_metric,
    similarity,
)
from celltoken.methods.nulls import shuffle_columns, shuffle_labels, shuffle_pairs


def random_text(seed, documents=5, length=60, letters="abcdefgh"):
    rng = np.random.default_rng(seed)
    return [list(rng.choice(list(letters), rng.integers(1, length))) for _ in range(documents)]


def random_counts(seed, shape=(60, 200), kinds=4, mean=1.0):
    """Counts of tokens of a few kinds; each kind prefers contexts of its own."""
    rng = np.random.default_rng(seed)
    kind = np.arange(shape[0]) % kinds
    taste = rng.gamma(0.5, size=(kinds, shape[1]))
    return rng.poisson(mean * taste[kind]).astype(float), kind


# -- counting --------------------------------------------------------------------------------------


def naive_cooccurrences(sequences, vocabulary, window):
    counts = Counter()
    for sequence in sequences:
        for i, j in itertools.permutations(range(len(sequence)), 2):
            if abs(i - j) <= window:
                counts[sequence[i], sequence[j]] += 1
    return np.array([[counts[a, b] for b in vocabulary] for a in vocabulary])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("window", [1, 2, 5, 100])
def test_cooccurrences_are_those_of_a_double_loop(seed, window):
    text = random_text(seed)
    vocabulary = list("abcdef")  # g and h take up a place but are not counted
    counted = cooccurrences(text, vocabulary, window)
    np.testing.assert_array_equal(counted.toarray(), naive_cooccurrences(text, vocabulary, window))


def test_cooccurrences_of_a_large_vocabulary_are_counted_alike():
    rng = np.random.default_rng(0)
    names = [f"w{i}" for i in range(5000)]  # above 4,096 tokens the counts are kept sparse
    text = [list(rng.choice(names[:40], 200)) for _ in range(3)]
    large, small = cooccurrences(text, names, 3), cooccurrences(text, names[:40], 3)
    np.testing.assert_array_equal(large[:40, :40].toarray(), small.toarray())
    assert large.sum() == small.sum()


def test_no_pair_crosses_documents():
    together = cooccurrences([["a", "b"]], ["a", "b"], window=3)
    apart = cooccurrences([["a"], ["b"]], ["a", "b"], window=3)
    assert together.sum() == 2 and apart.sum() == 0


@pytest.mark.parametrize("seed", range(3))
def test_pmi_sums_to_mutual_information(seed):
    table = np.random.default_rng(seed).poisson(2.0, (7, 9))
    share = table / table.sum()
    total = (share * pmi(table).toarray()).sum()
    assert total == pytest.approx(mutual_info_score(None, None, contingency=table))


def test_pmi_of_an_independence_table_is_zero():
    table = np.outer([1, 2, 3], [4, 5, 6, 7])
    np.testing.assert_allclose(pmi(table).toarray(), 0, atol=1e-12)


def test_pmi_of_two_by_two():
    # p(a, x) = 1/2, p(a) = p(x) = 5/8: log(1/2 / (25/64)) and so on
    found = pmi([[4, 1], [1, 2]]).toarray()
    np.testing.assert_allclose(found, np.log([[4 * 8 / 25, 8 / 15], [8 / 15, 16 / 9]]))


def test_pmi_stores_nothing_for_pairs_never_seen():
    found = pmi([[3, 0], [1, 2]])
    assert found.nnz == 3 and np.isfinite(found.data).all()


@pytest.mark.parametrize("shift", [0.0, np.log(5)])
def test_ppmi_is_pmi_shifted_and_cut_off(shift):
    counts, _ = random_counts(1)
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    with np.errstate(divide="ignore"):
        joint = counts / counts.sum()
        plain = np.log(joint) - np.log(joint.sum(1, keepdims=True)) - np.log(joint.sum(0))
    found = ppmi(counts, shift)
    np.testing.assert_allclose(found.toarray(), np.maximum(plain - shift, 0), atol=1e-12)
    assert (found.data > 0).all()


def test_sparse_counts_give_what_dense_counts_give():
    counts, _ = random_counts(2)
    for method in (pmi, ppmi, lambda x: sparse.csr_matrix(svd_embedding(x, 5))):
        for form in (sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix):
            np.testing.assert_allclose(method(form(counts)).toarray(), method(counts).toarray())


# -- coordinates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", [1, 5, 20, 39, 40])  # ARPACK for few, LAPACK for many
@pytest.mark.parametrize("power", [0, 0.5, 1])
def test_svd_is_that_of_numpy_up_to_sign(dimension, power):
    x = np.random.default_rng(0).normal(size=(60, 40))
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    expected = u[:, :dimension] * s[:dimension] ** power
    found = svd_embedding(x, dimension, power=power)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)
    assert (found[np.abs(found).argmax(0), np.arange(dimension)] > 0).all()  # the sign is fixed


def test_svd_with_full_power_keeps_distances():
    x = np.random.default_rng(0).normal(size=(20, 10))
    np.testing.assert_allclose(cdist(*[svd_embedding(x, 10, power=1)] * 2), cdist(x, x), atol=1e-9)


def test_neighbours_after_svd_do_not_depend_on_the_order_of_columns():
    cells = data.load("pbmc3k").X[:500]
    surprise = ppmi(cells)
    order = np.random.default_rng(0).permutation(surprise.shape[1])
    first, second = (neighbours(svd_embedding(x, 30)) for x in (surprise, surprise[:, order]))
    assert neighbour_overlap(first, second) == 1


def test_svd_repeats_exactly():
    x = np.random.default_rng(0).normal(size=(50, 80))
    np.testing.assert_array_equal(svd_embedding(x, 10), svd_embedding(x, 10))


# -- skip-gram with negative sampling --------------------------------------------------------------


@pytest.mark.parametrize("negatives", [1, 5])
def test_sgns_of_full_dimension_reaches_shifted_pmi(negatives):
    """Levy and Goldberg (2014): with room enough the optimum is w.c = PMI - log k."""
    counts = np.random.default_rng(0).integers(5, 60, (8, 6))
    w, c = sgns(counts, 6, negatives=negatives, steps=4000, learning_rate=0.05)
    np.testing.assert_allclose(w @ c.T, pmi(counts).toarray() - np.log(negatives), atol=0.02)


def test_sgns_repeats_with_its_seed_and_only_then():
    counts, _ = random_counts(0)
    first, again, other = (sgns(counts, 8, steps=20, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_sgns_finds_what_gensim_finds():
    """On real speeches the two put the same words together, far beyond a shuffled corpus."""
    text = list(corpus.documents().tokens[:30])
    vocabulary = corpus.vocabulary(text, 200)
    model = Word2Vec(
        text, sg=1, negative=5, vector_size=20, window=5, epochs=5, seed=0, workers=1,
        sample=0, shrink_windows=False, ns_exponent=1.0,  # as the objective has it
    )  # fmt: skip
    counts = cooccurrences(text, vocabulary, window=5)
    gensims = neighbours(model.wv[vocabulary])
    by_chance = 10 / (len(vocabulary) - 1)
    shared = [
        neighbour_overlap(neighbours(sgns(x, 20)[0]), gensims) / by_chance
        for x in (counts, shuffle_pairs(counts))
    ]
    assert shared[0] > 5 and shared[1] < 1.5


def test_sgns_groups_kinds_and_a_shuffle_does_not():
    counts, kind = random_counts(3)
    scores = [
        label_accuracy(neighbours(sgns(x, 10)[0], 5), kind) for x in (counts, shuffle_pairs(counts))
    ]
    assert scores[0] > 0.9 and scores[1] < 0.5


# -- neighbours ------------------------------------------------------------------------------------


def judged(x, y, metric):
    """Similarity by scipy alone."""
    if metric == "rank":
        return np.array([[stats.spearmanr(a, b).statistic for b in y] for a in x])
    return -cdist(x, y) if metric == "euclidean" else 1 - cdist(x, y, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_similarity_is_that_of_scipy(metric):
    x = np.random.default_rng(0).poisson(2.0, (20, 15)) + 0.5
    np.testing.assert_allclose(similarity(x, x[:7], metric), judged(x, x[:7], metric), atol=1e-7)
    np.testing.assert_allclose(similarity(x, metric=metric), judged(x, x, metric), atol=1e-6)


def test_distance_between_long_rows_of_single_precision_is_kept():
    x = (np.random.default_rng(0).normal(size=(30, 50)) + 100).astype(np.float32)
    np.testing.assert_allclose(similarity(x, metric="euclidean"), -cdist(x, x), atol=1e-4)


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_are_the_most_similar_others(metric):
    x = np.random.default_rng(1).gamma(1.0, size=(40, 12))
    likeness = judged(x, x, metric)
    np.fill_diagonal(likeness, -np.inf)
    if metric == "rank":  # ranks tie, so compare how similar they are and not which they are
        found = np.take_along_axis(likeness, neighbours(x, 5, metric), 1)
        np.testing.assert_allclose(found, -np.sort(-likeness, 1)[:, :5], atol=1e-9)
    else:
        np.testing.assert_array_equal(neighbours(x, 5, metric), np.argsort(-likeness, 1)[:, :5])


@pytest.mark.parametrize("metric", METRICS)
def test_sparse_neighbours_are_dense_neighbours(metric):
    x = np.random.default_rng(2).gamma(1.0, size=(30, 9))
    x[x < 0.5] = 0
    np.testing.assert_allclose(
        similarity(sparse.csr_matrix(x), metric=metric), similarity(x, metric=metric), atol=1e-6
    )
    first, second = (neighbours(form(x), 4, metric) for form in (np.asarray, sparse.csr_matrix))
    near = similarity(x, metric=metric)
    np.testing.assert_allclose(
        *(np.take_along_axis(near, n, 1) for n in (first, second)), atol=1e-7
    )


def test_a_token_is_never_its_own_neighbour():
    x = np.repeat(np.eye(3), 5, axis=0)  # many rows alike
    assert not (neighbours(x, 4) == np.arange(15)[:, None]).any()


def test_a_row_of_zeros_is_similar_to_nothing():
    x = np.array([[0.0, 0, 0], [1, 2, 3]])
    for metric in ("cosine", "correlation", "rank"):
        np.testing.assert_array_equal(similarity(x, metric=metric)[0], 0)


@pytest.mark.parametrize("metric", METRICS)
def test_prepared_rows_have_half_squared_distance_one_minus_similarity(metric):
    x = np.random.default_rng(0).gamma(1.0, size=(10, 6))
    rows = rows_for_metric(x, metric)
    expected = -similarity(x, metric=metric) if metric == "euclidean" else None
    distance = cdist(rows, rows)
    if expected is None:
        distance, expected = distance**2 / 2, 1 - similarity(x, metric=metric)
    np.testing.assert_allclose(distance, expected, atol=1e-6)


@pytest.mark.parametrize("k", [1, 3])
def test_label_accuracy_is_that_of_a_classifier_that_leaves_one_out(k):
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 60)  # two labels and an odd k: no ties
    x = rng.normal(size=(60, 4)) + label[:, None]
    classifier = KNeighborsClassifier(k, algorithm="brute")
    expected = cross_val_score(classifier, x, label, cv=LeaveOneOut()).mean()
    assert label_accuracy(neighbours(x, k, "euclidean"), label) == pytest.approx(expected)


def test_ties_go_to_the_label_more_common_overall():
    labels = np.array(["a", "b", "b", "b", "a"])
    assert majority_label(np.array([[0, 1]] * 5), labels).tolist() == ["b"] * 5
    assert label_accuracy(np.array([[0, 1]] * 5), labels) == pytest.approx(3 / 5)


def test_neighbour_overlap_of_lists_known_by_hand():
    a = np.array([[1, 2], [0, 2], [0, 1]])
    assert neighbour_overlap(a, a) == 1
    assert neighbour_overlap(a, a[:, ::-1]) == 1  # order within a list does not count
    assert neighbour_overlap(a, np.array([[1, 3], [3, 4], [0, 1]])) == pytest.approx(
        (0.5 + 0 + 1) / 3
    )


def test_unrelated_neighbours_overlap_as_chance_says():
    rng = np.random.default_rng(0)
    a, b = (neighbours(rng.normal(size=(500, 30)), 20) for _ in range(2))
    assert neighbour_overlap(a, b) == pytest.approx(20 / 499, abs=0.01)


# -- nulls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_shuffled_pairs_keep_both_margins(form):
    counts, _ = random_counts(4)
    shuffled = shuffle_pairs(form(counts), rng=1).toarray()
    np.testing.assert_array_equal(shuffled.sum(0), counts.sum(0))
    np.testing.assert_array_equal(shuffled.sum(1), counts.sum(1))
    assert not np.array_equal(shuffled, counts)


def test_shuffled_pairs_are_independent():
    counts = np.diag([300, 200, 100]) + 20
    tables = [shuffle_pairs(counts, seed).toarray() for seed in range(100)]
    expected = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    np.testing.assert_allclose(np.mean(tables, 0), expected, rtol=0.03)
    assert stats.chi2_contingency(counts).pvalue < 1e-6
    pvalues = [stats.chi2_contingency(table).pvalue for table in tables]
    assert 0.3 < np.mean(pvalues) < 0.7
    assert abs(np.mean([pmi(table).data.mean() for table in tables])) < 0.01 < pmi(counts).max()


def test_shuffled_columns_keep_their_values_and_lose_their_company():
    x = np.random.default_rng(0).normal(size=(500, 1)) + np.zeros((500, 3))  # columns all alike
    shuffled = shuffle_columns(x, rng=0)
    np.testing.assert_array_equal(np.sort(shuffled, 0), np.sort(x, 0))
    assert np.abs(np.corrcoef(shuffled.T)[0, 1:]).max() < 0.15
    np.testing.assert_array_equal(shuffle_columns(sparse.csr_matrix(x), rng=0), shuffled)


def test_shuffled_labels_keep_class_sizes():
    labels = pd.Series(["a"] * 30 + ["b"] * 70, dtype="category")
    shuffled = shuffle_labels(labels)
    assert Counter(shuffled) == Counter(labels) and (shuffled != labels.to_numpy()).any()


@pytest.mark.parametrize(
    "shuffle", [shuffle_pairs, shuffle_columns, lambda x, seed: shuffle_labels(x[:, 0], seed)]
)
def test_a_shuffle_repeats_with_its_seed_and_only_then(shuffle):
    counts, _ = random_counts(5)
    first, again, other = (shuffle(counts, seed) for seed in (1, 1, 2))
    first, again, other = (x.toarray() if sparse.issparse(x) else x for x in (first, again, other))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_shuffles_leave_their_input_alone():
    counts, kind = random_counts(6)
    copies = counts.copy(), kind.copy()
    shuffle_pairs(counts), shuffle_columns(counts), shuffle_labels(kind)
    np.testing.assert_array_equal(counts, copies[0])
    np.testing.assert_array_equal(kind, copies[1])


# -- bridge ----------------------------------------------------------------------------------------


@pytest.fixture
def tokens():
    adata = anndata.AnnData(np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32))
    adata.obs_names = [f"token{i}" for i in range(12)]
    adata.obsm["X_pca"] = np.arange(36, dtype=np.float64).reshape(12, 3)
    return adata


def test_tokens_come_back_from_gensim_as_they_went(tokens):
    back = bridge.to_anndata(bridge.to_keyed_vectors(tokens), label=list("abcabcabcabc"))
    np.testing.assert_array_equal(back.X, tokens.X)
    assert list(back.obs_names) == list(tokens.obs_names)
    assert back.obs.label["token4"] == "b"


def test_vectors_come_back_from_scanpy_as_they_went(tokens):
    vectors = bridge.to_keyed_vectors(tokens)
    back = bridge.to_keyed_vectors(bridge.to_anndata(vectors))
    assert back.index_to_key == vectors.index_to_key
    np.testing.assert_array_equal(back.vectors, vectors.vectors)


def test_the_bridge_shares_no_memory(tokens):
    vectors = bridge.to_keyed_vectors(tokens)
    bridge.to_anndata(vectors).X[:] = 0
    vectors.vectors[:] = 0
    assert tokens.X.any()


def test_a_reduction_crosses_the_bridge(tokens):
    vectors = bridge.to_keyed_vectors(tokens, obsm="X_pca")
    np.testing.assert_array_equal(vectors["token2"], tokens.obsm["X_pca"][2])
    assert vectors.vectors.dtype == np.float32


def test_sparse_tokens_cross_the_bridge(tokens):
    tokens.X = sparse.csr_matrix(tokens.X)
    np.testing.assert_array_equal(bridge.to_keyed_vectors(tokens).vectors, tokens.X.toarray())


def test_most_similar_in_gensim_are_the_neighbours(tokens):
    vectors = bridge.to_keyed_vectors(tokens)
    for row, near in enumerate(neighbours(tokens.X, 4, "cosine")):
        found = [name for name, _ in vectors.most_similar(f"token{row}", topn=4)]
        assert found == [f"token{i}" for i in near]


# -- texts -----------------------------------------------------------------------------------------


def test_a_file_has_one_document_a_line(tmp_path):
    file = tmp_path / "own.txt"
    first, second = "Où est le chat? 2 chats! ", "The cat's_tail "
    file.write_text(f"{first * 40}\n\n{second * 40}\n", encoding="utf-8")
    found = corpus.documents(file)
    assert found.tokens.tolist() == [
        ["où", "est", "le", "chat", "chats"] * 40,
        ["the", "cat", "s", "tail"] * 40,
    ]


def test_speeches_are_in_order_of_time():
    speeches = corpus.documents()
    assert list(speeches.columns) == ["year", "president", "party", "tokens"]
    assert speeches.year.is_monotonic_increasing and speeches.tokens.map(len).min() > 0
    assert all(re.fullmatch(r"[^\W\d_]+", word) for word in set(speeches.tokens[0]))


def test_vocabulary_is_that_of_a_counter_with_ties_in_alphabetical_order():
    text = random_text(7, letters="zyxwvu")
    counts = Counter(itertools.chain(*text))
    expected = sorted(counts, key=lambda token: (-counts[token], token))
    assert corpus.vocabulary(text, 4) == expected[:4]
    assert corpus.vocabulary([["b", "a"], ["c", "c"]]) == ["c", "a", "b"]
    assert corpus.vocabulary(iter(text), 99) == expected  # an iterator, and fewer than asked for


# -- bad input -------------------------------------------------------------------------------------

GOOD = np.ones((4, 3))
NAN = np.array([[1.0, np.nan], [2.0, 3.0]])
INFINITE = np.array([[1.0, np.inf], [2.0, 3.0]])
WORDS = np.array([["a", "b"], ["c", "d"]])
LIST = np.array([[1], [0], [0], [0]])


def adata(x, names=None):
    made = anndata.AnnData(np.asarray(x, dtype=np.float32))
    if names:
        made.obs_names = names
    return made


def of_a_matrix(name, call):
    """What no method that takes a matrix may accept."""
    bad = {
        "one dimension": np.ones(3), "three dimensions": np.ones((2, 2, 2)), "a number": 3.0,
        "nothing": None, "NaN": NAN, "infinity": INFINITE, "text": WORDS,
        "no rows": np.ones((0, 3)), "no columns": np.ones((3, 0)),
        "objects": np.array([["a", 1], [2, 3]], dtype=object),
        "an AnnData": adata(GOOD), "ragged": [[1, 2], [3]], "complex": GOOD * 1j,
        "sparse NaN": sparse.csr_matrix(NAN),
    }  # fmt: skip
    return [(f"{call.__name__}: {what}", lambda x=x: call(x), name) for what, x in bad.items()]


def of_counts(call):
    bad = {"negative": -GOOD, "all zero": 0 * GOOD, "sparse zeros": sparse.csr_matrix((3, 3))}
    return of_a_matrix("counts", call) + [
        (f"{call.__name__}: {what}", lambda x=x: call(x), "counts") for what, x in bad.items()
    ]


def named(name, call):
    call.__name__ = name
    return call


BAD = [
    *of_counts(pmi),
    *of_counts(ppmi),
    *of_counts(named("sgns", lambda x: sgns(x, 1))),
    *of_counts(shuffle_pairs),
    *of_a_matrix("x", shuffle_columns),
    *of_a_matrix("x", named("svd_embedding", lambda x: svd_embedding(x, 1))),
    *of_a_matrix("x", named("neighbours", lambda x: neighbours(x, 1))),
    *of_a_matrix("x", similarity),
    *of_a_matrix("y", named("similarity of y", lambda y: similarity(GOOD, "" if y is None else y))),
    ("window 0", lambda: cooccurrences([["a"]], ["a"], 0), "window"),
    ("window 1.5", lambda: cooccurrences([["a"]], ["a"], 1.5), "window"),
    ("vocabulary empty", lambda: cooccurrences([["a"]], []), "vocabulary"),
    ("vocabulary repeats", lambda: cooccurrences([["a"]], ["a", "a"]), "vocabulary"),
    ("text not split", lambda: cooccurrences(["a b"], ["a", "b"]), "sequences"),
    ("text itself", lambda: cooccurrences("a b", ["a", "b"]), "sequences"),
    ("a table", lambda: cooccurrences(pd.DataFrame({"tokens": [["a"]]}), ["a"]), "sequences"),
    ("dimension 0", lambda: svd_embedding(GOOD, 0), "dimension"),
    ("dimension 4", lambda: svd_embedding(GOOD, 4), "dimension"),
    ("dimension 2.0", lambda: svd_embedding(GOOD, 2.0), "dimension"),
    ("dimension text", lambda: svd_embedding(GOOD, "2"), "dimension"),
    ("dimension of sgns", lambda: sgns(GOOD, 9), "dimension"),
    ("one row", lambda: svd_embedding(GOOD[:1], 1), "x"),
    ("k 0", lambda: neighbours(GOOD, 0), "k"),
    ("k all", lambda: neighbours(GOOD, 4), "k"),
    ("k 1.5", lambda: neighbours(GOOD, 1.5), "k"),
    ("one token", lambda: neighbours(GOOD[:1], 1), "x"),
    ("metric of neighbours", lambda: neighbours(GOOD, 1, metric="manhattan"), "metric"),
    ("metric of similarity", lambda: similarity(GOOD, metric=None), "metric"),
    ("columns differ", lambda: similarity(GOOD, GOOD[:, :2]), "y"),
    ("labels short", lambda: label_accuracy(LIST, list("abc")), "labels"),
    ("labels a table", lambda: label_accuracy(LIST, pd.DataFrame({"a": list("abcd")})), "labels"),
    ("labels missing", lambda: label_accuracy(LIST, ["a", None, "b", "b"]), "labels"),
    ("labels of a vote", lambda: majority_label(LIST, np.ones((4, 1))), "labels"),
    ("labels one word", lambda: shuffle_labels("abc"), "labels"),
    ("labels none", lambda: shuffle_labels([]), "labels"),
    ("lists differ", lambda: neighbour_overlap(LIST, LIST[:3]), "neighbour lists"),
    ("lists flat", lambda: neighbour_overlap(LIST[:, 0], LIST[:, 0]), "neighbour lists"),
    ("counts not whole", lambda: shuffle_pairs(GOOD / 2), "counts"),
    ("rows differ", lambda: inputs.same_rows(GOOD, LIST[:2], "these", "those"), "those"),
    ("names repeat", lambda: bridge.to_keyed_vectors(adata(GOOD, list("abca"))), "names"),
    ("obsm missing", lambda: bridge.to_keyed_vectors(adata(GOOD), obsm="X_umap"), "X_umap"),
    ("tokens NaN", lambda: bridge.to_keyed_vectors(adata(NAN)), "the token matrix"),
    ("not vectors", lambda: bridge.to_anndata(GOOD), "vectors"),
    ("a model", lambda: bridge.to_anndata(Word2Vec()), "vectors"),
    ("obs short", lambda: bridge.to_anndata(keyed(), label=["a"]), "label"),
    ("corpus missing", lambda: corpus.documents("stou"), "stou"),
    ("a folder", lambda: corpus.documents("."), "corpus or file"),
    ("size 0", lambda: corpus.vocabulary([["a"]], 0), "size"),
    ("vocabulary of text", lambda: corpus.vocabulary(["a b"]), "sequences"),
]  # fmt: skip


def keyed():
    vectors = KeyedVectors(vector_size=2)
    vectors.add_vectors(["a", "b"], np.eye(2, dtype=np.float32))
    return vectors


def assert_one_sentence(text, name):
    assert "\n" not in text
    assert text.endswith("."), text
    assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text), f"does not name {name}: {text}"
    # what is wrong, and what would be right or what to do
    assert len(text.split()) >= 8, text


@pytest.mark.parametrize(
    ("call", "name"), [each[1:] for each in BAD], ids=[each[0] for each in BAD]
)
@pytest.mark.filterwarnings("error")
def test_bad_input_gets_one_sentence_that_names_it(call, name):
    with pytest.raises(ValueError) as problem:
        call()
    assert type(problem.value) in (ValueError, data.DataError)
    assert_one_sentence(str(problem.value), name)


@pytest.mark.parametrize(
    ("content", "named"), [(b"", "words"), (b"1 2 3\n", "words"), (b"\xff\xfe\x00", "UTF-8")]
)
def test_a_file_without_words_gets_one_sentence(tmp_path, content, named):
    file = tmp_path / "own.txt"
    file.write_bytes(content)
    with pytest.raises(ValueError) as problem:
        corpus.documents(file)
    assert_one_sentence(str(problem.value), named)
    assert file.name in str(problem.value)
