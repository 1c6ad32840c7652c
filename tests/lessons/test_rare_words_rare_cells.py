"""What the lesson on rare tokens computes, on tables with known answers, and its claims."""

import numpy as np
import pytest

from celltoken.claims import sampling

NAME = "cross_lingual/rare_words_rare_cells"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def draw(rng, good, n=120, columns=400, dims=6):
    """Types that differ along some axes, in noisy columns; the rich know these axes or not."""
    label = np.arange(n) % 12
    truth = np.linalg.qr(rng.normal(size=(columns, dims)))[0]
    rows = 6 * rng.normal(size=(12, dims))[label] @ truth.T + rng.normal(size=(n, columns))
    rows -= rows.mean(0)
    own = np.linalg.svd(rows, full_matrices=False)[2][:dims].T
    if good == "rich":
        own = np.linalg.qr(own + 0.35 * rng.normal(size=own.shape))[0]
    rich = truth if good == "rich" else np.linalg.qr(rng.normal(size=truth.shape))[0]
    counts = rows + 3 * rng.normal(size=rows.shape) if good == "rich" else rows
    return {
        "rows": rows,
        "own": own,
        "rich": rich,
        "counts": counts,
        "right": label[:, None] == label,
        "k": np.full(n, 5),
        "weight": np.ones(n),
    }


@pytest.mark.parametrize("good", ["rich", "own"])
def test_the_axes_that_know_the_types_place_them(lesson, good):
    rng = np.random.default_rng(0)
    found = lesson["rare_tokens_gain"]([draw(rng, good) for _ in range(3)], rng)
    assert (lead(found) > 0.03) == (good == "rich")


def test_rich_axes_that_are_as_good_refute_it(lesson):
    rng = np.random.default_rng(1)
    tables = [draw(rng, "own") for _ in range(3)]
    for t in tables:
        t["rich"] = t["own"]
    assert lead(lesson["rare_tokens_gain"](tables, rng)) < 0.03


def test_halves_draw_chapters_and_cells(lesson):
    claim, rng = lesson["rare_tokens_gain"], np.random.default_rng(2)
    assert len(sampling.half(claim.units["words"](), rng)) == 595
    poor, rich = sampling.half(claim.units["cells"](), rng)
    assert poor.n_obs == 943 and rich.n_obs == 1071
    draws = lesson["cell_draws"]((poor, rich), rng)
    assert draws[0]["rows"].shape == (150, 1500)


def newcomers(rng, noise, n=240, columns=300, dims=8):
    label = np.arange(n) % 24
    truth = np.linalg.qr(rng.normal(size=(columns, dims)))[0]
    centres = 5 * rng.normal(size=(24, dims)) @ truth.T
    old, new = (centres[label] + noise * rng.normal(size=(n, columns)) for _ in range(2))

    def judge(close):
        return float((label[close.argmax(1)] == label).mean())

    return {"new": new, "old": old, "axes": truth, "raw": new, "raw old": old, "judge": judge}


@pytest.mark.parametrize(("noise", "needed"), [(2.2, True), (0.2, False)])
def test_a_space_is_needed_where_columns_are_noisy(lesson, noise, needed):
    rng = np.random.default_rng(3)
    found = lesson["new_tokens_fall_in_place"](newcomers(rng, noise), rng)
    assert found["value"] > 0.5 and found["permuted columns"] < 0.2
    assert (lead(found) > 0.05) == needed
