"""What the evidence says: intervals over resamples, and one rule from them to a verdict."""

from dataclasses import dataclass

import numpy as np

LEVEL = 0.9
VERDICTS = ("holds", "holds in part", "does not hold here", "undecided", "not testable here")


@dataclass(frozen=True)
class Side:
    """One side of a claim over its resamples.

    ``value`` and ``rival`` are medians, ``rival_name`` the strongest rival (highest median),
    ``difference`` the median of value - strongest rival, ``low`` and ``high`` its 90 % interval,
    ``agree`` the share of resamples in which the difference reaches the margin, ``says`` one of
    "supports", "speaks against", "undecided" and "no power".
    """

    value: float
    rival: float
    rival_name: str
    difference: float
    low: float
    high: float
    agree: float
    resamples: int
    says: str


def interval(differences) -> tuple[float, float]:
    """The central 90 % of some resamples (order statistics at p (n + 1), Weibull's positions).

    With these positions a further draw of the same kind falls inside with probability 0.9,
    however few draws there are, down to nineteen.
    """
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(differences, [tail, 1 - tail], method="weibull")
    return float(low), float(high)


def side(measured: dict, margin: float) -> Side:
    """Judge one side.

    Parameters
    ----------
    measured : dict
        ``"value"``: list of float, one a resample; ``"rivals"``: dict from name to such a list;
        ``"planted"`` (optional): the statistic where the effect was put in.
    margin : float
        The least difference that matters.

    The side supports the claim if the interval lies above zero and the median reaches the margin;
    it speaks against it if the interval lies below the margin; else it is undecided. Where an
    effect was planted and the same rule does not find it, a side that does not support the claim
    says nothing: it has no power.
    """
    value = np.asarray(measured["value"], float)
    rivals = {name: np.asarray(each, float) for name, each in measured["rivals"].items()}
    name = max(rivals, key=lambda each: np.median(rivals[each]))
    difference = value - rivals[name]
    says = _says(difference, margin)
    if says != "supports" and measured.get("planted"):
        if _says(np.asarray(measured["planted"], float) - rivals[name], margin) != "supports":
            says = "no power"
    low, high = interval(difference)
    return Side(
        value=float(np.median(value)),
        rival=float(np.median(rivals[name])),
        rival_name=name,
        difference=float(np.median(difference)),
        low=low,
        high=high,
        agree=float(np.mean(difference >= margin)),
        resamples=len(value),
        says=says,
    )


def _says(difference, margin) -> str:
    low, high = interval(difference)
    if low > 0 and np.median(difference) >= margin:
        return "supports"
    return "speaks against" if high < margin else "undecided"


def verdict(sides: dict[str, Side]) -> str:
    """One of :data:`VERDICTS` from what the sides say."""
    says = [each.says for each in sides.values()]
    if "supports" in says:
        return "holds" if set(says) == {"supports"} else "holds in part"
    says = [each for each in says if each != "no power"]
    if not says:
        return "not testable here"
    return "does not hold here" if set(says) == {"speaks against"} else "undecided"


def judge(measured: dict, margin: float) -> tuple[str, dict[str, Side]]:
    """Verdict and sides of a claim's measurements: a dict from side to what :func:`side` takes."""
    sides = {name: side(each, margin) for name, each in measured.items()}
    return verdict(sides), sides
