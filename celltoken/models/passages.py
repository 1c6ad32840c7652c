"""Passages of one length in tokens that end with a word, and a row for each of their tokens."""

import numpy as np
import pandas as pd
from anndata import AnnData


def passages(texts, tokenizer, words, rng, read=16, times=4, kinds=32):
    """Words drawn at random, each at the end of passages from different texts.

    Parameters
    ----------
    texts : sequence of list of str
    tokenizer : tokenizers.Tokenizer
        With ``encode(text).ids``. Words of fewer than four letters or of several tokens are left
        out: only a word of one token has one static vector.
    words : sequence of str
        Candidates.
    read, times, kinds : int
        Tokens a passage, passages a word, words. Words that occur in fewer texts are left out.

    Returns
    -------
    pandas.DataFrame, one row a passage
        ``word``, ``document`` (number of the text), ``ids`` (list of ``read`` token ids).
    """
    found = []
    for word in rng.permutation(words):
        if len(word) < 4 or len(tokenizer.encode(" " + word).ids) > 1:
            continue
        mine = []
        for number in rng.permutation(len(texts)):
            text = texts[number]
            at = [i for i in range(20, len(text)) if text[i] == word]
            if at and len(mine) < times:
                end = int(rng.choice(at))
                line = " " + " ".join(text[end - 20 : end + 1])
                mine.append((word, number, tokenizer.encode(line).ids[-read:]))
        found += mine if len(mine) == times else []
        if len(found) == kinds * times:
            break
    return pd.DataFrame(found, columns=["word", "document", "ids"])


def token_rows(states, passages, tokenizer, skip=4):
    """One row a token of a passage, but the first ``skip``, as AnnData.

    ``states`` has shape (passages, tokens, dimensions). In ``obs``: ``token``, as spelled;
    ``context``, the passage; ``group``, its word; ``asked``, whether it is the passage's last
    token. ``obsm["before"]``: the state one token earlier.
    """
    kept = np.arange(skip, states.shape[1])
    spelled = [tokenizer.decode([i]).strip() for ids in passages.ids for i in ids[skip:]]
    obs = pd.DataFrame(
        {
            "token": spelled,
            "context": np.repeat(np.arange(len(passages)), len(kept)).astype(str),
            "group": np.repeat(passages.word.to_numpy(), len(kept)),
            "asked": np.tile(kept == states.shape[1] - 1, len(passages)),
        }
    ).set_axis([f"row {i}" for i in range(len(spelled))])
    before = {"before": states[:, kept - 1].reshape(len(obs), -1)}
    return AnnData(states[:, kept].reshape(len(obs), -1), obs=obs, obsm=before)
