"""Validate: how far a model may be trusted, judged on children that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells import SMALLEST_COUNT, Cells
from cyps.choosing.held_out import folds_of
from cyps.choosing.share_moves import ShareMove, check_converged, share_move
from cyps.errors import CypsError
from cyps.model import ConvergenceCheck, MultilevelFit
from cyps.model.few_groups import few_groups
from cyps.validating.chances import (
    Coefficients,
    Step,
    authority_of_cells,
    averaged,
    fit_part,
    hold_out_each,
    log_odds,
    place_of_cells,
    spread_of,
    untold,
    use_by_authority,
)
from cyps.validating.groups import GroupTable, by_authority, by_risk, groupings, table_of
from cyps.validating.halves import SplitBy, events_of_cells, halves
from cyps.validating.measures import Areas, Judged, Measures, areas, measures

CROSSED = (("age", "sex"),)


@dataclass(frozen=True, slots=True)
class Halves:
    """Each half predicted by the fit to the other.

    Attributes
    ----------
    by : what was split
    measures : of all children, each predicted by the half that it is not in; None where a
        half could not be fitted
    shares : how far shares of predicted use of everybody lie apart between the two fits
    why : why not, or ""
    """

    by: SplitBy
    measures: Measures | None
    shares: ShareMove | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class MetricValidation:
    """What is known of one metric's model.

    Attributes
    ----------
    metric : the event
    seen : measures on the children that were fitted
    held_out : measures on children of authorities that were left out
    areas : authorities' predicted and actual use, held out
    tables : predicted against actual, held out; the first by tenth of the predicted chance,
        the last by authority
    shares : how far each authority's share moves when it is left out of the fit
    halves : the sample split in two
    convergence : whether the fit is a maximum
    failed : authorities that could not be held out, and why
    """

    metric: str
    seen: Measures
    held_out: Measures
    areas: Areas
    tables: tuple[GroupTable, ...]
    shares: ShareMove
    halves: Halves
    convergence: ConvergenceCheck
    failed: dict[str, str]


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation of every metric, what it was made with, and notes to read it by."""

    metrics: tuple[MetricValidation, ...]
    children: int
    authorities: int
    estimator: str
    nagq: int
    folds: int
    seed: int
    notes: tuple[str, ...] = ()


def validate(
    cells: Cells,
    fits: Sequence[MultilevelFit],
    *,
    folds: int | None = None,
    seed: int = 2019,
    split_by: SplitBy | Literal["either"] = "either",
    crossed: Sequence[tuple[str, str]] = CROSSED,
    step: Step = untold,
) -> Validation:
    """Judge fitted models on whole authorities, and on halves of the sample, not fitted to.

    Chances of children in an authority that is not known are averaged over what its effect, and
    in three levels that of its small areas, may be; shares, as in the formula, are predicted
    with effects at 0.

    Parameters
    ----------
    cells : that the fits rest on, counted with `events_by_cell=True`
    fits : one a metric, from `fit_cells`, `fit_plain` or `fit_three_levels`
    folds : in how many parts authorities are left out; by default one authority at a time
    seed : of parts and halves
    split_by : "small areas", "children", or small areas where rows name them
    crossed : pairs of drivers to show predicted against actual by together, where they are in
        the model
    step : is told what is done now, and how many of how many parts of it are (0 of 0 where
        there are none): a national validation takes a minute

    Raises
    ------
    CypsError
        When a fit did not converge or is of another kind, cells were counted without their
        events, or no authority can be held out.

    Examples
    --------
    >>> from cyps.cells import collapse
    >>> from cyps.model import fit_cells
    >>> rng = np.random.default_rng(1)
    >>> fsm = rng.random(8000) < 0.2
    >>> table = pd.DataFrame({
    ...     "la": np.repeat(list("ABCDEFGH"), 1000), "fsm": np.where(fsm, "yes", "no"),
    ...     "CIN": rng.random(8000) < np.where(fsm, 0.3, 0.1),
    ... })
    >>> cells = collapse(table, events="CIN", child=["fsm"], group="la", events_by_cell=True)
    >>> found = validate(cells, fit_cells(cells)).metrics[0]
    >>> round(found.held_out.auc, 2), found.convergence.passed
    (0.61, True)
    """
    _check(cells, fits)
    n = len(cells.groups)
    few = few_groups(n, fits[0].estimator, robust=True, called="authorities")
    fold = np.arange(n) if folds is None else folds_of(n, folds, seed)
    if n < 3:
        raise CypsError(f"{n} authorities cannot be held out one at a time: at least 3 are needed.")
    out = hold_out_each(cells, fits, fold, step)
    if len(out.failed) > n - 2:
        raise CypsError(
            f"No authority can be held out; of {next(iter(out.failed))}: "
            f"{next(iter(out.failed.values()))}"
        )
    by: SplitBy = ("small areas" if cells.small_areas.size else "children") \
        if split_by == "either" else split_by  # fmt: skip
    step("Fitting two halves", 0, 0)
    split = _split(cells, fits, seed, by)
    metrics = []
    for m, fit in enumerate(fits):
        step("Judging metrics", m, len(fits))
        predicted = (out.chance[m], out.use[m])
        metrics.append(_metric(cells, fit, m, predicted, split[m], out.failed, crossed))
    return Validation(
        tuple(metrics),
        cells.children,
        n,
        fits[0].estimator,
        fits[0].nagq,
        int(fold.max()) + 1,
        seed,
        (few,) if few else (),
    )


def _check(cells: Cells, fits: Sequence[MultilevelFit]) -> None:
    check_converged(fits, "A fit to validate")
    events_of_cells(cells)
    if any(fit.estimator == "dummies" for fit in fits):
        raise CypsError(
            "The fit is by dummies; two levels, three levels and the plain model are validated. "
            "Whole authorities are held out, and these would have no dummies."
        )
    for fit in fits:
        if fit.drivers != cells.drivers or fit.groups != cells.groups:
            raise CypsError(f"The fit of {fit.metric} rests on other children than these cells.")
    if tuple(fit.metric for fit in fits) != cells.metrics:
        raise CypsError(f"Give one fit for each of {', '.join(cells.metrics)}, in this order.")


def judged(
    cells: Cells, metric: int, chance: NDArray[np.float64], keep: NDArray[np.bool_] | None = None
) -> Judged:
    """Chances beside what happened; of some cells, with authorities numbered anew."""
    keep = np.ones(chance.size, bool) if keep is None else keep
    authority = np.unique(authority_of_cells(cells)[keep], return_inverse=True)[1]
    events = events_of_cells(cells)[metric, keep].astype(np.float64)
    return Judged(chance[keep], cells.cell_count[keep].astype(np.float64), events, authority)


def _metric(
    cells: Cells,
    fit: MultilevelFit,
    m: int,
    out: tuple[NDArray[np.float64], NDArray[np.float64]],
    split: Halves,
    failed: dict[str, str],
    crossed: Sequence[tuple[str, str]],
) -> MetricValidation:
    chance, use = out
    known = np.isfinite(chance)
    held = judged(cells, m, chance, known)
    seen = judged(cells, m, averaged(log_odds(cells, fit.coefficients), spread_of(fit)))
    risk = by_risk(held)
    others = [*groupings(cells, crossed), by_authority(cells)]
    tables = [table_of(replace(each, code=each.code[known]), held) for each in others]
    before = pd.Series(use_by_authority(cells, fit.coefficients), index=list(cells.groups))
    after = pd.Series(use, index=before.index).fillna(before)
    return MetricValidation(
        fit.metric,
        measures(seen),
        measures(held),
        areas(held, practice(fit, held, place_of_cells(cells)[known])),
        (table_of(risk, held), *tables),
        _moved(cells, before, after),
        split,
        fit.convergence(),
        failed,
    )


def practice(
    fit: MultilevelFit, judged: Judged, place: NDArray[np.int64]
) -> float | NDArray[np.float64]:
    """How far unknown effects move each authority's log odds, (n_authorities,).

    `place` (n,) numbers each cell's small area. Effects of many small areas even out: each moves
    its own part of the children whose chance can move.
    """
    if not fit.area_sigma:
        return fit.sigma
    moves = judged.children * judged.chance * (1 - judged.chance)
    _, first, number = np.unique(place, return_index=True, return_inverse=True)
    squares = np.bincount(number, moves) ** 2
    J = int(judged.authority.max()) + 1
    of_squares = np.bincount(judged.authority[first], squares, J)
    part = of_squares / np.bincount(judged.authority, moves, J) ** 2
    return np.asarray(np.hypot(fit.sigma, fit.area_sigma * np.sqrt(part)))


def _moved(cells: Cells, before: pd.Series, after: pd.Series) -> ShareMove:
    """Of authorities with enough children that their share tells of nobody."""
    many = cells.group_children >= SMALLEST_COUNT
    return share_move((before / before.sum())[many], (after / after.sum())[many])


def _split(
    cells: Cells, fits: Sequence[MultilevelFit], seed: int, by: SplitBy
) -> tuple[Halves, ...]:
    parts = halves(cells, seed, by)
    try:
        found = [_fit_half(cells, part, fits) for part in parts]
    except CypsError as error:
        return tuple(Halves(by, None, None, str(error)) for _ in fits)
    return tuple(_judged_halves(cells, parts, m, [each[m] for each in found], by)
                 for m in range(len(fits)))  # fmt: skip


def _fit_half(cells: Cells, part: Cells, fits: Sequence[MultilevelFit]) -> tuple[Coefficients, ...]:
    if len(part.groups) < 2:
        raise CypsError("A half of the sample has fewer than two authorities.")
    return fit_part(part, fits, np.isin(cells.groups, part.groups))


def _judged_halves(
    cells: Cells, parts: Sequence[Cells], m: int, by_half: Sequence[Coefficients], by: SplitBy
) -> Halves:
    other = [
        judged(part, m, averaged(log_odds(part, found.beta), found.spread))
        for part, found in zip(parts, reversed(by_half), strict=True)
    ]
    numbers = [
        np.searchsorted(cells.groups, np.array(part.groups)[each.authority])
        for part, each in zip(parts, other, strict=True)
    ]
    together = Judged(
        np.concatenate([each.chance for each in other]),
        np.concatenate([each.children for each in other]),
        np.concatenate([each.events for each in other]),
        np.concatenate(numbers),
    )
    first, second = (
        pd.Series(use_by_authority(cells, each.beta), index=list(cells.groups)) for each in by_half
    )
    return Halves(by, measures(together), _moved(cells, first, second))
