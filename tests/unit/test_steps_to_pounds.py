"""Steps to pounds: add up for everybody, and are the steps of the population bridge."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.explain import population_bridge, steps_to_pounds
from cyps.settlement import settle
from cyps.settlement.example import example
from workbooks.made_up import made_up


def test_steps_by_hand():
    """Hartlepool: 50 before, 60 of 100 by use, and it gets 60."""
    way = steps_to_pounds(example())
    assert way.labels == ("pot", "use of CIN", "cost weights", "area cost", "damping",
                          "whole pounds")  # fmt: skip
    assert way.running[0].tolist() == [50, 50, 60, 60, 60, 60, 60]
    assert way.steps[0].tolist() == [0, 10, 0, 0, 0, 0]


@pytest.mark.parametrize("with_children", [True, False])
def test_the_steps_add_up_to_the_pound(with_children):
    settlement = made_up(seed=2)
    children = settlement.use.children[:, 1] * 40 if with_children else None
    way = steps_to_pounds(settlement, children)
    start = np.floor(way.running[:, 0] + 0.5)
    assert (start + way.steps.sum(axis=1) == settlement.pounds).all()
    assert abs(way.running[:, 1].sum() - settlement.scenario.pot) < 1e-3
    if children is not None:
        told = population_bridge(settlement, children).contribution
        np.testing.assert_allclose(np.diff(way.running)[:, 1:], told, atol=1e-4)


def test_nobody_had_anything():
    one = made_up(seed=2)
    from dataclasses import replace

    settlement = settle(replace(one.scenario, baseline=np.zeros(153)), one.use)
    way = steps_to_pounds(settlement)
    assert not way.share.any()
    assert (way.steps.sum(axis=1) == settlement.pounds).all()


def test_children_must_be_of_everybody():
    with pytest.raises(CypsError, match="population"):
        steps_to_pounds(example(), [1.0])
