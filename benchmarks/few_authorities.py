"""Few authorities: how often 95% intervals of sigma and of an authority's driver hold the truth.

    uv run python -m benchmarks.few_authorities

2,000 children in each of J authorities, an event of some 5%, a driver of children (fsm), one of
authorities (both known coefficients) and sigma 0.3, drawn anew 500 times for each J. Every
replicate has a seed of its own. Quantiles are normal or, by t, Student's with a fit's
between-within degrees of freedom. Writes beside this file few_authorities.csv (coverage by J,
quantity and kind of interval, with its Monte Carlo error) and few_authorities_first.csv (the first
replicates in full, which the tests run again).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.model import fit_cells

HERE = Path(__file__).parent
TABLE, FIRST = HERE / "few_authorities.csv", HERE / "few_authorities_first.csv"
SEED = 2019
REPLICATES = 500
KEPT = 2
SIZES = (8, 12, 20, 30, 65, 150)
SIGMA = 0.3
TRUTH = {"fsm[yes]": 0.8, "driver": 0.3, "sigma": SIGMA}
CHILDREN = {"no": 1600, "yes": 400}


def drawn(authorities: int, number: int) -> pd.DataFrame:
    """One replicate's rows, a row for each authority and kind of child."""
    rng = np.random.default_rng([SEED, authorities, number])
    driver, effect = rng.normal(size=authorities), rng.normal(0, SIGMA, authorities)
    rows = []
    for fsm, children in CHILDREN.items():
        eta = -3.2 + TRUTH["fsm[yes]"] * (fsm == "yes") + TRUTH["driver"] * driver + effect
        events = rng.binomial(children, 1 / (1 + np.exp(-eta)))
        la = [f"{each:03d}" for each in range(authorities)]
        rows.append(
            pd.DataFrame({"la": la, "driver": driver, "fsm": fsm, "n": children, "y": events})
        )
    return pd.concat(rows, ignore_index=True)


def judged(authorities: int, number: int) -> Iterator[dict[str, object]]:
    """Whether each interval of one replicate holds the truth, and what sigma is off by."""
    cells = collapse(
        drawn(authorities, number), events="y", trials="n", child=["fsm"], authority=["driver"],
        group="la",
    )  # fmt: skip
    (fit,) = fit_cells(cells)
    robust = fit.with_covariance("cluster")
    intervals = {}
    for quantiles, suffix in (("normal", ""), ("t", ", t")):
        wald = fit.conf_int(quantiles=quantiles)
        cluster = robust.conf_int(quantiles=quantiles)
        profile = fit.conf_int(method="profile", labels="driver", quantiles=quantiles)
        for label in ("fsm[yes]", "driver"):
            intervals[label, f"Wald{suffix}"] = wald.loc[label]
            intervals[label, f"cluster{suffix}"] = cluster.loc[label]
        intervals["driver", f"profile{suffix}"] = profile.loc["driver"]
        for method, name in (("wald", "Wald"), ("profile", "profile")):
            between = fit.heterogeneity(method=method, quantiles=quantiles)
            intervals["sigma", f"{name}{suffix}"] = between.loc["sigma", [0, 1]]
    for (quantity, interval), (low, high) in intervals.items():
        estimate = fit.sigma if quantity == "sigma" else fit.params[quantity]
        held = np.nan if np.isnan(low) else float(low <= TRUTH[quantity] <= high)
        yield {
            "authorities": authorities,
            "replicate": number,
            "quantity": quantity,
            "interval": interval,
            "error": float(estimate - TRUTH[quantity]),
            "low": float(low),
            "high": float(high),
            "held": held,
        }


def summarised(rows: pd.DataFrame) -> pd.DataFrame:
    """Bias and coverage with Monte Carlo errors, over the replicates with an interval."""
    by = rows.groupby(["authorities", "quantity", "interval"], sort=False)
    table = by.agg(replicates=("error", "size"), bias=("error", "mean"), coverage=("held", "mean"))
    count = by["held"].count()
    table["no_interval"] = table["replicates"] - count
    table["mc_error"] = np.sqrt(table["coverage"] * (1 - table["coverage"]) / count)
    return table.reset_index()


def main() -> None:
    """Run the study and write its table."""
    rows, began = [], time.process_time()
    for authorities in SIZES:
        for number in range(REPLICATES):
            try:
                rows += judged(authorities, number)
            except CypsError as error:
                sys.stderr.write(f"{authorities}, {number}: {error}\n")
        sys.stderr.write(f"{authorities}: {time.process_time() - began:.0f} CPU seconds so far\n")
    table = pd.DataFrame(rows)
    summarised(table).to_csv(TABLE, index=False, float_format="%.6g")
    table[table["replicate"] < KEPT].to_csv(FIRST, index=False, float_format="%.10g")


if __name__ == "__main__":
    main()
