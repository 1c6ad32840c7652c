"""Poor tables on own and on rich axes: toys with known answers, and the course's data."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from celltoken.data import borrowed, spaces, store, verses


def test_axes_of_verses_are_means_of_their_words():
    rng = np.random.default_rng(0)
    x = sparse.csr_matrix((rng.random((20, 30)) < 0.3).astype(np.float32))
    vectors = rng.normal(size=(20, 4))
    means = np.array([vectors[x[:, j].toarray().ravel() > 0].mean(0) for j in range(30)])
    unit = means / np.linalg.norm(means, axis=1, keepdims=True)
    want = unit - unit.mean(0)
    want /= np.linalg.norm(want, axis=1, keepdims=True)
    assert np.allclose(borrowed.verse_axes(x, vectors), want)


def test_the_judges_chapters_are_read_by_nobody_else():
    chapters = spaces.chapters()
    judge, small, double, rest = borrowed.dealt(chapters, np.random.default_rng(1), 20)
    assert not set(judge) & set(rest)
    assert set(small) < set(double) < set(rest)
    assert len(judge) + len(rest) == 31102
    with pytest.raises(store.DataError, match="40 chapters are too few for 20"):
        borrowed.dealt(chapters.iloc[:40], np.random.default_rng(1), 20)


def test_a_poor_language_and_its_judge():
    t = borrowed.poor_language(spaces.chapters(), np.random.default_rng(2), "tl, en", few=30)
    n = t["rows"].shape[0]
    assert np.allclose(t["rows"].sum(1), 1)
    assert t["right"].sum(1).tolist() == [10] * n and not t["right"].diagonal().any()
    assert t["own"].shape == t["twice"].shape == t["rich"].shape == (t["rows"].shape[1], 50)
    assert t["counts"].shape == (n, borrowed.WORDS)
    perfect = t["right"].astype(float) + 20 * np.eye(n)
    assert borrowed.share_right(perfect, t) > borrowed.share_right(t["rows"] @ t["own"], t)


def test_share_right_by_hand():
    x = np.array([[1, 0.0], [1, 0.1], [1, -0.3], [0, 1.0]])
    right = np.zeros((4, 4), bool)
    right[0, 1] = right[1, 2] = right[2, 3] = right[3, 1] = True
    table = {"right": right, "k": np.array([1, 1, 1, 2]), "weight": np.array([1, 1, 0, 2.0])}
    # nearest: 0 -> 1 right; 1 -> 0 wrong; 3 -> 1 and 0, half right, twice the weight
    assert borrowed.share_right(x, table) == pytest.approx((1 + 0 + 2 * 0.5) / 4)


def study(rng, kinds, spread, n=700, genes=200):
    """Cells whose types differ in some genes; other genes vary together without any use."""
    label = rng.choice(len(kinds), n, p=kinds)
    markers = np.zeros((len(kinds), genes))
    for each in range(len(kinds)):
        markers[each, 8 * each : 8 * each + 8] = 1.5
    noise = spread * rng.normal(size=(n, 4)) @ np.repeat(np.eye(4), 20, axis=1)
    rate = 0.6 * np.exp(markers[label])
    rate[:, 120:] *= np.exp(noise)
    counts = sparse.csr_matrix(rng.poisson(rate).astype(np.float32))
    cells = anndata.AnnData(counts, var=pd.DataFrame(index=[f"G{i}" for i in range(genes)]))
    cells.obs["kind"] = [f"t{each}" for each in label]
    return cells


def test_draws_of_few_cells_ask_about_rare_types():
    rng = np.random.default_rng(3)
    poor = study(rng, [0.5, 0.38, 0.06, 0.06], 0.3)
    rich = study(rng, [0.25] * 4, 0.3, n=900)
    draws = borrowed.poor_cells(poor, rich, "kind", rng, few=120, draws=3, dimension=5)
    assert len(draws) == 3
    for t in draws:
        size = pd.Series(t["label"]).value_counts()
        asked = set(t["label"][t["weight"] > 0])
        assert asked == set(size.index[(size >= 3) & (size <= 15)])
        total = pd.Series(t["weight"]).groupby(t["label"]).sum()
        assert np.allclose(total[list(asked)], 1)
        gain = [borrowed.share_right(t["rows"] @ t[axes], t) for axes in ("rich", "own")]
        assert gain[0] > gain[1] - 0.05
    with pytest.raises(store.DataError, match="too few to draw 400"):
        borrowed.poor_cells(poor, rich, "kind", rng, few=400)
    with pytest.raises(store.DataError, match="No draw"):
        borrowed.poor_cells(poor, rich, "kind", rng, few=100, rare=(98, 99))


def test_a_new_species_falls_among_its_types():
    rng = np.random.default_rng(4)
    old, new = study(rng, [0.3, 0.3, 0.4], 0.1), study(rng, [0.6, 0.2, 0.2], 0.1, n=300)
    t = borrowed.new_species(old, new, "kind", rng, dimension=5)
    found = t["judge"](borrowed.nearness(t["new"] @ t["axes"], t["old"] @ t["axes"]))
    assert found > 0.9
    blind = t["judge"](rng.normal(size=(300, 700)))
    assert blind < 0.5
    new.obs["kind"] = "unheard of"
    with pytest.raises(store.DataError, match="No type"):
        borrowed.new_species(old, new, "kind", rng)


def test_a_new_language_is_judged_by_the_dictionary():
    t = borrowed.new_language(spaces.chapters(), np.random.default_rng(5), "it, en", few=30)
    names = [verses.load(each, 2 * borrowed.WORDS).obs_names for each in ("it", "en")]
    close = np.zeros((len(names[0]), len(names[1])))
    assert t["judge"](close) == 0  # all equally near is not near
    pairs = verses.translations("it", names[1], names[0])
    for word, translation in pairs.to_numpy():
        close[names[0].get_loc(translation), names[1].get_loc(word)] = 1
    assert t["judge"](close) > 0.95
    assert t["new"].shape[1] == t["old"].shape[1] == len(t["axes"])
