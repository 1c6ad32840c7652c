"""Bars and pieces against single linkage and shapes whose pieces are known; stages, redraws."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics import roc_auc_score

from celltoken.methods import stages, topology
from celltoken.methods.dimension import intrinsic_dimension

# -- bars ------------------------------------------------------------------------------------------


def test_bars_are_the_joins_of_single_linkage():
    x = np.random.default_rng(0).normal(size=(40, 5))
    found = topology.bars(squareform(pdist(x)))
    assert np.allclose(found, linkage(x, "single")[:, 2], atol=1e-5)


def test_bars_of_points_on_a_line_are_the_gaps_also_of_points_that_coincide():
    line = np.array([0, 1, 3, 3, 10.0])
    gaps = topology.bars(np.abs(np.subtract.outer(line, line)))
    assert np.allclose(gaps, [0, 1, 2, 7])


@pytest.mark.parametrize("scale", [0.5, 1, 1.5, 3])
def test_pieces_are_connected_components(scale):
    far = squareform(pdist(np.random.default_rng(1).normal(size=(30, 3))))
    assert topology.pieces(far, scale) == connected_components(far <= scale)[0]


@pytest.mark.parametrize("far", [np.ones((2, 3)), [[0, 1], [2, 0]]])
def test_what_is_no_table_of_distances_is_refused(far):
    with pytest.raises(ValueError, match="square and symmetric"):
        topology.bars(np.asarray(far, float))


# -- readings --------------------------------------------------------------------------------------


def two_clumps_and_a_ball(rng):
    """Row 0 between two tight clumps, row 41 in the middle of a ball far away."""
    clumps = np.r_[rng.normal(-3, 0.1, (20, 3)), rng.normal(3, 0.1, (20, 3))]
    ball = rng.normal(size=(40, 3)) + [100, 0, 0]
    return np.r_[np.zeros((1, 3)), clumps, [[100.0, 0, 0]], ball]


def test_every_reading_of_pieces_sees_a_pinch_between_two_clumps():
    x = two_clumps_and_a_ball(np.random.default_rng(2))
    pinch, ball = topology.readings(x, [0, 41], 40).to_dict("records")
    for name in ("longest bar", "longest over median bar", "two means"):
        assert pinch[name] > 1.3 * ball[name]
    assert pinch["longest bar of directions"] > ball["longest bar of directions"]
    lists = [topology.around(x, 40)[0][row] for row in (0, 41)]
    assert np.allclose(topology.longest_bars(x, lists), [pinch["longest bar"], ball["longest bar"]])
    assert np.allclose(topology.two_means(x, lists), [pinch["two means"], ball["two means"]])


def test_a_token_is_not_among_its_neighbours():
    x = np.random.default_rng(3).normal(size=(20, 2))
    rows, far = topology.around(x, 50)
    assert rows.shape == (20, 19)
    assert all(row not in near for row, near in enumerate(rows))
    assert (np.diff(far) >= 0).all()


def test_a_neighbourhood_of_copies_is_no_split():
    assert topology.two_means(np.zeros((9, 2)), [np.arange(9)]) == 0


def test_glued_neighbourhoods_are_half_and_half():
    rng = np.random.default_rng(4)
    near = np.arange(80).reshape(4, 20)
    made = topology.pinched(near, ["a", "a", "b", "b"], [0, 2], rng)
    assert all(len(each) == 20 for each in made)
    assert (np.isin(made[0], near[0]).sum(), np.isin(made[0], near[2]).sum()) == (10, 10)


# -- merged tokens ---------------------------------------------------------------------------------


def blocks(rng, each=60, columns=120):
    profile = np.full((3, columns), 0.2)
    for i in range(3):
        profile[i, 40 * i : 40 * i + 40] = 4
    kind = np.repeat(np.arange(3), each)
    return rng.poisson(profile[kind] * rng.uniform(0.8, 1.6, (3 * each, 1))), kind


def test_merged_tokens_have_the_total_of_the_others_and_parents_of_two_kinds():
    rng = np.random.default_rng(5)
    counts, kind = blocks(rng)
    table, parents, alone = topology.merge_some(counts, kind, rng)
    total, pairs = np.asarray(table.sum(1)).ravel(), len(parents)
    assert table.shape == (pairs + len(alone), counts.shape[1])
    assert (kind[parents[:, 0]] != kind[parents[:, 1]]).all()
    assert not set(parents.ravel()) & set(alone)
    assert abs(roc_auc_score(np.arange(len(total)) < pairs, total) - 0.5) < 0.2
    assert total[:pairs].mean() == pytest.approx(total[pairs:].mean(), rel=0.05)
    assert topology.merge_some(counts, np.arange(len(kind)), rng)[1].shape[1] == 2


def test_tokens_of_one_kind_cannot_be_merged():
    with pytest.raises(ValueError, match="all tokens are of one kind"):
        topology.merge_some(np.ones((20, 5)), np.zeros(20), np.random.default_rng(0))


def test_scrublet_finds_doublets_and_the_same_ones_again():
    counts, kind = blocks(np.random.default_rng(6), each=100)
    table, parents, _ = topology.merge_some(counts, kind, np.random.default_rng(7))
    found = topology.doublet_score(table, 3)
    assert roc_auc_score(np.arange(len(found)) < len(parents), found) > 0.8
    assert np.array_equal(found, topology.doublet_score(table, 3))


# -- stages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bent", [0, 4])
@pytest.mark.parametrize("shape", [(30, 5), (12, 40)])
def test_a_rotation_of_tokens_keeps_mean_and_covariance_to_the_last_digit(shape, bent):
    x = np.random.default_rng(8).exponential(size=shape)
    y = stages.same_covariance(x, 1, bent)
    assert np.allclose(y.mean(0), x.mean(0))
    assert np.allclose(np.cov(y.T), np.cov(x.T))
    assert not np.allclose(y, x)


def test_a_bent_sheet_has_fewer_dimensions_than_its_covariance():
    x = np.random.default_rng(12).normal(size=(300, 10))
    flat, sheet = (intrinsic_dimension(stages.same_covariance(x, 1, b), "mle") for b in (0, 10))
    assert sheet < 0.6 * flat


def test_the_fall_is_the_slope_over_all_stages():
    assert stages.fall([3, 2.5, 2]) == pytest.approx(1)
    assert stages.fall([1, 2]) == pytest.approx(-1)
    with pytest.raises(ValueError, match="at least two stages"):
        stages.fall([1])


def test_ranks_in_strata_are_equal_parts_of_each_highest_first():
    rng = np.random.default_rng(9)
    values, strata = rng.integers(0, 5, 200), np.repeat(["a", "b"], 100)
    stage = stages.ranked_in_strata(values, strata, 4, rng)
    for each in ("a", "b"):
        own = strata == each
        assert (np.bincount(stage[own]) == 25).all()
        means = [values[own & (stage == s)].mean() for s in range(4)]
        assert (np.diff(means) < 0).all()


def test_equal_stages_have_equal_numbers_and_totals():
    rng = np.random.default_rng(10)
    stage = np.repeat([0, 1], [80, 200])
    counts = rng.poisson(
        np.where(stage == 0, 5, 6)[:, None] * rng.uniform(0.6, 1.4, (280, 1)), (280, 50)
    )
    thin, rows = stages.equal_stages(counts, stage, rng)
    total = np.asarray(thin.sum(1)).ravel()
    assert np.ptp(np.bincount(stage[rows])) == 0
    first, second = (total[stage[rows] == s].mean() for s in (0, 1))
    assert first == pytest.approx(second, rel=0.05)
    with pytest.raises(ValueError, match="at least 30 are needed"):
        stages.equal_stages(counts[60:100], stage[60:100], rng)


def test_local_dimension_is_that_of_the_cloud_on_average():
    x = np.random.default_rng(11).uniform(size=(600, 2)) @ np.eye(2, 6)
    local = stages.local_dimension(x)
    assert local.shape == (600,)
    assert np.median(local) == pytest.approx(2, abs=0.4)
    assert intrinsic_dimension(x, "mle") == pytest.approx(2, abs=0.3)
