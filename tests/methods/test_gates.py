import itertools

import numpy as np
import pytest

from celltoken.data.circuits import published_rules, simulated_cells
from celltoken.methods import gates

# Hand-counted (OEIS A000609): threshold functions of 1, 2 and 3 inputs.
THRESHOLD_FUNCTIONS = {1: 4, 2: 14, 3: 104}


@pytest.mark.parametrize(("inputs", "count"), THRESHOLD_FUNCTIONS.items())
def test_as_many_gates_are_linear_as_the_literature_counts(inputs, count):
    cases = list(itertools.product([False, True], repeat=inputs))
    found = 0
    for values in itertools.product([False, True], repeat=len(cases)):
        table = dict(zip(cases, values, strict=True))
        found += gates.is_linear(lambda *on, table=table: table[on], inputs)
    assert found == count


def planted(rng, lifted, tokens=480, columns=20):
    first, second = rng.integers(0, 2, (2, tokens)).astype(bool)
    x = rng.normal(size=(tokens, columns))
    x[:, :3] += 2 * (np.c_[first, second, first ^ second] * 2 - 1) * [1, 1, lifted]
    return x, first, second, np.arange(tokens) % 6


def test_features_that_add_hide_their_exclusive_or_from_a_linear_probe_alone():
    x, first, second, group = planted(np.random.default_rng(0), lifted=0)
    found = {k: gates.read(x, first ^ second, group, r) for k, r in gates.readers().items()}
    assert found["linear probe"] < 0.6
    assert min(found["products"], found["quadratic"], found["network"]) > 0.8
    assert found["neighbours"] > 0.6
    for each in (first, second):
        assert gates.read(x, each, group, gates.readers()["linear probe"]) > 0.9


def test_a_lifted_corner_makes_the_exclusive_or_linear():
    x, first, second, group = planted(np.random.default_rng(1), lifted=1)
    assert gates.read(x, first ^ second, group, gates.readers()["linear probe"]) > 0.9


def test_nothing_is_read_from_permuted_labels():
    rng = np.random.default_rng(2)
    x, first, second, group = planted(rng, lifted=1)
    label = rng.permutation(first ^ second)
    for name, reader in gates.readers().items():
        assert 0.35 < gates.read(x, label, group, reader) < 0.65, name


def test_what_cannot_be_asked_is_refused():
    x, first, _, group = planted(np.random.default_rng(4), lifted=0)
    probe = gates.readers()["linear probe"]
    with pytest.raises(ValueError, match="two labels"):
        gates.read(x, np.ones(len(x)), group, probe)
    with pytest.raises(ValueError, match="two groups"):
        gates.read(x, first, np.ones(len(x)), probe)
    with pytest.raises(ValueError, match="480"):
        gates.read(x, first[:-1], group, probe)


def test_published_rules_are_the_ones_of_the_paper():
    rules = published_rules()
    assert len(rules) == 11
    inputs, rule = rules["EKLF"]
    assert inputs == ["Fli1", "Gata1"]
    assert [bool(rule(*on)) for on in ((0, 0), (0, 1), (1, 0), (1, 1))] == [0, 1, 0, 0]


def test_simulated_cells_repeat_and_follow_their_rules():
    values, run = simulated_cells(seed=1, runs=2, steps=200)
    again, _ = simulated_cells(seed=1, runs=2, steps=200)
    np.testing.assert_array_equal(values, again)
    assert values.shape == (80, 11)
    assert np.bincount(run).tolist() == [40, 40]
    assert values.to_numpy().min() > -0.5
    assert values.to_numpy().max() < 1.5
