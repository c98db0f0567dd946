"""A settlement's use beside the pack it came from: the same, or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.pack import Pack
from cyps.pack.use_table import neutral_words
from cyps.settlement import Settlement


@dataclass(frozen=True, slots=True)
class UseGradient:
    """How a settlement's use moves with the coefficients of its pack.

    `gradient` (n_metrics, n_authorities, k) in the settlement's order; `unknown`, of the same
    shape, says which entries are hidden, or may be where the pack does not tell.
    """

    gradient: NDArray[np.float64]
    unknown: NDArray[np.bool_]
    labels: tuple[str, ...]


def check_same_use(pack: Pack, settlement: Settlement) -> None:
    """Say where a settlement's use is not the pack's, if it isn't.

    Raises
    ------
    CypsError
        With the first number that differs, or the drivers that were neutralised.
    """
    use = settlement.use
    if use.metrics != pack.metrics:
        raise CypsError(
            f"The settlement has {', '.join(use.metrics)} and pack '{pack.name}' has "
            f"{', '.join(pack.metrics)}: it was not made with this pack."
        )
    strangers = [code for code in use.codes if code not in pack.use.codes]
    if strangers:
        raise CypsError(
            f"Pack '{pack.name}' has no use for {', '.join(strangers[:5])}: the settlement was not "
            "made with it, or has authorities merged or split, whose use has no gradient."
        )
    theirs = pack.use.children[_rows(pack, settlement)]
    if np.array_equal(theirs, use.children):
        return
    for table in pack.neutralised:
        places = {code: i for i, code in enumerate(table.use.codes)}
        rows = [places[code] for code in use.codes if code in places]
        if len(rows) == len(use.codes) and np.array_equal(table.use.children[rows], use.children):
            raise CypsError(
                f"The settlement was made with {neutral_words(table.drivers)}. That use is packed "
                "without a gradient, which would tell of too few children, so nothing can be said "
                "of its coefficients. Settle with nothing neutralised."
            )
    i, m = (int(place[0]) for place in np.nonzero(theirs != use.children))
    raise CypsError(
        f"The settlement was not made with the use of pack '{pack.name}': {use.metrics[m]} of "
        f"{use.codes[i]} is {use.children[i, m]:.12g} there and {theirs[i, m]:.12g} in the pack. "
        "Give the pack that it was settled with."
    )


def use_gradient(pack: Pack, settlement: Settlement, purpose: str) -> UseGradient:
    """The gradient of a settlement's use by its pack's coefficients.

    Raises
    ------
    CypsError
        When the pack has no gradient or is another one; `purpose` begins the sentence.
    """
    gradient = pack.gradient_for(purpose)
    check_same_use(pack, settlement)
    if pack.use.hidden is not None:
        unknown = pack.use.hidden
    else:
        unknown = (gradient == 0) & (pack.use.suppressed > 0)
    rows = _rows(pack, settlement)
    return UseGradient(gradient[:, rows], unknown[:, rows], pack.labels)


def _rows(pack: Pack, settlement: Settlement) -> list[int]:
    places = {code: i for i, code in enumerate(pack.use.codes)}
    return [places[code] for code in settlement.use.codes]
