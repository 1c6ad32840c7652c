"""Two of a kind: languages and species in spaces made apart, or as rows over shared columns."""

import functools

import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.data import store, verses
from celltoken.data.recipes import log_normalise
from celltoken.data.store import DataError
from celltoken.methods.alignment import centred_rows
from celltoken.methods.cooccurrence import ppmi, svd_embedding

MOST = 2000  # words of a language, genes of a species
FEWEST = 40  # pairs that a rotation can be learnt from and asked about


def chapters(language="en"):
    """Chapters of the verses: a table with a row a chapter, and ``verses``, their columns."""
    var = verses.load(language, 1).var
    code = pd.factorize(var.book.astype(int) * 200 + var.chapter)[0]
    first = np.flatnonzero(np.diff(code, prepend=-1))
    rows = zip(first, [*first[1:], len(code)], strict=True)
    return pd.DataFrame({"verses": [np.arange(*each) for each in rows]})


def word_space(language, columns, most=MOST, dimension=100):
    """Words in coordinates by PPMI and SVD of their co-occurrences within some verses.

    Returns
    -------
    vectors : numpy.ndarray, shape (words, dimension)
        Centred rows, see :func:`celltoken.methods.alignment.centred_rows`.
    size : numpy.ndarray
        Logarithm of one plus the number of these verses that have the word.
    """
    x = verses.load(language, most).X[:, columns]
    together = sparse.csr_matrix(x @ x.T)
    together.setdiag(0)
    together.eliminate_zeros()
    size = np.log1p(np.asarray(x.sum(1)).ravel())
    return centred_rows(svd_embedding(ppmi(together), dimension)), size


def two_languages(some, asked, rng, languages="en, fr", same=False):
    """Two languages in spaces of their own, made from different chapters, and a dictionary.

    Parameters
    ----------
    some : pandas.DataFrame
        As :func:`chapters` gives them; half of them, at random, are read in the first language,
        the others in the second.
    asked : sequence of str
        English words to ask about; a rotation may be learnt from the others too.
    languages : str
        English and another one that has a dictionary.
    same : bool
        Read the same half in both languages.

    Returns
    -------
    dict
        ``a``, ``b`` vectors; ``again``, the first language from the second half; ``size``,
        ``size_b``; ``answers``, row of ``a`` to rows of ``b``; ``asked``, for each of these
        whether it is asked about; ``names``, ``names_b``.
    """
    one, other = (each.strip() for each in languages.split(","))
    half = rng.permutation(len(some)) < len(some) // 2
    first, rest = (np.concatenate(some.verses[part].to_list()) for part in (half, ~half))
    second = first if same else rest
    a, size = word_space(one, first)
    b, size_b = word_space(other, second)
    names = [verses.load(each, MOST).obs_names for each in (one, other)]
    pairs = dictionary(other)
    rows = {}
    for word, translation in zip(pairs.en, pairs.other, strict=True):
        rows.setdefault(names[0].get_loc(word), []).append(names[1].get_loc(translation))
    return {
        "a": a,
        "b": b,
        "again": word_space(one, rest)[0],
        "size": size,
        "size_b": size_b,
        "answers": _enough(rows),
        "asked": np.isin(names[0][list(rows)], asked),
        "names": names[0],
        "names_b": names[1],
    }


@functools.cache
def dictionary(language):
    """Pairs of the dictionary among the common words, without those spelt alike."""
    known = [verses.load(each, MOST).obs_names for each in ("en", language)]
    pairs = verses.translations(language, *known)
    return pairs[pairs.en != pairs.other]


def heads(languages):
    """English words that have a translation, each once, in alphabetical order."""
    return np.unique(dictionary(languages.split(",")[1].strip()).en.to_numpy(dtype=str))


def orthologs(human, mouse):
    """Two species on the genes that both have, in one order, named as in the first.

    Parameters
    ----------
    human, mouse : anndata.AnnData, shape (cells, genes)
        If ``mouse.var`` (or else ``human.var``) has a column ``human`` it names each gene's
        one-to-one ortholog, empty where there is none; else genes of the same name, in capitals,
        are paired, and those that ``pancreas_mouse`` has an ortholog for.

    Returns
    -------
    anndata.AnnData, anndata.AnnData

    Raises
    ------
    celltoken.data.DataError
        If fewer than 100 genes are shared.
    """
    if "human" in human.var and "human" not in mouse.var:
        return orthologs(mouse, human)[::-1]
    name = mouse.var["human"] if "human" in mouse.var else _names_in(human, mouse)
    name = pd.Series(np.asarray(name, dtype=object), mouse.var_names)
    name = name[(name != "") & name.isin(human.var_names)].drop_duplicates()
    if len(name) < 100:
        raise DataError(f"The two share {len(name)} genes: at least 100 are needed.")
    shared = mouse[:, name.index].copy()
    shared.var_names = name.to_numpy()
    return human[:, name.to_numpy()].copy(), shared


def _names_in(human, mouse):
    """Of genes without an ortholog beside them: their own name, else the pancreas's ortholog."""
    listed = store.load("pancreas_mouse").var["human"]
    listed = {gene.upper(): name for gene, name in listed.items() if name}
    own, known = [str(gene).upper() for gene in mouse.var_names], set(human.var_names)
    return [gene if gene in known else listed.get(gene, "") for gene in own]


def gene_space(cells, dimension=20):
    """Genes in coordinates by SVD of their log-normalised, standardised levels in the cells.

    Returns
    -------
    vectors : numpy.ndarray, shape (genes, dimension)
        Centred rows.
    size : numpy.ndarray
        Logarithm of one plus the number of cells that have the gene.
    """
    x = log_normalise(cells).X.toarray().T.astype(np.float64)
    x -= x.mean(1, keepdims=True)
    spread = x.std(1, keepdims=True)
    x /= np.where(spread > 0, spread, 1)
    size = np.log1p(np.asarray((cells.X > 0).sum(0)).ravel())
    return centred_rows(svd_embedding(x, dimension)), size


def shared_genes(human, mouse):
    """Names of the genes that :func:`two_species` keeps."""
    human, mouse = orthologs(human, mouse)
    seen = [np.asarray((each.X > 0).mean(0)).ravel() for each in (human, mouse)]
    return human.var_names[np.argsort(-np.minimum(*seen), kind="stable")[:MOST]].to_numpy()


def two_species(human, mouse, asked, rng):
    """Genes of two species in spaces of their own, and their orthologs; see two_languages.

    Kept are the :data:`MOST` genes that are detected in most cells of the species in which they
    are detected less. Half of the human cells make ``a``, the others ``again``.
    """
    kept = shared_genes(human, mouse)
    human, mouse = (each[:, kept].copy() for each in orthologs(human, mouse))
    half = rng.permutation(human.n_obs) < human.n_obs // 2
    a, size = gene_space(human[half])
    b, size_b = gene_space(mouse)
    # Orthologs stand in one row; in another order nothing can be found by its number.
    order = rng.permutation(len(b))
    place = np.argsort(order)
    return {
        "a": a,
        "b": b[order],
        "again": gene_space(human[~half])[0],
        "size": size,
        "size_b": size_b[order],
        "answers": _enough({i: [int(place[i])] for i in range(len(a))}),
        "asked": np.isin(human.var_names, asked),
        "names": human.var_names,
        "names_b": mouse.var_names[order],
    }


def _enough(answers):
    if len(answers) < FEWEST:
        raise DataError(f"{len(answers)} pairs are too few: at least {FEWEST} are needed.")
    return answers


# -- rows over shared columns ----------------------------------------------------------------------


def verses_of(name="sentences"):
    """The verses of a table of encoded ones, each once, as an array of str."""
    return store.load(name).obs.verse.unique().to_numpy(dtype=str)


def sentences_of(languages, verse_numbers, name="sentences"):
    """Verses of several languages in the encoder's space.

    Parameters
    ----------
    languages : str
        Two or more of en, es, fr, it, ru and tl, between commas.
    verse_numbers : sequence of str
        Such as "1:1:1".

    Returns
    -------
    dict
        ``x``; ``group``, the language; ``label``, the verse; ``split``, what must stay together
        when rows are dealt to parts; ``k``, the number of translations of a verse.
    """
    table = store.load(name)
    wanted = [each.strip() for each in languages.split(",")]
    rows = table.obs.language.isin(wanted) & table.obs.verse.isin(list(verse_numbers))
    table = table[rows.to_numpy()]
    return {
        "x": np.asarray(table.X, float),
        "group": table.obs.language.astype(str).to_numpy(),
        "label": table.obs.verse.astype(str).to_numpy(),
        "split": table.obs.verse.astype(str).to_numpy(),
        "k": len(wanted) - 1,
    }


def cells_of_two(human, mouse, labels, rng, genes=1500, k=10, fewest=8, most=60):
    """Cells of two species over shared genes, equally many of each type in both.

    Parameters
    ----------
    human, mouse : anndata.AnnData
    labels : str
        Column of ``.obs`` of both.
    genes : int
        Genes most variable in the species in which they vary less.
    fewest, most : int
        Types with fewer cells in one of the two are left out; of others at most so many are drawn.

    Returns
    -------
    dict
        As :func:`sentences_of`, for ``k`` neighbours.
    """
    pair = orthologs(human, mouse)
    kinds = [each.obs[labels].astype(str).to_numpy() for each in pair]
    counts = pd.crosstab(np.concatenate(kinds), np.repeat([0, 1], [len(each) for each in kinds]))
    drawn = counts.min(axis=1).clip(upper=most)
    drawn = drawn[drawn >= fewest]
    if len(drawn) < 2:
        raise DataError(f"{len(drawn)} types have {fewest} cells in both: two or more are needed.")
    rows = [
        np.concatenate([rng.permutation(np.flatnonzero(kind == t))[:n] for t, n in drawn.items()])
        for kind in kinds
    ]
    levels = [
        log_normalise(each[row].copy()).X.toarray() for each, row in zip(pair, rows, strict=True)
    ]
    kept = np.argsort(-np.minimum(*(x.var(0) for x in levels)), kind="stable")[:genes]
    size = drawn.sum()
    return {
        "x": np.vstack([x[:, kept] for x in levels]).astype(float),
        "group": np.repeat(["human", "mouse"], size),
        "label": np.concatenate([kind[row] for kind, row in zip(kinds, rows, strict=True)]),
        "split": np.arange(2 * size).astype(str),
        "k": k,
    }
