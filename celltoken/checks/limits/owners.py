"""Exercises 3 and 4 of *Limits*: an error over owners, and what is told by knowing the owner."""

import numpy as np
from scipy.spatial.distance import cdist

from celltoken.checks.cases import of_the_sign, telling
from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import array, number

# -- the error of a mean --------------------------------------------------------------------------


def owned(rng):
    """Rows of owners that are unlike each other and unlike in size; columns off zero."""
    for owners, columns in ((7, 3), (11, 5)):
        owner = np.repeat(np.arange(owners), rng.permutation(np.arange(owners) * 2 + 2))
        owner = rng.permutation(owner)
        x = rng.normal(size=(owners, columns))[owner] + rng.normal(3, 1, size=(len(owner), columns))
        yield x, np.array([f"donor {each}" for each in owner])


def over(sums, centre=lambda x, owner: x - x.mean(0), count=len):
    """A rule: the root of the squares of each owner's sums, over the number of rows."""

    def rule(x, owner):
        left = centre(x, owner)
        found = np.array([sums(left[owner == each]) for each in np.unique(owner)])
        return np.sqrt((found**2).sum(0)) / count(owner)

    return rule


def add_up(rows):
    return rows.sum(0)


def one_vote(x, owner):
    means = np.array([x[owner == each].mean(0) for each in np.unique(owner)])
    return means.std(0, ddof=1) / np.sqrt(len(means))


by_owner = over(add_up)

standard_error = Exercise("standard_error", by_owner, owned,
    returns(lambda v, x, owner: array(v, x.shape[1:], "one number for each column")),
    hint="left[owner == each].sum(0) adds up what is left of one owner's rows, column by column",
    otherwise="that is not the standard error of the mean when owners are the independent draws.",
    mistakes=[
    ("your rows are independent draws, whoever owns them; add up within owners before you square.",
     over(lambda rows: np.sqrt((rows**2).sum(0)))),
    ("you give each owner one vote, which is another mean; add up the deviations of all rows.",
     one_vote),
    ("you take the mean within owners; add up.", over(lambda rows: rows.mean(0))),
    ("the mean is not taken off, so you measure how far it is from zero.",
     over(add_up, lambda x, owner: x)),
    ("zero comes out: either each owner's own mean is taken off, or the owners' sums are added "
     "before they are squared, and cancel.",
     over(lambda rows: (rows - rows.mean(0)).sum(0))),
    ("you divide by the number of owners; the mean is over rows.",
     over(add_up, count=lambda owner: len(np.unique(owner)))),
    ("you divide by the root of the number of rows; the sums grow with the rows themselves.",
     over(add_up, count=lambda owner: np.sqrt(len(owner)))),
    ("that is the square of it; take the root.", lambda x, owner: by_owner(x, owner) ** 2),
])  # fmt: skip


# -- what the nearest of the same owner tells -----------------------------------------------------


def cohorts(rng):
    """Owners of unlike size in places of their own; labels that owners have more or less of."""

    def draw(owners, columns):
        owner = rng.permutation(np.repeat(np.arange(owners), np.arange(owners) * 3 + 6))
        inclined, middle = rng.random(owners), rng.normal(size=(owners, columns))
        label = np.where(rng.random(len(owner)) < inclined[owner], "ill", "well")
        x = middle[owner] + rng.normal(size=(len(owner), columns)) + (label == "ill")[:, None] * 0.7
        case = x, label, np.array([f"donor {each}" for each in owner])
        return case if lead_of_own(*case) > 0 else draw(owners, columns)

    for owners, columns in ((6, 3), (8, 4)):
        yield telling(lambda: draw(owners, columns), lead_of_own, leak.mistakes[:-2])  # noqa: B023
    # Twins of one owner with unlike labels: here the owner's own rows tell less than others' do.
    x = np.repeat(rng.normal(size=(40, 3)), 2, axis=0) + rng.normal(scale=0.01, size=(80, 3))
    label = np.where(np.arange(80) % 2, "ill", "well")
    yield x, label, np.array([f"donor {each}" for each in np.repeat(rng.permutation(40) % 5, 2)])


def nearest(allowed, far=cdist):
    """A rule: whether the nearest allowed row has the label, for each row."""

    def rule(x, label, owner):
        barred = ~allowed(owner[:, None] == owner) | np.eye(len(x), dtype=bool)
        return label[np.where(barred, np.inf, far(x, x)).argmin(1)] == label

    return rule


any_other = nearest(lambda same: same | True)
elsewhere = nearest(lambda same: ~same)


def told(combine, first=any_other, second=elsewhere):
    return lambda *given: combine(first(*given), second(*given))


def less(near, far):
    return np.mean(near) - np.mean(far)


def by_group(group):
    def rule(x, label, owner):
        names = group(label, owner)
        lead = any_other(x, label, owner) * 1.0 - elsewhere(x, label, owner)
        return np.mean([lead[names == each].mean() for each in np.unique(names)])

    return rule


lead_of_own = told(less)

leak = Exercise("leak", lead_of_own, cohorts, returns(lambda v, *_: number(v, "one difference")),
    hint="apart[owner[:, None] == owner] = np.inf bars all rows of the same owner",
    otherwise="that is not the share told right by the nearest other row, less the share told "
    "right by the nearest row of another owner.",
    mistakes=[
    ("a row is its own nearest, and always right; leave it out.",
     told(lambda near, far: 1 - np.mean(far))),
    ("that is the share told right by the nearest other row; take off what others' rows tell.",
     told(lambda near, far: np.mean(near))),
    ("that is the share told right by rows of other owners; take it off the share by any row.",
     told(lambda near, far: np.mean(far))),
    ("the difference is turned round.", told(lambda near, far: less(far, near))),
    ("you divide one share by the other; take their difference.",
     told(lambda near, far: np.mean(near) / np.mean(far))),
    ("you look for the first nearest among the owner's own rows; look among all other rows.",
     told(less, first=nearest(lambda same: same))),
    ("your second nearest is of the same owner; bar those rows.",
     told(less, second=nearest(lambda same: same))),
    ("that is the share of rows that only the first of the two tells; take off those that only the "
     "second tells.", told(lambda near, far: np.mean(near & ~far))),
    ("you take the mean for each label first; count all rows alike.",
     by_group(lambda label, owner: label)),
    ("you take the mean for each owner first; count all rows alike.",
     by_group(lambda label, owner: owner)),
    ("your nearest are those by cosine; use the Euclidean distance.",
     told(less, *(nearest(allowed, lambda x, y: cdist(x, y, "cosine"))
                  for allowed in (lambda same: same | True, lambda same: ~same)))),
    *of_the_sign(lead_of_own, "the difference"),
])  # fmt: skip
