"""Cases on which a share can be told from every wrong share."""


def telling(draw, right, mistakes):
    """A case drawn until the right function and all wrong ones give different numbers."""
    while True:
        case = draw()
        found = {round(float(each(*case)), 7) for each in (right, *(m.wrong for m in mistakes))}
        if len(found) == len(mistakes) + 1:
            return case
