"""Levers of a what-if: what each moves, what it leaves alone, and what it cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.needs import cost_weights
from cyps.settlement import Floor, FloorAndCeiling, Protection, Transition, Undamped
from cyps.settlement.illustration import illustration
from cyps.settlement.levers import Levers, with_levers
from cyps.settlement.record import to_json
from cyps.settlement.rules import Band, Bands, PaceOfChange, Proportional

METRICS = ("CIN", "CARE", "CEASED")
ONE = illustration().scenario
MEMBER = dict.fromkeys((a.code for a in ONE.authorities), "A")


def moved(rule=None, **levers):
    scenario = ONE if rule is None else replace(ONE, damping=rule)
    return with_levers(scenario, METRICS, Levers(**levers))


def said(scenario):
    return to_json(scenario, illustration().use)


def refused(rule=None, **levers):
    with pytest.raises(CypsError) as told:
        moved(rule, **levers)
    return str(told.value)


def test_what_is_left_alone_stays():
    assert said(moved()) == said(ONE)
    bands = Bands(bands={"A": Band(floor=-0.1, ceiling=0.2)}, member=MEMBER)
    protection = Protection(tiers={"A": 0.9}, member=MEMBER, payer="outside")
    for rule in (
        Undamped(), Floor(floor=-0.1), FloorAndCeiling(floor=-0.1, ceiling=0.3), bands, protection,
        PaceOfChange(least=0.0, most=0.5, furthest_below=-0.1),
        Proportional(floor=-0.2, ceiling=0.4),
    ):  # fmt: skip
        assert moved(rule).damping == rule


def test_pot():
    assert moved(pot=7).pot == 7
    assert said(replace(moved(pot=7), pot=ONE.pot)) == said(ONE)


@pytest.mark.parametrize(
    ("rule", "levers", "becomes"),
    [
        (Undamped(), {"floor": -0.1}, Floor(floor=-0.1)),
        (Undamped(), {"floor": 0.0}, Floor(floor=0.0)),
        (Undamped(), {"ceiling": 0.1}, FloorAndCeiling(floor=-1.0, ceiling=0.1)),
        (Floor(floor=-0.1), {"floor": 0.0}, Floor(floor=0.0)),
        (Floor(floor=-0.1), {"ceiling": 0.0}, FloorAndCeiling(floor=-0.1, ceiling=0.0)),
        (FloorAndCeiling(floor=-0.1, ceiling=0.2), {"floor": -0.2},
         FloorAndCeiling(floor=-0.2, ceiling=0.2)),
        (FloorAndCeiling(floor=-0.1, ceiling=0.2), {"ceiling": 0.3},
         FloorAndCeiling(floor=-0.1, ceiling=0.3)),
        (Proportional(floor=-0.2, ceiling=0.4), {"floor": 0.0},
         Proportional(floor=0.0, ceiling=0.4)),
        (Proportional(floor=-0.2), {"ceiling": 0.1}, Proportional(floor=-0.2, ceiling=0.1)),
        (PaceOfChange(least=0.1, most=0.5, furthest_below=-0.2), {"floor": 0.0},
         PaceOfChange(least=0.0, most=0.5, furthest_below=-0.2)),
        (PaceOfChange(least=0.1, most=0.5, furthest_below=-0.2), {"ceiling": 0.6},
         PaceOfChange(least=0.1, most=0.6, furthest_below=-0.2)),
    ],
)  # fmt: skip
def test_floor_and_ceiling(rule, levers, becomes):
    assert moved(rule, **levers).damping == becomes


def test_bands_and_protected_parts_move_together():
    bands = Bands(bands={"A": Band(floor=-0.1, ceiling=0.2), "B": Band(floor=0.0)}, member=MEMBER)
    both = moved(bands, floor=0.05, ceiling=-0.05).damping
    assert both.member == MEMBER
    assert [both.bands[name].floor for name in "AB"] == pytest.approx([-0.05, 0.05])
    assert both.bands["A"].ceiling == pytest.approx(0.15)
    assert both.bands["B"].ceiling is None
    only = moved(bands, floor=0.05).damping
    assert only.bands["A"].ceiling == 0.2
    tiers = Protection(tiers={"A": 0.9, "B": 1.0}, member=MEMBER, payer="outside")
    lower = moved(tiers, floor=-0.1).damping
    assert list(lower.tiers.values()) == pytest.approx([0.8, 0.9])
    assert (list(lower.tiers), lower.member, lower.payer) == (["A", "B"], MEMBER, "outside")


def test_rules_that_a_lever_does_not_fit():
    bands = Bands(bands={"A": Band(floor=-0.1)}, member=MEMBER)
    assert refused(bands, ceiling=0.1) == "No band has a ceiling: that lever does not apply."
    tiers = Protection(tiers={"A": 0.9}, member=MEMBER, payer="group")
    assert refused(tiers, ceiling=0.0) == "Protection has no ceiling: that lever does not apply."
    assert refused(PaceOfChange(least=0, most=1), phasing=0.5) == (
        "Pace of change is a transition itself: phasing does not apply to it."
    )
    assert refused(Floor(floor=-0.1), floor=-2.0) == (
        "The rule cannot be moved so far. A floor or ceiling lies between -100% and 1000%, a floor "
        "not above its ceiling, a protected part between 0% and 1000%."
    )


def test_phasing():
    half = replace(ONE, transition=Transition(phasing=0.5))
    assert moved(phasing=0.25).transition == Transition(phasing=0.25)
    assert moved(phasing=0.0).transition.phasing == 0.0
    assert with_levers(half, METRICS, Levers(phasing=1.0)).transition.phasing is None
    assert with_levers(half, METRICS, Levers()).transition.phasing == 0.5
    assert refused(phasing=1.5) == "Phasing is 1.5. It lies between 0% and 100%."
    assert refused(phasing=-0.1) == "Phasing is -0.1. It lies between 0% and 100%."


def test_one_weight_moves_and_the_others_keep_their_ratios():
    before = cost_weights(ONE.spend, METRICS)
    spend = moved(metric="CARE", weight=0.55).spend
    after = cost_weights(spend, METRICS)
    assert after[1] == pytest.approx(0.55)
    assert after[0] / after[2] == pytest.approx(before[0] / before[2])
    assert after.sum() == pytest.approx(1)
    assert [(line.service_area, line.metric) for line in spend] == [
        (f"What-if weight of {metric}", metric) for metric in METRICS
    ]
    assert cost_weights(moved(metric="CIN", weight=0.0).spend, METRICS)[0] == 0
    assert cost_weights(moved(metric="CIN", weight=1.0).spend, METRICS).tolist() == [1, 0, 0]
    assert moved(metric="CIN", weight=float(before[0])).spend == ONE.spend


def test_weights_that_cannot_be():
    assert refused(metric="REF", weight=0.5) == "There is no metric 'REF' here: CIN, CARE, CEASED."
    assert refused(metric="CIN", weight=1.2) == "A cost weight is 1.2. It lies between 0% and 100%."
    all_of_it = moved(metric="CIN", weight=1.0)
    with pytest.raises(CypsError) as told:
        with_levers(all_of_it, METRICS, Levers(metric="CIN", weight=0.5))
    assert str(told.value) == "CIN has all of the weight, and no other metric to give to."


def test_strength_of_area_cost():
    factors = np.asarray(ONE.area_cost)
    half = np.asarray(moved(area_cost=0.5).area_cost)
    np.testing.assert_allclose(half, (factors + factors.mean()) / 2)
    np.testing.assert_allclose(moved(area_cost=0.0).area_cost, factors.mean())
    assert moved(area_cost=1.0).area_cost.tolist() == factors.tolist()
    assert refused(area_cost=-1) == "The strength of area cost is -1. It lies between 0% and 100%."
    assert refused(area_cost=2) == "The strength of area cost is 2. It lies between 0% and 100%."
