"""What an amended pot or baseline changes: both results, side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cyps.cli.outputs import csv_cell
from cyps.settlement import Settlement

AMENDED = "amended.csv"

Settled = Sequence[tuple[str, Settlement]]


@dataclass(frozen=True, slots=True)
class Amendment:
    """What stood before the newest amendment: the settlements of each year, or why there are none.

    `as_at` is the day before the amendment, as 2026-02-28; `why_not` says why what was known
    then cannot be settled, and `before` is empty then.
    """

    as_at: str
    before: Settled = ()
    why_not: str = ""

    def csv(self, after: Settled) -> str:
        """Give amended.csv, see `amended_csv`."""
        return amended_csv(self.before, after)

    def lines(self, after: Settled) -> list[str]:
        """What the amendment did, in sentences."""
        if self.why_not:
            return [
                f"What was known on {self.as_at}, before the amendment, cannot be settled, so "
                f"there is no {AMENDED} and nothing to compare with. Of that time: {self.why_not}"
            ]
        return amendment_lines(self.as_at, self.before, after)

    def record(self, after: Settled) -> dict[str, Any]:
        """What the run record says of it."""
        if self.why_not:
            return {"before": self.as_at, "not_settled": self.why_not}
        return amendment_record(self.as_at, self.before, after)


def amended_csv(before: Settled, after: Settled) -> str:
    """Give amended.csv: a row for each year and authority, whole pounds before and after."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["year", "code", "name", "pounds_before", "pounds", "difference"])
    for (label, one), (_, other) in zip(before, after, strict=True):
        amounts = zip(
            one.pounds.tolist(), other.pounds.tolist(), (other.pounds - one.pounds).tolist(),
            strict=True,
        )  # fmt: skip
        for place, row in zip(other.scenario.authorities, amounts, strict=True):
            writer.writerow([csv_cell(v) for v in (label, place.code, place.name, *row)])
    return text.getvalue()


def amendment_lines(as_at: str, before: Settled, after: Settled) -> list[str]:
    """What the newest amendment did to each year, in a sentence a year."""
    lines = []
    for (label, one), (_, other) in zip(before, after, strict=True):
        change = other.pounds - one.pounds
        pots = (
            f"the pot stays £{other.scenario.pot:,}"
            if one.scenario.pot == other.scenario.pot
            else f"the pot was £{one.scenario.pot:,} and is £{other.scenario.pot:,}"
        )
        lines.append(
            f"{label}: against what was known on {as_at}, {pots}; {int((change > 0).sum())} "
            f"authorities get more, {int((change < 0).sum())} less, £{_moved(change):,} in all. "
            f"{AMENDED} has each; settle again with --as-at {as_at} for the result before."
        )
    return lines


def amendment_record(as_at: str, before: Settled, after: Settled) -> dict[str, Any]:
    """What the run record says of an amendment."""
    return {
        "before": as_at,
        "years": {
            label: {"pot_before": one.scenario.pot, "pot": other.scenario.pot,
                    "pounds_that_changed": _moved(other.pounds - one.pounds)}
            for (label, one), (_, other) in zip(before, after, strict=True)
        },
    }  # fmt: skip


def _moved(change: np.ndarray[Any, np.dtype[np.int64]]) -> int:
    """Whole pounds that are elsewhere than before: rises and falls, the larger of the two."""
    return int(max(change[change > 0].sum(), -change[change < 0].sum()))
