"""Fit the two-level logistic model: on any table, or on cells already counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cyps.cells import SMALLEST_COUNT, Cells, collapse, driver_blocks
from cyps.errors import CypsError
from cyps.model.fit import Maximum, StartingPoint, maximise
from cyps.model.problem import Problem, problem_of
from cyps.model.result import MultilevelFit


def fit_multilevel(
    table: pd.DataFrame,
    *,
    events: str,
    trials: str | None = None,
    child: Sequence[str] = (),
    area: Sequence[str] = (),
    group: str,
    nagq: int = 1,
) -> MultilevelFit:
    r"""Two-level logistic regression by maximum likelihood, on any table.

    `eta = b0 + x_child'b + z_area'g + u_group`, with `u ~ N(0, sigma^2)`
    (NR TWG 19-04, paragraphs 13-17).

    Parameters
    ----------
    table : one row a child, or one a cell with `trials` and `events`
    events : column of flags (0/1, or true/false), or of counts when `trials` is given
    trials : column of the number of children in the row
    child : columns of the child's drivers; text and Categorical are categories
        (the first is the reference), numbers enter as they are
    area : columns of the drivers of the small area the child lives in
    group : column of the authority
    nagq : quadrature nodes a group; 1, the default, is the Laplace approximation

    Returns
    -------
    MultilevelFit
        `.params`, `.bse` (labelled), `.sigma`, `.loglik`, `.converged`, `.fit_log`

    Raises
    ------
    CypsError
        When a column is missing or cannot be used, fewer than two groups are
        there, or some category has no event (its coefficient would be infinite).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> la = np.repeat(list("ABCDEFGHIJ"), 200)
    >>> fsm = rng.random(2000) < 0.2
    >>> table = pd.DataFrame({"la": la, "fsm": np.where(fsm, "yes", "no")})
    >>> table["CIN"] = rng.random(2000) < np.where(fsm, 0.3, 0.1)
    >>> fit = fit_multilevel(table, events="CIN", child=["fsm"], group="la")
    >>> fit.converged, list(fit.params.index)
    (True, ['Intercept', 'fsm[yes]'])
    """
    if not isinstance(events, str):
        raise CypsError(
            "Name one column of events. For several metrics count once with cyps.cells.collapse, "
            "then fit with cyps.model.fit_cells."
        )
    cells = collapse(table, events=events, trials=trials, child=child, area=area, group=group)
    return fit_cells(cells, nagq=nagq)[0]


def fit_cells(cells: Cells, nagq: int = 1) -> tuple[MultilevelFit, ...]:
    """Fit every metric of the cells, each starting from the slopes of the one before.

    Parameters
    ----------
    cells : from `collapse`
    nagq : quadrature nodes a group; 1 is the Laplace approximation

    Returns
    -------
    tuple of MultilevelFit, one a metric in the order of `cells.metrics`
    """
    if isinstance(nagq, bool) or not isinstance(nagq, int | np.integer) or nagq < 1:
        raise CypsError(f"nagq is {nagq!r}. It is a number of nodes: 1 (Laplace), 7, 15, ...")
    if len(cells.groups) < 2:
        raise CypsError(
            "There is only one group with children. How much groups differ needs at "
            "least two; use a plain logistic regression for one."
        )
    fits = []
    start = None
    for metric in range(len(cells.metrics)):
        _check_separation(cells, metric)
        problem = problem_of(cells, metric)
        found = maximise(problem, start=_moved(start, cells, metric))
        if nagq > 1:
            found = maximise(problem, nagq, _start_at(found))
        fits.append(_result(cells, metric, problem, found, nagq))
        if found.converged and np.isfinite(found.log_sigma):
            start = (metric, _start_at(found))
    return tuple(fits)


def _start_at(found: Maximum) -> StartingPoint:
    return StartingPoint(found.beta, found.log_sigma, found.evaluation.effect)


def _moved(
    start: tuple[int, StartingPoint] | None, cells: Cells, metric: int
) -> StartingPoint | None:
    """Another metric's maximum with the intercept moved to this one's rate."""
    if start is None:
        return None
    other, at = start
    rate = cells.events / cells.children
    log_odds = np.log(rate / (1 - rate))
    beta = at.beta.copy()
    beta[0] += log_odds[metric] - log_odds[other]
    return StartingPoint(beta, at.log_sigma, at.effect)


def _check_separation(cells: Cells, metric: int) -> None:
    """Every category needs a child with the event and one without."""
    name = cells.metrics[metric]
    happened = cells.events[metric]
    if not 0 < happened < cells.children:
        raise CypsError(
            f"{'No' if happened == 0 else 'Every'} child has the event {name}, "
            "so nothing can be fitted to it."
        )
    for block in driver_blocks(cells):
        if block.driver.categories:
            events = cells.slot_events if block.driver.level == "child" else cells.area_events
            counts = zip(
                block.driver.categories,
                block.children @ block.member,
                events[metric] @ block.member,
                strict=True,
            )
            for category, children, with_event in counts:
                _check_category(name, block.driver.name, category, int(children), int(with_event))


def _check_category(metric: str, driver: str, category: str, children: int, events: int) -> None:
    if 0 < events < children:
        return
    # A category of a handful of children may say who they are.
    named = f"Category '{category}'"
    if 0 < children < SMALLEST_COUNT:
        named = f"A category of fewer than {SMALLEST_COUNT} children"
    what = "there is no child in it" if children == 0 else f"{metric} happens to nobody in it"
    if events and events == children:
        what = f"{metric} happens to everybody in it"
    raise CypsError(
        f"{named} of driver '{driver}' cannot have a coefficient for {metric}: "
        f"{what}. Put it together with another category, or leave the driver out."
    )


def _result(
    cells: Cells, metric: int, problem: Problem, found: Maximum, nagq: int
) -> MultilevelFit:
    T = problem.to_own_scale
    k = T.shape[0]
    covariance = np.full((k, k), np.nan)
    if found.converged:
        covariance = T @ np.linalg.inv(found.evaluation.newton) @ T.T
    return MultilevelFit(
        metric=cells.metrics[metric],
        drivers=cells.drivers,
        labels=cells.labels,
        coefficients=T @ found.beta,
        covariance=covariance,
        sigma=float(np.exp(found.log_sigma)),
        loglik=found.evaluation.loglik + problem.log_choose,
        nagq=nagq,
        groups=cells.groups,
        group_effect=found.evaluation.effect,
        children=cells.children,
        events=int(cells.events[metric]),
        converged=found.converged,
        verdict=found.verdict,
        fit_log=found.log,
    )
