"""Trees as links from each node to the one above: path lengths, branches, and trees made of rows.

Links are pairs (below, above) of names. A node may have several above it, as in WordNet; then the
shortest way counts.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.cluster.hierarchy import average
from scipy.sparse.csgraph import minimum_spanning_tree, shortest_path
from scipy.spatial.distance import pdist, squareform
from sklearn.neighbors import kneighbors_graph

from celltoken.methods.inputs import as_matrix


def path_lengths(links, names=None):
    """How many links lie between nodes, going up and down the tree.

    Parameters
    ----------
    links : sequence of (below, above)
    names : sequence of str, optional
        Nodes to return; default: all, sorted.

    Returns
    -------
    pandas.DataFrame
        Rows and columns: the nodes.

    Raises
    ------
    ValueError
        If a name is not in the links, or the tree is in several pieces.
    """
    links = pd.DataFrame(links, columns=["below", "above"])
    every = np.unique(links.to_numpy().astype(str))
    at = pd.Series(np.arange(len(every)), every)
    graph = sparse.coo_matrix(
        (np.ones(len(links)), (at[links.below.astype(str)], at[links.above.astype(str)])),
        shape=(len(every),) * 2,
    )
    far = shortest_path(graph.tocsr(), directed=False, unweighted=True)
    if np.isinf(far).any():
        raise ValueError("links must hang together: some nodes cannot be reached from others.")
    chosen = every if names is None else list(names)
    if missing := set(chosen) - set(every):
        raise ValueError(f"{sorted(missing)[0]!r} is not in the tree: it has no link.")
    return pd.DataFrame(far, every, every).loc[chosen, chosen]


def pruned(links, leaves):
    """The links that lead from some nodes up to the root, and no others.

    Parameters
    ----------
    links : sequence of (below, above)
    leaves : sequence of str

    Returns
    -------
    list of (below, above)
    """
    above = _above(links)
    keep, look = set(), list(leaves)
    while look:
        node = look.pop()
        if node not in keep:
            keep.add(node)
            look += above.get(node, [])
    return [(below, up) for below, up in links if below in keep]


def steps_up(links, names):
    """From each node, how many links up until a branch holds the other node as well.

    Parameters
    ----------
    links : sequence of (below, above)
    names : sequence of str
        Nodes to compare; a name may be there several times.

    Returns
    -------
    numpy.ndarray, shape (names, names)
        Not symmetric: 0 where the other node is in the branch below the first (or is the first),
        infinite where no node lies above both.

    Raises
    ------
    ValueError
        If a name is not in the links.
    """
    above, known = _above(links), {node for link in links for node in link}
    single = list(dict.fromkeys(names))
    if missing := set(single) - known:
        raise ValueError(f"{sorted(missing)[0]!r} is not in the tree: it has no link.")
    steps = {}
    for node in single:
        level, count, steps[node] = [node], 0, {node: 0}
        while level:
            count += 1
            level = [up for each in level for up in above.get(each, []) if up not in steps[node]]
            steps[node].update(dict.fromkeys(level, count))
    up = np.array(
        [
            [min((n for node, n in steps[a].items() if node in steps[b]), default=np.inf)
             for b in single]
            for a in single
        ]
    )  # fmt: skip
    rows = pd.Series(range(len(single)), single)[list(names)]
    return up[np.ix_(rows, rows)]


def branches_resolved(fitted, up, rng, count=200_000):
    """Share of triples (a, b, c) in which b, of the narrower branch around a, is nearer than c.

    Parameters
    ----------
    fitted : array, shape (tokens, tokens)
        Distances to judge.
    up : array, shape (tokens, tokens)
        What :func:`steps_up` returns. Pairs with 0 are left out: tokens of one kind, or a kind and
        what is below it, are no two branches.
    rng : numpy.random.Generator
    count : int
        How many triples are drawn.

    Returns
    -------
    float
        A half is guessing; a tie counts half.

    Raises
    ------
    ValueError
        If no triple has a narrower and a wider branch.
    """
    a, b, c = rng.integers(len(up), size=(3, count))
    use = (up[a, b] > 0) & (up[a, b] < up[a, c])
    if not use.any():
        raise ValueError("the tree has no two branches of unlike width among these tokens.")
    a, b, c = a[use], b[use], c[use]
    near, far = np.asarray(fitted)[a, b], np.asarray(fitted)[a, c]
    return float(np.mean(near < far) + np.mean(near == far) / 2)


def from_brackets(text):
    """Links of a tree written with brackets, such as ``((B, (CD4 T, CD8 T)), monocyte)``.

    Parameters
    ----------
    text : str
        Leaves by name, parted by commas; each pair of brackets is a branch.

    Returns
    -------
    list of (below, above)
        Branches are called by their leaves, joined by " | ".

    Raises
    ------
    ValueError
        If brackets do not match.
    """
    open_, links = [[]], []
    word = ""
    for letter in f"{text},":
        if letter in "(),":
            if word.strip():
                open_[-1].append(word.strip())
            word = ""
        if letter == "(":
            open_.append([])
        elif letter == ")":
            parts = open_.pop()
            if not open_ or not parts:
                raise ValueError("brackets of the tree do not match; write it as ((a, b), c).")
            branch = " | ".join(parts)
            links += [(part, branch) for part in parts if part != branch]
            open_[-1].append(branch)
        elif letter != ",":
            word += letter
    if len(open_) != 1 or len(open_[0]) != 1:
        raise ValueError("brackets of the tree do not match; write it as ((a, b), c).")
    return links


def dendrogram(x):
    """Links of the tree in which the two nearest groups of rows join, again and again.

    Average linkage of Euclidean distances. Every joint is a node, and lengths are forgotten: only
    who joins whom remains, as in a tree of words.

    Parameters
    ----------
    x : array, shape (rows, columns)

    Returns
    -------
    list of (below, above)
        Rows are called by their number, joints by the numbers that follow.
    """
    x = np.asarray(as_matrix(x, min_rows=2))
    joints = average(pdist(x))[:, :2].astype(int)
    return [
        (str(below), str(len(x) + number)) for number, pair in enumerate(joints) for below in pair
    ]


def graph_distances(x, n_neighbors=10):
    """Distances along the graph of nearest neighbours: a way is as long as its links.

    Islands are joined by the links of the minimum spanning tree.

    Parameters
    ----------
    x : array, shape (rows, columns)
    n_neighbors : int

    Returns
    -------
    numpy.ndarray, shape (rows, rows)

    References
    ----------
    Tenenbaum et al. (2000), doi:10.1126/science.290.5500.2319.
    """
    x = np.asarray(as_matrix(x, min_rows=n_neighbors + 1), float)
    near = kneighbors_graph(x, n_neighbors, mode="distance")
    bridge = minimum_spanning_tree(squareform(pdist(x)))
    graph = near.maximum(near.T).maximum(bridge).maximum(bridge.T)
    return shortest_path(graph, directed=False)


def _above(links):
    above = {}
    for below, up in links:
        above.setdefault(below, []).append(up)
    return above
