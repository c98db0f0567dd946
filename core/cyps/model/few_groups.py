"""Few groups: what they do to a fit's sigma and errors, said wherever these are shown."""

from __future__ import annotations

FEWEST = 30
"""Fewer groups than this are few: see `benchmarks/few_authorities.csv`."""


def few_groups(
    n: int, estimator: str, robust: bool, called: str = "groups", by_t: bool = False
) -> str:
    """A sentence on what rests on few groups, or "".

    Parameters
    ----------
    n : how many there are
    estimator : of the fit
    robust : whether errors robust to what a group's children share are shown
    called : what a group is
    by_t : whether the intervals shown reach further, by Student's t

    Examples
    --------
    >>> few_groups(12, "plain", robust=True)
    'Only 12 groups: with fewer than 30, robust errors are too small.'
    >>> few_groups(30, "multilevel", robust=False)
    ''
    """
    wrong = []
    if estimator in ("multilevel", "three levels"):
        short = f", and intervals of sigma and of drivers of whole {called} are too short"
        wrong.append("sigma comes out too low" + ("" if by_t else short))
    if robust:
        wrong.append("robust errors are too small")
    if n >= FEWEST or not wrong:
        return ""
    return f"Only {n} {called}: with fewer than {FEWEST}, {'; '.join(wrong)}."
