"""Small areas of synthetic England: real authorities, made-up areas inside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.geography import Authority
from cyps.synthetic.truth import ETHNICITY

# How many children an authority has on average, by the class that its GSS code
# says: unitary, metropolitan, London borough, county. Relative, and made up.
_SIZE_BY_CLASS: Final = {"E06": 0.75, "E08": 1.15, "E09": 0.95, "E10": 2.4}
_TINY: Final = {"E09000001": 0.012, "E06000053": 0.006, "E06000017": 0.12}

# Made-up leanings of the regions: deprivation (in spreads) and diversity (a share).
_REGION: Final = {
    "East Midlands": (0.05, 0.16),
    "East of England": (-0.30, 0.15),
    "Inner London": (0.55, 0.62),
    "North East": (0.50, 0.06),
    "North West": (0.40, 0.16),
    "Outer London": (0.00, 0.58),
    "South East": (-0.45, 0.15),
    "South West": (-0.25, 0.06),
    "West Midlands": (0.30, 0.26),
    "Yorkshire and The Humber": (0.35, 0.17),
}

# How the children who are not White British divide nationally. Made up, like life.
_OTHER_GROUPS: Final = np.array(
    [.012, .012, .19, .05, .025, .04, .065, .10, .145, .055, .055, .035, .12, .022, .012, .062]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SmallAreas:
    """Small areas with the mix of their children.

    `table` has a row an area: area, authority, and the five drivers;
    `children` (n_areas,), `ethnic_mix` (n_areas, 17, rows sum to 1) and `fsm_rate`
    (n_areas,) say who lives there.
    """

    table: pd.DataFrame
    children: NDArray[np.int64]
    ethnic_mix: NDArray[np.float64]
    fsm_rate: NDArray[np.float64]


def draw_areas(
    rng: np.random.Generator,
    authorities: tuple[Authority, ...],
    children_by_authority: NDArray[np.int64],
    n_areas: int,
) -> SmallAreas:
    """Draw areas whose drivers and children go together as they do in life.

    Deprivation, poor health, few qualifications and crowding rise together;
    diversity clusters in authorities and, within them, in areas; density follows
    diversity.
    """
    n_by_authority = _areas_by_authority(children_by_authority, n_areas)
    authority = np.repeat(np.arange(len(authorities)), n_by_authority)
    lean = np.array([_REGION[a.region] for a in authorities])
    poor = lean[:, 0] + rng.normal(0, 0.45, len(authorities))
    diverse = np.clip(lean[:, 1] * np.exp(rng.normal(0, 0.45, len(authorities))), 0.02, 0.85)
    deprivation = poor[authority] + rng.normal(0, 0.80, n_areas)
    mix = _ethnic_mix(rng, diverse, authority)
    share_other = 1 - mix[:, 0]
    idaci = 1 / (1 + np.exp(1.75 - 0.85 * deprivation))
    density = np.exp(2.6 + 1.9 * share_other + 0.25 * deprivation + rng.normal(0, 0.75, n_areas))
    table = pd.DataFrame(
        {
            "area": [f"Z{number:08d}" for number in range(1, n_areas + 1)],
            "authority": np.array([a.code for a in authorities])[authority],
            "idaci": idaci.round(3),
            "limited_activities": _share(0.040 + 0.011 * deprivation, 0.011, rng, 4),
            "low_qualifications": _share(0.28 + 0.075 * deprivation, 0.060, rng, 3),
            "overcrowded": _share(0.03 + 0.16 * share_other + 0.02 * deprivation, 0.025, rng, 3),
            "density": density.clip(0.1, 400).round(1),
        }
    )
    return SmallAreas(
        table,
        _children_by_area(rng, children_by_authority, n_by_authority),
        mix,
        np.clip(1.05 * idaci + rng.normal(0, 0.02, n_areas), 0.01, 0.85),
    )


def _share(
    mean: NDArray[np.float64], spread: float, rng: np.random.Generator, decimals: int
) -> NDArray[np.float64]:
    drawn = mean + rng.normal(0, spread, mean.size)
    return np.asarray(np.clip(drawn, 0.002, 0.9).round(decimals))


def _ethnic_mix(
    rng: np.random.Generator, diverse: NDArray[np.float64], authority: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Each authority has its own communities; its areas lean to one or another of them."""
    others = rng.dirichlet(_OTHER_GROUPS / _OTHER_GROUPS.sum() * 6, diverse.size)
    mix = np.hstack([(1 - diverse)[:, None], diverse[:, None] * others])
    drawn = rng.gamma(np.maximum(mix[authority] * 8, 2e-3))
    if drawn.shape[1] != len(ETHNICITY):
        raise AssertionError("one share for each ethnic group")
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def relative_sizes(
    rng: np.random.Generator, authorities: tuple[Authority, ...]
) -> NDArray[np.float64]:
    """Made-up relative numbers of children of the authorities, (n_authorities,)."""
    size = np.array([_SIZE_BY_CLASS[a.code[:3]] for a in authorities])
    size = size * np.exp(rng.normal(0, 0.40, size.size))
    for row, a in enumerate(authorities):
        size[row] = _TINY.get(a.code, size[row])
    return size


def shared_out(total: int, size: NDArray[np.float64]) -> NDArray[np.int64]:
    """Share a whole number out by size, at least 1 each, exact in total.

    Examples
    --------
    >>> shared_out(10, np.array([1.0, 2.0, 2.0])).tolist()
    [2, 4, 4]
    """
    ends = np.floor(np.cumsum(size) / size.sum() * (total - size.size) + 0.5).astype(np.int64)
    return np.asarray(1 + np.diff(ends, prepend=0))


def _areas_by_authority(children: NDArray[np.int64], n_areas: int) -> NDArray[np.int64]:
    return shared_out(n_areas, children.astype(np.float64))


def _children_by_area(
    rng: np.random.Generator, children: NDArray[np.int64], n_by_authority: NDArray[np.int64]
) -> NDArray[np.int64]:
    size = rng.gamma(12, 1 / 12, int(n_by_authority.sum()))
    ends = np.cumsum(n_by_authority)
    parts = zip(children, ends - n_by_authority, ends, strict=True)
    return np.concatenate([shared_out(int(n), size[a:b]) for n, a, b in parts])
