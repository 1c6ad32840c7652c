"""Exercises 3 and 4 of *Analogies*: is a cyclic order one of few, and do two clocks agree?"""

from itertools import permutations

import numpy as np

from celltoken.checks.cases import telling
from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import number

# -- all cyclic orders ----------------------------------------------------------------------------


def rings(rng):
    """Noisy rings of six and seven places in the order of the rows, and one out of order."""

    def draw(count, noise):
        turn = np.arange(count) * 2 * np.pi / count
        x = np.c_[np.cos(turn), np.sin(turn)] @ rng.normal(size=(2, 5))
        return x + rng.normal(scale=noise, size=x.shape)

    yield telling(lambda: (draw(6, 0.5),), p_of_ring, [ring_p.mistakes[0]])
    yield telling(lambda: (draw(7, 0.7),), p_of_ring, ring_p.mistakes[1:])
    yield (rng.permutation(draw(6, 0.4)),)


def lengths(x, closed=True, square=False, cyclic=True):
    """Length of the path in the given order (first), and in all orders that count as different."""
    apart = np.linalg.norm(x[:, None] - x, axis=-1) ** (2 if square else 1)
    rest = permutations(range(1, len(x))) if cyclic else permutations(range(len(x)))
    orders = np.array([(0, *each) if cyclic else each for each in rest])
    follow = np.roll(orders, -1, axis=1) if closed else orders[:, 1:]
    return apart[orders[:, : follow.shape[1]], follow].sum(1)


def share(count, **how):
    """A rule for a share of orders, from the length of the given one and of all."""

    def rule(x):
        found = lengths(x, **how)
        return count(found[0], found)

    return rule


SLACK = 1 + 1e-9  # two directions of one tour may differ by rounding

p_of_ring = share(lambda own, found: np.mean(found <= own * SLACK))

ring_p = Exercise("ring_p", p_of_ring, rings,
    returns(lambda v, *_: number(v, "one share")),
    hint="permutations(range(1, n)) gives every order of all but the first",
    otherwise="that is not the share of orders whose closed tour is no longer than the given one, "
    "where lengths that differ by rounding count as equal.",
    mistakes=[
    ("your tour and the same tour backwards differ by rounding; let lengths that differ by less "
     "than a billionth count as equal.", share(lambda own, found: np.mean(found <= own))),
    ("the given order is not counted among the orders, so that p can be 0; it is one of them.",
     share(lambda own, found: np.mean(found < own / SLACK))),
    ("that is the share of orders with a longer tour; a ring makes the tour short.",
     share(lambda own, found: np.mean(found > own * SLACK))),
    ("that is the share of tours that are as long or longer; a ring makes the tour short.",
     share(lambda own, found: np.mean(found >= own / SLACK))),
    ("your tour is not closed: from the last place go back to the first.",
     share(lambda own, found: np.mean(found <= own * SLACK), closed=False)),
    ("your path is open, and its start is free; a ring is closed.",
     share(lambda own, found: np.mean(found <= own * SLACK), closed=False, cyclic=False)),
    ("you square the distances, so that one long step decides; add up the distances.",
     share(lambda own, found: np.mean(found <= own * SLACK), square=True)),
    ("that is how many orders are no longer; divide by how many there are.",
     share(lambda own, found: np.sum(found <= own * SLACK))),
    ("you divide by all orders, though you tried those with one fixed place; take the mean.",
     lambda x: np.mean(lengths(x) <= lengths(x)[0] * SLACK) / len(x)),
    ("you halve the share for the two directions, but both the shorter and all other tours have "
     "two.", share(lambda own, found: np.mean(found <= own * SLACK) / 2)),
    ("one is added to both counts, as for random permutations; here all orders are tried.",
     share(lambda own, found: (np.sum(found <= own * SLACK) + 1) / (len(found) + 1))),
    ("that is the length of the tour; compare it with those of all orders.",
     lambda x: lengths(x)[0]),
    ("you compare the given tour with the shortest only; say how many are no longer.",
     share(lambda own, found: found.min() / own)),
])  # fmt: skip


# -- two clocks -----------------------------------------------------------------------------------


def clocks(rng):
    """Angles, and hours of a cycle that follow them from another start, one of them backwards."""
    for count, period, way, noise in ((40, 24.0, 1, 0.5), (60, 17.5, -1, 0.7), (30, 12.0, 1, 1.6)):
        angle = rng.uniform(-np.pi, np.pi, size=count)
        turn = way * angle + rng.uniform(0.5, 2.5) + rng.normal(scale=noise, size=count)
        yield angle, turn * period / (2 * np.pi) % period, period


def both_ways(measure):
    """A rule: the better of two directions, by a measure of the differences of two angles."""

    def rule(angle, hours, period):
        turn = 2 * np.pi * hours / period
        return max(measure(turn - angle), measure(turn + angle))

    return rule


def length(differences):
    return np.abs(np.exp(1j * differences).mean())


phase_agreement = Exercise("phase_agreement", both_ways(length), clocks,
    returns(lambda v, *_: number(v, "one number")),
    hint="np.exp(1j * angle) is a point on the circle; np.abs is the length of a mean of them",
    otherwise="that is not the mean cosine of the differences after the best turn, in the better "
    "of the two directions.",
    mistakes=[
    ("the start of the two clocks is arbitrary: allow the best turn, by the length of the mean "
     "point.", both_ways(lambda d: np.cos(d).mean())),
    ("the direction of an axis is arbitrary: try the angles backwards as well.",
     lambda angle, hours, period: length(2 * np.pi * hours / period - angle)),
    ("you only tried them backwards; try both directions.",
     lambda angle, hours, period: length(2 * np.pi * hours / period + angle)),
    ("you take the mean of both directions; take the better one.",
     lambda angle, hours, period: np.mean(
         [length(2 * np.pi * hours / period + way * angle) for way in (1, -1)])),
    ("you take the worse of the two directions.",
     lambda angle, hours, period: min(
         length(2 * np.pi * hours / period + way * angle) for way in (1, -1))),
    ("hours are not angles: a whole period is 2 pi.",
     lambda angle, hours, period: max(length(hours + way * angle) for way in (1, -1))),
    ("the period is not 24 hours here; use the argument.",
     lambda angle, hours, period: both_ways(length)(angle, hours, 24.0)),
    ("a whole period is counted as pi; it is 2 pi.",
     lambda angle, hours, period: both_ways(length)(angle, hours, 2 * period)),
    ("that is a correlation of numbers; a clock jumps back to 0, and 23 is near to 1.",
     lambda angle, hours, period: abs(np.corrcoef(angle, hours)[0, 1])),
    ("that is the square of the length; return the length.",
     both_ways(lambda d: length(d) ** 2)),
])  # fmt: skip
