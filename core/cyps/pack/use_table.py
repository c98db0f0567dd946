"""Use tables: predicted use by authority, as it is and with drivers neutralised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError

Neutral = Literal["reference", "average", "own average"]
"""What is done with a driver: nobody differs by it, in England or within an authority."""

_WORDS: dict[Neutral, str] = {
    "reference": "everybody in the reference category of",
    "average": "everybody at the national average of",
    "own average": "everybody at their own authority's average of",
}


class PackError(CypsError):
    """A pack that cannot be trusted or read; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class UseTable:
    """Predicted use by authority and metric: all that leaves the modeller's machine.

    Attributes
    ----------
    codes, names : of the authorities, in code order
    metrics : activity metrics, one a column
    children : (n_authorities, n_metrics), expected number of children, or their
        shares when `measure` says so
    gradient : (n_metrics, n_authorities, k), derivative by each coefficient, or None; entries
        that would tell of fewer than `smallest_count` children are 0 and hidden
    smallest_count : fewest children that an entry of the gradient rests on; 0 without one
    suppressed : how many entries of the gradient are hidden for that reason
    measure : "children", or "share" for a table of shares without numbers of children
    hidden : (n_metrics, n_authorities, k), which entries of the gradient are hidden; None where
        it is not told which (packs of versions 1 and 2 that hide any) or there is no gradient
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    children: NDArray[np.float64]
    gradient: NDArray[np.float64] | None = None
    smallest_count: int = 0
    suppressed: int = 0
    measure: Literal["children", "share"] = "children"
    hidden: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class NeutralisedUse:
    """Use predicted with one or more drivers neutralised.

    `drivers` says which and how, in the order of the pack's drivers. `use` has no gradient
    and leaves out the authorities in which fewer than the smallest count of children differ by
    such drivers: the difference to the use as it is would tell of them.
    """

    drivers: tuple[tuple[str, Neutral], ...]
    use: UseTable


def neutral_words(drivers: Sequence[tuple[str, Neutral]]) -> str:
    """What was neutralised, in words.

    Examples
    --------
    >>> neutral_words([("ethnicity", "reference"), ("fsm", "average")])
    'everybody in the reference category of ethnicity and everybody at the national average of fsm'
    """
    return " and ".join(f"{_WORDS[how]} {name}" for name, how in drivers)


def neutral_key(drivers: Sequence[tuple[str, Neutral]]) -> str:
    """What was neutralised, as a scenario says it.

    Examples
    --------
    >>> neutral_key([("ethnicity", "reference"), ("free meals", "own average")])
    'ethnicity = "reference", "free meals" = "own average"'
    """
    return ", ".join(f'{_toml_key(name)} = "{how}"' for name, how in drivers)


def _toml_key(name: str) -> str:
    bare = name.replace("_", "").replace("-", "")
    return name if bare.isascii() and bare.isalnum() else f'"{name}"'
