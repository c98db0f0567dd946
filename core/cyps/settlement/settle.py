"""Settle: from use of services to whole pounds, one lettered line after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import (
    Use,
    cost_weights,
    metric_shares,
    needs_shares,
    one_factor_each,
    share_after_area_cost,
)
from cyps.settlement.apply import damp
from cyps.settlement.damping import Damped, Infeasible
from cyps.settlement.scenario import Scenario
from cyps.settlement.whole_pounds import whole_pounds


@dataclass(frozen=True, slots=True)
class Settlement:
    """What every authority gets, and each line that led there.

    Arrays have a row for each of `scenario.authorities`.

    Attributes
    ----------
    weights : array (n_metrics,), cost weights, sum to 1
    metric_share : array (n_authorities, n_metrics), each column sums to 1
    needs_share : array, before area cost, sums to 1
    share : array, after area cost, sums to 1
    target : array, pounds, share x pot
    damped : floor, cost, headroom, scaling factor and damped allocation, pounds
    pounds : array of whole pounds, sums to the pot exactly
    """

    scenario: Scenario
    use: Use
    weights: NDArray[np.float64]
    metric_share: NDArray[np.float64]
    needs_share: NDArray[np.float64]
    share: NDArray[np.float64]
    target: NDArray[np.float64]
    damped: Damped
    pounds: NDArray[np.int64]

    @property
    def area_cost(self) -> NDArray[np.float64]:
        """Area cost factors, (n_authorities,), or (n_authorities, n_metrics) by metric of use."""
        return self.scenario.area_cost_of(self.use.metrics)

    @property
    def area_cost_factor(self) -> NDArray[np.float64]:
        """One factor an authority, (n_authorities,): see `cyps.needs.one_factor_each`."""
        return one_factor_each(self.metric_share, self.weights, self.area_cost)

    @property
    def top_up(self) -> NDArray[np.int64]:
        """Whole pounds paid from outside the pot, each rounded up: (n_authorities,)."""
        return np.asarray(np.ceil(np.round(self.damped.top_up, 6)).astype(np.int64))

    @property
    def change(self) -> NDArray[np.float64]:
        """Whole pounds less the baseline, pounds."""
        return np.asarray(self.pounds - self.scenario.baseline)

    @property
    def change_rate(self) -> NDArray[np.float64]:
        """Change over the baseline; not a number where the baseline is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(
                np.where(self.scenario.baseline > 0, self.change / self.scenario.baseline, np.nan)
            )


def settle(scenario: Scenario, use: Use) -> Settlement:
    """Share the pot: use -> shares -> cost weights -> area cost -> pot -> damping -> pounds.

    Parameters
    ----------
    scenario : everything but the use
    use : predicted or published use, one row for each authority of the scenario, any order

    Raises
    ------
    CypsError
        When use and scenario do not name the same authorities, a damping group, band or tier
        is missing or given to somebody unknown, or an input cannot be used.
    Infeasible
        When floors, ceilings or the pace of change cannot be kept with this pot; the message
        names the nearest value that can be and those whom the limits move most.

    Examples
    --------
    >>> from cyps.geography import authorities
    >>> from cyps.needs import ServiceAreaSpend
    >>> from cyps.settlement import Floor
    >>> two = authorities(2025)[:2]
    >>> scenario = Scenario(
    ...     "Two", "illustrative", "Made up.", 2025, two,
    ...     (ServiceAreaSpend("All services", "CIN", 1.0),),
    ...     area_cost=[1.0, 1.0], baseline=[50.0, 50.0], pot=100,
    ...     damping=Floor(floor=-0.2),
    ... )
    >>> settle(scenario, Use(scenario.codes, ("CIN",), [[30.0], [10.0]], "made up")).pounds.tolist()
    [60, 40]
    """
    use = _in_order(use, scenario.codes)
    _check_labels(scenario)
    weights = cost_weights(scenario.spend, use.metrics)
    shares = metric_shares(use)
    needs_share = needs_shares(shares, weights)
    share = share_after_area_cost(shares, weights, scenario.area_cost_of(use.metrics))
    target = share * scenario.pot
    damped = _damped(scenario, target)
    pounds = _pounds(scenario, target, damped)
    return Settlement(scenario, use, weights, shares, needs_share, share, target, damped, pounds)


def _damped(scenario: Scenario, target: NDArray[np.float64]) -> Damped:
    baseline, codes = scenario.baseline, scenario.codes
    try:
        return damp(scenario.damping, target, baseline, codes, scenario.transition)
    except Infeasible as error:
        # Only here are names known: nobody reads a refusal by the row of an array.
        who = error.who([authority.name for authority in scenario.authorities])
        error.args = (f"{error} {who}".rstrip(),)
        raise


def _pounds(scenario: Scenario, target: NDArray[np.float64], damped: Damped) -> NDArray[np.int64]:
    """Whole pounds that add up to the pot, and within it to each damping group's part of it."""
    group = scenario.transition.group
    if group is None:
        return whole_pounds(damped.allocation, scenario.pot, scenario.codes)
    of_each = np.array([group[code] for code in scenario.codes])
    names = tuple(np.unique(of_each).tolist())
    totals = np.array([target[of_each == name].sum() for name in names])
    pounds = np.empty(len(scenario.codes), dtype=np.int64)
    for name, pot in zip(names, whole_pounds(totals, scenario.pot, names), strict=True):
        members = of_each == name
        codes = tuple(np.array(scenario.codes)[members].tolist())
        pounds[members] = whole_pounds(damped.allocation[members], int(pot), codes)
    return pounds


def _check_labels(scenario: Scenario) -> None:
    """Everybody has a damping group, band or tier where there are any, and nobody else has."""
    known = {*scenario.codes, *(x.code for x in scenario.exclusions)}
    parts = []
    for what, of in scenario.damping_labels.items():
        missing = [a for a in scenario.authorities if a.code not in of]
        unknown = [code for code in of if code not in known]
        if missing:
            names = ", ".join(f"{a.name} ({a.code})" for a in missing[:20])
            more = f" and {len(missing) - 20} more" if len(missing) > 20 else ""
            parts.append(f"no {what} is given for {names}{more}, and every authority needs one")
        if unknown:
            more = f" and {len(unknown) - 20} more" if len(unknown) > 20 else ""
            parts.append(
                f"a {what} is given for {', '.join(unknown[:20])}{more}, not in this settlement"
            )
    if parts:
        raise CypsError(f"The damping cannot be used: {'; '.join(parts)}.")


def _in_order(use: Use, codes: tuple[str, ...]) -> Use:
    if use.codes == codes:
        return use
    row = {code: i for i, code in enumerate(use.codes)}
    wanted = set(codes)
    missing = [code for code in codes if code not in row]
    unknown = [code for code in use.codes if code not in wanted]
    if missing or unknown:
        parts = []
        if missing:
            parts.append(f"use is missing for {', '.join(missing)}")
        if unknown:
            parts.append(f"use is given for {', '.join(unknown)}, not in this settlement")
        raise CypsError(f"Use and scenario do not name the same authorities: {'; '.join(parts)}.")
    return Use(codes, use.metrics, use.children[[row[code] for code in codes]], use.basis)
