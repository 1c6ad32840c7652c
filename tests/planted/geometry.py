"""Wrong answers to the exercises of *Geometry*, each with a piece of the sentence it must get."""

# Changed lines of a reference solution that give the same result, and so cannot be noticed.
HARMLESS = {
    "above_edge": ["strengths >= 1"],  # no singular value lies exactly at the edge
}

PLANTED = {
    "participation_ratio": [
        (
            """
def participation_ratio(x):
    v = np.linalg.svd(x, compute_uv=False) ** 2
    return v.sum() ** 2 / (v**2).sum()
""",
            "not centred",
        ),
        (
            """
def participation_ratio(x):
    v = np.linalg.svd(x - x.mean(1, keepdims=True), compute_uv=False) ** 2
    return v.sum() ** 2 / (v**2).sum()
""",
            "mean of each row",
        ),
        (
            """
def participation_ratio(x):
    v = np.linalg.eigvalsh(np.cov(x)).clip(0)
    return v.sum() ** 2 / (v**2).sum()
""",
            "mean of each row",
        ),
        (
            """
def participation_ratio(x):
    s = np.linalg.svd(x - x.mean(0), compute_uv=False)
    return s.sum() ** 2 / (s**2).sum()
""",
            "singular values as they are",
        ),
        (
            """
def participation_ratio(x):
    s = np.linalg.svd(x - x.mean(0), compute_uv=False)
    return (s**2).sum() / (s**4).sum()
""",
            "square above the line",
        ),
        (
            """
def participation_ratio(x):
    s = np.linalg.svd(x - x.mean(0), compute_uv=False)
    return (s**2).sum() ** 2 / (s**2).sum()
""",
            "squares below the line",
        ),
        (
            """
def participation_ratio(x):
    s = np.linalg.svd(x - x.mean(0), compute_uv=False)
    return (s**4).sum() / (s**2).sum() ** 2
""",
            "upside down",
        ),
        (
            """
def participation_ratio(x):
    v = x.var(0)
    return v.sum() ** 2 / (v**2).sum()
""",
            "variances of the columns",
        ),
        (
            """
def participation_ratio(x):
    v = np.linalg.eigvalsh(np.corrcoef(x.T))
    return v.sum() ** 2 / (v**2).sum()
""",
            "divide the columns by their spread",
        ),
        (
            """
def participation_ratio(x):
    v = np.linalg.svd(x - x.mean(), compute_uv=False) ** 2
    return v.sum() ** 2 / (v**2).sum()
""",
            "one mean for the whole table",
        ),
        (
            """
def participation_ratio(x):
    x -= x.mean(0)
    v = np.linalg.svd(x, compute_uv=False) ** 2
    return v.sum() ** 2 / (v**2).sum()
""",
            "work on a copy",
        ),
    ],
    "above_edge": [
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    residuals = counts - expected
    s = np.linalg.svd(residuals, compute_uv=False) / np.sqrt(counts.shape).sum()
    return s[s > 1]
""",
            "scatter is forgotten",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    residuals = (counts - expected) / expected
    s = np.linalg.svd(residuals, compute_uv=False) / np.sqrt(counts.shape).sum()
    return s[s > 1]
""",
            "scatter is its root",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    residuals = counts / np.sqrt(expected)
    s = np.linalg.svd(residuals, compute_uv=False) / np.sqrt(counts.shape).sum()
    return s[s > 1]
""",
            "not subtracted",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = np.ones((len(counts), 1)) * counts.mean(0)
    residuals = (counts - expected) / np.sqrt(expected)
    s = np.linalg.svd(residuals, compute_uv=False) / np.sqrt(counts.shape).sum()
    return s[s > 1]
""",
            "mean of its column",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = np.ones(counts.shape) * counts.mean(1, keepdims=True)
    residuals = (counts - expected) / np.sqrt(expected)
    s = np.linalg.svd(residuals, compute_uv=False) / np.sqrt(counts.shape).sum()
    return s[s > 1]
""",
            "mean of its row",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    residuals = (counts - expected) / np.sqrt(expected)
    s = np.linalg.svd(residuals, compute_uv=False) / np.sqrt(counts.size)
    return s[s > 1]
""",
            "root of rows times columns",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    residuals = (counts - expected) / np.sqrt(expected)
    s = np.linalg.svd(residuals, compute_uv=False) / np.sqrt(sum(counts.shape))
    return s[s > 1]
""",
            "root of rows plus columns",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    r = (counts - expected) / np.sqrt(expected)
    s = np.linalg.eigvalsh(r @ r.T)[::-1] / np.sqrt(counts.shape).sum()
    return s[s > 1]
""",
            "eigenvalues",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    s = np.linalg.svd((counts - expected) / np.sqrt(expected), compute_uv=False)
    return s[s > np.sqrt(counts.shape).sum()]
""",
            "not in units of the edge",
        ),
        (
            """
def above_edge(counts):
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    s = np.linalg.svd((counts - expected) / np.sqrt(expected), compute_uv=False)
    return (s > np.sqrt(counts.shape).sum()).sum()
""",
            "that is how many",
        ),
        (
            """
def above_edge(counts):
    edge = np.sqrt(counts.shape).sum()
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    residuals = (counts - expected) / np.sqrt(expected)
    s = np.linalg.svd(residuals, compute_uv=False) / edge
    return s[s > 1]
""",
            "columns that have no counts",
        ),
        (
            """
def above_edge(counts):
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    residuals = (counts - expected) / np.sqrt(expected)
    s = np.linalg.svd(residuals, compute_uv=False) / np.sqrt(counts.shape).sum()
    return s[s > 1]
""",
            "gives 0 / 0",
        ),
    ],
    "stability": [
        (
            """
def stability(x, k, seeds):
    runs = [KMeans(k, n_init=1, random_state=s).fit_predict(x) for s in seeds]
    return np.mean([adjusted_rand_score(a, b) for a in runs for b in runs])
""",
            "with themselves",
        ),
        (
            """
def stability(x, k, seeds):
    from sklearn.metrics import rand_score

    runs = [KMeans(k, n_init=1, random_state=s).fit_predict(x) for s in seeds]
    return np.mean([rand_score(a, b) for a, b in combinations(runs, 2)])
""",
            "adjusted one",
        ),
        (
            """
def stability(x, k, seeds):
    runs = [KMeans(k, n_init=1, random_state=s).fit_predict(x) for s in seeds]
    return np.mean([np.mean(a == b) for a, b in combinations(runs, 2)])
""",
            "another number in another run",
        ),
        (
            """
def stability(x, k, seeds):
    runs = [KMeans(k, n_init=1, random_state=s).fit_predict(x) for s in seeds]
    return np.mean([adjusted_rand_score(a, b) for a, b in zip(runs, runs[1:])])
""",
            "the next only",
        ),
        (
            """
def stability(x, k, seeds):
    runs = [KMeans(k, n_init=1, random_state=s).fit_predict(x) for s in seeds]
    return np.mean([adjusted_rand_score(runs[0], b) for b in runs[1:]])
""",
            "the first only",
        ),
        (
            """
def stability(x, k, seeds):
    runs = [KMeans(k, n_init=1, random_state=seeds[0]).fit_predict(x) for s in seeds]
    return np.mean([adjusted_rand_score(a, b) for a, b in combinations(runs, 2)])
""",
            "its own seed",
        ),
        (
            """
def stability(x, k, seeds):
    runs = [KMeans(k, n_init=1, random_state=s).fit_predict(x) for s in range(len(seeds))]
    return np.mean([adjusted_rand_score(a, b) for a, b in combinations(runs, 2)])
""",
            "seeds that you are given",
        ),
        (
            """
def stability(x, k, seeds):
    runs = [KMeans(k, n_init=10, random_state=s).fit_predict(x) for s in seeds]
    return np.mean([adjusted_rand_score(a, b) for a, b in combinations(runs, 2)])
""",
            "best of ten starts",
        ),
        (
            """
def stability(x, k, seeds):
    runs = [KMeans(k, n_init=1, random_state=s).fit_predict(x) for s in seeds]
    return [adjusted_rand_score(a, b) for a, b in combinations(runs, 2)]
""",
            "one number, the mean",
        ),
    ],
    "is_it_evidence": [
        (
            """
def is_it_evidence(x, score, seeds):
    copies = [np.random.default_rng(s).permutation(x) for s in seeds]
    return score(x) - np.mean([score(copy) for copy in copies])
""",
            "whole rows change places",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copies = []
    for s in seeds:
        columns = [np.random.default_rng(s).permutation(c) for c in x.T]
        copies.append(np.array(columns).T)
    return score(x) - np.mean([score(copy) for copy in copies])
""",
            "whole rows change places",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copies = [np.random.default_rng(s).permutation(x.ravel()).reshape(x.shape) for s in seeds]
    return score(x) - np.mean([score(copy) for copy in copies])
""",
            "from column to column",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copies = [np.random.default_rng(s).permuted(x, axis=1) for s in seeds]
    return score(x) - np.mean([score(copy) for copy in copies])
""",
            "shuffle within rows",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copies = [np.random.default_rng(s).choice(x, len(x)) for s in seeds]
    return score(x) - np.mean([score(copy) for copy in copies])
""",
            "each once",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copies = [np.random.default_rng(0).permuted(x, axis=0) for s in seeds]
    return score(x) - np.mean([score(copy) for copy in copies])
""",
            "copies are the same",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copies = [np.random.default_rng(s).permuted(x, axis=0) for s in seeds]
    return score(x) / np.mean([score(copy) for copy in copies])
""",
            "that is a ratio",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copies = [np.random.default_rng(s).permuted(x, axis=0) for s in seeds]
    return np.mean([score(copy) for copy in copies]) - score(x)
""",
            "sign is wrong",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copies = [np.random.default_rng().permuted(x, axis=0) for s in seeds]
    return score(x) - np.mean([score(copy) for copy in copies])
""",
            "make the generator from a seed",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    copy = np.random.default_rng(seeds[0]).permuted(x, axis=0)
    return score(x) - score(copy)
""",
            "one shuffled copy for each seed",
        ),
        (
            """
def is_it_evidence(x, score, seeds):
    return score(x)
""",
            "no shuffled copy",
        ),
    ],
    "between": [
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / np.linalg.norm(way)
    off = np.linalg.norm(out - t * way) / np.linalg.norm(way)
    return t, off
""",
            "t is a length",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way
    off = np.linalg.norm(out - t * way) / np.linalg.norm(way)
    return t, off
""",
            "squared length of the way",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = np.linalg.norm(out) / np.linalg.norm(way)
    off = np.linalg.norm(out - t * way) / np.linalg.norm(way)
    return t, off
""",
            "project on the way first",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    near, far = np.linalg.norm(out), np.linalg.norm(merged - b)
    t = near / (near + far)
    off = np.linalg.norm(out - t * way) / np.linalg.norm(way)
    return t, off
""",
            "distances from both ends",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / np.linalg.norm(out) / np.linalg.norm(way)
    off = np.linalg.norm(out - t * way) / np.linalg.norm(way)
    return t, off
""",
            "t is a cosine",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = merged @ way / (way @ way)
    off = np.linalg.norm(out - t * way) / np.linalg.norm(way)
    return t, off
""",
            "from the origin",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / (way @ way)
    return t, np.linalg.norm(out - t * way)
""",
            "off is a length",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / (way @ way)
    return t, np.linalg.norm(out) / np.linalg.norm(way)
""",
            "distance from a",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = np.clip(out @ way / (way @ way), 0, 1)
    off = np.linalg.norm(out - t * way) / np.linalg.norm(way)
    return t, off
""",
            "cut off at the ends",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / (way @ way)
    return t, np.linalg.norm(merged - t * way) / np.linalg.norm(way)
""",
            "left a out",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / (way @ way)
    return np.linalg.norm(out - t * way) / np.linalg.norm(way), t
""",
            "the order is",
        ),
        (
            """
def between(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / (way @ way)
    return t
""",
            "return two numbers",
        ),
    ],
    "confusion_at_depth": [
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    thin = counts * share
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "you scale the counts",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    thin = np.round(counts * share)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "scale and round",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    thin = counts * (rng.random(counts.shape) < share)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "kept or lost together",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    kept = rng.random(len(counts)) < share
    counts, labels = counts[kept], labels[kept]
    thin = counts
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "you leave out cells",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    thin = counts * (rng.random((len(counts), 1)) < share)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "whole cells are lost",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    x = np.log1p(counts / counts.sum(1, keepdims=True) * 1e4)
    thin = x * rng.binomial(1, share, counts.shape)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "not whole numbers",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    thin = rng.poisson(counts * share)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "more molecules than before",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    thin = rng.binomial(counts, 1 - share)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "keep 1 - share",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    thin = np.random.default_rng(0).binomial(counts, share)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "use the argument seed",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    thin = np.random.default_rng().binomial(counts, share)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "make the generator from seed",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    thin = rng.binomial(counts, share)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.mean()
""",
            "divide by all cells",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    thin = rng.binomial(counts, share)
    g, (a, b) = guess(thin), pair
    return ((labels == a) & (g == b)).sum() / np.isin(labels, pair).sum()
""",
            "only; count",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    thin = rng.binomial(counts, share)
    own = np.isin(labels, pair)
    return np.mean(guess(thin)[own] != labels[own])
""",
            "every wrong guess",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    thin = rng.binomial(counts, share)
    labels = guess(counts)
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "guess at full depth",
        ),
        (
            """
def confusion_at_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    own = np.isin(labels, pair)
    labels, thin = labels[own], rng.binomial(counts, share)[own]
    g, (a, b) = guess(thin), pair
    swapped = (labels == a) & (g == b) | (labels == b) & (g == a)
    return swapped.sum() / np.isin(labels, pair).sum()
""",
            "give it all cells",
        ),
    ],
    "attend": [
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return softmax(np.where(ahead, -np.inf, scores), axis=1) @ values
""",
            "not scaled",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / keys.shape[1]
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return softmax(np.where(ahead, -np.inf, scores), axis=1) @ values
""",
            "divide by its root",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(len(keys))
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return softmax(np.where(ahead, -np.inf, scores), axis=1) @ values
""",
            "root of the number of tokens",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return softmax(np.where(ahead, -np.inf, scores), axis=0) @ values
""",
            "down the columns",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return softmax(np.where(ahead, -np.inf, scores)) @ values
""",
            "over the whole table",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return np.where(ahead, 0, softmax(scores, axis=1)) @ values
""",
            "hide after the softmax",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return softmax(np.where(ahead, 0, scores), axis=1) @ values
""",
            "setting scores to 0",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])
    return softmax(scores, axis=1) @ values
""",
            "nothing is hidden",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])
    ahead = np.tri(len(scores), k=-1, dtype=bool)
    return softmax(np.where(ahead, -np.inf, scores), axis=1) @ values
""",
            "you hide the past",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])
    ahead = np.triu(np.ones(scores.shape, dtype=bool))
    return softmax(np.where(ahead, -np.inf, scores), axis=1) @ values
""",
            "not even itself",
        ),
        (
            """
def attend(queries, keys, values):
    scores = keys @ queries.T / np.sqrt(keys.shape[1])
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return softmax(np.where(ahead, -np.inf, scores), axis=1) @ values
""",
            "exchanged",
        ),
        (
            """
def attend(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])
    ahead = np.triu(np.ones(scores.shape, dtype=bool), 1)
    return softmax(np.where(ahead, -np.inf, scores), axis=1)
""",
            "those are weights",
        ),
    ],
    "neighbourhood_attention": [
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-(apart**2) / (2 * width**2))
    return weights @ x / weights.sum(1, keepdims=True)
""",
            "looks at itself as well",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-(apart**2) / (2 * width**2))
    np.fill_diagonal(weights, 0)
    return weights @ x
""",
            "not normalised",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-(apart**2) / (2 * width**2))
    np.fill_diagonal(weights, 0)
    return weights / weights.sum(0) @ x
""",
            "normalise the columns",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-apart / (2 * width**2))
    np.fill_diagonal(weights, 0)
    return weights @ x / weights.sum(1, keepdims=True)
""",
            "distance is not squared",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-(apart**2) / (2 * width))
    np.fill_diagonal(weights, 0)
    return weights @ x / weights.sum(1, keepdims=True)
""",
            "width is not squared",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-((apart / width) ** 2))
    np.fill_diagonal(weights, 0)
    return weights @ x / weights.sum(1, keepdims=True)
""",
            "the 2 in the exponent",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-(apart**2) / 2 * width**2)
    np.fill_diagonal(weights, 0)
    return weights @ x / weights.sum(1, keepdims=True)
""",
            "multiply by the width",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(apart**2 / (2 * width**2))
    np.fill_diagonal(weights, 0)
    return weights @ x / weights.sum(1, keepdims=True)
""",
            "minus sign is missing",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-(apart**2) / (2 * width**2))
    weights /= weights.sum(1, keepdims=True)
    np.fill_diagonal(weights, 0)
    return weights @ x
""",
            "after dividing by the sum",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(x, x)
    weights = np.exp(-(apart**2) / (2 * width**2))
    np.fill_diagonal(weights, 0)
    return weights @ x / weights.sum(1, keepdims=True)
""",
            "between positions",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = (apart <= width).astype(float)
    np.fill_diagonal(weights, 0)
    return weights @ x / weights.sum(1, keepdims=True)
""",
            "count alike",
        ),
        (
            """
def neighbourhood_attention(x, positions, width):
    apart = cdist(positions, positions)
    weights = np.exp(-(apart**2) / (2 * width**2))
    np.fill_diagonal(weights, 0)
    return softmax(weights, axis=1) @ x
""",
            "softmax of the weights",
        ),
    ],
}
