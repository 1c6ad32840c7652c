"""Classes of like size, noise of a given damage, and the classifier of two senses."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import KFold
from sklearn.neighbors import NearestNeighbors

from celltoken.methods.confusion import balanced_rows, noise_to_match
from celltoken.methods.scores import ridge_accuracy


def test_classes_are_cut_to_size_and_small_ones_left_out():
    kind = np.array(["a"] * 80 + ["b"] * 20 + ["c"] * 14 + [""] * 90)
    rows = balanced_rows(kind, np.random.default_rng(0))
    assert pd.Series(kind[rows]).value_counts().to_dict() == {"a": 50, "b": 20}
    assert len(np.unique(rows)) == len(rows) and (np.diff(rows) > 0).all()


def test_classes_that_are_all_too_small_are_refused():
    with pytest.raises(ValueError, match="no class has 15 tokens"):
        balanced_rows(np.array(["a", "b"]), np.random.default_rng(0))


def test_noise_brings_the_score_down_to_the_target():
    rng = np.random.default_rng(2)
    kind = np.repeat([0, 1, 2], 60)
    x = np.eye(3)[kind] + 0.1 * rng.normal(size=(180, 3))

    def own(y):
        near = NearestNeighbors(n_neighbors=5).fit(y).kneighbors(return_distance=False)
        return np.mean(kind[near] == kind[:, None])

    assert own(x) > 0.9
    assert own(noise_to_match(x, own, 0.6, rng)) == pytest.approx(0.6, abs=0.02)


def test_accuracy_is_that_of_the_ridge_classifier():
    rng = np.random.default_rng(5)
    sense = rng.random(120) < 0.3
    x = rng.normal(size=(120, 12))
    x[:, 0] += 1.5 * sense
    x[:, 1] = 1.0  # a column that never varies
    folds = [*KFold(5, shuffle=True, random_state=0).split(x)]
    z, guess = (x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1), np.empty(120, dtype=bool)
    for seen, unseen in folds:
        model = RidgeClassifier(alpha=x.shape[1], class_weight="balanced")
        guess[unseen] = model.fit(z[seen], sense[seen]).predict(z[unseen])
    found = ridge_accuracy(x, sense, folds)
    assert found == pytest.approx(balanced_accuracy_score(sense, guess))
