"""Criteria: when a candidate driver is taken, each answered met or not met, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.choosing.held_out import HeldOut
from cyps.choosing.likelihood_ratio import LikelihoodRatio
from cyps.choosing.share_moves import ShareMove
from cyps.errors import CypsError
from cyps.model import MultilevelFit

_TWO_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Criteria:
    """Our own criteria: NR TWG 19-04 (paragraph 17) applied some and printed none.

    Attributes
    ----------
    significance : chance of taking any of the candidates on no evidence; shared out equally
        over candidates and metrics (Bonferroni)
    standard_errors : how many standard errors (over authorities) the held-out deviance has to
        fall by in some metric, and must not rise by in any
    r_squared_loss : by how much LA-level R-squared, held out, may fall in any metric
    least_move : how much somebody's needs share has to move, as a part of it: a driver that
        changes nobody's share is not worth its upkeep. 0 lets every driver pass
    """

    significance: float = 0.05
    standard_errors: float = 1.0
    r_squared_loss: float = 0.01
    least_move: float = 0.01

    def __post_init__(self) -> None:
        limits = (self.standard_errors, self.r_squared_loss, self.least_move)
        if not 0 < self.significance < 1 or not all(limit >= 0 for limit in limits):
            raise CypsError(
                f"The criteria {self} cannot be: significance lies between 0 and 1, the others "
                "are 0 or more."
            )


@dataclass(frozen=True, slots=True)
class Verdict:
    """One criterion's answer."""

    criterion: str
    met: bool
    why: str


def significant(ratios: Sequence[LikelihoodRatio], level: float) -> Verdict:
    """Whether the likelihood ratio is beyond chance in some metric."""
    best = min(ratios, key=lambda ratio: ratio.p)
    p = f"p = {best.p:.3g}" if best.p > 0 else "p below 1e-300"
    why = (
        f"{best.metric}: chi2 {best.chi2:,.1f} on {best.df} df, {p}; "
        f"below {level:.3g} is asked of one metric"
    )
    return Verdict("significant", best.p < level, why)


def deviance_gain(before: HeldOut, after: HeldOut) -> tuple[NDArray[np.float64], ...]:
    """By how much held-out deviance falls in each metric, and its standard error over LAs."""
    gain = before.deviance - after.deviance
    n = gain.shape[1]
    return gain.sum(axis=1), gain.std(axis=1, ddof=1) * np.sqrt(n)


def predicts(before: HeldOut, after: HeldOut, standard_errors: float) -> Verdict:
    """Whether authorities that were left out are predicted better."""
    gain, error = deviance_gain(before, after)
    better, worse = gain > standard_errors * error, gain < -standard_errors * error
    shown = "; ".join(
        f"{metric} {-g:+,.1f} (standard error {e:,.1f})"
        for metric, g, e in zip(after.metrics, gain, error, strict=True)
    )
    why = (
        f"held-out deviance {shown}; a fall by {standard_errors:g} x its standard error is "
        "asked of one metric, and no such rise of any"
    )
    return Verdict("predicts", bool(better.any() and not worse.any()), why)


def undistorted(before: HeldOut, after: HeldOut, loss: float) -> Verdict:
    """Whether authorities' rates are explained no worse."""
    change = after.r_squared - before.r_squared
    shown = "; ".join(
        f"{metric} {was:.3f} to {now:.3f}"
        for metric, was, now in zip(after.metrics, before.r_squared, after.r_squared, strict=True)
    )
    why = f"held-out R2 of authorities' rates {shown}; a fall by {loss:g} is allowed"
    return Verdict("undistorted", bool((change >= -loss).all()), why)


def steady(fits: Sequence[MultilevelFit], held_out: HeldOut, labels: Sequence[str]) -> Verdict:
    """Whether the candidate's clear coefficients keep their sign whoever is left out."""
    clear, turned = 0, []
    for m, fit in enumerate(fits):
        whole = fit.params[list(labels)]
        beyond = whole[(whole.abs() > _TWO_ERRORS * fit.bse[list(labels)])]
        for label, value in beyond.items():
            clear += 1
            parts = [fold[m].params[label] for fold in held_out.fits]
            if any(np.sign(part) != np.sign(value) for part in parts):
                turned.append(f"{label} ({fit.metric})")
    if not clear:
        return Verdict("steady", False, "no coefficient is two standard errors from 0")
    if turned:
        return Verdict("steady", False, f"changes its sign in some part: {', '.join(turned)}")
    why = (
        f"{clear} coefficient{'s' if clear > 1 else ''} beyond two standard errors, with one "
        f"sign in all {len(held_out.fits)} parts"
    )
    return Verdict("steady", True, why)


def matters(move: ShareMove, least: float) -> Verdict:
    """Whether it changes what somebody gets."""
    why = (
        f"largest change of a needs share {move.largest:+.2%} ({move.authority}); "
        f"{least:.2%} is asked of somebody's"
    )
    return Verdict("matters", abs(move.largest) >= least, why)
