"""Switches of a driver: out of the model, in it, or in it and neutralised when predicting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cyps.cells import Cells
from cyps.choosing.levels import Levels, fit_levels
from cyps.choosing.share_moves import MOVES, ShareMove, needs_shares_of, share_move
from cyps.errors import CypsError
from cyps.model import MultilevelFit, neutral_cells

IN = "in"


@dataclass(frozen=True, slots=True)
class DriverSwitches:
    """Every authority's needs share under each switch of one driver.

    Attributes
    ----------
    driver : which
    shares : a row an authority, a column a switch: "out" (refitted without it), "in",
        "reference" (in the model; everyone in the reference category when predicting) and
        "average" (in the model; everyone at the average of all). Columns sum to 1
    fits, fits_without : with the driver and without, one a metric
    """

    driver: str
    shares: pd.DataFrame
    fits: tuple[MultilevelFit, ...]
    fits_without: tuple[MultilevelFit, ...]

    @property
    def moves(self) -> dict[str, ShareMove]:
        """How far each switch moves shares from those with the driver in."""
        others = [name for name in self.shares.columns if name != IN]
        return {name: share_move(self.shares[IN], self.shares[name]) for name in others}

    def to_frame(self) -> pd.DataFrame:
        """Shares, and for each other switch the change from "in" as a part of it."""
        changes = {
            f"{name} against {IN}": self.shares[name] / self.shares[IN] - 1 for name in self.moves
        }
        return self.shares.assign(**changes)

    def __str__(self) -> str:
        """Plain text: how far each switch moves shares, and whom most."""
        lines = [f"{self.driver}: needs shares against those with it in the model"]
        lines += moves_text(self.moves)
        return "\n".join(lines)


def moves_text(moves: Mapping[str, ShareMove]) -> list[str]:
    """A line a choice: the largest and the mean change, and how many move."""
    over = "".join(f"{f'>{least:.0%}':>6}" for least in MOVES)
    lines = [f"{'':<12}{'largest':>9}  {'of':<11}{'mean':>7}{over}"]
    for name, move in moves.items():
        counts = "".join(f"{n:>6}" for n in move.moved)
        lines.append(
            f"{name:<12}{move.largest:>+9.2%}  {move.authority:<11}{move.mean_absolute:>7.2%}"
            + counts
        )
    return lines


def switch_driver(
    cells: Cells,
    driver: str,
    *,
    weights: Mapping[str, float] | None = None,
    everyone: Cells | None = None,
    nagq: int = 1,
    estimator: Levels = "multilevel",
) -> DriverSwitches:
    """Needs shares with a driver out, in, and in but neutralised when predicting.

    NR TWG 19-04, paragraphs 18-25, weighs this for ethnicity. Leaving a driver out and
    neutralising it differ: left out, drivers that go with it take over part of its work.

    Parameters
    ----------
    cells : to fit on
    driver : its name, such as "ethnicity". A number has no reference category, and its table
        no such column
    weights : cost weight of each metric
    everyone : children whose use is predicted; those of `cells` by default
    nagq, estimator : quadrature nodes of the fits; "multilevel" (two levels) or "three levels"

    Raises
    ------
    CypsError
        When there is no such driver, it is part of an interaction (neutralising would do half
        the work), or a fit fails.
    """
    everyone = everyone or cells
    known = {each.name: each for each in cells.drivers}
    if driver not in known:
        raise CypsError(f"There is no driver '{driver}'; there are {', '.join(known)}.")
    alike = {"average": neutral_cells(everyone, {driver: "average"})}
    if known[driver].categories:
        alike = {"reference": neutral_cells(everyone, {driver: "reference"})} | alike
    without = fit_levels(cells.without_drivers([driver]), estimator, nagq)
    fits = fit_levels(cells, estimator, nagq)
    shares = {
        "out": needs_shares_of(everyone.without_drivers([driver]), without, weights),
        IN: needs_shares_of(everyone, fits, weights),
    }
    shares |= {how: needs_shares_of(changed, fits, weights) for how, changed in alike.items()}
    return DriverSwitches(driver, pd.DataFrame(shares), fits, without)
