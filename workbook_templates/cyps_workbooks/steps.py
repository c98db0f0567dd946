"""The lettered steps of the Calculation: what each column is called, in words, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One lettered column of the Calculation: what it is called and how it looks.

    `{key}` in `words` is the letter of another step.
    """

    key: str
    header: str
    words: str
    kind: str


def letters(number: int) -> str:
    """The letter of a step, counted from 0: (a) to (z), then (aa).

    Examples
    --------
    >>> letters(0), letters(25), letters(26)
    ('(a)', '(z)', '(aa)')
    """
    first = "" if number < 26 else chr(ord("a") + number // 26 - 1)
    return f"({first}{chr(ord('a') + number % 26)})"


STEPS = (
    Step("needs_share", "Needs share", "sum of (a) x cost weight used", "share"),
    Step("costed", "Needs share x area cost", "{needs_share} x area cost factor", "share"),
    Step("share", "Share", "{costed} / total of {costed}", "share"),
    Step("target", "Target", "{share} x pot", "pence"),
    Step("baseline", "Baseline", "from Inputs, or pounds and top-up of the year before", "pounds"),
    Step("group", "Damping group", "its place in the list of groups; 1 without groups", "count"),
    Step("phased", "After phasing",
         "part of the way from the baseline, brought to the group's target, to {target}", "pence"),
    Step("place", "Band or tier", "its place in the list of bands or tiers", "count"),
    Step("least", "Least change (%)", "floor, part protected - 1, or least growth", "limit"),
    Step("most", "Most change (%)", "ceiling or most growth; blank: none", "limit"),
    Step("floor_amount", "Floor amount", "{baseline} x (1 + {least})", "pence"),
    Step("cost", "Cost of the floor", "how far {phased} is below {floor_amount}, or 0", "pence"),
    Step("headroom", "Headroom", "how far {phased} is above {floor_amount}, or 0", "pence"),
    Step("lower", "Lower limit", "the least it can get under the rule", "pence"),
    Step("upper", "Upper limit", "the most it can get under the rule", "limit pence"),
    Step("base", "Base", "what it gets at a factor of 0, before limits", "pence"),
    Step("slope", "Slope", "what a factor of 1 adds, before limits", "pence"),
    Step("leaves", "Leaves lower limit", "factor: ({lower} - {base}) / {slope}", "factor point"),
    Step("meets", "Meets upper limit", "factor: ({upper} - {base}) / {slope}", "factor point"),
    Step("total_leaving", "Group total when it leaves", "all of its group at factor {leaves}",
         "never pence"),
    Step("total_meeting", "Group total when it meets", "all of its group at factor {meets}",
         "never pence"),
    Step("stands", "Where it stands",
         "least: {total_leaving} is beyond what the group shares; most: {total_meeting} is short "
         "of it; else moves", "word"),
    Step("fixed", "Part without the factor", "{lower}, {upper} or, where it moves, {base}",
         "pence"),
    Step("moving_slope", "Slope that moves", "{slope} where it moves, or 0", "pence"),
    Step("factor", "Scaling factor", "its group's, from the sheet Factors", "scaling"),
    Step("damped", "Damped", "{fixed} + {factor} x {moving_slope}, within {lower} and {upper}",
         "pence"),
    Step("top_up", "Top-up from outside",
         "how far {damped} is below {floor_amount} where outside pays, or 0", "pence"),
    Step("rounded", "Damped, to 6 decimals", "{damped} rounded to 6 decimals", "millionths"),
    Step("base_pounds", "Whole pounds below", "{rounded} rounded down to whole pounds", "pounds"),
    Step("remainder", "Remainder", "{rounded} - {base_pounds}, to 6 decimals", "remainder"),
    Step("order", "Order of remainder",
         "place of {remainder} in its group, largest first; ties by code", "count"),
    Step("pounds", "Pounds",
         "{base_pounds}, and one more while {order} is within the group's pounds left", "pounds"),
    Step("top_up_pounds", "Top-up, whole pounds", "{top_up} rounded up", "pounds"),
    Step("rate", "Change (%), to 10 decimals",
         "({pounds} - {baseline}) / {baseline}, rounded to 10 decimals", "percent change"),
    Step("rank", "Rank of change (%)", "place of {rate}, largest first; ties by code", "count"),
)  # fmt: skip

COSTED_BY_METRIC = Step(
    "costed", "Needs share x area cost", "sum of (a) x cost weight used x the metric's area cost "
    "factor", "share",
)  # fmt: skip
"""The step `costed` where each metric has an area cost factor of its own."""
