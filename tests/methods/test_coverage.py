import numpy as np
import pytest
from scipy import stats

from celltoken.methods.coverage import missed, unit_means, with_shifts


def draws(rng, owners=4, units=3, tokens=40, columns=300, between=0.0, within=0.0):
    """Tokens of units of owners, with steps of owners and of units in each column."""
    owner = np.repeat(np.arange(owners), units * tokens)
    unit = np.repeat(np.arange(owners * units), tokens)
    steps = between * rng.normal(size=(owners, columns))[owner]
    steps = steps + within * rng.normal(size=(owners * units, columns))[unit]
    return rng.normal(size=(len(unit), columns)) + steps, unit, owner


def test_draws_from_one_population_are_missed_as_often_as_promised():
    x, unit, owner = draws(np.random.default_rng(0))
    for level in (0.5, 0.9):
        assert missed(x, unit, owner, level=level) == pytest.approx(
            (1 - level, 1 - level), abs=0.02
        )


def test_a_difference_of_owners_is_found_where_it_was_planted():
    x, unit, owner = draws(np.random.default_rng(1))
    other, same = missed(with_shifts(x, owner, np.random.default_rng(2)), unit, owner)
    assert other > same + 0.2
    assert same == pytest.approx(0.1, abs=0.02)


def test_a_difference_of_units_is_no_difference_of_owners():
    x, unit, owner = draws(np.random.default_rng(3), within=0.3)
    other, same = missed(x, unit, owner)
    assert same > 0.3
    assert abs(other - same) < 0.04


def test_one_pair_is_a_test_of_two_means():
    x, unit, owner = draws(np.random.default_rng(4), owners=2, units=2, between=0.2)
    _, mean, error = unit_means(x, unit)
    parts = [x[unit == i] for i in range(4)]
    found = [
        np.mean(np.abs(stats.ttest_ind(parts[i], parts[j], equal_var=False).statistic) > 1.64485)
        for i, j in ((0, 2), (0, 3), (1, 2), (1, 3))
    ]
    assert missed(x, unit, owner)[0] == pytest.approx(np.mean(found))
    np.testing.assert_allclose(mean[0], parts[0].mean(0))
    np.testing.assert_allclose(error[0], stats.sem(parts[0]))


def test_pairs_out_of_reach_are_left_out():
    x, unit, owner = draws(np.random.default_rng(5), owners=3, units=2)
    x[owner == 2] += 1
    when = np.where(owner == 2, 100.0, owner)
    near = missed(x, unit, owner, when, reach=10)[0]
    assert near == pytest.approx(0.1, abs=0.03)
    assert missed(x, unit, owner)[0] > 0.5
    with pytest.raises(ValueError, match="within reach"):
        missed(x[owner == 0], unit[owner == 0], owner[owner == 0])
    with pytest.raises(ValueError, match="single token"):
        unit_means(x[:3], [0, 0, 1])
