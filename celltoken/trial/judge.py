"""Measure the embedding and its rivals, resample, and say in a sentence what came out.

A difference counts if its 90 % interval over rows (or donors) excludes zero and its middle reaches
the row's margin. All rules are in this module, and the page prints them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import stats

from celltoken.methods.downsampling import split
from celltoken.trial import rivals as made
from celltoken.trial.measurements import FOLDS, ROWS, Embedding, K, Questions, shared
from celltoken.trial.table import FEWEST, Table

ASKED = 2000  # rows asked about
RESAMPLES = 200
DONORS = 5  # from so many batches on, batches are resampled and not rows
YOURS = "yours"
FOR_ALARMS = ("labels", "held_out", "within_label", "recall", "mixing", "directions")


@dataclass(frozen=True)
class Number:
    """A value with its 90 % interval, and its difference to the embedding's (embedding less it)."""

    value: float
    low: float
    high: float
    difference: tuple[float, float, float] | None = None


@dataclass
class Line:
    """One row of the trial, measured: numbers by whom, and what they say."""

    row: object
    numbers: dict
    says: str = ""
    status: str = "not measured"
    margin: float = 0.0


@dataclass
class Result:
    """What a trial found: lines in order, alarms, and how it was done."""

    table: Table
    lines: list
    alarms: list
    said: list
    width: int
    asked: int
    over: str
    seed: int
    missing: list = field(default_factory=list)
    unasked: dict = field(default_factory=dict)  # alarms that were not looked for, and why
    made: dict = field(default_factory=dict, repr=False)

    def line(self, name):
        return next(each for each in self.lines if each.row.name == name)

    @property
    def sentences(self):
        """Which alarms were raised, or that none was; then what was not looked for."""
        said = [text for _, text in self.alarms]
        if not said:
            sought = [f"of {text}" for name, text in SIGNS.items() if name not in self.unasked]
            sought = " or ".join(filter(None, [", ".join(sought[:-1]), sought[-1]]))
            said = [
                f"No alarm: this trial found no sign {sought}. That is no proof of meaning: "
                f"read the rows below beside their rivals. {BLIND}"
            ]
        if self.unasked:
            listed = "; ".join(f"{SIGNS[name]} ({why})" for name, why in self.unasked.items())
            said.append(f"Not looked for: {listed}.")
        return said

    @property
    def verdict(self):
        return " ".join(self.sentences)


def hold(
    table: Table,
    *,
    asked: int = ASKED,
    resamples: int = RESAMPLES,
    seed: int = 0,
    rows: tuple = (),
    like: "Result | None" = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Result:
    """Put an embedding on trial.

    Parameters
    ----------
    table : Table
    asked : int
        Rows that are asked about (a random sample); neighbours are searched among all rows.
    resamples : int
        For the intervals.
    seed : int
        Of the sample, the rivals and the resamples.
    rows : sequence of str
        Names of the rows to measure beside those that alarms are read from; by default all.
    like : Result, optional
        An earlier trial of the same rows, counts, width and seed, whose rivals are taken again.
    progress : callable
        Receives one line of text a step.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If a row is unknown.
    """
    if unknown := set(rows) - {row.name for row in ROWS}:
        raise ValueError(f"there is no row {min(unknown)!r}: {', '.join(r.name for r in ROWS)}.")
    wanted = [row for row in ROWS if not rows or row.name in rows or row.name in FOR_ALARMS]
    if table.technical and table.counts is not None:
        wanted = [replace(row, better=1) if row.name == "mixing" else row for row in wanted]
    rng, said = np.random.default_rng(seed), list(table.said)
    chosen = _asked(table, asked, rng, said)
    held_in, held_out = split(table.counts, rng) if table.counts is not None else (None, None)
    levels = None if held_out is None else table.levels(held_out, 0.5)
    questions = Questions(table, chosen, levels, seed)
    given = None if like is None else like.made
    embeddings = made.all_of(table, held_in, rng, seed, given, progress)
    embeddings = {YOURS: table.x, **embeddings}
    cases = {name: Embedding(x, questions) for name, x in embeddings.items()}
    resampled, units, over = _resamples(questions, resamples, rng)
    lines, missing = [], []
    for number, row in enumerate(wanted, 1):
        lacks = [what for what in row.needs if getattr(table, what) is None]
        if lacks:
            missing.append((row, f"needs {' and '.join(lacks)}"))
            continue
        progress(f"measuring {number} of {len(wanted)}: {row.title.lower()}")
        if row.measure is None:
            values = _survive(questions, cases, held_in, seed)
        else:
            values = {name: row.measure(case) for name, case in cases.items()}
            if table.counts is not None:
                values |= {name: measure(cases[YOURS]) for name, measure in row.also}
        if any(np.isnan(each).all() for each in values.values()):
            missing.append((row, NESTED if "batch" in row.needs else "cannot be measured here"))
            continue
        lines.append(_line(row, values, questions.classes, resampled, units))
    result = Result(table, lines, [], said, table.x.shape[1], len(chosen), over, seed, missing)
    result.made = {name: x for name, x in embeddings.items() if name != YOURS}
    result.alarms, result.unasked = _alarms(result), _unasked(result)
    for line in lines:
        line.says, line.status = _says(line, result)
    return result


def _asked(table, most, rng, said):
    """Rows asked about: random ones, of labels that have enough of them."""
    rows = np.sort(rng.permutation(len(table))[:most])
    names, sizes = np.unique(np.asarray(table.labels, str)[rows], return_counts=True)
    rare = names[sizes < max(FEWEST, FOLDS)]
    if len(rare) >= len(names) - 1:  # too few rows to ask about a fair sample of
        rare = names[sizes < FOLDS]
    if len(rare):
        listed = ", ".join(rare[:5]) + (" ..." if len(rare) > 5 else "")
        said.append(
            f"{len(rare)} label(s) of fewer than {FEWEST} {table.unit} in the sample ({listed}) "
            "are searched but not asked about."
        )
    return rows[~np.isin(np.asarray(table.labels, str)[rows], rare)]


def _survive(questions, cases, half, seed):
    """For what can be made anew: which neighbours stay at half the depth."""
    again = made.at_half_depth(questions.table, half, seed)
    return {
        name: shared(cases[name].neighbours, Embedding(x, questions).neighbours)
        for name, x in again.items()
    }


# -- intervals ------------------------------------------------------------------------------------


def _resamples(questions, count, rng):
    """Rows of each resample, drawn with replacement (donors if the batches are enough); of what."""
    size, batch = len(questions.asked), questions.batch
    if batch is not None:
        mine = batch[questions.asked]
        names = np.unique(mine)
        if len(names) >= DONORS:
            parts = {name: np.flatnonzero(mine == name) for name in names}
            drawn = [rng.choice(names, len(names)) for _ in range(count)]
            return (
                [np.concatenate([parts[name] for name in each]) for each in drawn],
                len(names),
                f"{len(names)} batches (each resampled as a whole, widened as t is for so few)",
            )
    over = f"{size:,} {questions.table.unit}"
    if batch is not None:
        over += f" ({len(names)} batches are too few to resample, so nothing is said of others)"
    return list(rng.integers(0, size, (count, size))), size, over


def _line(row, values, classes, resampled, units):
    """Numbers of all, and differences on the same resamples."""
    draws = {name: [] for name in values}
    for rows in resampled:
        for name, each in values.items():
            draws[name].append(row.summary(each[rows], classes[rows]))
    draws = {name: np.array(each) for name, each in draws.items()}
    point = {name: row.summary(each, classes) for name, each in values.items()}
    numbers = {}
    for name in values:
        low, high = _interval(draws[name], point[name], units)
        apart = None
        if YOURS in values and name != YOURS:
            difference = point[YOURS] - point[name]
            apart = (difference, *_interval(draws[YOURS] - draws[name], difference, units))
        numbers[name] = Number(point[name], low, high, apart)
    line = Line(row, numbers, margin=row.margin)
    if row.relative and row.rival in numbers:
        gain = numbers[row.rival].value - numbers["Gaussian"].value
        line.margin = max(row.margin * gain, 1e-3)
    return line


def _interval(draws, value, units):
    """The 5th and 95th percentile, moved so that the resamples' middle is the value.

    Copies among resampled rows can move a statistic such as a skewness; the spread is what counts.
    Resamples of few units spread too little, by sqrt((n - 1) / n), and normal tails are too thin.
    """
    low, middle, high = np.nanquantile(draws, [0.05, 0.5, 0.95])
    wide = stats.t.ppf(0.95, units - 1) / stats.norm.ppf(0.95) * np.sqrt(units / (units - 1))
    return float(value + wide * (low - middle)), float(value + wide * (high - middle))


# -- what it says ---------------------------------------------------------------------------------


def compare(number, margin):
    """ "above", "below", "level" or "undecided": the embedding against one rival."""
    difference, low, high = number.difference
    if low > 0 and difference >= margin:
        return "above"
    if high < 0 and difference <= -margin:
        return "below"
    return "level" if -margin < low and high < margin else "undecided"


def at_chance(line):
    """Whether the embedding cannot be told to be better than random numbers of its covariance."""
    return "Gaussian" in line.numbers and compare(line.numbers["Gaussian"], line.margin) != "above"


def testable(line):
    """Whether PCA itself does better than random numbers, so that there is something to find."""
    if line.row.rival not in line.numbers:
        return True
    pca, none = line.numbers[line.row.rival], line.numbers["Gaussian"]
    return pca.low > none.high and pca.value - none.value > 1e-3


def _alarms(result):
    """Names and sentences of what this embedding looks like, by the rules of the page."""
    lines = {line.row.name: line for line in result.lines}
    found = {}

    def against(name):
        line = lines.get(name)
        rival = line.numbers.get(line.row.rival) if line else None
        return compare(rival, line.margin) if rival else ""

    blind = at_chance(lines["labels"])
    held = lines.get("held_out")
    unheard = held is None or not testable(held) or at_chance(held)
    if "mixing" in lines and lines["mixing"].numbers[YOURS].high < 0.5:
        mine, pca = (lines["mixing"].numbers.get(name) for name in (YOURS, "PCA"))
        led = pca is not None and mine.high < 0.5 * pca.low
        lost = "recall" in lines and at_chance(lines["recall"])
        if led or lost:
            found["batch"] = (
                "Batch-driven: neighbours keep to their own batch; of the mixing that is possible "
                f"within labels {mine.value:.2f} is reached"
                + (f", less than half of PCA's ({pca.value:.2f})" if led else "")
                + (", and across batches labels are not told from chance" if lost else "")
                + "."
            )
    if blind and unheard and "batch" not in found:
        found["noise"] = (
            "Noise: by labels"
            + (" and held-out counts" if held else "")
            + " neighbours are not told from those of random numbers; what is in it about the "
            f"{result.table.unit}, if anything, is less than could be told here."
        )
    spread = lines["directions"].numbers
    few = spread[YOURS].high < 0.5 * spread["PCA"].low if "PCA" in spread else False
    alone = "PCA" not in spread and result.width >= 10
    lost = "below" in (against("held_out"), against("labels"))
    if (few and lost) or (alone and spread[YOURS].high < 2):
        found["collapsed"] = (
            f"Collapsed: {spread[YOURS].value:.1f} of {result.width} directions hold the variance"
            + (f" (PCA: {spread['PCA'].value:.1f})" if few else "")
            + (", and neighbours are worse for it." if few else ".")
        )
    within = lines.get("within_label")
    if within and testable(within) and at_chance(within) and not blind:
        if against("labels") in ("above", "level", "undecided"):
            found["leaked"] = (
                "Labels leaked: neighbours share the label, but what they share of the counts "
                "within a label is not told from chance, where PCA's is. Such an embedding knows "
                "the labels and little else; were they among its inputs or its targets?"
            )
    return list(found.items())


def _unasked(result):
    """Alarms whose rule could not be applied, and why."""
    lines = {line.row.name: line for line in result.lines}
    missing = {row.name: why for row, why in result.missing}
    found = {}
    if "mixing" in missing:
        found["batch"] = missing["mixing"]
    if "PCA" not in lines["directions"].numbers and result.width < 10:
        found["collapsed"] = "needs counts, or a width of ten"
    if "within_label" in missing:
        found["leaked"] = missing["within_label"]
    elif not testable(lines["within_label"]):
        found["leaked"] = "within labels PCA, too, finds nothing that could be missed"
    return found


def _value(line, name):
    return f"{line.numbers[name].value:.2f}" if name in line.numbers else "not measured"


def _says(line, result):
    """A verdict in a sentence, and a word for it."""
    row, numbers = line.row, line.numbers
    if YOURS not in numbers:
        stay = ", ".join(f"{name} {each.value:.2f}" for name, each in numbers.items())
        return f"For the rivals: {stay}. Yours cannot be made anew from here.", "rivals only"
    mine = numbers[YOURS].value
    if row.better == 0:
        return _described(line)
    if row.name in ("mixing", "depth"):  # where random numbers do best
        text, word = (_less if row.name == "depth" else _against_pca)(line, mine)
        labels = [each for each in result.lines if each.row.name == "labels"]
        if word == "better" and any(map(at_chance, labels)):
            return f"{mine:.2f}, no merit where labels are not told from chance.", "no meaning"
        return text, word
    if not testable(line):
        return (
            f"Cannot be told here: {row.rival} ({_value(line, row.rival)}) finds no more than "
            f"random numbers do ({_value(line, 'Gaussian')}).",
            "not testable",
        )
    if at_chance(line):
        return _near_chance(line, mine)
    if "PCA" not in numbers:
        return (
            f"Better than random numbers: {mine:.2f} against {_value(line, 'Gaussian')}. Without "
            "counts there is no harder rival.",
            "above chance",
        )
    text, word = _against_pca(line, mine)
    cheap = _as_good(line, ("random projection", "untrained network"))
    if cheap:  # the rival that matters most is said first
        text = f"{cheap} {text}"
        word = "level" if word == "better" else word
    columns = _as_good(line, ("best columns", "all columns"))
    text += f" {columns}" if columns else ""
    if row.name == "probe" and compare(numbers.get("all columns", numbers["PCA"]), 0.05) == "above":
        text += (
            " It tells labels better than all its counts do: it brings knowledge from elsewhere, "
            "or it has seen these labels."
        )
    return text, word


def _near_chance(line, mine):
    """Three things that are not one: below the margin, above it by luck perhaps, and no better."""
    number = line.numbers["Gaussian"]
    begin, word = "No better than", "chance"
    if number.difference[1] > 0:
        begin, word = "Hardly better than", "not told from chance"
    elif compare(number, line.margin) == "undecided":
        begin, word = "Not told from", "not told from chance"
    return f"{begin} random numbers: {mine:.2f} against {number.value:.2f}.", word


def _against_pca(line, mine):
    """Against PCA of all the counts; where held-out events are asked about, of one half as well.

    An embedding that saw all events is better only if it beats PCA that saw them too, and worse
    only if it does not reach PCA that has not.
    """
    row, pca = line.row, line.numbers["PCA"]
    word, half = compare(pca, line.margin), ""
    if row.rival != "PCA":
        half = f" (of one half of the events: {_value(line, row.rival)})"
        if word == "below" and compare(line.numbers[row.rival], line.margin) != "below":
            return (
                f"Between PCA of half of the events ({_value(line, row.rival)}) and of all "
                f"({pca.value:.2f}): {mine:.2f}.",
                "level",
            )
    begin = {
        "above": "Better than PCA",
        "below": "Worse than PCA",
        "level": "Level with PCA",
        "undecided": "Not told apart from PCA",
    }[word]
    return f"{begin}: {mine:.2f} against {pca.value:.2f}{half}.", JUDGED.get(word, word)


def _as_good(line, names):
    """A sentence about the best of some rivals that the embedding does not beat; or nothing."""
    numbers = line.numbers
    left = [
        name for name in names if name in numbers and compare(numbers[name], line.margin) != "above"
    ]
    if not left:
        return ""
    best = max(left, key=lambda name: numbers[name].value)
    how = {"below": "does better", "level": "does as well"}.get(
        compare(numbers[best], line.margin), "may do as well"
    )
    how = how.replace("does", "do") if best == "best columns" else how
    return f"{_named(best)} {how} ({_value(line, best)})."


def _less(line, mine):
    if "PCA" not in line.numbers:
        return f"{mine:.2f} of the variance.", "described"
    begin, word = {
        "above": ("Worse, for more than from PCA", "worse"),
        "below": ("Better, for less than from PCA", "better"),
        "level": ("As from PCA", "level"),
        "undecided": ("Not told apart from PCA", "undecided"),
    }[compare(line.numbers["PCA"], line.margin)]
    return f"{begin}: {max(mine, 0):.2f} against {max(line.numbers['PCA'].value, 0):.2f}.", word


def _described(line):
    """For what is neither good nor bad: more or less than PCA and than random numbers."""
    numbers, mine = line.numbers, line.numbers[YOURS].value
    words = {"above": "more than", "below": "less than", "level": "as in", "undecided": "about as"}
    names = {"PCA": "PCA", "Gaussian": "a Gaussian of its covariance"}
    parts = []
    for name, called in names.items():
        if name in numbers and not (name == "Gaussian" and line.row.name == "directions"):
            word = words[compare(numbers[name], line.margin)].replace("about as", "not told from")
            parts.append(f"{word} {called} ({numbers[name].value:.2f})")
    text = f"{mine:.2f}: " + ", ".join(parts) + "." if parts else f"{mine:.2f}."
    if line.row.name == "mixing":
        text += " Judged only if batches are said to be technical, and against PCA."
    return text, "described"


def _named(name):
    return {
        "random projection": "A random projection",
        "untrained network": "An untrained network",
        "best columns": "As many single columns of the counts",
        "all columns": "Logistic regression on all columns of the counts",
    }[name]


JUDGED = {"above": "better", "below": "worse"}  # where more is better; else as they are
NESTED = "no label occurs in two batches, so batch and label cannot be told apart here"
SIGNS = {
    "noise": "noise",
    "batch": "a batch in the lead",
    "collapsed": "collapse",
    "leaked": "leaked labels",
}
BLIND = (
    "Alarms cannot see a fault in one of several labels (they read means), in a label of fewer "
    "than ten rows (it is not asked about) or in a small batch; nor a batch that goes with the "
    "label; nor a leak that keeps some of the counts."
)
RULES = (
    "**Batch-driven**: less than half of the mixing that is possible within labels is reached, and "
    "less than half of PCA's (intervals apart), or labels are not told to be found across batches "
    "more than by random numbers. Where batches differ in biology it need be no fault.",
    "**Noise**: by neither labels nor held-out counts are neighbours told from random ones.",
    "**Collapsed**: the participation ratio is below half of PCA's (intervals apart) and labels or "
    "held-out counts are worse than PCA's; without counts, below two at a width of ten or more.",
    "**Labels leaked**: neighbours share labels no worse than PCA's, and within a label they are "
    "not told from random ones by held-out counts, where PCA's are.",
)
SETTINGS = f"{K} neighbours, {FOLDS} folds, margins as printed, intervals of 90 %"
