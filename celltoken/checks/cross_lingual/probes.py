"""Exercises 3 and 4 of *Cross-lingual*: what a probe learns by heart, and what it knows of new."""

import numpy as np
from scipy.spatial.distance import cdist

from celltoken.checks.cases import of_the_sign, telling
from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import number

# -- less what is learned by heart ----------------------------------------------------------------


def told_by_means(x, told, learn, asked):
    """Labels of some rows by the nearest of the class means of others, and those they have."""
    names = np.unique(told)
    middle = [x[learn & (told == name)].mean(0) for name in names]
    return names[cdist(x[asked], middle).argmin(1)], told[asked]


def right(*given):
    return np.mean(np.equal(*told_by_means(*given)))


def by_class(*given):
    guess, told = told_by_means(*given)
    return np.mean([(guess == told)[told == name].mean() for name in np.unique(told)])


def repeated(rng):
    """Groups of rows that are much alike; labels that hardly depend on place, control labels."""

    def draw(columns, classes):
        group = rng.permutation(np.repeat(np.arange(24), 6))
        names = np.array(["adjective", "noun", "verb", "other"][:classes])
        of = rng.permutation(np.arange(24) % (classes + 1) % classes)  # the first is commonest
        x = rng.normal(size=(24, columns)) + rng.normal(size=(classes, columns))[of] * 0.5
        x = x[group] + rng.normal(scale=0.6, size=(144, columns))
        learn = np.isin(np.arange(144), rng.permutation(144)[:58])
        return x, names[of][group], names[rng.permutation(of)][group], learn

    planted = selectivity.mistakes[:-2]
    for columns, classes in ((5, 3), (8, 4)):
        yield telling(lambda: draw(columns, classes), selective, planted)  # noqa: B023
    x, labels, control, learn = telling(lambda: draw(6, 3), selective, planted)
    both = (labels, control) if selective(x, labels, control, learn) < 0 else (control, labels)
    yield x, *both, learn


def compared(combine, score=right):
    """A rule: the scores on labels and on control labels, put together."""

    def rule(x, labels, control, learn):
        return combine(*(score(x, each, learn, ~learn) for each in (labels, control)))

    return rule


def less(accuracy, control):
    return accuracy - control


selective = compared(less)


def judged_by_control(x, labels, control, learn):
    guess, told = told_by_means(x, labels, learn, ~learn)
    return np.mean(guess == told) - np.mean(guess == control[~learn])


selectivity = Exercise("selectivity", selective, repeated,
    returns(lambda v, *_: number(v, "one difference")),
    hint="learn is an array of True and False; ~learn are the rows to ask about",
    otherwise="that is not the accuracy on the labels less the accuracy on the control labels.",
    mistakes=[
    ("that is the accuracy on the labels; take off what the probe reaches on control labels.",
     compared(lambda accuracy, control: accuracy)),
    ("that is the accuracy on the control labels; take it off that on the labels.",
     compared(lambda accuracy, control: control)),
    ("the difference is turned round: labels less control.",
     compared(lambda accuracy, control: control - accuracy)),
    ("you add the two accuracies up; take their difference.",
     compared(lambda accuracy, control: accuracy + control)),
    ("you divide one accuracy by the other; take their difference.",
     compared(lambda accuracy, control: accuracy / control)),
    ("you ask about the rows that the probe has learned from; ask about the others.",
     compared(less, lambda x, told, learn, asked: right(x, told, learn, learn))),
    ("you ask about all rows, half of which the probe has learned from; ask about the others.",
     compared(less, lambda x, told, learn, asked: right(x, told, learn, learn | asked))),
    ("the rows asked about are in the class means; take means over the rows to learn from.",
     compared(less, lambda x, told, learn, asked: right(x, told, learn | asked, asked))),
    ("you learn from the rows to be asked about, and the other way round.",
     compared(less, lambda x, told, learn, asked: right(x, told, asked, learn))),
    ("your probe has learned the labels when it is asked for control labels; fit it anew to them.",
     judged_by_control),
    ("you take the accuracy for each class first; count all rows alike.", compared(less, by_class)),
    *of_the_sign(selective, "the difference"),
])  # fmt: skip


# -- what it knows of groups that it has not seen -------------------------------------------------


def cohorts(rng):
    """Groups of unlike size in places of their own, with two or three labels in each."""

    def draw(columns, names):
        sizes = [16, 22, 60, 34, 26]
        group = np.repeat(["B", "NK", "T", "mono", "pDC"], sizes)
        label = np.concatenate([
            rng.permutation([*names, *names, *rng.choice(names, size - 2 * len(names))])
            for size in sizes
        ])  # fmt: skip
        x = rng.normal(size=(len(group), columns))
        for name in names:
            x[label == name] += rng.normal(size=columns) * 0.7
            for g in np.unique(group):
                x[(label == name) & (group == g)] += rng.normal(size=columns) * 0.7
        order = rng.permutation(len(group))
        return x[order], label[order], group[order]

    for columns, names in ((4, ["control", "treated"]), (6, ["early", "late", "never"])):
        yield telling(lambda: draw(columns, names), unseen, unseen_groups.mistakes)  # noqa: B023


def over_groups(average=np.mean, learn=lambda own: ~own, asked=lambda own: own, score=right):
    """A rule: a score for each group, from a probe that learns and is asked by who is of it."""

    def rule(x, labels, groups):
        owns = [groups == each for each in np.unique(groups)]
        return average([score(x, labels, learn(own), asked(own)) for own in owns])

    return rule


def over_rows(x, labels, groups):
    owns = [groups == each for each in np.unique(groups)]
    return np.mean(np.concatenate([np.equal(*told_by_means(x, labels, ~o, o)) for o in owns]))


unseen = over_groups()

unseen_groups = Exercise("unseen_groups", unseen, cohorts,
    returns(lambda v, *_: number(v, "one share")),
    hint="for each group take the class means over groups != group",
    otherwise="that is not the mean over groups of the share told right by a probe that has not "
    "seen the group.",
    mistakes=[
    ("the group asked about is in the class means; leave all its rows out.",
     over_groups(learn=lambda own: own | True)),
    ("your probe learns from the group that it is asked about; learn from the others.",
     over_groups(learn=lambda own: own)),
    ("your probe learns from one group and is asked about all others; turn it round.",
     over_groups(learn=lambda own: own, asked=lambda own: ~own)),
    ("your probe is asked about the rows that it has learned from; ask about the group left out.",
     over_groups(asked=lambda own: ~own)),
    ("you count all rows alike, so that the largest group decides; give each group one vote.",
     over_rows),
    ("you add up the groups' shares; take their mean.", over_groups(np.sum)),
    ("that is the best group; take the mean over groups.", over_groups(np.max)),
    ("that is the worst group; take the mean over groups.", over_groups(np.min)),
    ("that is the share told wrong.", over_groups(lambda shares: 1 - np.mean(shares))),
    ("you take the accuracy for each class first; count the rows of a group alike.",
     over_groups(score=by_class)),
])  # fmt: skip
