"""Removals as large as another: sizes met, groups kept whole, islands found."""

import numpy as np
import pytest

from celltoken.methods.removal import groups_as_large, groups_of_neighbours, parts_as_large


def test_a_removal_is_about_as_large_and_splits_no_group():
    rng = np.random.default_rng(0)
    size, group = rng.integers(50, 150, 90), np.arange(90) // 8
    like = np.arange(90) < 30
    gone = groups_as_large(like, size, group, rng)
    assert abs(size[gone].sum() - size[like].sum()) <= size[:8].sum()
    assert all(len(set(gone[group == each])) == 1 for each in range(12))


def test_single_units_of_one_size_are_matched_exactly_and_all_are_drawn_in_the_end():
    rng = np.random.default_rng(1)
    like, often = np.arange(40) < 13, np.zeros(40)
    for _ in range(200):
        gone = groups_as_large(like, np.ones(40), np.arange(40), rng)
        assert gone.sum() == 13
        often += gone
    assert often.min() > 30 and often.max() < 100  # 65 expected


def test_groups_are_the_islands_where_islands_have_eight():
    rng = np.random.default_rng(2)
    island = np.repeat(np.arange(6), 8)
    x = rng.normal(size=(48, 6)) + 100 * np.eye(6)[island]
    group = groups_of_neighbours(x, rng)
    assert sorted(np.unique(group)) == list(range(6))
    assert all(len(set(group[island == each])) == 1 for each in range(6))


def test_groups_have_the_size_asked_for_but_the_last():
    rng = np.random.default_rng(3)
    group = groups_of_neighbours(rng.normal(size=(50, 3)), rng, size=8)
    assert np.bincount(group).tolist() == [8] * 6 + [2]


def test_parts_are_matched_in_each_stratum():
    rng = np.random.default_rng(4)
    stratum, second = np.repeat([0, 1], 50), np.zeros(100, bool)
    second[:10] = second[50:90] = True
    part = parts_as_large(second, np.ones(100), np.arange(100), stratum, rng)
    assert [part[:50].sum(), part[50:].sum()] == [10, 40]


def test_lengths_must_fit():
    with pytest.raises(ValueError, match="like"):
        groups_as_large(np.ones(3, bool), np.ones(4), np.arange(4), np.random.default_rng(0))
