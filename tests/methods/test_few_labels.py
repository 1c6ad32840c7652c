"""Few labels: what is drawn, what is told, and how curves are read."""

import numpy as np
import pytest

from celltoken.methods.few_labels import few_label_recall, labelled_few, labels_needed


def test_so_many_of_each_class_are_drawn_and_all_others_asked_about():
    labels = np.array(list("aaaaabbbbbbbb"))
    learn, ask = labelled_few(labels, 3, np.random.default_rng(0))
    assert list(labels[learn]) == list("aaabbb")
    assert sorted([*learn, *ask]) == list(range(13))


@pytest.mark.parametrize(("labels", "said"), [("aaaa", "one class"), ("aaabbbbb", "'a' has 3")])
def test_too_few_are_refused(labels, said):
    with pytest.raises(ValueError, match=said):
        labelled_few(list(labels), 3, np.random.default_rng(0))


@pytest.mark.parametrize("network", [False, True])
def test_classes_far_apart_are_told_and_noise_is_guessed(network):
    rng = np.random.default_rng(1)
    label = np.repeat(["x", "y"], 40)
    x = rng.normal(size=(80, 5))
    apart = x + 8.0 * (label == "y")[:, None]
    assert few_label_recall(apart, label, 4, rng, 5, network).mean() > 0.98
    assert abs(few_label_recall(x, label, 4, rng, 20, network).mean() - 0.5) < 0.08


def test_one_scale_for_all_columns_changes_nothing():
    rng = np.random.default_rng(2)
    label = np.repeat(["x", "y"], 30)
    x = rng.normal(size=(60, 4)) + (label == "y")[:, None]
    once = few_label_recall(x, label, 4, np.random.default_rng(3))
    again = few_label_recall(1000 * x + 7, label, 4, np.random.default_rng(3))
    assert np.allclose(once, again)


def test_a_curve_is_read_between_its_points():
    sizes = [1, 2, 4, 8]
    assert labels_needed(sizes, [0.2, 0.4, 0.6, 0.8], 0.5) == pytest.approx(np.sqrt(8))
    assert labels_needed(sizes, [0.2, 0.4, 0.3, 0.8], 0.4) == pytest.approx(2)
    assert labels_needed(sizes, [0.2, 0.4, 0.6, 0.8], 0.1) == 1
    assert labels_needed(sizes, [0.2, 0.4, 0.6, 0.8], 0.9) == np.inf
