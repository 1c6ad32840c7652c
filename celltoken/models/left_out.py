"""What a word of a passage does to the model's next word: leave it out and read again."""

import numpy as np

from celltoken.data.corpus import vocabulary
from celltoken.models.attention import log_softmax_at
from celltoken.models.language_model import language_model


def one_token(word):
    """Whether a word is one token of SmolLM2 after a space."""
    return len(language_model().tokenizer.encode(" " + word).ids) == 1


def losses(words):
    """How much the log-probability of the last word falls when a word before it is left out.

    Parameters
    ----------
    words : list of str
        The last one is a single token (:func:`one_token`); two or more stand before it.

    Returns
    -------
    numpy.ndarray, length words - 1
        In natural logarithms; positive where the word had helped. All variants are read at once:
        the model sees only what stands before, so that what fills up shorter ones does no harm.

    Raises
    ------
    ValueError
        If there are fewer than three words or the last is more than one token.
    """
    if len(words) < 3 or not one_token(words[-1]):
        raise ValueError("give three words or more, the last of which is one token.")
    model = language_model()
    before, target = words[:-1], model.tokenizer.encode(" " + words[-1]).ids[0]
    texts = [before, *(before[:i] + before[i + 1 :] for i in range(len(before)))]
    ids = [model.tokenizer.encode(" " + " ".join(text)).ids for text in texts]
    filled = np.zeros((len(ids), max(map(len, ids))), dtype=np.int64)
    for row, each in zip(filled, ids, strict=True):
        row[: len(each)] = each
    states, _ = model.decoder.read(filled)
    last = states[np.arange(len(ids)), [len(each) - 1 for each in ids]]
    found = log_softmax_at(model.decoder.logits(last), [target] * len(ids))
    return found[0] - found[1:]


def read_passages(texts, seed=0, count=32, words=12, common=100):
    """Passages that end in a less common word of one token, and what each word before does to it.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``.
    seed : int
    count, words : int
        Passages, at most one a text; words of each.
    common : int
        The commonest words are no targets.

    Returns
    -------
    list of dict
        ``words``, and ``effect``: by how much the log-probability of the last word changes when
        one before it is left out, without its sign, shape (words - 1,).
    """
    rng, often = np.random.default_rng(seed), set(vocabulary(texts.tokens, common))
    found = []
    for number in rng.permutation(len(texts)):
        tokens = texts.tokens.iloc[number]
        for end in rng.integers(words, len(tokens), size=20) if len(tokens) > words else ():
            run = tokens[end - words + 1 : end + 1]
            if run[-1] not in often and run[-1] not in run[:-1] and one_token(run[-1]):
                found.append({"words": run, "effect": np.abs(losses(run))})
                break
        if len(found) == count:
            break
    return found
