"""Words of one part of speech in running text, as states of both models, layer by layer."""

import anndata as ad
import numpy as np
import pandas as pd

from celltoken.data.lexicons import noun_classes, wordnet
from celltoken.models.encoder import encoder
from celltoken.models.language_model import language_model
from celltoken.models.noun_states import commonest

PARTS = ["noun", "verb", "adjective"]
SHARE = 0.8  # of a word's tags that must be of one part of speech


def parts_of_speech(words, share=SHARE):
    """The part of speech of each word that WordNet's tagged texts use nearly always as one.

    Parameters
    ----------
    words : iterable of str
    share : float
        Of a word's tags.

    Returns
    -------
    pandas.Series of str
        Index: the words that have one of ``PARTS``, in their order. Words that WordNet has only
        by their stem are left out.
    """
    table = wordnet()
    rows = table.loc[[word for word in words if word in table.index], PARTS]
    tags = table.loc[rows.index, [*PARTS, "adverb"]].sum(axis=1)
    sure = rows.max(axis=1) >= share * tags
    return rows[sure].idxmax(axis=1).rename("part")


def tagged_states(texts, rng, layers, model="smollm2", each=80, times=3, read=5):
    """Words drawn from each part of speech, each at the end of passages; states by layer.

    Parameters
    ----------
    texts : sequence of list of str
    rng : numpy.random.Generator
    layers : sequence of int
        Of SmolLM2 0 to 30, of MiniLM 0 to 6.
    model : {"smollm2", "minilm"}
    each, times, read : int
        Words a part of speech, passages a word, tokens a passage. Words of several tokens, and
        those that occur less often, are left out.

    Returns
    -------
    anndata.AnnData, shape (passages, dimensions)
        ``X``: the first of the layers. ``layers``: all of them, by number as text. ``obs``:
        ``word``, ``part``, ``noun_class`` (empty if it has none), and ``before`` and
        ``second_before``, the words that stand before.
    """
    tokenizer = language_model().tokenizer
    common = commonest(texts, 3000)
    part = parts_of_speech(common)
    one = [word for word in part.index if len(tokenizer.encode(" " + word).ids) == 1]
    places = {word: [] for word in one}
    for number, text in enumerate(texts):
        for at in range(20, len(text)):
            if text[at] in places:
                places[text[at]].append((number, at))
    drawn = []
    for name in PARTS:
        mine = [w for w in one if part[w] == name and len(places[w]) >= times]
        drawn += list(rng.permutation(mine)[:each])
    lines, words, before = [], [], []
    for word in drawn:
        for i in rng.choice(len(places[word]), times, replace=False):
            number, at = places[word][i]
            lines.append(" ".join(texts[number][at - 20 : at + 1]))
            words.append(str(word))
            before.append(texts[number][at - 2 : at])
    states = _states(model, lines, layers, read)
    kind = noun_classes(common).reindex(words).fillna("").to_numpy(str)
    names = [f"passage {number}" for number in range(len(words))]
    parts = part[words].to_numpy(str)
    obs = pd.DataFrame({"word": words, "part": parts, "noun_class": kind}, index=names)
    obs[["second_before", "before"]] = before
    return ad.AnnData(states[layers[0]], obs=obs, layers={str(i): x for i, x in states.items()})


def _states(model, lines, layers, read):
    tokenizer = language_model().tokenizer
    ids = [tokenizer.encode(" " + line).ids[-read:] for line in lines]
    if model == "minilm":
        texts = [tokenizer.decode(each).strip() for each in ids]
        found = np.stack([encoder().layers(text)[1][:, -2] for text in texts], 1)
        return {i: found[i] for i in layers}
    decoder, parts = language_model().decoder, []
    for some in np.array_split(np.array(ids), -(-len(ids) // 240)):  # for memory's sake
        kept = {}
        for number, (x, _, _) in enumerate(decoder.iter_layers(some)):
            if number in layers:
                kept[number] = x[:, -1].copy()
            if number == max(layers):
                break
        parts.append(kept)
    return {i: np.concatenate([part[i] for part in parts]) for i in layers}
