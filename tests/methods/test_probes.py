"""Probes against scikit-learn and against tokens of which it is known what can be read."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from celltoken.methods import probes
from celltoken.methods.probes import control_labels, probe_accuracy


def tokens(rng, groups=60, each=5, columns=80, shift=0.0):
    """Groups with a place of their own each, of two classes, apart by a shift."""
    group = np.repeat(np.arange(groups), each)
    label = np.array(["a", "b"])[np.arange(groups) % 2][group]
    x = 2 * rng.normal(size=(groups, columns))[group] + 0.3 * rng.normal(size=(len(group), columns))
    x[:, 0] += shift * (label == "b")
    return x, label, group


@pytest.mark.parametrize("columns", [5, 200])
def test_answers_are_those_of_ridge_regression_on_weighted_classes(columns):
    rng = np.random.default_rng(0)
    x, ask = rng.normal(size=(90, columns)), rng.normal(size=(40, columns))
    code = np.repeat([0, 1, 2], [50, 25, 15])
    x[:, 0] += code
    strength = 0.01
    found = probes._predicted(x, code, ask, [strength])[0]
    weight = 1 / np.bincount(code)[code]
    centre = np.average(x, axis=0, weights=weight)
    scale = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=weight))
    z = (x - centre) / scale
    top = np.linalg.norm(z * np.sqrt(weight)[:, None], 2) ** 2
    fit = Ridge(alpha=strength * top).fit(z, np.eye(3)[code], sample_weight=weight)
    assert (found == fit.predict((ask - centre) / scale).argmax(1)).all()


def test_what_is_learned_by_heart_is_gone_on_unseen_groups():
    rng = np.random.default_rng(2)
    x, label, group = tokens(rng)
    assert probe_accuracy(x, label, rng) > 0.9
    assert abs(probe_accuracy(x, label, rng, groups=group) - 0.5) < 0.2
    x, label, group = tokens(rng, shift=12.0)
    assert probe_accuracy(x, label, rng, groups=group) > 0.9


def test_the_control_task_is_one_label_a_group_and_keeps_how_many_have_it():
    rng = np.random.default_rng(3)
    _, label, group = tokens(rng)
    control = control_labels(label, group, rng)
    per_group = [np.unique(control[group == each]) for each in np.unique(group)]
    assert all(len(each) == 1 for each in per_group)
    assert np.sum(np.concatenate(per_group) == "b") == 30
    assert (control != label).any()


def test_what_is_there_is_read_far_better_than_control_labels_are_learned():
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(150), 2)
    label = (np.arange(150) % 2)[group]
    x = rng.normal(size=(300, 3))
    x[:, 0] += 6 * label
    dealt = control_labels(label, group, rng)
    assert probe_accuracy(x, label, rng) - probe_accuracy(x, dealt, rng) > 0.3


def test_many_useless_columns_are_met_with_a_stronger_penalty():
    rng = np.random.default_rng(3)
    x, label, group = tokens(rng, groups=120, columns=5, shift=8.0)
    noise = 2 * rng.normal(size=(120, 100))[group]
    few = probe_accuracy(x, label, rng, groups=group)
    many = probe_accuracy(np.hstack([x, noise]), label, rng, groups=group)
    assert few > 0.95
    assert many > 0.7


def test_one_column_is_chosen_on_what_is_learned_from():
    rng = np.random.default_rng(5)
    x, label, group = tokens(rng, shift=12.0)
    x[:, 5] = 1  # a column that never varies
    assert probe_accuracy(x, label, rng, groups=group, columns=1) > 0.9
    noise = rng.normal(size=(300, 500))
    assert probe_accuracy(noise, label, rng, groups=group, columns=1) < 0.65


def test_few_labels_and_few_groups_are_enough_to_run():
    rng = np.random.default_rng(6)
    x, label, group = tokens(rng, shift=4.0)
    few, many = (
        np.mean([probe_accuracy(x, label, rng, groups=group, most=n) for _ in range(3)])
        for n in (6, 200)
    )
    assert many > few
    assert probe_accuracy(x, label, rng, groups=group % 3) > 0.5


def test_one_class_and_one_group_are_refused():
    with pytest.raises(ValueError, match="one class"):
        probe_accuracy(np.eye(6), np.zeros(6), np.random.default_rng(0))
    with pytest.raises(ValueError, match="one group"):
        probe_accuracy(np.eye(6), [0, 1] * 3, np.random.default_rng(0), groups=[1] * 6)
