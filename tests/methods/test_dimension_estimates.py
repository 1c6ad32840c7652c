"""Estimates on shapes of known dimension, and clouds and counts drawn anew."""

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr

from celltoken.methods import dimension


def cloud(rng, tokens=600, columns=12):
    """Two stretched clusters."""
    x = rng.normal(size=(tokens, columns)) * np.linspace(3, 0.3, columns)
    x[: tokens // 2] += 10
    return x


# -- estimators ------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ["twonn", "mle"])
@pytest.mark.parametrize("truth", [1, 2, 5, 9])
def test_the_dimension_of_spheres_is_found_in_any_number_of_columns(truth, estimator):
    rng = np.random.default_rng(truth)
    x = rng.normal(size=(1500, truth + 1))
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    axes = np.linalg.qr(rng.normal(size=(30, truth + 1)))[0]
    found = dimension.intrinsic_dimension(x @ axes.T, estimator)
    assert found == pytest.approx(truth, rel=0.15)


def test_many_dimensions_are_underestimated():
    x = np.random.default_rng(1).normal(size=(800, 60))
    assert 20 < dimension.intrinsic_dimension(x) < 50


def test_a_bent_line_has_one_dimension_where_its_covariance_has_many():
    t = np.sort(np.random.default_rng(2).uniform(size=1000))
    x = np.cos(2 * np.pi * np.outer(t, np.arange(1, 9)))
    assert dimension.intrinsic_dimension(x) == pytest.approx(1, abs=0.1)
    assert dimension.participation_ratio(x) > 7


def test_twonn_follows_its_formula():
    """The maximum likelihood of the ratios, computed by hand, lies close to the fitted line."""
    x = np.random.default_rng(3).normal(size=(900, 4))
    first, second = np.sort(cdist(x, x), axis=1)[:, 1:3].T
    by_hand = (len(x) - 1) / np.log(second / first).sum()
    assert dimension.intrinsic_dimension(x) == pytest.approx(by_hand, rel=0.1)


def test_scale_rotation_order_and_copies_do_not_matter():
    rng = np.random.default_rng(4)
    x = cloud(rng)
    found = dimension.intrinsic_dimension(x)
    turned = 7 * x @ np.linalg.qr(rng.normal(size=(12, 12)))[0] + 3
    assert dimension.intrinsic_dimension(turned) == pytest.approx(found, rel=1e-6)
    assert dimension.intrinsic_dimension(rng.permutation(x)) == pytest.approx(found)
    assert dimension.intrinsic_dimension(np.r_[x, x[:50]]) == pytest.approx(found)
    assert dimension.intrinsic_dimension(sparse.csr_matrix(x)) == pytest.approx(found)


def test_what_cannot_be_estimated_is_said():
    with pytest.raises(ValueError, match="20 different rows"):
        dimension.intrinsic_dimension(np.random.default_rng(5).normal(size=(20, 3)))
    with pytest.raises(ValueError, match="1 different rows"):
        dimension.intrinsic_dimension(np.ones((50, 3)))
    with pytest.raises(ValueError, match="1 column"):
        dimension.intrinsic_dimension(np.arange(50.0)[:, None])
    with pytest.raises(ValueError, match="twonn, mle"):
        dimension.intrinsic_dimension(np.eye(50), "pca")


def test_participation_ratio_counts_equal_variances():
    x = np.vstack([np.eye(9), -np.eye(9)])
    assert dimension.participation_ratio(x) == pytest.approx(9)
    assert dimension.participation_ratio(np.outer(np.arange(9.0), np.ones(4))) == pytest.approx(1)
    two = np.diag([3.0, 1.0]).repeat(2, 0) * np.array([1, -1, 1, -1])[:, None]
    assert dimension.participation_ratio(two) == pytest.approx((9 + 1) ** 2 / (81 + 1))
    with pytest.raises(ValueError, match="does not vary"):
        dimension.participation_ratio(np.ones((4, 4)))


# -- clouds drawn anew -----------------------------------------------------------------------------


def test_each_group_keeps_its_mean_and_covariance():
    rng = np.random.default_rng(6)
    x, group = cloud(rng, 8000, 4), np.repeat(["a", "b"], 4000)
    drawn = dimension.gaussian_by_group(x, group, 1)
    assert not np.isclose(drawn, x).any(1).all()
    for each in ("a", "b"):
        mine = group == each
        np.testing.assert_allclose(drawn[mine].mean(0), x[mine].mean(0), atol=0.2)
        np.testing.assert_allclose(np.cov(drawn[mine].T), np.cov(x[mine].T), atol=0.5)


def test_a_group_of_one_keeps_its_token():
    x = np.random.default_rng(7).normal(size=(30, 3))
    group = np.r_[["alone"], np.repeat("many", 29)]
    np.testing.assert_array_equal(dimension.gaussian_by_group(x, group, 1)[0], x[0])


def test_own_lengths_stay_and_directions_are_drawn():
    rng = np.random.default_rng(8)
    x = rng.standard_t(2, size=(3000, 5)) + 4
    drawn = dimension.gaussian_own_lengths(x, 1)
    centre = x.mean(0)
    np.testing.assert_allclose(
        np.linalg.norm(drawn - centre, axis=1), np.linalg.norm(x - centre, axis=1)
    )
    cosine = ((drawn - centre) * (x - centre)).sum(1) / ((x - centre) ** 2).sum(1)
    assert abs(cosine.mean()) < 0.05


def test_the_planted_sheet_has_two_dimensions_and_the_same_covariance():
    x = cloud(np.random.default_rng(9), 1500, 10)
    sheet = dimension.bent_sheet_like(x, 1)
    np.testing.assert_allclose(sheet.mean(0), x.mean(0), atol=1e-8)
    np.testing.assert_allclose(np.cov(sheet.T), np.cov(x.T), atol=1e-8)
    assert dimension.intrinsic_dimension(sheet) == pytest.approx(2, abs=0.3)
    assert dimension.intrinsic_dimension(x) > 5


def test_beyond_the_sheet_there_is_noise():
    x = np.random.default_rng(10).normal(size=(1500, 30))
    assert dimension.intrinsic_dimension(dimension.bent_sheet_like(x, 1)) > 10
    again = dimension.bent_sheet_like(x, 1)
    np.testing.assert_array_equal(again, dimension.bent_sheet_like(x, 1))


def test_clusters_are_those_that_were_put_there():
    x = cloud(np.random.default_rng(11))
    found = dimension.cluster(x, 2, 0)
    assert len(set(zip(found, np.arange(600) < 300, strict=True))) == 2


# -- counts drawn anew -----------------------------------------------------------------------------


def grouped_counts(rng, tokens=400, columns=60):
    group = np.arange(tokens) % 4
    profile = rng.dirichlet(np.full(columns, 0.3), 4)
    totals = rng.integers(50, 400, tokens)
    counts = rng.multinomial(totals, profile[group])
    return sparse.csr_matrix(counts.astype(np.float32)), group


def test_counts_of_a_group_keep_totals_and_profile():
    counts, group = grouped_counts(np.random.default_rng(12))
    drawn = dimension.counts_by_group(counts, group, 1)
    np.testing.assert_array_equal(drawn.sum(1), counts.sum(1))
    for each in range(4):
        ours, theirs = (m[group == each].sum(0).A1 for m in (drawn, counts))
        share = theirs / theirs.sum()
        scatter = np.sqrt(theirs.sum() * share * (1 - share))
        assert (abs(ours - theirs) < 6 * scatter + 1e-9).all()
    assert (drawn != counts).nnz > 0


def test_one_group_is_independence_and_own_groups_are_copies_with_noise():
    counts, _ = grouped_counts(np.random.default_rng(13))
    whole = dimension.counts_by_group(counts, np.zeros(400, int), 1).toarray()
    alone = dimension.counts_by_group(counts, np.arange(400), 1).toarray()
    real = counts.toarray()
    assert np.corrcoef(alone.ravel(), real.ravel())[0, 1] > 0.9
    assert np.corrcoef(whole.ravel(), real.ravel())[0, 1] < 0.7


def test_mixtures_lie_between_their_groups():
    counts, group = grouped_counts(np.random.default_rng(14))
    counts = counts * 50  # little scatter, so that shares can be solved for
    drawn = dimension.counts_between_groups(counts, group, 1, mixed=2)
    np.testing.assert_array_equal(drawn.sum(1), counts.sum(1))
    profiles = np.array([counts[group == g].sum(0).A1 for g in range(4)])
    profiles = profiles / profiles.sum(1, keepdims=True)
    shares = drawn.toarray() / drawn.sum(1).A
    weights = np.linalg.lstsq(profiles.T, shares.T, rcond=None)[0].T
    assert weights.sum(1) == pytest.approx(np.ones(400), abs=0.1)
    top = np.sort(weights, axis=1)
    assert (top[:, :2] < 0.1).mean() > 0.95  # two of four have no part in it
    assert ((top[:, 3] > 0.25) & (top[:, 3] < 0.75)).mean() > 0.3
    with pytest.raises(ValueError, match="4 groups, but 5"):
        dimension.counts_between_groups(counts, group, 1, mixed=5)


def test_counts_must_be_whole():
    for drawn in (dimension.counts_by_group, dimension.counts_between_groups):
        with pytest.raises(ValueError, match="whole numbers"):
            drawn(np.full((4, 4), 0.5), [0, 0, 1, 1])


def test_totals_become_equal_and_come_from_tokens_that_have_them():
    rng = np.random.default_rng(15)
    counts, _ = grouped_counts(rng)
    thinned, rows = dimension.equal_totals(counts, 100, rng)
    totals = counts.sum(1).A1
    events = np.quantile(totals, 0.3)
    assert len(rows) == 100 and (totals[rows] >= events).all() and (np.diff(rows) > 0).all()
    assert ((counts[rows] - thinned).toarray() >= 0).all()
    assert abs(thinned.sum(1).A1 - events).max() < 6 * np.sqrt(events)
    few, _ = dimension.equal_totals(counts, 1000, rng, most=60)
    assert few.sum(1).A1.mean() == pytest.approx(60, rel=0.1)


# -- tasks -----------------------------------------------------------------------------------------


def test_recall_needs_the_direction_that_knows_the_labels():
    rng = np.random.default_rng(16)
    labels = np.repeat(["a", "b", "c"], [20, 40, 60])
    x = rng.normal(size=(120, 6))
    x[:, 3:5] += 20 * np.c_[labels == "a", labels == "b"] - 10
    found = dimension.recall_by_dimension(x, labels, [2, 4, 5])
    assert found[0] < 0.6
    assert found[2] == 1
    assert 0.5 < found[1] < 0.95


def test_recall_averages_over_labels_and_not_over_tokens():
    x = np.c_[np.r_[np.full(30, 1.0), np.full(2, 1.0)], np.linspace(0, 0.1, 32)]
    labels = np.repeat(["many", "few"], [30, 2])
    assert dimension.recall_by_dimension(x, labels, [2])[0] == pytest.approx(0.5)


def test_agreement_is_spearmans_correlation_of_cosines():
    rng = np.random.default_rng(17)
    x, scores = rng.normal(size=(50, 8)), rng.uniform(size=40)
    first, second = rng.integers(50, size=(2, 40))
    found = dimension.agreement_by_dimension(x, first, second, scores, [3, 8])
    for kept, each in zip([3, 8], found, strict=True):
        cosine = 1 - np.diag(cdist(x[first, :kept], x[second, :kept], "cosine"))
        assert each == pytest.approx(spearmanr(cosine, scores)[0], abs=1e-6)
    assert dimension.agreement_by_dimension(abs(x), first, second, scores, [1]) == [0]


def test_the_plateau_is_the_first_that_is_nearly_the_best():
    grid = [1, 2, 4, 8]
    assert dimension.plateau(grid, [0.1, 0.5, 0.96, 1.0]) == 4
    assert dimension.plateau(grid, [0.1, 0.9, 0.2, 0.1]) == 2
    assert dimension.plateau(grid, [0.1, 0.5, 0.9, 1.0], share=0.5) == 2
    assert dimension.plateau(grid, [1, 1, 1, 1]) == 1
    with pytest.raises(ValueError, match="not solved"):
        dimension.plateau(grid, [-0.1, 0, 0, 0])
