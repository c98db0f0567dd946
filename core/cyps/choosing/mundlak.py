"""The Mundlak test: whether authorities' effects are independent of who lives there."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells import AuthorityDriver, Cells, driver_blocks
from cyps.choosing.levels import Levels, fit_levels
from cyps.choosing.likelihood_ratio import likelihood_ratio
from cyps.choosing.share_moves import check_converged
from cyps.errors import CypsError
from cyps.model import MultilevelFit

# A mean that varies less than this over its own size is the same everywhere.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class MundlakTest:
    """Authorities' means of the drivers added to the model, and whether they say anything.

    Where they do, authorities' effects go with their drivers, which the random effect takes
    for granted they don't, and coefficients mix what holds within authorities with what
    holds between them.

    Attributes
    ----------
    metric, authorities : what was tested, on how many
    df : number of means
    chi2, p : likelihood ratio
    wald, wald_p : Wald's joint test, which asks the same of the larger fit alone
    means : by label of the driver: coefficient of its mean (what lies between authorities
        less what lies within), standard error, z, and the driver's coefficient without and
        with the means
    left_out : labels whose mean is the same in every authority
    fit : the larger fit
    """

    metric: str
    authorities: int
    df: int
    chi2: float
    p: float
    wald: float
    wald_p: float
    means: pd.DataFrame
    left_out: tuple[str, ...]
    fit: MultilevelFit

    def __str__(self) -> str:
        """Plain text: the verdict in words, then numbers."""
        found = (
            "authorities' effects go with the means of their drivers"
            if self.p < 0.05
            else "no sign that authorities' effects go with the means of their drivers"
        )
        lines = [
            f"Mundlak test, {self.metric}: {found} (at 5%).",
            f"Likelihood ratio {self.chi2:,.2f}, Wald {self.wald:,.2f}, on {self.df} df; "
            f"p = {self.p:.3g} and {self.wald_p:.3g}.",
        ]
        if self.authorities < 10 * self.df:
            lines.append(
                f"{self.authorities} authorities are few for {self.df} means: chi-square is then "
                "too ready to find something."
            )
        if self.left_out:
            lines.append(f"The same everywhere, so left out: {', '.join(self.left_out)}.")
        wrapped = [part for line in lines for part in textwrap.wrap(line, 79)]
        return "\n".join([*wrapped, "", self.means.to_string(float_format="{:.4f}".format)])


def mundlak_test(
    cells: Cells,
    drivers: Sequence[str] | None = None,
    nagq: int = 1,
    estimator: Levels = "multilevel",
) -> tuple[MundlakTest, ...]:
    """Add authorities' means of the drivers, weighted by children, and test them together.

    Parameters
    ----------
    cells : from `collapse`
    drivers : whose means; by default of all drivers that vary within authorities
    nagq, estimator : quadrature nodes of the fits; "multilevel" (two levels) or "three levels"

    Returns
    -------
    tuple of MundlakTest, one a metric

    Raises
    ------
    CypsError
        When there are not more authorities than means and 2, or a fit fails.
    """
    means, labels, same = _means(cells, drivers)
    if not labels:
        raise CypsError("No driver's mean differs between authorities, so there is none to test.")
    authority_columns = sum(len(d.labels) for d in cells.drivers if isinstance(d, AuthorityDriver))
    if len(labels) + authority_columns > len(cells.groups) - 3:
        raise CypsError(
            f"{len(cells.groups)} authorities cannot tell {len(labels)} means apart. Name some "
            "drivers: drivers=['idaci', ...]."
        )
    wider = replace(
        cells,
        drivers=(*cells.drivers, *(AuthorityDriver(_mean_of(label)) for label in labels)),
        area_design=np.hstack(
            [cells.area_design, np.repeat(means, np.diff(cells.area_start), axis=0)]
        ),
    )
    smaller, larger = (fit_levels(each, estimator, nagq) for each in (cells, wider))
    check_converged((*smaller, *larger), "A fit of the Mundlak test")
    return tuple(_tested(a, b, labels, tuple(same)) for a, b in zip(smaller, larger, strict=True))


def _mean_of(label: str) -> str:
    return f"mean of {label}"


def _means(
    cells: Cells, drivers: Sequence[str] | None
) -> tuple[NDArray[np.float64], list[str], list[str]]:
    """Means by authority (n_groups, n), their labels, and the labels that don't vary."""
    within = [d.name for d in cells.drivers if not isinstance(d, AuthorityDriver)]
    if strangers := [name for name in drivers or () if name not in within]:
        raise CypsError(
            f"{', '.join(strangers)} is no driver that varies within authorities; there are "
            f"{', '.join(within)}."
        )
    columns, labels, same = [], [], []
    for block in driver_blocks(cells):
        if block.driver.name not in (within if drivers is None else drivers):
            continue
        first = block.start[:-1]
        sums = np.add.reduceat(block.children[:, None] * block.values, first)
        mean = sums / np.add.reduceat(block.children, first)[:, None]
        for label, column in zip(block.driver.labels, mean.T, strict=True):
            if np.ptp(column) > _SAME * max(1e-300, np.abs(column).max()):
                columns.append(column)
                labels.append(label)
            else:
                same.append(label)
    return np.column_stack(columns) if columns else np.empty((0, 0)), labels, same


def _tested(
    smaller: MultilevelFit, larger: MultilevelFit, labels: Sequence[str], same: tuple[str, ...]
) -> MundlakTest:
    from scipy.special import chdtrc  # slow to load

    ratio = likelihood_ratio(smaller, larger)
    added = [_mean_of(label) for label in labels]
    value = larger.params[added].to_numpy()
    covariance = larger.cov_params().loc[added, added].to_numpy()
    wald = float(value @ np.linalg.solve(covariance, value))
    means = pd.DataFrame(
        {
            "of mean": value,
            "std err": larger.bse[added].to_numpy(),
            "z": larger.zvalues[added].to_numpy(),
            "without means": smaller.params[list(labels)].to_numpy(),
            "with means": larger.params[list(labels)].to_numpy(),
        },
        index=list(labels),
    )
    return MundlakTest(
        larger.metric, len(larger.groups), ratio.df, ratio.chi2, ratio.p, wald,
        float(chdtrc(ratio.df, wald)), means, same, larger,
    )  # fmt: skip
