"""Updating: new data with coefficients fixed, with the intercept recalibrated, or refitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cyps.cells import Cells
from cyps.choosing.levels import Levels, fit_levels
from cyps.choosing.recalibrating import Recalibration, checked_metric, recalibrate
from cyps.choosing.share_moves import ShareMove, needs_shares_of, share_move
from cyps.choosing.switches import moves_text
from cyps.model import MultilevelFit, fit_plain


@dataclass(frozen=True, slots=True)
class Updates:
    """What three ways of updating do to every authority's needs share.

    Attributes
    ----------
    shares : a row an authority, columns "before" (old fit, old children), "fixed" (old
        coefficients, new children), "intercept" (recalibrated) and "refit". Columns sum to 1;
        an authority that only one of the two sets of children has is NaN in the other's
    recalibrations : one a metric
    refits : one a metric
    """

    shares: pd.DataFrame
    recalibrations: tuple[Recalibration, ...]
    refits: tuple[MultilevelFit, ...]

    @property
    def moves(self) -> dict[str, ShareMove]:
        """How far each way moves shares from those before."""
        ways = self.shares.columns.drop("before")
        return {way: share_move(self.shares["before"], self.shares[way]) for way in ways}

    def to_frame(self) -> pd.DataFrame:
        """Shares, and for each way the change from before as a part of it."""
        changes = {
            f"{way} against before": self.shares[way] / self.shares["before"] - 1
            for way in self.moves
        }
        return self.shares.assign(**changes)

    def __str__(self) -> str:
        """Plain text: how far each way moves shares, and the intercepts."""
        lines = ["Needs shares against those before the update", *moves_text(self.moves)]
        lines += [
            f"Intercept of {each.fit.metric}: {each.before:.4f}, recalibrated {each.after:.4f} "
            f"(standard error {each.std_error:.4f})"
            for each in self.recalibrations
        ]
        if absent := list(self.shares.index[self.shares.isna().any(axis=1)]):
            lines.append(
                f"In one of the two sets of children only: {', '.join(absent)}. Shares are parts "
                "of different wholes."
            )
        return "\n".join(lines)


def update(
    fits: Sequence[MultilevelFit],
    cells: Cells,
    *,
    weights: Mapping[str, float] | None = None,
    before: Cells | None = None,
    everyone: Cells | None = None,
) -> Updates:
    """New data without rebuilding: three ways, side by side for every authority.

    NR TWG 19-04, paragraphs 26-27: fix the formula until a full refresh, or update it without
    rebuilding. Recalibrating the intercept is ours.

    Parameters
    ----------
    fits : the model as it stands, two or three levels or plain, one a metric
    cells : the new children of the sample, with their events
    weights : cost weight of each metric
    before : children that shares before are predicted for; by default those that `fits` rest on
    everyone : new children to predict for; those of `cells` by default

    Raises
    ------
    CypsError
        When the new children are described otherwise, or a fit fails.
    """
    for fit in fits:
        checked_metric(fit, cells)
    old = fits[0].its_cells().cells if before is None else before
    new = everyone or cells
    recalibrations = tuple(recalibrate(fit, cells) for fit in fits)
    refits = _refitted(fits, cells)
    shares = {
        "before": needs_shares_of(old, fits, weights),
        "fixed": needs_shares_of(new, fits, weights),
        "intercept": needs_shares_of(new, [each.fit for each in recalibrations], weights),
        "refit": needs_shares_of(new, refits, weights),
    }
    table = pd.DataFrame(shares).sort_index().rename_axis("authority")
    return Updates(table, recalibrations, refits)


def _refitted(fits: Sequence[MultilevelFit], cells: Cells) -> tuple[MultilevelFit, ...]:
    first = fits[0]
    levels: Levels = "three levels" if first.estimator == "three levels" else "multilevel"
    plain = first.estimator == "plain"
    again = fit_plain(cells) if plain else fit_levels(cells, levels, first.nagq)
    by_metric = {fit.metric: fit for fit in again}
    return tuple(by_metric[fit.metric] for fit in fits)
