"""What people and dictionaries say about words: similarity judgements, classes, senses, analogies.

Lessons judge word embeddings by these, not by lists of their own. Judgements and analogies come
with gensim; WordNet's classes and tag counts are an embedded table (`data/build/wordnet.py`).
Sources and licences: the page of data sets.
"""

import functools

import pandas as pd
from gensim.test.utils import datapath

from celltoken.data import store

JUDGEMENTS = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}
CLASS_SHARE = 0.7  # of a word's tagged occurrences that must be in one class of nouns
# Endings of plurals and what stands there in the singular: WordNet's own rules for nouns.
PLURALS = (
    ("s", ""),
    ("ses", "s"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
)


def word_pairs(name, vocabulary=None):
    """Pairs of words and how alike people find them.

    Parameters
    ----------
    name : {"wordsim353", "simlex999"}
        WordSim-353 asks how related two words are (cup and coffee are), SimLex-999 how similar
        (they are not).
    vocabulary : iterable of str, optional
        Keep only pairs with both words in it, in lower case.

    Returns
    -------
    pandas.DataFrame
        Columns ``a``, ``b`` (lower case) and ``score`` (mean of the raters, 0 to 10), one row a
        pair.

    Raises
    ------
    ValueError
        If ``name`` is neither.
    """
    if name not in JUDGEMENTS:
        raise ValueError(f"There is no list {name!r}; choose one of {', '.join(JUDGEMENTS)}.")
    path = datapath(JUDGEMENTS[name])
    pairs = pd.read_csv(path, sep="\t", comment="#", names=["a", "b", "score"], encoding="utf-8")
    pairs[["a", "b"]] = pairs[["a", "b"]].apply(lambda column: column.str.lower())
    if vocabulary is not None:
        known = set(_words(vocabulary))
        pairs = pairs[pairs.a.isin(known) & pairs.b.isin(known)]
    return pairs.reset_index(drop=True)


def analogies():
    """Google's analogies: 19,544 questions "a is to b as c is to d" in 14 sections.

    Returns
    -------
    pandas.DataFrame
        Columns ``section``, ``a``, ``b``, ``c``, ``d`` in lower case.
    """
    rows, section = [], None
    with open(analogies_path(), encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(":"):
                section = line[1:].strip()
            else:
                rows.append((section, *line.lower().split()))
    return pd.DataFrame(rows, columns=["section", "a", "b", "c", "d"])


def analogies_path():
    """Path of Google's analogies, for gensim's ``KeyedVectors.evaluate_word_analogies``."""
    return datapath("questions-words.txt")


def noun_classes(vocabulary, smallest=15):
    """WordNet's class of each noun in a vocabulary: act, animal, artifact, person, time ...

    WordNet's lexicographers keep nouns in 26 files by kind of thing, and count how often each sense
    was met in texts that people tagged. A word has a class here if it was tagged at least three
    times and at least 70 % of that in one of those files. A word that was not is looked up by its
    plural's stem.

    Parameters
    ----------
    vocabulary : iterable of str
    smallest : int
        Leave out classes with fewer words than this.

    Returns
    -------
    pandas.Series of str, named "noun_class"
        Index: the words that have a class, in the order of the vocabulary.

    Raises
    ------
    ValueError
        If ``vocabulary`` is plain text.
    """
    table = wordnet()
    found = _look_up(vocabulary, table)
    rows = table.loc[list(found.values())]
    sure = (rows.noun_class_tags >= CLASS_SHARE * rows.tags).to_numpy()
    classes = pd.Series(
        rows.noun_class.to_numpy(), pd.Index(list(found), dtype=object), name="noun_class"
    )[sure]
    return classes[classes.map(classes.value_counts()) >= smallest]


def sense_counts(vocabulary):
    """How many senses WordNet gives each word of a vocabulary, and how tagged texts use them.

    Parameters
    ----------
    vocabulary : iterable of str

    Returns
    -------
    pandas.DataFrame
        Index: the words tagged at least three times (themselves, or their plural's stem), in the
        order of the vocabulary. Columns ``senses`` (all that WordNet lists), ``tagged_senses``
        (those met at least once), ``tags`` (tagged occurrences) and ``top_sense_tags`` (those of
        the most frequent sense).

    Raises
    ------
    ValueError
        If ``vocabulary`` is plain text.
    """
    table = wordnet()
    found = _look_up(vocabulary, table)
    rows = table.loc[list(found.values()), ["senses", "tagged_senses", "tags", "top_sense_tags"]]
    return rows.set_axis(pd.Index(list(found), dtype=object))


@functools.cache
def wordnet():
    """The embedded table of WordNet: a row a lemma tagged at least three times; do not change it.

    Returns
    -------
    pandas.DataFrame, index ``lemma``
        Columns as the page of data sets describes them.
    """
    return pd.read_csv(
        store.embedded_file("wordnet"), sep="\t", index_col="lemma", keep_default_na=False
    )


def hypernyms():
    """WordNet's tree of mammals, closed: every kind with every wider kind up to "mammal".

    Returns
    -------
    pandas.DataFrame
        Columns ``kind``, ``of`` (names of kinds) and ``steps`` (1: directly below; the shortest way
        where there are several), one row a pair.
    """
    links = pd.read_csv(store.embedded_file("hypernyms"), sep="\t", keep_default_na=False)
    direct = links.groupby("kind").of.agg(list)
    rows = []
    for kind in direct.index:
        seen, level, steps = {kind}, [kind], 0
        while level:
            steps += 1
            above = [wider for each in level for wider in direct.get(each, [])]
            level = [wider for wider in dict.fromkeys(above) if wider not in seen]
            seen.update(level)
            rows += [(kind, wider, steps) for wider in level]
    return pd.DataFrame(rows, columns=["kind", "of", "steps"])


def _words(vocabulary):
    if isinstance(vocabulary, str):
        raise ValueError("vocabulary must be a list of words, not text; split it first.")
    return list(vocabulary)


def _look_up(vocabulary, table):
    """Word -> lemma, for each word whose lemma (itself, else its plural's stem) is in the table."""
    found = {}
    for word in _words(vocabulary):
        stems = [word.removesuffix(end) + new for end, new in PLURALS if word.endswith(end)]
        lemma = next((form for form in (word, *stems) if form in table.index), None)
        if lemma is not None:
            found[word] = lemma
    return found


# Written down for this course before any vector was looked at.
ORDERED = """
cold warm hot, freezing cool warm, small medium large, child teenager adult,
baby child adult, morning afternoon evening, past present future,
yesterday today tomorrow, beginning middle end, birth life death,
dawn noon dusk, bad average good, village town city, pond lake sea,
stream river sea, never sometimes always, few some many, none some all,
white gray black, first second third, primary secondary tertiary,
bronze silver gold, low moderate high, weak moderate strong,
slow moderate fast, light medium heavy, dry damp wet, breeze wind storm,
second minute hour, minute hour day, day week month, month year decade,
ice water steam, solid liquid gas, sergeant captain general,
student graduate professor, conservative moderate liberal,
republican centrist democrat, left center right, spring summer autumn,
breakfast lunch dinner, hill mountain peak, street district city
"""


def scales(name, vocabulary):
    """Three-word scales (start, middle, end) of which a vocabulary has all words.

    Parameters
    ----------
    name : {"ordered", "comparatives"}
        ``"ordered"``: a list of the course's own, such as cold, warm, hot. ``"comparatives"``:
        good, better, best and the like, from Google's analogies.
    vocabulary : sequence of str

    Returns
    -------
    list of list of str, each of length 3

    Raises
    ------
    ValueError
        If there is no such list, or the vocabulary has no scale.
    """
    if name == "ordered":
        listed = [scale.split() for scale in ORDERED.split(",")]
    elif name == "comparatives":
        table = analogies()
        more, most = (
            dict(table.loc[table.section.str.contains(part), ["a", "b"]].to_numpy())
            for part in ("comparative", "superlative")
        )
        listed = [[word, more[word], most[word]] for word in more if word in most]
    else:
        raise ValueError(f"There is no list {name!r}; choose 'ordered' or 'comparatives'.")
    known = set(vocabulary)
    found = [scale for scale in listed if known.issuperset(scale)]
    if not found:
        raise ValueError(f"The vocabulary has no scale of the list {name!r}; pass English words.")
    return found
