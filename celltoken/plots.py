"""One look for all figures: words blue, cells vermilion, nulls grey, on a transparent ground.

The site shows figures on a light and on a dark page; the dark page inverts lightness and keeps
hues (``book/_static/custom.css``), so figures stay transparent and never paint a background.
"""

import base64
import html
import io
import os

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from IPython.display import HTML
from matplotlib import patheffects

# Okabe and Ito's colours, told apart by readers with any common colour vision.
WORDS, CELLS, NULL, INK = "#0072B2", "#D55E00", "#8A8A8A", "#1F2430"
SIDE_COLOURS = {"words": WORDS, "cells": CELLS}
CATEGORIES = [
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#7A5195",
    "#6B4A1E",
]


def use_style():
    """Set matplotlib, seaborn and scanpy figures to the course's style for this session."""
    sns.set_theme(context="notebook", style="ticks", palette=CATEGORIES)
    mpl.rcParams.update(
        {
            "figure.figsize": (6.4, 3.6),  # narrow, so that type stays readable on a phone
            "figure.dpi": 130,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "savefig.transparent": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 12.5,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.labelsize": 12,
            "font.size": 12,
            "xtick.labelsize": 11,
            "ytick.labelsize": 11,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "legend.frameon": False,
            "image.cmap": "viridis",
        }
    )


def side_by_side(words="Words", cells="Cells", *, height=3.6, share_x=True, share_y=True):
    """Two panels with the same axes, words left and cells right.

    Parameters
    ----------
    words, cells : str
        Panel titles: state the finding.
    height : float
        Inches.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : dict from "words" and "cells" to matplotlib.axes.Axes
    """
    figure, pair = plt.subplots(1, 2, figsize=(6.8, height), sharex=share_x, sharey=share_y)
    axes = dict(zip(SIDE_COLOURS, pair, strict=True))
    for (side, ax), title in zip(axes.items(), (words, cells), strict=True):
        ax.set_title(title, color=SIDE_COLOURS[side])
    return figure, axes


def against_null(ax, rows, null, colour, *, format="{:.2f}"):
    """Measured values as labelled dots, one row each, with their nulls as grey ticks.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : dict or pandas.Series from row label to float
        The measurements, drawn from top to bottom.
    null : dict or pandas.Series from row label to float or sequence of float
        The same statistic under the null, once or for several shuffles; leave a row out if it has
        no null.
    colour : str
        ``plots.WORDS`` or ``plots.CELLS``.
    """
    rows = dict(rows)
    places = np.arange(len(rows))[::-1]

    def write(x, y, offset, **look):
        text = {"textcoords": "offset points", "ha": "center", **look}
        ax.annotate(format.format(x), (x, y), (0, offset), **text)

    for y, (label, value) in zip(places, rows.items(), strict=True):
        ax.plot(value, y, "o", color=colour, ms=9, zorder=3)
        write(value, y, 9, color=colour, fontweight="bold")
        if label not in null:
            continue
        shuffles = np.atleast_1d(null[label])
        ax.plot([shuffles.mean(), value], [y, y], color=colour, alpha=0.25, lw=3, zorder=1)
        ax.plot(shuffles, np.full(len(shuffles), y), "|", color=NULL, ms=16, mew=2.5, zorder=2)
        write(shuffles.mean(), y, -18, color="#5F6368")
    ax.set_yticks(places, rows)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def similarity_map(ax, similarities, labels, colour):
    """Every pair of tokens as a square of colour, tokens sorted by label, labels at the blocks.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    similarities : array, shape (tokens, tokens)
        Cosine similarities; those of 0 and below are left blank.
    labels : sequence of str, length tokens
    colour : str
        The full colour, for a similarity of 1.
    """
    labels = np.asarray(labels, dtype=str)
    order = np.argsort(labels, kind="stable")
    ramp = mpl.colors.LinearSegmentedColormap.from_list("side", [(1, 1, 1, 0), colour], N=16)
    ax.imshow(
        similarities[np.ix_(order, order)], cmap=ramp, vmin=0, vmax=1, interpolation="nearest"
    )
    names, starts, sizes = np.unique(labels[order], return_index=True, return_counts=True)
    ax.set_yticks(starts + sizes / 2 - 0.5, names)
    ax.set_xticks([])
    ax.tick_params(length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def cloud(ax, xy, labels, *, order=None, size=6):
    """A map of tokens coloured by label, each label written where most of its points are.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    xy : array, shape (tokens, 2)
    labels : sequence of str, length tokens
    order : sequence of str, optional
        Colour only these labels, in the order of the palette, with larger dots; all other tokens
        are grey. Default: all labels, the commonest first.
    size : float
        Area of a dot in square points.
    """
    xy, labels = np.asarray(xy), np.asarray(labels, dtype=str)
    dot = size if order is None else 5 * size
    if order is None:
        found, counts = np.unique(labels, return_counts=True)
        order = found[np.argsort(-counts, kind="stable")]
    others = ~np.isin(labels, list(order))
    ax.scatter(*xy[others].T, s=size, color=NULL, alpha=0.3, lw=0)
    paper = [patheffects.withStroke(linewidth=3, foreground="white")]
    for i, name in enumerate(order):
        mine = xy[labels == name]
        if len(mine) == 0:
            continue
        ax.scatter(*mine.T, s=dot, color=CATEGORIES[i % len(CATEGORIES)], lw=0, alpha=0.8)
        ax.annotate(
            name, mine[inmost(mine)], (0, 6), textcoords="offset points", ha="center",
            fontsize=9.5, fontweight="bold", color=INK, path_effects=paper,
        )  # fmt: skip
    ax.set(xticks=[], yticks=[], aspect="equal")
    sns.despine(ax=ax, left=True, bottom=True)


def inmost(xy):
    """Number of the point around which the nearest 40 % of all lie closest.

    It lies inside the largest island, where a mean or a median may lie in the sea between two. Of
    many points about two hundred are tried. ``xy`` is an array of shape (points, 2), not empty.
    """
    every = max(1, len(xy) // 200)
    far = np.linalg.norm(xy[::every][:, None] - xy[None], axis=2)
    return int(np.quantile(far, 0.4, axis=1).argmin() * every)


def knob(draw, name, values, start=0):
    """A control that redraws a figure: live in a notebook, ready-made frames in the built book.

    Parameters
    ----------
    draw : function of one value, returning a matplotlib.figure.Figure
        Its axes' titles tell the finding; they are read out with the frame.
    name : str
        What the knob turns, with its unit.
    values : sequence
        The knob's stops.
    start : int
        Position of the stop shown first.

    Returns
    -------
    ipywidgets.Widget or IPython.display.HTML
        The latter where no kernel will run (``CELLTOKEN_STATIC`` is set, as ``make book`` does):
        a labelled HTML slider that needs no library and no network.
    """
    values = list(values)
    if not os.environ.get("CELLTOKEN_STATIC"):
        import ipywidgets

        def redraw(value):
            draw(value)
            plt.show()

        slider = ipywidgets.SelectionSlider(
            options=values, value=values[start], description=name, continuous_update=False
        )
        slider.style.description_width = "initial"
        return ipywidgets.interactive(redraw, value=slider)
    frames = []
    for place, value in enumerate(values):
        figure, file = draw(value), io.BytesIO()
        figure.savefig(file, format="png", dpi=110, pil_kwargs={"optimize": True})
        finding = ". ".join(ax.get_title(loc="left") for ax in figure.axes)
        plt.close(figure)
        image = base64.b64encode(file.getvalue()).decode()
        hidden = "" if place == start else " hidden"
        frames.append(
            f'<img src="data:image/png;base64,{image}"{hidden} '
            f'alt="{html.escape(f"{name} {value}: {finding}")}">'
        )
    stops = html.escape(str([str(value) for value in values]), quote=True)
    turn = (
        f"const v={stops}[this.value],f=this.closest('figure');"
        "f.querySelectorAll('img').forEach((i,k)=>{i.hidden=k!=this.value});"
        "f.querySelector('output').value=v;this.setAttribute('aria-valuetext',v)"
    )
    return HTML(
        f'<figure class="knob"><label>{html.escape(name)} '
        f'<input type="range" min="0" max="{len(values) - 1}" value="{start}" '
        f'aria-valuetext="{values[start]}" oninput="{turn}"></label> '
        f'<output aria-live="polite">{values[start]}</output>{"".join(frames)}</figure>'
    )
