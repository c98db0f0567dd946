"""Notes and shorthand of a published workbook: said once, referred to wherever needed."""

from __future__ import annotations

NOT_APPLICABLE, NOT_AVAILABLE, CONFIDENTIAL = "[z]", "[x]", "[c]"

SHORTHAND = {
    CONFIDENTIAL: "confidential, not shown so that nobody can be identified",
    NOT_AVAILABLE: "not available",
    NOT_APPLICABLE: "not applicable",
}
"""Shorthand of the Government Analysis Function that these tables use."""

NOTES = {
    "needs share": "Needs share: the authority's part of all need, as a percentage. It puts the "
    "shares of each activity metric together by cost weight, before area cost.",
    "share": "Share after area cost: the needs share with area cost in it, by one factor for an "
    "authority or one for each of its activity metrics, made to add up to 100% again.",
    "target": "Target: the share after area cost times the pot, before damping.",
    "baseline": "Baseline: what the authority had before. Where it comes from is said on the "
    "Cover_sheet.",
    "allocation": "Allocation: the target after damping, in whole pounds. Allocations add up to "
    "the pot exactly.",
    "change": "Change: the allocation less the baseline. It is worked out before rounding, so it "
    "can differ by 1 pound from the difference of the numbers shown. The percentage has no "
    "meaning without a baseline.",
    "top-up": "Top-up: paid from outside the pot on top of the allocation. Allocations and "
    "changes are without it.",
    "rounding": "Percentages are rounded to the decimals shown, and targets and baselines to "
    "whole pounds, so they may not add up to the totals.",
    "cost weight": "Cost weight: spend that the metric stands for, as a percentage of all the "
    "spend in the table Spend, which says where it comes from or that weights were typed.",
    "use": "Use: the expected number of children who use each service. What it rests on is said "
    "on the Cover_sheet.",
    "factor": "Scaling factor: the part of the increase above the floor that is kept. Other rules "
    "than a floor use it in their own way.",
}


def shorthand_line(used: set[str]) -> str:
    """The sentence that explains the shorthand of a table.

    Examples
    --------
    >>> shorthand_line({"[z]"})
    'Shorthand in this table: [z] means not applicable.'
    """
    told = [f"{mark} means {words}" for mark, words in SHORTHAND.items() if mark in used]
    return f"Shorthand in this table: {'; '.join(told)}."
