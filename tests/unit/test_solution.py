"""The lines of a solution give the engine's damped amounts again, whatever the rule."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.settlement import Transition
from cyps.settlement.solution import group_lines, solution
from made_settlements import EVERYONE, made, named, rules

CODES = [place.code for place in EVERYONE]
RULES = tuple(rules(CODES))


def settled(name, n, phasing, groups):
    """Every settlement of some seeds that can be kept."""
    group = named(CODES[:n], *groups) if groups else None
    rule = rules(CODES[:n])[name]
    found = []
    for seed in range(8):
        try:
            found.append(made(seed, n, rule=rule, transition=Transition(phasing, group)))
        except CypsError:
            continue
    return found


@pytest.mark.parametrize("phasing", [None, 1 / 3])
@pytest.mark.parametrize("groups", [(), ("north", "south")])
@pytest.mark.parametrize("name", RULES)
def test_factor_and_amounts_follow_from_the_lines(name, groups, phasing):
    if name == "pace" and phasing:
        with pytest.raises(CypsError, match="choose one"):
            made(1, 12, rule=rules(CODES)[name], transition=Transition(phasing))
        return
    every = [s for n in (2, 12, 60) for s in settled(name, n, phasing, groups)]
    assert len(every) > 5
    for settlement in every:
        lines = solution(settlement)
        of_groups = group_lines(settlement, lines)
        moves = of_groups.moving_slope > 0
        slope = np.where(moves, of_groups.moving_slope, 1.0)
        factor = np.where(moves, (of_groups.to_share - of_groups.fixed) / slope, 0.0)
        free = lines.fixed + factor[lines.group - 1] * lines.moving_slope
        damped = np.clip(free, lines.lower, lines.upper)
        largest = settlement.damped.allocation.max()
        np.testing.assert_allclose(
            damped, settlement.damped.allocation, rtol=0, atol=1e-12 * largest
        )
        np.testing.assert_allclose(factor[moves], of_groups.factor[moves], rtol=1e-9)
        assert of_groups.pounds.sum() == settlement.scenario.pot


def test_somebody_stands_everywhere():
    stands = {
        place
        for name in RULES
        for settlement in settled(name, 60, None, ())
        for place in solution(settlement).stands.tolist()
    }
    assert stands == {"least", "moves", "most"}


def test_groups_come_in_order_of_name():
    settlement = settled("none", 12, None, ("south", "north", "East"))[0]
    lines = solution(settlement)
    of_groups = group_lines(settlement, lines)
    assert of_groups.names == ("East", "north", "south")
    assert lines.group[:3].tolist() == [3, 2, 1]
    assert of_groups.authorities.tolist() == [4, 4, 4]
