"""One look for all figures: words blue, cells vermilion, nulls grey, on a transparent ground.

The site shows figures on a light and on a dark page; the dark page inverts lightness and keeps
hues (``book/_static/custom.css``), so figures stay transparent and never paint a background.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

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
    "#8A8A8A",
]


def use_style():
    """Set matplotlib, seaborn and scanpy figures to the course's style for this session."""
    sns.set_theme(context="notebook", style="ticks", palette=CATEGORIES)
    mpl.rcParams.update(
        {
            "figure.figsize": (7, 3.6),
            "figure.dpi": 120,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "savefig.transparent": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 12,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.labelsize": 11,
            "font.size": 11,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
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
    figure, pair = plt.subplots(1, 2, figsize=(8, height), sharex=share_x, sharey=share_y)
    axes = dict(zip(SIDE_COLOURS, pair))
    for (side, ax), title in zip(axes.items(), (words, cells)):
        ax.set_title(title, color=SIDE_COLOURS[side])
    return figure, axes


def against_null(ax, rows, null, colour, *, format="{:.2f}"):
    """Measured values as labelled dots, one row each, with their nulls as grey ticks.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : dict from row label to float
        The measurements, drawn from top to bottom.
    null : dict from row label to float or sequence of float
        The same statistic under the null, once or for several shuffles.
    colour : str
        ``plots.WORDS`` or ``plots.CELLS``.
    """
    places = np.arange(len(rows))[::-1]
    for y, (label, value) in zip(places, rows.items()):
        shuffles = np.atleast_1d(null[label])
        ax.plot([shuffles.mean(), value], [y, y], color=colour, alpha=0.25, lw=3, zorder=1)
        ax.plot(shuffles, np.full(len(shuffles), y), "|", color=NULL, ms=16, mew=2.5, zorder=2)
        ax.plot(value, y, "o", color=colour, ms=9, zorder=3)
        ax.annotate(
            format.format(value), (value, y), (0, 9), textcoords="offset points", ha="center",
            color=colour, fontweight="bold",
        )  # fmt: skip
        ax.annotate(
            format.format(shuffles.mean()), (shuffles.mean(), y), (0, -18),
            textcoords="offset points", ha="center", color="#5F6368",
        )  # fmt: skip
    ax.set_yticks(places, list(rows))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def cloud(ax, xy, labels, *, order=None, size=6, names=True):
    """A map of tokens coloured by label, each label written at the middle of its points.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    xy : array, shape (tokens, 2)
    labels : sequence of str, length tokens
    order : sequence of str, optional
        Labels to colour, in the order of the palette; all others are grey. Default: by size.
    """
    xy, labels = np.asarray(xy), np.asarray(labels, dtype=str)
    if order is None:
        names_found, counts = np.unique(labels, return_counts=True)
        order = names_found[np.argsort(-counts)]
    ax.scatter(*xy.T, s=size, color=NULL, alpha=0.25, lw=0, rasterized=True)
    for i, name in enumerate(order):
        mine = xy[labels == name]
        ax.scatter(
            *mine.T, s=size, color=CATEGORIES[i % len(CATEGORIES)], lw=0, alpha=0.7, rasterized=True
        )
        if names and len(mine):
            ax.annotate(
                name, np.median(mine, 0), ha="center", va="center", fontsize=9, fontweight="bold",
                color=INK, bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
            )  # fmt: skip
    ax.set(xticks=[], yticks=[], aspect="equal")
    sns.despine(ax=ax, left=True, bottom=True)
