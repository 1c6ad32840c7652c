"""Figures: controls live and frozen, dots against their nulls, labels on islands."""

import re

import matplotlib

matplotlib.use("Agg")

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest

from celltoken import plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def draw(value):
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.set_title(f"squared {value**2}", loc="left")
    return figure


def test_a_knob_is_live_where_a_kernel_runs(monkeypatch):
    monkeypatch.delenv("CELLTOKEN_STATIC", raising=False)
    knob = plots.knob(draw, "x (units)", [1, 2, 5], start=1)
    assert isinstance(knob, ipywidgets.Widget)
    slider = knob.children[0]
    assert slider.options == (1, 2, 5) and slider.value == 2
    assert slider.description == "x (units)"


def test_a_knob_carries_its_frames_where_none_runs(monkeypatch):
    monkeypatch.setenv("CELLTOKEN_STATIC", "1")
    page = plots.knob(draw, "x (units)", [1, 2, 5], start=1).data
    frames = re.findall(r"<img [^>]*>", page)
    assert len(frames) == 3
    assert [" hidden" in frame for frame in frames] == [True, False, True]
    assert 'alt="x (units) 5: squared 25"' in frames[2]
    assert 'type="range"' in page and "<label" in page
    assert "http" not in page.replace("data:image", "")
    assert not plt.get_fignums()  # frames are closed once drawn


def test_a_knob_writes_names_as_text_and_not_as_markup(monkeypatch):
    monkeypatch.setenv("CELLTOKEN_STATIC", "1")
    page = plots.knob(draw, '<b onclick="x">', [1, 2]).data
    assert "<b onclick" not in page


def test_dots_stand_at_their_values_with_their_nulls_in_grey():
    _, ax = plt.subplots()
    plots.against_null(ax, {"a": 0.9, "b": 0.4}, {"a": [0.1, 0.3]}, plots.WORDS)
    written = [text.get_text() for text in ax.texts]
    assert written == ["0.90", "0.20", "0.40"]  # b has no null
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_a_label_stands_on_an_island_and_not_between_two():
    rng = np.random.default_rng(0)
    islands = np.concatenate([rng.normal(0, 0.1, (60, 2)), rng.normal(10, 0.1, (40, 2))])
    _, ax = plt.subplots()
    plots.cloud(ax, islands, ["kind"] * 100)
    assert np.linalg.norm(ax.texts[0].xy) < 1  # on the larger one


def test_a_similarity_map_sorts_tokens_by_label():
    x = np.array([[1, 0, 0.9], [0, 1, 0], [0.9, 0, 1]])
    _, ax = plt.subplots()
    plots.similarity_map(ax, x, ["a", "b", "a"], plots.CELLS)
    shown = np.asarray(ax.images[0].get_array())
    assert shown[0, 1] == 0.9 and shown[0, 2] == 0
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_the_inmost_point_lies_in_the_largest_island():
    rng = np.random.default_rng(0)
    xy = np.vstack([rng.normal(size=(300, 2)), 50 + rng.normal(size=(200, 2))])
    assert np.linalg.norm(xy[plots.inmost(xy)]) < 1
    assert plots.inmost(xy[:1]) == 0
