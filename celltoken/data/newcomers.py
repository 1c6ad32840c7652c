"""A frozen space that has never seen one type of cell, and the cells of another study in it."""

import numpy as np

from celltoken.data.pretrained import frozen_components, project
from celltoken.data.recipes import log_normalise, principal_components
from celltoken.data.spaces import orthologs
from celltoken.data.store import load

_learnt = {}  # by source, genes and label: places of genes, components without the label


def without(source, column, label):
    """Cells of a study whose type is not a kind of ``label``: T leaves out CD4 T and CD8 T."""
    if label is None:
        return source
    wanted = set(str(label).split())
    kinds = source.obs[column].astype(str)
    return source[[not wanted <= set(kind.split()) for kind in kinds]].copy()


def newcomer_spaces(atlas, source, column, rng, n=50, most=400, sample=1500):
    """Cells of one study, for each of their labels in components of another one without that label.

    Parameters
    ----------
    atlas : anndata.AnnData of counts
        With ``obs["label"]``; of more than ``most`` cells some are drawn, labels in equal numbers
        as far as they go.
    source : str
        Cells of another study or species, by name or path.
    column : str
        Of the source's ``obs``: its types, which serve to leave one out.
    rng : numpy.random.Generator
    n, most, sample : int
        Components; cells; cells of the source that these are learnt from.

    Returns
    -------
    dict
        ``label``; ``spaces``, from label to array (cells, n); ``all seen``, the same with no label
        left out; ``own counts``, logarithms of 2,000 genes; ``own components`` of these; ``random
        projection`` of these to ``n`` columns.
    """
    order = atlas.obs.iloc[rng.permutation(atlas.n_obs)]
    turn = order.groupby("label", observed=True).cumcount().sort_values(kind="stable")
    cells = atlas[turn.index[:most]].copy()
    cells.var["place"] = np.arange(cells.n_vars)
    spaces = {}
    for label in (None, *np.unique(cells.obs["label"].astype(str))):
        key = source, column, label, n, tuple(cells.var_names)
        if key not in _learnt:
            elsewhere = without(load(source), column, label)
            some = np.random.default_rng(0).permutation(elsewhere.n_obs)[:sample]
            shared, elsewhere = orthologs(cells, elsewhere[some].copy())
            places = shared.var["place"].to_numpy(), elsewhere.var_names
            _learnt[key] = *places, frozen_components(elsewhere, n)
        places, names, frozen = _learnt[key]
        shared = cells[:, places].copy()
        shared.var_names = names
        spaces[label] = project(shared, frozen)
    own = np.asarray(log_normalise(cells, 2000).X.todense(), float)
    return {
        "label": cells.obs["label"].to_numpy(str),
        "all seen": spaces.pop(None),
        "spaces": spaces,
        "own counts": own,
        "own components": principal_components(own, min(n, *(side - 1 for side in own.shape))),
        "random projection": own @ rng.normal(size=(own.shape[1], n)),
    }
