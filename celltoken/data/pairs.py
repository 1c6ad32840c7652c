"""Pairs of tokens that stand in one relation: Google's words, and cell types met in two organs.

Both sides become one shape, so that a method need not know which it is given: a table ``relation``,
``tail``, ``head`` of row numbers of a matrix, one row a pair.
"""

import itertools
from dataclasses import dataclass
from os.path import commonprefix

import anndata
import numpy as np
import pandas as pd

from celltoken.data import store
from celltoken.data.corpus import documents, vocabulary
from celltoken.data.lexicons import analogies
from celltoken.methods.analogy import solve
from celltoken.methods.cooccurrence import cooccurrences, ppmi, svd_embedding
from celltoken.methods.inputs import as_labels, same_rows
from celltoken.methods.neighbours import similarity

# The atlas spells some types in two ways, and these wrongly; plurals are dealt with apart.
SPELT = {
    "Dendrtic Cell": "Dendritic Cell",
    "Epithelia Cell": "Epithelial Cell",
    "Kuppfer Cell": "Kupffer Cell",
    "Marcrophage": "Macrophage",
    "Muscel Cell": "Muscle Cell",  # codespell:ignore muscel
    "NK": "NK Cell",
    "Natural Kill Cell": "NK Cell",
    "Stroma Cell": "Stromal Cell",
}


@dataclass(frozen=True)
class Related:
    """A matrix, and which of its rows stand in which relation.

    ``x``: array, shape (tokens, columns). ``pairs``: table ``relation``, ``tail``, ``head``.
    ``clusters``: from relation to the rows of its two sides. ``names``: what each row is called;
    rows of one name are one answer. ``totals``: logarithm of how much of each token was seen, up
    to a constant. ``place``: the cluster that stands in each row's name ("" if none), or None
    where names are words.
    """

    x: np.ndarray
    pairs: pd.DataFrame
    clusters: dict
    names: np.ndarray
    totals: np.ndarray
    place: np.ndarray | None = None


def related_words(table, pairs) -> Related:
    """Word vectors with Google's pairs: the clusters are the two sides of a relation.

    Parameters
    ----------
    table : anndata.AnnData, shape (words, coordinates)
        The commonest words first; their rank stands for their frequency (Zipf's law).
    pairs : pandas.DataFrame
        From :func:`google_pairs`.
    """
    ends = pairs.groupby("relation")[["tail", "head"]]
    clusters = {name: [rows[end].unique() for end in rows] for name, rows in ends}
    x, names = np.asarray(table.X, np.float32), np.asarray(table.obs_names, dtype=object)
    return Related(x, pairs, clusters, names, -np.log(np.arange(len(x)) + 1.0))


def profile_labels(table) -> pd.DataFrame:
    """What each profile of the atlas is: columns ``organ``, ``kind`` and ``row`` of the table.

    An organ measured at several ages counts as several.
    """
    what = table.obs[["organ", "age"]].astype(str)
    organ = what.organ if what.age.nunique() == 1 else what.organ + ", " + what.age
    kind = spelt_alike(table.obs["cell_type_in_source"])
    return pd.DataFrame({"organ": organ.to_numpy(), "kind": kind, "row": np.arange(len(what))})


def related_profiles(table, labels) -> Related:
    """Profiles of cell types: a relation is two organs, a pair a type that both have.

    Parameters
    ----------
    table : anndata.AnnData, shape (profiles, genes)
        ``.obs["cells"]``: how many cells each profile is the mean of.
    labels : pandas.DataFrame
        From :func:`profile_labels`, all of it or some of its rows: the clusters are all of these
        that belong to an organ.

    Returns
    -------
    Related
        Columns of ``x`` are centred over all profiles.

    Raises
    ------
    ValueError
        If a profile is the mean of no cells.
    """
    cells = table.obs["cells"].to_numpy(dtype=float)
    if not (cells > 0).all():
        raise ValueError(
            f"{np.sum(~(cells > 0))} profiles are means of no cells: leave them out, as they have "
            "neither a place nor a total."
        )
    x, names = np.asarray(table.X, np.float32), np.full(table.n_obs, "", dtype=object)
    names[labels.row], organ = labels.kind + ", " + labels.organ, names.copy()
    organ[labels.row] = labels.organ
    pairs, row = shared_kinds(labels.organ, labels.kind), labels.row.to_numpy()
    pairs = pairs.assign(tail=row[pairs["tail"]], head=row[pairs["head"]])
    of = {organ: rows.row.to_numpy() for organ, rows in labels.groupby("organ")}
    clusters = {name: [of[organ] for organ in name.split(" > ")] for name in set(pairs.relation)}
    return Related(x - x.mean(0), pairs, clusters, names, np.log(cells), organ)


def related_conditions(x, kind, condition) -> Related:
    """Cells under two conditions, with each kind's mean under either: one relation, a pair a kind.

    Parameters
    ----------
    x : array, shape (cells, columns)
    kind, condition : sequences of str, length cells
        Every kind must be met in both conditions; the tail is the first by alphabet.

    Returns
    -------
    Related
        The means are the last rows of ``x`` and bear the names of their cells: "kind, condition".

    Raises
    ------
    ValueError
        If there are not two conditions, or a kind lacks one.
    """
    kind, condition = as_labels(kind, "kind").astype(str), as_labels(condition).astype(str)
    names = np.char.add(np.char.add(kind, ", "), condition).astype(object)
    means = pd.DataFrame(np.asarray(x)).groupby([kind, condition]).mean()
    if means.index.levshape != (len(means) / 2, 2):
        raise ValueError("every kind must be met in the same two conditions; keep those that are.")
    pairs = len(names) + np.arange(len(means)).reshape(-1, 2)
    pairs = pd.DataFrame(pairs, columns=["tail", "head"]).assign(relation="condition")
    names = np.concatenate([names, [", ".join(each) for each in means.index]])
    return Related(np.vstack([x, means]), pairs, {}, names, np.zeros(len(names)))


def answers_by_name(table, questions):
    """Answers to "a is to b as c is to what?" from what names say, without any offset.

    Parameters
    ----------
    table : Related
        Where names say a ``place``, the answer is the nearest to c in b's place. Where names are
        words, it is the first of :func:`spelt_like` that is among them, and if none is, the nearest
        to b + c.
    questions : array of int, shape (questions, 3)
        Row numbers of a, b and c, which are no possible answers.

    Returns
    -------
    numpy.ndarray of int, shape (questions, 1)
        Row numbers.
    """
    if table.place is not None:
        answers, wanted = np.empty((len(questions), 1), int), table.place[questions[:, 1]]
        for place in np.unique(wanted):
            mine, here = questions[wanted == place], np.flatnonzero(table.place == place)
            near = similarity(table.x[mine[:, 2]], table.x[here])
            near[(mine[:, :, None] == here).any(1)] = -np.inf
            answers[wanted == place, 0] = here[near.argmax(1)]
        return answers
    answers, row = (
        solve(table.x, questions, "b + c"),
        {name: i for i, name in enumerate(table.names)},
    )
    for answer, abc in zip(answers, questions, strict=True):
        found = (row.get(word, abc[0]) for word in spelt_like(*table.names[abc]))
        answer[0] = next((each for each in found if each not in abc), answer[0])
    return answers


def spelt_like(a, b, c):
    """What c would be if it were spelt as b is beside a, the plainest spelling first.

    Parameters
    ----------
    a, b, c : str
        Such as "walk", "walking", "dance".

    Yields
    ------
    str
        What stands before a in b is put before c; the ending that a and b do not share is
        exchanged, also with the letters that English drops, doubles or changes ("dancing",
        "bigger", "happily"). Most are no words.
    """
    same = len(commonprefix((a, b)))
    if b.endswith(a):
        yield b.removesuffix(a) + c
    if same > 1 and c.endswith(a[same:]):
        stem = c.removesuffix(a[same:])
        for end in dict.fromkeys((b[same:], b[same:].removeprefix(a[-1]))):
            changed = stem, stem[:-1], stem + stem[-1:], stem + "e", stem[:-1] + "i"
            yield from (each + end for each in changed)


def word_vectors(name_or_path, size=8000):
    """Word vectors: a data set of vectors as it is, or a corpus by PPMI and SVD.

    Parameters
    ----------
    name_or_path : str or Path
        A data set or file that :func:`celltoken.data.load` reads, or ``"sotu"`` or an embedded
        corpus, of which vectors of 100 coordinates are made (window of 5, contexts: the 2,000
        commonest words).
    size : int
        How many of the commonest words of a corpus get a vector.

    Returns
    -------
    anndata.AnnData, shape (words, coordinates)
        The commonest words first.
    """
    name = str(name_or_path)
    if name != "sotu" and name not in store.manifest().get("corpora", {}):
        return store.load(name_or_path)
    texts = documents(name).tokens
    words = vocabulary(texts, size=size)
    counts = cooccurrences(texts, words, window=5)[:, :2000]
    made = anndata.AnnData(svd_embedding(ppmi(counts), 100).astype(np.float32))
    made.obs_names = list(words)
    return made


def google_pairs(words):
    """The pairs of Google's analogies of which both words are in a vocabulary.

    Parameters
    ----------
    words : sequence of str

    Returns
    -------
    pandas.DataFrame
        Columns ``relation``, ``tail`` and ``head``; the last two are places in ``words``. The two
        lists of capitals are one relation here, so that 13 remain.

    Raises
    ------
    ValueError
        If the vocabulary has no pair.
    """
    listed = analogies().replace({"section": {"capital-common-countries": "capital-world"}})
    both = [listed[["section", *ends]].to_numpy() for ends in ("ab", "cd")]
    pairs = pd.DataFrame(np.vstack(both), columns=["relation", "tail", "head"]).drop_duplicates()
    place = pd.Series(np.arange(len(words)), index=pd.Index(words, dtype=object))
    pairs = pairs[pairs[["tail", "head"]].isin(place.index).all(axis=1)]
    if pairs.empty:
        raise ValueError("The vocabulary has no pair of Google's analogies; pass English words.")
    ends = {end: place[pairs[end]].to_numpy() for end in ("tail", "head")}
    return pairs.assign(**ends).reset_index(drop=True)


def spelt_alike(types):
    """Names of cell types without plurals and without the atlas's known misspellings.

    Parameters
    ----------
    types : sequence of str

    Returns
    -------
    numpy.ndarray of str
    """
    names = [str(each).removesuffix("s") for each in types]
    return np.array([SPELT.get(each, each) for each in names])


def shared_kinds(group, kind, fewest=3):
    """For every two groups, in either order, the kinds that both have: pairs of one relation.

    Parameters
    ----------
    group, kind : sequences of str, length tokens
        Such as organ and cell type. Where a group has a kind twice, its first token stands in the
        pair.
    fewest : int
        Leave out relations with fewer pairs.

    Returns
    -------
    pandas.DataFrame
        Columns ``relation`` ("one > other"), ``tail``, ``head`` (places).

    Raises
    ------
    ValueError
        If no two groups share enough kinds.
    """
    group, kind = as_labels(group, "group"), as_labels(kind, "kind")
    same_rows(group, kind, "group", "kind")
    first = pd.DataFrame({"group": group, "kind": kind, "row": np.arange(len(group))})
    first = first.drop_duplicates(["group", "kind"])
    of = {name: rows.set_index("kind").row for name, rows in first.groupby("group")}
    found = []
    for one, other in itertools.permutations(of, 2):
        shared = of[one].index.intersection(of[other].index)
        if len(shared) >= fewest:
            ends = zip(of[one][shared], of[other][shared], strict=True)
            found += [(f"{one} > {other}", tail, head) for tail, head in ends]
    if not found:
        raise ValueError(f"no two groups share {fewest} kinds; name columns that do.")
    return pd.DataFrame(found, columns=["relation", "tail", "head"])
