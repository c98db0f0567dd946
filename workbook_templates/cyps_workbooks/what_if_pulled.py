"""The levers as they stand in a what-if, and what the engine makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cyps.settlement import Settlement, settle
from cyps.settlement.levers import Levers, with_levers
from cyps_workbooks.page import Draft
from cyps_workbooks.what_if_layout import LEVERS

NOT_MOVED = "OK: as in the scenario, no lever is moved; the pot is shared whole"


@dataclass(frozen=True, slots=True)
class Pulled:
    """Levers as they stand.

    Attributes
    ----------
    typed : what is typed, by lever; one that is left as in the scenario is not in it
    metric : whose weight lever 5 moves
    settlement : what the engine makes of them
    """

    typed: Mapping[str, float]
    metric: str
    settlement: Settlement

    @property
    def verdict(self) -> str:
        """What the line on top of every sheet says."""
        many = len(self.typed)
        if not many:
            return NOT_MOVED
        levers = "lever is" if many == 1 else "levers are"
        return f"OK: {many} {levers} moved; the pot is shared whole"

    def drawn(self, draft: Draft) -> Draft:
        """The same draft of what the levers give."""
        return replace(draft, settlements=((draft.layout.years[0], self.settlement),))


def pulled(base: Settlement, levers: Levers) -> Pulled:
    """A scenario with levers typed into its page.

    Raises
    ------
    CypsError
        When a lever cannot be used, or the pot cannot be settled with it.
    """
    metric = levers.metric or first_metric(base)
    found = {key: getattr(levers, key) for key in LEVERS}
    typed = {key: float(value) for key, value in found.items() if value is not None}
    if not typed:
        return Pulled(typed, metric, base)
    own = replace(levers, metric=metric)
    moved = settle(with_levers(base.scenario, base.use.metrics, own), base.use)
    return Pulled(typed, metric, moved)


def first_metric(settlement: Settlement) -> str:
    """The metric whose weight lever 5 moves at first: the heaviest."""
    return settlement.use.metrics[int(np.argmax(settlement.weights))]
