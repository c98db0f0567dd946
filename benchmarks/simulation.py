"""Simulation study: bias of the estimates, and how often 95% intervals hold the truth.

    uv run python -m benchmarks.simulation

Children of made-up authorities are drawn again and again from known coefficients; areas, children
and drivers stay, authorities' effects and events are drawn anew. Every replicate has a seed of its
own, so that any of them can be run alone. Writes beside this file simulation.csv (a row for each
size, approximation, quantity and kind of interval) and simulation_first.csv (the first replicates
in full, which the tests run again), and the figure of docs/validation.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cyps.cells import Cells, collapse, recounted
from cyps.errors import CypsError
from cyps.model import MultilevelFit, fit_cells, predict_use
from cyps.model.inference import sigma_intervals

HERE = Path(__file__).parent
SUMMARY, FIRST = HERE / "simulation.csv", HERE / "simulation_first.csv"
PICTURE = HERE.parent / "docs" / "pictures" / "simulation.svg"

SEED = 2019
REPLICATES = 200
KEPT = 2
NODES = (1, 7)
SIGMA = 0.3
SLOPES = {"fsm[yes]": 1.0, "idaci": 2.5}
AREAS = 6
ERRORS = ("given sigma", "observed", "cluster")


@dataclass(frozen=True, slots=True)
class Size:
    """How many authorities, children in each, and the part of children with the event."""

    authorities: int
    children: int
    rate: float

    @property
    def name(self) -> str:
        """Such as "20 x 500, 3%"."""
        return f"{self.authorities} x {self.children:,}, {self.rate:.1%}"


SIZES = tuple(
    Size(authorities, children, rate)
    for rate in (0.03, 0.003)
    for authorities in (20, 65)
    for children in (500, 5000)
)


@dataclass(frozen=True, slots=True)
class World:
    """One size's children and the truth: linear predictor by cell and shares by authority."""

    cells: Cells
    predictor: np.ndarray
    authority: np.ndarray
    truth: dict[str, float]
    share: np.ndarray


def world(size: Size) -> World:
    """Children, areas and drivers of one size; the intercept gives the rate with effects at 0."""
    rng = np.random.default_rng([SEED, size.authorities, size.children])
    n = size.authorities * AREAS
    level = rng.normal(0.2, 0.06, size.authorities).repeat(AREAS)
    idaci = np.clip(level + rng.normal(0, 0.08, n), 0.01, 0.6)
    each = np.full(n, size.children // AREAS)
    each[::AREAS] += size.children % AREAS
    free = np.maximum(np.round(each * (0.05 + 0.6 * idaci)).astype(int), 1)
    table = pd.DataFrame(
        {
            "la": np.char.zfill((np.arange(n) // AREAS).astype(str), 3).repeat(2),
            "lsoa": np.arange(n).repeat(2),
            "idaci": idaci.repeat(2),
            "fsm": np.tile(["no", "yes"], n),
            "children": np.column_stack([each - free, free]).ravel(),
            "event": 0,
        }
    )
    cells = collapse(
        table, events="event", trials="children", child=["fsm"], area=["idaci"], group="la",
        area_key="lsoa", events_by_cell=True,
    )  # fmt: skip
    area = np.arange(len(cells.area_design)).repeat(np.diff(cells.cell_start))
    authority = np.arange(len(cells.groups)).repeat(np.diff(cells.area_start))[area]
    x = np.column_stack(
        [cells.child_design[cells.slot_pattern[cells.cell_slot], 0], cells.area_design[area, 0]]
    )
    slopes = x @ np.array(list(SLOPES.values()))
    intercept = _intercept(slopes, cells.cell_count, size.rate)
    predictor = slopes + intercept
    use = np.bincount(authority, cells.cell_count / (1 + np.exp(-predictor)))
    truth = {"Intercept": intercept} | SLOPES | {"sigma": SIGMA}
    return World(cells, predictor, authority, truth, use / use.sum())


def _intercept(slopes: np.ndarray, children: np.ndarray, rate: float) -> float:
    low, high = -30.0, 10.0
    for _ in range(200):
        middle = (low + high) / 2
        if children @ (1 / (1 + np.exp(-slopes - middle))) > rate * children.sum():
            high = middle
        else:
            low = middle
    return middle


def replicate(made: World, size: Size, number: int) -> Iterator[dict[str, object]]:
    """Draw once and fit: a row for each approximation, quantity and kind of interval."""
    rng = np.random.default_rng(
        [SEED, size.authorities, size.children, int(1e4 * size.rate), number]
    )
    effect = rng.normal(0, SIGMA, len(made.cells.groups))
    chance = 1 / (1 + np.exp(-made.predictor - effect[made.authority]))
    events = rng.binomial(made.cells.cell_count, chance)
    drawn = recounted(made.cells, made.cells.cell_count, events[None])
    for nodes in NODES:
        try:
            (fit,) = fit_cells(drawn, nodes)
            rows = list(_judged(fit, made)) if fit.converged else []
        except CypsError:
            rows = []
        none = {"quantity": "fit", "interval": "", "estimate": np.nan}
        for row in rows or [none]:
            yield {"size": size.name, "replicate": number, "nodes": nodes} | row


def _judged(fit: MultilevelFit, made: World) -> Iterator[dict[str, object]]:
    for errors in ERRORS:
        kind = fit if errors == "given sigma" else fit.with_covariance(errors)
        for label, (low, high) in kind.wald_interval().iterrows():
            yield _row(str(label), f"Wald, {errors}", fit.params[label], low, high, made)
    for label in SLOPES:
        low, high = _profile(fit, label)
        yield _row(label, "profile", fit.params[label], low, high, made)
    _, low, high = sigma_intervals(fit, 0.05, "wald")["sigma"]
    yield _row("sigma", "Wald, observed", fit.sigma, low, high, made)
    yield _row("sigma", "profile", fit.sigma, *_profile(fit, "sigma"), made)
    (use,) = predict_use(made.cells, [fit])
    share = use.children / use.children.sum()
    moved = (use.gradient - share[:, None] * use.gradient.sum(axis=0)) / use.children.sum()
    error = np.sqrt(np.einsum("ij,jk,ik->i", moved, fit.covariance, moved))
    held = np.abs(share - made.share) <= 1.959963984540054 * error
    # Of shares: the mean over authorities of what each is off by, and of how many are held.
    yield {
        "quantity": "share, absolute error",
        "interval": "delta method",
        "estimate": float((share / made.share - 1) @ made.share),
        "error": float(np.abs(share / made.share - 1).mean()),
        "held": float(held.mean()),
    }


def _profile(fit: MultilevelFit, quantity: str) -> tuple[float, float]:
    """A profile interval, or none where the climb to its end fails."""
    try:
        if quantity == "sigma":
            return sigma_intervals(fit, 0.05, "profile")["sigma"][1:]
        low, high = fit.conf_int(method="profile", labels=[quantity]).loc[quantity]
    except CypsError:
        return np.nan, np.nan
    return float(low), float(high)


def _row(
    quantity: str, interval: str, estimate: float, low: float, high: float, made: World
) -> dict[str, object]:
    truth = made.truth[quantity]
    held = np.nan if np.isnan(low) or np.isnan(high) else float(low <= truth <= high)
    return {
        "quantity": quantity,
        "interval": interval,
        "estimate": float(estimate),
        "error": float(estimate - truth),
        "held": held,
    }


def summarised(rows: pd.DataFrame, replicates: int) -> pd.DataFrame:
    """Bias, spread and coverage with Monte Carlo errors, over the replicates with a result."""
    found = []
    for (size, nodes), part in rows.groupby(["size", "nodes"], sort=False):
        results = part.loc[part["quantity"] != "fit", "replicate"].nunique()
        fitted = part[part["quantity"] != "fit"]
        for (quantity, interval), some in fitted.groupby(["quantity", "interval"], sort=False):
            error, held = some["error"], some["held"].dropna()
            coverage = held.mean()
            found.append(
                {
                    "size": size,
                    "nodes": nodes,
                    "quantity": quantity,
                    "interval": interval,
                    "replicates": replicates,
                    "no_fit": replicates - results,
                    "no_interval": len(some) - len(held),
                    "bias": error.mean(),
                    "bias_mc_error": error.std(ddof=1) / np.sqrt(len(some)),
                    "spread": error.std(ddof=1),
                    "coverage": coverage,
                    "coverage_mc_error": held.std(ddof=1) / np.sqrt(len(held)),
                }
            )
    return pd.DataFrame(found)


def run(sizes: Sequence[Size], numbers: Sequence[int]) -> pd.DataFrame:
    """Every row of some replicates of some sizes."""
    return pd.concat([_run_size(size, numbers) for size in sizes], ignore_index=True)


def _run_size(size: Size, numbers: Sequence[int]) -> pd.DataFrame:
    made, began = world(size), time.process_time()
    rows = [row for number in numbers for row in replicate(made, size, number)]
    sys.stderr.write(f"{size.name}: {time.process_time() - began:.0f} CPU seconds\n")
    return pd.DataFrame(rows)


def draw(summary: pd.DataFrame) -> None:
    """Coverage of the 95% intervals of the Laplace fits, with two Monte Carlo errors."""
    shown = summary[
        (summary["nodes"] == 1)
        & (summary["interval"].isin(["Wald, given sigma", "delta method", "profile"]))
        & ~((summary["interval"] == "profile") & (summary["quantity"] != "sigma"))
    ]
    names = list(dict.fromkeys(shown["quantity"]))
    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.add_subplot()
    axes.axvline(95, color="#8d99ae", linestyle="--")
    sizes = list(dict.fromkeys(shown["size"]))
    for i, (name, mark) in enumerate(zip(names, "os^Dv", strict=True)):
        part = shown[shown["quantity"] == name].set_index("size").loc[sizes]
        place = np.arange(len(sizes))[::-1] + 0.3 - 0.15 * i
        bar = 200 * part["coverage_mc_error"]
        label = name.replace(", absolute error", "")
        axes.errorbar(100 * part["coverage"], place, xerr=bar, fmt=mark, markersize=5, label=label)
    axes.set_yticks(np.arange(len(sizes))[::-1], sizes)
    axes.set(xlabel="% of the 95% intervals that hold the truth")
    axes.legend(loc="lower left", fontsize=8)
    with mpl.rc_context({"svg.hashsalt": "cyps", "svg.fonttype": "none"}):
        figure.savefig(PICTURE, metadata={"Date": None, "Creator": None})


def main() -> None:
    """Run the study and write its tables."""
    numbers = range(REPLICATES)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        rows = pd.concat(pool.map(_run_size, SIZES, [numbers] * len(SIZES)), ignore_index=True)
    summary = summarised(rows, REPLICATES)
    summary.to_csv(SUMMARY, index=False, float_format="%.6g")
    draw(summary)
    rows[rows["replicate"] < KEPT].to_csv(FIRST, index=False, float_format="%.10g")


if __name__ == "__main__":
    main()
