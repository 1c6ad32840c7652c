"""Panels for lines, rings and grids: where the middle lies, a closed path, places and guesses."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from celltoken.figures.panels import name_point
from celltoken.figures.style import INK, NULL
from celltoken.methods.sequences import betweenness, place_of_middle


def draw_middles(ax, apart, colour, what):
    """Where the middle of each triple lies, if the first is at 0 and the last at 1.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    apart : array, shape (triples, 3, 3) or (tokens, tokens)
        Of a sequence of tokens all triples are drawn.
    colour, what : str
        Of the dots; for the title, which tells the share inside the lens.

    Returns
    -------
    numpy.ndarray, shape (triples, 2)
        The dots. Inside the two grey arcs the middle is between.
    """
    if apart.ndim == 2:
        rows = combinations(range(len(apart)), 3)
        apart = np.array([apart[np.ix_(row, row)] for row in rows])
    turn = np.linspace(0, np.pi / 3, 50)
    for x in (np.cos(turn), 1 - np.cos(turn)):
        ax.plot(x, np.sin(turn), color=NULL, lw=1.5)
    ax.plot([0, 1], [0, 0], "o-", color=INK, ms=6, clip_on=False)
    at = place_of_middle(apart)
    ax.plot(*at.T, "o", color=colour, ms=5, alpha=0.7)
    ax.set(xlim=(-0.15, 1.15), ylim=(0, max(1.1, 1.05 * at[:, 1].max())))
    ax.set_title(f"{what}: {betweenness(apart):.0%}\nbetween", color=colour)
    return at


def draw_ring(ax, means, names, colour, title):
    """Tokens of a cycle on the two main components of their means, joined in their order.

    ``names`` holds one name a token; an empty one is not written.
    """
    centred = means - means.mean(0)
    left, scale, _ = np.linalg.svd(np.asarray(centred, dtype=float), full_matrices=False)
    xy = (left * scale)[:, :2]
    ax.plot(*np.vstack([xy, xy[:1]]).T, "-", color=colour, lw=1.5, alpha=0.6)
    ax.plot(*xy.T, "o", color=colour, ms=6)
    for name, point in zip(names, xy, strict=True):
        if name:
            name_point(ax, name, point)
    ax.margins(0.18)
    ax.set(xticks=[], yticks=[], xlabel="PC 1", ylabel="PC 2")
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_title(title, color=colour)


def draw_places(at, guessed, labels, titles, colour, height=4.6, most=500):
    """Where tokens are, coloured along the first coordinate, above where a method puts them.

    Parameters
    ----------
    at, guessed : arrays, shape (tokens, coordinates)
        The first coordinate is drawn across, the last one up.
    labels, titles : pairs of str
        Of the two axes; of the two panels.
    colour : str
        Of the titles.
    height : float
        Inches.
    most : int
        Of more tokens than this, as many are drawn, evenly from the list: a page stays light.
    """
    some = np.unique(np.linspace(0, len(at) - 1, min(len(at), most)).astype(int))
    figure, pair = plt.subplots(2, 1, figsize=(5.6, height), sharex=True, sharey=True)
    for ax, places, title in zip(pair, (at, guessed), titles, strict=True):
        x, y = places[some, 0], places[some, -1]
        ax.scatter(x, y, c=at[some, 0], s=12, cmap="viridis", lw=0)
        ax.set_ylabel(labels[1])
        ax.set_title(title, color=colour)
    low, high = at.min(0), at.max(0)
    room = 0.1 * (high - low)
    pair[0].set(
        xlim=(low[0] - room[0], high[0] + room[0]), ylim=(low[-1] - room[-1], high[-1] + room[-1])
    )
    pair[1].set_xlabel(labels[0])
    return figure


def draw_by_time(ax, when, values, colour):
    """A dot a token; where four tokens or more share a time, their median and quartiles.

    Parameters
    ----------
    ax : matplotlib Axes
    when, values : arrays, shape (tokens,)
    colour : str
    """
    by = pd.Series(values).groupby(np.asarray(when))
    if by.size().median() < 4:
        ax.plot(when, values, "o", ms=3.5, color=colour)
        return
    low, middle, high = (by.quantile(share) for share in (0.25, 0.5, 0.75))
    ax.plot(middle.index, middle, "o-", color=colour)
    ax.vlines(middle.index, low, high, color=colour, lw=2)
