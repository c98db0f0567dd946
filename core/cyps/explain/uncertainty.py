"""Uncertainty of shares, allocations and ranks, from the uncertainty of the coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.explain.compare import ranks
from cyps.explain.ingredients import ingredients
from cyps.needs import Use, needs_shares, share_after_area_cost
from cyps.pack import Pack, UseTable
from cyps.settlement import Scenario, Settlement, damp, settle

FIRST_ORDER: Final = (
    "First-order: use moves with the coefficients as the pack's gradient says. It is the "
    "uncertainty of the coefficients alone, metrics taken as independent: not that of the data, "
    "the form of the model, spend, area cost or baseline."
)
LEVEL: Final = 0.95
OFF: Final = (0.01, 0.03, 0.05, 0.10)
"""How far off a share may be, for the probability that it is."""
_FEWEST = 10


@dataclass(frozen=True, slots=True)
class MissingEntry:
    """An entry of the gradient that a pack hides, as resting on too few children."""

    code: str
    metric: str
    coefficient: str


@dataclass(frozen=True, slots=True)
class UncertainUse:
    """Predicted use and how uncertain the coefficients make it.

    `gradient` has for each metric (n_authorities, k), the derivative of its use by each
    coefficient; `covariance` for each metric (k, k). `incomplete` are the codes of
    authorities whose gradient was, or may have been, hidden in part as resting on too few
    children: their errors cannot be relied on. `missing` says which entries, where the pack
    tells (format 3): without it an entry of 0 may be hidden or may be of nobody.
    """

    use: Use
    gradient: Sequence[NDArray[np.float64]]
    covariance: Sequence[NDArray[np.float64]]
    incomplete: tuple[str, ...] = ()
    missing: tuple[MissingEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """Middle 95% of the draws: `low` and `high`, (n_authorities,)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Standard errors and 95% ranges, by authority.

    All arrays are (n_authorities,).

    Attributes
    ----------
    settlement : at the coefficients as they are
    needs_share_error, share_error : standard errors before and after area cost, by the
        delta method
    needs_share_drawn, share_drawn : the same by draws
    share : range of the share after area cost
    allocation : range of the damped allocation, pounds before rounding
    rank : range of the place by damped allocation, 1 for the largest
    off : (n_authorities, 4), probability that the share after area cost is off by more than
        1%, 3%, 5% and 10% of itself: the part of the draws that are
    draws : how many were drawn
    infeasible : how many of them could not be settled and are in no range of
        allocations and ranks
    why : what the first of those said, or ""
    incomplete : codes of authorities whose gradient is hidden in part (small counts): their
        errors and ranges cannot be relied on
    missing : the entries that are hidden, where the pack tells which
    label : what these numbers are and are not
    """

    settlement: Settlement
    needs_share_error: NDArray[np.float64]
    share_error: NDArray[np.float64]
    needs_share_drawn: NDArray[np.float64]
    share_drawn: NDArray[np.float64]
    share: Range
    allocation: Range
    rank: Range
    off: NDArray[np.float64]
    draws: int
    infeasible: int
    why: str
    incomplete: tuple[str, ...]
    missing: tuple[MissingEntry, ...] = ()
    label: str = FIRST_ORDER


def uncertain_use(pack: Pack) -> UncertainUse:
    """What a pack says of the uncertainty of its use.

    Raises
    ------
    CypsError
        When the pack has no covariance or no gradient: uncertainty is unavailable then,
        not zero.
    """
    covariance = pack.covariances_for("Uncertainty")
    gradient = pack.gradient_for("Uncertainty")
    missing = _missing(pack.use, pack.labels)
    if pack.use.hidden is None:
        # Told is how many entries are hidden, not which; a hidden one is 0 as is one of nobody.
        hidden = (gradient == 0).any(axis=(0, 2)) & (pack.use.suppressed > 0)
    else:
        hidden = pack.use.hidden.any(axis=(0, 2))
    incomplete = tuple(
        code for code, some in zip(pack.use.codes, hidden.tolist(), strict=True) if some
    )
    return UncertainUse(pack.predicted_use(), tuple(gradient), covariance, incomplete, missing)


def _missing(use: UseTable, labels: Sequence[str]) -> tuple[MissingEntry, ...]:
    if use.hidden is None:
        return ()
    by_authority = np.argwhere(use.hidden.transpose(1, 0, 2)).tolist()
    return tuple(MissingEntry(use.codes[i], use.metrics[m], labels[k]) for i, m, k in by_authority)


def uncertainty(
    source: Pack | UncertainUse, scenario: Scenario, draws: int = 1000, seed: int = 2019
) -> Uncertainty:
    """Standard errors of shares and 95% ranges of allocations and ranks.

    Standard errors come twice: in closed form (delta method) and by draws. A draw takes
    coefficients from their normal distribution; use moves by exp(gradient x change / use),
    which is first-order too and keeps use above 0. Every draw goes through weights, area
    cost and damping.

    Parameters
    ----------
    source : a pack with covariance and gradient, or use with them
    scenario : everything but the use
    draws : how many; at least 10
    seed : of chance; the same seed gives the same numbers

    Raises
    ------
    CypsError
        When the pack doesn't say how uncertain it is, the scenario cannot be settled, or
        no draw can.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> known = UncertainUse(one.use, [np.array([[3.0], [1.0]])], [np.array([[0.01]])])
    >>> found = uncertainty(known, one.scenario, draws=500)
    >>> found.share_error.round(4).tolist(), found.share_drawn.round(3).tolist()
    ([0.0012, 0.0012], [0.001, 0.001])
    """
    if draws < _FEWEST:
        raise CypsError(f"{draws} draws tell nothing. Take {_FEWEST} or more; 1000 is usual.")
    given = uncertain_use(source) if isinstance(source, Pack) else source
    ordered = in_scenario_order(given, scenario.codes)
    settlement = settle(scenario, ordered.use)
    factors = [covariance_factor(covariance) for covariance in ordered.covariance]
    needs_error, share_error = _delta(settlement, ordered, factors)
    shares = drawn_shares(ordered, factors, draws, seed)
    needs = np.array([needs_shares(drawn, settlement.weights) for drawn in shares])
    cost = settlement.area_cost
    share = np.array([share_after_area_cost(drawn, settlement.weights, cost) for drawn in shares])
    allocation, why = _drawn_allocations(settlement, share)
    if not len(allocation):
        raise CypsError(f"None of the {draws} draws can be settled. {why}")
    return Uncertainty(
        settlement=settlement,
        needs_share_error=needs_error,
        share_error=share_error,
        needs_share_drawn=needs.std(axis=0, ddof=1),
        share_drawn=share.std(axis=0, ddof=1),
        share=middle_of(share),
        allocation=middle_of(allocation),
        rank=middle_of(np.array([ranks(drawn) for drawn in allocation])),
        off=_off(share, settlement.share),
        draws=draws,
        infeasible=draws - len(allocation),
        why=why,
        incomplete=ordered.incomplete,
        missing=ordered.missing,
    )


def in_scenario_order(given: UncertainUse, codes: tuple[str, ...]) -> UncertainUse:
    """Rows of the scenario's authorities, in its order; shapes checked."""
    n, m = given.use.children.shape
    if len(given.gradient) != m or len(given.covariance) != m:
        raise CypsError(f"Uncertainty needs a gradient and a covariance for each of {m} metrics.")
    for metric, gradient, covariance in zip(
        given.use.metrics, given.gradient, given.covariance, strict=True
    ):
        k = gradient.shape[-1]
        if gradient.shape != (n, k) or covariance.shape != (k, k):
            raise CypsError(
                f"For {metric} the gradient has {gradient.shape} and the covariance "
                f"{covariance.shape} numbers; they must be ({n}, k) and (k, k)."
            )
    missing = [code for code in codes if code not in given.use.codes]
    if missing:
        raise CypsError(f"There is no use for {', '.join(missing[:5])}, and so no uncertainty.")
    rows = [given.use.codes.index(code) for code in codes]
    return replace(
        given,
        use=replace(given.use, codes=codes, children=given.use.children[rows]),
        gradient=[gradient[rows] for gradient in given.gradient],
        incomplete=tuple(code for code in given.incomplete if code in codes),
        missing=tuple(entry for entry in given.missing if entry.code in codes),
    )


def covariance_factor(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """F with F F' = covariance, which may have no full rank, (k, k)."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _delta(
    settlement: Settlement, given: UncertainUse, factors: Sequence[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard errors of needs share and share, (n_authorities,) each, by the delta method."""
    n, metrics = settlement.metric_share.shape
    costs = np.broadcast_to(settlement.area_cost.reshape(n, -1), (n, metrics))
    whole = float(settlement.needs_share @ settlement.area_cost_factor)
    of_needs, of_share = np.zeros(n), np.zeros(n)
    for m, (gradient, factor) in enumerate(zip(given.gradient, factors, strict=True)):
        moved = gradient @ factor / given.use.children[:, m].sum()
        needs = settlement.weights[m] * (
            moved - settlement.metric_share[:, m, None] * moved.sum(axis=0)
        )
        cost = costs[:, m]
        share = (cost[:, None] * needs - settlement.share[:, None] * (cost @ needs)) / whole
        of_needs += (needs**2).sum(axis=1)
        of_share += (share**2).sum(axis=1)
    return np.sqrt(of_needs), np.sqrt(of_share)


def drawn_shares(
    given: UncertainUse, factors: Sequence[NDArray[np.float64]], draws: int, seed: int
) -> NDArray[np.float64]:
    """Share of use by metric in each draw, (draws, n_authorities, n_metrics)."""
    rng = np.random.default_rng(seed)
    children = given.use.children
    shares = np.empty((draws, *children.shape))
    for m, (gradient, factor) in enumerate(zip(given.gradient, factors, strict=True)):
        moved = rng.standard_normal((draws, factor.shape[1])) @ (gradient @ factor).T
        some = children[:, m] > 0
        rate = np.divide(moved, children[:, m], out=np.zeros_like(moved), where=some)
        drawn = children[:, m] * np.exp(rate)
        shares[:, :, m] = drawn / drawn.sum(axis=1, keepdims=True)
    return shares


def _drawn_allocations(
    settlement: Settlement, share: NDArray[np.float64]
) -> tuple[NDArray[np.float64], str]:
    """Damped allocations of the draws that can be settled, and what the first other said."""
    made = ingredients(settlement)
    settled, why = [], ""
    for drawn in share:
        try:
            damped = damp(made.rule, drawn * made.pot, made.baseline, made.codes, made.transition)
        except CypsError as error:
            why = why or str(error)
            continue
        settled.append(damped.allocation)
    return np.array(settled), why


def _off(drawn: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of the draws that differ from the share by more than each limit, (n, 4)."""
    distance = np.abs(drawn - share)
    return np.column_stack([(distance > limit * share).mean(axis=0) for limit in OFF])


def middle_of(drawn: NDArray[np.float64] | NDArray[np.int64]) -> Range:
    """Middle 95% of draws (draws, n_authorities), by authority."""
    low, high = np.quantile(
        drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0, method="inverted_cdf"
    )
    return Range(low, high)
