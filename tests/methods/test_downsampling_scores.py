"""Downsampling, scores and nulls against closed forms and slower implementations."""

import numpy as np
import pytest
from scipy import sparse, stats
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_auc_score

from celltoken.methods.downsampling import downsample, split
from celltoken.methods.nulls import (
    gaussian_like,
    shuffle_columns,
    shuffle_labels,
    shuffle_pairs,
    variance_matched_directions,
)
from celltoken.methods.scores import (
    cross_validated_accuracy,
    pairwise_ranking_accuracy,
    retrieval_accuracy,
)


@pytest.fixture
def counts():
    return sparse.csr_matrix(np.random.default_rng(0).poisson(3.0, size=(60, 70)))


# -- downsampling ----------------------------------------------------------------------------------


def test_each_event_is_kept_with_the_given_probability():
    """A large table of equal counts is a sample of a binomial: mean, variance, whole histogram."""
    kept = downsample(np.full((200, 200), 10), 0.3, rng=1).toarray()
    expected = stats.binom(10, 0.3).pmf(np.arange(11)) * kept.size
    seen = np.bincount(kept.astype(int).ravel(), minlength=11)
    assert stats.chisquare(seen[:9], expected[:9] * seen[:9].sum() / expected[:9].sum()).pvalue > (
        1e-4
    )


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_no_count_grows_and_the_input_stays(counts, form):
    given = form(counts.toarray())
    kept = downsample(given, 0.5, rng=0)
    assert sparse.isspmatrix_csr(kept) and kept.shape == counts.shape
    assert (kept.toarray() <= counts.toarray()).all() and (kept.data > 0).all()
    assert abs(given - counts).sum() == 0
    np.testing.assert_array_equal(downsample(given, 1).toarray(), counts.toarray())


def test_the_parts_of_a_split_add_up(counts):
    first, second = split(counts, rng=0, share=0.3)
    np.testing.assert_array_equal((first + second).toarray(), counts.toarray())
    assert abs(first.sum() / counts.sum() - 0.3) < 0.02


def test_parts_of_poisson_counts_are_independent():
    first, second = split(np.random.default_rng(2).poisson(4.0, size=(300, 300)), rng=3)
    r = np.corrcoef(first.toarray().ravel(), second.toarray().ravel())[0, 1]
    assert abs(r) < 0.02  # 90,000 pairs: standard error 0.003


@pytest.mark.parametrize("draw", [lambda c, r: downsample(c, 0.5, r), lambda c, r: split(c, r)[0]])
def test_a_generator_moves_on_and_a_seed_does_not(counts, draw):
    generator = np.random.default_rng(0)
    first, again = draw(counts, generator), draw(counts, generator)
    assert (first != again).nnz
    assert (first != draw(counts, np.random.default_rng(0))).nnz == 0
    assert (draw(counts, 0) != draw(counts, 0)).nnz == 0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda c: downsample(c * 0.5, 0.5), "whole numbers"),
        (lambda c: downsample(-c, 0.5), "negative"),
        (lambda c: downsample(c, 0), "share must be"),
        (lambda c: downsample(c, 1.5), "share must be"),
        (lambda c: split(c, share=1), "share must be"),
        (lambda c: split(c + 0.1 * (c > 2)), "whole numbers"),
    ],
)
def test_bad_counts_are_one_sentence(counts, call, says):
    with pytest.raises(ValueError, match=says) as error:
        call(counts)
    assert "\n" not in str(error.value) and str(error.value).endswith(".")


# -- scores ----------------------------------------------------------------------------------------


def naive_retrieval(x, token, context, rivals):
    hits = 0
    distance = cdist(x, x)
    for i in range(len(x)):
        allowed = [
            j
            for j in range(len(x))
            if context[j] != context[i] or (rivals and token[j] != token[i])
        ]
        best = min(allowed, key=lambda j: distance[i, j])
        hits += token[best] == token[i]
    return hits / len(x)


@pytest.mark.parametrize("rivals", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_retrieval_is_that_of_a_loop(seed, rivals):
    rng = np.random.default_rng(seed)
    token, context = rng.integers(5, size=700), rng.integers(3, size=700)
    x = rng.normal(size=(700, 4)) + token[:, None] + 0.7 * context[:, None]
    found = retrieval_accuracy(x, token, context, "euclidean", same_context_rivals=rivals)
    assert found == pytest.approx(naive_retrieval(x, token, context, rivals))


def test_retrieval_with_a_large_step_fails_only_against_rivals_at_home():
    """Two types, each moved by more than they differ: found elsewhere, lost among all."""
    x = np.array([[0.0, 0], [1, 0], [0, 10], [1, 10]])
    token, context = ["a", "b", "a", "b"], ["old", "old", "new", "new"]
    assert retrieval_accuracy(x, token, context, "euclidean") == 1
    assert retrieval_accuracy(x, token, context, "euclidean", same_context_rivals=True) == 0


def test_equally_near_candidates_count_their_part():
    x = np.zeros((4, 2))
    assert retrieval_accuracy(x, list("abab"), [0, 0, 1, 1], "euclidean") == 0.5


def test_ranking_is_the_mean_area_under_the_curve():
    rng = np.random.default_rng(0)
    scores = rng.integers(6, size=(40, 12)).astype(float)  # many ties
    truth = rng.integers(12, size=40)
    areas = [roc_auc_score(np.arange(12) == t, row) for t, row in zip(truth, scores, strict=True)]
    assert pairwise_ranking_accuracy(scores, truth) == pytest.approx(np.mean(areas))
    square = scores[:12]
    assert pairwise_ranking_accuracy(square) == pairwise_ranking_accuracy(square, np.arange(12))


def test_centring_removes_a_candidate_that_everyone_likes():
    scores = np.eye(5)
    scores[:, 0] += 10
    assert pairwise_ranking_accuracy(scores) < 1
    assert pairwise_ranking_accuracy(scores, centred=True) == 1


def test_accuracy_of_separate_and_of_permuted_classes():
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b", "c"], [100, 60, 20])
    x = rng.normal(size=(180, 10))
    x[np.arange(180), np.unique(labels, return_inverse=True)[1]] += 8
    assert cross_validated_accuracy(x, labels, 5, rng=0) == 1
    chance = [
        cross_validated_accuracy(x, shuffle_labels(labels, rng), 5, rng=rng) for _ in range(10)
    ]
    assert abs(np.mean(chance) - 1 / 3) < 0.06


def test_groups_stay_together():
    """Columns that name the group tell the label of known groups, not of unseen ones."""
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(20), 10)
    labels = np.where(rng.permutation(20)[group] < 10, "a", "b")
    x = np.eye(20)[group]
    assert cross_validated_accuracy(x, labels, 5, rng=0) == 1
    assert cross_validated_accuracy(x, labels, 5, rng=0, groups=group) < 0.7


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: retrieval_accuracy(x, range(6), [0] * 6), "single value"),
        (lambda x: retrieval_accuracy(x, range(5), [0, 1, 0, 1, 0, 1]), "same tokens"),
        (lambda x: pairwise_ranking_accuracy(x[:, :1], [0] * 6), "at least two candidates"),
        (lambda x: pairwise_ranking_accuracy(x), "pass truth"),
        (lambda x: pairwise_ranking_accuracy(x, [0, 1, 2, 3, 0, 1]), "from 0 to 2"),
        (lambda x: cross_validated_accuracy(x, ["a"] * 6), "at least two"),
        (lambda x: cross_validated_accuracy(x, list("aaabbb"), 4), "use fewer folds"),
        (lambda x: cross_validated_accuracy(x, list("aaabbb"), 1), "folds must be"),
        (lambda x: cross_validated_accuracy(x, list("aaabbb"), 3, groups=[1] * 6), "fewer folds"),
    ],
)
def test_bad_scores_are_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as error:
        call(np.arange(18.0).reshape(6, 3))
    assert "\n" not in str(error.value) and str(error.value).endswith(".")


# -- nulls -----------------------------------------------------------------------------------------


def test_gaussian_null_keeps_mean_and_covariance_and_nothing_else():
    rng = np.random.default_rng(0)
    x = np.exp(rng.normal(size=(4000, 3))) @ rng.normal(size=(3, 5))  # skewed, of rank 3
    drawn = gaussian_like(x, 1)
    assert np.linalg.matrix_rank(drawn - drawn.mean(0)) == 3
    np.testing.assert_allclose(drawn.mean(0), x.mean(0), atol=4 * x.std() / np.sqrt(4000))
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(x.T), atol=0.1 * np.cov(x.T).max())
    assert abs(stats.skew(drawn)).max() < 0.2 < abs(stats.skew(x)).max()


@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
def test_matched_directions_hold_their_share(share):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 100)) * np.linspace(3, 0.5, 100)
    directions = variance_matched_directions(x, share, 1)
    np.testing.assert_allclose(directions @ directions.T, np.eye(len(directions)), atol=1e-10)
    centred = x - x.mean(0)
    held = ((centred @ directions.T) ** 2).sum() / (centred**2).sum()
    assert held == pytest.approx(share, abs=0.02)


def test_matched_directions_outnumber_the_components_they_match():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 50))
    x[:, :3] *= 10
    s = np.linalg.svd(x - x.mean(0), compute_uv=False) ** 2
    assert len(variance_matched_directions(x, s[:3].sum() / s.sum(), 0)) > 30


@pytest.mark.parametrize(
    "null",
    [
        shuffle_pairs,
        shuffle_columns,
        gaussian_like,
        lambda x, rng: shuffle_labels(x.ravel(), rng),
        lambda x, rng: variance_matched_directions(x, 0.3, rng),
    ],
)
def test_nulls_take_a_generator_or_a_seed(null):
    def table(made):
        return made.toarray() if sparse.issparse(made) else made

    x = np.random.default_rng(5).poisson(2.0, size=(30, 8)).astype(float)
    before = x.copy()
    generator = np.random.default_rng(0)
    first, again = table(null(x, generator)), table(null(x, generator))
    assert first.shape != again.shape or (first != again).any()
    np.testing.assert_array_equal(first, table(null(x, np.random.default_rng(0))))
    np.testing.assert_array_equal(table(null(x, 3)), table(null(x, 3)))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: variance_matched_directions(x, 1.2), "share must be"),
        (lambda x: variance_matched_directions(x * 0, 0.5), "does not vary"),
        (lambda x: gaussian_like(x[:1]), "at least 2 row"),
        (lambda x: shuffle_pairs(x + 0.5), "whole numbers"),
    ],
)
def test_bad_nulls_are_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as error:
        call(np.ones((5, 3)))
    assert "\n" not in str(error.value) and str(error.value).endswith(".")
