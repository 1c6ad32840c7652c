"""What C3 computes: preparations against other libraries, and planted tables of both kinds."""

from types import SimpleNamespace

import numpy as np
import pytest
from anndata import AnnData
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from celltoken import lessons
from celltoken.data.lexicons import word_pairs
from celltoken.methods.neighbours import majority_label, neighbours

NAME = "context/choosing_a_metric"


@pytest.fixture(scope="module")
def lesson():
    names = lessons.parameters_of(NAME)
    for source in lessons.sources_of(NAME, "claim"):
        exec(source, names)
    return SimpleNamespace(**{k: v for k, v in names.items() if not k.startswith("__")})


def test_preparations_are_those_of_scikit_learn(lesson):
    x = np.random.default_rng(0).normal(size=(90, 70)) * np.linspace(1, 3, 70)
    made = lesson.preparations(x)
    assert np.allclose(made["columns scaled"], StandardScaler().fit_transform(x))
    components = PCA(50, svd_solver="full").fit_transform(x)
    assert np.allclose(np.abs(made["50 components"]), np.abs(components), atol=1e-5)


def test_words_are_scored_by_the_order_people_give(lesson):
    rng = np.random.default_rng(1)
    judged = word_pairs("simlex999").head(30)
    names = sorted({*judged.a, *judged.b})
    vectors = AnnData(rng.normal(size=(len(names), 60)))
    vectors.obs_names = names
    table = lesson.JudgedPairs((judged, vectors), rng)
    place = {name: vectors.X[i] for i, name in enumerate(names)}
    far = [np.linalg.norm(place[a] - place[b]) for a, b in zip(judged.a, judged.b, strict=True)]
    expected = spearmanr(-np.array(far), judged.score).statistic
    assert table.score(table.answers(table.x, "euclidean")) == pytest.approx(expected)


def planted(lengths, rng):
    """Cells whose type is a direction and whose row length is anything."""
    kind = np.arange(240) % 3
    x = rng.normal(size=(3, 60))[kind] + 0.05 * rng.normal(size=(240, 60))
    x = x * lengths[:, None]

    def answers(rows, metric):
        return majority_label(neighbours(rows, 10, metric), kind) == kind

    return SimpleNamespace(x=x, answers=answers, score=np.mean)


def test_c3_sees_lengths_that_mislead_one_metric(lesson):
    rng = np.random.default_rng(2)
    found = lesson.gap_between_metrics(planted(np.exp(3 * rng.normal(size=240)), rng), rng)
    assert found["value"] > 0.03 + found["metrics exchanged"]


def test_c3_sees_nothing_where_all_metrics_agree(lesson):
    rng = np.random.default_rng(3)
    found = lesson.gap_between_metrics(planted(np.ones(240), rng), rng)
    assert found["value"] < 0.03


def test_c3_says_so_where_the_preparation_matters_more(lesson):
    rng = np.random.default_rng(4)
    table = planted(np.ones(240), rng)
    table.x = np.hstack([table.x, 100 * rng.normal(size=(240, 60))])  # scaling alone helps
    found = lesson.gap_between_metrics(table, rng)
    assert found["another preparation"] > found["value"]
