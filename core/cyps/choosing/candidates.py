"""Candidate drivers: tested one after the other, as NR TWG 19-04 paragraphs 13-17 tell it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from cyps.cells import AuthorityDriver, Cells
from cyps.choosing.criteria import (
    Criteria,
    Verdict,
    deviance_gain,
    matters,
    predicts,
    significant,
    steady,
    undistorted,
)
from cyps.choosing.held_out import HeldOut, hold_out
from cyps.choosing.levels import Levels, fit_levels
from cyps.choosing.likelihood_ratio import LikelihoodRatio, likelihood_ratio
from cyps.choosing.share_moves import (
    MOVES,
    ShareMove,
    check_converged,
    checked_weights,
    needs_shares_of,
    share_move,
)
from cyps.errors import CypsError
from cyps.model import MultilevelFit

Each = Literal["in turn", "alone"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One metric's: likelihood ratio, held-out deviance and R-squared, sigma."""

    ratio: LikelihoodRatio
    deviance_gain: float
    gain_error: float
    r_squared: tuple[float, float]
    sigma: tuple[float, float]


@dataclass(frozen=True, slots=True)
class CandidateTest:
    """What adding one candidate to a model does.

    Attributes
    ----------
    candidate, level : its name (several drivers joined by " + "), and whose property it is
    against : the drivers that were in the model already
    evidence : one a metric; empty where the model with it could not be fitted
    move : of needs shares; None where it could not be fitted
    verdicts : every criterion, met or not met and why
    """

    candidate: str
    level: str
    against: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    move: ShareMove | None
    verdicts: tuple[Verdict, ...]

    @property
    def accepted(self) -> bool:
        """Whether all criteria are met."""
        return all(verdict.met for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Choice:
    """The tests of all candidates, in the order taken.

    Attributes
    ----------
    start : drivers that were in from the start
    tests : one a candidate
    drivers : start and accepted candidates
    criteria, each : what was asked, and against which model
    """

    start: tuple[str, ...]
    tests: tuple[CandidateTest, ...]
    drivers: tuple[str, ...]
    criteria: Criteria
    each: Each

    def to_frame(self) -> pd.DataFrame:
        """The numbers: a row a candidate and metric. Shares are of all metrics together."""
        rows = [_row(test, each) for test in self.tests for each in test.evidence]
        return pd.DataFrame(rows)

    def criteria_frame(self) -> pd.DataFrame:
        """The verdicts: a row a candidate and criterion, met or not met and why."""
        return pd.DataFrame(
            [
                {"candidate": test.candidate, "criterion": v.criterion, "met": v.met, "why": v.why}
                for test in self.tests
                for v in test.verdicts
            ],
            columns=["candidate", "criterion", "met", "why"],
        )

    def __str__(self) -> str:
        """Plain text, 79 columns: every candidate, its verdicts and why."""
        lines = [f"Start: {', '.join(self.start) or 'intercept only'}"]
        for test in self.tests:
            outcome = "ACCEPTED" if test.accepted else "not accepted"
            lines += ["", f"{test.candidate} ({test.level}): {outcome}"]
            for verdict in test.verdicts:
                head = f"  {'met' if verdict.met else 'NOT MET':<8}{verdict.criterion:<13}"
                lines += textwrap.wrap(head + verdict.why, 79, subsequent_indent=" " * len(head))
            if test.move is not None:
                moved = ", ".join(
                    f"{n} by more than {least:.0%}"
                    for n, least in zip(test.move.moved, MOVES, strict=True)
                )
                lines += textwrap.wrap(
                    f"  shares  mean change {test.move.mean_absolute:.2%}; of "
                    f"{test.move.authorities} authorities {moved}",
                    79,
                    subsequent_indent=" " * 10,
                )
        in_all = ", ".join(self.drivers) or "intercept only"
        lines += ["", *textwrap.wrap(f"Drivers: {in_all}", 79, subsequent_indent="  ")]
        return "\n".join(lines)


def _row(test: CandidateTest, each: Evidence) -> dict[str, float | int | str]:
    return {
        "candidate": test.candidate,
        "level": test.level,
        "metric": each.ratio.metric,
        "chi2": each.ratio.chi2,
        "df": each.ratio.df,
        "p": each.ratio.p,
        "deviance_fall": each.deviance_gain,
        "deviance_fall_se": each.gain_error,
        "r2_before": each.r_squared[0],
        "r2_after": each.r_squared[1],
        "sigma_before": each.sigma[0],
        "sigma_after": each.sigma[1],
        **_told(test.move),
        "accepted": test.accepted,
    }


def _told(move: ShareMove | None) -> dict[str, float | int | str]:
    if move is None:
        return {}
    counts = {f"moved_over_{least:.0%}": n for n, least in zip(move.moved, MOVES, strict=True)}
    return {
        "share_largest": move.largest,
        "share_largest_in": move.authority,
        "share_mean_absolute": move.mean_absolute,
        **counts,
    }


@dataclass(frozen=True, slots=True)
class _Model:
    """One set of drivers, fitted, held out and predicted."""

    drivers: tuple[str, ...]
    fits: tuple[MultilevelFit, ...]
    held_out: HeldOut
    shares: pd.Series


@dataclass(frozen=True, slots=True)
class _Study:
    """What every model of a study has in common."""

    cells: Cells
    everyone: Cells
    weights: Mapping[str, float] | None
    folds: int
    seed: int
    nagq: int
    estimator: Levels

    def model(self, drivers: Sequence[str]) -> _Model:
        out = [driver.name for driver in self.cells.drivers if driver.name not in drivers]
        cells = self.cells.without_drivers(out)
        fits = fit_levels(cells, self.estimator, self.nagq)
        check_converged(fits, "The fit")
        shares = needs_shares_of(self.everyone.without_drivers(out), fits, self.weights)
        held_out = hold_out(cells, self.folds, self.seed, self.nagq, self.estimator)
        return _Model(tuple(drivers), fits, held_out, shares)


def choose_drivers(
    cells: Cells,
    start: Sequence[str],
    candidates: Sequence[str | Sequence[str]],
    *,
    weights: Mapping[str, float] | None = None,
    everyone: Cells | None = None,
    each: Each = "in turn",
    criteria: Criteria | None = None,
    folds: int = 5,
    seed: int = 2019,
    nagq: int = 1,
    estimator: Levels = "multilevel",
) -> Choice:
    """Test candidate drivers of child, small area or authority, and say which are accepted.

    Each candidate is added to the model and has to meet every criterion of `criteria`: the
    likelihood ratio, prediction of authorities left out, and the change in needs shares.
    This re-enacts NR TWG 19-04, paragraphs 13-17, with criteria of our own.

    Parameters
    ----------
    cells : counted with the start's drivers and all candidates
    start : names of the drivers that are in; may be none
    candidates : names, in the order to test; several in a list enter together
    weights : cost weight of each metric, for needs shares
    everyone : children whose use is predicted for the shares; those of `cells` by default
    each : "in turn" keeps what is accepted for the candidates after it; "alone" tests each
        against the start
    criteria : ours by default
    folds, seed : parts that authorities are held out in, see `hold_out`
    nagq, estimator : quadrature nodes of the fits; "multilevel" (two levels) or "three levels"

    Returns
    -------
    Choice
        `print` it; `.to_frame()` has the numbers, `.criteria_frame()` the verdicts

    Raises
    ------
    CypsError
        When the start cannot be fitted, or a name is not among the drivers. A candidate
        with which the model cannot be fitted is not accepted, and says why.
    """
    asked = [(names,) if isinstance(names, str) else tuple(names) for names in candidates]
    _check(cells, start, asked, each)
    checked_weights(cells.metrics, weights)
    criteria = criteria or Criteria()
    level = criteria.significance / max(1, len(asked) * len(cells.metrics))
    study = _Study(cells, everyone or cells, weights, folds, seed, nagq, estimator)
    first = now = study.model(start)
    tests = []
    for names in asked:
        against = first if each == "alone" else now
        test, larger = _test(study, against, names, criteria, level)
        tests.append(test)
        if test.accepted and larger is not None:
            now = larger if each == "in turn" else now
    accepted = [n for t, names in zip(tests, asked, strict=True) if t.accepted for n in names]
    return Choice(tuple(start), tuple(tests), (*start, *accepted), criteria, each)


def _check(cells: Cells, start: Sequence[str], asked: Sequence[tuple[str, ...]], each: str) -> None:
    if isinstance(start, str):
        raise CypsError(f"Give the start as a list of drivers: start=['{start}'].")
    if each not in ("in turn", "alone"):
        raise CypsError(f"each is {each!r}. It is 'in turn' or 'alone'.")
    known = [driver.name for driver in cells.drivers]
    named = [*start, *(name for names in asked for name in names)]
    if strangers := [name for name in named if name not in known]:
        raise CypsError(
            f"The cells have no driver {', '.join(strangers)}; they have {', '.join(known)}. "
            "Count them with every candidate."
        )
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise CypsError(f"{', '.join(twice)} is named more than once in start and candidates.")


def _test(
    study: _Study, before: _Model, names: tuple[str, ...], criteria: Criteria, level: float
) -> tuple[CandidateTest, _Model | None]:
    terms = [driver for driver in study.cells.drivers if driver.name in names]
    whose = " + ".join(
        dict.fromkeys("authority" if isinstance(t, AuthorityDriver) else t.level for t in terms)
    )
    candidate = " + ".join(names)
    try:
        after = study.model((*before.drivers, *names))
    except CypsError as error:
        why = (Verdict("fits", False, str(error)),)
        return CandidateTest(candidate, whose, before.drivers, (), None, why), None
    ratios = [likelihood_ratio(a, b) for a, b in zip(before.fits, after.fits, strict=True)]
    move = share_move(before.shares, after.shares)
    verdicts = (
        significant(ratios, level),
        predicts(before.held_out, after.held_out, criteria.standard_errors),
        undistorted(before.held_out, after.held_out, criteria.r_squared_loss),
        steady(after.fits, after.held_out, [label for t in terms for label in t.labels]),
        matters(move, criteria.least_move),
    )
    evidence = _evidence(ratios, before, after)
    return CandidateTest(candidate, whose, before.drivers, evidence, move, verdicts), after


def _evidence(
    ratios: Sequence[LikelihoodRatio], before: _Model, after: _Model
) -> tuple[Evidence, ...]:
    gain, error = deviance_gain(before.held_out, after.held_out)
    was, now = before.held_out.r_squared, after.held_out.r_squared
    return tuple(
        Evidence(
            ratio,
            float(gain[m]),
            float(error[m]),
            (float(was[m]), float(now[m])),
            (before.fits[m].sigma, after.fits[m].sigma),
        )
        for m, ratio in enumerate(ratios)
    )
