"""The solver of analogies against gensim's, and its parts against what is known by hand."""

import numpy as np
import pandas as pd
import pytest

from celltoken import data
from celltoken.data import bridge
from celltoken.data.lexicons import analogies, analogies_path
from celltoken.methods.analogy import (
    beside_accuracy,
    broken,
    congruence,
    csls,
    mean_of_alike,
    nearest,
    offsets_without_own,
    relative_positions,
    solve,
    turned,
)


@pytest.fixture(scope="module")
def glove():
    table = data.load("glove")[:6000].copy()
    row = {word: i for i, word in enumerate(table.obs_names)}
    listed = analogies()
    listed = listed[listed[list("abcd")].isin(list(row)).all(axis=1)]
    return table, bridge.to_keyed_vectors(table), row, listed


def test_answers_are_those_of_gensim(glove):
    table, vectors, row, listed = glove
    x, some = np.asarray(table.X), listed.sample(60, random_state=0)
    abc = some[list("abc")].map(row.get).to_numpy()
    for method, theirs in (
        ("add", vectors.most_similar),
        ("multiply", vectors.most_similar_cosmul),
    ):
        ours = table.obs_names.to_numpy()[solve(x, abc, method, best=3)]
        for (a, b, c), answers in zip(some[list("abc")].to_numpy(), ours, strict=True):
            expected = theirs(positive=[b, c], negative=[a], topn=3)
            assert list(answers) == [word for word, _ in expected]


def test_accuracy_is_that_of_gensims_evaluator(glove, tmp_path):
    table, vectors, row, listed = glove
    wanted = {"family", "currency", "gram2-opposite"}
    lines, keep = [], False
    for line in open(analogies_path(), encoding="utf-8"):
        keep = line[1:].strip() in wanted if line.startswith(":") else keep
        lines += [line] if keep else []
    (tmp_path / "some.txt").write_text("".join(lines), encoding="utf-8")
    expected, _ = vectors.evaluate_word_analogies(tmp_path / "some.txt", restrict_vocab=6000)
    some = listed[listed.section.isin(wanted)]
    rows = some[list("abcd")].map(row.get).to_numpy()
    ours = solve(np.asarray(table.X), rows[:, :3])[:, 0]
    assert np.mean(ours == rows[:, 3]) == pytest.approx(expected)


@pytest.fixture
def grid():
    """Two rows of four tokens on the unit sphere, the upper a shift of the lower."""
    rng = np.random.default_rng(0)
    lower = rng.normal(size=(4, 12))
    return np.vstack([lower, lower + 0.6 * rng.normal(size=12), rng.normal(size=(9, 12))])


def test_a_planted_shift_is_found_and_what_leaves_it_out_fails(grid):
    questions = np.array([[i, i + 4, j] for i in range(4) for j in range(4) if i != j])
    assert (solve(grid, questions)[:, 0] == questions[:, 2] + 4).all()
    assert (solve(grid, questions, exclude=False)[:, 0] != questions[:, 1]).all()
    assert (solve(grid, questions, "b", exclude=False)[:, 0] == questions[:, 1]).all()
    assert (solve(grid, questions, "c", exclude=False)[:, 0] == questions[:, 2]).all()
    wrong = questions[:, [1, 0, 2]]  # the arrow taken backwards
    assert (solve(grid, wrong)[:, 0] != questions[:, 2] + 4).any()


def test_candidates_and_exclusion_are_kept_to(grid):
    questions = np.array([[0, 4, 1], [1, 5, 2]])
    only = np.array([0, 1, 9, 10, 4, 6, 2])
    found = solve(grid, questions, candidates=only, best=4)
    assert np.isin(found, only).all()
    assert not (found[:, :, None] == questions[:, None]).any()
    target = grid[[7]] / np.linalg.norm(grid[7])
    assert nearest(grid, target)[0, 0] == 7
    assert nearest(grid, target, excluded=np.array([[7]]))[0, 0] != 7


def test_scale_of_rows_does_not_matter(grid):
    questions = np.array([[0, 4, 1], [1, 5, 2]])
    scaled = grid * np.random.default_rng(1).uniform(0.1, 9, size=(17, 1))
    for method in ("add", "multiply", "b + c"):
        np.testing.assert_array_equal(
            solve(grid, questions, method, best=5), solve(scaled, questions, method, best=5)
        )


def test_a_mean_offset_leaves_out_the_own_pair_and_needs_no_pairing(grid):
    pairs = np.array([[0, 4], [1, 5], [2, 6], [3, 7]])
    unit = grid / np.linalg.norm(grid, axis=1, keepdims=True)
    offsets = offsets_without_own(grid, pairs)
    np.testing.assert_allclose(offsets[0], (unit[[5, 6, 7]] - unit[[1, 2, 3]]).mean(0))
    crossed = np.array([[0, 4], [1, 6], [2, 7], [3, 5]])
    np.testing.assert_allclose(offsets_without_own(grid, crossed)[0], offsets[0])
    with pytest.raises(ValueError, match="one pair only"):
        offsets_without_own(grid, pairs[:1])


def test_relative_positions_sum_to_zero_and_forget_a_shift(grid):
    group = np.repeat(["low", "high", "rest"], [4, 4, 9])
    found = relative_positions(grid, group)
    for each in np.unique(group):
        np.testing.assert_allclose(found[group == each].sum(0), 0, atol=1e-12)
    x = np.eye(4)[[0, 1, 0, 1]]
    x[2:, 2] += 1
    found = relative_positions(x, [0, 0, 1, 1])
    assert found[0] @ found[2] > 0 > found[0] @ found[3]


def test_congruence_by_hand():
    xy = np.array([[0, 0], [2, 0], [0, 1], [2, 1], [0, 3], [0, 5.0]])
    cosine, lie = congruence(xy, np.array([[0, 1], [2, 3], [4, 5]]))
    np.testing.assert_allclose(cosine, [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(lie[:, :2], np.array([[1, 1], [3, 29**0.5], [2, 20**0.5]]) / 2)
    np.testing.assert_allclose(lie[:, 2], 0, atol=1e-12)
    longer = congruence(np.array([[0, 0], [1, 0], [0, 1], [0, 4.0]]), np.array([[0, 1], [2, 3]]))[1]
    np.testing.assert_allclose(longer, [[0.5, 17**0.5 / 2, np.log(3)]])
    # Nothing can be farther from parallel than tails and heads let it be.
    rng = np.random.default_rng(2)
    cosine, lie = congruence(rng.normal(size=(80, 2)), np.arange(80).reshape(-1, 2))
    near = lie[:, :2].sum(1) < 1
    assert near.any()
    assert cosine[near].min() > 0.5


def test_csls_by_hand_and_where_a_hub_wins():
    scores = np.array([[0.9, 0.8], [0.1, 0.5]])
    expected = 2 * scores - [[0.85], [0.3]] - [0.5, 0.65]
    np.testing.assert_allclose(csls(scores), expected)
    np.testing.assert_allclose(csls(scores, k=1), 2 * scores - [[0.9], [0.5]] - [0.9, 0.8])
    # A candidate that lies near to all takes every vote, and none once that is subtracted.
    hub = np.eye(5) * 0.3 + 0.2
    hub[:, 2] = 0.6
    assert (hub.argmax(1) == 2).all()
    assert (csls(hub).argmax(1)[[0, 1, 3, 4]] == [0, 1, 3, 4]).all()


def test_broken_arrows_that_go_on_where_the_other_ends_are_left_out():
    rng = np.random.default_rng(4)
    place = rng.normal(size=(60, 2))
    xy = np.vstack([place, place + 0.01 * rng.normal(size=(60, 2))])
    own = np.c_[np.arange(60), 60 + np.arange(60)]
    way = np.c_[np.arange(60), 60 + np.roll(np.arange(60), -1)]  # each to the next one's place
    chained, _ = congruence(xy, way)
    apart, _ = congruence(xy, way, own)
    assert len(chained) - len(apart) == 60
    i, j = np.triu_indices(60, 1)
    goes_on = (j - i == 1) | (j - i == 59)
    assert chained[goes_on].mean() < -0.15 < apart.mean()
    np.testing.assert_array_equal(apart, chained[~goes_on])


def test_what_stands_beside_an_accuracy(grid):
    pairs = pd.DataFrame({"relation": "up", "tail": [0, 1, 2, 3], "head": [4, 5, 6, 7]})
    names = np.array([f"t{i}" for i in range(17)])
    found = beside_accuracy(grid, pairs, names, np.random.default_rng(5))
    assert found["b − a + c"] == found["mean offset"] == 1
    few = beside_accuracy(grid, pairs, names, np.random.default_rng(5), np.arange(4))
    assert few["b − a + c"] == 0
    assert few["a, b, c allowed"] == found["a, b, c allowed"]


def test_broken_pairs_keep_tails_and_heads_but_no_pair():
    pairs = np.array([[0, 9], [1, 8], [2, 9], [3, 7], [4, 6]])
    for drawn in broken(pairs, np.random.default_rng(3)):
        assert not {tuple(each) for each in drawn.tolist()} & {tuple(e) for e in pairs.tolist()}
        assert set(drawn[:, 0]) <= set(pairs[:, 0])


def test_wrong_input_is_named(grid):
    with pytest.raises(ValueError, match="method must be one of"):
        solve(grid, [[0, 1, 2]], "subtract")
    with pytest.raises(ValueError, match="row numbers from 0 to 16"):
        solve(grid, [[0, 1, 17]])
    with pytest.raises(ValueError, match="three columns"):
        solve(grid, [[0, 1]])
    with pytest.raises(ValueError, match="too few"):
        solve(grid, [[0, 1, 2]], candidates=np.array([0, 1, 2, 3]), best=2)
    with pytest.raises(ValueError, match="same space"):
        nearest(grid, np.ones((1, 3)))


def test_turned_arrows_keep_tails_and_lengths():
    rng = np.random.default_rng(6)
    xy, pairs = rng.normal(size=(20, 2)), np.arange(20).reshape(-1, 2)
    found, ends = turned(xy, pairs, rng)
    tails, heads = found[ends.T]
    np.testing.assert_allclose(tails, xy[pairs[:, 0]])
    before = np.linalg.norm(xy[pairs[:, 1]] - tails, axis=1)
    np.testing.assert_allclose(np.linalg.norm(heads - tails, axis=1), before)
    assert (np.linalg.norm(heads - xy[pairs[:, 1]], axis=1) > 1e-3).all()


def test_matches_lie_as_near_and_are_as_alike_in_length():
    rng = np.random.default_rng(12)
    cosine, lie = rng.uniform(-1, 1, 200), rng.uniform(0, 1, (200, 3))
    found = mean_of_alike(lie, (cosine, lie))
    # Each finds itself among its matches, and few others within a tenth.
    assert np.corrcoef(cosine, found)[0, 1] > 0.8
    for away in np.eye(3):
        assert np.isnan(mean_of_alike(lie, (cosine, lie + 50 * away))).all()
    assert np.isfinite(mean_of_alike(lie[:2], (cosine[:2], lie[:2]))).all()
