"""Tables of changes: nouns and their plurals, cells before and after a treatment."""

import anndata
import numpy as np
import pandas as pd

from celltoken.data import store
from celltoken.data.crossed import IRREGULAR, plural_of
from celltoken.data.lexicons import noun_classes
from celltoken.data.recipes import log_normalise, principal_components
from celltoken.data.spaces import orthologs
from celltoken.methods.changes import Changes

FEWEST = 16  # of a class, and of a type under each condition


def nouns_in_both_numbers(vocabulary) -> pd.DataFrame:
    """Nouns of WordNet's classes whose regular plural is in the vocabulary, in a class of 16.

    Returns
    -------
    pandas.DataFrame
        Columns ``singular``, ``plural``, ``noun_class``.
    """
    kind = noun_classes(vocabulary)
    kind = kind[(kind != "Tops") & ~kind.index.str.endswith(IRREGULAR)]
    rows = [(noun, plural_of(noun), found) for noun, found in kind.items()]
    table = pd.DataFrame(rows, columns=["singular", "plural", "noun_class"])
    table = table[table.plural.map(kind) == table.noun_class].reset_index(drop=True)
    table = table[table.groupby("noun_class").singular.transform("size") >= FEWEST]
    if table.noun_class.nunique() < 4:
        raise ValueError(
            f"{table.noun_class.nunique()} of WordNet's classes have {FEWEST} nouns in singular "
            "and plural, and 4 are needed: give more words."
        )
    return table.reset_index(drop=True)


def changed_words(vectors, nouns, rng, most=40, fewest=FEWEST // 2) -> Changes:
    """Nouns in the singular, and what the plural adds: at most ``most`` nouns of a class."""
    drawn = nouns.iloc[rng.permutation(len(nouns))].groupby("noun_class").head(most)
    drawn = drawn[drawn.groupby("noun_class").singular.transform("size") >= fewest]
    one, many = (
        _unit(np.asarray(vectors[list(drawn[name])].X, float)) for name in ("singular", "plural")
    )
    half = drawn.groupby("noun_class").cumcount().to_numpy() % 2
    return Changes(one, many - one, drawn.noun_class.to_numpy(str), half)


def two_conditions(cells, labels, condition, other="") -> anndata.AnnData:
    """Cells under two conditions: of one table, or of two, such as two species.

    Parameters
    ----------
    cells, other : str
        Names or paths. With a second table, all cells go on the genes that both have.
    labels, condition : str
        Columns of ``obs``. With a second table ``condition`` is made: which of them a cell is of.

    Returns
    -------
    anndata.AnnData of counts
        Types with fewer than 16 cells under a condition are left out.
    """
    parts = [store.load(cells)]
    if other:
        parts = [each.copy() for each in orthologs(parts[0], store.load(other))]
        for each, place in zip(parts, ("1", "2"), strict=True):
            each.obs[condition] = place
        parts = [anndata.concat(parts, index_unique="-")]
    (atlas,) = parts
    how = atlas.obs[condition].astype(str)
    two = how.value_counts().index[:2]
    count = pd.crosstab(atlas.obs[labels].astype(str), how)[sorted(two)]
    kept = count.index[(count >= FEWEST).all(axis=1)]
    if len(kept) < 4:
        raise ValueError(
            f"{len(kept)} types of {labels!r} have {FEWEST} cells under both of two values of "
            f"{condition!r}, and 4 are needed: name other columns."
        )
    kept = how.isin(two) & atlas.obs[labels].astype(str).isin(kept)
    return atlas[kept.to_numpy()].copy()


def changed_cells(
    atlas, labels, condition, rng, each=10, size=10, genes=2000, columns=20, fewest=FEWEST
) -> Changes:
    """Pseudo-bulks of each type before a treatment, and their change under it.

    The cells of a type are cut in halves. In each half, ``each`` times, ``size`` cells before,
    other ``size`` cells before and ``size`` cells after are drawn: ``x`` is the mean of the first,
    the change that of the last minus the second. So the noise of x is not in the change.
    Columns of x are main directions of all x; of y, ``genes`` highly variable genes, chosen from
    all cells.
    """
    table = log_normalise(atlas, n_genes=genes)
    level = np.asarray(table.X.todense(), float)
    kind = atlas.obs[labels].astype(str).to_numpy()
    how = atlas.obs[condition].astype(str).to_numpy()
    first, last = np.unique(how)
    x, y, group, half = [], [], [], []
    for one in np.unique(kind):
        before, after = (np.flatnonzero((kind == one) & (how == h)) for h in (first, last))
        if min(len(before), len(after)) < fewest:
            continue
        before, after = rng.permutation(before), rng.permutation(after)
        for h in (0, 1):
            mine, treated = before[h::2], after[h::2]
            take, some = min(size, len(mine) // 2), min(size, len(treated))
            for _ in range(each):
                mine = rng.permutation(mine)
                x.append(level[mine[:take]].mean(0))
                y.append(
                    level[rng.permutation(treated)[:some]].mean(0)
                    - level[mine[take : 2 * take]].mean(0)
                )
                group.append(one)
                half.append(h)
    x = principal_components(np.array(x), min(columns, len(x) - 1))
    return Changes(x, np.array(y), np.array(group), np.array(half))


def _unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)
