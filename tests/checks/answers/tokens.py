"""Answers to the exercises of *Tokens*, as in `context`."""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import mannwhitneyu, rankdata
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

HARMLESS = {
    "thin": ["row.sum() >= events"],  # a draw of all of a row leaves it as it is
    "two_sides": ["full_matrices=True"],  # only the first d columns are used
}


def weighted_by_roots(parts, vectors):
    weights = np.sqrt(parts)
    return weights @ vectors / weights.sum(1, keepdims=True).clip(1e-12)


def medians(parts, vectors):
    rows = [np.median(vectors[row > 0], axis=0) if row.any() else 0 * vectors[0] for row in parts]
    return np.array(rows)


def by_averages(parts, vectors):
    rows = [
        np.average(vectors, axis=0, weights=row) if row.any() else np.zeros(vectors.shape[1])
        for row in parts
    ]
    return pd.DataFrame(rows)


def by_diagonal(parts, vectors):
    total = parts.sum(1)
    scale = sparse.diags(np.divide(1, total, out=np.zeros(len(parts)), where=total > 0))
    return scale @ sparse.csr_matrix(parts) @ vectors


def shares(x, kinds, contexts, k):
    found = np.zeros(len(x))
    for here in np.unique(contexts):
        a, b = (x[m] - x[m].mean(0) for m in (contexts == here, contexts != here))
        near = NearestNeighbors(n_neighbors=k, metric="cosine").fit(b).kneighbors(a)[1]
        votes = kinds[contexts != here][near] == kinds[contexts == here][:, None]
        found[contexts == here] = votes.mean(1)
    return pd.Series(found)


def recall_by_sklearn(x, kinds, contexts, k):
    return shares(x, kinds, contexts, k).groupby(kinds).mean().mean()


def recall_median(x, kinds, contexts, k):
    return shares(x, kinds, contexts, k).groupby(kinds).median().mean()


def recall_of_majorities(x, kinds, contexts, k):
    return (shares(x, kinds, contexts, k) > 0.5).groupby(kinds).mean().mean()


def split_events(counts, seed):
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(counts)
    events = counts[rows, columns]
    rows, columns = np.repeat(rows, events), np.repeat(columns, events)
    first = np.zeros(counts.shape, dtype=int)
    mine = rng.random(len(rows)) < 0.5
    np.add.at(first, (rows[mine], columns[mine]), 1)
    return [sparse.csr_matrix(first), sparse.csr_matrix(counts - first)]


def split_array(counts, seed):
    first = np.random.default_rng(seed).binomial(counts, 0.5)
    return np.array([first, counts - first])


def split_with_extra_noise(counts, seed):
    rng = np.random.default_rng(seed)
    first = rng.binomial(counts, rng.beta(1.5, 1.5, size=counts.shape))
    return first, counts - first


def split_by_halves_of_rows(counts, seed):
    """An exact half of each row's events goes to each table, the odd one to the first."""
    rng = np.random.default_rng(seed)
    first = np.array([rng.multivariate_hypergeometric(row, -(-row.sum() // 2)) for row in counts])
    return first, counts - first


def thin_by_choice(counts, events, seed):
    rng = np.random.default_rng(seed)
    out = counts.copy()
    for i, row in enumerate(counts):
        if row.sum() > events:
            molecules = np.repeat(np.arange(len(row)), row)
            kept = rng.choice(molecules, size=events, replace=False)
            out[i] = np.bincount(kept, minlength=len(row))
    return out


def thin_with_a_generator_a_row(counts, events, seed):
    return np.concatenate([thin_by_choice(row[None], events, seed) for row in counts])


def thin_to_the_smallest(counts, events, seed):
    return thin_by_choice(counts, int(counts.sum(1).min()), seed)


def thin_one_too_few(counts, events, seed):
    return thin_by_choice(counts, events - 1, seed)


def sides_by_eigenvectors(table, d):
    values, v = np.linalg.eigh(table.T @ table)
    v, strength = v[:, ::-1][:, :d], np.sqrt(np.sqrt(values[::-1][:d]))
    return [table @ v / strength, v * strength]


def sides_of_absolutes(table, d):
    return sides_by_eigenvectors(np.abs(table), d)


def sides_unit(table, d):
    return tuple(
        side / np.linalg.norm(side, axis=1, keepdims=True)
        for side in sides_by_eigenvectors(table, d)
    )


def auc_by_ranks(scores, truth):
    wins = mannwhitneyu(scores[truth], scores[~truth]).statistic
    return np.array([wins / truth.sum() / (~truth).sum()])


def auc_of_sklearn(scores, truth):
    return roc_auc_score(truth, scores)


def auc_ordinal(scores, truth):
    ranks = rankdata(scores, method="ordinal")
    return (ranks[truth].mean() - (truth.sum() + 1) / 2) / (~truth).sum()


def auc_of_seen(scores, truth):
    seen = scores > scores.min()
    return roc_auc_score(truth[seen], scores[seen])


def groups_by_pandas(group, context, seed):
    rng = np.random.default_rng(seed)
    return pd.Series(group).groupby(context).transform(lambda g: rng.permutation(g.to_numpy()))


def groups_shifted(group, context, seed):
    """Neighbours in a list of groups change places: most members of a group stay together."""
    rng, drawn = np.random.default_rng(seed), np.array(group)
    for here in np.unique(context):
        rows = np.flatnonzero(context == here)
        rows = rows[np.argsort(group[rows], kind="stable")]
        drawn[rows] = np.roll(group[rows], rng.integers(1, 3))
    return drawn


def groups_swapped_in_pairs(group, context, seed):
    rng, drawn = np.random.default_rng(seed), np.array(group)
    for _ in range(5):
        a, b = rng.choice(len(group), 2, replace=False)
        drawn[[a, b]] = drawn[[b, a]]
    return drawn


WRONG = {
    "put_together": [(weighted_by_roots, "is not the mean"), (medians, "")],
    "recall_elsewhere": [(recall_median, ""), (recall_of_majorities, "")],
    "split_counts": [(split_with_extra_noise, ""), (split_by_halves_of_rows, "exact half")],
    "thin": [
        (thin_to_the_smallest, ""),
        (thin_one_too_few, "exactly"),
        (thin_with_a_generator_a_row, "before the loop"),
    ],
    "two_sides": [(sides_of_absolutes, ""), (sides_unit, "")],
    "auc": [(auc_ordinal, ""), (auc_of_seen, "")],
    "mixed_groups": [(groups_shifted, ""), (groups_swapped_in_pairs, "")],
}

UNUSUAL = {
    "put_together": [by_averages, by_diagonal],
    "recall_elsewhere": [recall_by_sklearn],
    "split_counts": [split_events, split_array],
    "thin": [thin_by_choice],
    "two_sides": [sides_by_eigenvectors],
    "auc": [auc_by_ranks, auc_of_sklearn],
    "mixed_groups": [groups_by_pandas],
}
