"""A window of a map: some points with names, in lines or as arrows, the others in grey."""

from celltoken.figures.panels import arrow, name_point, part_names
from celltoken.figures.style import NULL


def window(ax, xy, lines, wide=1.4):
    """Draw named points and what connects them, cut out of a map.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    xy : pandas.DataFrame, shape (points, 2)
        Places on the map, by name.
    lines : list of (names, colour, how)
        ``how`` is "line" through the names in order, "arrow" between two, or "ring" around one.
    wide : float
        Room to the right and above, where names stand, in widths of what is named.
    """
    ax.set(xticks=[], yticks=[], xlabel="UMAP 1", ylabel="UMAP 2")
    if not lines:
        return
    ax.scatter(xy[0], xy[1], s=7, color=NULL, alpha=0.5, lw=0)
    for names, colour, how in lines:
        at = xy.loc[names].to_numpy()
        if how == "arrow":
            arrow(ax, *at, colour)
        elif how == "line":
            ax.plot(*at.T, "o-", color=colour, ms=4)
        else:
            ax.plot(*at.T, "o", ms=16, mfc="none", mec=colour, mew=2)
            ax.plot(*at.T, "o", color=colour, ms=4)
        for name, point in zip(names, at, strict=True):
            name_point(ax, name, point, colour)
    named = xy.loc[[name for names, *_ in lines for name in names]]
    low, room = named.min(), (named.max() - named.min()).replace(0, 1)
    ax.set_xlim(low[0] - 0.25 * room[0], low[0] + wide * room[0])
    ax.set_ylim(low[1] - 0.25 * room[1], low[1] + wide * room[1])
    part_names(ax)
