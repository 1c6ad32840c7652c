"""A drawn overview: how single-cell foundation models are built, and what is asked of them."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from celltoken.figures.style import CATEGORIES, CELLS, INK, NULL, WORDS


def foundation_models(ax):
    """Draw the parts of a single-cell foundation model beside those of a language model.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its axes are switched off; the drawing fills a unit of 10 by 8.
    """
    ax.set(xlim=(0, 10), ylim=(0, 8))
    ax.axis("off")
    columns = {"a sentence": (0.1, WORDS), "a cell": (2.75, CELLS)}
    tokens = {
        "a sentence": ["in", "the", "?", "was"],
        "a cell": ["INS", "GCG", "?", "TTR"],
    }
    for name, (left, colour) in columns.items():
        ax.text(left + 1.2, 7.75, name, ha="center", color=colour, fontweight="bold")
        _box(ax, left, 6.65, 2.4, 0.75, "words in order" if colour == WORDS else "counts of genes")
        _arrow(ax, left + 1.2, 6.6, left + 1.2, 6.15)
        for place, token in enumerate(tokens[name]):
            hidden = token == "?"
            _token(ax, left + 0.6 * place, 5.5, token, NULL if hidden else colour)
        _arrow(ax, left + 1.2, 5.4, left + 1.2, 4.75)
    ax.text(2.65, 5.13, "tokens, some hidden", ha="center", va="center", fontsize=9.5)
    _box(ax, 0.1, 3.65, 5.1, 1.05, "encoder: attention among the tokens,\nlayer upon layer")
    _arrow(ax, 1.6, 3.6, 1.6, 3.0)
    _box(ax, 0.1, 2.1, 2.9, 0.85, "guess what was\nhidden, or next")
    ax.text(1.55, 1.85, "training", ha="center", va="top", fontsize=10, style="italic")
    _arrow(ax, 4.2, 3.6, 4.2, 3.0)
    _box(ax, 3.35, 2.1, 1.85, 0.85, "one vector", CATEGORIES[2])
    ax.text(4.27, 1.85, "use, frozen", ha="center", va="top", fontsize=10, style="italic")
    asked = [
        "which type is it? (transfer)",
        "is it the same type in\nanother species? (alignment)",
        "a type never seen: where\ndoes it fall? (zero-shot)",
        "what if a gene is removed?\n(perturbation)",
        "which genes act together?\n(attention, probes)",
    ]
    ax.text(7.85, 7.75, "what it is asked", ha="center", fontweight="bold")
    for place, text in enumerate(asked):
        y = 6.45 - 1.3 * place
        here = place in (1, 2)
        _box(ax, 6.0, y, 3.9, 0.95, text, CATEGORIES[2] if here else NULL, size=9.5)
        _arrow(ax, 5.25, 2.52, 5.95, y + 0.47, NULL)
    ax.text(5, 0.35, "green: this chapter's first two lessons", ha="center", fontsize=9.5)


def _box(ax, x, y, width, height, text, colour=INK, size=10.5):
    ax.add_patch(
        FancyBboxPatch(
            (x + 0.08, y + 0.08), width - 0.16, height - 0.16, boxstyle="round,pad=0.08",
            facecolor="none", edgecolor=colour, lw=1.6,
        )
    )  # fmt: skip
    ax.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=size)


def _token(ax, x, y, text, colour):
    ax.add_patch(Rectangle((x, y), 0.55, 0.55, facecolor=colour, edgecolor="none", alpha=0.85))
    ax.text(x + 0.275, y + 0.27, text, ha="center", va="center", color="white", fontsize=8.5)


def _arrow(ax, x, y, to_x, to_y, colour=INK):
    ax.add_patch(
        FancyArrowPatch(
            (x, y), (to_x, to_y), arrowstyle="-|>", mutation_scale=11, color=colour, lw=1.3,
            shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
