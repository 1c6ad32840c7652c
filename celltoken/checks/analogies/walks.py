"""Exercises 5 and 6 of *Analogies*: how long a walk stays, and where velocities point."""

import numpy as np

from celltoken.checks.cases import telling
from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import number
from celltoken.methods.neighbours import neighbours

# -- a walk that stays ----------------------------------------------------------------------------


def graphs(rng):
    """Nearest neighbours of rows of some groups of unlike size; every row can leave its group."""
    for k, groups in ((4, 3), (3, 2)):
        while True:
            label = rng.choice(groups, size=36, p=rng.dirichlet(np.full(groups, 6.0)))
            x = rng.normal(size=(groups, 4))[label] * 0.8 + rng.normal(size=(36, 4))
            near = neighbours(x, k, "euclidean")
            if len(np.unique(label)) == groups and np.isfinite(leaving(near, label)).all():
                if leaving(near, label).max() < 60:
                    yield near, label
                    break


def leaving(near, label, add=1.0, own=lambda near, label: label[near] == label[:, None]):
    """Expected steps of a walk on random nearest neighbours until it is in another group."""
    stays = np.zeros((len(near), len(near)))
    np.add.at(stays, (np.arange(len(near))[:, None], near), own(near, label) / near.shape[1])
    with np.errstate(all="ignore"):
        try:
            return np.linalg.solve(np.eye(len(near)) - stays, np.full(len(near), add))
        except np.linalg.LinAlgError:
            return np.full(len(near), np.nan)


def one_step(near, label):
    return np.mean(label[near] == label[:, None])


def to_equal_neighbours(near, label):
    """As if every step were alike for all rows: a geometric time with the mean chance."""
    return 1 / (1 - one_step(near, label))


def by_graph(near, label):
    """A walk that also goes back along each link."""
    link = np.zeros((len(near), len(near)))
    np.add.at(link, (np.arange(len(near))[:, None], near), 1)
    link = np.maximum(link, link.T)
    stays = link / link.sum(1, keepdims=True) * (label[:, None] == label)
    return np.linalg.solve(np.eye(len(near)) - stays, np.ones(len(near))).mean()


def over_groups(near, label):
    steps = leaving(near, label)
    return np.mean([steps[label == each].mean() for each in np.unique(label)])


steps_to_leave = Exercise("steps_to_leave", lambda near, label: leaving(near, label).mean(), graphs,
    returns(lambda v, *_: number(v, "one number of steps")),
    hint="near holds row numbers, and np.linalg.solve wants a square table",
    otherwise="that is not the mean over rows of the expected number of steps until a walk is in "
    "another group.",
    mistakes=[
    ("that is the number of steps before the one that leaves; count that one too.",
     lambda near, label: leaving(near, label).mean() - 1),
    ("that is the chance to stay for one step; ask how long the walk stays.", one_step),
    ("that is the chance to leave in one step; ask how long the walk stays.",
     lambda near, label: 1 - one_step(near, label)),
    ("you use one mean chance for all rows, but walks meet some rows more often, and those deep "
     "inside hold them; solve for every row.", to_equal_neighbours),
    ("you take 1 / (1 - chance) for each row, as if the walk did not move; solve for all rows "
     "together.",
     lambda near, label: np.mean(
         1 / np.maximum(1 - (label[near] == label[:, None]).mean(1), 1 / near.shape[1]))),
    ("your walk also goes back along links; it steps to one of the row's own neighbours only.",
     by_graph),
    ("you average within each group first; average over rows.", over_groups),
    ("that is the sum over rows; take the mean.", lambda near, label: leaving(near, label).sum()),
    ("that is the median over rows; take the mean.",
     lambda near, label: np.median(leaving(near, label))),
    ("the walk stops when it stays; it should stop when it leaves.",
     lambda near, label: leaving(
         near, label, own=lambda near, label: label[near] != label[:, None]).mean()),
])  # fmt: skip


# -- velocities and time --------------------------------------------------------------------------


def streams(rng):
    """Rows along a noisy path, velocities mostly along it, a few rows at either end of time."""

    def draw(k, noise):
        time = rng.permutation(50) / 49.0
        x = np.c_[4 * time, np.sin(3 * time), rng.normal(scale=0.4, size=(50, 2))]
        velocity = np.array([1.0, 0.4, 0, 0]) + rng.normal(scale=noise, size=(50, 4)) * 0.7
        velocity *= rng.lognormal(sigma=0.7, size=(50, 1))
        near = neighbours(x, k, "euclidean")
        return x, velocity, np.round(time, 1) if k == 4 else time, near

    same_time, *others = forward_share.mistakes
    yield telling(lambda: draw(6, 2.0), forward_means, others)
    yield telling(lambda: draw(4, 3.0), forward_means, [same_time, *others])


def cosines(x, velocity, near):
    step = x[near] - x[:, None]
    scale = np.linalg.norm(step, axis=2) * np.linalg.norm(velocity, axis=1)[:, None]
    return (step * velocity[:, None]).sum(2) / scale


def lead(x, velocity, time, near, score=cosines):
    """Mean score of later neighbours minus mean score of earlier ones; NaN where one is missing."""
    value, when = score(x, velocity, near), time[near] - time[:, None]
    later, earlier = (
        (value * some).sum(1) / np.where(some.any(1), some.sum(1), np.nan)
        for some in (when > 0, when < 0)
    )
    return later - earlier


def forward(count, **how):
    """A rule for a share, from the lead of each row."""

    def rule(x, velocity, time, near):
        found = lead(x, velocity, time, near, **how)
        return count(found[np.isfinite(found)], found)

    return rule


def products(x, velocity, near):
    return ((x[near] - x[:, None]) * velocity[:, None]).sum(2)


def same_is_earlier(x, velocity, time, near):
    value, later = cosines(x, velocity, near), time[near] > time[:, None]
    some = later.any(1) & ~later.all(1)
    means = [(value * each).sum(1)[some] / each.sum(1)[some] for each in (later, ~later)]
    return np.mean(means[0] > means[1])


def later_only(x, velocity, time, near):
    value, when = cosines(x, velocity, near), time[near] - time[:, None]
    some = (when > 0).any(1) & (when < 0).any(1)
    total = (value * (when > 0)).sum(1)[some]
    return np.mean(total > 0)


def best_is_later(x, velocity, time, near):
    best = near[np.arange(len(near)), cosines(x, velocity, near).argmax(1)]
    some = np.isfinite(lead(x, velocity, time, near))
    return np.mean(time[best[some]] > time[some])


forward_means = forward(lambda some, _: np.mean(some > 0))

forward_share = Exercise("forward_share", forward_means, streams,
    returns(lambda v, *_: number(v, "one share")),
    hint="x[near] - x[:, None] are the steps from each row to each of its neighbours",
    otherwise="that is not the share of rows whose velocity points more to later neighbours than "
    "to earlier ones.",
    gave_nan="NaN comes out; leave out rows without a later or without an earlier neighbour.",
    mistakes=[
    ("neighbours of the same time are neither later nor earlier; leave them out.", same_is_earlier),
    ("rows without a later or an earlier neighbour count as wrong; leave them out.",
     forward(lambda _, every: np.mean(every > 0))),
    ("rows without a later or an earlier neighbour count as right; leave them out.",
     forward(lambda _, every: 1 - np.mean(every <= 0))),
    ("that is the share of rows that point backwards.",
     forward(lambda some, _: np.mean(some < 0))),
    ("that is the mean lead, not the share of rows in which it is above zero.",
     forward(lambda some, _: some.mean())),
    ("that is how many rows point forwards; divide by how many can tell.",
     forward(lambda some, _: np.sum(some > 0))),
    ("you use the product with the velocity, so that far neighbours decide; use the cosine.",
     forward(lambda some, _: np.mean(some > 0), score=products)),
    ("you look at later neighbours only; a velocity that points nowhere near gets through, so "
     "compare with the earlier ones.", later_only),
    ("you look at the best neighbour only; compare means over later and earlier ones.",
     best_is_later),
    ("the cosine is taken with the neighbour's own position; take it with the step to it.",
     forward(lambda some, _: np.mean(some > 0),
             score=lambda x, velocity, near: np.array(
                 [x[n] @ v / np.linalg.norm(x[n], axis=1) / np.linalg.norm(v)
                  for n, v in zip(near, velocity, strict=True)]))),
])  # fmt: skip
