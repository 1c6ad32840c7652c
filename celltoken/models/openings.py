"""Names after the same openings of texts, and the states that a model gives to them there."""

from functools import lru_cache

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.feature_extraction.text import CountVectorizer

from celltoken import data
from celltoken.methods.sequences import distances
from celltoken.models.encoder import encoder
from celltoken.models.language_model import language_model

MODELS = {"smollm2": language_model, "minilm": encoder}
MONTHS = "January February March April May June July August September October November December"
# The word that openings end in, and the names that follow it.
CYCLES = {
    "weekdays": ("on", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "months": ("in", MONTHS),
}


def named_cycles(texts, model, rng):
    """Weekdays and months in the middle layer of a model, each after the same 16 openings.

    Parameters
    ----------
    texts : sequence of list of str
    model : {"smollm2", "minilm"}
    rng : numpy.random.Generator

    Returns
    -------
    dict from ``"weekdays"`` and ``"months"`` to dict
        ``layers``: mean states over the openings, shape (layers, names, dimensions); ``means``,
        those of the middle layer, and their distances ``apart``; ``names``; ``totals``: distances
        in the logarithm of their rank in the list of English words; ``spelling``: cosine distances
        of the runs of up to three letters that they contain.
    """
    rank = {word: i + 1.0 for i, word in enumerate(data.load("glove").obs_names)}
    tables = {}
    for cycle, (last, listed) in CYCLES.items():
        names = listed.split()
        layers = states_after(model, openings(texts, last, rng), names).mean(1)
        means = layers[middle_layer(model)]
        cut = CountVectorizer(analyzer="char_wb", ngram_range=(1, 3), binary=True)
        letters = cut.fit_transform(names).toarray().astype(float)
        tables[cycle] = {
            "apart": distances(means),
            "means": means,
            "layers": layers,
            "names": names,
            "totals": distances(np.log([[rank[name.lower()]] for name in names])),
            "spelling": cdist(letters, letters, "cosine"),
        }
    return tables


def openings(texts, last, rng, words=12, times=16):
    """Runs of words that end in a given one, each from another text, as strings.

    Parameters
    ----------
    texts : sequence of list of str
    last : str
        The last word of each run, such as ``"on"``.
    rng : numpy.random.Generator
    words, times : int
        Words of a run; runs. Fewer are found where fewer texts hold the word.

    Raises
    ------
    ValueError
        If no text holds it that far from its beginning.
    """
    found, texts = [], list(texts)
    for number in rng.permutation(len(texts)):
        text = texts[number]
        at = [i for i in range(words - 1, len(text)) if text[i] == last]
        if at:
            end = int(rng.choice(at)) + 1
            found.append(" ".join(text[end - words : end]))
        if len(found) == times:
            break
    if not found:
        raise ValueError(f"No text holds {last!r} after {words} words: give longer texts.")
    return found


def states_after(model, lines, names):
    """The state of each name after each opening, in all layers.

    Parameters
    ----------
    model : {"smollm2", "minilm"}
    lines : list of str
        Openings, without the space that follows. SmolLM2 reads the last tokens of each, as many as
        the shortest has, so that all are read at once.
    names : list of str
        Of one length in tokens.

    Returns
    -------
    numpy.ndarray, shape (layers, openings, names, dimensions)
        That of the name's last token if the model reads from left to right (SmolLM2), because
        only there the name has been read; the mean over its tokens if every token sees all others
        (MiniLM). Layer 0 is the embedding.
    """
    if model not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, not {model!r}.")
    return _states(model, tuple(lines), tuple(names))


@lru_cache(maxsize=2)  # a lesson draws what its claim then measures
def _states(model, lines, names):
    read = _read_after if model == "smollm2" else _read_together
    return read(MODELS[model](), lines, names)


def middle_layer(model):
    """The number of the layer half-way up a model of :data:`MODELS`."""
    loaded = MODELS[model]()
    return 3 if model == "minilm" else len(loaded.decoder.layers) // 2


def _read_after(model, lines, names):
    """A causal model reads every opening once, and then all names after each of them."""
    ids = [model.tokenizer.encode(line).ids for line in lines]
    ids = np.array([each[-min(map(len, ids)) :] for each in ids])
    after = [model.tokenizer.encode(" " + name).ids for name in names]
    if len(set(map(len, after))) > 1:
        raise ValueError(f"names must have one length in tokens: {', '.join(names)} do not.")
    before = [
        [np.repeat(part, len(names), axis=0) for part in kept]
        for kept in model.decoder.read(ids)[1]
    ]
    after = np.tile(after, (len(lines), 1))
    layers = model.decoder.iter_layers(after, before)
    return np.stack([x[:, -1].reshape(len(lines), len(names), -1) for x, _, _ in layers])


def _read_together(model, lines, names):
    found = []
    for line in lines:
        for name in names:
            before = line.lower().split().count(name.lower())
            found.append(model.word_states(f"{line} {name}", name, before))
    found = np.array(found).reshape(len(lines), len(names), *found[0].shape)
    return np.moveaxis(found, 2, 0)
