"""What the lesson on dimension computes, on clouds and tasks with known answers, and its claims."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from celltoken.methods import dimension

NAME = "analogies/dimension"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k not in ("value", "planted"))


def test_halvings_count_from_columns_down_to_the_dimension(lesson):
    rng = np.random.default_rng(0)
    x = np.c_[rng.uniform(size=(1500, 2)), np.zeros((1500, 14))]
    assert lesson["halvings"](x) == pytest.approx(3, abs=0.15)  # 16, 8, 4, 2


# -- A5 --------------------------------------------------------------------------------------------


def gradation(rng, noise=0.0, tokens=1200):
    """A sheet bent through fifty directions, with noise in all."""
    like = rng.normal(size=(tokens, 50)) * np.linspace(3, 0.5, 50)
    sheet = dimension.bent_sheet_like(like, rng, directions=50)
    return sheet + noise * rng.normal(size=sheet.shape)


def test_a_bent_sheet_confirms_the_claim(lesson):
    rng = np.random.default_rng(1)
    found = lesson["fewer_than_its_covariance"](gradation(rng), rng)
    assert lead(found) > 0.32


@pytest.mark.parametrize("shape", ["gaussian", "clusters", "long and short"])
def test_flat_clouds_clusters_and_unequal_lengths_refute_it(lesson, shape):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(1200, 50)) * np.linspace(3, 0.5, 50)
    if shape == "clusters":
        x += 12 * rng.normal(size=(10, 50))[np.arange(1200) % 10]
    if shape == "long and short":
        x *= rng.lognormal(0, 0.7, (1200, 1))
    found = lesson["fewer_than_its_covariance"](x, rng)
    assert lead(found) < 0.32


def test_noise_hides_the_sheet_and_what_was_planted_says_so(lesson):
    rng = np.random.default_rng(3)
    # Ten main directions of a sheet, and so much noise in all that no ruler sees it.
    sheet = gradation(rng)[:, :10] @ np.eye(10, 50)
    found = lesson["fewer_than_its_covariance"](sheet + 3 * rng.normal(size=(1200, 50)), rng)
    strongest = found["value"] - lead(found)
    assert lead(found) < 0.32
    assert found["planted"] - strongest < 0.32


# -- A9 --------------------------------------------------------------------------------------------


def counted(rng, logits, events=3000):
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    return sparse.csr_matrix(rng.multinomial(events, p).astype(np.float32))


def test_counts_along_a_strong_gradation_confirm_the_claim(lesson):
    rng = np.random.default_rng(4)
    t = rng.uniform(size=(400, 1))
    waves = np.cos(2 * np.pi * (3 * t * rng.uniform(1, 4, 200) + rng.uniform(size=200)))
    found = lesson["counts_vary_together"](counted(rng, 3 * waves), rng)
    assert lead(found) > 0.32


def test_clusters_and_sampling_refute_it(lesson):
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(10, 200))[np.arange(400) % 10]
    found = lesson["counts_vary_together"](counted(rng, logits, 800), rng)
    assert abs(found["value"] - found["drawn from clusters"]) < 0.32
    assert lead(found) < 0.32


def test_independent_counts_refute_it(lesson):
    rng = np.random.default_rng(6)
    found = lesson["counts_vary_together"](counted(rng, np.zeros((400, 200)), 800), rng)
    assert abs(found["value"] - found["drawn from margins"]) < 0.2
    assert lead(found) < 0.32


# -- A7 --------------------------------------------------------------------------------------------


def tasks(rng, plateau, units=24):
    intrinsic = 2 ** rng.uniform(1, 5.5, units)
    task = np.tile(["kind", "stage"], units // 2)
    scatter = 2 ** rng.normal(0, 0.2, units)
    table = pd.DataFrame({"table": "made", "task": task, "intrinsic": intrinsic})
    table["linear"] = 2 ** rng.uniform(1, 5.5, units)
    table["plateau"] = plateau(table) * scatter
    return table


@pytest.mark.parametrize(
    ("plateau", "winner"),
    [
        (lambda table: 3 * table.intrinsic, "value"),
        (lambda table: 3 * table.linear, "linear dimension"),
        (lambda table: np.where(table.task == "kind", 4.0, 32.0), "same for the task"),
        (lambda table: np.full(len(table), 16.0), "same number for all"),
    ],
)
def test_the_rule_that_made_the_plateaus_foretells_them(lesson, plateau, winner):
    rng = np.random.default_rng(7)
    found = lesson["plateau_follows_dimension"](tasks(rng, plateau), rng)
    best = max((k for k in found if k != "planted"), key=found.get)
    assert found[winner] == pytest.approx(found[best], abs=0.05)
    assert (lead(found) > 0.25) == (winner == "value")
    assert found["planted"] - (found["value"] - lead(found)) > 0.25  # with power in each case


def test_tables_of_one_dimension_have_no_power(lesson):
    rng = np.random.default_rng(8)
    table = tasks(rng, lambda table: np.full(len(table), 16.0)).assign(intrinsic=20.0)
    found = lesson["plateau_follows_dimension"](table, rng)
    assert found["planted"] - (found["value"] - lead(found)) < 0.25


def test_a_plateau_is_foretold_from_the_others_only(lesson):
    foretold = lesson["foretold"]
    assert foretold(np.array([4.0, 8.0, 16.0]), np.array([1.0, 2.0, 4.0])) == 0
    # Left out, each is foretold by the mean of the logarithms of the two others.
    found = foretold(np.array([1.0, 2.0, 8.0]), np.ones(3))
    assert found == pytest.approx(-np.mean([2.0, 0.5, 2.5]))
    like = np.array(["a", "a", "b"])  # the last has none of its kind: all others foretell it
    found = foretold(np.array([1.0, 2.0, 8.0]), np.ones(3), like)
    assert found == pytest.approx(-np.mean([1.0, 1.0, 2.5]))


# -- what is sampled -------------------------------------------------------------------------------


def test_clouds_have_as_many_tokens_whole_and_halved(lesson):
    claim = lesson["fewer_than_its_covariance"]
    rng = np.random.default_rng(9)
    vectors = rng.normal(size=(5000, 100)).astype(np.float32)
    table = pd.DataFrame(vectors)

    class Table:
        def __init__(self, x):
            self.X, self.n_obs = x, len(x)

    whole = claim.tables["words"](Table(table.to_numpy()), rng)
    half = claim.tables["words"](Table(table.to_numpy()[::2]), rng)
    assert whole.shape == half.shape == (1200, 50)
