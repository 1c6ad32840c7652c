"""Streamlines of a velocity: what is drawn, named and coloured."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scanpy as sc
from scipy import sparse

from celltoken.figures.flow import stream
from celltoken.methods.trajectory import add_velocity, layered


@pytest.fixture(scope="module")
def tokens():
    rng = np.random.default_rng(0)
    time = np.sort(rng.random(80))
    switch = rng.uniform(0, 1, 30)
    rate = [1 / (1 + np.exp(-(time[:, None] - switch - lag) / 0.06)) for lag in (0.1, 0)]
    older, newer = (sparse.csr_matrix(rng.poisson(0.3 + 20 * each)) for each in rate)
    made = add_velocity(layered(older, newer, n_neighbors=15))
    sc.tl.umap(made, random_state=0)
    return made


def test_streamlines_points_names_and_a_named_scale_are_drawn(tokens):
    before = tokens.obsm["X_umap"].copy()
    names = np.where(np.arange(80) < 40, "early", "")
    level = np.linspace(0, 1, 80)
    level[-1] = np.inf
    figure, ax = plt.subplots()
    stream(ax, tokens, level, names, meaning="hours")
    assert {text.get_text() for text in ax.texts} == {"early"}
    kinds = {type(each).__name__ for each in ax.collections}
    assert {"LineCollection", "PathCollection"} <= kinds
    assert any("hours" in other.get_ylabel() for other in figure.axes)
    assert not any("hours" in name for name in tokens.obs) and "level" not in tokens.obs
    assert tokens.obsm["X_umap"].dtype == before.dtype
    plt.close(figure)


def test_nothing_is_written_to_the_screen(tokens, capfd):
    figure, ax = plt.subplots()
    stream(ax, tokens, np.arange(80), ["a"] * 80)
    plt.close(figure)
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
