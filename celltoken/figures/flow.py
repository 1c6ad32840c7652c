"""A map of tokens with the streamlines of their velocity, by scVelo."""

import matplotlib as mpl
import numpy as np
from matplotlib import patheffects

from celltoken.figures.panels import densest_point
from celltoken.figures.style import INK


def stream(ax, tokens, level, labels, *, meaning="pseudotime"):
    """Streamlines over tokens coloured by a number, each label where most of its points are.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    tokens : anndata.AnnData
        With velocities and their graph, and places in ``obsm["X_umap"]``.
    level : array, length tokens
        What gives the colour; infinite values get the highest.
    labels : sequence of str, length tokens
        An empty one is not written.
    meaning : str
        Name of the colour bar.
    """
    import scvelo as scv

    tokens = tokens.copy()
    tokens.obsm["X_umap"] = np.asarray(tokens.obsm["X_umap"], np.float64)  # or scVelo's grid fails
    level = np.asarray(level, float)
    tokens.obs["level"] = np.where(np.isfinite(level), level, level[np.isfinite(level)].max())
    scv.pl.velocity_embedding_stream(
        tokens, basis="umap", color="level", color_map="viridis", colorbar=False, alpha=0.8,
        size=2_000_000 / (tokens.n_obs + 40) / 100, density=1.1, linewidth=0.9, arrow_size=1.1,
        arrow_color=INK, title="", legend_loc="none", ax=ax, show=False,
    )  # fmt: skip
    paper = [patheffects.withStroke(linewidth=3, foreground="white")]
    labels, xy = np.asarray(labels, str), tokens.obsm["X_umap"]
    for label in np.unique(labels[labels != ""]):
        mine = xy[labels == label]
        ax.annotate(
            label, mine[densest_point(mine)], (0, 7), textcoords="offset points", ha="center",
            fontsize=10, fontweight="bold", color=INK, path_effects=paper,
        )  # fmt: skip
    scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(*_ends(tokens.obs["level"])), "viridis")
    bar = ax.figure.colorbar(scale, ax=ax, shrink=0.6, pad=0.01)
    bar.set_label(meaning)
    bar.outline.set_visible(False)
    ax.set(xlabel="UMAP 1", ylabel="UMAP 2", xticks=[], yticks=[])


def _ends(values):
    return float(values.min()), float(values.max())
