"""A map of tokens that a reader can point at, search and walk over, in the book and in a notebook.

What it makes is one piece of HTML with its data, its style (``map.css``) and its script
(``map.js``): no kernel, no library and no network stand behind it. Each token costs its name
and about fifteen characters, so three thousand tokens with five neighbours weigh about 90 KB.
"""

import hashlib
import html
import json
import re
import textwrap
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import HTML
from matplotlib.colors import to_rgb

from celltoken.figures.panels import densest_point
from celltoken.figures.style import CATEGORIES, NULL
from celltoken.methods.inputs import as_labels, as_matrix, same_rows

MOST_TOKENS = 6000
MOST_NEIGHBOURS = 6
# What JSON and HTML take for themselves is not a digit.
DIGITS = "".join(c for c in map(chr, range(33, 127)) if c not in "\"&'<>\\`")
# Of the page: its ground and its ink. A colour must stand out against the ground.
LIGHT, DARK = ("#ffffff", "#1f2430"), ("#14181f", "#e3e7ee")
HINT = "Point at a dot, find a token by its name, or move over the map with the arrow keys."
KEYS = "Arrow keys go to the nearest token that way, plus and minus zoom, Escape clears."


def explore(xy, names, labels, *, neighbours=None, describe="A map of tokens.", order=None):
    """A map of tokens to point at, search and walk over with the keyboard.

    Parameters
    ----------
    xy : array, shape (tokens, 2)
        Where each token stands; at most 6,000 tokens. Drawn to the same scale on both axes.
    names : sequence of str, length tokens
        May repeat; a repeated name is found again by pressing Enter again.
    labels : sequence of str, length tokens
        What a token is coloured by, such as a cell type.
    neighbours : int array, shape (tokens, k), k up to 6, optional
        Rows of the nearest tokens in the full space, the nearest first and without the token
        itself. They are joined by lines to a chosen token and named beside its nearest on the map.
    describe : str
        One sentence: the caption, and what a screen reader calls the map.
    order : sequence of str, optional
        Colour only these labels, at most eight, in the order of the palette. Default: the eight
        commonest. All other tokens are grey.

    Returns
    -------
    IPython.display.HTML
        The same text for the same input.

    Raises
    ------
    ValueError
        If the inputs do not describe the same tokens, hold NaN, or are too many.
    """
    xy, labels = as_matrix(xy, "xy"), as_labels(labels).astype(str)
    names = [" ".join(str(name).split()) for name in names]
    if xy.shape[1] != 2 or not 0 < len(xy) <= MOST_TOKENS:
        raise ValueError(
            f"xy has shape {xy.shape} but must be (tokens, 2) with at most {MOST_TOKENS} tokens; "
            "keep two coordinates and draw a sample of the rows."
        )
    same_rows(xy, names, "xy", "names")
    same_rows(xy, labels, "xy", "labels")
    counts = pd.Series(labels).value_counts(sort=False).sort_values(ascending=False, kind="stable")
    if len(counts) > len(DIGITS):
        raise ValueError(
            f"labels has {len(counts)} different values but a map can tell {len(DIGITS)} apart; "
            "group them first."
        )
    coloured = list(counts.index if order is None else map(str, order))
    if order is None:
        coloured = coloured[: len(CATEGORIES)]
    elif len(coloured) > len(CATEGORIES):
        raise ValueError(
            f"order has {len(coloured)} labels but there are {len(CATEGORIES)} colours; "
            "leave the rest out and they are drawn in grey."
        )
    coloured = [label for label in dict.fromkeys(coloured) if label in counts]
    known = coloured + [label for label in counts.index if label not in coloured]
    near = _as_neighbours(neighbours, len(xy))

    low, span = xy.min(axis=0), np.ptp(xy, axis=0).max() or 1.0
    height, width = np.ptp(xy[:, 1]), np.ptp(xy[:, 0]) or 1.0
    places = np.rint((xy - low) / span * (len(DIGITS) ** 2 - 1)).astype(int)
    paints = [_visible(each, *LIGHT) for each in (*CATEGORIES[: len(coloured)], NULL)]
    islands = [np.flatnonzero(labels == label) for label in coloured]
    data = {
        "digits": DIGITS,
        "names": "\n".join(names),
        "places": _in_pairs(places),
        "labels": known,
        "labelled": "".join(DIGITS[i] for i in pd.Index(known).get_indexer(labels)),
        "near": _in_pairs(near),
        "k": near.shape[1],
        "seats": [int(rows[densest_point(xy[rows])]) for rows in islands],
        "inks": [[LIGHT[0], *paints], [DARK[0], *map(_on_a_dark_page, paints)]],
        "hint": HINT,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    describe = html.escape(_as_sentence(describe))
    name = "map-" + hashlib.sha256((text + describe).encode()).hexdigest()[:8]
    legend = coloured + ["all others"] * (len(known) > len(coloured))
    buttons = "".join(
        f'<button type="button" aria-pressed="false"><i></i>{html.escape(label)}</button>'
        for label in legend
    )
    ratio = 1 / np.clip(height / width, 0.6, 1)
    return HTML(
        f'''<figure class="explorer" id="{name}"><style>{_read("map.css")}</style>
<figcaption>{describe}</figcaption>
<noscript>This map answers when JavaScript is on.</noscript>
<script type="application/json">{text}</script>
<div class="works" hidden>
<label class="find">Find a token <input type="text" list="{name}-names" autocomplete="off" \
autocapitalize="none" spellcheck="false"></label><datalist id="{name}-names"></datalist>
<span class="zoom"><button type="button" aria-label="Zoom in">+</button>
<button type="button" aria-label="Zoom out">\N{MINUS SIGN}</button></span>
<div class="legend" role="group" aria-label="Show one label">{buttons}</div>
<div class="map"><canvas style="aspect-ratio:{ratio:.2f}" tabindex="0" role="application" \
aria-label="{describe} {KEYS}" data-lm-suppress-shortcuts="true"></canvas>
<span class="tip" hidden></span></div>
<div class="said" role="status"></div></div>
<script>{_read("map.js")}</script></figure>'''
    )


def map_with_legend(xy, labels, order, title, colour):
    """A static map in the colours of :func:`explore`, its labels in a legend below it.

    Parameters
    ----------
    xy : array, shape (tokens, 2)
    labels : sequence of str, length tokens
    order : sequence of str, at most eight
        Colour these labels, in the order of the palette; all other tokens are grey.
    title, colour : str

    Returns
    -------
    matplotlib.figure.Figure
        Its type is large enough to be read on a telephone.
    """
    xy, labels = np.asarray(xy), np.asarray(labels, dtype=str)
    figure, ax = plt.subplots(figsize=(5.2, 4.8))
    others = ~np.isin(labels, list(order))
    ax.scatter(*xy[others].T, s=4, color=NULL, alpha=0.4, lw=0)
    for name, paint in zip(order, CATEGORIES, strict=False):
        paint = _visible(paint, *LIGHT)
        ax.scatter(*xy[labels == name].T, s=5, color=paint, lw=0)
        ax.plot([], [], "o", color=paint, ms=8, label=textwrap.fill(name, 44))
    wide = any(len(name) > 30 for name in order)
    ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0), ncols=1 if wide else 2, fontsize=11,
        handletextpad=0.1, columnspacing=0.6, labelspacing=0.3,
    )  # fmt: skip
    ax.set(xticks=[], yticks=[], aspect="equal")
    sns.despine(ax=ax, left=True, bottom=True)
    ax.set_title(title, color=colour)
    return figure


def _as_neighbours(neighbours, count):
    """Neighbours as an integer array (tokens, k); ``ValueError`` if they cannot be that."""
    if neighbours is None:
        return np.empty((count, 0), dtype=int)
    near = np.asarray(neighbours)
    if near.ndim != 2 or len(near) != count or not 1 <= near.shape[1] <= MOST_NEIGHBOURS:
        raise ValueError(
            f"neighbours has shape {near.shape} but must be ({count}, k) with k from 1 to "
            f"{MOST_NEIGHBOURS}; keep the first columns, one row for each token."
        )
    if near.dtype.kind not in "iu" or near.min() < 0 or near.max() >= count:
        raise ValueError(
            f"neighbours must hold whole numbers from 0 to {count - 1}: the rows of the tokens."
        )
    if (near == np.arange(count)[:, None]).any():
        raise ValueError(
            "neighbours lists a token as its own neighbour; leave that column out, as "
            "NearestNeighbors.kneighbors() does when it is given no rows."
        )
    return near.astype(int)


def _as_sentence(text):
    text = text.strip()
    if not text:
        raise ValueError("describe is empty; say in one sentence what the map shows.")
    return text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")


def _in_pairs(numbers):
    """Each number as two digits of ``DIGITS``."""
    base = len(DIGITS)
    return "".join(DIGITS[n // base] + DIGITS[n % base] for n in numbers.ravel().tolist())


def _visible(colour, ground, ink):
    """A colour mixed with the page's ink until a dot of it, which lets a little of the ground
    through, contrasts with the ground as 3 to 1 (WCAG 2.2, 1.4.11)."""
    pure, mixed = _rgb(colour), _rgb(colour)
    for share in np.arange(0, 1, 0.05):
        mixed = pure + (_rgb(ink) - pure) * share
        dim, bright = sorted((_luminance(mixed), _luminance(_rgb(ground))))
        if (bright + 0.05) / (dim + 0.05) >= 3.5:
            break
    return _hex(mixed)


def _on_a_dark_page(colour):
    """What the book's style makes of a picture's colour on a dark page, so that static maps and
    these agree: the filters invert, hue-rotate (half a turn) and brightness of ``custom.css``."""
    turned = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])
    inverted = 0.92 - 0.84 * _rgb(colour)
    return _hex(np.clip(1.15 * np.clip(turned @ inverted, 0, 1), 0, 1))


def _hex(rgb):
    return "#" + "".join(f"{round(255 * v):02x}" for v in rgb)


def _rgb(colour):
    return np.array(to_rgb(colour))


def _luminance(rgb):
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def _read(name):
    """A file beside this one, without the comments and the layout that only its authors need."""
    text = files("celltoken.figures").joinpath(name).read_text(encoding="utf-8")
    # Strings stay as they are. Every statement of the script ends with a semicolon, so that a line
    # may end anywhere; in a style sheet a space between selectors has a meaning.
    near = r"[^\w\s\"`]" if name.endswith(".js") else "[{};]"
    parts = rf'("[^"]*"|`[^`]*`)|//.*|/\*[\s\S]*?\*/|\s*({near})\s*'
    text = re.sub(parts, lambda part: part[1] or part[2] or "", text)
    return re.sub(r"\s*\n\s*", " ", text).strip()
