"""Tokens that stand in a line, a ring or a grid outside of any space of vectors, on either side.

Every function returns a dict of arrays: distances ``apart`` of tokens in their order, or vectors
``x`` and places ``at``; and what simpler explanations need: ``totals``, ``spelling``, ``block``.
"""

import numpy as np
import pandas as pd

from celltoken.data import recipes, store
from celltoken.data.pairs import google_pairs
from celltoken.data.store import DataError
from celltoken.methods.neighbours import rows_for_metric
from celltoken.methods.places import blocks
from celltoken.methods.sequences import distances


def cities():
    """Names of cities and where the largest city of each name lies.

    Returns
    -------
    pandas.DataFrame, index ``name``
        Columns ``country`` (two letters), ``latitude`` and ``longitude`` (degrees), ``population``.
    """
    path = store.embedded_file("cities")
    return pd.read_csv(path, sep="\t", index_col="name", keep_default_na=False)


def google_forms(words):
    """Three forms of one word, from Google's pairs: degrees of adjectives, and forms of verbs.

    Parameters
    ----------
    words : sequence of str

    Returns
    -------
    degrees, verbs : pandas.DataFrames
        big, bigger, biggest; dance, dancing, danced. Three columns of places in ``words``, one row
        for each word that has three different forms there.
    """
    pairs = google_pairs(words)

    def ends(relation, tail, head):
        mine = pairs[pairs.relation == relation].rename(columns={"tail": tail, "head": head})
        return mine[[tail, head]]

    degrees = ends("gram3-comparative", "positive", "comparative").merge(
        ends("gram4-superlative", "positive", "superlative")
    )
    verbs = ends("gram5-present-participle", "base", "participle").merge(
        ends("gram7-past-tense", "participle", "past")
    )
    return tuple(each[each.nunique(axis=1) == 3] for each in (degrees, verbs))


def log_totals(table):
    """Logarithm of each row's total, shape (rows, 1); a row without any counts as the least."""
    total = np.asarray(table.X.sum(1), dtype=float).reshape(-1, 1)
    return np.log(total.clip(min=total[total > 0].min()))


def level_means(atlas, column, rng, most=60, rare="few"):
    """Means of as many cells for each level, on 20 principal components, and of log totals.

    Parameters
    ----------
    atlas : anndata.AnnData, shape (cells, genes)
        Raw counts; cells without a level, or without any count, are left out.
    column : str
        Of ``atlas.obs``: numbers, or names, whose order is theirs.
    rng : numpy.random.Generator
    most : int
        Cells a level.
    rare : {"few", "out"}
        If a level has fewer than ``most``: take as few of all levels, so that no mean is noisier
        than another, or leave the level out.

    Returns
    -------
    means, totals : numpy.ndarrays, shape (levels, components) and (levels, 1)
    take : int
        Cells a level.

    Raises
    ------
    DataError
        If there are fewer than three levels.
    """
    seen = np.asarray(atlas.X.sum(1)).ravel() > 0
    atlas = atlas[seen & atlas.obs[column].notna().to_numpy()].copy()
    level = atlas.obs[column].to_numpy()
    names, sizes = np.unique(level, return_counts=True)
    if rare == "out":
        names, sizes = names[sizes >= most], sizes[sizes >= most]
    if len(names) < 3:
        raise DataError(f"{column} has {len(names)} level(s): a sequence needs three or more.")
    x = recipes.log_normalise(atlas, n_genes=2000)
    x = recipes.principal_components(x, min(20, *(side - 1 for side in x.shape)))
    take = min(most, sizes.min())
    rows = [rng.choice(np.flatnonzero(level == each), take, replace=False) for each in names]
    return x[rows].mean(1), log_totals(atlas)[rows].mean(1), int(take)


def graded_cells(atlas, levels, others, kinds, rng):
    """Distances between the levels of cells; between kinds that have no order; in log totals.

    Both are means of as many cells, as distances grow with noise; rarer kinds are left out.
    """
    means, totals, take = level_means(atlas, levels, rng)
    other, _, _ = level_means(others, kinds, rng, take, rare="out")
    return {"apart": distances(means), "no degrees": distances(other), "totals": distances(totals)}


def graded_words(table, degrees, verbs):
    """Distances within each triple of degrees and of verb forms, and in log frequency.

    Parameters
    ----------
    table : anndata.AnnData, shape (words, coordinates)
        The commonest words first: their rank stands for their frequency. Rows are scaled to
        length 1.
    degrees, verbs : pandas.DataFrame
        From :func:`google_forms`.
    """
    x = rows_for_metric(np.asarray(table.X, np.float32), "cosine")
    rows, rank = degrees.to_numpy(), np.log(np.arange(len(x)) + 1.0)[:, None]
    return {
        "apart": distances(x[rows]),
        "no degrees": distances(x[verbs.to_numpy()]),
        "totals": distances(rank[rows]),
    }


def timed_cells(atlas, column, parts=12):
    """Means of groups of cells of one size by a time that comes round again.

    Parameters
    ----------
    atlas : anndata.AnnData, shape (cells, genes)
        Raw counts.
    column : str
        Of ``atlas.obs``: a number for each cell.
    parts : int
        Groups.

    Returns
    -------
    dict
        ``means`` on 20 principal components, their distances ``apart``, ``names`` (mean hour of
        each group), ``totals``.
    """
    x = recipes.log_normalise(atlas, n_genes=2000)
    x = recipes.principal_components(x, min(20, *(side - 1 for side in x.shape)))
    hour = atlas.obs[column].to_numpy(float)
    rows = np.array_split(np.argsort(hour, kind="stable"), parts)
    means, totals = (
        np.array([values[each].mean(0) for each in rows]) for values in (x, log_totals(atlas))
    )
    names = [f"{hour[each].mean():.0f} h" for each in rows]
    return {"apart": distances(means), "means": means, "names": names, "totals": distances(totals)}


def placed_cells(tissue):
    """Expression on 30 principal components, with places, blocks and log totals.

    ``tissue`` comes from :func:`celltoken.data.tissue.load_tissue`.
    """
    return {
        "x": recipes.principal_components(recipes.log_normalise(tissue), 30),
        "at": tissue.obsm["at"],
        "block": tissue.obs["block"].to_numpy(str),
        "totals": log_totals(tissue),
    }


def cities_in_blocks(words, country):
    """Cities whose names are among some words, each with its block of the map.

    Parameters
    ----------
    words : sequence of str
    country : str
        Two letters, or ``"not US"`` for all but these.

    Returns
    -------
    pandas.DataFrame
        As :func:`cities`, with a column ``block``.
    """
    listed = cities()
    here = listed.country == country.removeprefix("not ")
    listed = listed[~here if country.startswith("not ") else here]
    listed = listed[listed.index.isin(list(words))]
    if len(listed) < 8:
        raise DataError(f"{len(listed)} cities of {country!r} are among these words: too few.")
    return listed.assign(block=blocks(listed[["longitude", "latitude"]].to_numpy()))


def placed_words(table, listed):
    """Vectors of cities' names, scaled to length 1, with longitude and latitude.

    ``table`` holds the commonest words first; ``listed`` comes from :func:`cities_in_blocks`.
    """
    row = table.obs_names.get_indexer(listed.index)
    return {
        "x": rows_for_metric(np.asarray(table.X, float)[row], "cosine"),
        "at": listed[["longitude", "latitude"]].to_numpy(float),
        "block": listed["block"].to_numpy(str),
        "totals": np.log(row + 1.0)[:, None],
    }
