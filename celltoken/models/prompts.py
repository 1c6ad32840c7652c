"""Tasks shown by examples in a prompt: what a language model answers, and what cheap rivals do."""

import os
from collections import Counter

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from celltoken.data.lexicons import analogies_path
from celltoken.data.store import DataError
from celltoken.models.language_model import language_model

ARROW, ASKED = " ->", 6  # between item and answer; items a prompt
CONDITIONS = {
    "no examples": (0, False),
    "1": (1, False),
    "2": (2, False),
    "4": (4, False),
    "answers permuted": (4, True),
}


def relation_pairs(relations, vectors, fewest=16):
    """Pairs of Google's analogies whose words are one token each, and rows of word vectors.

    Parameters
    ----------
    relations : str
        Sections of the list, between commas, such as ``"capital-world, gram8-plural"``.
    vectors : anndata.AnnData
        One row a word, lower case.
    fewest : int
        Pairs that a relation needs.

    Returns
    -------
    pandas.DataFrame
        Columns ``relation``, ``item`` and ``answer``, spelt as listed; an item occurs once in a
        relation.

    Raises
    ------
    celltoken.data.DataError
        If there is no such section, or too few of its pairs remain.
    """
    tokenizer, known = language_model().tokenizer, set(vectors.obs_names)
    listed, section = {}, None
    with open(analogies_path(), encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(":"):
                section = listed.setdefault(line[1:].strip(), {})
            else:
                a, b, c, d = line.split()
                section.setdefault(a, b)
                section.setdefault(c, d)
    rows = []
    for name in (each.strip() for each in relations.split(",")):
        if name not in listed:
            raise DataError(f"There is no relation {name!r}; choose of {', '.join(listed)}.")
        kept = [
            (name, *pair)
            for pair in listed[name].items()
            if all(len(tokenizer.encode(" " + w).ids) == 1 and w.lower() in known for w in pair)
        ]
        if len(kept) < fewest:
            raise DataError(f"{name} has {len(kept)} pairs of known words: {fewest} are needed.")
        rows += kept
    return pd.DataFrame(rows, columns=["relation", "item", "answer"])


def rotated(answers, rng):
    """Answers moved on by one place in a random order, so that none stays where it was."""
    order = rng.permutation(len(answers))
    moved = list(answers)
    for here, there in zip(order, np.roll(order, 1), strict=True):
        moved[here] = answers[there]
    return moved


def drawn_prompts(pairs, rng, draws=8, shots=4):
    """Which pairs stand in a prompt and which items it is asked about, draw by draw.

    Returns
    -------
    list of dict
        ``relation``, ``draw``; ``shots`` and ``asked``, tables of pairs; ``permuted``, the answers
        of the shots at wrong places.
    """
    found = []
    for relation, mine in pairs.groupby("relation", sort=False):
        for draw in range(draws):
            order = mine.iloc[rng.permutation(len(mine))]
            head, rest = order[:shots], order[shots : shots + ASKED]
            wrong = rotated(list(head.answer), rng)
            found.append(
                {"relation": relation, "draw": draw, "shots": head, "asked": rest}
                | {"permuted": wrong}
            )
    return found


def answered(prompts, vectors):
    """What is answered to every item of every prompt, by the model and by its rivals.

    Parameters
    ----------
    prompts : list of dict
        As :func:`drawn_prompts` gives them.
    vectors : anndata.AnnData
        Word vectors for the rivals.

    Returns
    -------
    pandas.DataFrame
        One row an item of a prompt: ``relation``, ``draw``, ``item``, ``answer``; and a column for
        each of ``CONDITIONS`` and each rival, whether the answer was right (0 or 1). The model must
        find it among all its 49,152 tokens, arithmetic among all rows of ``vectors``.
    """
    rows = [
        (prompt["relation"], prompt["draw"], pair.item, pair.answer)
        for prompt in prompts
        for pair in prompt["asked"].itertuples()
    ]
    table = pd.DataFrame(rows, columns=["relation", "draw", "item", "answer"])
    for name, (shots, permuted) in CONDITIONS.items():
        table[name] = np.concatenate(
            [_model_answers(some, shots, permuted) for some in _some(prompts, 8)]
        )
    space = _Arithmetic(vectors)
    guesses = [_cheap(prompt, space) for prompt in prompts]
    for name in guesses[0]:
        told = [word for each in guesses for word in each[name]]
        table[name] = [int(a.lower() == b.lower()) for a, b in zip(told, table.answer, strict=True)]
    return table


def line_of(item, answer):
    """One line of a prompt."""
    return f" {item}{ARROW} {answer}\n"


def _some(prompts, size):
    return [prompts[i : i + size] for i in range(0, len(prompts), size)]


def _model_answers(prompts, shots, permuted):
    """Whether the likeliest next token is the answer; all prompts must be of equal length."""
    model = language_model()

    def ids(text):
        return model.tokenizer.encode(text).ids

    cache = None
    if shots:
        heads = []
        for prompt in prompts:
            said = prompt["permuted"] if permuted else list(prompt["shots"].answer)
            head = zip(list(prompt["shots"].item)[:shots], said[:shots], strict=True)
            heads.append(ids("".join(line_of(*pair) for pair in head)))
        cache = model.decoder.read(np.array(heads))[1]
        size = [len(prompt["asked"]) for prompt in prompts]
        cache = [tuple(np.repeat(part, size, axis=0) for part in layer) for layer in cache]
    asked = [pair for prompt in prompts for pair in prompt["asked"].itertuples()]
    states, _ = model.decoder.read(np.array([ids(f" {p.item}{ARROW}") for p in asked]), cache)
    likeliest = model.decoder.logits(states[:, -1]).argmax(1)
    wanted = [ids(" " + pair.answer)[0] for pair in asked]
    return (likeliest == wanted).astype(int)


class _Arithmetic:
    """Word vectors of unit length, for b - a + c and for the nearest example."""

    def __init__(self, vectors):
        x = np.asarray(vectors.X, float)
        self.x = x / np.linalg.norm(x, axis=1, keepdims=True)
        self.names = vectors.obs_names

    def at(self, words):
        return self.x[self.names.get_indexer([word.lower() for word in words])]

    def solve(self, shots, items):
        """c plus the mean of b - a over the shots; the words of the question do not count."""
        step = (self.at(shots.answer) - self.at(shots.item)).mean(0)
        score = (self.at(items) + step) @ self.x.T
        given = self.names.get_indexer([w.lower() for w in (*shots.item, *shots.answer)])
        score[:, given] = -np.inf
        score[np.arange(len(items)), self.names.get_indexer([w.lower() for w in items])] = -np.inf
        return list(self.names[score.argmax(1)])

    def nearest(self, shots, items):
        close = (self.at(items) @ self.at(shots.item).T).argmax(1)
        return list(shots.answer.iloc[close])


def ending_rule(shots):
    """The commonest change of ending among pairs: what is taken off, what is put on, how often.

    Only pairs that share their first two letters count. ``("", "", 0)`` if there is none.
    """
    edits = Counter()
    for a, b in zip(shots.item, shots.answer, strict=True):
        same = len(os.path.commonprefix([a, b]))
        if same >= 2:
            edits[a[same:], b[same:]] += 1
    if not edits:
        return "", "", 0
    (off, on), times = edits.most_common(1)[0]
    return off, on, times


def _cheap(prompt, space):
    """What programs answer that read the same shots; a rule only where it spells a known word."""
    shots, items = prompt["shots"], list(prompt["asked"].item)
    off, on, times = ending_rule(shots)
    spelt = [w[: len(w) - len(off)] + on if w.endswith(off) and times else "" for w in items]
    solved = space.solve(shots, items)
    sure = [times >= 2 and word.lower() in space.names for word in spelt]
    return {
        "vector arithmetic": solved,
        "rule of endings": spelt,
        "rule or arithmetic": np.where(sure, spelt, solved).tolist(),
        "nearest example": space.nearest(shots, items),
    }


# -- labels that mean nothing ----------------------------------------------------------------------


def labels_in_context(words, classes, names, vectors, rng, draws=8, each=4):
    """Two classes of words under arbitrary names: how well the model, and a copy, name them.

    Parameters
    ----------
    words, classes : sequences
        Words of one token and their class, two classes.
    names : sequence of two str
        What the classes are called in the prompt, one token each.
    vectors : anndata.AnnData
    rng : numpy.random.Generator
        Draws shots and, for each prompt anew, which name goes to which class.
    draws, each : int
        Prompts; shots of a class. Three other words of each class are asked about.

    Returns
    -------
    pandas.DataFrame
        One row a prompt. For ``model`` and ``names permuted`` (among the shots, asked for the true
        ones): the share of words for which the right name is the likelier of the two, and under
        ``"..., AUC"`` how well the difference of the two scores ranks the words of one class before
        those of the other, whichever name is the likelier for all. ``one name``: whether the model
        gives the same one to all. ``nearest example``: the share that a copy names right.
    """
    model, space = language_model(), _Arithmetic(vectors)
    token = [model.tokenizer.encode(" " + name).ids[0] for name in names]
    words, classes = np.asarray(words), np.unique(classes, return_inverse=True)[1]
    heads, tails, wanted, copied = {"model": [], "names permuted": []}, [], [], []
    for _ in range(draws):
        both = [rng.permutation(np.flatnonzero(classes == c))[: each + 3] for c in (0, 1)]
        shots = rng.permutation(np.concatenate([part[:each] for part in both]))
        asked = np.concatenate([part[each:] for part in both])
        name = (classes + rng.integers(2)) % 2
        for how, said in (("model", name[shots]), ("names permuted", rng.permutation(name[shots]))):
            text = "".join(line_of(words[i], names[n]) for i, n in zip(shots, said, strict=True))
            heads[how].append(model.tokenizer.encode(text).ids)
        tails += [model.tokenizer.encode(f" {words[i]}{ARROW}").ids for i in asked]
        wanted.append(name[asked])
        close = (space.at(words[asked]) @ space.at(words[shots]).T).argmax(1)
        copied.append((name[shots][close] == name[asked]).mean())
    found = {}
    for how, ids in heads.items():
        cache = model.decoder.read(np.array(ids))[1]
        cache = [tuple(np.repeat(part, 6, axis=0) for part in layer) for layer in cache]
        states, _ = model.decoder.read(np.array(tails), cache)
        score = model.decoder.logits(states[:, -1])[:, token]
        told, wanted = score.argmax(1).reshape(draws, 6), np.asarray(wanted)
        found[how] = (told == wanted).mean(1)
        lean = (score[:, 1] - score[:, 0]).reshape(draws, 6)
        found[f"{how}, AUC"] = [roc_auc_score(w, x) for w, x in zip(wanted, lean, strict=True)]
        if how == "model":
            found["one name"] = np.ptp(told, axis=1) == 0
    return pd.DataFrame(found | {"nearest example": copied})
