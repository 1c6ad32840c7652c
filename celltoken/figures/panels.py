"""Panels that lessons share: two sides on the same axes, a value against its rivals, maps."""

import weakref

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib import patheffects
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from celltoken.figures.style import CATEGORIES, INK, NULL, RIVAL_TEXT, SIDE_COLOURS

PAPER = [patheffects.withStroke(linewidth=3, foreground="white")]


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
        ``figures.WORDS`` or ``figures.CELLS``.
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
        write(shuffles.mean(), y, -18, color=RIVAL_TEXT)
    ax.set_yticks(places, rows)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def against_rivals(ax, rows, colour, *, format="{:.2f}", slots=()):
    """Claims on one side: each value as a dot with its interval, among its rivals in grey.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : dict from row label to dict
        One side of what :func:`celltoken.claims.for_figure` returns for each claim, from top to
        bottom: ``value``, ``rivals`` (name to number), ``low`` and ``high`` (or None), ``margin``.
    colour : str
        ``figures.WORDS`` or ``figures.CELLS``.
    slots : sequence of int, optional
        For how many rivals each row leaves room, at least; so that two panels stand level.

    Bar: 90 % interval of the difference, laid from the strongest rival. Grey ticks: rivals, named
    below their row from the strongest down. Small triangle: where the margin would be reached.
    Limits of the axis that were set before are widened if a number would fall outside.
    """
    labels, ticks, top = list(rows), [], 0.0
    room = dict(zip(labels, slots, strict=True)) if slots else {}
    _make_room(ax, rows.values())
    for label in reversed(labels):
        row = rows[label]
        rivals = sorted(row["rivals"].items(), key=lambda each: -each[1])
        height = 1.0 + 0.34 * max(len(rivals), room.get(label, 0))
        y = top + height - 0.45
        _one_claim(ax, y, row, rivals, colour, format)
        ticks.append(y)
        top += height
    ax.set_yticks(ticks[::-1], labels)
    ax.set_ylim(0, top)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def room_for_rivals(claims):
    """How many rivals each row must leave room for, so that words and cells stand level."""
    return [max(len(side["rivals"]) for side in row.values()) for row in claims.values()]


_drawn = weakref.WeakKeyDictionary()  # panel -> numbers


def _make_room(ax, rows):
    if ax.get_autoscalex_on():
        return
    numbers = [x for row in rows for x in (row["value"], row["low"], row["high"]) if x is not None]
    numbers += [x for row in rows for x in row["rivals"].values()]
    _drawn[ax] = numbers
    for other in ax.get_shared_x_axes().get_siblings(ax):  # whose limits may have been set anew
        numbers = numbers + _drawn.get(other, [])
    low, high = ax.get_xlim()
    room = 0.03 * (high - low)  # about half a dot
    ax.set_xlim(min(low, min(numbers) - room), max(high, max(numbers) + room))


def _one_claim(ax, y, row, rivals, colour, format):
    if row["low"] is not None:
        ax.plot([row["low"], row["high"]], [y, y], color=colour, alpha=0.35, lw=7, zorder=1)
    ax.plot(row["value"], y, "o", color=colour, ms=9, zorder=3)
    ax.annotate(
        format.format(row["value"]), (row["value"], y), (0, 9), textcoords="offset points",
        ha="center", color=colour, fontweight="bold",
    )  # fmt: skip
    ax.plot(row["margin"], y - 0.2, "^", color=INK, ms=5, zorder=2)
    # Names to the right run over the edge of the figure sooner than those to the left.
    low, high = ax.get_xlim() if not ax.get_autoscalex_on() else (0, 1)
    middle = low + 0.44 * (high - low)
    for place, (name, value) in enumerate(rivals):
        ax.plot(value, y, "|", color=NULL, ms=15, mew=2.5, zorder=2)
        left = value > middle
        text = ax.annotate(
            f"{name} {format.format(value)}", (value, y - 0.42 - 0.34 * place),
            (-4 if left else 4, 0), textcoords="offset points", fontsize=9.5, color=RIVAL_TEXT,
            ha="right" if left else "left", va="center", path_effects=PAPER,
        )  # fmt: skip
        text.set_in_layout(False)  # a long name must not make the panel small
        ax.plot([value, value], [y - 0.42 - 0.34 * place, y], color=NULL, lw=0.7, zorder=0)


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


def share_map(ax, shares, colour):
    """A table of shares as squares of colour, its rows named, with a colour bar below.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    shares : pandas.DataFrame
        From 0 to 1; drawn in its own order.
    colour : str
        The full colour, for a share of 1.
    """
    ramp = [(*to_rgb(colour), 0), colour]  # as much ink as the share, on any page
    ramp = mpl.colors.LinearSegmentedColormap.from_list("side", ramp)
    image = ax.imshow(shares, cmap=ramp, vmin=0, vmax=1)
    ax.set_yticks(range(len(shares)), shares.index, fontsize=9)
    ax.tick_params(length=0, labelbottom=False)
    bar = ax.figure.colorbar(image, ax=ax, location="bottom", ticks=[0, 0.5, 1], pad=0.04)
    bar.ax.set_xticklabels(["0", "0.5", "1"])
    bar.set_label("share of neighbours", fontsize=10)


def scatter_by_label(ax, xy, labels, *, order=None, size=6):
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
    for i, name in enumerate(order):
        mine = xy[labels == name]
        if len(mine) == 0:
            continue
        ax.scatter(*mine.T, s=dot, color=CATEGORIES[i % len(CATEGORIES)], lw=0, alpha=0.8)
        ax.annotate(
            name, mine[densest_point(mine)], (0, 6), textcoords="offset points", ha="center",
            fontsize=9.5, fontweight="bold", path_effects=PAPER,
            color=_as_text(CATEGORIES[i % len(CATEGORIES)]),  # a name may be wider than its island
        )  # fmt: skip
    ax.set(xticks=[], yticks=[], aspect="equal")
    sns.despine(ax=ax, left=True, bottom=True)


def arrow(ax, tail, head, colour):
    """An arrow from one point of a map to another."""
    look = {"arrowstyle": "-|>", "color": colour, "lw": 2.2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", head, tail, arrowprops=look)


def name_point(ax, text, at, colour=INK):
    """Write a token's name beside its point, on a light ground."""
    ax.annotate(
        text, at, (7, 5), textcoords="offset points", fontsize=9.5, color=colour,
        path_effects=PAPER,
    )  # fmt: skip


def part_names(ax):
    """Lift names that lie on a name written before them, until all can be read."""
    ax.figure.canvas.draw()
    taken = []
    for text in filter(Text.get_text, ax.texts):  # an arrow is an annotation without text
        for _ in range(20):
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                break
            right, up = text.xyann
            text.xyann = (right, up + 3)
        taken.append(box)


def _as_text(colour):
    """A category's colour, dark enough to be read."""
    return tuple(0.55 * np.array(to_rgb(colour)) + 0.45 * np.array(to_rgb(INK)))


def densest_point(xy):
    """Number of the point around which the nearest 40 % of all lie closest.

    It lies inside the largest island, where a mean or a median may lie in the sea between two. Of
    many points about two hundred are tried. ``xy`` is an array of shape (points, 2), not empty.
    """
    every = max(1, len(xy) // 200)
    far = np.linalg.norm(xy[::every][:, None] - xy[None], axis=2)
    return int(np.quantile(far, 0.4, axis=1).argmin() * every)


def claims_side_by_side(claims, xlabel, *, short=None, height=5.4):
    """Several claims, words left and cells right; titles as :func:`how_many_supported` says.

    Parameters
    ----------
    claims : dict from row label to dict
        What :func:`celltoken.claims.for_figure` returns for each claim, from top to bottom.
    xlabel : str
    short : dict from str to str, optional
        Shorter names of rivals.
    height : float
        Inches.
    """
    short, titles = short or {}, []
    for side in SIDE_COLOURS:
        said = how_many_supported([row[side] for row in claims.values()])
        titles.append(f"{side.capitalize()}: {said}")
    figure, axes = side_by_side(*titles, height=height, share_y=False)
    for side, ax in axes.items():
        ax.set(xlim=(0, 1), xticks=[0.2, 0.5, 0.8], xlabel=xlabel)
        rows = {name: dict(row[side]) for name, row in claims.items()}
        for row in rows.values():
            row["rivals"] = {short.get(name, name): x for name, x in row["rivals"].items()}
        against_rivals(ax, rows, SIDE_COLOURS[side], slots=room_for_rivals(claims))
    axes["cells"].set_yticklabels([])
    return figure


def claims_stacked(claims, xlabel, *, limits=(0, 1), format="{:.2f}", height=9.0):
    """Claims with words above cells, where names of rivals need the whole width.

    The titles count the claims that are supported; of a single claim they give the difference from
    its strongest rival.

    Parameters
    ----------
    claims : dict from row label to dict
        What :func:`celltoken.claims.for_figure` returns for each claim, from top to bottom.
    xlabel : str
    limits : tuple of two floats
        Ends of the common scale.
    format : str
        How values are written.
    height : float
        Inches.
    """
    figure, pair = plt.subplots(2, 1, figsize=(6.4, height), sharex=True)
    for (side, colour), ax in zip(SIDE_COLOURS.items(), pair, strict=True):
        ax.set_xlim(limits)
        rows = {name: row[side] for name, row in claims.items()}
        against_rivals(ax, rows, colour, format=format)
        ax.set_title(f"{side.capitalize()}: {_said(list(rows.values()))}", color=colour)
    pair[1].set_xlabel(xlabel)
    return figure


def how_many_supported(rows, of="", between="\n"):
    """How many claims one side supports, as a title; of a single run, how many reach the margin.

    Parameters
    ----------
    rows : list of dict
        One side of what :func:`celltoken.claims.for_figure` returns for each claim. Without
        intervals they come from one run, which can reach a margin and supports nothing yet.
    of : str
        What is counted, such as ``" claims"``.
    between : str
        What parts the count from the verdict, such as a line break.
    """
    one_run = all(row["low"] is None for row in rows)
    verdict = "reach the margin" if one_run else "supported"
    return f"{sum(row['supports'] for row in rows)} of {len(rows)}{of}{between}{verdict}"


def _said(rows):
    """What claims say on one side, as a title: how many are supported, or by how much one is."""
    if len(rows) > 1:
        return how_many_supported(rows, " claims", " ")
    rivals = rows[0]["rivals"]
    strongest = max(rivals, key=rivals.get)
    ahead = round(rows[0]["value"] - rivals[strongest], 2) + 0.0  # not "-0.00"
    alone = rows[0]["low"] is None  # one run of a reader, without halves
    verdict = "margin reached" if alone else "supported"
    if not rows[0]["supports"]:
        verdict = "margin not reached" if alone else "not supported"
    over = "" if alone else ", medians over halves"
    return f"{ahead:+.2f} against {strongest}\n({verdict}{over})"
