"""Choices between pairs that were never seen: matched, unseen, and scored as an AUC is."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import roc_auc_score

from celltoken.methods.downsampling import split
from celltoken.methods.unseen import right_choices, unseen_choices

CONTEXTS = 300


@pytest.fixture
def halves():
    rng = np.random.default_rng(5)
    popular = rng.gamma(2, 0.5, CONTEXTS) * rng.gamma(2, 0.5, (240, 1))
    return split(sparse.csr_matrix(rng.poisson(popular / 3).astype(float)), rng)


def test_choices_are_of_pairs_never_seen_and_matched(halves):
    seen, hidden = halves
    token, right, wrong = unseen_choices(seen, hidden, np.random.default_rng(0))
    assert len(token) > 1000
    assert (seen[token, right].A1 == 0).all() and (seen[token, wrong].A1 == 0).all()
    assert (hidden[token, right].A1 > 0).all() and (hidden[token, wrong].A1 == 0).all()
    assert (right != wrong).all()
    met_by, events = seen.getnnz(0), seen.sum(0).A1
    place = np.empty(CONTEXTS, int)
    place[np.lexsort((events, met_by))] = np.arange(CONTEXTS)
    assert np.abs(place[right] - place[wrong]).max() <= 10
    assert len(set(zip(token, right, strict=True))) == len(token)


def test_choices_leave_out_contexts_that_were_never_trained(halves):
    seen = halves[0].tolil()
    seen[:, :20] = 0
    _, right, wrong = unseen_choices(seen.tocsr(), halves[1], np.random.default_rng(0))
    assert right.min() >= 20 and wrong.min() >= 20


def test_right_choices_is_an_area_under_the_curve_for_one_pair_and_ties_count_half():
    assert right_choices([2, 1, 5.0], [1, 1, 9.0]) == pytest.approx(0.5)
    rng = np.random.default_rng(7)
    a, b = rng.normal(1, 1, 50_000), rng.normal(0, 1, 50_000)
    area = roc_auc_score(np.repeat([1, 0], 50_000), np.concatenate([a, b]))
    assert right_choices(a, b) == pytest.approx(area, abs=0.01)
