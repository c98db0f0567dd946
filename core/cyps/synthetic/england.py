"""A made-up England of children, from known coefficients and authority effects."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.synthetic.areas import SmallAreas, draw_areas, relative_sizes, shared_out
from cyps.synthetic.truth import AGE, CHILD_DRIVERS, ETHNICITY, TRUTH

STATEMENT = (
    "SYNTHETIC: made-up children in made-up small areas, drawn from made-up coefficients. "
    "Nothing here says anything about a real authority."
)


@dataclass(frozen=True, slots=True)
class SyntheticEngland:
    """Children, areas and the truth they were drawn from. All made up.

    Attributes
    ----------
    children : a row a child: sex, age, ethnicity, fsm, area (Categoricals) and a flag
        for each metric of `TRUTH`
    areas : a row a small area: area, authority and the area drivers
    sample : codes of the authorities that the model is fitted on
    authority_effect : a row an authority, a column a metric: the true effects u
    """

    children: pd.DataFrame
    areas: pd.DataFrame
    sample: tuple[str, ...]
    authority_effect: pd.DataFrame

    def modelling_sample(self) -> pd.DataFrame:
        """The children of the sample's authorities."""
        in_sample = self.areas["authority"].isin(self.sample).to_numpy()
        return self.children[in_sample[self.children["area"].cat.codes.to_numpy()]]


def synthetic_england(
    children: int = 8_000_000,
    areas: int = 33_755,
    sample_children: int = 3_300_000,
    sample_authorities: int = 65,
    seed: int = 2019,
    year: int = 2025,
) -> SyntheticEngland:
    """Draw a synthetic England.

    Parameters
    ----------
    children : how many in all; every authority has at least one area and child
    areas : how many small areas, with made-up codes Z00000001, ...
    sample_children, sample_authorities : size of the modelling sample within them
    seed : the same seed gives the same England
    year : whose authority list holds

    Returns
    -------
    SyntheticEngland

    Raises
    ------
    CypsError
        When the numbers don't fit together.

    Examples
    --------
    >>> england = synthetic_england(20_000, 1_000, 8_000, seed=1)
    >>> len(england.children), len(england.modelling_sample()), len(england.sample)
    (20000, 8000, 65)
    """
    places = authorities(year)
    fits = 2 <= sample_authorities < len(places) <= areas <= children
    if not fits or not sample_authorities <= sample_children < children:
        raise CypsError(
            f"A synthetic England of {len(places)} authorities needs at least as many areas, at "
            f"least as many children as areas, and a smaller sample of 2 or more authorities; "
            f"asked were {areas:,} areas, {children:,} children and a sample of "
            f"{sample_children:,} in {sample_authorities} authorities."
        )
    rng = np.random.default_rng(seed)
    size = relative_sizes(rng, places)
    in_sample = np.zeros(len(places), dtype=bool)
    in_sample[rng.permutation(len(places))[:sample_authorities]] = True
    by_authority = np.empty(len(places), dtype=np.int64)
    by_authority[in_sample] = shared_out(sample_children, size[in_sample])
    by_authority[~in_sample] = shared_out(children - sample_children, size[~in_sample])
    small = draw_areas(rng, places, by_authority, areas)
    effect = pd.DataFrame(
        {metric: rng.normal(0, truth.sigma, len(places)) for metric, truth in TRUTH.items()},
        index=[a.code for a in places],
    )
    return SyntheticEngland(
        _draw_children(rng, small, effect),
        small.table,
        tuple(a.code for a, chosen in zip(places, in_sample, strict=True) if chosen),
        effect,
    )


def _draw_children(
    rng: np.random.Generator, small: SmallAreas, effect: pd.DataFrame
) -> pd.DataFrame:
    who = _draw_drivers(rng, small.children, np.cumsum(small.ethnic_mix, axis=1), small.fsm_rate)
    area = np.repeat(np.arange(len(small.children), dtype=np.int32), small.children)
    columns: dict[str, object] = {
        driver: pd.Categorical.from_codes(code, list(categories))
        for code, (driver, categories) in zip(who, CHILD_DRIVERS.items(), strict=True)
    }
    columns["area"] = pd.Categorical.from_codes(area, small.table["area"].to_list())
    # One draw decides CIN, CARE and CEASED, so that nearly all children who leave care
    # were in care, and those in need, as in life; REF has a draw of its own.
    service, referral = rng.random(area.size), rng.random(area.size)
    for metric in TRUTH:
        draw = referral if metric == "REF" else service
        columns[metric] = draw < _probability(metric, who, area, small.table, effect[metric])
    return pd.DataFrame(columns, copy=False)


def _probability(
    metric: str,
    who: tuple[NDArray[np.int8], ...],
    area: NDArray[np.int32],
    areas: pd.DataFrame,
    effect: pd.Series,
) -> NDArray[np.float64]:
    truth = TRUTH[metric]
    by_area = effect.loc[areas["authority"]].to_numpy() + truth.intercept
    for driver, slope in truth.slopes.items():
        by_area = by_area + slope * areas[driver].to_numpy()
    odds = np.exp(by_area)[area]
    for code, driver in zip(who, CHILD_DRIVERS, strict=True):
        odds *= np.exp(np.append(0.0, truth.categories[driver]))[code]
    return np.asarray(odds / (1 + odds))


@nb.njit(cache=True)
def _draw_drivers(rng, children, ethnic_steps, fsm_rate):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sex, age band, ethnic group and FSM of every child, area after area."""
    n = children.sum()
    sex, age = np.empty(n, np.int8), np.empty(n, np.int8)
    ethnicity, fsm = np.empty(n, np.int8), np.empty(n, np.int8)
    i = 0
    for a in range(children.size):
        for _ in range(children[a]):
            sex[i] = rng.random() < 0.512
            age[i] = int(rng.random() * _N_AGE)
            group = 0
            drawn = rng.random()
            while group < _N_ETHNICITY - 1 and drawn > ethnic_steps[a, group]:
                group += 1
            ethnicity[i] = group
            fsm[i] = rng.random() < fsm_rate[a]
            i += 1
    return sex, age, ethnicity, fsm


_N_AGE = len(AGE)
_N_ETHNICITY = len(ETHNICITY)
