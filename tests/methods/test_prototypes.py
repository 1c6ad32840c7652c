"""Prototypes of few labelled tokens."""

import numpy as np
import pytest

from celltoken.methods.prototypes import _markers, told_from_all, told_from_shots


@pytest.mark.parametrize("how", ["prototypes", "nearest", "markers"])
def test_classes_far_apart_are_told_in_every_way(how):
    rng = np.random.default_rng(0)
    label = np.repeat(list("abc"), 20)
    x = rng.normal(size=(60, 6))
    x[:, :3] += 10 * np.eye(3)[np.repeat(range(3), 20)]
    assert told_from_shots(x, label, "b", rng, how=how) == 1


def test_permuted_labels_and_noise_are_guessed():
    rng = np.random.default_rng(1)
    label = np.repeat(list("ab"), 50)
    x = rng.normal(size=(100, 6))
    assert abs(told_from_shots(x, label, "a", rng, draws=40) - 0.5) < 0.06
    x[label == "b"] += 10
    assert abs(told_from_shots(x, label, "a", rng, draws=100, how="permuted") - 0.5) < 0.15


def test_markers_are_the_columns_that_a_class_has_above_the_others():
    rng = np.random.default_rng(2)
    label = np.repeat(list("ab"), 4)
    x = rng.normal(size=(8, 30)) * 0.1
    x[label == "a", :5] += 9
    x[label == "b", 10:15] += 9
    x[:, 20:] -= 50
    assert _markers(x, label) == [*range(5), *range(10, 15)]


def test_with_nearly_all_labels_classes_far_apart_are_told_and_noise_is_not():
    rng = np.random.default_rng(3)
    label = np.repeat(list("abc"), 40)
    x = rng.normal(size=(120, 6))
    assert abs(told_from_all(x, label, rng) - 0.5) < 0.12
    x[:, :3] += 10 * np.eye(3)[np.repeat(range(3), 40)]
    assert told_from_all(x, label, rng) == 1
