"""Nouns in running text, as the states that SmolLM2 gives them, and two nouns in one place."""

from collections import Counter

import anndata as ad
import numpy as np
import pandas as pd

from celltoken.data.concepts import as_tokens, partners
from celltoken.data.lexicons import noun_classes
from celltoken.data.plurals import grammatical_number
from celltoken.models.interventions import memory_before_last, run_on
from celltoken.models.language_model import language_model


def noun_states(texts, rng, layer=15, others=(), read=6, skip=1):
    """One passage a noun, ending with it: the noun's state, and those of the tokens before.

    Parameters
    ----------
    texts : sequence of list of str
    rng : numpy.random.Generator
    layer : int
        From 1.
    others : sequence of int
        More layers to keep; reading ends with the highest.
    read : int
        Tokens a passage.
    skip : int
        First tokens of a passage that are left out of ``before``: the model puts its largest
        numbers there, whatever they are.

    Returns
    -------
    anndata.AnnData, shape (nouns, dimensions)
        ``X``: states at ``layer``. ``obs``: ``noun_class`` (WordNet's) and ``number`` (plural,
        singular or, in doubt, empty). ``layers``: states at ``others``, named ``"layer 5"`` and
        so on. ``obsm``: ``before``, the states of the tokens before, side by side (and
        ``"before layer 5"`` and so on); ``ids``, the passage; ``partner``, the state of a noun of
        another class in the same place; ``mixed``, that of a token whose static vector is the mean
        of both.

    Raises
    ------
    ValueError
        If the texts hold nouns of fewer than two classes.
    """
    model = language_model()
    kind = noun_classes(commonest(texts, 3000))
    one = [word for word in kind.index if len(model.tokenizer.encode(" " + word).ids) == 1]
    lines = endings(texts, one, rng)
    found = np.array(list(lines), dtype=object)
    classes = kind[found].to_numpy(str)
    if len(np.unique(classes)) < 2:
        raise ValueError("The texts hold too few nouns of WordNet's classes: give longer ones.")
    ids = np.array([model.tokenizer.encode(line).ids[-read:] for line in lines.values()])
    other = partners(classes, rng)
    parts = [
        _states(model.decoder, ids[rows], ids[other[rows], -1], layer, others, skip)
        for rows in np.array_split(np.arange(len(ids)), -(-len(ids) // 200))
    ]
    found_states = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    number = grammatical_number(found).to_numpy(str)
    obs = pd.DataFrame({"noun_class": classes, "number": number}, found.astype(str))
    layers = {f"layer {each}": found_states.pop(f"layer {each}") for each in others}
    state = found_states.pop("state")
    return ad.AnnData(state, obs=obs, layers=layers, obsm=found_states | {"ids": ids})


def _states(decoder, ids, second, layer, others, skip):
    """States of some passages, by the names that :func:`noun_states` gives them."""
    found, memory = {}, []
    for number, (x, _, pair) in enumerate(decoder.iter_layers(ids)):
        if number == 0:
            static = x[:, -1].copy()
        elif number <= layer:
            memory.append(memory_before_last(pair))
        if number in (layer, *others):
            end = "" if number == layer else f" layer {number}"
            found[end.strip() or "state"] = x[:, -1].copy()
            found[f"before{end}"] = x[:, skip:-1].reshape(len(ids), -1)
        if number == max(layer, *others):
            break
    second = decoder.embedding[:, second].T
    for name, x in {"partner": second, "mixed": (static + second) / 2}.items():
        found[name] = run_on(decoder, x, 0, memory, layer)
    return found


def commonest(texts, size):
    """The commonest words of texts, as :func:`celltoken.data.corpus.vocabulary` has them, sooner.

    Parameters
    ----------
    texts : iterable of sequences of str
    size : int

    Returns
    -------
    list of str
        Ties in alphabetical order.
    """
    counts = Counter()
    for text in texts:
        counts.update(text)
    return sorted(counts, key=lambda word: (-counts[word], word))[:size]


def endings(texts, words, rng, length=20):
    """For each word that is found, a run of words from a random place that ends with it.

    Parameters
    ----------
    texts : sequence of list of str
    words : iterable of str
    rng : numpy.random.Generator
    length : int
        Words before it.

    Returns
    -------
    dict from str to str
        A run begins with a space. Words keep their order.
    """
    places = {word: [] for word in words}
    for number, text in enumerate(texts):
        for at in range(length, len(text)):
            if text[at] in places:
                places[text[at]].append((number, at))
    found = {}
    for word, known in places.items():
        if known:
            number, at = known[rng.integers(len(known))]
            found[word] = " " + " ".join(texts[number][at - length : at + 1])
    return found


def noun_tokens(nouns, n=100, layer=None):
    """Nouns as :class:`celltoken.data.concepts.Tokens`: their classes, and plural as crossing.

    Parameters
    ----------
    nouns : anndata.AnnData
        From :func:`noun_states`.
    n : int
        Main directions.
    layer : int, optional
        One of the other layers, without partners and mixtures (the nouns stand in their place).
    """
    if layer is None:
        x, before = np.asarray(nouns.X), nouns.obsm["before"]
        two = nouns.obsm["partner"], nouns.obsm["mixed"]
    else:
        x, before = nouns.layers[f"layer {layer}"], nouns.obsm[f"before layer {layer}"]
        two = x, x
    learn = np.vstack([x, before.reshape(-1, x.shape[1])])
    number = nouns.obs["number"].to_numpy(str)
    crossing = pd.DataFrame({"plural": number == "plural"})
    kind = nouns.obs["noun_class"]
    return as_tokens(learn, x, *two, kind, crossing, n, known=number != "")


MANY, ONE = "are were have do", "is was has does"


class AfterNoun:
    """How far the model expects a verb in the plural after nouns whose states may be changed.

    Parameters
    ----------
    ids : array of int, shape (nouns, tokens)
        Passages that end with the nouns.
    layer : int
        Where states are changed.
    """

    def __init__(self, ids, layer):
        model = language_model()
        self._decoder, self._layer, self._memory = model.decoder, layer, []
        for number, (x, _, pair) in enumerate(model.decoder.iter_layers(np.asarray(ids))):
            if number == layer:
                self.states = x[:, -1].copy()
            self._memory.append(memory_before_last(pair) if number > layer else None)
        del self._memory[0]  # the embedding keeps nothing
        verbs = [
            np.array([model.tokenizer.encode(" " + verb).ids[0] for verb in each.split()])
            for each in (MANY, ONE)
        ]
        self._scores = [model.decoder.embedding[:, each] for each in verbs]

    def odds(self, added=None):
        """Mean log odds of are, were, have, do against is, was, has, does as the next word.

        Parameters
        ----------
        added : array, shape (vectors, dimensions), optional
            Each is added to every noun's state at the layer; default: one vector of zeros.

        Returns
        -------
        numpy.ndarray, length vectors
        """
        added = np.zeros((1, self.states.shape[1])) if added is None else np.asarray(added)
        return np.concatenate([self._odds(added[i : i + 8]) for i in range(0, len(added), 8)])

    def _odds(self, added):
        states = (self.states + added[:, None]).reshape(-1, added.shape[1])
        memory = [
            each and tuple(np.concatenate([x] * len(added)) for x in each) for each in self._memory
        ]
        top = run_on(self._decoder, states, self._layer, memory)
        many, one = (np.logaddexp.reduce(top @ scores, axis=1) for scores in self._scores)
        return (many - one).reshape(len(added), -1).mean(1)


def plural_trials(nouns, tokens, layer, rng, most=60):
    """Choose on half of the nouns; what a vector does to singular nouns of the other half.

    Parameters
    ----------
    nouns : anndata.AnnData
        From :func:`noun_states`.
    tokens : celltoken.data.concepts.Tokens
        The same, from :func:`noun_tokens`.
    layer : int
    rng : numpy.random.Generator
    most : int
        Singular nouns that are tried.

    Returns
    -------
    list of (chosen, effect)
        Both halves in turn: bool, which nouns to choose on (none whose number is in doubt); and a
        function from vectors in the coordinates of ``tokens`` to the mean change of
        :meth:`AfterNoun.odds`.
    """
    first, trials = rng.permutation(nouns.n_obs) % 2 == 0, []
    for chosen in (first, ~first):
        asked = np.flatnonzero(~chosen & tokens.known & ~tokens.crossing)[:most]
        after = AfterNoun(nouns.obsm["ids"][asked], layer)
        trials.append((chosen & tokens.known, _change(after, tokens.directions)))
    return trials


def _change(after, directions):
    usual = after.odds()[0]
    return lambda added: after.odds(added @ directions.T) - usual
