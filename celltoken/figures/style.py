"""One look for all figures: words blue, cells vermilion, rivals grey, on a transparent ground.

The site shows figures on a light and on a dark page; the dark page inverts lightness and keeps
hues (``book/_static/custom.css``), so figures stay transparent and never paint a background.
"""

import matplotlib as mpl
import seaborn as sns

# Okabe and Ito's colours, told apart by readers with any common colour vision.
WORDS, CELLS, NULL, INK = "#0072B2", "#D55E00", "#8A8A8A", "#1F2430"
RIVAL_TEXT = "#5F6368"  # grey that is dark enough to read
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
            "text.parse_math": False,  # a reader's label with a $ is shown as it is
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "legend.frameon": False,
            "image.cmap": "viridis",
        }
    )
