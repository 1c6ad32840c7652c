"""Exercise 3 of *Geometry*: do the same clusters come back?"""

from itertools import combinations, pairwise, product

import numpy as np
from sklearn import metrics
from sklearn.cluster import KMeans

from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import number
from celltoken.methods import neighbours

ARI = metrics.adjusted_rand_score


def divisions(x, k, seeds, **options):
    """The clusters of each run of k-means."""
    options = {"n_init": 1} | options
    return [KMeans(k, random_state=each, **options).fit_predict(x) for each in seeds]


def mean_over_pairs(runs, score=ARI, pairs=combinations):
    return float(np.mean([score(a, b) for a, b in pairs(runs, 2)]))


def agreements(x, k, seeds):
    return np.array([ARI(a, b) for a, b in combinations(divisions(x, k, seeds), 2)])


def of_pairs(value):
    """A rule for a number from the agreements of all pairs of runs."""
    return lambda x, k, seeds: value(agreements(x, k, seeds))


def of_runs(score=ARI, pairs=combinations, **options):
    """A rule for the mean over pairs of runs, of k-means with other options."""
    return lambda x, k, seeds: mean_over_pairs(divisions(x, k, seeds, **options), score, pairs)


def unsteady(rng):
    """Clouds whose runs differ; one in which some pairs of runs agree wholly, some not; and a round
    one in which some pair agrees less than strangers do."""
    for rows, k, runs in ((90, 5, 4), (70, 3, 5)):
        while True:
            x = rng.normal(size=(rows, 8)) * rng.uniform(0.5, 2, size=8)
            seeds = [int(each) for each in rng.permutation(np.arange(10, 1000))[:runs]]
            each = agreements(x, k, seeds)
            if each.min() < each[0] < each.max() < 1 and abs(np.median(each) - each.mean()) > 1e-3:
                yield x, k, seeds
                break
    while True:
        x = np.repeat(rng.normal(scale=5, size=(4, 2)), 15, axis=0) + rng.normal(size=(60, 2))
        seeds = [int(each) for each in rng.permutation(np.arange(10, 1000))[:4]]
        each = agreements(x, 4, seeds)
        if each.min() < 0.999 < each.max():
            yield x, 4, seeds
            break
    while True:
        x = rng.normal(size=(30, 8))
        seeds = [int(each) for each in rng.permutation(np.arange(10, 1000))[:4]]
        each = agreements(x, 2, seeds)
        if each.min() < -0.01:
            yield x, 2, seeds
            return


stability = Exercise("stability", of_runs(), unsteady,
    returns(lambda v, *_: number(v, "one number, the mean")),
    hint="a run is KMeans(n_clusters=k, n_init=1, random_state=...).fit_predict(x)",
    otherwise="that is not the mean adjusted Rand index over all pairs of runs.",
    mistakes=[
    ("you compare runs with themselves too, and each agrees with itself; take pairs of different "
     "runs.", of_runs(pairs=lambda runs, _: product(runs, runs))),
    ("you compare each run with itself besides the others; take pairs of different runs.",
     lambda x, k, seeds: np.append(agreements(x, k, seeds), [1] * len(seeds)).mean()),
    ("that is the Rand index as it is, and strangers score high on it; take the adjusted one.",
     of_runs(metrics.rand_score)),
    ("you compare the clusters' numbers, but a cluster may get another number in another run.",
     of_runs(lambda a, b: np.mean(a == b))),
    ("you compare each run with the next only; take all pairs.",
     of_runs(pairs=lambda runs, _: pairwise(runs))),
    ("you compare each run with the first only; take all pairs.",
     lambda x, k, seeds: agreements(x, k, seeds)[: len(seeds) - 1].mean()),
    ("you compare the first two runs only; take all pairs.", of_pairs(lambda each: each[0])),
    ("every pair of your runs agrees wholly, as if they were one; give each run its own seed.",
     lambda x, k, seeds: 1.0),
    ("pairs that agree wholly are left out; a perfect agreement counts like any other.",
     of_pairs(lambda each: each[each < 1 - 1e-9].mean())),
    ("the sign is lost: two runs may agree less than strangers do.",
     of_pairs(lambda each: np.abs(each).mean())),
    ("values below 0 are cut off: two runs may agree less than strangers do.",
     of_pairs(lambda each: np.maximum(each, 0).mean())),
    ("that is the sum over pairs; take the mean.", of_pairs(np.sum)),
    ("that is the sum over pairs, divided by the runs; divide by the pairs.",
     lambda x, k, seeds: agreements(x, k, seeds).sum() / len(seeds)),
    ("that is the smallest agreement; take the mean.", of_pairs(np.min)),
    ("that is the largest agreement; take the mean.", of_pairs(np.max)),
    ("that is the median; take the mean.", of_pairs(np.median)),
    ("that is how much the runs disagree; return how much they agree.",
     of_pairs(lambda each: 1 - each.mean())),
    ("that is the mutual information of the runs; take the adjusted Rand index.",
     of_runs(metrics.adjusted_mutual_info_score)),
    ("that is the normalised mutual information; take the adjusted Rand index.",
     of_runs(metrics.normalized_mutual_info_score)),
    ("each of your runs takes the best of ten starts, which hides how much a start decides; set "
     "n_init=1.", of_runs(n_init=10)),
    ("your runs start from points drawn at random; leave the option init as it is.",
     of_runs(init="random")),
    ("you number the runs yourself; use the seeds that you are given.",
     lambda x, k, seeds: mean_over_pairs(divisions(x, k, range(len(seeds))))),
    ("you make another number of clusters; make k.",
     lambda x, k, seeds: mean_over_pairs(divisions(x, 8, seeds))),
    ("you scale the rows to length 1; cluster them as they are.",
     lambda x, k, seeds: mean_over_pairs(divisions(neighbours.rows_for_metric(x, "cosine"), k,
         seeds))),
    ("you cluster the columns; the words are the rows.",
     lambda x, k, seeds: mean_over_pairs(divisions(x.T, k, seeds))),
])  # fmt: skip
