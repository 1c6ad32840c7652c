"""Which class of tokens is found again, on a turned copy in which one class may be lost."""

import numpy as np
import pytest
from scipy.stats import special_ortho_group

from celltoken.methods import survival


@pytest.mark.parametrize("lost", [True, False])
def test_a_class_that_is_lost_is_seen_and_one_that_stays_is_not(lost):
    rng = np.random.default_rng(5)
    a = rng.normal(size=(600, 20))
    few = rng.random(600) < 0.15
    b = (a + 0.3 * rng.normal(size=a.shape)) @ special_ortho_group.rvs(20, random_state=1)
    if lost:
        b[few] = rng.normal(size=(few.sum(), 20))
    table = {
        "a": a,
        "b": b,
        "again": a + 0.3 * rng.normal(size=a.shape),
        "size": rng.normal(size=600),
        "answers": {i: [i] for i in range(600)},
    }
    found = survival.ahead(table, few, rng)
    assert 60 < found["pairs"] <= few.sum()
    assert (found["ahead"] > max(0.3, found["chance"])) == lost
    assert (found["found"] < 0.2) == lost and found["rest found"] > 0.9
    assert 0 < found["chance"] < 0.3 or not lost


def test_the_class_is_asked_beside_tokens_as_large():
    rng = np.random.default_rng(6)
    a = rng.normal(size=(400, 10))
    few = np.arange(400) < 60
    size = np.where(few, 5 + rng.normal(size=400), np.arange(400) / 40)
    noise = np.where(size > 5, 0.2, 3)[:, None] * rng.normal(size=a.shape)  # the large are found
    table = {"a": a, "b": a + noise, "again": a, "size": size}
    table["answers"] = {i: [i] for i in range(400)}
    found = survival.ahead(table, few, rng)
    assert abs(found["ahead"]) < max(0.15, found["chance"])
