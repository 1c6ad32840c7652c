"""Figures: controls live and frozen, dots against their nulls, labels on islands."""

import re

import matplotlib

matplotlib.use("Agg")

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest

from celltoken import figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def draw(value):
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.set_title(f"squared {value**2}", loc="left")
    return figure


def test_a_slider_is_live_where_a_kernel_runs(monkeypatch):
    monkeypatch.delenv("CELLTOKEN_STATIC", raising=False)
    control = figures.slider(draw, "x (units)", [1, 2, 5], start=1)
    assert isinstance(control, ipywidgets.Widget)
    slider = control.children[0]
    assert slider.options == (1, 2, 5) and slider.value == 2
    assert slider.description == "x (units)"


def test_a_slider_carries_its_frames_where_none_runs(monkeypatch):
    monkeypatch.setenv("CELLTOKEN_STATIC", "1")
    plt.close("all")  # whatever another test has left
    page = figures.slider(draw, "x (units)", [1, 2, 5], start=1).data
    frames = re.findall(r"<img [^>]*>", page)
    assert len(frames) == 3
    assert [" hidden" in frame for frame in frames] == [True, False, True]
    assert 'alt="x (units) 5: squared 25"' in frames[2]
    assert 'type="range"' in page and "<label" in page
    assert "http" not in page.replace("data:image", "")
    assert not plt.get_fignums()  # frames are closed once drawn


def test_a_slider_writes_names_as_text_and_not_as_markup(monkeypatch):
    monkeypatch.setenv("CELLTOKEN_STATIC", "1")
    page = figures.slider(draw, '<b onclick="x">', [1, 2]).data
    assert "<b onclick" not in page


def test_dots_stand_at_their_values_with_their_nulls_in_grey():
    _, ax = plt.subplots()
    figures.against_null(ax, {"a": 0.9, "b": 0.4}, {"a": [0.1, 0.3]}, figures.WORDS)
    written = [text.get_text() for text in ax.texts]
    assert written == ["0.90", "0.20", "0.40"]  # b has no null
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_a_label_stands_on_an_island_and_not_between_two():
    rng = np.random.default_rng(0)
    islands = np.concatenate([rng.normal(0, 0.1, (60, 2)), rng.normal(10, 0.1, (40, 2))])
    _, ax = plt.subplots()
    figures.scatter_by_label(ax, islands, ["kind"] * 100)
    assert np.linalg.norm(ax.texts[0].xy) < 1  # on the larger one


def test_a_similarity_map_sorts_tokens_by_label():
    x = np.array([[1, 0, 0.9], [0, 1, 0], [0.9, 0, 1]])
    _, ax = plt.subplots()
    figures.similarity_map(ax, x, ["a", "b", "a"], figures.CELLS)
    shown = np.asarray(ax.images[0].get_array())
    assert shown[0, 1] == 0.9 and shown[0, 2] == 0
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_the_densest_point_lies_in_the_largest_island():
    rng = np.random.default_rng(0)
    xy = np.vstack([rng.normal(size=(300, 2)), 50 + rng.normal(size=(200, 2))])
    assert np.linalg.norm(xy[figures.densest_point(xy)]) < 1
    assert figures.densest_point(xy[:1]) == 0


def test_long_names_of_rivals_do_not_make_the_panel_small():
    widths = []
    for name in ("a", "a name that is much longer than the panel is wide, and then some more"):
        figure, ax = plt.subplots(figsize=(3, 2), layout="constrained")
        row = {"value": 0.6, "rivals": {name: 0.4}, "low": 0.5, "high": 0.7, "margin": 0.45}
        figures.against_rivals(ax, {"claim": row}, figures.WORDS)
        figure.canvas.draw()
        widths.append(ax.get_window_extent().width)
    assert widths[0] == pytest.approx(widths[1])


def test_stacked_claims_count_what_is_supported_and_one_alone_says_by_how_much():
    yes = {"value": 0.6, "rivals": {"a": 0.4, "b": 0.1}, "low": 0.5, "high": 0.7, "margin": 0.45}
    no = yes | {"value": 0.42, "supports": False}
    yes["supports"] = True
    both = {"one": {"words": yes, "cells": no}, "two": {"words": yes, "cells": yes}}
    figure = figures.claims_stacked(both, "share", limits=(-0.1, 0.9))
    titles = [ax.get_title(loc="left") or ax.get_title() for ax in figure.axes]
    assert titles == ["Words: 2 of 2 claims supported", "Cells: 1 of 2 claims supported"]
    assert [ax.get_xlim() for ax in figure.axes] == [(-0.1, 0.9)] * 2
    figure = figures.claims_stacked({"": both["one"]}, "share", height=5)
    titles = [ax.get_title(loc="left") or ax.get_title() for ax in figure.axes]
    assert titles == [
        "Words: +0.20 against a\n(supported, medians over halves)",
        "Cells: +0.02 against a\n(not supported, medians over halves)",
    ]


def test_labels_with_odd_signs_are_drawn_as_they_are():
    figures.use_style()
    figure, ax = plt.subplots(figsize=(1, 1))
    odd = "αβ <i>$_x^{{2}}$ & $\\frac$"
    text = ax.set_title(odd)
    figure.canvas.draw()  # a stranger's parser would stop here
    assert text.get_text() == odd and not text.get_parse_math()


def claim(value, rival, low=None, high=None):
    row = {"value": value, "rivals": {"a": rival}, "low": low, "high": high}
    return row | {"margin": rival + 0.1, "supports": value >= rival + 0.1}


def test_a_number_outside_the_limits_of_a_panel_widens_them():
    _, ax = plt.subplots()
    ax.set_xlim(0, 0.8)
    figures.against_rivals(ax, {"one": claim(0.5, 0.3)}, figures.WORDS)
    assert ax.get_xlim() == (0, 0.8)
    figures.against_rivals(ax, {"one": claim(0.93, -0.2)}, figures.WORDS)
    assert ax.get_xlim()[0] < -0.2 and ax.get_xlim()[1] > 0.93
    figure = figures.claims_stacked({"one": {"words": claim(1.0, 0.2), "cells": claim(0, 0)}}, "x")
    assert all(ax.get_xlim()[1] > 1 for ax in figure.axes)


def test_a_single_run_reaches_margins_and_supports_nothing():
    yes, no = claim(0.6, 0.3), claim(0.35, 0.3)
    assert figures.how_many_supported([yes, no]) == "1 of 2\nreach the margin"
    resampled = claim(0.6, 0.3, 0.5, 0.7)
    assert figures.how_many_supported([resampled, resampled], " claims", " ") == (
        "2 of 2 claims supported"
    )
    figure = figures.claims_stacked({"": {"words": yes, "cells": no}}, "share", height=5)
    titles = [ax.get_title(loc="left") or ax.get_title() for ax in figure.axes]
    assert titles[0].endswith("(margin reached)") and titles[1].endswith("(margin not reached)")
