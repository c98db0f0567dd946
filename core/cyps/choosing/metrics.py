"""Metrics: how activity goes with the spend that it stands for, authority by authority."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cyps.errors import CypsError
from cyps.needs import METRIC_SETS, SERVICE_AREAS

_FEWEST = 3


def metric_correlations(
    counts: pd.DataFrame,
    spend: pd.DataFrame,
    metric_of_service_area: Mapping[int, str] = METRIC_SETS[3],
    children: pd.Series | None = None,
) -> pd.DataFrame:
    """Correlation over authorities of each metric with the spend that it stands for.

    NR TWG 19-04, paragraph 12, dropped REF for a lower correlation than CIN's.

    Parameters
    ----------
    counts : a row an authority (the index), a column a metric: children with the activity
    spend : a row an authority, a column a service area (numbered as in
        `cyps.needs.SERVICE_AREAS`), in any one unit; service areas that are not there are named
    metric_of_service_area : which metric stands for which area: one of
        `cyps.needs.METRIC_SETS`, or your own
    children : population by authority. With it, both are taken per child: without, large
        authorities have more of both, and every correlation is high

    Returns
    -------
    DataFrame
        A row a metric: `service_areas` that it stands for, `n` authorities with a number for
        both, `pearson`, `spearman` (all authorities count alike), and `missing`, how many
        were without one of them; `no_spend`, service areas that the file does not have

    Raises
    ------
    CypsError
        When authorities come twice, a metric has no column, or no spend at all.

    Examples
    --------
    >>> las = list("ABCD")
    >>> counts = pd.DataFrame({"CIN": [1, 2, 3, 4], "CARE": [4, 1, 3, 2]}, index=las)
    >>> spend = pd.DataFrame({1: [1, 2, 3, 5], 3: [8, 2, 5, 6]}, index=las)
    >>> metric_correlations(counts, spend, {1: "CIN", 3: "CARE"})["spearman"].round(2).to_dict()
    {'CIN': 1.0, 'CARE': 0.8}
    """
    counts, spend = _checked(counts, spend, children)
    rows = []
    for metric in dict.fromkeys(metric_of_service_area.values()):
        areas = [area for area, stands in metric_of_service_area.items() if stands == metric]
        there = [area for area in areas if area in spend.columns]
        if metric not in counts.columns or not there:
            lacking = "counts" if metric not in counts.columns else "spend"
            raise CypsError(
                f"There are no {lacking} for {metric}, which stands for service areas "
                f"{', '.join(map(str, areas))}. Give them, or leave these areas out of the set."
            )
        # Spend of an authority adds up only where all of its areas are known.
        of_areas = spend[there].sum(axis=1, skipna=False)
        rows.append(
            {
                "metric": metric,
                "service_areas": ", ".join(map(str, there)),
                **_correlated(counts[metric], of_areas),
                "no_spend": ", ".join(str(area) for area in areas if area not in there),
            }
        )
    return pd.DataFrame(rows).set_index("metric")


def compare_metric_sets(
    counts: pd.DataFrame,
    spend: pd.DataFrame,
    sets: Mapping[object, Mapping[int, str]] | None = None,
    children: pd.Series | None = None,
) -> pd.DataFrame:
    """The tables of several metric sets under each other; by default 3 and 4 metrics.

    Parameters
    ----------
    counts, spend, children : see `metric_correlations`
    sets : metric by service area, by name of the set

    Returns
    -------
    DataFrame by set and metric
    """
    tables = {
        name: metric_correlations(counts, spend, mapping, children)
        for name, mapping in (METRIC_SETS if sets is None else sets).items()
    }
    return pd.concat(tables, names=["set", "metric"])


def service_area_correlations(
    counts: pd.DataFrame, spend: pd.DataFrame, children: pd.Series | None = None
) -> pd.DataFrame:
    """Correlation of every metric with every service area's spend (paragraph 11).

    Parameters
    ----------
    counts, spend, children : see `metric_correlations`

    Returns
    -------
    DataFrame by service area and metric: `name`, `n`, `pearson`, `spearman`, `missing`
    """
    counts, spend = _checked(counts, spend, children)
    rows = [
        {
            "service_area": area,
            "metric": metric,
            "name": SERVICE_AREAS.get(area, str(area)),
            **_correlated(counts[metric], spend[area]),
        }
        for area in spend.columns
        for metric in counts.columns
    ]
    return pd.DataFrame(rows).set_index(["service_area", "metric"])


def _checked(
    counts: pd.DataFrame, spend: pd.DataFrame, children: pd.Series | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables for all authorities of either, as numbers, per child where asked."""
    for what, table in (("counts", counts), ("spend", spend), ("children", children)):
        if table is not None and not table.index.is_unique:
            twice = sorted({str(code) for code in table.index[table.index.duplicated()]})
            raise CypsError(f"The {what} have {', '.join(twice[:5])} more than once.")
    codes = counts.index.union(spend.index)
    counts = counts.reindex(codes).astype(np.float64)
    spend = spend.reindex(codes).astype(np.float64)
    if children is None:
        return counts, spend
    per = children.reindex(codes).astype(np.float64)
    if (per <= 0).any():
        raise CypsError("Some authority has no children. Leave it out, or give its population.")
    return counts.div(per, axis=0), spend.div(per, axis=0)


def _correlated(one: pd.Series, other: pd.Series) -> dict[str, float | int]:
    """Over authorities that have both; NaN where fewer than three have."""
    both = pd.DataFrame({"one": one, "other": other})
    known = both[np.isfinite(both).all(axis=1)]
    pearson = spearman = float("nan")
    if len(known) >= _FEWEST and (known.nunique() > 1).all():
        ranks = known.rank()
        pearson = float(np.corrcoef(known["one"], known["other"])[0, 1])
        spearman = float(np.corrcoef(ranks["one"], ranks["other"])[0, 1])
    return {
        "n": len(known),
        "pearson": pearson,
        "spearman": spearman,
        "missing": len(both) - len(known),
    }
