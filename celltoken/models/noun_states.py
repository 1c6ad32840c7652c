"""Nouns in running text, as the states that SmolLM2 gives them, and two nouns in one place."""

import anndata as ad
import numpy as np
import pandas as pd

from celltoken.data.concepts import as_tokens, partners
from celltoken.data.corpus import vocabulary
from celltoken.data.lexicons import PLURALS, noun_classes, wordnet
from celltoken.models.interventions import memory_before_last, run_on
from celltoken.models.language_model import language_model

# Plurals in -ves, and those whose singular no ending leads to, or that have none.
MORE_PLURALS = (*PLURALS, ("ves", "f"), ("ves", "fe"))
IRREGULAR = """cattle children clergy dice feet geese lice mice oxen people police
proceedings proceeds teeth thanks""".split()


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
        ``X``: states at ``layer``. ``obs``: ``noun_class`` (WordNet's) and ``plural``
        (:func:`is_plural`). ``layers``: states at ``others``, named ``"layer 5"`` and
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
    kind = noun_classes(vocabulary(texts, size=3000))
    one = [word for word in kind.index if len(model.tokenizer.encode(" " + word).ids) == 1]
    lines = endings(texts, one, rng)
    found = np.array(list(lines), dtype=object)
    classes = kind[found].to_numpy(str)
    if len(np.unique(classes)) < 2:
        raise ValueError("The texts hold too few nouns of WordNet's classes: give longer ones.")
    ids = np.array([model.tokenizer.encode(line).ids[-read:] for line in lines.values()])
    kept, memory = {}, []
    for number, (x, _, pair) in enumerate(model.decoder.iter_layers(ids)):
        if number == 0:
            static = x[:, -1].copy()
        elif number <= layer:
            memory.append(memory_before_last(pair))
        if number in (layer, *others):
            kept[number] = x[:, -1].copy(), x[:, skip:-1].reshape(len(ids), -1)
        if number == max(layer, *others):
            break
    other = partners(classes, rng)
    starts = {"partner": static[other], "mixed": (static + static[other]) / 2}
    two = {name: run_on(model.decoder, x, 0, memory, layer) for name, x in starts.items()}
    plural = [is_plural(word) for word in found]
    obs = pd.DataFrame({"noun_class": classes, "plural": plural}, found.astype(str))
    state, before = kept.pop(layer)
    two |= {f"before layer {number}": x for number, (_, x) in kept.items()}
    others = {f"layer {number}": x for number, (x, _) in kept.items()}
    return ad.AnnData(state, obs=obs, layers=others, obsm={"before": before, "ids": ids, **two})


def is_plural(word):
    """Whether a noun is a plural: taking its ending away gives another noun, or it is irregular.

    WordNet lists many plurals that have a sense of their own (years, things, troops): an entry does
    not make a word a singular. The stem must be tagged as a noun, so that news is not many new.
    """
    nouns = wordnet().noun
    stems = [word.removesuffix(end) + new for end, new in MORE_PLURALS if word.endswith(end)]
    return word in IRREGULAR or any(nouns.get(stem, 0) > 0 for stem in stems)


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
    crossing = nouns.obs[["plural"]]
    return as_tokens(learn, x, *two, nouns.obs["noun_class"], crossing, n)


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
            self._memory.append(pair and memory_before_last(pair))
        del self._memory[0]  # the embedding keeps nothing
        verbs = [
            np.array([model.tokenizer.encode(" " + verb).ids[0] for verb in each.split()])
            for each in (MANY, ONE)
        ]
        self._scores = [model.decoder.embedding[:, each] for each in verbs]

    def odds(self, added=0.0):
        """Mean log odds of are, were, have, do against is, was, has, does as the next word.

        ``added``: array, shape (dimensions,), is added to every noun's state at the layer.
        """
        top = run_on(self._decoder, self.states + added, self._layer, self._memory)
        many, one = (np.logaddexp.reduce(top @ scores, axis=1) for scores in self._scores)
        return float(np.mean(many - one))


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
        Both halves in turn: bool, which nouns to choose on; and a function from a vector in the
        coordinates of ``tokens`` to the mean change of :meth:`AfterNoun.odds`.
    """
    first, trials = rng.permutation(nouns.n_obs) % 2 == 0, []
    for chosen in (first, ~first):
        asked = np.flatnonzero(~chosen & ~tokens.crossing)[:most]
        after = AfterNoun(nouns.obsm["ids"][asked], layer)
        trials.append((chosen, _change(after, tokens.directions)))
    return trials


def _change(after, directions):
    usual = after.odds()
    return lambda added: after.odds(directions @ added) - usual
