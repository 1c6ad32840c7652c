"""What the lesson on read depth computes, against other ways to it, and its claims."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

NAME = "geometry/read_depth_and_second_channels"
MARGIN = 0.05


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k not in ("value", "planted"))


# -- whom wrong neighbours belong to ---------------------------------------------------------------


def test_nearest_class_is_that_of_the_mean_vectors(lesson):
    rng = np.random.default_rng(1)
    kind = np.repeat(["a", "b", "c", "d"], 30)
    centres = np.array([[1, 0.2, 0], [1, -0.2, 0], [-1, 0, 0.3], [-1, 0, -0.3]])
    x = centres[np.arange(120) // 30] + 0.05 * rng.normal(size=(120, 3))
    expected = {"a": "b", "b": "a", "c": "d", "d": "c"}
    assert lesson["nearest_class"](x, kind).to_dict() == expected


def test_shares_of_neighbours_by_hand(lesson):
    x = np.eye(3)[[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]] + 1e-3 * np.arange(36).reshape(12, 3)
    kind = np.array(list("aaabbc" + "cccccc"))
    nearest = pd.Series({"a": "b", "b": "a", "c": "a"})
    # In the first six each sees the five others: a 2, b 1, c 0 of its own; the rest see only c.
    own = (3 * 2 + 2 * 1 + 0 + 6 * 5) / 60
    wrong = (3 * 2 + 2 * 3 + 3) / (60 - 60 * own)
    assert lesson["neighbour_shares"](x, kind, nearest) == pytest.approx((own, wrong))


def melting(rng, confused):
    """Four classes in two pairs. Mates differ in rare contexts; some labels are wrong from the
    start: of any class, or, if ``confused``, of the mate's."""
    kind = np.arange(400) // 100
    rate = np.full((4, 200), 0.3)
    rate[:2, :60] += 4
    rate[2:, 60:120] += 4
    for one in range(4):
        rate[one, 120 + 20 * one : 140 + 20 * one] += 1.0
    counts = sparse.csr_matrix(rng.poisson(rate[kind]).astype(np.float32))
    wrong = rng.permutation(400)[:100]
    label = kind.copy()
    label[wrong] = kind[wrong] ^ 1 if confused else rng.integers(0, 4, 100)
    return counts, np.array(list("abcd"))[label]


def test_the_claim_on_depth_says_yes_where_only_thin_classes_melt(lesson):
    rng = np.random.default_rng(3)
    found = lesson["wrong_neighbours_are_of_the_nearest_class"](melting(rng, False), rng)
    assert found["value"] - found["full depth"] > MARGIN


def test_the_claim_on_depth_says_no_where_they_were_confused_before(lesson):
    rng = np.random.default_rng(4)
    found = lesson["wrong_neighbours_are_of_the_nearest_class"](melting(rng, True), rng)
    assert lead(found) < 0


# -- a second channel ------------------------------------------------------------------------------


def question(rng, strength, size=120):
    sense = rng.random(size) < 0.3
    second = rng.normal(size=(size, 8))
    second[:, 0] += strength * sense
    return {
        "name": "q", "sense": sense, "group": np.arange(size), "first": rng.normal(size=(size, 4)),
        "second": second,
        "instead": {"a neighbour's second channel": second[rng.permutation(size)],
                    "total of the second channel": second.sum(1)[:, None]},
        "alone": {"all of the RNA": rng.normal(size=(size, 4))},
    }  # fmt: skip


def test_folds_keep_a_speech_together(lesson, monkeypatch):
    rng, dealt = np.random.default_rng(6), []

    def accuracy(x, sense, folds):
        dealt.extend(folds)
        return 0.5

    monkeypatch.setitem(lesson["answers"].__globals__, "ridge_accuracy", accuracy)
    group = np.repeat(np.arange(24), 5)
    lesson["answers"](question(rng, 0) | {"group": group}, rng)
    for seen, unseen in dealt:
        assert not set(group[seen]) & set(group[unseen])


def test_the_claim_on_a_second_channel_says_yes_and_no(lesson):
    rng = np.random.default_rng(7)
    for strength, says in ((4, True), (0, False)):
        found = lesson["second_channel_resolves"]([question(rng, strength)] * 6, rng)
        assert (lead(found) > MARGIN) == says


def test_proteins_that_decide_are_not_in_the_second_channel(lesson):
    rng = np.random.default_rng(8)
    names = ["CD3", "CD4", "CD8a", "CD14", "CD19", "CD45RA", "CD45RO", "CD56", "CD16"]
    protein = pd.DataFrame(rng.uniform(0, 8, size=(200, 9)), columns=names)
    for who, sense, used in lesson["questions_of"](protein).values():
        one, two = used[:2]
        assert ((protein[one] > protein[two]).to_numpy() == sense)[who].all()
        assert (abs(protein[one] - protein[two])[who] > 1).all()
    assert used == ["CD3", "CD56", "CD14", "CD19"]
