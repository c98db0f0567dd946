"""Bridge: what moved each authority's pounds from one settlement to another."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.explain.by_driver import DriverTable
from cyps.explain.compare import check_same_authorities
from cyps.explain.ingredients import Ingredients, mixed, paired, what_differs
from cyps.explain.orders import averaged_over_orders
from cyps.explain.use_by_driver import UseMoved, by_driver
from cyps.settlement import Settlement

MOST_COMPONENTS = 14
"""2^14 settlements are still a matter of seconds."""
ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class Bridge:
    """A way from one amount to another, in steps that add up for every authority.

    Attributes
    ----------
    codes, names : of the authorities
    start, end : (n_authorities,), pounds; whole ones where they are a settlement's
    components : what moved the pounds, `rounding` last
    contribution : (n_authorities, n_components), pounds to 6 decimals; start plus a
        row of contributions is end, exactly so in millionths of a pound
    infeasible : combinations of before and after that cannot be settled and are left
        out of the average; empty when every order counts
    orders, feasible_orders : how many orders there are and how many the average is over
    top_up_before, top_up_after : (n_authorities,), whole pounds from outside the pot, which are
        neither in start and end nor in the steps
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    components: tuple[str, ...]
    contribution: NDArray[np.float64]
    infeasible: tuple[str, ...] = ()
    orders: int = 1
    feasible_orders: int = 1
    top_up_before: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    top_up_after: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def has_top_up(self) -> bool:
        """Whether anybody gets a top-up from outside, before or after."""
        return bool(self.top_up_before.any() or self.top_up_after.any())

    @property
    def total(self) -> NDArray[np.float64]:
        """Contributions summed over the authorities, (n_components,), pounds."""
        return np.asarray(np.round(self.contribution.sum(axis=0), 6))

    def of(self, component: str) -> NDArray[np.float64]:
        """Contribution of one component, (n_authorities,); 0 for one that did not differ."""
        if component not in self.components:
            return np.zeros(len(self.codes))
        return np.asarray(self.contribution[:, self.components.index(component)])


@dataclass(frozen=True, slots=True)
class Blocked:
    """Combinations that cannot be settled, why the first one can't, and what would help."""

    words: tuple[str, ...]
    why: str
    together: tuple[str, ...]


class NoBridge(CypsError):  # noqa: N818 - the officer's words
    """Combinations on the way cannot be settled.

    `infeasible` describes them; `together` are two components that, moved as one step,
    leave no such combination, or is empty; `no_order` says that every order meets one.
    """

    def __init__(self, blocked: Blocked, no_order: bool) -> None:
        self.infeasible = blocked.words
        self.together = blocked.together
        self.no_order = no_order
        more = f" (and {len(self.infeasible) - 1} more)" if len(self.infeasible) > 1 else ""
        offers = []
        if self.together:
            offers.append(f"move {' and '.join(self.together)} together as one step")
        if not no_order:
            offers.append("average over the feasible orders only, which adds up to the pound, too")
        offer = "; or ".join(offers) or "move more components together as one step"
        super().__init__(
            f"The bridge passes through settlements that cannot be made: before with after's "
            f"{self.infeasible[0]}{more}. {blocked.why}"
            f"{' No order avoids them all.' if no_order else ''} "
            f"{offer[0].upper()}{offer[1:]}."
        )


def bridge(
    before: Settlement,
    after: Settlement,
    *,
    together: Sequence[Sequence[str]] = (),
    feasible_orders_only: bool = False,
    drivers: DriverTable | None = None,
) -> Bridge:
    """What moved each authority's whole pounds from one settlement to another.

    The components that differ are changed one by one, in every order, and each gets the
    average of what it moved (the Shapley value): so the order doesn't matter, and the
    contributions add up. Components: use by metric, cost weights, area cost, pot,
    baseline, the damping rule with its transition. Everything is settled anew in full
    precision; whole pounds come in as the last component, `rounding`. A top-up from
    outside is not in the pounds and not in the bridge.

    Parameters
    ----------
    before, after : settlements of the same authorities
    together : sets of components that change in one step, such as
        `[("pot", "baseline")]`; their contribution is one, named "pot + baseline"
    feasible_orders_only : average over those orders on whose way every settlement can
        be made, instead of raising an error when one cannot
    drivers : a table of what moved the use, driver by driver; breaks each metric's component
        into them. A component's pounds stay what they are: its steps are taken driver after
        driver, forwards and backwards, and averaged

    Raises
    ------
    CypsError
        When an authority is in only one of the two, `together` names no component, or the
        drivers don't lead from the one use to the other.
    NoBridge
        When a settlement on the way cannot be made, such as the new floor with the old
        pot, and `feasible_orders_only` isn't asked for or leaves no order.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from cyps.settlement import settle
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> other = settle(replace(one.scenario, pot=120, area_cost=[1.0, 1.5]), one.use)
    >>> moved = bridge(one, other)
    >>> moved.components
    ('area cost', 'pot', 'rounding')
    >>> moved.contribution.tolist()
    [[-11.0, 11.0, 0.0], [11.0, 9.0, 0.0]]
    """
    check_same_authorities(before, after)
    one, other = paired(before, after)
    steps = _steps(what_differs(one, other), together)
    ends = (before.damped.allocation, after.damped.allocation)
    settled, why = _settle_all(one, other, steps, ends)
    blocked = _blocked(why, steps)
    averaged = averaged_over_orders(settled)
    if averaged is None or (why and not feasible_orders_only):
        raise NoBridge(blocked, averaged is None)
    names = tuple(" + ".join(step) for step in steps)
    contribution = averaged.contribution
    if drivers is not None:
        uses = UseMoved(one, other, steps, before.use, after.use, settled)
        names, contribution = by_driver(drivers, uses, names, contribution)
    pounds = (before.pounds.astype(np.float64), after.pounds.astype(np.float64))
    return Bridge(
        before.scenario.codes,
        tuple(a.name for a in before.scenario.authorities),
        *pounds,
        (*names, ROUNDING),
        with_rounding(contribution, *pounds),
        blocked.words,
        averaged.orders,
        averaged.feasible_orders,
        before.top_up.astype(np.float64),
        after.top_up.astype(np.float64),
    )


def with_rounding(
    contribution: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Contributions to 6 decimals and the rest as one more column: rows add up exactly.

    Examples
    --------
    >>> with_rounding(np.array([[0.3, 0.25]]), np.array([1.0]), np.array([2.0])).tolist()
    [[0.3, 0.25, 0.45]]
    """
    millionths = np.rint(contribution * 1e6).astype(np.int64)
    whole = np.rint(end * 1e6).astype(np.int64) - np.rint(start * 1e6).astype(np.int64)
    rest = whole - millionths.sum(axis=1)
    return np.asarray(np.column_stack([millionths, rest]) / 1e6)


def _steps(
    names: tuple[str, ...], together: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], ...]:
    """Components as steps of one or more ingredients, in the order of the formula."""
    known = ("cost weights", "area cost", "pot", "baseline", "damping rule")
    for name in (name for joined in together for name in joined):
        if name not in known and not name.startswith("use of "):
            raise CypsError(
                f"'{name}' is no component. There are {', '.join(known)} and use of a metric, "
                "such as 'use of CIN'."
            )
    joined_in = {name: tuple(n for n in names if n in joined) for joined in together
                 for name in joined}  # fmt: skip
    steps = tuple(dict.fromkeys(joined_in.get(name, (name,)) for name in names))
    if sum(len(step) for step in steps) != len(names):
        raise CypsError("A component can be moved together with others only once.")
    if len(steps) > MOST_COMPONENTS:
        raise CypsError(
            f"{len(steps)} components differ, and a bridge settles every combination of them: "
            f"{MOST_COMPONENTS} are the most. Move some together, such as the use of some metrics."
        )
    return steps


def _settle_all(
    one: Ingredients,
    other: Ingredients,
    steps: tuple[tuple[str, ...], ...],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> tuple[NDArray[np.float64], dict[int, str]]:
    """The allocation of every combination (2^k, n); those that fail not a number, and why."""
    settled = np.full((1 << len(steps), len(one.codes)), np.nan)
    why: dict[int, str] = {}
    settled[0], settled[-1] = ends if steps else (ends[0], ends[0])
    for combination in range(1, len(settled) - 1):
        taken = frozenset(
            name for k, step in enumerate(steps) if combination >> k & 1 for name in step
        )
        try:
            settled[combination] = mixed(one, other, taken).allocation()
        except CypsError as error:
            why[combination] = str(error)
    return settled, why


def _blocked(why: dict[int, str], steps: tuple[tuple[str, ...], ...]) -> Blocked:
    """Infeasible combinations in words, and two steps that separate them, if there are."""
    combination = [
        frozenset(k for k in range(len(steps)) if s >> k & 1)
        for s in sorted(why, key=lambda s: (s.bit_count(), s))
    ]
    words = tuple(" + ".join(" + ".join(steps[k]) for k in sorted(s)) for s in combination)
    # Moved as one, two steps are both in or both out: what has only one of them goes.
    pairs = (
        (" + ".join(steps[i]), " + ".join(steps[j]))
        for i, j in itertools.combinations(range(len(steps)), 2)
        if all((i in s) != (j in s) for s in combination)
    )
    first = min(why, key=lambda s: (s.bit_count(), s), default=0)
    return Blocked(words, why.get(first, ""), next(pairs, ()))
