"""Likeness across contexts and halves, on tables whose answer is known."""

import numpy as np
import pytest
from scipy import sparse

from celltoken.methods import recurrence
from celltoken.methods.cooccurrence import ppmi, svd_embedding


def test_a_token_is_no_neighbour_of_itself():
    # Rows that are alike only with themselves in the other context: nothing is left to find.
    rng = np.random.default_rng(2)
    x = np.tile(rng.normal(size=(60, 40)), (2, 1))
    kind, context = np.tile(np.arange(60) % 3, 2), np.repeat([0, 1], 60)
    alone = recurrence.recall_across_contexts(x, kind, context, np.tile(np.arange(60), 2), k=1)
    cheating = recurrence.recall_across_contexts(x, kind, context, np.arange(120), k=1)
    assert cheating == 1
    assert alone < 0.6


def test_a_difference_of_contexts_is_taken_away():
    rng = np.random.default_rng(3)
    kind, context = np.tile(np.arange(80) % 2, 2), np.repeat([0, 1], 80)
    x = np.c_[2 * kind - 1, 50 * context, rng.normal(size=160) * 0.1]
    voted = recurrence.votes_across_contexts(x, kind, context, np.arange(160), "euclidean")
    assert (voted == kind).all()


def test_recall_weighs_kinds_alike_and_contexts_alike():
    x = np.array([[1, 0], [1, 0.1], [1, -0.1], [-1, 0]] * 2)
    kind = np.array(["a", "a", "a", "b", "a", "a", "a", "a"])  # "b" is never found in the other
    found = recurrence.recall_across_contexts(x, kind, np.repeat([0, 1], 4), np.arange(8), k=1)
    by_hand = [(1 + 0) / 2, 0.75]  # in the second context one of four "a" is told "b"
    assert found == pytest.approx(np.mean(by_hand))


def test_two_contexts_are_needed():
    with pytest.raises(ValueError, match="context has 1 values"):
        recurrence.votes_across_contexts(np.eye(4), list("aabb"), [0] * 4, range(4))


def test_agreement_of_equal_and_of_unrelated_halves():
    rng = np.random.default_rng(5)
    counts = [sparse.csr_matrix(rng.poisson(1.0, (200, 90)).astype(float)) for _ in range(2)]
    assert recurrence.neighbour_agreement(counts[0], counts[0]) == pytest.approx(1)
    assert abs(recurrence.neighbour_agreement(*counts)) < 0.03


def test_rows_are_thinned_to_about_the_same_number_of_events():
    rng = np.random.default_rng(6)
    counts = sparse.csr_matrix(rng.poisson(np.linspace(2, 40, 50)[:, None], (50, 100)))
    thin = recurrence.thin_rows(counts[10:], 500, rng)
    assert np.abs(thin.sum(1) - 500).max() < 100
    assert (thin.toarray() <= counts[10:].toarray()).all()
    before = counts.astype(float)
    recurrence.thin_rows(before, 100, rng)
    assert (before.toarray() == counts.toarray()).all()  # the input is left as it is
    few = recurrence.thin_rows(counts, 10**6, rng)
    assert (few.toarray() == counts.toarray()).all()


def test_merged_rows_are_sums():
    counts = sparse.csr_matrix(np.arange(12.0).reshape(4, 3))
    found = recurrence.merge_rows(counts, np.array([1, 0, 1, 1])).toarray()
    assert found == pytest.approx(np.array([[3, 4, 5], [15, 18, 21]]))


def test_parts_without_a_units_own_counts_are_those_of_the_others():
    rng = np.random.default_rng(11)
    units = rng.poisson(2.0, (40, 30)).astype(float)
    parts = sparse.csr_matrix((rng.random((40, 12)) < 0.3).astype(float))
    counts = parts.T @ units
    x = svd_embedding(ppmi(counts), 6)
    nothing = recurrence.means_of_parts(parts, x, counts, np.zeros_like(units))
    has = np.asarray(parts.sum(1)).ravel() > 0
    means = np.asarray(parts[has] @ x) / np.asarray(parts[has].sum(1))
    assert nothing[has] == pytest.approx(means, abs=1e-9)
    assert (nothing[~has] == 0).all()
    # By hand: the PPMI of what is left, with the contexts' totals as they are.
    found = recurrence.means_of_parts(parts, x, counts, units)
    one = int(np.flatnonzero(has)[0])
    left = counts[parts[one].indices] - units[one]
    share = counts.sum(0) / counts.sum()
    with np.errstate(divide="ignore"):
        table = np.log(left / (left.sum(1, keepdims=True) * share)).clip(0)
    u, s, v = np.linalg.svd(ppmi(counts).toarray(), full_matrices=False)
    by_hand = (table @ v[:6].T / np.sqrt(s[:6])).mean(0)
    assert abs(found[one]) == pytest.approx(abs(by_hand), abs=1e-9)


def test_a_part_of_one_unit_tells_nothing_once_its_own_counts_are_out():
    units = np.array([[5.0, 0, 1], [0, 4, 2], [1, 1, 6]])
    parts = sparse.identity(3, format="csr")
    x = svd_embedding(ppmi(units), 2)
    assert (recurrence.means_of_parts(parts, x, units, units) == 0).all()


def test_nearest_of_the_other_context_by_hand():
    x = np.array([[0.0], [5], [0.1], [4], [1], [100]])
    context, name = list("aabbbb"), [0, 1, 2, 1, 3, 4]
    near = recurrence.nearest_across_contexts(x + 0, context, name, "euclidean", k=3)
    assert near.shape == (6, 2)  # one context has two rows
    # Centred: a at -2.5, 2.5; b at -26.2, -22.3, -25.3, 73.7. Row 1 may not find its own row 3.
    assert near.tolist() == [[3, 4], [4, 2], [0, 1], [0, 1], [0, 1], [1, 0]]
    with pytest.raises(ValueError, match="two are needed"):
        recurrence.nearest_across_contexts(x, ["a"] * 6, name)


def test_at_most_so_many_of_a_kind_in_a_context():
    kind, context = list("ttttbb"), [0, 0, 0, 1, 0, 0]
    rows = recurrence.at_most(kind, context, 2, np.random.default_rng(1))
    assert sorted(rows) == list(rows)
    assert len(rows) == 5 and set(rows) >= {3, 4, 5}
