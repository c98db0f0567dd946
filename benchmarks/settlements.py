"""Settlements, many and large, against a plain pandas version and against solving by scipy.

Printed by `python -m benchmarks`; each function is a job of `benchmarks.job`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.explain import UncertainUse, uncertainty_by_year
from cyps.geography import Authority
from cyps.needs import ServiceAreaSpend, Use
from cyps.settlement import FloorAndCeiling, Scenario, Year, settle, settle_years

METRICS = ("CIN", "CARE", "CEASED")
RULE = FloorAndCeiling(floor=-0.05, ceiling=0.10)
POT = 8_000_000_000


def made_up(n_authorities: int, seed: int = 7) -> tuple[Scenario, Use]:
    """A settlement of made-up authorities that floors and ceilings bind."""
    rng = np.random.default_rng(seed)
    codes = tuple(f"E{i:08d}" for i in range(n_authorities))
    size = rng.lognormal(0, 0.7, n_authorities)
    children = np.round(500 * size[:, None] * rng.lognormal(0, 0.2, (n_authorities, 3))) + 1
    use = Use(codes, METRICS, children, "made up for the benchmark")
    scenario = Scenario(
        title="Benchmark",
        status="illustrative",
        statement="Made up.",
        year=2025,
        authorities=tuple(Authority(code, code[-3:], code, "Region") for code in codes),
        spend=tuple(
            ServiceAreaSpend(metric, metric, spend)
            for metric, spend in zip(METRICS, (5.4e9, 3.7e9, 1.0e9), strict=True)
        ),
        area_cost=rng.uniform(0.97, 1.2, n_authorities),
        baseline=POT * size / size.sum(),
        pot=POT,
        damping=RULE,
    )
    return scenario, use


def pandas_settle(scenario: Scenario, use: Use) -> pd.Series:
    """The same steps as a plain pandas script takes, its factor found by bisection."""
    table = pd.DataFrame(use.children, index=list(use.codes), columns=list(use.metrics))
    spend = pd.Series({line.metric: line.pounds for line in scenario.spend})
    share = (table / table.sum() * (spend / spend.sum())).sum(axis=1) * scenario.area_cost
    target = share / share.sum() * scenario.pot
    floor = pd.Series(scenario.baseline * (1 + RULE.floor), index=target.index)
    ceiling = pd.Series(scenario.baseline * (1 + RULE.ceiling), index=target.index)

    def damped(factor: float) -> pd.Series:
        raised = (floor + factor * (target - floor)).clip(upper=ceiling)
        return raised.where(target > floor, floor)

    low, high = 0.0, 1e3
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if damped(middle).sum() < scenario.pot else (low, middle)
    return _whole(damped((low + high) / 2), scenario.pot)


def scipy_settle(scenario: Scenario, use: Use) -> pd.Series:
    """The same steps in numpy, the factor found by scipy's root finder (brentq, xtol 1e-15)."""
    from scipy.optimize import brentq

    spend = np.array([line.pounds for line in scenario.spend])
    shares = use.children / use.children.sum(axis=0)
    share = shares @ (spend / spend.sum()) * scenario.area_cost
    target = share / share.sum() * scenario.pot
    floor = scenario.baseline * (1 + RULE.floor)
    ceiling = scenario.baseline * (1 + RULE.ceiling)

    def damped(factor: float) -> NDArray[np.float64]:
        raised = np.minimum(ceiling, floor + factor * (target - floor))
        return np.where(target > floor, raised, floor)

    factor = brentq(lambda s: damped(s).sum() - scenario.pot, 0.0, 1e3, xtol=1e-15, maxiter=1000)
    return _whole(pd.Series(damped(factor), index=list(use.codes)), scenario.pot)


def _whole(amounts: pd.Series, pot: int) -> pd.Series:
    """Whole pounds by largest remainder, ties by code."""
    down = np.floor(amounts)
    order = (amounts - down).round(6).sort_values(ascending=False, kind="stable").index
    pounds = down.astype("int64")
    pounds[order[: pot - int(down.sum())]] += 1
    return pounds


PEERS: dict[str, Callable[[Scenario, Use], Any]] = {
    "ours": lambda scenario, use: settle(scenario, use).pounds,
    "pandas": pandas_settle,
    "scipy": scipy_settle,
}


def twenty_years() -> tuple[Scenario, list[Year], Use]:
    """10,000 authorities, 20 years, each year's outcome the next one's baseline."""
    scenario, use = made_up(10_000)
    first = Year("1", POT, RULE)
    later = [
        Year(str(year), round(POT * 1.02**year), RULE, baseline="previous") for year in range(2, 21)
    ]
    return scenario, [first, *later], use


def settle_twenty_years() -> int:
    """Pounds of the last year, so that nothing is left undone."""
    scenario, years, use = twenty_years()
    return int(settle_years(scenario, years, use)[-1][1].pounds.sum())


def ten_years(draws: int = 1000) -> float:
    """10 years under uncertainty: pounds at the upper end of the last year's largest range."""
    scenario, use = made_up(153)
    rng = np.random.default_rng(11)
    gradient = [use.children[:, m, None] * rng.uniform(0, 1, (153, 40)) for m in range(3)]
    covariance = [np.diag(np.full(40, 0.02**2)) for _ in gradient]
    known = UncertainUse(use, gradient, covariance)
    first = Year("1", POT, RULE)
    later = [
        Year(str(year), round(POT * 1.02**year), RULE, baseline="previous") for year in range(2, 11)
    ]
    return float(
        uncertainty_by_year(known, scenario, [first, *later], draws)[-1].allocation.high.max()
    )
