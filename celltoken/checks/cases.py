"""Cases on which a share can be told from every wrong share, or a difference from its size."""


def telling(draw, right, mistakes):
    """A case drawn until the right function and all wrong ones give different numbers."""
    while True:
        case = draw()
        found = {round(float(each(*case)), 7) for each in (right, *(m.wrong for m in mistakes))}
        if len(found) == len(mistakes) + 1:
            return case


def of_the_sign(right, what):
    """The two mistakes that can be made with the sign of a number that may be below zero.

    They show only where it is, so a check needs such a case beside those of `telling`.
    """
    return [
        (f"{what} can be below zero; keep its sign.", lambda *given: abs(right(*given))),
        (f"{what} can be below zero; you set it to zero there.",
         lambda *given: max(right(*given), 0.0)),
    ]  # fmt: skip
