"""Verdict: what the numbers say, in words for somebody who has to rely on the shares."""

from __future__ import annotations

from dataclasses import dataclass

from cyps.validating.groups import Group, GroupTable
from cyps.validating.validate import MetricValidation

# Limits of our own: no paper prints any.
SLOPE_OFF = 0.1
TOTAL_OFF = 0.05
GROUP_OFF = 0.10
AUC_FALL = 0.02
SHARE_MOVES = 0.05
# How many standard errors a difference must have before it is more than chance: one number, and
# one of many groups.
_SURE, _SURE_OF_MANY = 2.0, 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a model: `met` or not, and the answer in words."""

    name: str
    met: bool
    words: str


def checks(found: MetricValidation) -> tuple[Check, ...]:
    """Every question to one metric's model, in the order in which they matter."""
    return (
        Check("converged", found.convergence.passed, f"The fit: {found.convergence.words}."),
        _complete(found),
        _level(found),
        _spread(found),
        _groups(found),
        _ranking(found),
        _areas(found),
        _shares(found),
    )


def off_groups(tables: tuple[GroupTable, ...]) -> list[tuple[str, Group]]:
    """Groups whose actual number differs from the predicted by more than chance and 10%."""
    return [
        (table.name, group)
        for table in tables
        if table.name != "authority"
        for group in table.groups
        if group.ratio is not None
        and group.error is not None
        and abs(group.ratio - 1) > max(GROUP_OFF, _SURE_OF_MANY * group.error)
    ]


def _complete(found: MetricValidation) -> Check:
    if not found.failed:
        return Check("complete", True, "Every authority was left out once and predicted.")
    code, why = next(iter(found.failed.items()))
    return Check(
        "complete",
        False,
        f"{len(found.failed)} authorities could not be left out ({', '.join(found.failed)}), and "
        f"are in no number of those held out. {code}: {why}",
    )


def _level(found: MetricValidation) -> Check:
    held = found.held_out
    off = held.events / held.predicted - 1
    met = abs(off) <= TOTAL_OFF or abs(held.intercept) <= _SURE * held.intercept_error
    return Check(
        "level",
        met,
        f"Of children in authorities that were left out, {held.predicted:,.0f} were predicted to "
        f"have the event and {held.events:,} had it ({off:+.1%}).",
    )


def _spread(found: MetricValidation) -> Check:
    held = found.held_out
    off = held.slope - 1
    met = abs(off) <= SLOPE_OFF or abs(off) <= _SURE * held.slope_error
    if abs(off) <= SLOPE_OFF:
        says = "chances lie as far apart as they should"
    elif met:
        says = "too uncertain to say whether chances lie as far apart as they should"
    elif off < 0:
        says = "chances lie too far apart: high ones are too high and low ones too low"
    else:
        says = "chances lie too near each other: high ones are too low and low ones too high"
    return Check(
        "spread",
        met,
        f"Calibration slope {held.slope:.3f} (standard error {held.slope_error:.3f}; 1 is right): "
        f"{says}.",
    )


def _groups(found: MetricValidation) -> Check:
    off = off_groups(found.tables)
    if not off:
        return Check(
            "groups",
            True,
            "In no group of children shown does the actual number differ from the predicted by "
            "more than 10% and more than three standard errors.",
        )
    named = "; ".join(
        f"{table} {group.label} {group.ratio:.2f}" for table, group in off[:6] if group.ratio
    )
    more = f"; and {len(off) - 6} others" if len(off) > 6 else ""
    return Check(
        "groups",
        False,
        f"Actual by predicted is off by more than 10% and chance in: {named}{more}.",
    )


def _ranking(found: MetricValidation) -> Check:
    seen, held = found.seen.auc, found.held_out.auc
    return Check(
        "ranking",
        held > 0.5 and seen - held <= AUC_FALL,
        f"Of two children, one with the event and one without, the model gives the higher chance "
        f"to the one who has it in {held:.0%} of pairs (AUC {held:.3f} left out, "
        f"{seen:.3f} fitted).",
    )


def _areas(found: MetricValidation) -> Check:
    here = found.areas
    low, high = here.r_squared_if_right
    near, right = here.within[1], here.within_if_right[1]
    if not here.r_squared > _SURE * here.r_squared_error:
        says = "not surely better than one rate for all, which two standard errors above 0 would be"
    elif here.r_squared < low:
        says = "less than the model says of itself: some of what it learnt holds for those fitted"
    else:
        says = "no less than the model says of itself; the rest is practice and chance"
    return Check(
        "authorities",
        here.r_squared > _SURE * here.r_squared_error and here.r_squared >= low,
        f"Drivers alone account for {max(here.r_squared, 0):.0%} of how authorities' rates differ "
        f"(R-squared {here.r_squared:.3f}, left out, standard error {here.r_squared_error:.3f}; "
        f"{low:.2f} to {high:.2f} if the model were right): {says}. {near:.0%} of the authorities "
        f"are within 10% of their actual use; {right:.0%} would be if only practice and chance "
        "came on top.",
    )


def _shares(found: MetricValidation) -> Check:
    moved = found.shares
    return Check(
        "shares",
        abs(moved.largest) <= SHARE_MOVES,
        f"Leaving an authority out of the fit moves its share by {moved.mean_absolute:.2%} on "
        f"average and by {moved.largest:+.2%} at most ({moved.authority}).",
    )
