"""Probes against scikit-learn and against tokens of which it is known what can be read."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from celltoken.methods.probes import control_labels, probe_accuracy, selectivity


def tokens(rng, groups=60, each=5, columns=80, shift=0.0):
    """Groups with a place of their own each, of two classes, apart by a shift."""
    group = np.repeat(np.arange(groups), each)
    label = np.array(["a", "b"])[np.arange(groups) % 2][group]
    x = 2 * rng.normal(size=(groups, columns))[group] + 0.3 * rng.normal(size=(len(group), columns))
    x[:, 0] += shift * (label == "b")
    return x, label, group


def test_it_is_logistic_regression_over_folds():
    x, label, group = tokens(np.random.default_rng(0), shift=3.0)
    found = probe_accuracy(x, label, np.random.default_rng(1), groups=group)
    seed = int(np.random.default_rng(1).integers(2**31))
    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=0.1, class_weight="balanced", max_iter=300, tol=1e-3),
    )
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=seed)
    told = cross_val_predict(model, x, label, groups=group, cv=folds)
    assert found == pytest.approx(balanced_accuracy_score(label, told))


def test_what_is_learned_by_heart_is_gone_on_unseen_groups():
    rng = np.random.default_rng(2)
    x, label, group = tokens(rng)
    assert probe_accuracy(x, label, rng) > 0.9
    assert abs(probe_accuracy(x, label, rng, groups=group) - 0.5) < 0.2
    x, label, group = tokens(rng, columns=5, shift=12.0)
    assert probe_accuracy(x, label, rng, groups=group) > 0.9


def test_the_control_task_is_one_label_a_group_and_keeps_how_many_have_it():
    rng = np.random.default_rng(3)
    _, label, group = tokens(rng)
    control = control_labels(label, group, rng)
    per_group = [np.unique(control[group == each]) for each in np.unique(group)]
    assert all(len(each) == 1 for each in per_group)
    assert np.sum(np.concatenate(per_group) == "b") == 30
    assert (control != label).any()


def test_selectivity_is_small_for_memory_and_large_for_what_is_there():
    rng = np.random.default_rng(4)
    right, control = selectivity(*tokens(rng), rng)
    assert right - control < 0.15
    group = np.repeat(np.arange(150), 2)
    label = (np.arange(150) % 2)[group]
    x = rng.normal(size=(300, 3))
    x[:, 0] += 6 * label
    right, control = selectivity(x, label, group, rng)
    assert right - control > 0.3


def test_one_column_is_chosen_on_what_is_learned_from():
    rng = np.random.default_rng(5)
    x, label, group = tokens(rng, shift=12.0)
    x[:, 5] = 1  # a column that never varies
    assert probe_accuracy(x, label, rng, groups=group, columns=1) > 0.9
    noise = rng.normal(size=(300, 500))
    assert probe_accuracy(noise, label, rng, groups=group, columns=1) < 0.65


def test_more_labels_help():
    rng = np.random.default_rng(6)
    x, label, group = tokens(rng, shift=4.0)
    few, many = (
        np.mean([probe_accuracy(x, label, rng, groups=group, most=n) for _ in range(3)])
        for n in (8, 200)
    )
    assert many > few


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="one class"):
        probe_accuracy(np.eye(6), np.zeros(6), np.random.default_rng(0))
